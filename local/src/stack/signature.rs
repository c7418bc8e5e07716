//! Checks AWS Signature Version 4 on the requests of the JSON services.
//!
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>
//! for requests signed in their headers. (S3 has rules of its own; `s3s` checks those.)

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ::http::{HeaderMap, HeaderName, request::Parts};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::iam::{AccessKeys, Caller};

type HmacSha256 = Hmac<Sha256>;

/// How far the clock of the sender may be off, as AWS has it.
const CLOCK_SKEW_SECONDS: i64 = 15 * 60;
/// Headers that decide what the request means, and so must be covered by the signature.
const MUST_BE_SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];
/// Signing keys that are kept; a key is one access key, day, region and service.
const KEYS_KEPT: usize = 256;

/// Knows the access keys and their secrets.
pub(super) struct Verifier {
    access_keys: AccessKeys,
    /// Signing keys by `access key/date/region/service`: deriving one costs four times what using
    /// it does.
    keys: Mutex<HashMap<String, [u8; 32]>>,
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignatureError {
    #[error("Request is missing Authentication Token")]
    Missing,
    #[error("Authorization header is not an AWS4-HMAC-SHA256 signature: {0}")]
    Incomplete(&'static str),
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    #[error("Signature expired or not yet valid: {0} is more than 15 minutes from this clock")]
    Expired(String),
    #[error(
        "The request signature we calculated does not match the signature you provided. Check \
         your AWS Secret Access Key and signing method."
    )]
    Mismatch,
}

impl SignatureError {
    /// The exception by which the AWS SDKs know the reason.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Expired(_) | Self::Mismatch => "InvalidSignatureException",
        }
    }
}

/// What an `Authorization` header says.
struct Claim<'a> {
    access_key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Verifier {
    pub(super) fn new(access_keys: AccessKeys) -> Self {
        Self {
            access_keys,
            keys: Mutex::default(),
        }
    }

    /// Who sent the request, if it was signed for `service` with the secret of a known key, about
    /// now, and arrived as it was signed.
    pub(super) fn verify(
        &self,
        request: &Parts,
        body: &[u8],
        service: &str,
    ) -> Result<Caller, SignatureError> {
        self.verify_at(request, body, service, Timestamp::now())
    }

    fn verify_at(
        &self,
        request: &Parts,
        body: &[u8],
        service: &str,
        now: Timestamp,
    ) -> Result<Caller, SignatureError> {
        let headers = &request.headers;
        let authorization = header(headers, "authorization").ok_or(SignatureError::Missing)?;
        let claim = Claim::parse(authorization)?;
        let caller = self
            .access_keys
            .caller(claim.access_key)
            .ok_or(SignatureError::UnknownKey)?;
        if claim.service != service {
            return Err(SignatureError::Incomplete(
                "the credential is scoped to another service",
            ));
        }
        let time =
            header(headers, "x-amz-date").ok_or(SignatureError::Incomplete("no x-amz-date"))?;
        check_time(time, claim.date, now)?;
        for name in MUST_BE_SIGNED {
            if !claim.signed_headers.split(';').any(|signed| signed == name) {
                return Err(SignatureError::Incomplete(
                    "a required header is not signed",
                ));
            }
        }

        let canonical = canonical_request(request, &claim, body)?;
        let scope = format!("{}/{}/{}", claim.date, claim.region, claim.service);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{time}\n{scope}/aws4_request\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let given = hex::decode(claim.signature).map_err(|_| SignatureError::Mismatch)?;
        mac(&self.signing_key(&caller, &claim), to_sign.as_bytes())
            .verify_slice(&given)
            .map_err(|_| SignatureError::Mismatch)?;
        Ok(caller)
    }

    fn signing_key(&self, caller: &Caller, claim: &Claim<'_>) -> [u8; 32] {
        let name = [claim.access_key, claim.date, claim.region, claim.service].join("/");
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&name) {
            return *key;
        }
        let mut key: [u8; 32] = mac(
            format!("AWS4{}", caller.secret()).as_bytes(),
            claim.date.as_bytes(),
        )
        .finalize()
        .into_bytes()
        .into();
        for part in [claim.region, claim.service, "aws4_request"] {
            key = mac(&key, part.as_bytes()).finalize().into_bytes().into();
        }
        if keys.len() >= KEYS_KEPT {
            keys.clear();
        }
        keys.insert(name, key);
        key
    }
}

