//! Prices as people write them: `12,900원`, `₩12,900`, `USD 12.99`, `1.234,56 €`.

use std::borrow::Cow;

use iso_currency::Currency;

use crate::values::number::{MAX_SCALE, Number};

/// A price from a text, and the currency when the text names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextPrice {
    pub(crate) value: Number,
    pub(crate) sign: Option<Sign>,
}

/// A currency as a sign, a word or a code beside a price names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) currency: Currency,
    /// A bare `$` or `¥`: several currencies have it.
    pub(crate) is_shared: bool,
}

impl Sign {
    /// The currency of a price: a column of its own says most, then what stands with the price
    /// (its text, or its number format), then the heading. A shared sign comes last: `$` under
    /// *Price (CAD)* is a Canadian dollar.
    pub(crate) fn settle(
        column: Option<Currency>,
        with_price: Option<Self>,
        heading: Option<Currency>,
    ) -> Option<Currency> {
        let certain = with_price.filter(|sign| !sign.is_shared);
        column
            .or(certain.map(|sign| sign.currency))
            .or(heading)
            .or(with_price.map(|sign| sign.currency))
    }
}

/// Why a text is not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAPrice {
    /// Nothing, a dash, `N/A`, `품절`: there is no price.
    Missing,
    /// `1.234 €` can be a thousand or a little more than one.
    Ambiguous,
    /// Anything else.
    Unreadable,
}

/// Signs and words for a currency. A bare `$` or `¥` is what it most often is; a currency
/// column or heading decides before it.
const SIGNS: [(&str, Currency); 50] = [
    ("US$", Currency::USD),
    ("A$", Currency::AUD),
    ("C$", Currency::CAD),
    ("CA$", Currency::CAD),
    ("AU$", Currency::AUD),
    ("HK$", Currency::HKD),
    ("NT$", Currency::TWD),
    ("S$", Currency::SGD),
    ("R$", Currency::BRL),
    ("$", Currency::USD),
    ("₩", Currency::KRW),
    ("￦", Currency::KRW),
    ("원", Currency::KRW),
    ("WON", Currency::KRW),
    // The backslash of a Korean keyboard.
    ("\\", Currency::KRW),
    ("€", Currency::EUR),
    ("EURO", Currency::EUR),
    ("£", Currency::GBP),
    ("¥", Currency::JPY),
    ("￥", Currency::JPY),
    ("円", Currency::JPY),
    ("엔", Currency::JPY),
    ("달러", Currency::USD),
    ("유로", Currency::EUR),
    ("위안", Currency::CNY),
    ("元", Currency::CNY),
    ("RMB", Currency::CNY),
    ("CN¥", Currency::CNY),
    ("JP¥", Currency::JPY),
    ("원화", Currency::KRW),
    ("한국 원", Currency::KRW),
    ("대한민국 원", Currency::KRW),
    ("Korean won", Currency::KRW),
    ("미국 달러", Currency::USD),
    ("미 달러", Currency::USD),
    ("US dollar", Currency::USD),
    ("US dollars", Currency::USD),
    ("유로화", Currency::EUR),
    ("엔화", Currency::JPY),
    ("일본 엔", Currency::JPY),
    ("위안화", Currency::CNY),
    ("₹", Currency::INR),
    ("₫", Currency::VND),
    ("₽", Currency::RUB),
    ("₺", Currency::TRY),
    ("₪", Currency::ILS),
    ("₱", Currency::PHP),
    ("฿", Currency::THB),
    ("zł", Currency::PLN),
    ("Kč", Currency::CZK),
];

/// The currency that a text beside a price names.
pub(crate) fn sign_of(text: &str) -> Option<Sign> {
    currency_of(text).map(|currency| Sign {
        currency,
        is_shared: matches!(text.trim(), "$" | "¥" | "￥" | "\\"),
    })
}

/// The currency that a sign, a word or an ISO 4217 code stands for.
pub(crate) fn currency_of(text: &str) -> Option<Currency> {
    let text = text.trim();
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    if let Some((_, currency)) = SIGNS
        .iter()
        .find(|(sign, _)| sign.eq_ignore_ascii_case(text))
    {
        return Some(*currency);
    }
    if text.len() != 3 || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    // In a heading "All" or "Top" would be currencies; a code is written in one case.
    let upper = text.to_ascii_uppercase();
    let one_case = text == upper || text == text.to_ascii_lowercase();
    one_case
        .then(|| Currency::from_code(&upper))
        .flatten()
        .filter(|currency| !currency.is_special())
}

