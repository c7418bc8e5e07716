//! Nothing that a shop can send makes the crate panic or never end, and both ways of reading a
//! page always agree.

use extract::price_text::{self, TextHints};
use extract::{CompiledPaths, Hints, from_json};
use model::{Currency, JsonPaths, Variant};
use proptest::prelude::*;

use crate::corpus::pages;
use crate::properties::both_ways;

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
        let hints = TextHints { currency, locale };
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

/// Shapes that cost the most, each of about half a megabyte.
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn shapes() -> Vec<(&'static str, String)> {
    const SIZE: usize = 500_000;
    let fill = |text: &str| text.repeat(SIZE / text.len());
    let ld = |text: String| format!("<script type=application/ld+json>{text}</script>");
    let many = |item: &dyn Fn(usize) -> String, count: usize| {
        (0..count).map(item).collect::<Vec<_>>().join(",")
    };
    vec![
        ("brackets", fill("<")),
        ("tags", fill("<a ")),
        ("attributes", format!("<a {}>", fill("b=c "))),
        (
            "equal attributes",
            format!("<meta {}>", fill("content='1' ")),
        ),
        ("open quotes", fill("<a b=\"")),
        ("comments", fill("<!--")),
        ("dashes in a comment", format!("<!--{}", fill("--"))),
        ("raw text", fill("<script>")),
        ("end tags in raw text", format!("<title>{}", fill("</t"))),
        ("references", fill("&notit;&#x41;&amp")),
        (
            "long references",
            format!(
                "<meta name=a content='{}'>",
                fill("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
            ),
        ),
        ("nested items", fill("<div itemscope itemprop=a>")),
        (
            "nested properties",
            format!("<div itemscope>{}", fill("<b itemprop=price>1")),
        ),
        ("nested relations", fill("<b typeof=a rel=b property=c>1")),
        (
            "open inline elements",
            format!(
                "<div itemscope><i><div>{}{}",
                "<b>".repeat(70_000),
                "</i>".repeat(50_000)
            ),
        ),
        (
            "unmatched end tags",
            format!("<div itemscope>{}", fill("</x1></x2></p>")),
        ),
        (
            "different names",
            format!(
                "<div itemscope>{}",
                many(&|n| format!("<n{n}></n{n}>"), 45_000)
            ),
        ),
        (
            "shared references",
            format!(
                "<p id=a>{}</p>{}",
                "<b itemprop=price content=1></b>".repeat(1_000),
                "<i itemscope itemref=a itemtype=http://schema.org/Product></i>".repeat(10_000),
            ),
        ),
        ("list of lists", ld(fill("["))),
        ("deep objects", ld(fill("{\"a\":"))),
        ("deep lenient strings", ld(format!("[\"{}", fill("a\" ")))),
        (
            "spaces behind quotes",
            ld(format!("[\"{}", fill("\"            "))),
        ),
        (
            "many offers",
            ld(format!(
                "{{\"@type\":\"Product\",\"offers\":[{}]}}",
                many(
                    &|n| format!("{{\"@type\":\"Offer\",\"price\":{}}}", n + 1),
                    30_000
                ),
            )),
        ),
        (
            "offers that hold each other",
            ld(format!(
                "[{},{{\"@type\":\"Product\",\"offers\":{{\"@id\":\"0\"}}}}]",
                many(
                    &|n| format!(
                        "{{\"@id\":\"{n}\",\"@type\":\"AggregateOffer\",\"offers\":[{{\"@id\":\"{}\"}},{{\"@id\":\"{}\"}},{{\"@id\":\"0\"}}]}}",
                        n + 1,
                        n + 2
                    ),
                    8_000
                ),
            )),
        ),
        (
            "products that share one offer",
            ld(format!(
                "[{{\"@id\":\"o\",\"@type\":\"AggregateOffer\",\"offers\":[{}]}},{}]",
                many(
                    &|_| "{\"@type\":\"Offer\",\"price\":5,\"priceCurrency\":\"EUR\"}".to_owned(),
                    5_000
                ),
                many(
                    &|_| "{\"@type\":\"Product\",\"offers\":{\"@id\":\"o\"}}".to_owned(),
                    10_000
                ),
            )),
        ),
        (
            "a chain of variants",
            ld(format!(
                "[{}]",
                many(
                    &|n| format!(
                        "{{\"@id\":\"{n}\",\"@type\":\"Product\",\"isVariantOf\":{{\"@id\":\"{}\"}},\"offers\":{{\"price\":{n}}}}}",
                        n + 1
                    ),
                    10_000
                ),
            )),
        ),
        (
            "many products",
            ld(format!(
                "[{}]",
                many(
                    &|n| format!(
                        "{{\"@type\":\"Product\",\"name\":\"n{n}\",\"url\":\"/p/{n}?a={n}\",\"offers\":{{\"price\":{n}}}}}"
                    ),
                    9_000
                ),
            )),
        ),
        (
            "many scripts",
            fill("<script type=application/ld+json>{\"@type\":\"Product\"}</script>"),
        ),
        (
            "many metas",
            fill("<meta property=product:price:amount content=1>"),
        ),
        ("nested elements", fill("<div>")),
        ("matching elements", fill("<p class=price>1</p>")),
        ("digits", fill("1")),
    ]
}

/// Reads the shapes whose name is wanted. What takes time that grows faster than the page would
/// take minutes for the half megabyte that each of them has.
fn read_shapes(hints: &Hints<'_>, wanted: impl Fn(&str) -> bool) {
    for (name, page) in shapes() {
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
        "{\"a\":".repeat(200_000),
        "[".repeat(1_000_000),
        format!("[{}]", vec!["{\"price\":1}"; 80_000].join(",")),
        format!("{{\"price\":{}}}", "9".repeat(1_000_000)),
        format!("{{\"price\":1e{}}}", "9".repeat(1_000_000)),
    ] {
        assert!(from_json(body.as_bytes(), &paths, &hints).is_err());
    }
}
