//! Texts and tags of a sheet: what is certain about them.

use memchr::memchr;

use super::unsure;
use crate::cell::Stop;
use crate::read::xlsx::strings::push_unescaped;

/// Behind `<f …>…</f>` or `<f …/>`.
#[cold]
pub(super) fn formula(bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
    if !matches!(*need!(bytes.get(at + 2)), b'>' | b' ' | b'/') {
        return unsure("formula");
    }
    let tag = need!(memchr(b'>', &bytes[at..])) + at;
    let inside = &bytes[at + 1..tag];
    // The tag does not end inside quotes.
    let quotes = memchr::memchr_iter(b'"', inside).count();
    if quotes % 2 == 1 || inside.contains(&b'\'') || !is_plain(inside) {
        return unsure("formula tag");
    }
    if bytes[tag - 1] == b'/' {
        return Ok(Some(tag + 1));
    }
    let end = need!(memchr(b'<', &bytes[tag..])) + tag;
    let text = &bytes[tag + 1..end];
    if memchr(b'&', text).is_some() || !is_plain(text) {
        decode(text, &mut String::new())?;
    }
    if need!(bytes.get(end..end + 4)) != b"</f>" {
        return unsure("end of a formula");
    }
    Ok(Some(end + 4))
}

/// The name of an attribute.
pub(super) fn is_name(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.'))
}

/// Visible ASCII and spaces without markup: what cannot be wrong in a tag.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'&'))
}

/// A text as it is meant: entities and `_x000D_` undone.
pub(super) fn decode<'a>(raw: &'a [u8], scratch: &'a mut String) -> Result<&'a str, Stop> {
    let Ok(text) = std::str::from_utf8(raw) else {
        return unsure("encoding");
    };
    if memchr::memchr3(b'&', b'\r', b'_', raw).is_none() {
        return Ok(text);
    }
    if raw.contains(&b'\r') {
        return unsure("line end");
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let Some((entity, after)) = rest[at + 1..].split_once(';') else {
            return unsure("entity");
        };
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return unsure("entity"),
        });
        rest = after;
    }
    plain.push_str(rest);
    scratch.clear();
    push_unescaped(&plain, scratch);
    Ok(scratch)
}
