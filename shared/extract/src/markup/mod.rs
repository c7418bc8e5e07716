//! Microdata (HTML Standard, chapter 5) and RDFa (Lite, and `rel`): items out of attributes.
//!
//! Both are read off the tags in one pass, with a stack of the open elements that follows the
//! standard's rules for end tags as far as they matter for nesting.

mod elements;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::graph::{Graph, Item, ItemId, Value, kept};
use crate::html::references;
use crate::html::{Token, Tokenizer};
use crate::shown::Shown;
use crate::steps;
pub(crate) use elements::lower;
use elements::{Kind, element_value, is_textual, rdfa_names, split_ids, split_names};

/// Which of the two vocabularies of attributes is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Microdata,
    Rdfa,
}

/// Text of one property beyond this many bytes is not kept; no price or name is longer.
const MAX_TEXT: usize = 2_000;
/// More properties than this whose elements contain each other do not gather text.
const MAX_COLLECTORS: usize = 64;
/// A property can belong to several items, and items can share properties. What is copied for
/// that is no more than this, in bytes.
const MAX_COPIED: usize = 2_000_000;
/// An end tag looks for its start tag among so many open elements.
const MAX_LOOK: usize = 512;

/// The items that a page describes in `syntax`.
pub(crate) fn graph(text: &str, syntax: Syntax) -> Graph<'_> {
    let mut builder = Builder::new(text, syntax);
    let mut tokenizer = Tokenizer::new(text);
    let mut templates = 0_usize;
    let mut skip_raw = false;
    while let Some(token) = tokenizer.next() {
        match token {
            Token::Start { name, .. } if name.eq_ignore_ascii_case("template") => templates += 1,
            Token::End(name) if name.eq_ignore_ascii_case("template") => {
                templates = templates.saturating_sub(1);
            }
            _ if templates > 0 => {}
            Token::Start { name, self_closing } => {
                skip_raw = ["script", "style"]
                    .iter()
                    .any(|raw| name.eq_ignore_ascii_case(raw));
                builder.start(name, self_closing, &tokenizer);
            }
            Token::End(name) => {
                skip_raw = false;
                builder.end(name);
            }
            Token::Text(raw) => {
                if !skip_raw {
                    builder.text(raw);
                }
            }
        }
    }
    builder.finish()
}

/// An element that is still open.
struct Open {
    /// The index of its name in [`Builder::names`].
    name: usize,
    kind: Kind,
    /// The place on the stack of the innermost element around it, or itself, that has an item
    /// or a fragment.
    holder: Option<usize>,
    /// The item that it began.
    item: Option<ItemId>,
    /// Whether properties inside of it also belong to items that refer to its id.
    fragment: Option<ItemId>,
    /// RDFa: what the items inside of it are to the one outside (`rel`).
    relation: Vec<String>,
    /// How many collectors there were before it.
    collectors: usize,
}

/// A property whose value is the text of its element.
struct Collector {
    items: Vec<ItemId>,
    names: Vec<String>,
    shown: Shown,
}

