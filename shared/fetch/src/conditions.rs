//! Conditional requests: which validators are kept, and how they are asked with (RFC 9110, 8.8
//! and 13.1).

use model::Validators;
use reqwest::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

/// The validators of an answer, as far as they can be asked with. One that does not have its
/// form is left out: an `ETag` of `*` would match whatever the page has become.
pub(super) fn of_answer(headers: &HeaderMap) -> Validators {
    Validators {
        etag: text(headers, &ETAG).filter(|text| is_entity_tag(text)),
        last_modified: text(headers, &LAST_MODIFIED)
            .filter(|text| httpdate::parse_http_date(text).is_ok()),
    }
}

/// The header fields that ask for the page only if it has changed.
pub(super) fn headers(known: &Validators) -> HeaderMap {
    [
        (IF_NONE_MATCH, &known.etag),
        (IF_MODIFIED_SINCE, &known.last_modified),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some((name, HeaderValue::try_from(text.as_ref()?).ok()?)))
    .collect()
}

/// A header field that stands there once, is visible ASCII and not too long.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let text = values.next()?.to_str().ok()?;
    let fits = values.next().is_none() && text.len() <= Validators::MAX_TEXT;
    fits.then(|| text.to_owned())
}

/// `"…"` or `W/"…"` (RFC 9110, 8.8.3), of ASCII.
fn is_entity_tag(text: &str) -> bool {
    let tag = text.strip_prefix("W/").unwrap_or(text);
    tag.strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .is_some_and(|tag| tag.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
}
