//! One bounded HTTP request to a shop.
//!
//! A [`Fetcher`] connects only to the [`Addresses`] that its owner allows, checked as they are
//! resolved and at every redirect anew, and keeps to its [`Limits`] whatever a shop sends.
//!
//! Redirects are followed here and not by the client, because what goes along with a request
//! depends on where it goes: the headers of a source are secrets and stay with their origin, and
//! validators belong to the one address that sent them.

mod address;
mod conditions;
mod failure;
mod limits;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use model::{Failure, FailureReason, Validators};
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, ClientBuilder, Response, StatusCode, redirect};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::address::Refused;

pub use address::Addresses;
pub use limits::Limits;

/// How what is compressed by gzip begins (RFC 1952, 2.3.1).
const GZIP: &[u8] = b"\x1f\x8b";

/// Fetches pages and JSON.
#[derive(Debug, Clone)]
pub struct Fetcher {
    addresses: Addresses,
    limits: Limits,
    client: Client,
}

/// What a shop answers when all is well.
#[derive(Debug)]
pub enum Answer {
    /// The page.
    Page(Page),
    /// The page is still the one whose validators were sent.
    NotModified,
}

/// A shop's answer with a status of success.
#[derive(Debug)]
pub struct Page {
    /// The address it came from after redirects.
    pub url: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// What to ask with the next time, for the address that was asked. Empty after a redirect:
    /// validators say nothing about another address, and a shop's redirects may change.
    pub validators: Validators,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why there is no page.
#[derive(Debug)]
pub struct NoPage {
    /// The failure.
    pub failure: Failure,
    /// How long the shop asks to wait before the next request.
    pub retry_after: Option<Duration>,
    /// What the shop sent with it, or its beginning, for recognising a block page.
    pub body: Vec<u8>,
}

impl NoPage {
    /// The failure, which is `blocked` where the shop takes us for a robot.
    pub fn into_failure(self) -> Failure {
        let refused = self.failure.reason == FailureReason::RefusedRequest;
        match refused.then(|| extract::block_sign(&self.body, None)) {
            Some(Some(sign)) => {
                let detail = format!("{}: {sign}", self.failure.detail);
                Failure::new(FailureReason::Blocked, detail)
            }
            _ => self.failure,
        }
    }
}

impl From<Failure> for NoPage {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            retry_after: None,
            body: Vec::new(),
        }
    }
}

impl Fetcher {
    /// A fetcher that names itself `user_agent`, may fetch what `addresses` allows and keeps to
    /// `limits`.
    pub fn new(user_agent: &str, addresses: Addresses, limits: Limits) -> Result<Self> {
        let client = client(user_agent, &addresses, &limits)
            .build()
            .context("build the HTTP client")?;
        Ok(Self {
            addresses,
            limits,
            client,
        })
    }

    /// Fetches an address with extra headers, which stay with the address's own origin.
    ///
    /// With `known`, the validators of an earlier [`Page`] of this very address, a page that is
    /// still the same is [`Answer::NotModified`].
    pub async fn get(
        &self,
        url: &str,
        headers: HeaderMap,
        known: Option<&Validators>,
    ) -> Result<Answer, NoPage> {
        let deadline = Instant::now() + self.limits.total;
        let asked = self.addresses.parse(url).map_err(Failure::from)?;
        let conditions = known.map(conditions::headers).unwrap_or_default();
        let request = self.client.get(asked.clone()).headers(headers.clone());
        let request = request.headers(conditions.clone());
        let mut response = self.before(deadline, request.send()).await?;
        let mut redirects = 0;
        while let Some(next) = self.redirect(&response)? {
            redirects += 1;
            if redirects > self.limits.redirects {
                let detail = format!("more than {} redirects", self.limits.redirects);
                return Err(Failure::new(FailureReason::TooManyRedirects, detail).into());
            }
            if !headers.is_empty() && next.origin() != asked.origin() {
                return Err(Failure::from(Refused::OtherOrigin(next.to_string())).into());
            }
            let request = self.client.get(next).headers(headers.clone());
            response = self.before(deadline, request.send()).await?;
        }
        if response.status() == StatusCode::NOT_MODIFIED && redirects == 0 && !conditions.is_empty()
        {
            return Ok(Answer::NotModified);
        }
        let mut page = self.page(response, deadline).await?;
        if redirects > 0 {
            page.validators = Validators::default();
        }
        Ok(Answer::Page(page))
    }