struct Builder<'a> {
    syntax: Syntax,
    graph: Graph<'a>,
    stack: Vec<Open>,
    /// The names of elements that occurred, numbered.
    names: HashMap<Cow<'a, str>, usize>,
    /// How many elements of each name are open.
    open: Vec<usize>,
    collectors: Vec<Collector>,
    /// The ids that some `itemref` names, and the properties found under each.
    fragments: HashMap<String, Option<ItemId>>,
    /// Which items refer to which ids.
    references: Vec<(ItemId, String)>,
    /// The depth at which SVG or `MathML` began.
    foreign: Option<usize>,
    /// How much was copied.
    copied: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, syntax: Syntax) -> Self {
        let mut builder = Self {
            syntax,
            graph: Graph::default(),
            stack: Vec::new(),
            names: HashMap::new(),
            open: Vec::new(),
            collectors: Vec::new(),
            fragments: HashMap::new(),
            references: Vec::new(),
            foreign: None,
            copied: 0,
        };
        if syntax == Syntax::Microdata && text.contains("itemref") {
            builder.find_references(text);
        }
        builder
    }

    fn find_references(&mut self, text: &'a str) {
        let mut tokenizer = Tokenizer::new(text);
        while let Some(token) = tokenizer.next() {
            if let (Token::Start { .. }, Some(ids)) = (token, tokenizer.attribute("itemref")) {
                for id in ids.split_ascii_whitespace() {
                    self.fragments.insert(id.to_owned(), None);
                }
            }
        }
    }

    fn start(&mut self, name: &'a str, self_closing: bool, tag: &Tokenizer<'a>) {
        let name = lower(name);
        self.close_implied(&name);
        for collector in &mut self.collectors {
            steps::count(1);
            collector.shown.begin(&name);
        }
        let kind = Kind::of(&name);
        let mut open = Open {
            name: 0,
            kind,
            holder: None,
            item: None,
            fragment: None,
            relation: Vec::new(),
            collectors: self.collectors.len(),
        };
        match self.syntax {
            Syntax::Microdata => self.microdata(tag, &name, &mut open),
            Syntax::Rdfa => self.rdfa(tag, &name, &mut open),
        }
        let is_foreign_root = matches!(name.as_ref(), "svg" | "math");
        if kind.void || (self_closing && (self.foreign.is_some() || is_foreign_root)) {
            self.close_collectors(open.collectors);
            return;
        }
        if is_foreign_root && self.foreign.is_none() {
            self.foreign = Some(self.stack.len());
        }
        open.name = self.number(name);
        self.open[open.name] += 1;
        open.holder = if open.item.is_some() || open.fragment.is_some() {
            Some(self.stack.len())
        } else {
            self.stack.last().and_then(|above| above.holder)
        };
        self.stack.push(open);
    }

    /// The number of an element's name.
    fn number(&mut self, name: Cow<'a, str>) -> usize {
        let next = self.open.len();
        let number = *self.names.entry(name).or_insert(next);
        if number == next {
            self.open.push(0);
        }
        number
    }

    /// Ends the elements whose end tag may be left out.
    fn close_implied(&mut self, name: &str) {
        let closes: &[&str] = match name {
            "li" => &["li"],
            "dt" | "dd" => &["dt", "dd"],
            "option" => &["option"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            "tbody" | "tfoot" => &["td", "th", "tr", "thead", "tbody"],
            _ if Kind::of(name).ends_paragraph => &["p"],
            _ => return,
        };
        while let Some(top) = self.stack.last() {
            let number = |name: &&str| self.names.get(*name) == Some(&top.name);
            if !closes.iter().any(number) {
                return;
            }
            self.pop();
        }
    }

    fn end(&mut self, name: &'a str) {
        let name = lower(name);
        let number = match self.names.get(&name) {
            Some(number) if self.open[*number] > 0 => *number,
            _ => return,
        };
        for collector in &mut self.collectors {
            steps::count(1);
            collector.shown.end(&name);
        }
        let kind = Kind::of(&name);
        for depth in 1..=self.stack.len().min(MAX_LOOK) {
            steps::count(1);
            let own = &self.stack[self.stack.len() - depth];
            if own.name == number {
                for _ in 0..depth {
                    self.pop();
                }
                return;
            }
            let stops = if kind.special {
                !kind.table && own.kind.scope
            } else {
                own.kind.special
            };
            if stops {
                return;
            }
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        self.open[open.name] -= 1;
        if self.foreign.is_some_and(|depth| self.stack.len() <= depth) {
            self.foreign = None;
        }
        self.close_collectors(open.collectors);
    }

    fn close_collectors(&mut self, down_to: usize) {
        while self.collectors.len() > down_to {
            let Some(collector) = self.collectors.pop() else {
                return;
            };
            let text = collector.shown.lines().join(" ");
            let value = Value::Text(Cow::Owned(text));
            self.put(&collector.items, &collector.names, &value);
        }
    }

    /// A price that is struck through is kept as what it is.
    fn mark_struck(&self, names: &mut [String], element: &str) {
        const STRUCK: [&str; 3] = ["del", "s", "strike"];
        let is_open = |name: &&str| {
            let number = self.names.get(*name);
            number.is_some_and(|number| self.open[*number] > 0)
        };
        if STRUCK.contains(&element) || STRUCK.iter().any(is_open) {
            for name in names.iter_mut().filter(|name| *name == "price") {
                "struckPrice".clone_into(name);
            }
        }
    }

    /// Gives properties to items, all of the same value.
    fn put(&mut self, items: &[ItemId], names: &[String], value: &Value<'a>) {
        for (at, (item, name)) in items
            .iter()
            .flat_map(|item| names.iter().map(move |name| (*item, name)))
            .enumerate()
        {
            let size = size(name, value);
            steps::count(size);
            if at > 0 && !self.affords(size) {
                return;
            }
            let name = Cow::Owned(name.clone());
            self.graph.items[item]
                .properties
                .push((name, value.clone()));
        }
    }

    /// Whether so many more bytes may be copied.
    fn affords(&mut self, bytes: usize) -> bool {
        self.copied = self.copied.saturating_add(bytes);
        self.copied <= MAX_COPIED
    }

    fn text(&mut self, raw: &str) {
        if self.collectors.is_empty() {
            return;
        }
        let text = references::decode(raw);
        for collector in &mut self.collectors {
            steps::count(1);
            let room = MAX_TEXT.saturating_sub(collector.shown.len());
            let mut end = text.len().min(room);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            collector.shown.push(&text[..end]);
        }
    }

    /// The items that a property at the current place belongs to.
    fn owners(&self) -> Vec<ItemId> {
        let mut owners = Vec::new();
        let mut holder = self.stack.last().and_then(|open| open.holder);
        while let Some(open) = holder.map(|at| &self.stack[at]) {
            steps::count(1);
            owners.extend(open.fragment);
            if open.item.is_some() {
                owners.extend(open.item);
                break;
            }
            if owners.len() >= MAX_COLLECTORS {
                break;
            }
            holder = holder
                .and_then(|at| at.checked_sub(1))
                .and_then(|above| self.stack[above].holder);
        }
        owners
    }

    fn collect(&mut self, items: Vec<ItemId>, names: Vec<String>) {
        if self.collectors.len() < MAX_COLLECTORS {
            self.collectors.push(Collector {
                items,
                names,
                shown: Shown::default(),
            });
        }
    }

    fn microdata(&mut self, tag: &Tokenizer<'a>, element: &str, open: &mut Open) {
        let relevant = tag.attributes().iter().any(|attribute| {
            let name = attribute.name.as_bytes();
            matches!(name.first(), Some(b'i' | b'I'))
        });
        if !relevant {
            return;
        }
        if !self.fragments.is_empty() {
            self.begin_fragment(tag, open);
        }
        let mut names = split_names(tag.attribute("itemprop"));
        self.mark_struck(&mut names, element);
        let mut owners = Vec::new();
        if !names.is_empty() {
            owners.extend(open.fragment);
            owners.extend(self.owners());
        }
        if tag.attribute("itemscope").is_some() {
            let item = self.graph.add(Item {
                types: split_names(tag.attribute("itemtype"))
                    .into_iter()
                    .map(Cow::Owned)
                    .collect(),
                id: tag.attribute("itemid").map(kept),
                properties: Vec::new(),
            });
            open.item = Some(item);
            for id in split_ids(tag.attribute("itemref")) {
                self.references.push((item, id));
            }
            if owners.is_empty() {
                self.graph.roots.push(item);
            }
            self.put(&owners, &names, &Value::Item(item));
            return;
        }
        if owners.is_empty() {
            return;
        }
        match element_value(tag, element, &names) {
            Some(value) => self.put(&owners, &names, &Value::Text(kept(value))),
            None => self.collect(owners, names),
        }
    }

    /// Begins to gather properties for the items that refer to this element's id.
    fn begin_fragment(&mut self, tag: &Tokenizer<'a>, open: &mut Open) {
        let Some(id) = tag.attribute("id") else {
            return;
        };
        if let Some(fragment @ None) = self.fragments.get_mut(id.as_ref()) {
            let item = self.graph.add(Item::default());
            *fragment = Some(item);
            open.fragment = Some(item);
        }
    }

    fn rdfa(&mut self, tag: &Tokenizer<'a>, element: &str, open: &mut Open) {
        let has = |name: &str| {
            tag.attributes()
                .iter()
                .any(|attribute| attribute.name.eq_ignore_ascii_case(name))
        };
        let is_item = has("typeof");
        if !is_item && !has("property") && !has("rel") {
            return;
        }
        let mut names = rdfa_names(tag.attribute("property"));
        self.mark_struck(&mut names, element);
        let relation = rdfa_names(tag.attribute("rel"));
        let owners = self.owners();
        if is_item {
            let item = self.graph.add(Item {
                types: split_names(tag.attribute("typeof"))
                    .into_iter()
                    .map(Cow::Owned)
                    .collect(),
                id: ["resource", "about", "href", "src"]
                    .iter()
                    .find_map(|name| tag.attribute(name))
                    .map(kept),
                properties: Vec::new(),
            });
            open.item = Some(item);
            names.extend(relation);
            if names.is_empty() {
                names = self.pending_relation();
            }
            if names.is_empty() || owners.is_empty() {
                self.graph.roots.push(item);
            }
            self.put(&owners, &names, &Value::Item(item));
            return;
        }
        if owners.is_empty() {
            return;
        }
        let target = ["resource", "href", "src"]
            .iter()
            .find_map(|name| tag.attribute(name));
        match &target {
            Some(target) => {
                self.put(&owners, &relation, &Value::Text(kept(target.clone())));
            }
            None => open.relation = relation,
        }
        if names.is_empty() {
            return;
        }
        let value = tag.attribute("content").or_else(|| {
            let textual = names.iter().all(|name| is_textual(name));
            target
                .filter(|_| !textual)
                .or_else(|| tag.attribute("datetime"))
        });
        match value {
            Some(value) => self.put(&owners, &names, &Value::Text(kept(value))),
            None => self.collect(owners, names),
        }
    }

    /// The `rel` of the elements around, up to the item they stand in.
    fn pending_relation(&self) -> Vec<String> {
        self.stack
            .iter()
            .rev()
            .take(MAX_LOOK)
            .take_while(|open| open.item.is_none())
            .find(|open| !open.relation.is_empty())
            .map(|open| open.relation.clone())
            .unwrap_or_default()
    }

    fn finish(mut self) -> Graph<'a> {
        while !self.stack.is_empty() {
            self.pop();
        }
        self.close_collectors(0);
        for (item, id) in std::mem::take(&mut self.references) {
            let Some(&Some(fragment)) = self.fragments.get(&id) else {
                continue;
            };
            // What many items share is copied, but not without end.
            let shared = &self.graph.items[fragment].properties;
            let bytes = shared.iter().map(|(name, value)| size(name, value)).sum();
            steps::count(shared.len());
            if self.affords(bytes) {
                let shared = self.graph.items[fragment].properties.clone();
                steps::count(bytes);
                self.graph.items[item].properties.extend(shared);
            } else {
                break;
            }
        }
        self.graph.index();
        self.graph
    }
}

/// What a property takes, in bytes or so.
fn size(name: &str, value: &Value<'_>) -> usize {
    const ALONE: usize = 32;
    ALONE
        + name.len()
        + match value {
            Value::Text(Cow::Owned(text)) => text.len(),
            _ => 0,
        }
}
