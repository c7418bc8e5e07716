//! `/api/products/{id}/prices`: what was found, and an owner's word on it.

use jiff::Timestamp;
use model::{
    ArchiveRun, Availability, Message, Money, Observation, Outcome, ProductId, RunId, Slot,
    Unconfirmed, Void,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::ApiError;
use crate::failure::FailureView;
use crate::http::{Json, Request};
use crate::routes::products::known;
use crate::thin::thin;

/// How many points are given when the request names no number.
const DEFAULT_POINTS: usize = 2_000;
/// How many points are given at the most, unless more are needed to draw the same.
const MAX_POINTS: usize = 10_000;

/// Which part of a history.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct PricesQuery {
    /// The first slot.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Slot>,
    /// The last slot.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Slot>,
    /// To how many points the history is thinned. Every change, extreme and failure stays.
    #[param(minimum = 1, maximum = 10000)]
    points: Option<usize>,
}

/// A history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PricesView {
    /// The product.
    product: ProductId,
    /// Its outcomes, oldest first.
    prices: Vec<PriceView>,
    /// How many outcomes there are in the range, before thinning.
    total: usize,
}

/// How one job ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceView {
    /// The run.
    run: RunId,
    /// Its slot.
    slot: Slot,
    /// When the outcome was known.
    #[schema(value_type = String, format = DateTime)]
    fetched_at: Timestamp,
    /// The price, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// The former or recommended price, where the shop stated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_price: Option<Money>,
    /// What a person should know about how the price was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    /// Whether the product could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<Availability>,
    /// Where the price stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in: Option<String>,
    /// Why there is no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
    /// The price moved too far and does not count, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    unconfirmed: Option<Unconfirmed>,
    /// An owner took the price out of what counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    void: Option<Void>,
}

/// Why a price is void.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoidBody {
    /// The reason, at most 300 bytes.
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "a typing error of the shop"
    )]
    reason: String,
}

impl PriceView {
    pub(crate) fn of(observation: &Observation) -> Self {
        let (offer, failure) = match &observation.outcome {
            Outcome::Price(offer) => (Some(offer), None),
            Outcome::Failure(failure) => (None, Some(FailureView::of(failure))),
        };
        Self {
            run: observation.run.clone(),
            slot: observation.run.slot,
            fetched_at: observation.fetched_at,
            price: offer.map(|offer| offer.price),
            list_price: offer.and_then(|offer| offer.list_price),
            remark: offer.and_then(|offer| offer.remark.clone()),
            availability: offer.and_then(|offer| offer.availability),
            found_in: offer.map(|offer| offer.found_in.clone()),
            failure,
            unconfirmed: observation.unconfirmed,
            void: observation.void.clone(),
        }
    }
}

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<PricesView>, ApiError> {
    let id: ProductId = request.id("id")?;
    let query: PricesQuery = request.query()?;
    let points = query.points.unwrap_or(DEFAULT_POINTS);
    if !(1..=MAX_POINTS).contains(&points) {
        let detail = format!("points is a number from 1 to {MAX_POINTS}.");
        return Err(ApiError::field("points", detail));
    }
    if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
        return Err(ApiError::field("from", "from is not later than to."));
    }
    let history = api.observations.between(&id, query.from, query.to).await?;
    if history.is_empty() {
        known(api, &id).await?;
    }
    Ok(Json(PricesView {
        product: id,
        prices: thin(&history, points)
            .into_iter()
            .map(PriceView::of)
            .collect(),
        total: history.len(),
    }))
}

pub(crate) async fn void(api: &Api, request: &Request) -> Result<Json<PriceView>, ApiError> {
    let VoidBody { reason } = request.body()?;
    let reason = reason.trim().to_owned();
    let fits = (1..=Void::MAX_REASON).contains(&reason.len())
        && !reason
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    if !fits {
        let detail = "A reason has 1 to 300 bytes of text, without control characters.";
        return Err(ApiError::field("reason", detail));
    }
    let at = Timestamp::now();
    set_void(api, request, Some(&Void { reason, at })).await
}

pub(crate) async fn restore(api: &Api, request: &Request) -> Result<Json<PriceView>, ApiError> {
    set_void(api, request, None).await
}

async fn set_void(
    api: &Api,
    request: &Request,
    void: Option<&Void>,
) -> Result<Json<PriceView>, ApiError> {
    let product: ProductId = request.id("id")?;
    let run: RunId = request.id("run")?;
    let changed = api.observations.void(&product, &run, void).await?;
    if changed {
        api.products
            .follow_history(&product, &api.observations)
            .await?;
        // A moment later, when the index that the archive is written from has seen it.
        let anew = Message::ArchiveRun(ArchiveRun {
            run: run.clone(),
            product: Some(product.clone()),
        });
        api.closing.send(anew, store::INDEX_DELAY).await?;
    }
    let observation = api.observations.get(&product, &run).await?;
    match observation {
        Some(observation) if changed => Ok(Json(PriceView::of(&observation))),
        _ => Err(ApiError::not_found(format!(
            "The product {product} has no price in the run {run}."
        ))),
    }
}