    /// Where an answer sends the request on to, if it does.
    fn redirect(&self, response: &Response) -> Result<Option<Url>, Failure> {
        let headers = response.headers();
        let size: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if size > self.limits.header as usize {
            return Err(failure::header_too_large(&self.limits));
        }
        let follows = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = headers.get(LOCATION).filter(|_| follows) else {
            return Ok(None);
        };
        let location = String::from_utf8_lossy(location.as_bytes());
        let next = response
            .url()
            .join(&location)
            .map_err(|error| Refused::NotAnAddress(location.into_owned(), error.to_string()))?;
        self.addresses.check(&next)?;
        Ok(Some(next))
    }

    /// The page of the last answer.
    async fn page(&self, mut response: Response, deadline: Instant) -> Result<Page, NoPage> {
        let status = response.status();
        let mut body = Vec::new();
        // Without a `Range` in the request, a part of a page is not what was asked for.
        if !status.is_success() || status == StatusCode::PARTIAL_CONTENT {
            let retry_after = retry_after(response.headers());
            let reading = read(&mut response, self.limits.error_body, &mut body);
            // Whatever becomes of its body, the status says what is wrong.
            let _ = self.before(deadline, reading).await;
            return Err(NoPage {
                failure: failure::of_status(status),
                retry_after,
                body,
            });
        }
        let headers = response.headers();
        // What the client undoes it takes away; what is left it does not know.
        let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        if let Some(encoding) = encoding.filter(|name| !name.eq_ignore_ascii_case(b"identity")) {
            let encoding = String::from_utf8_lossy(encoding);
            return Err(failure::compressed(&encoding).into());
        }
        let validators = conditions::of_answer(headers);
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let url = response.url().to_string();
        let reading = read(&mut response, self.limits.body, &mut body);
        if !self.before(deadline, reading).await? {
            return Err(failure::body_too_large(&self.limits).into());
        }
        if body.starts_with(GZIP) {
            return Err(failure::compressed("gzip, gzip").into());
        }
        Ok(Page {
            url,
            content_type,
            validators,
            body,
        })
    }

    /// Does a part of a request, unless its time runs out.
    async fn before<T>(
        &self,
        deadline: Instant,
        part: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, Failure> {
        match timeout_at(deadline, part).await {
            Ok(done) => done.map_err(|error| failure::of_error(&error, &self.limits)),
            Err(_elapsed) => Err(failure::timeout(&self.limits)),
        }
    }
}

fn client(user_agent: &str, addresses: &Addresses, limits: &Limits) -> ClientBuilder {
    Client::builder()
        .user_agent(user_agent)
        .connect_timeout(limits.connect)
        .http2_max_header_list_size(limits.header)
        // A proxy would resolve names itself, past the check.
        .no_proxy()
        .dns_resolver(addresses.clone())
        .redirect(redirect::Policy::none())
}

/// Reads a body of at most `most` bytes, or its beginning, and says whether that is all of it.
async fn read(response: &mut Response, most: usize, body: &mut Vec<u8>) -> reqwest::Result<bool> {
    while let Some(piece) = response.chunk().await? {
        let part = &piece[..piece.len().min(most - body.len())];
        let needed = body.len() + part.len();
        if needed > body.capacity() {
            // Doubling, as a vector does by itself, but not past the limit.
            let capacity = (2 * body.capacity()).clamp(needed, most);
            body.reserve_exact(capacity - body.len());
        }
        body.extend_from_slice(part);
        if part.len() < piece.len() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `Retry-After` in both its forms: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