/// Reads a price. `hint` is the currency that the row or the column names, if any: it settles
/// what a point before three digits means.
pub(crate) fn read_price(text: &str, hint: Option<Currency>) -> Result<TextPrice, NotAPrice> {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Fullwidth digits and signs.
            '\u{ff0b}'..='\u{ff19}' => clean.push(char::from_u32(c as u32 - 0xfee0).unwrap_or(c)),
            '\u{2212}' | '\u{2013}' | '\u{2014}' => clean.push('-'),
            '\u{2019}' | '\u{00b4}' => clean.push('\''),
            '\u{200b}' | '\u{feff}' | '\u{200e}' | '\u{200f}' => {}
            c if c.is_whitespace() => clean.push(' '),
            c => clean.push(c),
        }
    }
    let clean = clean.trim();
    if is_missing(clean) {
        return Err(NotAPrice::Missing);
    }
    let first = clean
        .find(|c: char| c.is_ascii_digit())
        .ok_or(NotAPrice::Unreadable)?;
    let last = clean
        .rfind(|c: char| c.is_ascii_digit())
        .ok_or(NotAPrice::Unreadable)?;
    let (before, rest) = clean.split_at(first);
    let (digits, after) = rest.split_at(last + 1 - first);
    let (mut before, after) = (before.trim(), after.trim());
    let mut digits = Cow::Borrowed(digits);
    // `$.99`, but not `Rs.99`.
    if let Some(rest) = before.strip_suffix(['.', ','])
        && !rest.ends_with(char::is_alphanumeric)
    {
        before = rest;
        digits = Cow::Owned(format!("0.{digits}"));
    }

    let mut negative = false;
    let mut after = after;
    if let (Some(inner), Some(end)) = (before.strip_prefix('('), after.strip_suffix(')')) {
        (negative, before, after) = (true, inner.trim(), end.trim());
    }
    if let Some(rest) = before
        .strip_prefix('-')
        .or_else(|| before.strip_suffix('-'))
    {
        (negative, before) = (true, rest.trim());
    }
    before = before
        .strip_prefix('+')
        .or_else(|| before.strip_suffix('+'))
        .unwrap_or(before)
        .trim();
    // `12,900.-` and `12.900,-` are Swiss and German ways of writing no cents.
    after = after
        .strip_prefix(".-")
        .or_else(|| after.strip_prefix(",-"))
        .unwrap_or(after)
        .trim();
    after = after
        .strip_suffix("정")
        .filter(|rest| rest.ends_with('원'))
        .unwrap_or(after);

    let named = match (before.is_empty(), after.is_empty()) {
        (true, true) => None,
        (false, true) => Some(sign(before)?),
        (true, false) => Some(sign(after)?),
        (false, false) => {
            let (first, second) = (sign(before)?, sign(after)?);
            // `$12.99 CAD`: the code says which dollar.
            Some(
                if first.currency == second.currency || before.ends_with('$') {
                    second
                } else {
                    return Err(NotAPrice::Unreadable);
                },
            )
        }
    };
    let mut value = read_digits(&digits, named.map(|sign| sign.currency).or(hint))?;
    if negative {
        value = Number::new(-value.mantissa(), value.scale());
    }
    Ok(TextPrice { value, sign: named })
}

fn sign(text: &str) -> Result<Sign, NotAPrice> {
    let text = text.trim_end_matches(['.', ':']).trim();
    // `US $12.99`
    sign_of(text)
        .or_else(|| sign_of(&text.replace(' ', "")))
        .ok_or(NotAPrice::Unreadable)
}

fn is_missing(text: &str) -> bool {
    matches!(
        text.to_lowercase().as_str(),
        "" | "-"
            | "--"
            | "."
            | "n/a"
            | "na"
            | "#n/a"
            | "none"
            | "null"
            | "nan"
            | "없음"
            | "품절"
            | "미정"
            | "sold out"
            | "tbd"
            | "?"
            | "x"
            | "일시품절"
            | "판매중지"
            | "미판매"
            | "판매종료"
            | "판매중단"
            | "단종"
            | "재고없음"
            | "가격문의"
            | "문의"
            | "해당없음"
            | "n.a."
            | "out of stock"
            | "discontinued"
    )
}

/// Digits with group and decimal marks.
fn read_digits(digits: &str, currency: Option<Currency>) -> Result<Number, NotAPrice> {
    let mark = |c: char| matches!(c, ',' | '.' | '\'' | ' ');
    if !digits.chars().all(|c| c.is_ascii_digit() || mark(c)) {
        return Err(NotAPrice::Unreadable);
    }
    let marks: Vec<(usize, char)> = digits.char_indices().filter(|(_, c)| mark(*c)).collect();
    let decimal = match marks.last() {
        None => None,
        Some(&(at, last)) => {
            let places = digits.len() - at - 1;
            let alone = marks.len() == 1;
            let repeated = marks.iter().filter(|(_, c)| *c == last).count() > 1;
            let others = marks.iter().any(|(_, c)| *c != last);
            match last {
                ' ' | '\'' => None,
                _ if repeated => None,
                _ if others => Some(at),
                // One mark alone.
                ',' if places == 3 && !digits.starts_with('0') => None,
                ',' if places < 3 || digits.starts_with('0') => Some(at),
                ',' => return Err(NotAPrice::Unreadable),
                '.' if alone && places == 3 && at <= 3 && !digits.starts_with('0') => {
                    match currency.map(|currency| (currency, currency.exponent())) {
                        Some((_, Some(0))) => None,
                        Some((
                            Currency::EUR | Currency::BRL | Currency::TRY | Currency::DKK,
                            _,
                        )) => {
                            return Err(NotAPrice::Ambiguous);
                        }
                        _ => Some(at),
                    }
                }
                _ => Some(at),
            }
        }
    };
    let (whole, fraction) = match decimal {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, ""),
    };
    let whole = groups(whole)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.bytes().any(|b| !b.is_ascii_digit()) || fraction.len() > usize::from(MAX_SCALE) {
        return Err(NotAPrice::Unreadable);
    }
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    if significant.len() > 15 {
        return Err(NotAPrice::Unreadable);
    }
    let mantissa = if significant.is_empty() {
        0
    } else {
        significant.parse().map_err(|_| NotAPrice::Unreadable)?
    };
    let scale = u8::try_from(fraction.len()).map_err(|_| NotAPrice::Unreadable)?;
    Ok(Number::new(mantissa, scale))
}

