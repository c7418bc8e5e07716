//! Which of a page's products is meant: by the owner's pin, or by what speaks for the page itself.

use std::borrow::Cow;
use std::collections::HashSet;

use model::Variant;

use crate::address::{Match, Pages};
use crate::choose::{Context, Reading};
use crate::graph::{Item, Value};
use crate::products::Place;
use crate::steps;

/// What the owner's pin names.
pub(crate) struct Pinned {
    /// For each product whether it is named.
    pub(crate) products: Vec<bool>,
    /// For each offer whether it, or the product it says it offers, is named.
    pub(crate) offers: Vec<bool>,
}

/// The products and offers that `variant` names; `None` if there are none.
pub(crate) fn pinned(
    reading: &Reading<'_, '_>,
    pages: &Pages,
    variant: &Variant,
) -> Option<Pinned> {
    let named = |item: &Item<'_>| names_variant(item, variant, pages);
    let items = &reading.graph.items;
    let products: Vec<bool> = (0..reading.found.products.len())
        .map(|index| reading.product_item(index).is_some_and(named))
        .collect();
    let offers: Vec<bool> = reading
        .found
        .offers
        .iter()
        .map(|offer| {
            let offered = reading.graph.linked(offer.item, "itemOffered");
            named(&items[offer.item]) || offered.into_iter().any(|id| named(&items[id]))
        })
        .collect();
    let any = products.iter().chain(&offers).any(|named| *named);
    any.then_some(Pinned { products, offers })
}

/// How well a product's address agrees with the page's.
pub(crate) fn match_of(reading: &Reading<'_, '_>, pages: &Pages, product: usize) -> Option<Match> {
    let item = reading.product_item(product)?;
    let page = reading
        .graph
        .linked(reading.found.products[product].item?, "mainEntityOfPage")
        .into_iter()
        .find_map(|id| reading.graph.items[id].id.clone());
    let addresses = ["url", "mainEntityOfPage", "@id"]
        .into_iter()
        .filter_map(|name| {
            if name == "@id" {
                item.id.as_deref().filter(|id| id.starts_with("http"))
            } else {
                item.text(name)
            }
        });
    let own = addresses
        .chain(page.as_deref())
        .filter_map(|address| pages.compare(address))
        .max();
    own.or_else(|| {
        let offers = reading
            .graph
            .linked(reading.found.products[product].item?, "offers");
        offers
            .into_iter()
            .filter_map(|id| reading.graph.items[id].text("url"))
            .take(16)
            .filter_map(|address| pages.compare(address))
            .max()
    })
}

/// The products of the families that the page is about, by the best evidence there is. `named` says
/// that the page's title names those whose prices are left: then another address tells nothing.
pub(crate) fn pages_products(
    reading: &Reading<'_, '_>,
    context: &Context<'_>,
    alive: &[usize],
    named: bool,
) -> HashSet<usize> {
    let products = &reading.found.products;
    steps::count(products.len() + alive.len());
    let mut evidence = vec![Evidence::default(); products.len()];
    for (index, product) in products.iter().enumerate() {
        let matched = match_of(reading, &context.pages, index);
        let article = context.article.is_some_and(|article| {
            reading
                .product_item(index)
                .is_some_and(|item| has_article(item, article))
        });
        let own = &mut evidence[product.family];
        own.here |= matched.is_some_and(|m| m >= Match::Loose) || article;
        own.elsewhere |= matched == Some(Match::Different) && !named;
        own.main |= product.place == Place::Main;
        own.stands |= product.place > Place::Aside;
        own.typed |= product.typed;
    }
    let tiers: [fn(&Evidence) -> bool; 5] = [
        |e| e.here && e.stands,
        |e| e.main,
        |e| e.here,
        |e| e.stands && e.typed && !e.elsewhere,
        |e| e.stands && !e.elsewhere,
    ];
    for (tier, holds) in tiers.into_iter().enumerate() {
        let members: HashSet<usize> = (0..products.len())
            .filter(|index| holds(&evidence[products[*index].family]))
            // A group's other variants may stand aside of the page's own.
            .filter(|index| products[*index].place > Place::Aside || tier == 2)
            .collect();
        // Strong evidence holds even for a product without a price.
        let priced = alive
            .iter()
            .any(|price| members.contains(&reading.product_of(*price)));
        if tier >= 3 && !named && has_unpriced(reading, &members, alive) {
            return HashSet::new();
        }
        if !members.is_empty() && (tier < 2 || priced) {
            return members;
        }
    }
    HashSet::new()
}

