//! The owner's own CSS selector: the element that holds the price.
//!
//! The page becomes a tree: that of the quick builder, which knows the pages that are written as
//! most are, or else that of the careful parser, which knows the whole standard.

mod quick;
mod sort;
#[cfg(test)]
mod tests;

use ego_tree::iter::Edge;
use html5ever::driver::{self, ParseOpts};
use html5ever::tendril::{StrTendril, TendrilSink};
use model::{Failure, FailureReason};
use scraper::{ElementRef, Html, HtmlTreeSink, Selector};

use crate::html::{Token, Tokenizer};
use crate::shown::Shown;
use crate::steps;
use price_text::{Amount, TextHints};

/// A text at the selector, and what it is read as.
pub(crate) type Reading = (String, Result<Amount, Failure>);

/// Elements nested more deeply than this are not built into a tree: building takes time that
/// grows with the depth, and no shop nests a tenth of it.
const MAX_DEPTH: usize = 1_000;
/// Elements whose text is not the price: it is not shown, or struck through.
const HIDDEN: &[&str] = &[
    "script", "style", "template", "noscript", "del", "s", "strike",
];
/// So many elements that match are looked at.
const MAX_MATCHES: usize = 1_000;
/// And so many nodes in them, as elements that match may contain each other.
const MAX_VISITS: usize = 1_000_000;

/// What stands in the elements that the selector matches, with each text's reading, repeated
/// texts once.
pub(crate) fn read(
    page: &str,
    selector: &str,
    hints: &TextHints<'_>,
) -> Result<Vec<Reading>, Failure> {
    let parsed = Selector::parse(selector).map_err(|_| {
        let detail = format!(
            "{selector:?} is no CSS selector that can be followed; write one like \".price\" or \
             \"#product .now\", without pseudo-elements"
        );
        Failure::new(FailureReason::BadProduct, detail)
    })?;
    let tree = match quick::tree(page, selector) {
        Some(tree) => tree,
        None => careful_tree(page)?,
    };
    Ok(read_tree(&tree, &parsed, hints))
}

/// What stands in the elements of a tree that a selector matches.
fn read_tree(tree: &Html, parsed: &Selector, hints: &TextHints<'_>) -> Vec<Reading> {
    let mut visits = MAX_VISITS;
    let mut texts: Vec<Vec<String>> = Vec::new();
    for element in tree.select(parsed).take(MAX_MATCHES) {
        let attribute = match element.value().name() {
            "data" | "input" => element.attr("value"),
            _ => element.attr("content"),
        };
        let lines = match attribute {
            Some(value) => {
                let mut shown = Shown::default();
                shown.push(value);
                shown.lines()
            }
            None => shown_lines(element, &mut visits),
        };
        if !texts.contains(&lines) {
            texts.push(lines);
        }
    }
    texts
        .into_iter()
        .map(|lines| (lines.join(BETWEEN_LINES), read_lines(&lines, hints)))
        .collect()
}

/// What stands between lines that are shown as one text.
const BETWEEN_LINES: &str = " | ";

/// The one price in the lines of an element: of all together, if they can be read so, else of the
/// one line that holds a price.
fn read_lines(lines: &[String], hints: &TextHints<'_>) -> Result<Amount, Failure> {
    let whole = price_text::parse(&lines.join(BETWEEN_LINES), hints);
    if whole.is_ok() || lines.len() < 2 {
        return whole;
    }
    let mut read = lines
        .iter()
        .filter_map(|line| price_text::parse(line, hints).ok());
    match (read.next(), read.next()) {
        (Some(only), None) => Ok(only),
        _ => whole,
    }
}

/// The tree of any page.
fn careful_tree(page: &str) -> Result<Html, Failure> {
    if is_too_deep(page) {
        let detail = format!("its elements are nested more than {MAX_DEPTH} deep");
        return Err(Failure::new(FailureReason::UnreadablePage, detail));
    }
    tree(page).ok_or_else(|| {
        let detail = "its tags overlap so much that they become many times as many elements";
        Failure::new(FailureReason::UnreadablePage, detail)
    })
}

