//! From the bytes of a shop's answer to an exact offer.
//!
//! [`from_html`] reads a product page, [`from_json`] the answer of an API, [`price_text::parse`] a
//! price as people write it. [`inspect_html`] does what [`from_html`] does and shows everything
//! that it saw. The crate does no I/O, never panics, and spends time and memory in proportion to
//! what it is given.
//!
//! # Which price is the page's
//!
//! **Sources.** An owner's CSS selector, when given, decides alone. Otherwise the sources are asked
//! in this order, and the first that gives a price decides: JSON-LD, microdata, RDFa, meta tags.
//! A source that contradicts itself (several equally good prices) ends the search as `ambiguous`.
//!
//! **Product.** Within a source, only prices of the page's main product count. A product that
//! stands under `isRelatedTo`, `isSimilarTo`, `itemListElement` and the like, or inside of another
//! thing, is not it. Of several products that stand on their own, it is the one whose address or
//! article number is the page's; else the one that is the `mainEntity`; else those whose address
//! is no other page's; and if their prices differ, those whose name stands in the page's title.
//! A pinned variant (SKU, GTIN or address) is looked for among all products and offers, and
//! nothing else counts. Without a pin, the variants of a `ProductGroup` count instead of the
//! group; and of variants or offers, the one whose address is exactly the page's counts alone.
//!
//! **Price.** Not the selling price is one that is typed as a list, former or suggested price
//! (`priceType`), an instalment or price for a time (`billingDuration`, `priceComponentType`), a
//! price for a quantity of content (`referenceQuantity` other than one piece), a delivery
//! charge, a price for members, certain customers, coupons or larger quantities, or for rent. A
//! used or refurbished item counts only where no new one is offered. Within an offer, a
//! `SalePrice` comes first, then `Offer.price`, then an untyped `priceSpecification`, then one
//! without tax or of type `RegularPrice`. Zero stands for no price.
//!
//! **Several offers.** What several sellers ask for one product (offers that each name another
//! seller) is the lowest price among those that can be had. A range of prices (`lowPrice` below
//! `highPrice`) may as well be one of sizes, and is `ambiguous`, as are variants that cost different
//! amounts, any other prices that differ and are equally good, and sources that contradict each
//! other; the failure lists them.
//!
//! **Time.** A price whose time has not come (`validFrom`) does not count; one whose time is over
//! (`validThrough`, `priceValidUntil`) does not count beside another of the same thing, and alone
//! it counts with a remark, as shops forget to renew the date. A price that the page's own text
//! shows struck through before a lower one is `ambiguous`.
//!
//! **The page's own product** is settled before a price is looked at: of several products the one
//! that the title names, also if it has no price; a product whose address is another page's is not
//! it. At a selector the first match that is about the selling price decides.
//!
//! **Currency.** It is the offer's own, else the text's, else the meta tags', else the product's
//! own. A page in another currency than the product's is `wrong_currency`; nothing is converted.

mod address;
mod amount;
mod availability;
mod block;
mod charset;
mod choose;
mod graph;
mod html;
mod json;
mod json_api;
mod json_ld;
#[cfg(test)]
mod linear;
mod markup;
mod metas;
mod page;
mod prices;
mod products;
mod scan;
mod selector;
mod sellers;
mod shown;
mod steps;
mod struck;
mod validity;
mod which;

use jiff::Timestamp;
use model::{Currency, PriceKind, RangePrice, Variant};

pub use json_api::{CompiledPaths, from_json};
pub use page::{Candidate, Inspection, OwnProduct, block_sign, from_html, inspect_html};
pub use price_text::decimal;
pub use prices::Role;

/// What is known about a product before its page is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The currency that the price must be in.
    pub currency: Option<Currency>,
    /// The locale in which prices are written: `de`, `de-CH`.
    pub locale: Option<&'a str>,
    /// Which of several variants is meant.
    pub variant: Option<&'a Variant>,
    /// A CSS selector of the element that holds the price.
    pub selector: Option<&'a str>,
    /// Which of several variants' prices counts when no variant is named.
    pub range: Option<RangePrice>,
    /// The kind of price at the selector, if it is not what everybody pays.
    pub price_kind: Option<PriceKind>,
    /// The address that the page was fetched from.
    pub base_url: Option<&'a str>,
    /// When it was fetched: a price whose time is over or has not come does not count then.
    /// Without it every price holds.
    pub at: Option<Timestamp>,
}

/// A product's name fit to be shown: single spaces, at most 300 characters; `None` if empty.
fn tidy_name(name: &str) -> Option<String> {
    let mut tidy = String::new();
    for word in name.split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.extend(word.chars().filter(|c| !c.is_control()));
        if tidy.len() > 1_200 {
            break;
        }
    }
    let tidy = tidy.trim_end();
    if tidy.is_empty() {
        return None;
    }
    Some(tidy.chars().take(300).collect())
}
