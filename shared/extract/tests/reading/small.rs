//! Small pages in many languages, each named after its quirk, in `tests/data/small-pages.tsv`.

use std::collections::HashSet;

use extract::{Hints, from_html};
use model::Offer;

/// An offer as the table writes it.
fn written(offer: &Offer, expected: &str) -> String {
    let mut words = vec![offer.price.to_string()];
    if expected.ends_with(" in") || expected.ends_with(" out") {
        let stock = offer
            .availability
            .map_or("unknown", |stock| match stock.name() {
                "InStock" => "in",
                "OutOfStock" | "SoldOut" => "out",
                other => other,
            });
        words.push(stock.to_owned());
    }
    if expected.contains(" list ") {
        let list = offer.list_price.map(|list| list.amount.to_string());
        words.push(format!("list {}", list.unwrap_or_default()));
    }
    words.join(" ")
}

#[test]
fn every_small_page_gives_what_its_line_says() {
    let table = include_str!("../../../../tests/data/small-pages.tsv");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let mut names = HashSet::new();
    let mut wrong = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, selector, expected, page] = fields[..] else {
            panic!("four fields: {line}");
        };
        assert!(names.insert(name), "{name} stands twice");
        let hints = Hints {
            selector: Some(selector).filter(|selector| *selector != "-"),
            base_url: Some("https://shop.example/p/own"),
            at: Some("2026-11-26T12:00:00Z".parse().unwrap()),
            ..Hints::default()
        };
        let got = match from_html(page.as_bytes(), Some("text/html; charset=utf-8"), &hints) {
            Ok(offer) => written(&offer, expected),
            Err(_) if expected == "!" => continue,
            Err(failure) => format!("{failure:?}"),
        };
        if got != expected {
            wrong.push(format!("{name}: {expected} expected, {got}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(names.len() >= 200, "only {} pages", names.len());
}
