//! OpenGraph and product meta tags, as items like those of the other sources.

use std::borrow::Cow;

use crate::graph::{Graph, Item, Value};
use crate::scan::Page;
use price_text::TextHints;

const PRICES: &[&str] = &[
    "product:price:amount",
    "og:price:amount",
    "product:price",
    "og:product:price:amount",
    "og:price",
    "og:product:price",
];
const SALE_PRICES: &[&str] = &[
    "product:sale_price:amount",
    "og:sale_price:amount",
    "product:sale_price",
];
const LIST_PRICES: &[&str] = &[
    "product:original_price:amount",
    "og:original_price:amount",
    "og:standard_price:amount",
    "product:retail_price:amount",
    "product:standard_price:amount",
];
const CURRENCIES: &[&str] = &[
    "product:price:currency",
    "og:price:currency",
    "product:sale_price:currency",
    "og:product:price:currency",
    "og:currency",
    "product:currency",
];
const AVAILABILITIES: &[&str] = &[
    "product:availability",
    "og:availability",
    "og:product:availability",
];

/// The currency that the tags name.
pub(crate) fn currency<'p>(page: &'p Page<'_>) -> Option<&'p str> {
    page.meta(CURRENCIES)
}

/// The availability that the tags name.
pub(crate) fn availability<'p>(page: &'p Page<'_>) -> Option<&'p str> {
    page.meta(AVAILABILITIES)
}

/// The shop's article number of the page's product.
pub(crate) fn article<'p>(page: &'p Page<'_>) -> Option<&'p str> {
    page.meta(&[
        "product:retailer_item_id",
        "product:sku",
        "og:product:retailer_item_id",
    ])
}

/// The product that the tags describe.
pub(crate) fn graph<'p>(page: &'p Page<'_>) -> Graph<'p> {
    let mut graph = Graph::default();
    let sales = sales(page);
    let mut offers = Vec::new();
    let condition = page.meta(&["product:condition", "og:condition"]);
    let availability = availability(page);
    let on_sale = !sales.is_empty();
    let lists = amounts(page, LIST_PRICES);
    let normal = amounts(page, PRICES);
    let all = sales
        .into_iter()
        .map(|found| (found, None))
        .chain(
            normal
                .into_iter()
                .map(|found| (found, on_sale.then_some("ListPrice"))),
        )
        .chain(lists.into_iter().map(|found| (found, Some("ListPrice"))));
    for ((amount, currency), kind) in all {
        let mut offer = Item {
            types: vec![Cow::Borrowed("Offer")],
            ..Item::default()
        };
        let mut put = |name: &'static str, text: Option<&'p str>| {
            if let Some(text) = text {
                offer
                    .properties
                    .push((Cow::Borrowed(name), Value::Text(Cow::Borrowed(text))));
            }
        };
        put("price", Some(amount));
        put("priceCurrency", currency);
        put("priceType", kind);
        put("availability", availability);
        put("itemCondition", condition);
        offers.push(graph.add(offer));
    }
    if offers.is_empty() {
        return graph;
    }
    let mut product = Item {
        types: vec![Cow::Borrowed("Product")],
        ..Item::default()
    };
    for (name, text) in [
        ("name", page.meta(&["og:title", "twitter:title"])),
        ("sku", article(page)),
        (
            "gtin",
            page.meta(&["product:ean", "product:gtin", "product:upc", "product:isbn"]),
        ),
    ] {
        if let Some(text) = text {
            product
                .properties
                .push((Cow::Borrowed(name), Value::Text(Cow::Borrowed(text))));
        }
    }
    for offer in offers {
        product
            .properties
            .push((Cow::Borrowed("offers"), Value::Item(offer)));
    }
    let product = graph.add(product);
    graph.roots.push(product);
    graph.index();
    graph
}

/// The sale prices that are ones. Shops write 0, a text, or a stale dearer price where there is no
/// sale.
fn sales<'p>(page: &'p Page<'_>) -> Vec<(&'p str, Option<&'p str>)> {
    let read = |text: &str| price_text::parse(text, &TextHints::default()).ok();
    let normal = amounts(page, PRICES);
    let normal = normal.first().and_then(|(text, _)| read(text));
    let mut sales = amounts(page, SALE_PRICES);
    sales.retain(|(text, _)| {
        let Some(sale) = read(text) else {
            // Without another price it is what the page says, and refused as such.
            return normal.is_none();
        };
        !sale.amount.is_zero() && normal.is_none_or(|normal| sale.amount <= normal.amount)
    });
    sales
}

/// The amounts under the first of `keys` that occurs, each with the currency that follows it.
fn amounts<'p>(page: &'p Page<'_>, keys: &[&str]) -> Vec<(&'p str, Option<&'p str>)> {
    let Some(key) = keys.iter().find(|key| page.meta(&[key]).is_some()) else {
        return Vec::new();
    };
    let currency_key = key.strip_suffix(":amount").unwrap_or(key).to_owned() + ":currency";
    let mut found: Vec<(&str, Option<&str>)> = Vec::new();
    let mut pending = None;
    for (name, content) in &page.metas {
        let content = content.trim();
        if name == key && !content.is_empty() {
            found.push((content, pending.take()));
        } else if *name == currency_key && !content.is_empty() {
            match found.last_mut() {
                Some((_, currency @ None)) => *currency = Some(content),
                _ => pending = Some(content),
            }
        }
    }
    let any = currency(page);
    for (_, currency) in &mut found {
        *currency = currency.or(any);
    }
    found
}