/// The page as a tree; `None` if it becomes much larger than the page, as the standard has a tag
/// that is never closed repeated in every paragraph after it.
fn tree(page: &str) -> Option<Html> {
    /// How much is read before the tree's size is looked at, in bytes.
    const STEP: usize = 1_024;
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = driver::parse_document(sink, ParseOpts::default());
    let mut rest = page;
    while !rest.is_empty() {
        let (next, after) = rest.split_at(rest.floor_char_boundary(STEP));
        parser.process(StrTendril::from_slice(next));
        rest = after;
        let tree = &parser.tokenizer.sink.sink.0;
        if tree.borrow().tree.nodes().len() > page.len() + 10_000 {
            return None;
        }
    }
    let tree = parser.finish();
    steps::count(tree.tree.nodes().len());
    Some(tree)
}

/// The lines that an element shows. A text that is only there for screen readers counts where
/// nothing else is shown.
fn shown_lines(element: ElementRef<'_>, visits: &mut usize) -> Vec<String> {
    let lines = lines_of(element, visits, is_out_of_sight);
    if lines.is_empty() {
        return lines_of(element, visits, is_struck);
    }
    lines
}

/// The lines of an element without what is hidden in it, as far as `visits` more nodes may be
/// visited for it.
fn lines_of(
    element: ElementRef<'_>,
    visits: &mut usize,
    is_hidden: fn(&scraper::node::Element) -> bool,
) -> Vec<String> {
    let mut shown = Shown::default();
    let mut hidden = 0_usize;
    for edge in element.traverse() {
        steps::count(1);
        *visits = visits.saturating_sub(1);
        match edge {
            // What the element itself is does not hide its own text.
            Edge::Open(node) | Edge::Close(node) if node.id() == element.id() => {}
            Edge::Open(node) => match node.value() {
                scraper::Node::Element(inner) if hidden > 0 || is_hidden(inner) => hidden += 1,
                scraper::Node::Element(inner) => shown.begin(inner.name()),
                scraper::Node::Text(text) if hidden == 0 => shown.push(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Some(inner) = node.value().as_element() {
                    if hidden == 0 {
                        shown.end(inner.name());
                    }
                    hidden = hidden.saturating_sub(1);
                }
            }
        }
        // No price is as long as that.
        if shown.len() > 4_000 || *visits == 0 {
            break;
        }
    }
    shown.lines()
}

/// Whether the text of an element is not shown, or struck through.
fn is_struck(element: &scraper::node::Element) -> bool {
    HIDDEN.contains(&element.name())
}

/// The same, or not seen: hidden, or there for screen readers only.
fn is_out_of_sight(element: &scraper::node::Element) -> bool {
    let style = element.attr("style").map(str::to_ascii_lowercase);
    let invisible = style.is_some_and(|style| {
        let style: String = style.split_whitespace().collect();
        style.contains("display:none") || style.contains("visibility:hidden")
    });
    is_struck(element)
        || invisible
        || element.attr("hidden").is_some()
        || element.classes().any(hides)
}

/// Whether a class is known to keep its element out of sight.
fn hides(class: &str) -> bool {
    const CLASSES: [&str; 9] = [
        "visually-hidden",
        "visuallyhidden",
        "sr-only",
        "screen-reader",
        "screen-reader-text",
        "a-offscreen",
        "offscreen",
        "u-hidden-visually",
        "assistive-text",
    ];
    CLASSES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(class))
}

/// Whether more start tags than [`MAX_DEPTH`] are open at once.
fn is_too_deep(page: &str) -> bool {
    const VOID: &[&str] = &[
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "option", "td", "th", "tr", "dt", "dd",
    ];
    let mut tokenizer = Tokenizer::new(page);
    let mut depth = 0_usize;
    while let Some(token) = tokenizer.next() {
        match token {
            Token::Start { name, self_closing } => {
                let void = VOID.iter().any(|void| void.eq_ignore_ascii_case(name));
                depth += usize::from(!void && !self_closing);
            }
            Token::End(name) => {
                let void = VOID.iter().any(|void| void.eq_ignore_ascii_case(name));
                depth = depth.saturating_sub(usize::from(!void));
            }
            Token::Text(_) => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}
