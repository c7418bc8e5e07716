//! The signature of a request: `HmacSHA256` over the time, the method, the path and the query.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::Sha256;

/// An account's keys.
///
/// As the secret's JSON: `{"access_key": "…", "secret_key": "…"}`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    access_key: String,
    secret_key: String,
}

impl Keys {
    /// Reads the secret's text. What is wrong with it is told without quoting it.
    pub(crate) fn read(secret: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = r#"it is not {"access_key": "…", "secret_key": "…"}"#;
        let keys: Self = serde_json::from_str(secret).map_err(|_| EXPECTED)?;
        let fits = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic());
        if !fits(&keys.access_key) || !fits(&keys.secret_key) {
            return Err("a key is empty, or has spaces or other characters that no key has");
        }
        Ok(keys)
    }
}

/// Without the secret key.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// The `Authorization` header of a request at this instant. `path` and `query` (without its `?`)
/// are the very bytes that are sent; a body is not signed.
pub(crate) fn authorization(
    keys: &Keys,
    method: &str,
    path: &str,
    query: &str,
    at: Timestamp,
) -> String {
    let date = at.strftime("%y%m%dT%H%M%SZ").to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(keys.secret_key.as_bytes())
        .expect("HMAC takes a key of any length");
    for part in [&date, method, path, query] {
        mac.update(part.as_bytes());
    }
    format!(
        "CEA algorithm=HmacSHA256, access-key={}, signed-date={date}, signature={}",
        keys.access_key,
        hex::encode(mac.finalize().into_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::coupang::request::Request;

    const SECRET: &str = r#"{"access_key": "00000000-0000-0000-0000-000000000000",
        "secret_key": "0123456789abcdef0123456789abcdef01234567"}"#;

    fn signed(method: &str, path: &str, query: &str) -> String {
        let at = "2026-10-03T04:05:06Z".parse().unwrap();
        authorization(&Keys::read(SECRET).unwrap(), method, path, query, at)
    }

    const BEFORE: &str = "CEA algorithm=HmacSHA256, access-key=00000000-0000-0000-0000-000000000000, \
                          signed-date=261003T040506Z, signature=";

    #[test]
    fn a_search_is_signed_as_coupang_does() {
        let list = model::CoupangList::Search("무선 이어폰".to_owned());
        let request = Request::of(&list);
        assert_eq!(
            signed("GET", request.path(), request.query()),
            format!("{BEFORE}f1c38a01044c4ffa570780173426436c26305d57c6a6883adb94a42ced9d8016")
        );
    }

    #[test]
    fn a_request_without_a_query_is_signed_as_coupang_does() {
        let path = "/v2/providers/affiliate_open_api/apis/openapi/v1/deeplink";
        assert_eq!(
            signed("POST", path, ""),
            format!("{BEFORE}dae9fbee2dfb0a1237ea0d6873c08843602d793e20c019db220457f26f1629ff")
        );
    }

    #[test]
    fn the_secret_key_is_never_shown() {
        let keys = Keys::read(SECRET).unwrap();
        let shown = format!("{keys:?}");
        assert!(
            shown.contains("00000000-") && !shown.contains("01234567"),
            "{shown}"
        );
    }

    #[test]
    fn what_are_no_keys_is_told_without_quoting_it() {
        for secret in [
            "hunter2",
            "\"hunter2\"",
            "{}",
            r#"{"access_key": "hunter2"}"#,
            r#"{"access_key": "hunter2", "secret_key": 5}"#,
            r#"{"access_key": "a", "secret_key": "hunter2", "hunter2": 1}"#,
            r#"{"access_key": "a", "secret_key": ""}"#,
            r#"{"access_key": "hunter2\n", "secret_key": "b"}"#,
            r#"{"access_key": "hunter2", "secret_key": " b"}"#,
        ] {
            let error = Keys::read(secret).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