impl<'a> Claim<'a> {
    fn parse(authorization: &'a str) -> Result<Self, SignatureError> {
        let rest = authorization
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or(SignatureError::Incomplete("another algorithm"))?;
        let mut credential = None;
        let mut signed_headers = None;
        let mut signature = None;
        for field in rest.split(',') {
            match field.trim().split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                _ => return Err(SignatureError::Incomplete("an unknown field")),
            }
        }
        let credential = credential.ok_or(SignatureError::Incomplete("no Credential"))?;
        let scope: Vec<&str> = credential.rsplitn(5, '/').collect();
        let [terminator, service, region, date, access_key] = scope[..] else {
            return Err(SignatureError::Incomplete("the Credential has no scope"));
        };
        if terminator != "aws4_request" {
            return Err(SignatureError::Incomplete("the Credential has no scope"));
        }
        Ok(Self {
            access_key,
            date,
            region,
            service,
            signed_headers: signed_headers.ok_or(SignatureError::Incomplete("no SignedHeaders"))?,
            signature: signature.ok_or(SignatureError::Incomplete("no Signature"))?,
        })
    }
}

/// `time` is like `20261121T093000Z`, must begin with the credential's date and be near `now`.
fn check_time(time: &str, date: &str, now: Timestamp) -> Result<(), SignatureError> {
    let unreadable = SignatureError::Incomplete("x-amz-date is not a time");
    let Ok(parsed) = DateTime::strptime("%Y%m%dT%H%M%SZ", time) else {
        return Err(unreadable);
    };
    let Ok(signed) = parsed.to_zoned(TimeZone::UTC) else {
        return Err(unreadable);
    };
    if !time.starts_with(date) || date.len() != 8 {
        return Err(SignatureError::Incomplete("two different dates"));
    }
    let skew = now.as_second() - signed.timestamp().as_second();
    if skew.abs() > CLOCK_SKEW_SECONDS {
        return Err(SignatureError::Expired(time.to_owned()));
    }
    Ok(())
}

fn canonical_request(
    request: &Parts,
    claim: &Claim<'_>,
    body: &[u8],
) -> Result<String, SignatureError> {
    let mut query: Vec<&str> = request.uri.query().unwrap_or("").split('&').collect();
    query.sort_unstable();
    let mut canonical = format!(
        "{}\n{}\n{}\n",
        request.method,
        request.uri.path(),
        query.join("&")
    );
    for name in claim.signed_headers.split(';') {
        canonical.push_str(name);
        canonical.push(':');
        canonical.push_str(&signed_values(&request.headers, name)?);
        canonical.push('\n');
    }
    canonical.push('\n');
    canonical.push_str(claim.signed_headers);
    canonical.push('\n');
    canonical.push_str(&hex::encode(Sha256::digest(body)));
    Ok(canonical)
}

