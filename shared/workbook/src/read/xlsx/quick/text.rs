//! Texts and tags of a sheet: what is certain about them.

use memchr::memchr;

use super::unsure;
use crate::read::xlsx::strings::push_unescaped;
use crate::values::cell::Stop;
use crate::values::eight::{all, eight, first_zero, zeros};

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

/// Where `<` ends a text, and whether the text means what it says: without entities, line ends
/// to be made alike, `_x000D_`, and white space around it.
#[inline]
pub(super) fn text_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut special = 0;
    let mut end = start;
    loop {
        let word = eight(bytes, end)?;
        let width = first_zero(word ^ all(b'<'));
        // What is behind the text must not count.
        let text = if width < 8 {
            word & !(!0 << (8 * width))
        } else {
            word
        };
        special |= zeros(text ^ all(b'&')) | zeros(text ^ all(b'\r')) | zeros(text ^ all(b'_'));
        end += width;
        if width < 8 {
            break;
        }
    }
    let is_bare = |byte: Option<&u8>| byte.is_none_or(|byte| *byte > b' ');
    let text = &bytes[start..end];
    Some((
        end,
        special == 0 && is_bare(text.first()) && is_bare(text.last()),
    ))
}

/// The text of an element `<t>` as it is meant: trimmed unless its white space counts.
pub(super) fn shown<'a>(
    raw: &'a [u8],
    preserve: bool,
    scratch: &'a mut String,
) -> Result<&'a str, Stop> {
    const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
    if preserve {
        return decode(raw, scratch);
    }
    let Ok(text) = std::str::from_utf8(raw) else {
        return unsure("encoding");
    };
    let text = decode(text.trim_matches(SPACES).as_bytes(), scratch)?;
    // White space written as an entity would not be trimmed by everyone alike.
    if text.starts_with(SPACES) || text.ends_with(SPACES) {
        return unsure("white space around a text");
    }
    Ok(text)
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
            _ => match entity.strip_prefix('#').and_then(numbered) {
                Some(c) => c,
                None => return unsure("entity"),
            },
        });
        rest = after;
    }
    plain.push_str(rest);
    scratch.clear();
    push_unescaped(&plain, scratch);
    Ok(scratch)
}

/// The character of `44032` or `xac00`, unless it is a control character.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let is_number = (1..=7).contains(&digits.len()) && digits.chars().all(|c| c.is_digit(radix));
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    (is_number && !c.is_control()).then_some(c)
}
