//! The tree of a page that is written as most are: every element closed by its own end tag, or
//! left open where the HTML Standard says what closes it.
//!
//! A page that would need more of the standard's tree construction (section 13.2.6) is declined:
//! misnested formatting, content out of place in a table, templates, a page without its own `html`,
//! `head` and `body`. The careful parser then builds its tree, so that both give the same elements.
//! What no selector asks for is left out: comments, and attributes that it does not name.

use std::borrow::Cow;

use ego_tree::{NodeId, Tree};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, ns};
use scraper::Html;
use scraper::node::{Element, Node, Text};

use super::MAX_DEPTH;
use super::sort::{Sort, ends_svg, has_capitals};
use crate::html::{Token, Tokenizer, references};
use crate::markup::lower;
use crate::steps;

/// Attributes that are kept whatever the selector is: they say what is shown.
const KEPT: [&str; 5] = ["id", "style", "hidden", "content", "value"];
/// An element that is open.
struct Open {
    node: NodeId,
    name: LocalName,
    sort: Sort,
}

/// Where in the page the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    BeforeHtml,
    BeforeHead,
    Head,
    AfterHead,
    Body,
    AfterBody,
}

struct Builder<'s> {
    /// The whole page, of which texts are parts.
    page: StrTendril,
    /// Where it lies.
    start: usize,
    html: Html,
    /// The names of elements that occurred.
    names: Vec<(LocalName, Sort)>,
    stack: Vec<Open>,
    part: Part,
    /// The selector in lower case.
    selector: &'s str,
    /// The attributes that it asks for.
    asked: Vec<&'s str>,
    /// The classes that it asks for.
    classes: Vec<&'s str>,
    /// How many elements of SVG are open.
    foreign: usize,
    /// How many paragraphs are open.
    paragraphs: usize,
}

/// The tree of a page as far as `selector` and what is shown can tell, or `None` if the careful
/// parser has to build it.
pub(super) fn tree(page: &str, selector: &str) -> Option<Html> {
    if page.contains('\0') || selector.contains(['\\', '|']) {
        return None;
    }
    let classes = selector.split('.').skip(1).map(|after| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii();
        &after[..after.find(|c| !is_part(c)).unwrap_or(after.len())]
    });
    let selector = selector.to_ascii_lowercase();
    let brackets = selector.split('[').skip(1);
    let asked = brackets.map(|inside| {
        let end = inside.find(|c| "=~^$*]".contains(c));
        inside[..end.unwrap_or(inside.len())].trim()
    });
    let mut html = Html::new_document();
    // Tags and the texts between them are seldom shorter on average.
    html.tree = Tree::with_capacity(Node::Document, page.len() / 32);
    let mut builder = Builder {
        page: StrTendril::from_slice(page),
        start: page.as_ptr().addr(),
        names: Vec::new(),
        html,
        stack: Vec::with_capacity(64),
        part: Part::BeforeHtml,
        selector: &selector,
        asked: asked.collect(),
        classes: classes.collect(),
        foreign: 0,
        paragraphs: 0,
    };
    let mut tokenizer = Tokenizer::new(page);
    while let Some(token) = tokenizer.next() {
        match token {
            Token::Start { name, self_closing } => {
                let name = lower(name);
                builder.start(&name, self_closing, &tokenizer)?;
                if name == "noscript" {
                    tokenizer.raw_content("noscript");
                }
            }
            Token::End(name) => builder.end(&lower(name))?,
            Token::Text(raw) => builder.text(raw)?,
        }
    }
    matches!(builder.part, Part::Body | Part::AfterBody).then_some(())?;
    steps::count(builder.html.tree.nodes().len());
    Some(builder.html)
}

