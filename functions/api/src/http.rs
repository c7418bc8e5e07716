//! What goes in and out of the API: requests as API Gateway hands them over (payload format
//! 2.0), typed bodies and queries, replies with their validators and compression.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{BadCursor, Cursor};
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::ApiError;

/// The largest body that a request may have, in bytes. Files do not come this way.
const MAX_BODY: usize = 1024 * 1024;

/// Bodies below this many bytes are sent as they are.
const WORTH_COMPRESSING: usize = 1_024;

/// An answer, in API Gateway's payload format 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status_code: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body: text, or Base64.
    pub body: String,
    /// Whether the body is Base64.
    pub is_base64_encoded: bool,
}

/// A request, as far as a route looks at it.
pub(crate) struct Request {
    key: String,
    path: HashMap<String, String>,
    query: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
    /// Who asks.
    pub(crate) caller: Caller,
}

/// A body of JSON.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// No body: it is done.
#[derive(Debug)]
pub(crate) struct Done;

/// Somewhere else.
#[derive(Debug)]
pub(crate) struct Redirect(pub(crate) String);

/// What a handler has to say, before it becomes an [`Answer`].
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status, if it is another than the route's.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// The body of a reply.
#[derive(Debug)]
pub(crate) enum Body {
    /// None.
    Empty,
    /// Text of this content type.
    Text(&'static str, Vec<u8>),
}

impl<T: Serialize> From<Json<T>> for Reply {
    fn from(json: Json<T>) -> Self {
        // Views have text keys and serialize without errors of their own.
        let body = serde_json::to_vec(&json.0).expect("a view is JSON");
        Self::of(Body::Text("application/json", body))
    }
}

impl From<Done> for Reply {
    fn from(_: Done) -> Self {
        Self::of(Body::Empty)
    }
}

impl From<Redirect> for Reply {
    fn from(to: Redirect) -> Self {
        let mut reply = Self::of(Body::Empty);
        reply.headers = vec![("location", to.0), ("cache-control", "no-store".to_owned())];
        reply
    }
}

impl Reply {
    pub(crate) fn of(body: Body) -> Self {
        Self {
            status: None,
            headers: Vec::new(),
            body,
        }
    }
}

impl Request {
    /// Takes an event apart. A body that is too large, or is not what its encoding says, is a
    /// problem.
    pub(crate) fn new(event: &ApiGatewayV2httpRequest, caller: Caller) -> Result<Self, ApiError> {
        let text = event.body.as_deref().unwrap_or_default();
        let body = if event.is_base64_encoded {
            STANDARD
                .decode(text)
                .map_err(|_| ApiError::bad("The body is not what its encoding says."))?
        } else {
            text.as_bytes().to_vec()
        };
        if body.len() > MAX_BODY {
            return Err(ApiError::too_large(
                "A body has at most 1 MiB; a file is uploaded with POST /api/uploads.",
            ));
        }
        let path = event.path_parameters.iter();
        let headers = event.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(Self {
            key: event.route_key.clone().unwrap_or_default(),
            path: path
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
            query: event.raw_query_string.clone().unwrap_or_default(),
            headers: headers.collect(),
            body,
            caller,
        })
    }

    /// A parameter of the path.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the path as the id that it is.
    pub(crate) fn id<T>(&self, name: &str) -> Result<T, ApiError>
    where
        T: std::str::FromStr<Err = model::Invalid>,
    {
        let text = self.path(name);
        text.parse()
            .map_err(|invalid: model::Invalid| ApiError::field(name, format!("{invalid}.")))
    }

    /// What stands for this request: `value`, or what stood for the first request with the same
    /// `Idempotency-Key` on the same address within a day.
    pub(crate) async fn once(&self, api: &crate::Api, value: &str) -> Result<String, ApiError> {
        const HEADER: &str = "idempotency-key";
        let Some(key) = self.headers.get(HEADER) else {
            return Ok(value.to_owned());
        };
        if !(1..=200).contains(&key.len()) {
            return Err(ApiError::field(HEADER, "The key has 1 to 200 characters."));
        }
        let whole = format!("{}\n{}\n{key}", self.key, self.caller.name);
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(whole));
        Ok(api.requests.remember(&digest, value).await?)
    }