/// The whole part without its group marks, which must be of one kind and stand before groups
/// of three, or of two before a last group of three (the Indian way).
fn groups(whole: &str) -> Result<String, NotAPrice> {
    let Some(mark) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return Ok(whole.to_owned());
    };
    let parts: Vec<&str> = whole.split(mark).collect();
    let digits = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let (head, tail) = parts.split_at(1);
    let threes = head[0].len() <= 3 && tail.iter().all(|part| part.len() == 3);
    let indian = head[0].len() <= 2
        && tail.split_last().is_some_and(|(last, between)| {
            last.len() == 3 && between.iter().all(|part| part.len() == 2)
        });
    if digits && (threes || indian) {
        Ok(parts.concat())
    } else {
        Err(NotAPrice::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match read_price(text, None) {
            Ok(price) => {
                let value = price.value.to_decimal();
                price.sign.map_or_else(
                    || value.to_string(),
                    |sign| format!("{value} {}", sign.currency.code()),
                )
            }
            Err(reason) => format!("{reason:?}"),
        }
    }

    #[test]
    fn prices_as_people_write_them() {
        for (text, price) in [
            ("12,900원", "12900 KRW"),
            ("₩12,900", "12900 KRW"),
            ("￦ 12,900", "12900 KRW"),
            ("USD 12.99", "12.99 USD"),
            ("12.99 usd", "12.99 USD"),
            ("$12.99", "12.99 USD"),
            ("$12.99 CAD", "12.99 CAD"),
            ("1.234,56 €", "1234.56 EUR"),
            ("€1,234.56", "1234.56 EUR"),
            ("12\u{a0}900\u{a0}원", "12900 KRW"),
            ("1 234,50", "1234.5"),
            ("1'234.50", "1234.5"),
            ("12,9", "12.9"),
            ("0,125", "0.125"),
            ("12900", "12900"),
            (" 12900.00 ", "12900"),
            ("-500", "-500"),
            ("(500)", "-500"),
            ("１２，９００원", "12900 KRW"),
            ("12.900원", "12900 KRW"),
            ("1,23,456", "123456"),
            ("1.234", "1.234"),
            ("12,900.-", "12900"),
            ("금 12,900", "Unreadable"),
            ("12,900원정", "12900 KRW"),
            ("0", "0"),
            (".99", "0.99"),
            ("$.99", "0.99 USD"),
            ("-$.5", "-0.5 USD"),
            ("US $12.99", "12.99 USD"),
            ("\\12,900", "12900 KRW"),
            ("RMB 12.9", "12.9 CNY"),
        ] {
            assert_eq!(read(text), price, "{text}");
        }
    }

    #[test]
    fn the_currency_of_a_price_is_settled_by_what_is_nearest() {
        let [dollar, euro] = ["$", "€"].map(sign_of);
        let (won, canadian) = (Some(Currency::KRW), Some(Currency::CAD));
        for (column, with_price, heading, settled) in [
            (won, euro, canadian, won),
            (None, euro, canadian, Some(Currency::EUR)),
            (None, dollar, canadian, canadian),
            (None, dollar, None, Some(Currency::USD)),
            (None, None, canadian, canadian),
            (None, None, None, None),
        ] {
            assert_eq!(Sign::settle(column, with_price, heading), settled);
        }
    }

    #[test]
    fn what_is_no_price_says_why() {
        for missing in ["", "  ", "-", "N/A", "품절", "\u{a0}"] {
            assert_eq!(read(missing), "Missing", "{missing:?}");
        }
        assert_eq!(read("1.234 €"), "Ambiguous");
        for text in [
            "약 12,900원",
            "12,900~15,000",
            "12,90,0",
            "1,2345",
            "abc",
            "1e5",
            "12,900원 $",
            "1..2",
            "9999999999999999",
            "12:30",
            "Rs.99",
            "...5",
            "12,900원~",
        ] {
            assert_eq!(read(text), "Unreadable", "{text:?}");
        }
    }
}
