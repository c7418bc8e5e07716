//! What a number format makes of a number: a date, a duration, an amount in a currency.

use iso_currency::Currency;

use crate::values::cell::Value;
use crate::values::number::Number;
use crate::values::padded::Padding;
use crate::values::price::{Sign, sign_of};

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberKind {
    Number,
    /// An amount with the sign of a currency.
    Money(Sign),
    /// A code with zeros or letters before it.
    Code(Padding),
    Date,
    Duration,
}

impl NumberKind {
    #[inline]
    pub(crate) fn of(self, number: Number) -> Value<'static> {
        match self {
            Self::Money(sign) => Value::Money(number, sign),
            Self::Code(padding) if padding.adds_to(number) => Value::Code(number, padding),
            Self::Number | Self::Code(_) => Value::Number(number),
            Self::Date => Value::Serial(number),
            Self::Duration => Value::Duration(number),
        }
    }
}

/// ECMA-376, 18.8.30: the built-in formats; 27 to 36 and 50 to 58 are dates in East Asian
/// locales. 5 to 8 and 37 to 44 show the currency of whoever looks at the workbook, so that
/// they say nothing about the prices.
pub(crate) fn builtin_kind(id: u32) -> NumberKind {
    match id {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => NumberKind::Date,
        46 => NumberKind::Duration,
        _ => NumberKind::Number,
    }
}

/// What the first section of a format code, that of positive numbers, makes of a number.
///
/// A letter of dates outside quotes, escapes and brackets makes it a date; `[h]`, `[mm]`, `[ss]`
/// a duration. Otherwise what stands before and behind the digits may name a currency:
/// `[$₩-412]`, `[$EUR]`, `"원"`, `\€`, a bare `$`. Two currencies are none.
pub(crate) fn kind_of_code(code: &str) -> NumberKind {
    if let Some(padding) = Padding::of_code(code) {
        return NumberKind::Code(padding);
    }
    let mut chars = code.chars().peekable();
    let mut currency = Signs::default();
    while let Some(c) = chars.next() {
        match c {
            // `General"원"`: the word stands for digits, and its e for no year.
            'g' | 'G'
                if chars
                    .clone()
                    .take(6)
                    .collect::<String>()
                    .eq_ignore_ascii_case("eneral") =>
            {
                chars.nth(5);
                currency.end_literal();
            }
            '"' => chars
                .by_ref()
                .take_while(|c| *c != '"')
                .for_each(|c| currency.literal.push(c)),
            '\\' => currency.literal.extend(chars.next()),
            // As wide as the next sign, or filled with it.
            '_' | '*' => {
                chars.next();
                currency.literal.push(' ');
            }
            ';' => break,
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if let Some(symbol) = inside.strip_prefix('$') {
                    currency.end_literal();
                    currency.found(symbol_sign(symbol));
                } else if is_duration(&inside) {
                    return NumberKind::Duration;
                }
            }
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return NumberKind::Date,
            'a' | 'A' if matches!(chars.peek(), Some('/' | 'm' | 'M')) => return NumberKind::Date,
            '0'..='9' | '#' | '?' | '.' | ',' | '%' | '@' | '/' => currency.end_literal(),
            c => currency.literal.push(c),
        }
    }
    currency.end_literal();
    match currency.sign {
        Some(sign) if !currency.is_mixed => NumberKind::Money(sign),
        _ => NumberKind::Number,
    }
}

fn is_duration(inside: &str) -> bool {
    let inside = inside.to_ascii_lowercase();
    inside
        .chars()
        .next()
        .is_some_and(|first| matches!(first, 'h' | 'm' | 's') && inside.chars().all(|c| c == first))
}

/// The signs of currencies in a format code.
#[derive(Default)]
struct Signs {
    /// What is shown as it stands, up to the next digit.
    literal: String,
    sign: Option<Sign>,
    is_mixed: bool,
}

