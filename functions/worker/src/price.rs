//! From a product's source to its offer.

use std::fmt::Write as _;
use std::time::Duration;

use extract::{CompiledPaths, Hints};
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason, Offer, Product, Source, Variant};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use store::{LastPrice, PageVersion};

use crate::ask::Later;
use crate::round::Task;
use crate::{Worker, lists};
use fetch::{Answer, NoPage, Page};

/// An offer as it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) offer: Offer,
    /// The version of the page that it was read from, where the shop names versions.
    pub(crate) page: Option<PageVersion>,
}

/// Why there is no offer.
#[derive(Debug, Clone)]
pub(crate) enum NoOffer {
    /// There is none, and for how long the source wants to be left alone.
    Failed {
        failure: Failure,
        retry_after: Option<Duration>,
    },
    /// There is none, and asking again in this run is out of the question, even if it is a
    /// failure of the kind that passes.
    Final(Failure),
    /// The source was not asked: it is to be asked later.
    Later(Later),
}

impl From<Failure> for NoOffer {
    fn from(failure: Failure) -> Self {
        Self::Failed {
            failure,
            retry_after: None,
        }
    }
}

impl From<NoPage> for NoOffer {
    fn from(no_page: NoPage) -> Self {
        Self::Failed {
            retry_after: no_page.retry_after,
            failure: no_page.into_failure(),
        }
    }
}

/// How long a page that the shop calls unchanged is taken for what it was. After that it is read
/// anew, so that no mistake of a shop's validators lasts.
const TRUSTED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Fetches a product's source and reads its offer.
pub(crate) async fn of(
    worker: &Worker,
    task: &Task,
    product: &Product,
) -> Result<Reading, NoOffer> {
    match &product.source {
        Source::Html {
            url,
            selector,
            variant,
        } => {
            let read = |page: &Page| {
                let hints = hints(product, page, selector.as_deref(), variant.as_ref());
                extract::from_html(&page.body, page.content_type.as_deref(), &hints)
            };
            fetch(worker, task, product, url, HeaderMap::new(), read).await
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
            let read = |page: &Page| {
                let hints = hints(product, page, None, None);
                extract::from_json(&page.body, &paths, &hints)
            };
            fetch(worker, task, product, url, headers, read).await
        }
        Source::Coupang { product_id, list } => lists::offer(worker, task, *product_id, list).await,
    }
}

/// Fetches a page and reads it, unless it is still the one that the last price was read from.
async fn fetch(
    worker: &Worker,
    task: &Task,
    product: &Product,
    url: &str,
    headers: HeaderMap,
    read: impl FnOnce(&Page) -> Result<Offer, Failure>,
) -> Result<Reading, NoOffer> {
    let known = task.last.as_ref().and_then(|last| {
        let page = last.page.as_ref()?;
        let fresh = Timestamp::now().duration_since(page.read_at) < TRUSTED;
        (fresh && page.read_as == read_as(product)).then_some((last, page))
    });
    let validators = known.map(|(_, page)| &page.validators);
    let page = match worker.fetcher.get(url, headers, validators).await? {
        Answer::Page(page) => page,
        Answer::NotModified => return known.map(again).ok_or_else(not_asked),
    };
    let offer = read(&page)?;
    let version = (!page.validators.is_empty()).then(|| PageVersion {
        validators: page.validators,
        read_as: read_as(product),
        read_at: Timestamp::now(),
        found_in: offer.found_in.clone(),
        name: offer.name.clone(),
    });
    Ok(Reading {
        offer,
        page: version,
    })
}

/// The last offer, as it is still offered.
fn again((last, page): (&LastPrice, &PageVersion)) -> Reading {
    Reading {
        offer: Offer {
            price: last.price,
            availability: last.availability,
            name: page.name.clone(),
            found_in: page.found_in.clone(),
        },
        page: Some(page.clone()),
    }
}

fn not_asked() -> NoOffer {
    let detail = "the shop compares with a page that was not named";
    Failure::new(FailureReason::UnreadablePage, detail).into()
}

/// What decides how a product's page is read, in short: another source, currency, locale or
/// version of the program may read another price from the same page.
fn read_as(product: &Product) -> String {
    let decides = (&product.source, product.currency, &product.locale);
    let text = serde_json::to_vec(&decides).unwrap_or_default();
    let hash = Sha256::new()
        .chain_update(env!("CARGO_PKG_VERSION"))
        .chain_update(text)
        .finalize();
    hash.iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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
    let text = match worker.secrets.find(&id).await {
        Ok(Some(text)) => text,
        Ok(None) => return Err(bad(format!("the secret {id} is missing or empty"))),
        // It may be readable the next time.
        Err(error) => {
            return Err(Failure::new(FailureReason::Internal, format!("{error:#}")));
        }
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| bad(format!("the secret {id} is not fit for a request header")))?;
    value.set_sensitive(true);
    Ok((header, value))
}
