//! The tree of a page that is written as most are: every element closed by its own end tag, or
//! left open where the HTML Standard says what closes it.
//!
//! A page that would need more of the standard's tree construction (section 13.2.6) is declined:
//! misnested formatting, content out of place in a table, templates, a page without its own `html`,
//! `head` and `body`. The careful parser then builds its tree, so that both give the same elements.
//! What no selector asks for is left out: comments, and attributes that it does not name.

use std::borrow::Cow;

use ego_tree::NodeId;
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, ns};
use scraper::Html;
use scraper::node::{Element, Node, Text};

use super::MAX_DEPTH;
use crate::html::{Token, Tokenizer, references};
use crate::markup::lower;
use crate::steps;

/// How an element takes part in the construction of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Nothing is inside of it.
    Void,
    /// `a`, `b` and the like, which the standard opens again when they are closed out of order.
    Formatting,
    /// Its start ends a paragraph.
    Block,
    Paragraph,
    ListItem,
    /// `dt` and `dd`.
    Definition,
    Heading,
    Button,
    Form,
    Select,
    Choice,
    Table,
    /// `tbody`, `thead` and `tfoot`.
    Section,
    Row,
    Cell,
    /// Its content is text.
    Text,
    /// Its content is text without references.
    Raw,
    Svg,
    /// Named by no rule.
    Other,
    /// What only the careful parser knows.
    Odd,
}

impl Sort {
    fn of(name: &str) -> Self {
        match name {
            "area" | "br" | "embed" | "hr" | "img" | "input" | "link" | "meta" | "base"
            | "param" | "source" | "track" | "wbr" => Self::Void,
            "a" | "b" | "big" | "code" | "em" | "font" | "i" | "s" | "small" | "strike"
            | "strong" | "tt" | "u" => Self::Formatting,
            "address" | "article" | "aside" | "blockquote" | "center" | "details" | "dialog"
            | "dir" | "div" | "dl" | "fieldset" | "figcaption" | "figure" | "footer" | "header"
            | "hgroup" | "main" | "menu" | "nav" | "ol" | "pre" | "section" | "summary" | "ul" => {
                Self::Block
            }
            "p" => Self::Paragraph,
            "li" => Self::ListItem,
            "dd" | "dt" => Self::Definition,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Self::Heading,
            "button" => Self::Button,
            "form" => Self::Form,
            "select" => Self::Select,
            "option" => Self::Choice,
            "table" => Self::Table,
            "tbody" | "tfoot" | "thead" => Self::Section,
            "tr" => Self::Row,
            "td" | "th" => Self::Cell,
            "title" | "textarea" => Self::Text,
            "script" | "style" | "iframe" | "noscript" => Self::Raw,
            "svg" => Self::Svg,
            "applet" | "basefont" | "bgsound" | "body" | "caption" | "col" | "colgroup"
            | "frame" | "frameset" | "head" | "html" | "image" | "keygen" | "listing"
            | "marquee" | "math" | "nobr" | "noembed" | "noframes" | "object" | "optgroup"
            | "plaintext" | "rb" | "rp" | "rt" | "rtc" | "search" | "selectedcontent"
            | "template" | "xmp" => Self::Odd,
            _ => Self::Other,
        }
    }

    /// Whether it ends by itself when an element around it ends.
    fn is_implied(self) -> bool {
        matches!(
            self,
            Self::Paragraph | Self::ListItem | Self::Definition | Self::Choice
        )
    }

    fn is_of_a_table(self) -> bool {
        matches!(self, Self::Table | Self::Section | Self::Row)
    }

    /// Whether an open list item or definition is looked for no further.
    fn ends_search(self) -> bool {
        !matches!(
            self,
            Self::Formatting | Self::Other | Self::Choice | Self::Paragraph | Self::Svg
        )
    }
}

/// Attributes that are kept whatever the selector is: they say what is shown.
const KEPT: [&str; 6] = ["class", "id", "style", "hidden", "content", "value"];
/// Elements of SVG whose names have capitals, in lower case and without `fe…`.
const CAPITALS: [&str; 6] = [
    "animatemotion",
    "animatetransform",
    "clippath",
    "lineargradient",
    "radialgradient",
    "textpath",
];

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
    html: Html,
    stack: Vec<Open>,
    part: Part,
    /// The selector in lower case.
    selector: &'s str,
    /// The attributes that it asks for.
    asked: Vec<&'s str>,
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
    let selector = selector.to_ascii_lowercase();
    let brackets = selector.split('[').skip(1);
    let asked = brackets.map(|inside| {
        let end = inside.find(|c| "=~^$*]".contains(c));
        inside[..end.unwrap_or(inside.len())].trim()
    });
    let mut builder = Builder {
        html: Html::new_document(),
        stack: Vec::with_capacity(64),
        part: Part::BeforeHtml,
        selector: &selector,
        asked: asked.collect(),
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
        let sort = Sort::of(name);
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
            Sort::Block => self.end_paragraph()?,
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
            Sort::Form if self.is_open(Sort::Form) => return None,
            Sort::Form => self.end_paragraph()?,
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
        /// Elements that end SVG, or whose content is HTML again or told apart otherwise.
        const OTHER_RULES: &[&str] = &[
            "b",
            "big",
            "blockquote",
            "body",
            "br",
            "center",
            "code",
            "dd",
            "div",
            "dl",
            "dt",
            "em",
            "embed",
            "font",
            "foreignobject",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "head",
            "hr",
            "i",
            "iframe",
            "img",
            "li",
            "listing",
            "menu",
            "meta",
            "nobr",
            "noembed",
            "noframes",
            "noscript",
            "ol",
            "p",
            "pre",
            "ruby",
            "s",
            "script",
            "small",
            "span",
            "strike",
            "strong",
            "style",
            "sub",
            "sup",
            "table",
            "textarea",
            "tt",
            "u",
            "ul",
            "var",
            "xmp",
        ];
        let in_text = self
            .stack
            .last()
            .is_some_and(|open| is_svg_text(&open.name));
        let has_capitals = CAPITALS.contains(&name) || name.starts_with("fe");
        if in_text || OTHER_RULES.contains(&name) || has_capitals && self.selector.contains(name) {
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
        let sort = Sort::of(name);
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
            StrTendril::from_slice(raw)
        } else {
            match references::decode(raw) {
                Cow::Borrowed(text) => StrTendril::from_slice(text),
                Cow::Owned(text) => StrTendril::from(text),
            }
        };
        self.html
            .tree
            .get_mut(node)?
            .append(Node::Text(Text { text }));
        Some(())
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
            let known = lower(attribute.name);
            if !KEPT.contains(&&*known) {
                if !self.asked.contains(&&*known) {
                    continue;
                }
                // Attributes of SVG may be known by other names.
                (sort != Sort::Svg).then_some(())?;
            }
            let known = LocalName::from(&*known);
            if attributes.iter().all(|kept| kept.name.local != known) {
                attributes.push(Attribute {
                    name: QualName::new(None, ns!(), known),
                    value: StrTendril::from_slice(&references::decode(attribute.value)),
                });
            }
        }
        self.push_element(parent, LocalName::from(name), attributes, sort)
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
