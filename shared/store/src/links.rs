//! Links to files that open in a browser, without the API's token.
//!
//! `GET /files/{key}?expires=1795223700&signature=…`: the signature is HMAC-SHA256 over the path
//! and the instant the link expires, with a key that is derived from the API's token. A link
//! gives one file until it expires, and nothing else; a new token ends all links.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

/// What a path keeps as it is: RFC 3986's unreserved characters, and the slashes of the key.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Tells this use of the token from every other.
const PURPOSE: &[u8] = b"pricetide file links 1";

/// Signs and checks links.
#[derive(Clone)]
pub struct Links {
    key: Hmac<Sha256>,
}

impl Links {
    /// Links that hold as long as this is the API's token.
    pub fn new(token: &str) -> Self {
        let derived = mac(token.as_bytes()).chain_update(PURPOSE).finalize();
        Self {
            key: mac(&derived.into_bytes()),
        }
    }

    /// A link to the file of this key through the API at `base`, good until `expires`.
    pub fn sign(&self, base: &str, key: &str, expires: Timestamp) -> String {
        let expires = expires.as_second();
        let signature = self.mac(key, expires).finalize().into_bytes();
        let signature = hex::encode(signature);
        let path = utf8_percent_encode(key, PATH);
        let base = base.trim_end_matches('/');
        format!("{base}/files/{path}?expires={expires}&signature={signature}")
    }

    /// Whether a link to the file of this key is one of ours and good at `now`. The signature
    /// is compared in a time that says nothing about it.
    pub fn accepts(&self, key: &str, expires: &str, signature: &str, now: Timestamp) -> bool {
        let Some((expires, signature)) = expires.parse().ok().zip(hex::decode(signature).ok())
        else {
            return false;
        };
        self.mac(key, expires).verify_slice(&signature).is_ok() && now.as_second() < expires
    }

    fn mac(&self, key: &str, expires: i64) -> Hmac<Sha256> {
        self.key
            .clone()
            .chain_update(format!("/files/{key}\n{expires}"))
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "reports/a1/0055/11월 가격&?#-report.xlsx";

    fn signed(token: &str, seconds: i64) -> (String, String) {
        let expires = Timestamp::from_second(seconds).unwrap();
        let link = Links::new(token).sign("https://api.example/", KEY, expires);
        let (address, signature) = link.split_once("&signature=").unwrap();
        (address.to_owned(), signature.to_owned())
    }

    fn accepts(key: &str, expires: &str, signature: &str, now: i64) -> bool {
        let now = Timestamp::from_second(now).unwrap();
        Links::new("secret").accepts(key, expires, signature, now)
    }

    #[test]
    fn a_link_opens_its_file_until_it_expires() {
        let (address, signature) = signed("secret", 2_000);
        assert_eq!(
            address,
            "https://api.example/files/reports/a1/0055/\
             11%EC%9B%94%20%EA%B0%80%EA%B2%A9%26%3F%23-report.xlsx?expires=2000"
        );
        assert!(accepts(KEY, "2000", &signature, 1_999));
        assert!(!accepts(KEY, "2000", &signature, 2_000));
    }

    #[test]
    fn a_link_opens_nothing_else() {
        let (_, signature) = signed("secret", 2_000);
        assert!(!accepts("reports/a1/other.xlsx", "2000", &signature, 1_000));
        assert!(!accepts(KEY, "9000", &signature, 1_000));
        assert!(!accepts(KEY, "2000", &signed("other", 2_000).1, 1_000));
        let mut changed = signature.clone().into_bytes();
        changed[10] = if changed[10] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        for odd in [&changed, &signature[..62], &signature[1..], "", "zz", "가"] {
            assert!(!accepts(KEY, "2000", odd, 1_000), "{odd}");
        }
        for odd in ["", "soon", "2000.0", "-1", "99999999999999999999"] {
            assert!(!accepts(KEY, odd, &signature, 1_000), "{odd}");
        }
    }
}