/// Whether a product of another name, without a price, stands among `members` that have one: it may
/// be the page's, and the others suggested ones.
fn has_unpriced(reading: &Reading<'_, '_>, members: &HashSet<usize>, alive: &[usize]) -> bool {
    let products = &reading.found.products;
    let name = |product: usize| {
        let name = reading.product_item(product)?.text("name")?;
        Some(folded(name))
    };
    let priced: HashSet<usize> = alive
        .iter()
        .map(|price| reading.product_of(*price))
        .filter(|product| members.contains(product))
        .collect();
    let families: HashSet<usize> = priced.iter().map(|p| products[*p].family).collect();
    let Some(first) = priced.iter().min() else {
        return false;
    };
    let first_name = name(*first);
    members.iter().any(|&product| {
        !families.contains(&products[product].family)
            && products[product].typed
            && name(product).is_some_and(|other| Some(other) != first_name)
    })
}

/// Of several products, whether the page is named after each: its best title holds the
/// product's name, and no longer one. All false if no title does.
pub(crate) fn named_after(reading: &Reading<'_, '_>, titles: &[Cow<'_, str>]) -> Vec<bool> {
    let products = &reading.found.products;
    let mut named = vec![false; products.len()];
    if products.len() < 2 {
        return named;
    }
    let of_products: Vec<Option<String>> = (0..products.len())
        .map(|product| {
            let item = reading.product_item(product);
            item.and_then(|item| item.text("name")).map(folded)
        })
        .collect();
    for title in titles {
        let title = folded(title);
        let lengths = of_products.iter().map(|name| {
            // A longer name is not in it; to look for a shorter one takes its length.
            steps::count(title.len());
            let name = name.as_deref().filter(|name| !name.is_empty())?;
            title.contains(name).then_some(name.len())
        });
        let lengths: Vec<Option<usize>> = lengths.collect();
        if let Some(longest) = lengths.iter().copied().max().flatten() {
            for (named, length) in named.iter_mut().zip(&lengths) {
                *named = *length == Some(longest);
            }
            break;
        }
    }
    named
}

/// What speaks for a family of products being the page's.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five independent observations"
)]
struct Evidence {
    /// A member has the page's address or article number.
    here: bool,
    /// A member has another page's address.
    elsewhere: bool,
    /// The page names it as its main entity.
    main: bool,
    /// It stands on its own.
    stands: bool,
    /// It is a product, and not only something that has offers.
    typed: bool,
}

pub(crate) const SKUS: &[&str] = &["sku", "productID", "identifier", "mpn"];
pub(crate) const GTINS: &[&str] = &[
    "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn", "ean", "upc",
];

/// Whether an item has this article number.
fn has_article(item: &Item<'_>, article: &str) -> bool {
    SKUS.iter()
        .flat_map(|name| item.values(name))
        .any(|value| match value {
            Value::Text(text) | Value::Number(text) => {
                steps::count(text.len() + article.len());
                let text = text.trim();
                let bare = text.rsplit_once(':').map_or(text, |(_, bare)| bare.trim());
                text.eq_ignore_ascii_case(article.trim())
                    || bare.eq_ignore_ascii_case(article.trim())
            }
            _ => false,
        })
}

fn has_gtin(item: &Item<'_>, gtin: &str) -> bool {
    // The same number is written with 8 to 14 digits.
    fn digits(text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.trim_start_matches('0').to_owned()
    }
    let wanted = digits(gtin);
    !wanted.is_empty()
        && GTINS
            .iter()
            .chain(&["productID", "identifier", "sku"])
            .flat_map(|name| item.values(name))
            .any(|value| match value {
                Value::Text(text) | Value::Number(text) => {
                    let bare = text
                        .rsplit_once(':')
                        .map_or(text.as_ref(), |(_, bare)| bare);
                    digits(bare) == wanted
                }
                _ => false,
            })
}

/// Whether an article number has the form of a GTIN.
fn is_gtin(sku: &str) -> bool {
    let sku = sku.trim();
    matches!(sku.len(), 8 | 12 | 13 | 14) && sku.bytes().all(|b| b.is_ascii_digit())
}

/// Whether an item is the pinned variant.
fn names_variant(item: &Item<'_>, variant: &Variant, pages: &Pages) -> bool {
    match variant {
        // Shops use the GTIN as their article number.
        Variant::Sku(sku) => has_article(item, sku) || (is_gtin(sku) && has_gtin(item, sku)),
        Variant::Gtin(gtin) => has_gtin(item, gtin),
        Variant::Url(url) => [item.text("url"), item.id.as_deref()]
            .into_iter()
            .flatten()
            .any(|address| pages.compare_two(address, url) == Some(Match::Same)),
    }
}

/// The pin in words.
pub(crate) fn described(variant: &Variant) -> String {
    match variant {
        Variant::Sku(sku) => format!("the article number {sku}"),
        Variant::Gtin(gtin) => format!("the GTIN {gtin}"),
        Variant::Url(url) => format!("the address {url}"),
    }
}

/// Text for comparing names: lower case, single spaces.
pub(crate) fn folded(text: &str) -> String {
    steps::count(text.len());
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}
