//! Nothing that a shop can send makes the crate panic or never end, and both ways of reading a
//! page always agree.

use extract::{CompiledPaths, Hints, from_json};
use model::{Currency, JsonPaths, Variant};
use price_text::TextHints;
use proptest::prelude::*;

use crate::corpus::pages;
use crate::properties::both_ways;
use crate::shapes::shapes;

/// Words that pages are made of, so that random pages get somewhere.
fn page_words() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "<div itemscope itemtype=\"http://schema.org/Product\">",
        "<div itemprop=offers itemscope itemtype=\"http://schema.org/Offer\">",
        "<span itemprop=price content=\"12.50\">",
        "<span itemprop=price>",
        "<meta itemprop=priceCurrency content=EUR>",
        "<div typeof=Product vocab=\"http://schema.org/\">",
        "<div property=offers typeof=Offer>",
        "<b property=price content=5>",
        "</div>",
        "</span>",
        "</b>",
        "<script type=application/ld+json>",
        "</script>",
        "{\"@type\":\"Product\",\"offers\":",
        "{\"@type\":\"Offer\",\"price\":\"12.50\",\"priceCurrency\":\"EUR\"}",
        "{\"@type\":\"AggregateOffer\",\"lowPrice\":1,\"highPrice\":2,\"offers\":",
        "\"hasVariant\":[",
        "\"@id\":\"#a\",",
        "{\"@id\":\"#a\"}",
        "\"isVariantOf\":",
        "]",
        "}",
        "[",
        ",",
        "<meta property=\"product:price:amount\" content=\"9,90\">",
        "<meta property=og:price:currency content=EUR>",
        "12,900원",
        "&euro;",
        "<!--",
        "-->",
        "<template>",
        "</template>",
        "<svg>",
        "<li>",
        "<p>",
        "<td>",
        "</table>",
        "<x id=a itemref=a itemscope>",
        "\u{0}",
        "가격",
        "<",
        "\"",
        "'",
        "=",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes())
}

fn hints() -> Vec<Hints<'static>> {
    static SKU: std::sync::LazyLock<Variant> =
        std::sync::LazyLock::new(|| Variant::Sku("XL".to_owned()));
    vec![
        Hints::default(),
        Hints {
            currency: Some(Currency::EUR),
            locale: Some("de"),
            base_url: Some("https://shop.example/p?a=1"),
            ..Hints::default()
        },
        Hints {
            variant: Some(&SKU),
            selector: Some("span, .price"),
            ..Hints::default()
        },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..600)) {
        for hints in hints() {
            both_ways(&body, Some("text/html; charset=euc-kr"), &hints);
        }
    }

    #[test]
    fn random_pages_are_read(body in page_words()) {
        for hints in hints() {
            both_ways(&body, None, &hints);
        }
    }

    #[test]
    fn damaged_pages_are_read(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, page_words()), 1..6),
    ) {
        let pages = pages();
        let page = which.get(&pages);
        let mut body = page.body.clone();
        // The deeply nested ones are slow to read a thousand times.
        body.truncate(6_000);
        for (at, length, words) in cuts {
            if body.is_empty() {
                break;
            }
            let start = at.index(body.len());
            let end = (start + length).min(body.len());
            body.splice(start..end, words.into_iter().take(60));
        }
        both_ways(&body, page.expected.content_type.as_deref(), &page.expected.hints());
    }

    #[test]
    fn random_texts_are_read(
        text in "[0-9.,' \u{a0}€$₩¥원만천억円元krRsUSDEUR%~+/()-]{0,24}|.{0,40}",
        currency in prop::sample::select(vec![None, Some(Currency::KRW), Some(Currency::EUR)]),
        locale in prop::sample::select(vec![None, Some("de"), Some("en-IN"), Some("x")]),
    ) {
        let hints = TextHints { currency, locale, kind: None };
        if let Ok(read) = price_text::parse(&text, &hints) {
            prop_assert!(!read.amount.is_sign_negative());
            prop_assert!(text.chars().any(char::is_numeric) || text.chars().any(|c| "만천억조백".contains(c)));
            if let (Some(hint), Some(found)) = (currency, read.currency) {
                prop_assert_eq!(hint, found);
            }
        }
    }

    #[test]
    fn every_amount_that_is_written_plainly_is_read_back(
        units in 0..10_000_000_i64,
        cents in 0..100_i64,
    ) {
        let amount = model::Decimal::new(units * 100 + cents, 2);
        let hints = TextHints::default();
        let grouped = |group: &str, point: &str| {
            let digits = units.to_string();
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at) % 3 == 0 {
                    out.push_str(group);
                }
                out.push(digit);
            }
            format!("{out}{point}{cents:02}")
        };
        for text in [
            format!("€{amount}"),
            format!("{} €", grouped(".", ",")),
            format!("€ {}", grouped(",", ".")),
            format!("{} EUR", grouped("\u{202f}", ",")),
            format!("EUR {}", grouped("'", ".")),
        ] {
            let read = price_text::parse(&text, &hints).map(|read| (read.amount, read.currency));
            prop_assert_eq!(read, Ok((amount, Some(Currency::EUR))), "{}", text);
        }
    }
}

/// Reads the shapes whose name is wanted, each of half a megabyte. That this takes no more steps
/// than the size allows is a test of the crate's own (`linear.rs`).
fn read_shapes(hints: &Hints<'_>, wanted: impl Fn(&str) -> bool) {
    for (name, page) in shapes(500_000) {
        if wanted(name) {
            both_ways(page.as_bytes(), None, hints);
        }
    }
}

#[test]
fn every_shape_is_read_the_same_both_ways() {
    read_shapes(&hints()[1], |_| true);
}

#[test]
fn deep_shapes_are_read_the_same_both_ways_with_a_selector() {
    let wanted = [
        "nested elements",
        "matching elements",
        "brackets",
        "open inline elements",
    ];
    read_shapes(&hints()[2], |name| wanted.contains(&name));
}

#[test]
fn a_hostile_json_answer_is_a_failure() {
    let paths = CompiledPaths::compile(&JsonPaths {
        price: "$..price".to_owned(),
        currency: None,
        availability: None,
        name: None,
    })
    .unwrap();
    let hints = Hints {
        currency: Some(Currency::KRW),
        ..Hints::default()
    };
    let nested = "{\"a\":".repeat(250) + "{\"price\":5}" + &"}".repeat(250);
    assert!(from_json(nested.as_bytes(), &paths, &hints).is_ok());
    for body in [
        // A path of 250 steps to each of its values.
        nested.replace(
            "{\"price\":5}",
            &format!("[{}]", "{},".repeat(20_000) + "{\"price\":5}"),
        ),
        "{\"a\":".repeat(200_000),
        "[".repeat(1_000_000),
        format!("[{}]", vec!["{\"price\":1}"; 80_000].join(",")),
        format!("{{\"price\":{}}}", "9".repeat(1_000_000)),
        format!("{{\"price\":1e{}}}", "9".repeat(1_000_000)),
    ] {
        assert!(from_json(body.as_bytes(), &paths, &hints).is_err());
    }
}
