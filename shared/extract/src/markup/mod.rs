//! Microdata (HTML Standard, chapter 5) and RDFa (Lite, and `rel`): items out of attributes.
//!
//! Both are read off the tags in one pass, with a stack of the open elements that follows the
//! standard's rules for end tags as far as they matter for nesting.

mod elements;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::graph::{Graph, Item, ItemId, Value};
use crate::html::references;
use crate::html::{Token, Tokenizer};
use elements::{
    ENDS_PARAGRAPH, SCOPE, SPECIAL, TABLE, VOID, element_value, is_textual, lower, rdfa_names,
    split_ids, split_names,
};

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
struct Open<'a> {
    name: Cow<'a, str>,
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
    text: String,
}

struct Builder<'a> {
    syntax: Syntax,
    graph: Graph<'a>,
    stack: Vec<Open<'a>>,
    /// How many elements of each name are open.
    open: HashMap<Cow<'a, str>, usize>,
    collectors: Vec<Collector>,
    /// The ids that some `itemref` names, and the properties found under each.
    fragments: HashMap<String, Option<ItemId>>,
    /// Which items refer to which ids.
    references: Vec<(ItemId, String)>,
    /// The depth at which SVG or `MathML` began.
    foreign: Option<usize>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, syntax: Syntax) -> Self {
        let mut builder = Self {
            syntax,
            graph: Graph::default(),
            stack: Vec::new(),
            open: HashMap::new(),
            collectors: Vec::new(),
            fragments: HashMap::new(),
            references: Vec::new(),
            foreign: None,
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
        let mut open = Open {
            name,
            item: None,
            fragment: None,
            relation: Vec::new(),
            collectors: self.collectors.len(),
        };
        match self.syntax {
            Syntax::Microdata => self.microdata(tag, &mut open),
            Syntax::Rdfa => self.rdfa(tag, &mut open),
        }
        let is_foreign_root = matches!(open.name.as_ref(), "svg" | "math");
        let ends = VOID.contains(&open.name.as_ref())
            || (self_closing && (self.foreign.is_some() || is_foreign_root));
        if ends {
            self.close_collectors(open.collectors);
            return;
        }
        if is_foreign_root && self.foreign.is_none() {
            self.foreign = Some(self.stack.len());
        }
        *self.open.entry(open.name.clone()).or_insert(0) += 1;
        self.stack.push(open);
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
            _ if ENDS_PARAGRAPH.contains(&name) => &["p"],
            _ => return,
        };
        while self
            .stack
            .last()
            .is_some_and(|top| closes.contains(&top.name.as_ref()))
        {
            self.pop();
        }
    }

    fn end(&mut self, name: &'a str) {
        let name = lower(name);
        if self.open.get(&name).copied().unwrap_or(0) == 0 {
            return;
        }
        let special = SPECIAL.contains(&name.as_ref());
        let table = TABLE.contains(&name.as_ref());
        for depth in 1..=self.stack.len().min(MAX_LOOK) {
            let own = &self.stack[self.stack.len() - depth].name;
            if *own == name {
                for _ in 0..depth {
                    self.pop();
                }
                return;
            }
            let stops = if special {
                !table && SCOPE.contains(&own.as_ref())
            } else {
                SPECIAL.contains(&own.as_ref())
            };
            if stops {
                return;
            }
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        if let Some(count) = self.open.get_mut(&open.name) {
            *count = count.saturating_sub(1);
        }
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
            let text = collector
                .text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            for &item in &collector.items {
                for name in &collector.names {
                    let value = Value::Text(Cow::Owned(text.clone()));
                    self.put(item, name, value);
                }
            }
        }
    }

    /// A price that is struck through is kept as what it is.
    fn mark_struck(&self, names: &mut [String], element: &str) {
        const STRUCK: [&str; 3] = ["del", "s", "strike"];
        let is_open = |name: &&str| self.open.get(*name).is_some_and(|count| *count > 0);
        if STRUCK.contains(&element) || STRUCK.iter().any(is_open) {
            for name in names.iter_mut().filter(|name| *name == "price") {
                "struckPrice".clone_into(name);
            }
        }
    }

    fn put(&mut self, item: ItemId, name: &str, value: Value<'a>) {
        self.graph.items[item]
            .properties
            .push((Cow::Owned(name.to_owned()), value));
    }

    fn text(&mut self, raw: &str) {
        if self.collectors.is_empty() {
            return;
        }
        let text = references::decode(raw);
        for collector in &mut self.collectors {
            let room = MAX_TEXT.saturating_sub(collector.text.len());
            let mut end = text.len().min(room);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            collector.text.push_str(&text[..end]);
        }
    }

    /// The items that a property at the current place belongs to.
    fn owners(&self) -> Vec<ItemId> {
        let mut owners = Vec::new();
        for open in self.stack.iter().rev() {
            owners.extend(open.fragment);
            if open.item.is_some() {
                owners.extend(open.item);
                break;
            }
            if owners.len() >= MAX_COLLECTORS {
                break;
            }
        }
        owners
    }

    fn collect(&mut self, items: Vec<ItemId>, names: Vec<String>) {
        if self.collectors.len() < MAX_COLLECTORS {
            self.collectors.push(Collector {
                items,
                names,
                text: String::new(),
            });
        }
    }

    fn microdata(&mut self, tag: &Tokenizer<'a>, open: &mut Open<'a>) {
        let relevant = tag.attributes().iter().any(|attribute| {
            let name = attribute.name.as_bytes();
            matches!(name.first(), Some(b'i' | b'I'))
        });
        if !relevant {
            return;
        }
        if !self.fragments.is_empty() {
            self.fragment(tag, open);
        }
        let mut names = split_names(tag.attribute("itemprop"));
        self.mark_struck(&mut names, &open.name);
        let owners = if names.is_empty() {
            Vec::new()
        } else {
            self.owners()
        };
        if tag.attribute("itemscope").is_some() {
            let item = self.graph.add(Item {
                types: split_names(tag.attribute("itemtype"))
                    .into_iter()
                    .map(Cow::Owned)
                    .collect(),
                id: tag.attribute("itemid"),
                properties: Vec::new(),
            });
            open.item = Some(item);
            for id in split_ids(tag.attribute("itemref")) {
                self.references.push((item, id));
            }
            if owners.is_empty() {
                self.graph.roots.push(item);
            }
            for owner in owners {
                for name in &names {
                    self.put(owner, name, Value::Item(item));
                }
            }
            return;
        }
        if owners.is_empty() {
            return;
        }
        match element_value(tag, &open.name, &names) {
            Some(value) => {
                for &owner in &owners {
                    for name in &names {
                        self.put(owner, name, Value::Text(value.clone()));
                    }
                }
            }
            None => self.collect(owners, names),
        }
    }

    /// Begins to gather properties for the items that refer to this element's id.
    fn fragment(&mut self, tag: &Tokenizer<'a>, open: &mut Open<'a>) {
        let Some(id) = tag.attribute("id") else {
            return;
        };
        let Some(fragment) = self.fragments.get_mut(id.as_ref()) else {
            return;
        };
        if fragment.is_none() {
            *fragment = Some(self.graph.add(Item::default()));
            // The element's own properties count as well: it stands on the stack for them.
            open.fragment = *fragment;
            self.stack.push(Open {
                name: Cow::Borrowed(""),
                item: None,
                fragment: *fragment,
                relation: Vec::new(),
                collectors: self.collectors.len(),
            });
            self.fragment_properties(tag, open);
            self.stack.pop();
        }
    }

    /// The properties of the very element that an `itemref` names.
    fn fragment_properties(&mut self, tag: &Tokenizer<'a>, open: &Open<'a>) {
        let names = split_names(tag.attribute("itemprop"));
        let Some(fragment) = open.fragment else {
            return;
        };
        if names.is_empty() || tag.attribute("itemscope").is_some() {
            return;
        }
        match element_value(tag, &open.name, &names) {
            Some(value) => {
                for name in &names {
                    self.put(fragment, name, Value::Text(value.clone()));
                }
            }
            None => self.collect(vec![fragment], names),
        }
    }

    fn rdfa(&mut self, tag: &Tokenizer<'a>, open: &mut Open<'a>) {
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
        self.mark_struck(&mut names, &open.name);
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
                    .find_map(|name| tag.attribute(name)),
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
            for owner in owners {
                for name in &names {
                    self.put(owner, name, Value::Item(item));
                }
            }
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
                for &owner in &owners {
                    for name in &relation {
                        self.put(owner, name, Value::Text(target.clone()));
                    }
                }
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
            Some(value) => {
                for &owner in &owners {
                    for name in &names {
                        self.put(owner, name, Value::Text(value.clone()));
                    }
                }
            }
            None => self.collect(owners, names),
        }
    }

    /// The `rel` of the elements around, up to the item they stand in.
    fn pending_relation(&self) -> Vec<String> {
        self.stack
            .iter()
            .rev()
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
            let Some(Some(fragment)) = self.fragments.get(&id) else {
                continue;
            };
            let properties = self.graph.items[*fragment].properties.clone();
            let target = &mut self.graph.items[item];
            // Properties that many items share are copied; not without end.
            if target.properties.len() < 1_000 {
                target.properties.extend(properties.into_iter().take(1_000));
            }
        }
        self.graph.index();
        self.graph
    }
}
