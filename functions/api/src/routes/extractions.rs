//! `/api/extractions`: a source, tried before it is followed.

use extract::{CompiledPaths, Hints, Inspection, from_json, inspect_html};
use fetch::Answer;
use model::{Availability, Currency, Failure, FailureReason, Money, Offer, Source};
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::failure::FailureView;
use crate::http::{Json, Request};

/// How many candidates are shown.
const MAX_CANDIDATES: usize = 50;

/// A source to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractionBody {
    /// Where to read.
    source: Source,
    /// The currency that the price must be in.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "KRW")]
    currency: Option<Currency>,
    /// How the shop writes numbers: `de`, `de-CH`.
    #[serde(default)]
    locale: Option<String>,
}

/// What was read, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtractionView {
    /// The price that a run would record.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// Whether it can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<Availability>,
    /// The product's name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where the price stood.
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in: Option<String>,
    /// The shop: the host of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// Why a run would record no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
    /// Every price that was seen, at most 50.
    candidates: Vec<CandidateView>,
    /// What is wrong with the page's data.
    remarks: Vec<String>,
}

/// A price that was seen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CandidateView {
    /// What stands there.
    written: String,
    /// The exact amount, if it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// Its currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Whether it is the answer.
    chosen: bool,
    /// Why it is the answer, or why not.
    because: String,
}

pub(crate) async fn post(api: &Api, request: &Request) -> Result<Json<ExtractionView>, ApiError> {
    let body: ExtractionBody = request.body()?;
    let url = match &body.source {
        Source::Html { url, .. } | Source::Json { url, .. } => url,
        Source::Coupang { .. } => {
            return Err(ApiError::field(
                "source.kind",
                "A product of Coupang's lists cannot be tried alone: save it and start a run.",
            ));
        }
    };
    let mut view = ExtractionView {
        price: None,
        availability: None,
        name: None,
        found_in: None,
        shop: host(url),
        failure: None,
        candidates: Vec::new(),
        remarks: Vec::new(),
    };
    match read(api, &body, url, &mut view).await {
        Ok(offer) => {
            view.price = Some(offer.price);
            view.availability = offer.availability;
            view.name = offer.name;
            view.found_in = Some(offer.found_in);
        }
        Err(failure) => view.failure = Some(FailureView::of(&failure)),
    }
    Ok(Json(view))
}

async fn read(
    api: &Api,
    body: &ExtractionBody,
    url: &str,
    view: &mut ExtractionView,
) -> Result<Offer, Failure> {
    let paths = match &body.source {
        Source::Json { paths, .. } => Some(CompiledPaths::compile(paths)?),
        _ => None,
    };
    let page = match api.fetcher.get(url, HeaderMap::new(), None).await {
        Ok(Answer::Page(page)) => page,
        Ok(Answer::NotModified) => {
            let detail = "not modified, though no earlier page was named";
            return Err(Failure::new(FailureReason::UnreadablePage, detail));
        }
        Err(no_page) => return Err(no_page.into_failure()),
    };
    let mut hints = Hints {
        currency: body.currency,
        locale: body.locale.as_deref(),
        base_url: Some(&page.url),
        at: Some(jiff::Timestamp::now()),
        ..Hints::default()
    };
    if let Source::Html {
        selector,
        variant,
        range,
        price_kind,
        ..
    } = &body.source
    {
        hints.selector = selector.as_deref();
        hints.variant = variant.as_ref();
        hints.range = *range;
        hints.price_kind = *price_kind;
    }
    if let Some(paths) = paths {
        return from_json(&page.body, &paths, &hints);
    }
    let Inspection {
        candidates,
        remarks,
        product: _,
        chosen,
    } = inspect_html(&page.body, page.content_type.as_deref(), &hints);
    view.remarks = remarks;
    view.candidates = candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .map(|seen| CandidateView {
            written: seen.written,
            amount: seen.amount,
            currency: seen.currency.map(|currency| currency.code().to_owned()),
            chosen: seen.chosen,
            because: seen.because,
        })
        .collect();
    chosen
}

fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}