    /// The query as a `T`.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        // An empty value is what a form sends for a field that was left alone.
        let given: Vec<&str> = self
            .query
            .split('&')
            .filter(|pair| {
                pair.split_once('=')
                    .is_some_and(|(_, value)| !value.is_empty())
            })
            .collect();
        let given = given.join("&");
        let read = serde_html_form::Deserializer::from_bytes(given.as_bytes());
        serde_path_to_error::deserialize(read).map_err(|error| {
            let field = error.path().to_string();
            let detail = format!("The query is not what it should be: {}.", error.inner());
            if field == "." {
                ApiError::bad(detail)
            } else {
                ApiError::field(field, detail)
            }
        })
    }

    /// The body as a `T`; of no body what a `T` is by default.
    pub(crate) fn body_if_any<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.body.is_empty() {
            return Ok(T::default());
        }
        self.body()
    }

    /// The body as a `T`.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        // A derived reader also takes an array of an object's fields in their order.
        if self.body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(ApiError::bad("The body is not a JSON object."));
        }
        let mut read = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut read).map_err(|error| {
            let field = error.path().to_string();
            let detail = format!("The body is not what it should be: {}.", error.inner());
            if field == "." {
                ApiError::bad(detail)
            } else {
                ApiError::field(field, detail)
            }
        })?;
        read.end()
            .map_err(|error| ApiError::bad(format!("The body is not one JSON value: {error}.")))?;
        Ok(value)
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct PageQuery {
    /// How many, at most.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// Where the page begins, and how many are on it.
    pub(crate) fn read(&self, default: u16) -> Result<(Option<Cursor>, u16), ApiError> {
        let limit = self.limit.unwrap_or(default);
        if !(1..=1_000).contains(&limit) {
            return Err(ApiError::field(
                "limit",
                "limit is a number from 1 to 1000.",
            ));
        }
        let cursor = self.cursor.as_deref().map(str::parse).transpose();
        let cursor = cursor.map_err(|error: BadCursor| {
            ApiError::field("cursor", format!("It cannot be read: {error}."))
        })?;
        Ok((cursor, limit))
    }
}

/// A path parameter as it was meant. HTTP APIs decode a path before they hand it over, and what
/// stands behind a decoded `?` or `#` can get lost: a value can therefore be sent as `~` and its
/// Base64 (URL alphabet, no padding).
fn plain(value: &str) -> String {
    value
        .strip_prefix('~')
        .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| value.to_owned())
}

/// Headers that every answer has. What the API says is data and never a page.
const SECURITY: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("vary", "accept-encoding, authorization, origin"),
];

/// The answer to a request: compressed where the client takes it, and 304 where it has it.
pub(crate) fn answer(
    event: &ApiGatewayV2httpRequest,
    status: u16,
    reply: Reply,
    origin: Option<&str>,
) -> Answer {
    let header = |name: &str| {
        event
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let method = event.request_context.http.method.as_str();
    let mut headers: BTreeMap<String, String> = SECURITY
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    headers.extend(
        reply
            .headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(origin) = origin.filter(|allowed| header("origin") == Some(*allowed)) {
        headers.insert("access-control-allow-origin".to_owned(), origin.to_owned());
        headers.insert(
            "access-control-expose-headers".to_owned(),
            "etag, location".to_owned(),
        );
    }
    let status = reply.status.unwrap_or(status);
    let mut answer = Answer {
        status_code: status,
        headers,
        body: String::new(),
        is_base64_encoded: false,
    };
    let (kind, bytes) = match reply.body {
        Body::Empty => return answer,
        Body::Text(kind, bytes) => (kind, bytes),
    };
    let mut set = |name: &str, value: String| {
        answer.headers.entry(name.to_owned()).or_insert(value);
    };
    set("content-type", kind.to_owned());
    set("cache-control", "private, no-cache".to_owned());
    if status == 200 && method == "GET" {
        let digest = Sha256::digest(&bytes);
        let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..15]));
        let known = header("if-none-match").is_some_and(|known| {
            known
                .split(',')
                .any(|one| one.trim() == tag || one.trim() == "*")
        });
        set("etag", tag);
        if known {
            answer.status_code = 304;
            answer.headers.remove("content-type");
            return answer;
        }
    }
    let takes_gzip = header("accept-encoding").is_some_and(|kinds| {
        kinds
            .split(',')
            .any(|kind| kind.split(';').next().unwrap_or_default().trim() == "gzip")
    });
    if takes_gzip && bytes.len() >= WORTH_COMPRESSING {
        answer
            .headers
            .insert("content-encoding".to_owned(), "gzip".to_owned());
        answer.body = STANDARD.encode(gzip(&bytes));
        answer.is_base64_encoded = true;
    } else {
        answer.body = String::from_utf8_lossy(&bytes).into_owned();
    }
    answer
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_parameter_survives_every_character() {
        for text in ["a?b#c%20d", "가격 📈/x", "~", "a~b", "earbuds"] {
            let sent = format!("~{}", URL_SAFE_NO_PAD.encode(text));
            assert_eq!(plain(&sent), text);
        }
        assert_eq!(plain("earbuds"), "earbuds");
        assert_eq!(plain("~not base64!"), "~not base64!");
    }
}
