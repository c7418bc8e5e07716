//! From a product's source to its offer.

use std::time::Duration;

use extract::{CompiledPaths, Hints};
use model::{Failure, FailureReason, Offer, Product, Source, Variant};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::Worker;
use crate::fetch::{Answer, NoPage, Page};

/// Why there is no offer, and when the shop wants to be asked again.
#[derive(Debug)]
pub(crate) struct NoOffer {
    pub(crate) failure: Failure,
    pub(crate) retry_after: Option<Duration>,
}

impl From<Failure> for NoOffer {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            retry_after: None,
        }
    }
}

/// Fetches a product's source and reads its offer.
pub(crate) async fn of(worker: &Worker, product: &Product) -> Result<Offer, NoOffer> {
    match &product.source {
        Source::Html {
            url,
            selector,
            variant,
        } => {
            let page = fetch(worker, url, HeaderMap::new()).await?;
            let hints = hints(product, &page, selector.as_deref(), variant.as_ref());
            Ok(extract::from_html(
                &page.body,
                page.content_type.as_deref(),
                &hints,
            )?)
        }
        Source::Json {
            url,
            paths,
            secret_headers,
        } => {
            let paths = CompiledPaths::compile(paths)?;
            let mut headers = HeaderMap::new();
            for (name, secret) in secret_headers {
                let (name, value) = secret_header(worker, name, secret).await?;
                headers.insert(name, value);
            }
            let page = fetch(worker, url, headers).await?;
            let hints = hints(product, &page, None, None);
            Ok(extract::from_json(&page.body, &paths, &hints)?)
        }
        Source::Coupang { .. } => Err(Failure::new(
            FailureReason::RefusedRequest,
            "no access to Coupang is configured",
        )
        .into()),
    }
}

async fn fetch(worker: &Worker, url: &str, headers: HeaderMap) -> Result<Page, NoOffer> {
    match worker.fetcher.get(url, headers, None).await {
        Ok(Answer::Page(page)) => Ok(page),
        Ok(Answer::NotModified) => {
            let detail = "the shop compares with a page that was not named";
            Err(Failure::new(FailureReason::UnreadablePage, detail).into())
        }
        Err(no_page) => Err(NoOffer {
            failure: match blocked(&no_page) {
                Some(sign) => Failure::new(FailureReason::Blocked, sign),
                None => no_page.failure,
            },
            retry_after: no_page.retry_after,
        }),
    }
}

/// What of a refusal says that the shop takes us for a robot.
fn blocked(no_page: &NoPage) -> Option<String> {
    let refused = no_page.failure.reason == FailureReason::RefusedRequest;
    let sign = refused.then(|| extract::block_sign(&no_page.body, None))??;
    Some(format!("{}: {sign}", no_page.failure.detail))
}

fn hints<'a>(
    product: &'a Product,
    page: &'a Page,
    selector: Option<&'a str>,
    variant: Option<&'a Variant>,
) -> Hints<'a> {
    Hints {
        currency: product.currency,
        locale: product.locale.as_deref(),
        selector,
        variant,
        base_url: Some(&page.url),
        ..Hints::default()
    }
}

/// A request header whose value is a secret. Only secrets made for this purpose can be named,
/// so that a product cannot send, say, the API's token to a shop.
async fn secret_header(
    worker: &Worker,
    name: &str,
    secret: &str,
) -> Result<(HeaderName, HeaderValue), Failure> {
    let bad = |detail: String| Failure::new(FailureReason::BadProduct, detail);
    let header = HeaderName::try_from(name)
        .map_err(|_| bad(format!("{name:?} is not the name of a request header")))?;
    let id = format!("{}{secret}", worker.secret_prefix);
    let text = worker
        .secrets
        .get(&id)
        .await
        .map_err(|_| bad(format!("the secret {id} cannot be read")))?;
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| bad(format!("the secret {id} is not fit for a request header")))?;
    value.set_sensitive(true);
    Ok((header, value))
}