impl Signs {
    fn end_literal(&mut self) {
        let sign = sign_of(
            self.literal
                .trim_matches([' ', '\u{a0}', '-', '+', '(', ')']),
        );
        self.found(sign);
        self.literal.clear();
    }

    fn found(&mut self, sign: Option<Sign>) {
        if let (Some(one), Some(other)) = (self.sign, sign)
            && one.currency != other.currency
        {
            self.is_mixed = true;
        }
        self.sign = self.sign.or(sign);
    }
}

/// `₩-412`, `$-en-CA`, `EUR`: a symbol, and perhaps the locale that it is taken from
/// (ECMA-376, 18.8.31). The locale alone is no currency: dates have it too.
fn symbol_sign(text: &str) -> Option<Sign> {
    let (symbol, locale) = text.split_once('-').unwrap_or((text, ""));
    let symbol = symbol.trim();
    if symbol.is_empty() {
        return None;
    }
    match sign_of(symbol) {
        Some(sign) if !sign.is_shared => Some(sign),
        // Many countries write `$`, `¥` or `kr`: the locale says whose it is.
        sign => currency_of_locale(locale)
            .map(|currency| Sign {
                currency,
                is_shared: false,
            })
            .or(sign),
    }
}

/// Locales whose currency has a sign that others share or that is no currency's own: their
/// language identifier ([MS-LCID] 2.2) and their country.
const LOCALES: [(u32, &str, Currency); 35] = [
    (0x0409, "US", Currency::USD),
    (0x0404, "TW", Currency::TWD),
    (0x0405, "CZ", Currency::CZK),
    (0x0406, "DK", Currency::DKK),
    (0x040e, "HU", Currency::HUF),
    (0x040f, "IS", Currency::ISK),
    (0x0411, "JP", Currency::JPY),
    (0x0414, "NO", Currency::NOK),
    (0x0415, "PL", Currency::PLN),
    (0x0416, "BR", Currency::BRL),
    (0x0418, "RO", Currency::RON),
    (0x0419, "RU", Currency::RUB),
    (0x041d, "SE", Currency::SEK),
    (0x041e, "TH", Currency::THB),
    (0x041f, "TR", Currency::TRY),
    (0x0421, "ID", Currency::IDR),
    (0x0422, "UA", Currency::UAH),
    (0x043e, "MY", Currency::MYR),
    (0x0804, "CN", Currency::CNY),
    (0x0807, "CH", Currency::CHF),
    (0x0809, "GB", Currency::GBP),
    (0x080a, "MX", Currency::MXN),
    (0x0814, "NO", Currency::NOK),
    (0x0c04, "HK", Currency::HKD),
    (0x0c07, "AT", Currency::EUR),
    (0x0c09, "AU", Currency::AUD),
    (0x0c0c, "CA", Currency::CAD),
    (0x1004, "SG", Currency::SGD),
    (0x1009, "CA", Currency::CAD),
    (0x1409, "NZ", Currency::NZD),
    (0x240a, "CO", Currency::COP),
    (0x2c0a, "AR", Currency::ARS),
    (0x340a, "CL", Currency::CLP),
    (0x3c09, "HK", Currency::HKD),
    (0x4809, "SG", Currency::SGD),
];

