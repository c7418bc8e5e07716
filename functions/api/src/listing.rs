//! The products with their latest prices, as a list needs them.

use catalogue::{Row, Verdict};
use futures::{StreamExt, TryStreamExt, stream};
use model::{Availability, Money, Product, ProductId, Slot, Source};
use serde::{Deserialize, Serialize};
use url::{Position, Url};
use utoipa::ToSchema;

use crate::Api;
use crate::failure::FailureView;

/// How many outcomes a trend shows.
const TREND: u16 = 30;
/// How many products are read at once.
const PAGE: u16 = 1_000;
/// With more products than these a list says what was so when the last run closed: a read for each
/// product would take longer than a request may.
const LIVE: usize = 500;
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
    /// Whom it is asked of: a host, or `coupang`.
    pub(crate) source: String,
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
    /// How that price stands among the last ones: `low`, `typical`, `high`, or `steady` if there was
    /// no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<&'static str>,
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
    if products.len() > LIVE {
        let known = api.view.rows().await?;
        let rows = products.into_iter().map(|product| {
            let seen = known.get(&product.id);
            let price = seen.and_then(Row::last);
            let availability = seen.and_then(|seen| seen.availability);
            row(product, price, availability, seen)
        });
        return Ok(rows.collect());
    }
    let stored = api
        .products
        .several(products.iter().map(|it| &it.id))
        .await?;
    let stored = &stored;
    stream::iter(products)
        .map(|product| async move {
            let history = api.observations.history(&product.id, TREND).await?;
            let seen = Row::of(product.id.clone(), history.iter().rev());
            let stored = stored.get(&product.id);
            let last = stored.and_then(|stored| stored.last.as_ref());
            let price = last.map(|last| (last.price, last.slot));
            let availability = last.and_then(|last| last.availability);
            Ok(row(product, price, availability, Some(&seen)))
        })
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await
}

fn row(
    product: Product,
    price: Option<(Money, Slot)>,
    availability: Option<Availability>,
    seen: Option<&Row>,
) -> ProductRow {
    let failure = seen.and_then(|seen| seen.failure.as_ref());
    let change = seen.and_then(Row::change);
    ProductRow {
        state: match (failure, price) {
            _ if !product.active => State::Paused,
            (Some(_), _) => State::Failing,
            (None, Some(_)) => State::Priced,
            (None, None) => State::New,
        },
        source: source_name(&product.source),
        id: product.id,
        name: product.name,
        category: product.category,
        vendor: product.vendor,
        item: product.item,
        tags: product.tags,
        alerts: product.alerts.len(),
        price: price.map(|(price, _)| price),
        availability,
        slot: price.map(|(_, slot)| slot),
        change_percent: change.map(|change| change.percent.to_string()),
        changed: change.map(|change| change.since),
        verdict: seen.and_then(Row::verdict).map(Verdict::name),
        trend: seen.map_or_else(Vec::new, |seen| {
            let amounts = seen.points.iter().map(|(_, amount)| amount);
            amounts
                .map(|amount| amount.map(|amount| amount.to_string()))
                .collect()
        }),
        failure: failure.map(|(reason, detail)| FailureView {
            reason: *reason,
            sentence: reason.sentence(),
            detail: detail.clone(),
        }),
    }
}

/// The name under which workers share what they know of a source: its host, with a port that is
/// not the usual one, or `coupang` for the lists of its API.
fn source_name(source: &Source) -> String {
    let Some(address) = source.url() else {
        return "coupang".to_owned();
    };
    let host = Url::parse(address.trim()).ok().filter(Url::has_host);
    host.map_or_else(
        || address.to_owned(),
        |url| url[Position::BeforeHost..Position::AfterPort].to_owned(),
    )
}
