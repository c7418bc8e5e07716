//! The HTTP API: API Gateway's payload format 2.0 to the function and back.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//!
//! As with an HTTP API, the path reaches the function decoded (`rawPath`, `pathParameters`), the
//! query as it was sent (`rawQueryString`) and decoded.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::listener::{self, Limits, Pages, USUAL};
use crate::manifest::{ACCOUNT, Manifest};

use super::Shared;
use super::error::InvokeError;
use super::routes::{Routes, Taken, decoded};

/// The largest request, as at API Gateway.
const MAX_BODY: usize = 10 * 1024 * 1024;

type Answer = Response<Full<Bytes>>;

/// Serves until it is dropped.
pub(super) async fn serve(shared: Arc<Shared>, manifest: Manifest, listener: TcpListener) {
    let routes = manifest
        .routes()
        .map(|(function, route)| (route.clone(), function.key.clone()));
    let routes = Arc::new(Routes::new(routes));
    let limits = Limits {
        pages: Pages::Own,
        ..USUAL
    };
    listener::serve_always(listener, limits, move |request, peer| {
        let (shared, routes) = (Arc::clone(&shared), Arc::clone(&routes));
        async move { answer(shared, &routes, peer, request).await }
    })
    .await;
}

async fn answer(
    shared: Arc<Shared>,
    routes: &Routes,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Answer {
    let (parts, body) = request.into_parts();
    if let Some(site) = &shared.site
        && !parts.uri.path().starts_with("/api/")
        && routes
            .take(parts.method.as_str(), parts.uri.path())
            .is_none_or(|taken| taken.key == "$default")
    {
        return site.answer(&parts);
    }
    let Some(taken) = routes.take(parts.method.as_str(), parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
    };
    let event = event(&parts, &body, &taken, peer).to_string();
    let Ok(pool) = shared.pool(taken.function) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    // On its own: a client that goes away does not end the function in the middle.
    let (told, outcome) = oneshot::channel();
    shared.spawn(async move {
        let _ = told.send(pool.invoke(Bytes::from(event)).await);
    });
    let outcome = match tokio::time::timeout(shared.http_timeout, outcome).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(InvokeError::Stopping),
        Err(_) => return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    };
    match outcome {
        Ok(payload) => response(&payload).unwrap_or_else(|reason| {
            let function = taken.function;
            tracing::warn!(function, reason, "the function's HTTP answer is invalid");
            internal_error()
        }),
        // Its log tells more.
        Err(InvokeError::Stopping) => {
            message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        Err(InvokeError::TooLarge { .. }) => {
            message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
        }
        Err(_) => internal_error(),
    }
}

fn internal_error() -> Answer {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// An answer of API Gateway's own.
fn message(status: StatusCode, text: &str) -> Answer {
    let body = json!({ "message": text }).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn event(parts: &Parts, body: &Bytes, taken: &Taken<'_>, peer: SocketAddr) -> Value {
    let path = decoded(parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == header::COOKIE {
            cookies.extend(value.split(';').map(|cookie| cookie.trim().to_owned()));
            continue;
        }
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    headers.insert("x-forwarded-for".to_owned(), peer.ip().to_string());
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let host = headers.get("host").cloned().unwrap_or_default();
    let now = Timestamp::now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": taken.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split(['.', ':']).next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": peer.ip().to_string(),
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": taken.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if !query.is_empty() {
        event["queryStringParameters"] = query_parameters(query);
    }
    if !taken.parameters.is_empty() {
        event["pathParameters"] = json!(taken.parameters);
    }
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(text) if is_text(&parts.headers) => event["body"] = text.into(),
            _ => {
                event["body"] = BASE64_STANDARD.encode(body).into();
                event["isBase64Encoded"] = true.into();
            }
        }
    }
    event
}

/// Decoded names and values; values of the same name joined with commas.
fn query_parameters(query: &str) -> Value {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(&*name).and_then(Value::as_str) {
            Some(known) => format!("{known},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), joined.into());
    }
    parameters.into()
}

/// Whether API Gateway hands a body of this type over as text; everything else as base64.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// The function's answer in payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

fn response(payload: &[u8]) -> Result<Answer, String> {
    let value: Value = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    if value.get("statusCode").is_none() {
        // Anything else is the body of a success.
        let mut response = Response::new(Full::new(Bytes::copy_from_slice(payload)));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        return Ok(response);
    }
    let payload: Payload = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let body = payload.body.unwrap_or_default();
    let body = if payload.is_base64_encoded {
        let bytes = BASE64_STANDARD.decode(body);
        bytes.map_err(|error| format!("the body is not base64: {error}"))?
    } else {
        body.into_bytes()
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() =
        StatusCode::from_u16(payload.status_code).map_err(|error| error.to_string())?;
    let headers = response.headers_mut();
    for (name, value) in &payload.headers {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(format!("the header {name} is not text")),
        };
        let name: HeaderName = name
            .parse()
            .map_err(|_| format!("{name:?} is not a header"))?;
        // The body's length is known here, and the connection is the server's own.
        if [
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONNECTION,
        ]
        .contains(&name)
        {
            continue;
        }
        headers.append(name, value_of(&text)?);
    }
    for cookie in &payload.cookies {
        headers.append(header::SET_COOKIE, value_of(cookie)?);
    }
    // What API Gateway says when the function does not.
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain;charset=UTF-8"));
    Ok(response)
}

fn value_of(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| format!("{text:?} is not a header's value"))
}
