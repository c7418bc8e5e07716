//! The owner's own CSS selector: the element that holds the price.

use model::{Failure, FailureReason};
use scraper::{ElementRef, Html, Selector};

use crate::html::{Token, Tokenizer};
use crate::price_text::{self, Amount, TextHints};

/// A text at the selector, and what it is read as.
pub(crate) type Reading = (String, Result<Amount, Failure>);

/// Elements nested more deeply than this are not built into a tree: building takes time that
/// grows with the depth, and no shop nests a tenth of it.
const MAX_DEPTH: usize = 1_000;
/// Elements whose text is not the price: it is not shown, or struck through.
const HIDDEN: &[&str] = &["script", "style", "template", "del", "s", "strike"];
/// So many elements that match are looked at.
const MAX_MATCHES: usize = 1_000;

/// What stands in the elements that the selector matches, with each text's reading, repeated
/// texts once.
pub(crate) fn read(
    page: &str,
    selector: &str,
    hints: &TextHints<'_>,
) -> Result<Vec<Reading>, Failure> {
    let parsed = Selector::parse(selector).map_err(|error| {
        let detail = format!("the CSS selector {selector:?} is wrong: {error}");
        Failure::new(FailureReason::BadProduct, detail)
    })?;
    if is_too_deep(page) {
        let detail = format!("its elements are nested more than {MAX_DEPTH} deep");
        return Err(Failure::new(FailureReason::UnreadablePage, detail));
    }
    let tree = Html::parse_document(page);
    let mut texts: Vec<String> = Vec::new();
    for element in tree.select(&parsed).take(MAX_MATCHES) {
        let attribute = match element.value().name() {
            "data" | "input" => element.attr("value"),
            _ => element.attr("content"),
        };
        let text = attribute.map_or_else(|| shown_text(element), str::to_owned);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok(texts
        .into_iter()
        .map(|text| {
            let amount = price_text::parse(&text, hints);
            (text, amount)
        })
        .collect())
}

/// The text that an element shows.
fn shown_text(element: ElementRef<'_>) -> String {
    let mut shown = String::new();
    for node in element.descendants() {
        let Some(text) = node.value().as_text() else {
            continue;
        };
        let hidden = node
            .ancestors()
            .take_while(|above| above.id() != element.id())
            .filter_map(|above| above.value().as_element())
            .any(|above| HIDDEN.contains(&above.name()));
        if !hidden {
            shown.push_str(text);
        }
        // No price is as long as that.
        if shown.len() > 4_000 {
            break;
        }
    }
    shown
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
