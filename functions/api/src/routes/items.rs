//! `/api/items`: what several products are offers of.

use std::collections::BTreeMap;

use model::{Availability, ItemId, Money, ProductId};
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
    /// The cheapest that can be had, one for each currency: amounts are never converted.
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
    fn of(id: ItemId, mut offers: Vec<ProductRow>) -> Self {
        let price = |row: &ProductRow| row.price.map(|price| (price.currency.code(), price.amount));
        offers.sort_by_key(|row| (row.price.is_none(), price(row), row.id.clone()));
        let mut best: Vec<BestView> = Vec::new();
        for row in offers.iter().filter(|row| can_be_had(row)) {
            let Some(price) = row.price else { continue };
            if best
                .iter()
                .all(|known| known.price.currency != price.currency)
            {
                best.push(BestView {
                    product: row.id.clone(),
                    price,
                });
            }
        }
        Self { id, offers, best }
    }
}

fn can_be_had(row: &ProductRow) -> bool {
    !matches!(
        row.availability,
        Some(Availability::OutOfStock | Availability::SoldOut | Availability::Discontinued)
    ) && row.failure.is_none()
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<ItemsView>, ApiError> {
    let mut items: BTreeMap<ItemId, Vec<ProductRow>> = BTreeMap::new();
    for row in listing::rows(api).await? {
        if let Some(item) = row.item.clone() {
            items.entry(item).or_default().push(row);
        }
    }
    Ok(Json(ItemsView {
        items: items
            .into_iter()
            .map(|(id, offers)| ItemView::of(id, offers))
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
    Ok(Json(ItemView::of(id, offers)))
}
