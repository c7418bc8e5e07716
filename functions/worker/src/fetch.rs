//! One bounded HTTP request to a shop.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use model::{Failure, FailureReason};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

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
    user_agent: String,
    addresses: Addresses,
    client: Client,
    /// For requests with headers of their own, made when the first such request is. The headers
    /// are secrets, which a redirect must not carry to another origin.
    keyed: OnceLock<Client>,
}

/// How far redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Anywhere,
    SameOrigin,
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
        let client = client(user_agent, &addresses, Follow::Anywhere)?;
        Ok(Self {
            user_agent: user_agent.to_owned(),
            addresses,
            client,
            keyed: OnceLock::new(),
        })
    }

    /// The client for requests with these headers.
    fn client_for(&self, headers: &HeaderMap) -> Result<&Client, Failure> {
        if headers.is_empty() {
            return Ok(&self.client);
        }
        if let Some(client) = self.keyed.get() {
            return Ok(client);
        }
        let client = client(&self.user_agent, &self.addresses, Follow::SameOrigin)
            .map_err(|error| Failure::new(FailureReason::Unreachable, format!("{error:#}")))?;
        Ok(self.keyed.get_or_init(|| client))
    }

    /// Fetches an address with extra headers, which stay with the address's own origin.
    pub async fn get(&self, url: &str, headers: HeaderMap) -> Result<Page, NoPage> {
        let url = self
            .addresses
            .parse(url)
            .map_err(|refused| refusal(&refused))?;
        let response = self
            .client_for(&headers)?
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

fn client(user_agent: &str, addresses: &Addresses, follow: Follow) -> Result<Client> {
    let checked = addresses.clone();
    Client::builder()
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
            let origin = attempt.previous().first().map(Url::origin);
            if follow == Follow::SameOrigin && origin != Some(attempt.url().origin()) {
                let refused = Refused::OtherOrigin(attempt.url().to_string());
                return attempt.error(refused);
            }
            match checked.check(attempt.url()) {
                Ok(()) => attempt.follow(),
                Err(refused) => attempt.error(refused),
            }
        }))
        .build()
        .context("build the HTTP client")
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
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request so and returns it.
    fn serve(answer: String) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (url, serving)
    }

    fn redirect_to(url: &str) -> String {
        format!("HTTP/1.1 302 Found\r\nlocation: {url}/p\r\ncontent-length: 0\r\n\r\n")
    }

    fn fetcher() -> Fetcher {
        Fetcher::new("test", Addresses::allowing("127.0.0.1")).unwrap()
    }

    #[tokio::test]
    async fn a_redirect_does_not_carry_a_secret_header_to_another_origin() {
        let (shop, serving) = serve(redirect_to("http://127.0.0.1:9"));
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", "secret".parse().unwrap());
        let refused = fetcher().get(&shop, headers).await.unwrap_err();
        assert_eq!(refused.failure.reason, FailureReason::RefusedAddress);
        assert!(serving.join().unwrap().contains("x-api-key: secret"));
    }

    #[tokio::test]
    async fn a_redirect_to_a_private_address_is_refused() {
        let (shop, serving) = serve(redirect_to("http://169.254.169.254"));
        let refused = fetcher().get(&shop, HeaderMap::new()).await.unwrap_err();
        assert_eq!(refused.failure.reason, FailureReason::RefusedAddress);
        serving.join().unwrap();
    }

    #[tokio::test]
    async fn a_page_is_read_after_a_redirect() {
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi";
        let (target, serving_page) = serve(page.to_owned());
        let (shop, serving_redirect) = serve(redirect_to(&target));
        let page = fetcher().get(&shop, HeaderMap::new()).await.unwrap();
        assert_eq!(
            (page.body, page.url),
            (b"hi".to_vec(), format!("{target}/p"))
        );
        serving_redirect.join().unwrap();
        serving_page.join().unwrap();
    }

    #[tokio::test]
    async fn an_endless_body_is_too_large() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4_096]).unwrap();
            let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            let piece = "x".repeat(65_536);
            let mut sent = stream.write_all(head);
            while sent.is_ok() {
                sent = stream.write_all(piece.as_bytes());
            }
        });
        let refused = fetcher().get(&url, HeaderMap::new()).await.unwrap_err();
        assert_eq!(
            refused.failure.reason,
            FailureReason::TooLarge,
            "{refused:?}"
        );
    }

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
