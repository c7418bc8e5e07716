//! A page may gain anything but another answer: suggested products, reviews, list prices,
//! instalments, lists, banners and hidden copies are put into every page of the corpus that has a
//! price. The answer stays, or becomes a refusal; it never becomes another price.

use std::collections::BTreeMap;

use extract::from_html;
use model::Offer;

use crate::corpus::{Page, pages};

/// How many combinations each page gets.
const PER_PAGE: usize = 200;
/// Of a hundred combinations, so many may become refusals.
const MOST_REFUSALS: usize = 5;

/// Where pages stand that do not say it.
const ADDRESS: &str = "https://shop.example/p/own";

/// Pieces of pages; `{A}` is an amount, `{C}` a currency, `{N}` a number, `{K}` the class or the like
/// of what the owner's selector looks for.
const PIECES: &[(&str, &str)] = &[
    (
        "suggested in JSON-LD",
        r#"<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Other thing {N}","url":"https://shop.example/p/other-{N}","offers":{"@type":"Offer","price":"{A}","priceCurrency":"{C}","availability":"https://schema.org/InStock"}}</script>"#,
    ),
    (
        "list in JSON-LD",
        r#"<script type="application/ld+json">{"@context":"https://schema.org","@type":"ItemList","itemListElement":[{"@type":"ListItem","position":1,"item":{"@type":"Product","name":"Other thing {N}","url":"/p/other-{N}","offers":{"@type":"Offer","price":"{A}","priceCurrency":"{C}"}}}]}</script>"#,
    ),
    (
        "suggested in microdata",
        r#"<div class="card" itemscope itemtype="https://schema.org/Product"><a itemprop="url" href="https://shop.example/p/other-{N}"><span itemprop="name">Other thing {N}</span></a><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="{C}"><span itemprop="price" content="{A}">{A}</span></div></div>"#,
    ),
    (
        "recently seen in microdata",
        r#"<ul itemscope itemtype="https://schema.org/ItemList"><li itemprop="itemListElement" itemscope itemtype="https://schema.org/Product"><a itemprop="url" href="/p/other-{N}"><b itemprop="name">Other thing {N}</b></a><span itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="{C}"><i itemprop="price">{A}</i></span></li></ul>"#,
    ),
    (
        "suggested in RDFa",
        r#"<div vocab="https://schema.org/" typeof="Product"><a property="url" href="https://shop.example/p/other-{N}"><span property="name">Other thing {N}</span></a><div property="offers" typeof="Offer"><meta property="priceCurrency" content="{C}"><span property="price" content="{A}">{A}</span></div></div>"#,
    ),
    (
        "card",
        r#"<div class="card"><a href="/p/other-{N}">Other thing {N}</a><del>{B} {C}</del> <span class="amount">{A} {C}</span></div>"#,
    ),
    (
        "card as the owner's selector wants it",
        r#"<div class="card"><a href="/p/other-{N}">Other thing {N}</a><span class="{K}">{A} {C}</span></div>"#,
    ),
    (
        "card without an address",
        r#"<div class="card" itemscope itemtype="https://schema.org/Product"><span itemprop="name">Other thing {N}</span><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="{C}"><span itemprop="price" content="{A}">{A}</span></div></div>"#,
    ),
    (
        "review in JSON-LD",
        r#"<script type="application/ld+json">{"@context":"https://schema.org","@type":"Review","reviewBody":"I paid {A} {C} elsewhere.","reviewRating":{"@type":"Rating","ratingValue":"4"},"author":{"@type":"Person","name":"A. Buyer"},"itemReviewed":{"@type":"Organization","name":"Shop"}}</script>"#,
    ),
    (
        "review in microdata",
        r#"<div itemscope itemtype="https://schema.org/Review"><span itemprop="author">A. Buyer</span><p itemprop="reviewBody">I paid {A} {C} elsewhere, was {B} {C}.</p></div>"#,
    ),
    (
        "list price",
        r#"<p class="list">RRP <del>{B} {C}</del></p>"#,
    ),
    (
        "instalments",
        r#"<p class="instalments">or 12 &times; {A} {C} / month</p>"#,
    ),
    (
        "cookie banner",
        r#"<div role="dialog" class="cookies"><p>We use cookies. Win {A} {C}!</p><button>Accept</button></div>"#,
    ),
    (
        "hidden copy",
        r#"<div hidden aria-hidden="true"><span>{A} {C}</span></div>"#,
    ),
    (
        "template",
        r#"<template><div itemscope itemtype="https://schema.org/Product"><b itemprop="name">{name}</b><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="{A}"><meta itemprop="priceCurrency" content="{C}"></div></div></template>"#,
    ),
    (
        "comment",
        r#"<!-- <script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Old","offers":{"@type":"Offer","price":"{A}","priceCurrency":"{C}"}}</script> -->"#,
    ),
    (
        "breadcrumbs",
        r#"<script type="application/ld+json">{"@context":"https://schema.org","@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","position":1,"item":{"@id":"https://shop.example/","name":"Home"}}]}</script>"#,
    ),
];

