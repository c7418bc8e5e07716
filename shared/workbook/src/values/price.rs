//! Prices as people write them: `12,900원`, `₩12,900`, `USD 12.99`, `1.234,56 €`.

use iso_currency::Currency;
use price_text::currency::{ColumnMark, in_a_workbook};
use price_text::parse_column;

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

impl From<ColumnMark> for Sign {
    fn from(mark: ColumnMark) -> Self {
        Self {
            currency: mark.currency,
            is_shared: mark.is_shared,
        }
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

/// The currency that a text beside a price names.
pub(crate) fn sign_of(text: &str) -> Option<Sign> {
    in_a_workbook(text).map(Sign::from)
}

/// The currency that a sign, a word or an ISO 4217 code stands for.
pub(crate) fn currency_of(text: &str) -> Option<Currency> {
    in_a_workbook(text).map(|mark| mark.currency)
}

/// Reads a price. `hint` is the currency that the row or the column names, if any: it settles
/// what a point before three digits means.
pub(crate) fn read_price(text: &str, hint: Option<Currency>) -> Result<TextPrice, NotAPrice> {
    if let Some(price) = quick(text.trim_ascii()) {
        return Ok(price);
    }
    if is_missing(text.trim()) {
        return Err(NotAPrice::Missing);
    }
    let price = parse_column(text, hint).map_err(|reason| match reason {
        price_text::NotAPrice::Ambiguous => NotAPrice::Ambiguous,
        price_text::NotAPrice::Unreadable => NotAPrice::Unreadable,
    })?;
    let amount = price.amount.normalize();
    let scale = u8::try_from(amount.scale()).unwrap_or(u8::MAX);
    let mantissa = i64::try_from(amount.mantissa())
        .ok()
        .filter(|mantissa| mantissa.unsigned_abs() < 1_000_000_000_000_000)
        .filter(|_| scale <= MAX_SCALE)
        .ok_or(NotAPrice::Unreadable)?;
    Ok(TextPrice {
        value: Number::new(mantissa, scale),
        sign: price.mark.map(Sign::from),
    })
}

/// What most cells of a column hold, read without a detour: whole digits in groups of three with
/// commas and at most two decimals, with a won or dollar sign before them or `원` behind. Anything
/// else is `None`, for [`parse_column`]; where both read a text they agree.
fn quick(text: &str) -> Option<TextPrice> {
    let won = Sign {
        currency: Currency::KRW,
        is_shared: false,
    };
    let dollar = Sign {
        currency: Currency::USD,
        is_shared: true,
    };
    let (digits, sign) = if let Some(digits) = text.strip_suffix('원') {
        (digits, Some(won))
    } else if let Some(digits) = text.strip_prefix('₩') {
        (digits, Some(won))
    } else if let Some(digits) = text.strip_prefix('$') {
        (digits, Some(dollar))
    } else {
        (text, None)
    };
    let digits = digits.as_bytes();
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &[][..]),
    };
    let decimals = match (point, fraction.len()) {
        (None, _) => 0,
        (Some(_), 1) => 1,
        (Some(_), 2) => 2,
        _ => return None,
    };
    if whole.is_empty() || whole.len() > 15 {
        return None;
    }
    let grouped = whole.contains(&b',');
    let mut value: i64 = 0;
    for (at, &byte) in whole.iter().enumerate() {
        let left = whole.len() - at;
        match byte {
            b'0'..=b'9' if !grouped || left % 4 != 0 => value = value * 10 + i64::from(byte - b'0'),
            b',' if left % 4 == 0 && at > 0 && whole[0] != b'0' => {}
            _ => return None,
        }
    }
    for &byte in fraction {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(TextPrice {
        value: Number::new(value, decimals),
        sign,
    })
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
            ("Rs.99", "99 INR"),
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
            "...5",
            "12,900원~",
        ] {
            assert_eq!(read(text), "Unreadable", "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_whole_one(
            before in "[₩$]?",
            whole in "[0-9]{1,3}(,[0-9]{3}){0,3}|[0-9]{1,12}",
            fraction in "(\\.[0-9]{1,2})?",
            after in "원?",
        ) {
            let text = format!("{before}{whole}{fraction}{after}");
            if let Some(price) = quick(&text) {
                let other = parse_column(&text, None).expect("the quick way read it");
                proptest::prop_assert_eq!(price.value.to_decimal(), other.amount.normalize());
                proptest::prop_assert_eq!(price.sign, other.mark.map(Sign::from));
            }
        }
    }
}
