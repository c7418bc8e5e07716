//! `/api/items`: what several products are offers of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Basis, FailureReason, ItemId, Money, ProductId, Slot};
use pricing::{ItemOffer, Listing, STALE_AFTER, Terms, best_offers};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, Request};
use crate::listing;
use crate::listing::ProductRow;

/// All items.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemsView {
    /// By id.
    items: Vec<ItemView>,
}

/// An item: its offers side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemView {
    /// Its id.
    id: ItemId,
    /// Its offers, the cheapest first.
    offers: Vec<ProductRow>,
    /// The cheapest that can be had and whose price is at most eight days old, one for each currency:
    /// amounts are never converted.
    best: Vec<BestView>,
}

/// The best offer in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BestView {
    /// The product.
    product: ProductId,
    /// Its price.
    price: Money,
}

impl ItemView {
    fn of(id: ItemId, mut offers: Vec<ProductRow>, now: Slot) -> Self {
        let price = |row: &ProductRow| row.price.map(|price| (price.currency.code(), price.amount));
        offers.sort_by_key(|row| (row.price.is_none(), price(row), row.id.clone()));
        let candidates: Vec<ItemOffer> = offers.iter().map(offer).collect();
        // Prices are compared as they stand, so that packs cannot be mixed.
        let best = best_offers(&candidates, Basis::Price, now, STALE_AFTER).unwrap_or_default();
        let best = best.into_values().filter_map(|offer| {
            let (_, listing) = offer.last?;
            Some(BestView {
                product: offer.product.clone(),
                price: listing.price,
            })
        });
        let best = best.collect();
        Self { id, offers, best }
    }
}

fn offer(row: &ProductRow) -> ItemOffer {
    let failure = row.failure.as_ref().map(|failure| failure.reason);
    let listing = row.price.map(|price| Listing {
        price,
        availability: row.availability,
        terms: Terms::default(),
    });
    ItemOffer {
        product: row.id.clone(),
        last: row.slot.zip(listing),
        gone: failure == Some(FailureReason::Gone),
    }
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<ItemsView>, ApiError> {
    let mut items: BTreeMap<ItemId, Vec<ProductRow>> = BTreeMap::new();
    for row in listing::rows(api).await? {
        if let Some(item) = row.item.clone() {
            items.entry(item).or_default().push(row);
        }
    }
    let now = Slot::at(Timestamp::now());
    Ok(Json(ItemsView {
        items: items
            .into_iter()
            .map(|(id, offers)| ItemView::of(id, offers, now))
            .collect(),
    }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<ItemView>, ApiError> {
    let id: ItemId = request.id("id")?;
    let mut offers = listing::rows(api).await?;
    offers.retain(|row| row.item.as_ref() == Some(&id));
    if offers.is_empty() {
        return Err(ApiError::not_found(format!(
            "No product is an offer of the item {id}: set `item` of a product."
        )));
    }
    let now = Slot::at(Timestamp::now());
    Ok(Json(ItemView::of(id, offers, now)))
}

#[cfg(test)]
mod tests {
    use model::{Availability, Currency};

    use super::*;
    use crate::failure::FailureView;
    use crate::listing::State;

    fn row(id: &str, amount: i64, slot: &str) -> ProductRow {
        ProductRow {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            category: None,
            vendor: None,
            item: Some("tea".parse().unwrap()),
            source: "shop.example".to_owned(),
            tags: Vec::new(),
            alerts: 0,
            state: State::Priced,
            price: Some(Money::new(amount.into(), Currency::KRW)),
            availability: None,
            slot: Some(slot.parse().unwrap()),
            change_percent: None,
            changed: None,
            verdict: None,
            trend: Vec::new(),
            failure: None,
        }
    }

    fn failed(reason: FailureReason) -> FailureView {
        FailureView {
            reason,
            sentence: reason.sentence(),
            detail: String::new(),
        }
    }

    fn best(offers: &[ProductRow]) -> Vec<String> {
        let now = "2026-11-21T01:15:00Z".parse().unwrap();
        let view = ItemView::of("tea".parse().unwrap(), offers.to_vec(), now);
        view.best
            .iter()
            .map(|best| best.product.to_string())
            .collect()
    }

    #[test]
    fn a_price_counts_for_eight_days_and_not_longer() {
        let dear = row("dear", 5_000, "2026-11-21T01:15:00Z");
        let on_the_day = row("cheap", 4_000, "2026-11-13T01:15:00Z");
        let too_old = row("cheap", 4_000, "2026-11-13T01:14:59Z");
        assert_eq!(best(&[dear.clone(), on_the_day]), ["cheap"]);
        assert_eq!(best(&[dear, too_old.clone()]), ["dear"]);
        assert!(best(&[too_old]).is_empty());
    }

    #[test]
    fn one_failed_run_does_not_end_an_offer_and_what_cannot_be_had_is_none() {
        let dear = row("dear", 5_000, "2026-11-21T01:15:00Z");
        let mut cheap = row("cheap", 4_000, "2026-11-20T01:15:00Z");
        cheap.failure = Some(failed(FailureReason::Timeout));
        assert_eq!(best(&[dear.clone(), cheap.clone()]), ["cheap"]);
        cheap.failure = Some(failed(FailureReason::Gone));
        assert_eq!(best(&[dear.clone(), cheap.clone()]), ["dear"]);
        cheap.failure = None;
        cheap.availability = Some(Availability::Reserved);
        assert_eq!(best(&[dear, cheap]), ["dear"]);
    }
}