/// `412` or `en-CA`; the upper half of the number says how digits and calendars look.
fn currency_of_locale(locale: &str) -> Option<Currency> {
    let number = u32::from_str_radix(locale, 16).map(|number| number & 0xffff);
    let country = locale.split(['-', '_']).next_back().unwrap_or_default();
    LOCALES
        .iter()
        .find(|(known, name, _)| match &number {
            Ok(number) => number == known,
            Err(_) => country.eq_ignore_ascii_case(name),
        })
        .map(|(_, _, currency)| *currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_codes_of_dates() {
        for date in [
            "yyyy-mm-dd",
            "m/d/yy h:mm",
            "yyyy\"년\" m\"월\" d\"일\"",
            "[$-412]yyyy-mm-dd",
            "h:mm AM/PM",
            "DD/MM/YY",
            "[Red]yyyy",
        ] {
            assert_eq!(kind_of_code(date), NumberKind::Date, "{date}");
        }
        for number in [
            "General",
            "#,##0",
            "#,##0.00\" days\"",
            "0.00E+00",
            "[Red]#,##0",
            "\\Y0.0",
            "#,##0;yyyy",
            "_m0",
            "@",
            "[Color10]0%",
        ] {
            assert_eq!(kind_of_code(number), NumberKind::Number, "{number}");
        }
        for duration in ["[h]:mm", "[mm]:ss", "[ss].00", "[HH]:MM"] {
            assert_eq!(kind_of_code(duration), NumberKind::Duration, "{duration}");
        }
    }

    #[test]
    fn format_codes_of_currencies() {
        use Currency::{AUD, CAD, CNY, EUR, JPY, KRW, PLN, SEK, USD};
        for (code, currency) in [
            ("₩#,##0", KRW),
            ("#,##0\"원\"", KRW),
            ("#,##0원", KRW),
            ("General\"원\"", KRW),
            ("[Red]general\" USD\"", USD),
            ("[$₩-412]#,##0", KRW),
            ("[$₩-ko-KR]#,##0", KRW),
            (
                "_-[$₩-412]* #,##0_-;-[$₩-412]* #,##0_-;_-[$₩-412]* \"-\"_-;_-@_-",
                KRW,
            ),
            ("_-\"₩\"* #,##0_-;\\-\"₩\"* #,##0_-", KRW),
            ("\\₩#,##0", KRW),
            ("#,##0\" KRW\"", KRW),
            ("[Red]\"KRW\" #,##0", KRW),
            ("[$USD] #,##0", USD),
            ("#,##0 \"USD\"", USD),
            ("[$$-409]#,##0.00", USD),
            ("[$$-1009]#,##0.00", CAD),
            ("[$$-en-CA]#,##0.00", CAD),
            ("[$$-20C09]#,##0.00", AUD),
            ("\"US$\"#,##0.00", USD),
            ("[$€-407]#,##0.00", EUR),
            ("#,##0.00\\ [$€-1]", EUR),
            ("#,##0.00\u{a0}\"€\"", EUR),
            ("_-* #,##0.00 [$EUR]_-", EUR),
            ("[$¥-411]#,##0", JPY),
            ("[$¥-804]#,##0", CNY),
            ("#,##0.00\\ [$kr-41D]", SEK),
            ("#,##0.00\\ \"zł\"", PLN),
        ] {
            let sign = Sign {
                currency,
                is_shared: false,
            };
            assert_eq!(kind_of_code(code), NumberKind::Money(sign), "{code}");
        }
    }

    #[test]
    fn a_bare_dollar_is_one_of_many() {
        for (code, currency) in [
            ("$#,##0.00", Currency::USD),
            ("\"$\"#,##0.00_);(\"$\"#,##0.00)", Currency::USD),
            ("[$$]#,##0", Currency::USD),
            ("¥#,##0", Currency::JPY),
        ] {
            let sign = Sign {
                currency,
                is_shared: true,
            };
            assert_eq!(kind_of_code(code), NumberKind::Money(sign), "{code}");
        }
    }

    #[test]
    fn what_names_no_currency_is_a_number() {
        for code in [
            "[$-412]#,##0",
            "#,##0\"개\"",
            "#,##0 \"원/개\"",
            "[$kr]#,##0",
            "[$€-407]#,##0\" USD\"",
            "\"약 \"#,##0",
            "0.00 \"kg\"",
            "[$",
            "[$]0",
            "\"",
            "\\",
        ] {
            assert_eq!(kind_of_code(code), NumberKind::Number, "{code}");
        }
    }

    #[test]
    fn built_in_currencies_are_those_of_whoever_looks() {
        for id in (5..=8).chain(37..=44) {
            assert_eq!(builtin_kind(id), NumberKind::Number);
        }
    }
}
