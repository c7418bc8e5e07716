//! The product pages in `tests/data/pages` and what must be read from each. Every page has its
//! expectation beside it, in a JSON file of the same name.

use std::path::PathBuf;

use extract::Hints;
use model::{Currency, Variant};
use serde::Deserialize;

/// One page of the corpus.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    pub(crate) expected: Expected,
}

/// What must be read: an offer, or a failure with parts of its detail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    #[serde(default)]
    hints: OwnHints,
    pub(crate) content_type: Option<String>,
    pub(crate) amount: Option<String>,
    pub(crate) currency: Option<Currency>,
    pub(crate) availability: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) found_in: Option<String>,
    pub(crate) list_price: Option<String>,
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) detail: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnHints {
    currency: Option<Currency>,
    locale: Option<String>,
    variant: Option<Variant>,
    selector: Option<String>,
    base_url: Option<String>,
    at: Option<jiff::Timestamp>,
}

impl Expected {
    pub(crate) fn hints(&self) -> Hints<'_> {
        Hints {
            range: None,
            price_kind: None,
            currency: self.hints.currency,
            locale: self.hints.locale.as_deref(),
            variant: self.hints.variant.as_ref(),
            selector: self.hints.selector.as_deref(),
            base_url: self.hints.base_url.as_deref(),
            at: self.hints.at,
        }
    }
}

/// The corpus, in the order of its names.
pub(crate) fn pages() -> Vec<Page> {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/pages"
    ));
    let mut pages: Vec<Page> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let expected = std::fs::read_to_string(path.with_extension("json")).expect(&name);
            Page {
                body: std::fs::read(&path).unwrap(),
                expected: serde_json::from_str(&expected).expect(&name),
                name,
            }
        })
        .collect();
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}
