//! What must hold whatever a shop sends. The fuzz targets include this file; `replay.rs` runs it
//! over their corpus.

use std::sync::LazyLock;

use extract::{CompiledPaths, Hints, block_sign, from_html, from_json, inspect_html};
use model::{Currency, Decimal, JsonPaths, PriceKind, RangePrice, Variant};
use price_text::TextHints;

/// A price as people write it, behind a byte that chooses the hints.
pub(crate) fn price_text(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let currencies = [
        None,
        Some(Currency::KRW),
        Some(Currency::EUR),
        Some(Currency::KWD),
    ];
    let locales = [None, Some("de"), Some("en-IN"), Some("fr-CH")];
    let hints = TextHints {
        currency: currencies[usize::from(choice & 3)],
        locale: locales[usize::from(choice >> 2 & 3)],
        ..TextHints::default()
    };
    let Ok(read) = price_text::parse(text, &hints) else {
        return;
    };
    assert!(!read.amount.is_sign_negative());
    assert!(hints.currency.is_none() || read.currency == hints.currency);
    // What was read can be written plainly and read again.
    if let Some(currency) = read.currency {
        let amount = read.amount.normalize();
        let again = format!("{amount} {}", currency.code());
        let hints = TextHints {
            currency: Some(currency),
            locale: Some("en"),
            ..TextHints::default()
        };
        let plain = price_text::parse(&again, &hints).map(|plain| plain.amount.normalize());
        assert_eq!(plain, Ok(amount), "{again}");
    }
}

/// The content of a JSON-LD script, alone on its page.
pub(crate) fn json_ld(data: &[u8]) {
    let mut page = b"<script type=application/ld+json>".to_vec();
    page.extend_from_slice(data);
    let hints = Hints {
        base_url: Some("https://shop.example/p/1?a=2"),
        ..Hints::default()
    };
    both_ways(&page, None, &hints);
}

/// A whole page, behind a byte that chooses the hints.
pub(crate) fn html(data: &[u8]) {
    static VARIANT: LazyLock<Variant> = LazyLock::new(|| Variant::Sku("XL".to_owned()));
    let Some((choice, page)) = data.split_first() else {
        return;
    };
    let hints = Hints {
        currency: (choice & 1 != 0).then_some(Currency::EUR),
        locale: (choice & 2 != 0).then_some("de"),
        variant: (choice & 4 != 0).then_some(&VARIANT),
        selector: (choice & 8 != 0).then_some("span, .price"),
        base_url: (choice & 16 != 0).then_some("https://shop.example/p/1"),
        range: (choice & 128 != 0).then_some(RangePrice::Lowest),
        price_kind: (choice & 128 != 0).then_some(PriceKind::Member),
        at: (choice & 64 != 0).then(|| "2026-01-31T12:00:00Z".parse().expect("a time")),
    };
    let content_type = (choice & 32 != 0).then_some("text/html; charset=euc-kr");
    both_ways(page, content_type, &hints);
}

/// Reads a page in both ways and holds them against each other.
pub(crate) fn both_ways(page: &[u8], content_type: Option<&str>, hints: &Hints<'_>) {
    let offer = from_html(page, content_type, hints);
    let inspection = inspect_html(page, content_type, hints);
    assert_eq!(offer, inspection.chosen);
    let chosen = inspection.candidates.iter().any(|found| found.chosen);
    assert_eq!(offer.is_ok(), chosen);
    serde_json::to_string(&inspection.candidates).expect("candidates are JSON");
    if let Ok(offer) = offer {
        assert!(offer.price.amount > Decimal::ZERO, "{offer:?}");
        let currency = offer.price.currency;
        assert!(hints.currency.is_none_or(|hint| hint == currency));
    }
    let _ = block_sign(page, content_type);
}

/// An answer of a JSON API.
pub(crate) fn json_api(data: &[u8]) {
    static PATHS: LazyLock<CompiledPaths> = LazyLock::new(|| {
        CompiledPaths::compile(&JsonPaths {
            price: "$.a[0].p".to_owned(),
            currency: Some("$.c".to_owned()),
            availability: Some("$..s".to_owned()),
            name: Some("$.n".to_owned()),
        })
        .expect("the queries are right")
    });
    let hints = Hints {
        currency: Some(Currency::EUR),
        ..Hints::default()
    };
    if let Ok(offer) = from_json(data, &PATHS, &hints) {
        assert!(offer.price.amount > Decimal::ZERO);
        assert_eq!(offer.price.currency, Currency::EUR);
    }
}
