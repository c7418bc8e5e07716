//! Amounts written as shops of many countries write them are read back, or refused; never misread.

use model::{Currency, Decimal};
use price_text::TextHints;

/// How a country writes a price: the currency, what stands before and after the number, what groups
/// thousands and what starts the decimals, and how many there are.
struct Style {
    currency: &'static str,
    before: &'static str,
    after: &'static str,
    group: &'static str,
    point: &'static str,
    places: u32,
    /// Words around the price that leave it what it is.
    words: [(&'static str, &'static str); 3],
}

const fn style(
    currency: &'static str,
    [before, after, group, point]: [&'static str; 4],
    places: u32,
    words: [(&'static str, &'static str); 3],
) -> Style {
    Style {
        currency,
        before,
        after,
        group,
        point,
        places,
        words,
    }
}

const ENGLISH: [(&str, &str); 3] = [("Price: ", ""), ("Now ", ""), ("", " incl. VAT")];
const GERMAN: [(&str, &str); 3] = [("Preis: ", ""), ("Jetzt ", ""), ("", " inkl. MwSt.")];
const KOREAN: [(&str, &str); 3] = [("판매가 ", ""), ("가격: ", ""), ("", " (VAT포함)")];
const JAPANESE: [(&str, &str); 3] = [("価格 ", ""), ("", "(税込)"), ("", "（税込）")];
const NONE: [(&str, &str); 3] = [("", ""), (" ", ""), ("", " ")];

const STYLES: [Style; 22] = [
    style("KRW", ["", "원", ",", "."], 0, KOREAN),
    style("KRW", ["₩", "", ",", "."], 0, KOREAN),
    style("KRW", ["KRW ", "", ",", "."], 0, KOREAN),
    style("JPY", ["", "円", ",", "."], 0, JAPANESE),
    style("JPY", ["¥", "", ",", "."], 0, JAPANESE),
    style("USD", ["$", "", ",", "."], 2, ENGLISH),
    style("USD", ["US$", "", ",", "."], 2, ENGLISH),
    style("USD", ["", " USD", ",", "."], 2, ENGLISH),
    style("GBP", ["£", "", ",", "."], 2, ENGLISH),
    style("EUR", ["", " €", ".", ","], 2, GERMAN),
    style("EUR", ["€ ", "", ".", ","], 2, GERMAN),
    style("EUR", ["", " EUR", "\u{a0}", ","], 2, NONE),
    style("EUR", ["€", "", ",", "."], 2, ENGLISH),
    style("CHF", ["CHF ", "", "'", "."], 2, GERMAN),
    style("CHF", ["CHF ", "", "’", "."], 2, GERMAN),
    style("PLN", ["", " zł", "\u{a0}", ","], 2, NONE),
    style("CZK", ["", " Kč", "\u{a0}", ","], 2, NONE),
    style("SEK", ["", " kr", "\u{202f}", ","], 2, NONE),
    style("HUF", ["", " Ft", ".", ","], 0, NONE),
    style("BRL", ["R$ ", "", ".", ","], 2, NONE),
    style("INR", ["₹", "", ",", "."], 2, ENGLISH),
    style("TRY", ["", " TL", ".", ","], 2, NONE),
];

/// An amount in a style: `1.234,56 €`.
fn written(style: &Style, minor_units: i64) -> String {
    let scale = 10_i64.pow(style.places);
    let digits = (minor_units / scale).to_string();
    let mut whole = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            whole.push_str(style.group);
        }
        whole.push(digit);
    }
    let places = style.places as usize;
    let decimals = match places {
        0 => String::new(),
        _ => format!("{}{:0places$}", style.point, minor_units % scale),
    };
    format!("{}{whole}{decimals}{}", style.before, style.after)
}

#[test]
fn what_shops_write_is_read_back_or_refused() {
    let (mut read, mut refused, mut all) = (0_u32, Vec::new(), 0_u32);
    // Amounts of every length, none with a pattern.
    let amounts =
        (0..60_u32).map(|n| 10_i64.pow(1 + n % 7) * i64::from(n + 3) / 7 + i64::from(37 * n + 5));
    let amounts: Vec<i64> = amounts.collect();
    for style in &STYLES {
        let currency: Currency = style.currency.parse().unwrap();
        for &minor_units in &amounts {
            let amount = Decimal::new(minor_units, style.places);
            let price = written(style, minor_units);
            let around = style
                .words
                .iter()
                .map(|(before, after)| format!("{before}{price}{after}"));
            for text in around.chain([price.clone()]) {
                for hint in [None, Some(currency)] {
                    let hints = TextHints {
                        currency: hint,
                        ..TextHints::default()
                    };
                    all += 1;
                    match price_text::parse(&text, &hints) {
                        Ok(found) => {
                            assert_eq!(found.amount, amount, "{text} with {hint:?}");
                            assert!(
                                found.currency.is_none_or(|found| found == currency),
                                "{text} with {hint:?}: {found:?}"
                            );
                            read += 1;
                        }
                        Err(failure) => refused.push((text.clone(), hint, failure.detail)),
                    }
                }
            }
        }
    }
    let share = f64::from(read) * 100.0 / f64::from(all);
    println!("{all} texts with one price: {read} read ({share:.2} %), none misread");
    assert!(
        share >= 97.0,
        "{share:.2} %: {:?}",
        &refused[..40.min(refused.len())]
    );
}