/// All values of a header, trimmed, inner spaces collapsed, joined by commas.
fn signed_values(headers: &HeaderMap, name: &str) -> Result<String, SignatureError> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SignatureError::Incomplete("SignedHeaders names no header"))?;
    let mut joined = String::new();
    for (index, value) in headers.get_all(name).iter().enumerate() {
        let value = value.to_str().map_err(|_| SignatureError::Mismatch)?;
        if index > 0 {
            joined.push(',');
        }
        for (index, word) in value.split_ascii_whitespace().enumerate() {
            if index > 0 {
                joined.push(' ');
            }
            joined.push_str(word);
        }
    }
    Ok(joined)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn mac(key: &[u8], data: &[u8]) -> HmacSha256 {
    let mut mac = HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    // The signature of this request was computed with botocore 1.43 (SigV4Auth), an
    // implementation that shares no code with this one.
    const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=pricetide/20261121/ap-northeast-2/dynamodb/aws4_request, \
        SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
        Signature=69a5bb5ba3a0bb12d1b3904af59ea0cb22a0f7cba8c1091c38b5748316626ae6";
    const BODY: &[u8] = br#"{"TableName":"prices"}"#;

    fn request(change: impl FnOnce(&mut Parts)) -> Parts {
        let (mut parts, ()) = ::http::Request::post("http://127.0.0.1:4566/")
            .header("host", "127.0.0.1:4566")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.DescribeTable")
            .header("x-amz-date", "20261121T093000Z")
            .header("authorization", AUTHORIZATION)
            .body(())
            .expect("a request")
            .into_parts();
        change(&mut parts);
        parts
    }

    fn verifier(access_key: &str, secret: &str) -> Verifier {
        Verifier::new(AccessKeys::new("000000000000", access_key, secret))
    }

    fn verify(parts: &Parts, body: &[u8], now: &str) -> Result<Caller, SignatureError> {
        verifier("pricetide", "a secret").verify_at(
            parts,
            body,
            "dynamodb",
            now.parse().expect("a time"),
        )
    }

    #[test]
    fn a_request_signed_by_botocore_is_accepted() {
        let parts = request(|_| {});
        let caller = verify(&parts, BODY, "2026-11-21T09:40:00Z");
        assert!(caller.is_ok_and(|caller| caller.is_owner()));
    }

    #[test]
    fn a_changed_body_target_or_signature_is_refused() {
        let now = "2026-11-21T09:40:00Z";
        let parts = request(|_| {});
        let changed = verify(&parts, br#"{"TableName":"others"}"#, now);
        assert!(matches!(changed, Err(SignatureError::Mismatch)));

        let parts = request(|parts| {
            let target = "DynamoDB_20120810.DeleteTable".parse().expect("a value");
            parts.headers.insert("x-amz-target", target);
        });
        assert!(matches!(
            verify(&parts, BODY, now),
            Err(SignatureError::Mismatch)
        ));

        let parts = request(|parts| {
            let broken = AUTHORIZATION.replace("Signature=", "Signature=é");
            let broken = ::http::HeaderValue::from_bytes(broken.as_bytes()).expect("a value");
            parts.headers.insert("authorization", broken);
        });
        assert!(verify(&parts, BODY, now).is_err());
    }

    #[test]
    fn a_header_that_is_not_signed_does_not_count() {
        let parts = request(|parts| {
            let without = AUTHORIZATION
                .replace(";x-amz-target", "")
                .parse()
                .expect("a value");
            parts.headers.insert("authorization", without);
        });
        let refused = verify(&parts, BODY, "2026-11-21T09:40:00Z");
        assert!(matches!(refused, Err(SignatureError::Incomplete(_))));
    }

    #[test]
    fn an_old_or_future_request_is_refused() {
        let parts = request(|_| {});
        for now in ["2026-11-21T09:46:00Z", "2026-11-21T09:14:00Z"] {
            let refused = verify(&parts, BODY, now);
            assert!(matches!(refused, Err(SignatureError::Expired(_))), "{now}");
        }
    }

    #[test]
    fn another_key_service_or_no_signature_is_refused() {
        let now: Timestamp = "2026-11-21T09:40:00Z".parse().expect("a time");
        let parts = request(|_| {});
        let other = verifier("someone", "a secret");
        let refused = other.verify_at(&parts, BODY, "dynamodb", now);
        assert!(matches!(refused, Err(SignatureError::UnknownKey)));
        let refused = verifier("pricetide", "another secret");
        let refused = refused.verify_at(&parts, BODY, "dynamodb", now);
        assert!(matches!(refused, Err(SignatureError::Mismatch)));
        let ours = verifier("pricetide", "a secret");
        assert!(matches!(
            ours.verify_at(&parts, BODY, "sqs", now),
            Err(SignatureError::Incomplete(_))
        ));
        let parts = request(|parts| {
            parts.headers.remove("authorization");
        });
        assert!(matches!(
            ours.verify_at(&parts, BODY, "dynamodb", now),
            Err(SignatureError::Missing)
        ));
    }
}
