//! Fetching what a product's offer is read from, unless it is still what the last price was read
//! from, and the request headers whose values are secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use fetch::{Answer, Fetcher, Page};
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason, Money, Offer, Product};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use store::{KeptSecrets, LastPrice, PageVersion};

use crate::batch::Task;
use crate::verdict::{NoOffer, Reading};

/// How long a page that the shop calls unchanged is taken for what it was. After that it is read
/// anew, so that no mistake of a shop's validators lasts.
const TRUSTED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Fetches a page and reads it, unless it is still the one that the last price was read from.
pub(super) async fn read(
    fetcher: &Fetcher,
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
    let page = match fetcher.get(url, headers, validators).await? {
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
        list_price: offer.list_price.map(|list| list.amount),
        remark: offer.remark.clone(),
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
            list_price: page
                .list_price
                .map(|amount| Money::new(amount, last.price.currency)),
            remark: page.remark.clone(),
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
    hex::encode(&hash[..8])
}

/// Secrets that were made for request headers. Only those can be named, so that a product cannot
/// send, say, the API's token to a shop.
#[derive(Debug)]
pub(crate) struct HeaderSecrets {
    secrets: Arc<KeptSecrets>,
    /// What their names begin with.
    prefix: String,
}

impl HeaderSecrets {
    /// The secrets whose names begin so.
    pub(crate) fn new(secrets: Arc<KeptSecrets>, prefix: String) -> Self {
        Self { secrets, prefix }
    }

    /// The request headers of a source whose values are secrets: header name to the secret's
    /// name. They go only to the origin of the source's address.
    pub(super) async fn headers(
        &self,
        named: &BTreeMap<String, String>,
    ) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for (name, secret) in named {
            let (name, value) = self.header(name, secret).await?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    async fn header(&self, name: &str, secret: &str) -> Result<(HeaderName, HeaderValue), Failure> {
        let bad = |detail: String| Failure::new(FailureReason::BadProduct, detail);
        let header = HeaderName::try_from(name)
            .map_err(|_| bad(format!("{name:?} is not the name of a request header")))?;
        let id = format!("{}{secret}", self.prefix);
        let text = match self.secrets.find(&id).await {
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
}
