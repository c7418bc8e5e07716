//! The request for a list: its path and query, as they are signed and sent.

use model::CoupangList;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What every path begins with.
const API: &str = "/v2/providers/affiliate_open_api/apis/openapi/v1";

/// What is encoded in a keyword: all but RFC 3986's unreserved characters. So a parser of web
/// addresses finds nothing left to encode, and what is sent is what was signed.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest keyword that stands in a [`Request::key`] as it is, in bytes.
const LONG: usize = 200;

/// A GET request for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    path: String,
    query: String,
    key: String,
}

impl Request {
    /// The request for a list: ten products of a search and a hundred of a category are the most
    /// that the API gives.
    pub(crate) fn of(list: &CoupangList) -> Self {
        let (path, query, key) = match list {
            CoupangList::Search(keyword) => {
                let encoded = utf8_percent_encode(keyword, RESERVED);
                let query = format!("keyword={encoded}&limit=10");
                ("/products/search".to_owned(), query, search_key(keyword))
            }
            CoupangList::BestCategory(id) => (
                format!("/products/bestcategories/{id}"),
                "limit=100".to_owned(),
                format!("best#{id}"),
            ),
            CoupangList::GoldBox => (
                "/products/goldbox".to_owned(),
                String::new(),
                "gold".to_owned(),
            ),
        };
        Self {
            path: format!("{API}{path}"),
            query,
            key,
        }
    }

    /// The path, as it is signed.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The query without its `?`, as it is signed; may be empty.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// The address at a gateway (`https://api-gateway.coupang.com`), whose path and query are
    /// byte for byte those that are signed.
    pub(crate) fn url(&self, gateway: &str) -> String {
        let gateway = gateway.trim_end_matches('/');
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{gateway}{}{mark}{}", self.path, self.query)
    }

    /// The request in short: equal for equal requests only, and at most 207 bytes.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

fn search_key(keyword: &str) -> String {
    if keyword.len() <= LONG {
        return format!("search#{keyword}");
    }
    format!("long#{}", hex::encode(Sha256::digest(keyword)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use url::Url;

    use super::*;

    const GATEWAY: &str = "https://api-gateway.coupang.com";

    fn search(keyword: &str) -> Request {
        Request::of(&CoupangList::Search(keyword.to_owned()))
    }

    #[test]
    fn each_list_has_its_request() {
        let urls = [
            CoupangList::Search("a b".to_owned()),
            CoupangList::BestCategory(1016),
            CoupangList::GoldBox,
        ]
        .map(|list| Request::of(&list).url("https://gateway.example/"));
        let api = "https://gateway.example/v2/providers/affiliate_open_api/apis/openapi/v1";
        assert_eq!(
            urls,
            [
                format!("{api}/products/search?keyword=a%20b&limit=10"),
                format!("{api}/products/bestcategories/1016?limit=100"),
                format!("{api}/products/goldbox"),
            ]
        );
    }

    #[test]
    fn what_is_sent_is_what_was_signed() {
        let ascii: String = (0..=127_u8).map(char::from).collect();
        for keyword in [
            &ascii,
            "무선 이어폰",
            "c++ & c#",
            "100% \"면\" 'x' `y`",
            "a%20b%zz%",
            "이어폰🎧👩‍👩‍👧",
            "[a]{b}|c\\d^e<f>",
            "../../..//./?#",
            "a\tb\r\nc\0d",
            "\u{feff}\u{202e}é e\u{301}",
            "~-._*!()",
            ";=&limit=100&keyword=x",
        ] {
            let request = search(keyword);
            let url = Url::parse(&request.url(GATEWAY)).unwrap();
            assert_eq!(url.path(), request.path(), "{keyword:?}");
            assert_eq!(url.query(), Some(request.query()), "{keyword:?}");
            assert_eq!(url.fragment(), None);
            let pairs: Vec<_> = url.query_pairs().collect();
            assert_eq!(pairs[0], ("keyword".into(), keyword.into()));
            assert_eq!(pairs[1..], [("limit".into(), "10".into())]);
        }
        for list in [CoupangList::BestCategory(u32::MAX), CoupangList::GoldBox] {
            let request = Request::of(&list);
            let url = Url::parse(&request.url(GATEWAY)).unwrap();
            assert_eq!(url.path(), request.path());
            assert_eq!(url.query().unwrap_or_default(), request.query());
        }
    }

    #[test]
    fn requests_that_differ_have_keys_that_differ() {
        let long = "가".repeat(100);
        let mut keys: Vec<String> = [
            "a", "A", "a ", "a+", "a%20", "a#", "gold", "best#1", "long#", &long,
        ]
        .map(|keyword| search(keyword).key().to_owned())
        .into();
        keys.push(search(&format!("{long}b")).key().to_owned());
        for list in [CoupangList::BestCategory(1), CoupangList::GoldBox] {
            keys.push(Request::of(&list).key().to_owned());
        }
        assert!(keys.iter().all(|key| key.len() <= 207), "{keys:?}");
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
