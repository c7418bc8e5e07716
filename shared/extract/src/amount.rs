//! What a price property holds, as an exact amount.

use model::{Currency, Decimal, Failure, FailureReason};

use crate::Hints;
use price_text::TextHints;

/// Reads what a price property holds, and the currency that the page gives it.
///
/// A number's point starts decimals, and so does that of text in schema.org's own form
/// (`1299.00`) unless exactly three digits follow it: then the rules of [`price_text`] hold, and
/// `12.500` in a currency of two decimals is ambiguous, because data made for machines does have
/// three decimals now and then.
pub(crate) fn read(
    written: &str,
    is_number: bool,
    declared: Option<Currency>,
    hints: &Hints<'_>,
) -> (Result<Decimal, Failure>, Option<Currency>) {
    let failure = |reason, why: &str| {
        let shown: String = written.chars().take(80).collect();
        Failure::new(reason, format!("{shown:?}: {why}"))
    };
    if written.len() > 4 * price_text::MAX_CHARS {
        let why = "it is longer than any price";
        return (Err(failure(FailureReason::UnreadablePrice, why)), declared);
    }
    let thousandths = !is_number && has_three_decimals(written);
    if is_number || (is_plain_decimal(written) && !thousandths) {
        let amount = match price_text::decimal(written) {
            Some(amount) if amount.is_sign_negative() && !amount.is_zero() => {
                Err(failure(FailureReason::UnreadablePrice, "it is negative"))
            }
            Some(amount) => Ok(amount),
            None => Err(failure(
                FailureReason::UnreadablePrice,
                "it has too many digits",
            )),
        };
        return (amount, declared);
    }
    let known = declared.or(hints.currency);
    let two_places = known.is_some_and(|currency| currency.exponent() == Some(2));
    if thousandths && two_places && hints.locale.is_none() && written.ends_with('0') {
        let why = "the point may group thousands or start the decimals; a locale would settle it";
        return (Err(failure(FailureReason::Ambiguous, why)), declared);
    }
    let parse = |currency| {
        let locale = hints.locale;
        price_text::parse(
            written,
            &TextHints {
                currency,
                locale,
                kind: None,
            },
        )
    };
    if declared.is_some() {
        return match parse(declared) {
            Ok(read) => (Ok(read.amount), declared),
            Err(error) if error.reason == FailureReason::WrongCurrency => {
                let why = "it contradicts the offer's priceCurrency";
                (Err(failure(FailureReason::UnreadablePrice, why)), declared)
            }
            Err(error) => (Err(error), declared),
        };
    }
    match (parse(None), hints.currency) {
        (Ok(read), _) if read.currency.is_some() => (Ok(read.amount), read.currency),
        // The hint settles what the text leaves open.
        (_, hint @ Some(_)) => (parse(hint).map(|read| read.amount), None),
        (read, None) => (read.map(|read| read.amount), None),
    }
}

/// Whether text is a number in schema.org's form.
fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && price_text::decimal(text).is_some()
}

/// Whether text is one to three digits, a point and three digits.
fn has_three_decimals(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        matches!(whole.len(), 1..=3)
            && fraction.len() == 3
            && digits(whole)
            && digits(fraction)
            && !whole.starts_with('0')
    })
}
