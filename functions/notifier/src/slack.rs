//! A Slack incoming webhook.
//!
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>: a webhook takes
//! about one message a second and answers 429 with `Retry-After` to more.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::message::Post;

/// The time between two messages of this process. Two of them may run at once
/// (`maximumConcurrency`, which cannot be less), which makes one message a second.
const PACE: Duration = Duration::from_secs(2);
/// The whole request.
const TOTAL: Duration = Duration::from_secs(10);
/// How much of a refusal is kept.
const REASON_BYTES: usize = 300;

/// The way to Slack.
#[derive(Debug)]
pub(crate) struct Slack {
    client: Client,
    plain_hosts: HashSet<String>,
    /// When the next message may be posted.
    next: Mutex<Option<Instant>>,
}

/// What came of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// Slack has the message.
    Accepted,
    /// Not now: after as long as Slack asks for, if it does.
    Later {
        reason: String,
        after: Option<Duration>,
    },
    /// Never.
    Refused(String),
}

impl Slack {
    /// `plain_hosts` lists hosts (`host` or `host:port`, separated by commas) that are spoken to
    /// without TLS: those of tests.
    pub(crate) fn new(plain_hosts: &str) -> Result<Self> {
        let client = Client::builder()
            .timeout(TOTAL)
            .redirect(redirect::Policy::none())
            .build()
            .context("build the HTTP client")?;
        let plain_hosts = plain_hosts.split(',').map(str::trim);
        Ok(Self {
            client,
            plain_hosts: plain_hosts
                .filter(|host| !host.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
            next: Mutex::new(None),
        })
    }

    /// Posts a message, when it is its turn. The address is a secret and appears in no reason.
    pub(crate) async fn post(&self, webhook: &str, message: &Post) -> Posted {
        let Some(address) = self.address(webhook) else {
            return Posted::Refused("the secret of the webhook is not an https address".to_owned());
        };
        let body = match serde_json::to_vec(message) {
            Ok(body) => body,
            Err(error) => return Posted::Refused(error.to_string()),
        };
        self.turn().await;
        let request = self
            .client
            .post(address)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body);
        self.sent(request).await
    }

    /// The client, for requests of other kinds.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request and reads what came of it.
    pub(crate) async fn sent(&self, request: RequestBuilder) -> Posted {
        match request.send().await {
            Ok(answer) => read(answer).await,
            Err(error) => Posted::Later {
                reason: format!("no answer: {:#}", anyhow::Error::new(error.without_url())),
                after: None,
            },
        }
    }

    /// An address that may be posted to: https, or a host that is spoken to without TLS.
    pub(crate) fn address(&self, webhook: &str) -> Option<Url> {
        let address = Url::parse(webhook).ok()?;
        let host = address.host_str()?.to_ascii_lowercase();
        let with_port = format!("{host}:{}", address.port_or_known_default()?);
        let fits = match address.scheme() {
            "https" => true,
            "http" => self.plain_hosts.contains(&host) || self.plain_hosts.contains(&with_port),
            _ => false,
        };
        fits.then_some(address)
    }

    /// Waits until the next message may be posted.
    async fn turn(&self) {
        let mut next = self.next.lock().await;
        if let Some(next) = *next {
            tokio::time::sleep_until(next).await;
        }
        *next = Some(Instant::now() + PACE);
    }
}

async fn read(answer: Response) -> Posted {
    let status = answer.status();
    if status.is_success() {
        return Posted::Accepted;
    }
    let after = answer
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let reason = format!("HTTP {status}: {}", beginning(answer).await);
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Posted::Later { reason, after }
        }
        status if status.is_server_error() => Posted::Later { reason, after },
        _ => Posted::Refused(reason),
    }
}

/// The beginning of an answer's body, where Slack names the reason: `no_service`.
async fn beginning(mut answer: Response) -> String {
    let mut body = Vec::new();
    while body.len() < REASON_BYTES {
        match answer.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            _ => break,
        }
    }
    body.truncate(REASON_BYTES);
    String::from_utf8_lossy(&body).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_https_except_on_hosts_that_are_named() {
        let slack = Slack::new("127.0.0.1:8080, localhost").unwrap();
        for webhook in [
            "https://hooks.slack.com/services/T/B/x",
            "http://127.0.0.1:8080/services/T/B/x",
            "http://localhost:9/x",
        ] {
            assert!(slack.address(webhook).is_some(), "{webhook}");
        }
        for webhook in [
            "http://hooks.slack.com/services/T/B/x",
            "http://127.0.0.1:8081/x",
            "ftp://localhost/x",
            "hooks.slack.com/services/T/B/x",
            "",
        ] {
            assert!(slack.address(webhook).is_none(), "{webhook}");
        }
    }
}