/// The places in a page where something may be put, by their offsets in bytes.
fn places(body: &str) -> Vec<usize> {
    let lower = body.to_ascii_lowercase();
    let after = |from: &str| {
        let at = lower.find(from)?;
        Some(at + lower[at..].find('>')? + 1)
    };
    let ends = [
        // Before the product, inside of it, and after it.
        after("<body")
            .or_else(|| after("</head"))
            .or_else(|| after("</title")),
        after("itemscope"),
        after("typeof=\"product"),
        after("</h1"),
        lower.rfind("</body").or(Some(body.len())),
    ];
    let mut places: Vec<usize> = ends.into_iter().flatten().collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The page with its product's name in its title.
fn titled(body: &str, own: &Offer) -> Option<String> {
    let name = own.name.as_deref()?;
    let at = body.find("<title>")? + "<title>".len();
    let mut page = body.to_owned();
    page.insert_str(at, &format!("{name} | "));
    Some(page)
}

/// A small generator, so that every run tries the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

/// The page with one to four pieces in it, and what they are.
fn with_pieces(
    body: &str,
    own: &Offer,
    class: &str,
    random: &mut Random,
) -> (String, Vec<&'static str>) {
    let places = places(body);
    let mut put: Vec<(usize, &str, String)> = (0..=random.below(4))
        .map(|_| {
            let (name, piece) = PIECES[random.below(PIECES.len())];
            let whole = own.price.currency.exponent() == Some(0);
            let amount = |base: usize| {
                if whole {
                    format!("{base}000")
                } else {
                    format!("{base}.77")
                }
            };
            let number = 11 + random.below(80);
            let piece = piece
                .replace("{A}", &amount(number))
                .replace("{B}", &amount(number + 200))
                .replace("{C}", own.price.currency.code())
                .replace("{N}", &number.to_string())
                .replace("{K}", class)
                .replace("{name}", own.name.as_deref().unwrap_or("It"));
            (places[random.below(places.len())], name, piece)
        })
        .collect();
    put.sort_by_key(|(place, ..)| std::cmp::Reverse(*place));
    let mut page = body.to_owned();
    for (place, _, piece) in &put {
        page.insert_str(*place, piece);
    }
    (page, put.into_iter().map(|(_, name, _)| name).collect())
}

#[test]
fn a_page_may_gain_anything_but_another_answer() {
    let mut random = Random(7);
    let (mut tried, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    let mut refusing: BTreeMap<String, usize> = BTreeMap::new();
    for Page {
        name,
        body,
        expected,
    } in pages()
    {
        let content_type = expected.content_type.as_deref();
        let mut hints = expected.hints();
        let Ok(own) = from_html(&body, content_type, &hints) else {
            continue;
        };
        // A page that was fetched has an address.
        if hints.base_url.is_none() {
            hints.base_url = Some(ADDRESS);
            let read = from_html(&body, content_type, &hints);
            if read.as_ref() != Ok(&own) {
                hints.base_url = None;
            }
        }
        // Pages in other charsets are read as text once, for all of their copies.
        let Ok(body) = String::from_utf8(body) else {
            continue;
        };
        let selector = hints.selector.unwrap_or(".price");
        let class = selector.rsplit('.').next().unwrap_or("price");
        let class = class
            .split(|c: char| !c.is_alphanumeric() && c != '-')
            .next()
            .unwrap_or("price");
        // And most are named after their product.
        let titled = titled(&body, &own)
            .filter(|page| from_html(page.as_bytes(), content_type, &hints).as_ref() == Ok(&own));
        for turn in 0..PER_PAGE {
            let body = titled.as_ref().filter(|_| turn % 4 > 0).unwrap_or(&body);
            let (page, pieces) = with_pieces(body, &own, class, &mut random);
            tried += 1;
            match from_html(page.as_bytes(), content_type, &hints) {
                Ok(offer) if offer.price.amount == own.price.amount => {}
                Ok(offer) => wrong.push(format!(
                    "{name} with {pieces:?}: {} for {}",
                    offer.price, own.price
                )),
                Err(_) => {
                    refused += 1;
                    *refusing.entry(name.clone()).or_default() += 1;
                }
            }
        }
    }
    let mut most: Vec<_> = refusing.into_iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    most.truncate(20);
    println!(
        "{tried} combinations: {} another price, {refused} refused ({}.{:02} %); most in {most:?}",
        wrong.len(),
        refused * 100 / tried,
        refused * 10_000 / tried % 100,
    );
    wrong.sort();
    let shown = wrong
        .iter()
        .take(40)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        wrong.is_empty(),
        "{} became another price:\n{shown}",
        wrong.len()
    );
    assert!(tried >= 20_000, "only {tried} combinations");
    assert!(
        refused * 100 <= tried * MOST_REFUSALS,
        "{refused} of {tried} refused"
    );
}
