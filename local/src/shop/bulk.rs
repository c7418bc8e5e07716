//! The assortment for benchmarks: thousands of like pages. The page is made once; serving one is
//! copying its pieces with the product's number and price between them.

use model::{Currency, Product};

use super::catalogue::Manner;
use super::page::{self, View};
use super::price::{self, Tag};
use super::{product, source};

/// Stand in the page for what differs: characters that no page holds (Unicode's private use).
const NUMBER: char = '\u{e000}';
const PRICE: char = '\u{e001}';
const SHOWN: char = '\u{e002}';

const VENDOR: &str = "벤치상회 Bench Store";
const CATEGORIES: [&str; 5] = ["주방", "침실", "음향", "생활가전", "식품"];

/// The pages of the benchmark's shop.
#[derive(Debug)]
pub(super) struct Bulk {
    products: usize,
    /// The page between the places that differ, and which of them follows.
    pieces: Vec<(String, Option<char>)>,
    bytes: usize,
}

impl Bulk {
    pub(super) fn new(url: &str, products: usize, page_bytes: usize) -> Self {
        let number = NUMBER.to_string();
        let page = page::plain(&View {
            store: VENDOR,
            slogan: "",
            name: &name(&number),
            brand: "벤치",
            category: CATEGORIES[0],
            sku: &number,
            url: &format!("{url}/bulk/products/{number}"),
            currency: Currency::KRW,
            price: &PRICE.to_string(),
            shown: &SHOWN.to_string(),
            list: None,
            available: true,
            related: &[],
            seed: 0,
            bytes: page_bytes,
        });
        let mut pieces = Vec::new();
        let mut start = 0;
        for (at, place) in page.match_indices([NUMBER, PRICE, SHOWN]) {
            pieces.push((page[start..at].to_owned(), place.chars().next()));
            start = at + place.len();
        }
        pieces.push((page[start..].to_owned(), None));
        Self {
            products,
            pieces,
            bytes: page.len(),
        }
    }

    pub(super) fn products(&self) -> usize {
        self.products
    }

    /// The number in an id, if it is one of these products.
    pub(super) fn number_of(&self, id: &str) -> Option<usize> {
        let number = id.strip_prefix("bulk-")?.parse().ok()?;
        (1..=self.products).contains(&number).then_some(number)
    }

    /// The page of one product.
    pub(super) fn page(&self, number: usize, tag: Tag) -> String {
        let (number, price) = (number.to_string(), tag.price.to_string());
        let shown = page::shown(tag.price, Currency::KRW);
        let mut page = String::with_capacity(self.bytes + 64);
        for (text, place) in &self.pieces {
            page.push_str(text);
            match place {
                Some(NUMBER) => page.push_str(&number),
                Some(PRICE) => page.push_str(&price),
                Some(SHOWN) => page.push_str(&shown),
                _ => {}
            }
        }
        page
    }
}

/// One of the products, as an owner would follow it.
pub(super) fn one(url: &str, number: usize) -> Product {
    let source = source(format!("{url}/bulk/products/{number}"), Manner::Plain);
    let category = CATEGORIES[number % CATEGORIES.len()];
    product(
        &format!("bulk-{number}"),
        &name(&number.to_string()),
        category,
        VENDOR,
        source,
        Currency::KRW,
    )
}

/// What it costs on a day.
pub(super) fn tag(seed: u64, number: usize, day: i64) -> Tag {
    let number = number as u64;
    let base = 5_000 + i64::try_from(price::pick(seed, &[number], 2_000)).unwrap_or(0) * 100;
    price::tag(seed, number, base, 100, day)
}

fn name(number: &str) -> String {
    format!("벤치 상품 {number}번")
}
