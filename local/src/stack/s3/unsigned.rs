//! `x-amz-…` headers that a signature does not cover. They change what a request means (a
//! presigned upload with `x-amz-copy-source` would be a copy), so S3 refuses them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>: every
//! `x-amz-` header must be signed.

use ::http::{HeaderMap, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use s3s::Body;

use super::cors;

/// The first such header of a request with a signature of version 4. (A signature of version 2
/// covers all of them.)
pub(super) fn header<B>(request: &Request<B>) -> Option<String> {
    let query = request.uri().query().unwrap_or("");
    let signed = signed_by_query(query).or_else(|| signed_by_header(request.headers()))?;
    let signed: Vec<&str> = signed.split(';').collect();
    let mut names = request.headers().keys().map(::http::HeaderName::as_str);
    names
        .find(|name| name.starts_with("x-amz-") && !signed.contains(name))
        .map(str::to_owned)
}

/// As S3 words it.
pub(super) fn refusal(header: &str) -> Response<Body> {
    let message = format!(
        "There were headers present in the request which were not signed</Message>\
         <HeadersNotSigned>{header}</HeadersNotSigned><Message>"
    );
    cors::refusal(StatusCode::FORBIDDEN, "AccessDenied", &message)
}

fn signed_by_query(query: &str) -> Option<String> {
    let value = |wanted: &str| {
        query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    value("X-Amz-Signature")?;
    let names = value("X-Amz-SignedHeaders").unwrap_or("");
    Some(percent_decode_str(names).decode_utf8_lossy().into_owned())
}

fn signed_by_header(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
    let names = fields
        .split(',')
        .find_map(|field| field.trim().strip_prefix("SignedHeaders="));
    Some(names.unwrap_or("").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        header(&request.body(()).unwrap())
    }

    #[test]
    fn a_header_that_is_not_signed_is_found() {
        let presigned = "/b/k?X-Amz-SignedHeaders=host%3Bx-amz-meta-a&X-Amz-Signature=1";
        let copy = ("x-amz-copy-source", "/b/other");
        assert_eq!(found(presigned, &[]), None);
        assert_eq!(found(presigned, &[("X-Amz-Meta-A", "1")]), None);
        assert_eq!(found(presigned, &[copy]).as_deref(), Some(copy.0));
        assert_eq!(found("/b/k", &[copy]), None, "has no signature to lack in");
        let signed = "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host;x-amz-date, Signature=1";
        let date = ("x-amz-date", "20261121T000000Z");
        assert_eq!(found("/b/k", &[("authorization", signed), date]), None);
        let with_copy = [("authorization", signed), date, copy];
        assert_eq!(found("/b/k", &with_copy).as_deref(), Some(copy.0));
    }
}
