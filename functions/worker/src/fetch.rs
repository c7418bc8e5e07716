//! One bounded HTTP request to a shop.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use model::{Failure, FailureReason};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};

use crate::address::{Addresses, Refused};

/// The whole request, redirects and body included.
const TOTAL: Duration = Duration::from_secs(20);
/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);
/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// How many bytes a body may have after decompression.
const BODY: usize = 5 * 1024 * 1024;

/// Fetches pages and JSON.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    addresses: Addresses,
}

/// A shop's answer with a status of success.
#[derive(Debug)]
pub struct Page {
    /// The address it came from after redirects.
    pub url: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
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
    /// What the shop sent with it, for recognising a block page.
    pub body: Vec<u8>,
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
    /// A fetcher that names itself `user_agent` and may fetch what `addresses` allows.
    pub fn new(user_agent: &str, addresses: Addresses) -> Result<Self> {
        let checked = addresses.clone();
        let client = Client::builder()
            .user_agent(user_agent)
            .timeout(TOTAL)
            .connect_timeout(CONNECT)
            // A proxy would resolve names itself, past the check.
            .no_proxy()
            .dns_resolver(addresses.clone())
            .redirect(redirect::Policy::custom(move |attempt| {
                if attempt.previous().len() > REDIRECTS {
                    return attempt.error(TooManyRedirects);
                }
                match checked.check(attempt.url()) {
                    Ok(()) => attempt.follow(),
                    Err(refused) => attempt.error(refused),
                }
            }))
            .build()
            .context("build the HTTP client")?;
        Ok(Self { client, addresses })
    }

    /// Fetches an address with extra headers.
    pub async fn get(&self, url: &str, headers: HeaderMap) -> Result<Page, NoPage> {
        let url = self
            .addresses
            .parse(url)
            .map_err(|refused| refusal(&refused))?;
        let response = self
            .client
            .get(url)
            .headers(headers)
            .send()
            .await
            .map_err(|error| no_answer(&error))?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let final_url = response.url().to_string();
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let body = read(response).await;
        if status.is_success() {
            return Ok(Page {
                url: final_url,
                content_type,
                body: body?,
            });
        }
        let detail = format!("HTTP {status}");
        Err(NoPage {
            failure: Failure::new(reason_of(status), detail),
            retry_after,
            body: body.unwrap_or_default(),
        })
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let expected = response.content_length().unwrap_or_default();
    let mut body = Vec::with_capacity(usize::try_from(expected).unwrap_or(BODY).min(BODY));
    while let Some(piece) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if body.len() + piece.len() > BODY {
            let detail = format!("more than {} MiB", BODY / (1024 * 1024));
            return Err(Failure::new(FailureReason::TooLarge, detail));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn reason_of(status: StatusCode) -> FailureReason {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => FailureReason::Gone,
        StatusCode::TOO_MANY_REQUESTS => FailureReason::Throttled,
        StatusCode::REQUEST_TIMEOUT => FailureReason::Timeout,
        status if status.is_server_error() => FailureReason::ShopError,
        status if status.is_client_error() => FailureReason::RefusedRequest,
        _ => FailureReason::UnreadablePage,
    }
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

#[derive(Debug, thiserror::Error)]
#[error("more than {REDIRECTS} redirects")]
struct TooManyRedirects;

fn refusal(refused: &Refused) -> Failure {
    Failure::new(FailureReason::RefusedAddress, refused.to_string())
}

/// What a request that got no (whole) answer means.
fn no_answer(error: &reqwest::Error) -> Failure {
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return refusal(refused);
        }
        if let Some(too_many) = error.downcast_ref::<TooManyRedirects>() {
            return Failure::new(FailureReason::TooManyRedirects, too_many.to_string());
        }
        last = error.to_string();
        cause = error.source();
    }
    if error.is_timeout() {
        let detail = format!("no whole answer within {} s", TOTAL.as_secs());
        return Failure::new(FailureReason::Timeout, detail);
    }
    if error.is_decode() {
        return Failure::new(FailureReason::UnreadablePage, last);
    }
    Failure::new(FailureReason::Unreachable, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(parse("120"), Some(Duration::from_mins(2)));
        let future = SystemTime::now() + Duration::from_hours(1);
        let wait = parse(&httpdate::fmt_http_date(future)).unwrap();
        assert!(wait > Duration::from_mins(59), "{wait:?}");
        assert_eq!(parse("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("soon"), None);
    }
}
