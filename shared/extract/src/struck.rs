//! A sale that only the page's own text knows: `<del>229,00 €</del> <ins>183,20 €</ins>`, while
//! its data still says 229.00.
//!
//! The price in the data is then the former one. Whether the lower one is the product's cannot be
//! told without doubt, so that a page whose data and text differ so is refused.

use std::borrow::Cow;

use model::{Decimal, Money};
use price_text::TextHints;

use crate::Hints;
use crate::html::{Token, Tokenizer, references};

/// Elements whose text is struck through.
const STRUCK: [&str; 3] = ["del", "s", "strike"];
/// Elements whose content is not part of what the page shows.
const NOT_SHOWN: [&str; 5] = ["script", "style", "template", "noscript", "title"];
/// So many texts after a struck one may hold the price that replaces it.
const FOLLOWING: usize = 3;

/// The lower price that stands directly after `price` struck through, if `price` stands nowhere
/// else in the page's text.
pub(crate) fn lower_price(page: &str, price: Money, hints: &Hints<'_>) -> Option<Decimal> {
    let text_hints = TextHints {
        currency: Some(price.currency),
        locale: hints.locale,
        ..TextHints::default()
    };
    let amount = |text: &str| {
        price_text::parse(text, &text_hints)
            .ok()
            .map(|read| read.amount)
    };
    let mut tokenizer = Tokenizer::new(page);
    let (mut struck, mut unseen) = (0_usize, 0_usize);
    // How many more texts may be the price that replaces the struck one.
    let mut following = 0_usize;
    let mut lower = None;
    while let Some(token) = tokenizer.next() {
        match token {
            Token::Start {
                name,
                self_closing: false,
            } => {
                struck += usize::from(is_struck(name));
                unseen += usize::from(is_one_of(&NOT_SHOWN, name));
            }
            Token::End(name) => {
                struck = struck.saturating_sub(usize::from(is_struck(name)));
                unseen = unseen.saturating_sub(usize::from(is_one_of(&NOT_SHOWN, name)));
            }
            Token::Text(raw) if unseen == 0 => {
                let Some(text) = worth_reading(raw) else {
                    following = if raw.trim().is_empty() {
                        following
                    } else {
                        following.saturating_sub(1)
                    };
                    continue;
                };
                let found = amount(&text);
                if struck > 0 {
                    if found == Some(price.amount) {
                        following = FOLLOWING;
                    }
                } else if found == Some(price.amount) {
                    return None;
                } else if following > 0 {
                    following -= 1;
                    if let Some(found) =
                        found.filter(|found| *found < price.amount && !found.is_zero())
                    {
                        lower.get_or_insert(found);
                        following = 0;
                    }
                }
            }
            _ => {}
        }
    }
    lower
}

/// A text's characters, if it may be a price.
fn worth_reading(raw: &str) -> Option<Cow<'_, str>> {
    let raw = raw.trim();
    let worth = raw.len() <= 100 && raw.bytes().any(|b| b.is_ascii_digit());
    worth.then(|| references::decode(raw))
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether an element's text is struck through.
pub(crate) fn is_struck(element: &str) -> bool {
    is_one_of(&STRUCK, element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Currency;

    fn lower(page: &str) -> Option<String> {
        let price = Money::new("229.00".parse().unwrap(), Currency::EUR);
        lower_price(page, price, &Hints::default()).map(|found| found.to_string())
    }

    #[test]
    fn a_price_that_is_only_struck_has_a_lower_one_after_it() {
        for page in [
            "<del>229,00 €</del> <ins><span>183,20 €</span></ins>",
            "<p><s>229,00 €</s><b>Now</b><b>183,20 €</b></p>",
            "<script>229</script><strike>€229.00</strike> €183.20",
        ] {
            assert_eq!(lower(page).as_deref(), Some("183.20"), "{page}");
        }
    }

    #[test]
    fn a_price_that_is_also_shown_plainly_is_no_former_one() {
        for page in [
            "<h1>Kettle</h1><b>229,00 €</b><div><del>229,00 €</del> 183,20 €</div>",
            "<del>199,00 €</del> <ins>183,20 €</ins>",
            "<del>229,00 €</del> <ins>249,00 €</ins>",
            "<del>229,00 €</del> <p>a</p><p>b</p><p>c</p><p>d</p>183,20 €",
            "<b>183,20 €</b>",
            "<del>229,00 €</del>",
        ] {
            assert_eq!(lower(page), None, "{page}");
        }
    }
}
