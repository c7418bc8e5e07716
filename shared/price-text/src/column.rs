//! A cell of a column of prices: `12,900원`, `1.234,56 €`, `(500)`, `1만 2천원`, `1.29E+04`.

use model::{Currency, Decimal};

use crate::currency::ColumnMark;
use crate::{Doubt, Policy, Reader, TextHints, decimal, lexer};

/// A price from a cell, and the currency where its text names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnPrice {
    /// The exact amount, negative for a refund.
    pub amount: Decimal,
    /// What the text itself says of its currency.
    pub mark: Option<ColumnMark>,
}

/// Why a cell's text is not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAPrice {
    /// `1.234 €` can be a thousand or a little more than one.
    Ambiguous,
    /// Anything else.
    Unreadable,
}

/// Reads a cell of a column of prices. `known` is the currency that the row or the column names,
/// if any: it settles what a point before three digits means, and which dollar a `$` is.
pub fn parse_column(text: &str, known: Option<Currency>) -> Result<ColumnPrice, NotAPrice> {
    let normal = lexer::normalise(text);
    let (negative, plain) = unsigned(&normal);
    let sign = |amount: Decimal| if negative { -amount } else { amount };
    if let Some(amount) = scientific(&plain) {
        return Ok(ColumnPrice {
            amount: sign(amount),
            mark: None,
        });
    }
    let hints = TextHints {
        currency: known,
        locale: None,
        kind: None,
    };
    let reader = Reader {
        hints: &hints,
        policy: Policy::Column,
    };
    let read = reader.read(&plain).map_err(|refusal| match refusal.doubt {
        Doubt::Separators => NotAPrice::Ambiguous,
        _ => NotAPrice::Unreadable,
    })?;
    if read.amount.currency.is_none() && !read.marks.is_empty() {
        // `129 kr`: whose crown nobody says.
        return Err(NotAPrice::Unreadable);
    }
    Ok(ColumnPrice {
        amount: sign(read.amount.amount),
        mark: ColumnMark::of(&read.marks, known),
    })
}

/// The text without its sign, and whether that is negative: `-500`, `(500)`, `$-5`, `- 5`. A
/// backslash, the won sign of a Korean keyboard, becomes one.
fn unsigned(normal: &str) -> (bool, String) {
    let mut text = normal.trim();
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (negative, text) = (true, inner.trim());
    }
    let first_digit = text.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (before, rest) = text.split_at(first_digit);
    // `-$.5`: the point belongs to the digits.
    let (before, point) = match before.strip_suffix(['.', ',']) {
        Some(shorter) if !shorter.ends_with(char::is_alphanumeric) => (shorter, "."),
        _ => (before, ""),
    };
    let mut before = before.replace('\\', "₩");
    for (sign, minus) in [('-', true), ('+', false)] {
        let stripped = before
            .trim()
            .strip_prefix(sign)
            .or_else(|| before.trim().strip_suffix(sign))
            .map(|rest| rest.trim().to_owned());
        if let Some(stripped) = stripped {
            (negative, before) = (negative || minus, stripped);
            break;
        }
    }
    (negative, format!("{before}{point}{rest}"))
}

/// `1.29E+04`, as spreadsheet programs write what is too wide for its column.
fn scientific(text: &str) -> Option<Decimal> {
    let (_, exponent) = text.split_once(['E', 'e'])?;
    exponent.starts_with(['+', '-']).then(|| decimal(text))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match parse_column(text, None) {
            Ok(price) => price.mark.map_or_else(
                || price.amount.normalize().to_string(),
                |mark| format!("{} {}", price.amount.normalize(), mark.currency.code()),
            ),
            Err(reason) => format!("{reason:?}"),
        }
    }

    #[test]
    fn cells_as_people_write_them() {
        for (text, price) in [
            ("-500", "-500"),
            ("(500)", "-500"),
            ("(12,900원)", "-12900 KRW"),
            ("-$.5", "-0.5 USD"),
            ("$-5", "-5 USD"),
            ("+12,900", "12900"),
            ("\\12,900", "12900 KRW"),
            ("1.234", "1.234"),
            ("1.234 €", "Ambiguous"),
            ("12.900원", "12900 KRW"),
            ("1만 2천원", "12000 KRW"),
            ("12.9만원", "129000 KRW"),
            ("3만5천원", "35000 KRW"),
            ("12,900원/개", "12900 KRW"),
            ("12,900원(VAT포함)", "12900 KRW"),
            ("12,900원정", "12900 KRW"),
            ("1.29E+04", "12900"),
            ("$12.99 CAD", "12.99 CAD"),
            ("¥1,200", "1200 JPY"),
            ("129 kr", "Unreadable"),
            ("RMB 12.9", "12.9 CNY"),
            ("12,345.678원", "12345.678 KRW"),
            ("12,900~15,000", "Unreadable"),
            ("12,90,0", "Unreadable"),
            ("...5", "Unreadable"),
        ] {
            assert_eq!(read(text), price, "{text}");
        }
    }

    #[test]
    fn a_mark_counts_before_what_its_column_says() {
        let read = |text, known| parse_column(text, known).unwrap().mark;
        let euro = read("12,50 €", Some(Currency::KRW)).unwrap();
        assert_eq!((euro.currency, euro.is_shared), (Currency::EUR, false));
        let dollar = read("$12.50", Some(Currency::CAD)).unwrap();
        assert!(dollar.is_shared, "{dollar:?}");
        assert_eq!(read("12.50", Some(Currency::CAD)), None);
        let pound = read("£5", Some(Currency::EGP)).unwrap();
        assert_eq!(pound.currency, Currency::EGP);
    }
}
