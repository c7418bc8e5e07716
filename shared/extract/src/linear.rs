//! Reading takes steps in proportion to what is read, whatever a shop sends.

use model::{Currency, JsonPaths, Variant};

use crate::{CompiledPaths, Hints, block_sign, from_html, from_json, inspect_html, steps};
use price_text::TextHints;

#[path = "../tests/reading/shapes.rs"]
mod shapes;

/// Small enough to be quick, large enough that every bound of the crate on depths is reached.
const SIZE: usize = 15_000;

/// The steps for each shape that the hints are for, at a size.
fn steps_at(size: usize, hints: &Hints<'_>) -> Vec<(&'static str, u64)> {
    let read = |page: &str| {
        steps::of(|| {
            let offer = from_html(page.as_bytes(), None, hints);
            assert_eq!(offer, inspect_html(page.as_bytes(), None, hints).chosen);
            let _ = block_sign(page.as_bytes(), None);
        })
    };
    let shapes = shapes::shapes(size).into_iter();
    shapes.map(|(name, page)| (name, read(&page))).collect()
}

/// Whether twice the size takes at most twice the steps, but for a little.
fn in_proportion(small: u64, large: u64) -> bool {
    large <= small * 21 / 10 + 2_000
}

fn out_of_proportion(hints: &Hints<'_>) -> Vec<String> {
    let sizes = [SIZE, 2 * SIZE, 4 * SIZE].map(|size| steps_at(size, hints));
    let [once, twice, fourfold] = sizes;
    let mut worse = Vec::new();
    for (((name, once), (_, twice)), (_, fourfold)) in once.into_iter().zip(twice).zip(fourfold) {
        assert!(once > 0, "{name} takes no step");
        if !in_proportion(once, twice) || !in_proportion(twice, fourfold) {
            worse.push(format!("{name}: {once}, {twice}, {fourfold}"));
        }
    }
    worse
}

#[test]
fn no_page_takes_more_steps_than_in_proportion() {
    let hints = Hints {
        currency: Some(Currency::EUR),
        locale: Some("de"),
        base_url: Some("https://shop.example/p?a=1"),
        ..Hints::default()
    };
    assert_eq!(out_of_proportion(&hints), [""; 0]);
}

#[test]
fn nor_with_a_pinned_variant_and_a_selector() {
    let variant = Variant::Sku("XL".to_owned());
    let hints = Hints {
        variant: Some(&variant),
        selector: Some("span, .price, p"),
        ..Hints::default()
    };
    assert_eq!(out_of_proportion(&hints), [""; 0]);
}

#[test]
fn a_tree_is_not_many_times_its_page() {
    for (name, page) in shapes::shapes(4 * SIZE) {
        let nodes = steps::of(|| {
            let _ = crate::selector::read(&page, "nothing", &TextHints::default());
        });
        let most = 20 * page.len() as u64 + 100_000;
        assert!(nodes <= most, "{name}: {nodes} of {}", page.len());
    }
}

/// An answer of a size.
type Shape = fn(usize) -> String;

#[test]
fn no_json_answer_takes_more_steps_than_in_proportion() {
    let paths = CompiledPaths::compile(&JsonPaths {
        price: "$..price".to_owned(),
        currency: Some("$.currency".to_owned()),
        availability: None,
        name: Some("$.name".to_owned()),
    });
    let paths = paths.unwrap();
    let shapes: [Shape; 6] = [
        |n| "{\"a\":".repeat(n / 5),
        |n| "[".repeat(n),
        |n| format!("[{}]", vec!["{\"price\":1}"; n / 12].join(",")),
        |n| format!("{{\"price\":{}}}", "9".repeat(n)),
        |n| format!("{{{}\"price\":1}}", "\"a\":1,".repeat(n / 6)),
        |n| format!("{{\"name\":\"{}\",\"price\":1}}", "\\u0061".repeat(n / 6)),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        let [once, twice, fourfold] = [SIZE, 2 * SIZE, 4 * SIZE].map(|size| {
            let body = shape(size);
            steps::of(|| {
                let _ = from_json(body.as_bytes(), &paths, &Hints::default());
            })
        });
        let fits = in_proportion(once, twice) && in_proportion(twice, fourfold);
        assert!(fits, "{index}: {once}, {twice}, {fourfold}");
    }
}

#[test]
fn a_long_text_is_no_price() {
    let text = "1.234,56 € ".repeat(SIZE);
    let read = price_text::parse(&text, &TextHints::default());
    assert!(read.is_err());
}

#[test]
fn steps_that_grow_faster_are_noticed() {
    let quadratic = |n: u64| n * n / 1_000;
    assert!(!in_proportion(quadratic(40_000), quadratic(80_000)));
    assert!(in_proportion(3 * 40_000, 3 * 80_000));
}
