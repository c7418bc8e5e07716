//! `/api/sources`: how well the shops and APIs answer that prices are asked of.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::failure::FailureView;
use crate::http::{Json, Request};
use crate::listing::{self, ProductRow, State};

/// How many reads are on their way at once.
const PARALLEL: usize = 8;

/// All sources.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourcesView {
    /// Those that are in trouble first, then by name.
    sources: Vec<SourceView>,
}

/// A shop or an API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceView {
    /// Its host, or `coupang`.
    name: String,
    /// How many followed products are asked of it.
    products: usize,
    /// How many of them have a price as their last outcome.
    priced: usize,
    /// How many failed last, by reason.
    failures: BTreeMap<&'static str, usize>,
    /// The newest slot with a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_price: Option<model::Slot>,
    /// Until when it is left alone, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_until: Option<Timestamp>,
    /// Why it is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<FailureView>,
}

impl SourceView {
    fn new(name: String) -> Self {
        Self {
            name,
            products: 0,
            priced: 0,
            failures: BTreeMap::new(),
            last_price: None,
            paused_until: None,
            pause: None,
        }
    }

    fn add(&mut self, row: &ProductRow) {
        self.products += 1;
        self.priced += usize::from(row.state == State::Priced);
        if let Some(failure) = &row.failure {
            *self.failures.entry(failure.reason.name()).or_default() += 1;
        }
        self.last_price = self.last_price.max(row.slot);
    }

    fn failed(&self) -> usize {
        self.failures.values().sum()
    }
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<SourcesView>, ApiError> {
    let mut sources: BTreeMap<String, SourceView> = BTreeMap::new();
    for row in listing::rows(api).await? {
        if row.state != State::Paused {
            let source = sources.entry(row.source.clone());
            source
                .or_insert_with(|| SourceView::new(row.source.clone()))
                .add(&row);
        }
    }
    let sources = stream::iter(sources.into_values())
        .map(|mut source| async move {
            let alone = api.sources.left_alone(&source.name).await?;
            if let Some((until, why)) = alone {
                source.paused_until = Some(until);
                source.pause = Some(FailureView::of(&why));
            }
            anyhow::Ok(source)
        })
        .buffered(PARALLEL);
    let mut sources: Vec<SourceView> = sources.try_collect().await?;
    sources.sort_by_key(|source| {
        let quiet = source.paused_until.is_none();
        (quiet, std::cmp::Reverse(source.failed()))
    });
    Ok(Json(SourcesView { sources }))
}
