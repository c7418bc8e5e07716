//! The Coupang Partners API as far as tests need it: it checks who asks as the real one does, and
//! remembers every call.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What every path of the API begins with.
const API: &str = "/v2/providers/affiliate_open_api/apis/openapi/v1";
const ACCESS_KEY: &str = "00000000-0000-0000-0000-000000000000";
const SECRET_KEY: &str = "0123456789abcdef0123456789abcdef01234567";
/// How far the date of a signature may be from now.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The API on a port of this machine, until it is dropped.
pub struct CoupangApi {
    host: String,
    calls: Calls,
    serving: JoinHandle<()>,
}

/// The paths and queries that were asked for, without what they all begin with.
type Calls = Arc<Mutex<Vec<String>>>;

impl CoupangApi {
    /// An API that gives these answers to whoever signs as the account does. Told is the path and
    /// query: `/products/goldbox`.
    pub async fn start(answer: impl Fn(&str) -> Value + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let calls = Calls::default();
        let (seen, answer) = (calls.clone(), Arc::new(answer));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                let service = service_fn(move |request| {
                    let answer = respond(&request, &seen, answer.as_ref());
                    async move { Ok::<_, Infallible>(answer) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Ok(Self {
            host,
            calls,
            serving,
        })
    }

    /// Its `host:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The secret with the account's keys.
    pub fn secret() -> String {
        json!({"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}).to_string()
    }

    /// All calls so far, in order, refused ones too.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.clone()
    }
}

impl Drop for CoupangApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The answer to a request for a list, with these products.
pub fn coupang_list(target: &str, products: &[Value]) -> Value {
    let data = if target.starts_with("/products/search?") {
        json!({"landingUrl": "https://link.coupang.com/re/x", "productData": products})
    } else {
        json!(products)
    };
    json!({"rCode": "0", "rMessage": "", "data": data})
}

/// A product of a list.
pub fn coupang_product(id: u64, rank: u32, won: u32) -> Value {
    json!({
        "productId": id, "productName": format!("상품 {id}"), "productPrice": won, "rank": rank,
        "productImage": "https://ads-partners.coupang.com/image", "isRocket": true,
        "productUrl": "https://link.coupang.com/re/AFFSDP", "isFreeShipping": false,
    })
}

fn respond(
    request: &Request<Incoming>,
    calls: &Calls,
    answer: impl Fn(&str) -> Value,
) -> Response<Full<Bytes>> {
    let target = request.uri().path_and_query();
    let target = target.map_or("/", |target| target.as_str());
    let asked = target.strip_prefix(API).unwrap_or(target);
    let mut all = calls.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(asked.to_owned());
    let header = request.headers().get("authorization");
    let header = header.and_then(|header| header.to_str().ok());
    let known = check(
        request.method().as_str(),
        target,
        header.unwrap_or_default(),
        Timestamp::now(),
    );
    let (status, body) = match known {
        Ok(()) => (StatusCode::OK, answer(asked)),
        Err(message) => (
            StatusCode::UNAUTHORIZED,
            json!({"code": "ERROR", "message": message, "transactionId": "0-0"}),
        ),
    };
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    response
}

/// Checks a request's `Authorization`; otherwise the message that the gateway answers.
fn check(method: &str, target: &str, header: &str, now: Timestamp) -> Result<(), &'static str> {
    const MALFORMED: &str = "HMAC format is invalid.";
    let fields = header.strip_prefix("CEA ").ok_or(MALFORMED)?;
    let mut values = [""; 4];
    for (part, (field, value)) in fields.split(", ").zip(
        ["algorithm", "access-key", "signed-date", "signature"]
            .iter()
            .zip(&mut values),
    ) {
        let given = part.strip_prefix(field).and_then(|v| v.strip_prefix('='));
        *value = given.ok_or(MALFORMED)?;
    }
    let [algorithm, access_key, date, signature] = values;
    let signed_at = DateTime::strptime("%y%m%dT%H%M%SZ", date)
        .and_then(|at| Offset::UTC.to_timestamp(at))
        .map_err(|_| MALFORMED)?;
    if algorithm != "HmacSHA256" || signature.len() != 64 {
        return Err(MALFORMED);
    }
    if access_key != ACCESS_KEY {
        return Err("Request is not authorized.");
    }
    if now.duration_since(signed_at).abs() > TOLERANCE {
        return Err("Specified signature is expired.");
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET_KEY.as_bytes()).map_err(|_| MALFORMED)?;
    // The query is signed without its mark.
    for part in [date, method, &target.replacen('?', "", 1)] {
        mac.update(part.as_bytes());
    }
    let expected = mac.finalize().into_bytes();
    let given = (0..64).step_by(2).map(|at| {
        let byte = signature.get(at..at + 2);
        byte.and_then(|byte| u8::from_str_radix(byte, 16).ok())
    });
    let is_lower = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_lower && given.eq(expected.iter().map(|byte| Some(*byte))) {
        Ok(())
    } else {
        Err("Invalid signature.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "/v2/providers/affiliate_open_api/apis/openapi/v1/products/search\
        ?keyword=%EB%AC%B4%EC%84%A0%20%EC%9D%B4%EC%96%B4%ED%8F%B0&limit=10";
    const HEADER: &str = "CEA algorithm=HmacSHA256, \
        access-key=00000000-0000-0000-0000-000000000000, signed-date=261003T040506Z, \
        signature=f1c38a01044c4ffa570780173426436c26305d57c6a6883adb94a42ced9d8016";

    fn at(now: &str, target: &str, header: &str) -> Result<(), &'static str> {
        check("GET", target, header, now.parse().unwrap())
    }

    #[test]
    fn the_published_signature_is_let_in_and_no_other() {
        let now = "2026-10-03T04:05:10Z";
        assert_eq!(at(now, TARGET, HEADER), Ok(()));
        for (target, header, message) in [
            (
                TARGET.replace("%20", "+"),
                HEADER.to_owned(),
                "Invalid signature.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace("f1c3", "f1c4"),
                "Invalid signature.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace("f1c3", "F1C3"),
                "Invalid signature.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace("-0000-", "-0001-"),
                "Request is not authorized.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace("CEA ", "Bearer "),
                "HMAC format is invalid.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace(", s", ",s"),
                "HMAC format is invalid.",
            ),
            (
                TARGET.to_owned(),
                HEADER.replace("261003T", "20261003T"),
                "HMAC format is invalid.",
            ),
        ] {
            assert_eq!(at(now, &target, &header), Err(message), "{target} {header}");
        }
        let late = at("2026-10-03T04:15:10Z", TARGET, HEADER);
        assert_eq!(late, Err("Specified signature is expired."));
    }
}
