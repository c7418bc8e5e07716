//! What goes in and out of the API: bodies, JSON answers, problems.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use serde::Serialize;
use serde_json::json;

/// An answer, in API Gateway's payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status_code: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body, text.
    pub body: String,
}

impl Answer {
    fn new(status_code: u16, content_type: &str, body: String) -> Self {
        Self {
            status_code,
            headers: BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]),
            body,
        }
    }

    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(body)?;
        Ok(Self::new(status, "application/json", body))
    }

    /// A redirect.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::new(302, "text/plain", String::new()).with_header("location", to)
    }

    /// The same with one more header.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// A problem document (RFC 9457): its status and what to do about it.
pub(crate) fn problem(status: u16, detail: impl Into<String>) -> Answer {
    let title = match status {
        400 => "Bad request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not found",
        _ => "Internal error",
    };
    let body = json!({"title": title, "status": status, "detail": detail.into()});
    Answer::new(status, "application/problem+json", body.to_string())
}

/// The body's bytes; none when it claims to be Base64 and is not.
pub(crate) fn body(event: &ApiGatewayV2httpRequest) -> Option<Vec<u8>> {
    let body = event.body.as_deref().unwrap_or_default();
    if event.is_base64_encoded {
        base64::engine::general_purpose::STANDARD.decode(body).ok()
    } else {
        Some(body.as_bytes().to_vec())
    }
}
