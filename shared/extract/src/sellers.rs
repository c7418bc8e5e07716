//! Whether differing offers are those of several sellers or of several variants.

use std::collections::{HashMap, HashSet};

use model::{Currency, Decimal};

use crate::choose::Reading;
use crate::graph::Value;
use crate::prices::Role;
use crate::steps;
use crate::which::folded;

/// Whether the prices left are what several sellers ask for one product, and not those of
/// several variants.
pub(crate) fn are_sellers(reading: &Reading<'_, '_>, alive: &[usize]) -> bool {
    let offers: HashSet<usize> = alive
        .iter()
        .map(|index| reading.prices.all[*index].offer)
        .collect();
    let products: HashSet<usize> = alive
        .iter()
        .map(|index| reading.product_of(*index))
        .collect();
    if products.len() != 1 || offers.len() < 2 {
        return false;
    }
    if products
        .iter()
        .any(|product| reading.found.products[*product].is_group)
    {
        return false;
    }
    let distinct = |key: &dyn Fn(usize) -> Option<String>| {
        let keys: Vec<_> = offers.iter().filter_map(|offer| key(*offer)).collect();
        (keys.len(), keys.into_iter().collect::<HashSet<_>>().len())
    };
    let (named, different) = distinct(&|offer| seller(reading, offer));
    // Sizes and colours stand in one aggregate as sellers do: only names tell.
    named == offers.len() && different == named
}

/// Whether the offers of these prices are one product's, and no two of them name different variants.
pub(crate) fn are_one_thing(reading: &Reading<'_, '_>, alive: &[usize]) -> bool {
    let mut products = alive.iter().map(|index| reading.product_of(*index));
    let first = products.next();
    if products.any(|product| Some(product) != first) {
        return false;
    }
    ["sku", "url", "name", "gtin13", "gtin", "mpn"]
        .iter()
        .all(|name| {
            let mut values = alive.iter().filter_map(|index| {
                let offer = reading.prices.all[*index].offer;
                reading.offer_item(offer).text(name)
            });
            let first = values.next();
            values.all(|value| Some(value) == first)
        })
}

/// Whether the differing prices are those of variants of one product: each variant has one.
pub(crate) fn are_variants(reading: &Reading<'_, '_>, alive: &[usize]) -> bool {
    let mut families = HashSet::new();
    let mut amounts = HashMap::new();
    alive.iter().all(|index| {
        let price = &reading.prices.all[*index];
        let product = reading.product_of(*index);
        families.insert(reading.found.products[product].family);
        let offer = reading.offer_item(price.offer);
        let named = ["sku", "url", "name", "gtin13", "gtin", "mpn"];
        let variant = (product, named.map(|name| offer.text(name)));
        let amount = price.amount.as_ref().ok();
        families.len() == 1 && *amounts.entry(variant).or_insert(amount) == amount
    })
}

fn seller(reading: &Reading<'_, '_>, offer: usize) -> Option<String> {
    let item = reading.offer_item(offer);
    ["seller", "offeredBy"].iter().find_map(|name| {
        item.values(name).find_map(|value| match value {
            Value::Text(text) => Some(folded(text)),
            Value::Item(id) => {
                let seller = &reading.graph.items[reading.graph.resolve(*id)];
                let name = seller.text("name").or(seller.id.as_deref());
                name.map(folded)
            }
            _ => None,
        })
    })
}

/// The former or recommended price that stands with a price that was chosen, if it is one and above
/// that price.
pub(crate) fn list_price(
    reading: &Reading<'_, '_>,
    chosen: usize,
    amount: Decimal,
    currency: Currency,
) -> Option<Decimal> {
    let all = &reading.prices.all;
    let own = &all[chosen];
    let product = reading.product_of(chosen);
    let mut lists = (0..all.len()).filter_map(|index| {
        steps::count(1);
        let price = &all[index];
        let former =
            price.role == Role::List || (own.role == Role::Sale && price.role == Role::Regular);
        let here = price.offer == own.offer
            || (reading.product_of(index) == product && are_one_thing(reading, &[chosen, index]));
        let comparable = price.currency.is_none_or(|other| other == currency);
        let list = price.amount.as_ref().ok().copied()?;
        (former && here && comparable && list > amount).then_some(list)
    });
    let first = lists.next()?;
    lists.all(|other| other == first).then_some(first)
}
