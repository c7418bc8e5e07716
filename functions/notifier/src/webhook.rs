//! A signed webhook: every notification as JSON to an address of the owner's, by which it reaches
//! any other channel.
//!
//! Signed as GitHub and Stripe do it: `Pricetide-Signature: t=<seconds>,v1=<hex>`, where `v1` is the
//! HMAC-SHA256 of `<seconds>.<body>` with the owner's key. A receiver compares it in constant time,
//! refuses what is older than five minutes, and leaves out a `Pricetide-Id` that it knows already.

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use model::Notification;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::slack::{Posted, Slack};

/// What the webhook's secret holds: `{"url": "https://…", "key": "…"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    url: String,
    key: String,
}

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    id: String,
    notification: &'a Notification,
    /// What Slack is told, as plain text.
    text: String,
    /// Links that open for seven days.
    links: Vec<String>,
}

impl Webhook {
    /// Reads the secret.
    pub(crate) fn read(secret: &str) -> Result<Self> {
        let webhook: Self = serde_json::from_str(secret)
            .map_err(|error| anyhow::anyhow!("line {}, column {}", error.line(), error.column()))
            .context("the webhook's secret is not {\"url\": …, \"key\": …}")?;
        anyhow::ensure!(
            webhook.key.len() >= 16,
            "the webhook's key has fewer than 16 characters"
        );
        Ok(webhook)
    }

    /// Sends a notification. The address and the key appear in no reason.
    pub(crate) async fn send(
        &self,
        through: &Slack,
        notification: &Notification,
        text: String,
        links: Vec<String>,
    ) -> Posted {
        let Some(address) = through.address(&self.url) else {
            return Posted::Refused("the webhook's url is not an https address".to_owned());
        };
        let body = Body {
            id: notification.id().to_string(),
            notification,
            text,
            links,
        };
        let json = match serde_json::to_string(&body) {
            Ok(json) => json,
            Err(error) => return Posted::Refused(error.to_string()),
        };
        let now = Timestamp::now().as_second();
        let request = through
            .client()
            .post(address)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("pricetide-id", header(&body.id))
            .header("pricetide-signature", signature(&self.key, now, &json))
            .body(json);
        through.sent(request).await
    }
}

/// The id as a header holds it: letters, digits and a few signs, the others in percent.
fn header(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

/// `t=<seconds>,v1=<hex>`.
fn signature(key: &str, seconds: i64, body: &str) -> String {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key of any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let code = mac.finalize().into_bytes();
    format!("t={seconds},v1={}", hex::encode(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_says() {
        // printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let expected =
            "t=1700000000,v1=9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23";
        assert_eq!(
            signature("0123456789abcdef", 1_700_000_000, "{\"a\":1}"),
            expected
        );
    }

    #[test]
    fn a_secret_that_is_none_is_refused_without_being_told() {
        assert!(
            Webhook::read(r#"{"url": "https://a.example", "key": "0123456789abcdef"}"#).is_ok()
        );
        for secret in [
            "https://hook.example/hidden",
            r#"{"url": "https://hidden", "key": "short"}"#,
        ] {
            let error = format!("{:#}", Webhook::read(secret).err().unwrap());
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