impl Builder<'_> {
    fn start(&mut self, name: &str, self_closing: bool, tag: &Tokenizer<'_>) -> Option<()> {
        match (self.part, name) {
            (Part::BeforeHtml, "html") => {
                let root = self.html.tree.root().id();
                self.push_under(root, name, Sort::Other, tag)?;
                self.part = Part::BeforeHead;
            }
            (Part::BeforeHead, "head") => {
                self.push(name, Sort::Other, tag)?;
                self.part = Part::Head;
            }
            (Part::AfterHead, "body") => {
                self.push(name, Sort::Odd, tag)?;
                self.part = Part::Body;
            }
            (Part::Head, "base" | "link" | "meta") => self.leaf(name, tag)?,
            (Part::Head, "noscript" | "script" | "style" | "title") => {
                self.push(name, Sort::of(name), tag)?;
            }
            (Part::Body, _) if self.foreign > 0 => self.foreign_start(name, self_closing, tag)?,
            (Part::Body, _) => self.body_start(name, self_closing, tag)?,
            _ => return None,
        }
        Some(())
    }

    fn body_start(&mut self, name: &str, self_closing: bool, tag: &Tokenizer<'_>) -> Option<()> {
        let sort = self.known(name).1;
        if matches!(sort, Sort::Section | Sort::Row | Sort::Cell) {
            return self.table_part(name, sort, tag);
        }
        let current = self.current();
        if current.is_of_a_table() && !matches!(name, "script" | "style") {
            return None;
        }
        if self.is_open(Sort::Select) && sort != Sort::Choice {
            return None;
        }
        match sort {
            Sort::Void => {
                if name == "hr" {
                    self.end_paragraph()?;
                }
                return self.leaf(name, tag);
            }
            Sort::Formatting if name == "a" && self.is_named("a") => return None,
            Sort::Form if self.is_open(Sort::Form) => return None,
            Sort::Block | Sort::Form => self.end_paragraph()?,
            Sort::Paragraph => {
                self.end_paragraph()?;
                self.paragraphs += 1;
            }
            Sort::Heading => {
                self.end_paragraph()?;
                (self.current() != Sort::Heading).then_some(())?;
            }
            Sort::ListItem | Sort::Definition => {
                self.end_sibling(sort)?;
                self.end_paragraph()?;
            }
            Sort::Button if self.is_open(Sort::Button) => return None,
            Sort::Choice if current == Sort::Choice => self.pop(),
            // In a page without a doctype a table is part of the paragraph.
            Sort::Table if self.paragraphs > 0 => return None,
            Sort::Odd => return None,
            Sort::Svg => {
                if self_closing {
                    return self.leaf(name, tag);
                }
                self.foreign += 1;
            }
            _ => {}
        }
        self.push(name, sort, tag)
    }

    /// A part of a table, which ends the parts before it and may imply one around it.
    fn table_part(&mut self, name: &str, sort: Sort, tag: &Tokenizer<'_>) -> Option<()> {
        if !self.current().is_of_a_table() {
            // In a cell, which ends.
            let cell = self.under_implied(|open| open.sort == Sort::Cell)?;
            self.truncate(cell);
        }
        if sort != Sort::Cell && self.current() == Sort::Row {
            self.pop();
        }
        if sort == Sort::Section && self.current() == Sort::Section {
            self.pop();
        }
        match (self.current(), sort) {
            (Sort::Table, Sort::Row) => {
                let node = self.current_node()?;
                self.push_element(node, LocalName::from("tbody"), Vec::new(), Sort::Section)?;
            }
            (Sort::Table, Sort::Section) | (Sort::Section, Sort::Row) | (Sort::Row, Sort::Cell) => {
            }
            _ => return None,
        }
        self.push(name, sort, tag)
    }

    fn foreign_start(&mut self, name: &str, self_closing: bool, tag: &Tokenizer<'_>) -> Option<()> {
        let in_text = self
            .stack
            .last()
            .is_some_and(|open| is_svg_text(&open.name));
        if in_text || ends_svg(name) || has_capitals(name) && self.selector.contains(name) {
            return None;
        }
        if self_closing && name != "title" {
            return self.leaf(name, tag);
        }
        self.foreign += 1;
        self.push(name, Sort::Svg, tag)
    }

    fn end(&mut self, name: &str) -> Option<()> {
        match (self.part, name) {
            (Part::Head, "head") => {
                (self.stack.len() == 2).then(|| self.pop())?;
                self.part = Part::AfterHead;
                return Some(());
            }
            (Part::Body | Part::AfterBody, "body" | "html") => {
                (self.foreign == 0 && !self.stack.iter().any(|open| open.sort == Sort::Select))
                    .then_some(())?;
                self.part = Part::AfterBody;
                return Some(());
            }
            (Part::Head | Part::Body, _) => {}
            _ => return None,
        }
        let sort = self.known(name).1;
        let is_current = self.stack.last().is_some_and(|open| *open.name == *name);
        if is_current && sort != Sort::Odd {
            self.pop();
            return Some(());
        }
        if self.foreign > 0 || self.part == Part::Head {
            return None;
        }
        match sort {
            Sort::Void if name == "br" => None,
            Sort::Void => Some(()),
            Sort::Paragraph if self.paragraphs == 0 => {
                let node = self
                    .current_node()
                    .filter(|_| !self.current().is_of_a_table())?;
                self.push_element(node, LocalName::from("p"), Vec::new(), Sort::Other)?;
                self.pop();
                Some(())
            }
            Sort::Paragraph | Sort::Odd => None,
            Sort::Heading if self.is_open(Sort::Heading) => None,
            // Nothing of this name is open: the end tag is a mistake that ends nothing.
            _ if !self.is_named(name) => Some(()),
            Sort::Block
            | Sort::ListItem
            | Sort::Definition
            | Sort::Button
            | Sort::Form
            | Sort::Select
            | Sort::Cell => {
                let at = self.under_implied(|open| *open.name == *name)?;
                self.truncate(at);
                Some(())
            }
            Sort::Row | Sort::Section | Sort::Table => {
                let mut at = if self.current().is_of_a_table() {
                    self.stack.len() - 1
                } else {
                    self.under_implied(|open| open.sort == Sort::Cell)?
                };
                while *self.stack.get(at)?.name != *name {
                    let is_part =
                        matches!(self.stack[at].sort, Sort::Cell | Sort::Row | Sort::Section);
                    at = is_part.then(|| at.checked_sub(1)).flatten()?;
                }
                self.truncate(at);
                Some(())
            }
            _ => None,
        }
    }

    fn text(&mut self, raw: &str) -> Option<()> {
        let is_blank = raw.bytes().all(|byte| byte.is_ascii_whitespace());
        let Some(open) = self.stack.last() else {
            return is_blank.then_some(());
        };
        let (node, sort) = (open.node, open.sort);
        match self.part {
            // A comment in a script may hide its end tag.
            Part::Head | Part::Body if sort == Sort::Raw && raw.contains("<!--") => return None,
            Part::Head | Part::Body if sort == Sort::Raw => {}
            Part::Head if sort == Sort::Text => {}
            Part::Body if is_svg_text(&open.name) && raw.contains('<') => return None,
            Part::Body if !is_blank && sort.is_of_a_table() => return None,
            Part::Body => {}
            _ => return is_blank.then_some(()),
        }
        // The line break that a textarea begins with is for the eyes of the page's author.
        let raw = match raw.strip_prefix("\r\n").or_else(|| raw.strip_prefix('\n')) {
            Some(rest) if &*open.name == "textarea" => rest,
            _ => raw,
        };
        if raw.is_empty() {
            return Some(());
        }
        let text = if is_blank {
            StrTendril::from_char(' ')
        } else if sort == Sort::Raw {
            self.part_of_page(raw)
        } else {
            self.decoded(raw)
        };
        self.html
            .tree
            .get_mut(node)?
            .append(Node::Text(Text { text }));
        Some(())
    }

    /// Whether a class attribute may matter: to the selector, or to what is seen.
    fn keeps_class(&self, value: &str) -> bool {
        let is_asked = |class: &&str| value.contains(*class);
        value.contains('&')
            || self.asked.contains(&"class")
            || self.classes.iter().any(is_asked)
            || value.split_ascii_whitespace().any(super::hides)
    }

    /// The name of an element and its sort.
    fn known(&mut self, name: &str) -> (LocalName, Sort) {
        if let Some(known) = self.names.iter().find(|(known, _)| **known == *name) {
            return known.clone();
        }
        let known = (LocalName::from(name), Sort::of(name));
        // Elements with names of their own making are as many as a page likes.
        if self.names.len() < 100 {
            self.names.push(known.clone());
        }
        known
    }

    /// A text of the page without its references.
    fn decoded(&self, raw: &str) -> StrTendril {
        match references::decode(raw) {
            Cow::Borrowed(text) => self.part_of_page(text),
            Cow::Owned(text) => StrTendril::from(text),
        }
    }

    /// A text of the page, which is not copied.
    fn part_of_page(&self, text: &str) -> StrTendril {
        let at = text.as_ptr().addr().checked_sub(self.start);
        let place =
            at.and_then(|at| Some((u32::try_from(at).ok()?, u32::try_from(text.len()).ok()?)));
        let whole = self.page.len32();
        match place {
            Some((at, length)) if at <= whole && length <= whole - at => {
                self.page.subtendril(at, length)
            }
            _ => StrTendril::from_slice(text),
        }
    }

    fn current(&self) -> Sort {
        self.stack.last().map_or(Sort::Odd, |open| open.sort)
    }

    fn current_node(&self) -> Option<NodeId> {
        self.stack.last().map(|open| open.node)
    }

    fn is_open(&self, sort: Sort) -> bool {
        self.stack.iter().any(|open| open.sort == sort)
    }

    fn is_named(&self, name: &str) -> bool {
        self.stack.iter().any(|open| *open.name == *name)
    }

    /// The place of the innermost element that is so, if only elements are inside of it that end
    /// by themselves.
    fn under_implied(&self, is_it: impl Fn(&Open) -> bool) -> Option<usize> {
        let at = self
            .stack
            .iter()
            .rposition(|open| is_it(open) || !open.sort.is_implied())?;
        is_it(&self.stack[at]).then_some(at)
    }

    /// Ends an open paragraph before a block begins.
    fn end_paragraph(&mut self) -> Option<()> {
        if self.paragraphs == 0 {
            return Some(());
        }
        let at = self.stack.iter().rposition(|open| {
            matches!(
                open.sort,
                Sort::Paragraph | Sort::Button | Sort::Cell | Sort::Table
            )
        });
        match at {
            Some(at) if self.stack[at].sort == Sort::Paragraph => self.end_from(at),
            _ => Some(()),
        }
    }

    /// Ends an open list item (or definition) before the next one begins.
    fn end_sibling(&mut self, sort: Sort) -> Option<()> {
        let at = self.stack.iter().rposition(|open| {
            let is_passed = ["address", "div", "p"]
                .iter()
                .any(|name| *open.name == **name);
            open.sort == sort || open.sort.ends_search() && !is_passed
        });
        match at {
            Some(at) if self.stack[at].sort == sort => self.end_from(at),
            _ => Some(()),
        }
    }

    /// Ends the elements from a place on, if none of them would be opened again.
    fn end_from(&mut self, at: usize) -> Option<()> {
        let ended = &self.stack[at..];
        let is_plain = !ended.iter().any(|open| open.sort == Sort::Formatting);
        is_plain.then(|| self.truncate(at))
    }

    fn pop(&mut self) {
        self.truncate(self.stack.len().saturating_sub(1));
    }

    fn truncate(&mut self, length: usize) {
        for open in self.stack.drain(length..) {
            match open.sort {
                Sort::Svg => self.foreign = self.foreign.saturating_sub(1),
                Sort::Paragraph => self.paragraphs = self.paragraphs.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// An element in which nothing is.
    fn leaf(&mut self, name: &str, tag: &Tokenizer<'_>) -> Option<()> {
        let sort = if self.foreign > 0 {
            Sort::Svg
        } else {
            Sort::of(name)
        };
        self.push(name, sort, tag)?;
        self.stack.pop();
        Some(())
    }

    fn push(&mut self, name: &str, sort: Sort, tag: &Tokenizer<'_>) -> Option<()> {
        let parent = self.current_node()?;
        self.push_under(parent, name, sort, tag)
    }

    fn push_under(
        &mut self,
        parent: NodeId,
        name: &str,
        sort: Sort,
        tag: &Tokenizer<'_>,
    ) -> Option<()> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in tag.attributes() {
            let is_kept = |kept: &&str| kept.eq_ignore_ascii_case(attribute.name);
            if attribute.name.eq_ignore_ascii_case("class") {
                if !self.keeps_class(attribute.value) {
                    continue;
                }
            } else if !KEPT.iter().any(is_kept) {
                if !self.asked.iter().any(is_kept) {
                    continue;
                }
                // Attributes of SVG may be known by other names.
                (sort != Sort::Svg).then_some(())?;
            }
            let known = LocalName::from(&*lower(attribute.name));
            if attributes.iter().all(|kept| kept.name.local != known) {
                attributes.push(Attribute {
                    name: QualName::new(None, ns!(), known),
                    value: self.decoded(attribute.value),
                });
            }
        }
        let name = self.known(name).0;
        self.push_element(parent, name, attributes, sort)
    }

    fn push_element(
        &mut self,
        parent: NodeId,
        name: LocalName,
        attributes: Vec<Attribute>,
        sort: Sort,
    ) -> Option<()> {
        let space: Namespace = if sort == Sort::Svg {
            ns!(svg)
        } else {
            ns!(html)
        };
        let element = Element::new(QualName::new(None, space, name.clone()), attributes);
        let node = self
            .html
            .tree
            .get_mut(parent)?
            .append(Node::Element(element))
            .id();
        self.stack.push(Open { node, name, sort });
        (self.stack.len() <= MAX_DEPTH).then_some(())
    }
}

/// Whether the content of an element of SVG is HTML again, which here is text only.
fn is_svg_text(name: &LocalName) -> bool {
    matches!(&**name, "title" | "desc")
}
