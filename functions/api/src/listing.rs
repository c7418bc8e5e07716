//! The products with their latest prices, as a list needs them.

use futures::{StreamExt, TryStreamExt, stream};
use model::{Availability, Decimal, Money, Observation, Outcome, Product, ProductId, Slot};
use serde::{Deserialize, Serialize};
use store::LastPrice;
use utoipa::ToSchema;

use crate::Api;
use crate::failure::FailureView;

/// How many outcomes a trend shows.
const TREND: u16 = 30;
/// How many products are read at once.
const PAGE: u16 = 1_000;
/// With more products than these a list has no trends and no changes: a read for each product would
/// take longer than a request may.
const WITH_TRENDS: usize = 500;
/// How many reads are on their way at once.
const PARALLEL: usize = 8;

/// What became of a product lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It has a price.
    Priced,
    /// Its last outcome is a failure.
    Failing,
    /// It was not fetched yet.
    New,
    /// It is not fetched any more.
    Paused,
}

/// A product in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProductRow {
    /// Its id.
    pub(crate) id: ProductId,
    /// Its name.
    pub(crate) name: String,
    /// Its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<String>,
    /// Who sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vendor: Option<String>,
    /// What it is an offer of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<model::ItemId>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<model::Tag>,
    /// How many alert rules of its own it has.
    pub(crate) alerts: usize,
    /// What became of it lately.
    pub(crate) state: State,
    /// Its last price that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Money>,
    /// Whether it could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) availability: Option<Availability>,
    /// The slot of that price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) slot: Option<Slot>,
    /// The change from the price before, in percent of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "-12.5")]
    pub(crate) change_percent: Option<String>,
    /// When that change came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed: Option<Slot>,
    /// The last outcomes, at most 30, oldest first: an amount, or null where there was none.
    pub(crate) trend: Vec<Option<String>>,
    /// The last failure, if it is the last outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<FailureView>,
}

/// A row for every product, followed or paused.
pub(crate) async fn rows(api: &Api) -> anyhow::Result<Vec<ProductRow>> {
    let mut products: Vec<Product> = Vec::new();
    let mut cursor = None;
    loop {
        let page = api.products.list(cursor.as_ref(), PAGE).await?;
        let listed = page.items.into_iter();
        products.extend(listed.filter_map(|listed| listed.definition.ok()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let stored = api
        .products
        .several(products.iter().map(|it| &it.id))
        .await?;
    let stored = &stored;
    let with_trends = products.len() <= WITH_TRENDS;
    stream::iter(products)
        .map(|product| async move {
            let history = if with_trends {
                api.observations.history(&product.id, TREND).await?
            } else {
                Vec::new()
            };
            let last = stored
                .get(&product.id)
                .and_then(|stored| stored.last.as_ref());
            Ok(row(product, last, &history))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await
}

/// A row; `history` is newest first.
fn row(product: Product, last: Option<&LastPrice>, history: &[Observation]) -> ProductRow {
    let failure = match history.first().map(|newest| &newest.outcome) {
        Some(Outcome::Failure(failure)) => Some(FailureView::of(failure)),
        _ => None,
    };
    ProductRow {
        state: match (&failure, last) {
            _ if !product.active => State::Paused,
            (Some(_), _) => State::Failing,
            (None, Some(_)) => State::Priced,
            (None, None) => State::New,
        },
        id: product.id,
        name: product.name,
        category: product.category,
        vendor: product.vendor,
        item: product.item,
        tags: product.tags,
        alerts: product.alerts.len(),
        price: last.map(|last| last.price),
        availability: last.and_then(|last| last.availability),
        slot: last.map(|last| last.slot),
        change_percent: change(history),
        changed: change_slot(history),
        trend: history
            .iter()
            .rev()
            .map(|seen| seen.counted().map(|offer| offer.price.amount.to_string()))
            .collect(),
        failure,
    }
}

/// The newest price that counts against the newest before it that differs, in percent.
fn change(history: &[Observation]) -> Option<String> {
    let mut counted = history.iter().filter_map(Observation::counted);
    let now = counted.next()?.price;
    let before = counted
        .map(|offer| offer.price)
        .find(|price| price.currency != now.currency || price.amount != now.amount)?;
    if before.currency != now.currency || before.amount.is_zero() {
        return None;
    }
    let percent = (now.amount - before.amount)
        .checked_mul(Decimal::ONE_HUNDRED)?
        .checked_div(before.amount)?;
    Some(percent.round_dp(1).normalize().to_string())
}

/// The slot in which the newest price first stood.
fn change_slot(history: &[Observation]) -> Option<model::Slot> {
    let mut counted = history.iter().filter(|seen| seen.counted().is_some());
    let newest = counted.next()?;
    let price = newest.counted()?.price;
    let mut since = newest.run.slot;
    for seen in counted {
        if seen.counted()?.price != price {
            return Some(since);
        }
        since = seen.run.slot;
    }
    None
}
