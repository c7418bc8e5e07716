//! Character references: `&amp;`, `&#8361;`, `&#x20A9;`, `&euro;`.

use std::borrow::Cow;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::memchr;

use crate::steps;

/// The longest name in the HTML Standard's table, with its semicolon.
const LONGEST_NAME: usize = 32;

/// Decodes the references in `text` (HTML Standard, section 13.2.5.72). Names that the standard
/// also knows without a semicolon are decoded without one.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    steps::count(text.len());
    loop {
        let length = reference(rest, &mut out);
        if length == 0 {
            out.push('&');
            rest = &rest[1..];
        } else {
            rest = &rest[length..];
        }
        if let Some(next) = memchr(b'&', rest.as_bytes()) {
            out.push_str(&rest[..next]);
            rest = &rest[next..];
        } else {
            out.push_str(rest);
            return Cow::Owned(out);
        }
    }
}

/// Decodes the reference at the beginning of `rest` and returns its length, 0 if it is none.
fn reference(rest: &str, out: &mut String) -> usize {
    let bytes = rest.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return numeric(rest, out);
    }
    let name_length = bytes[1..]
        .iter()
        .take(LONGEST_NAME)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let with_semicolon = bytes.get(1 + name_length) == Some(&b';');
    let longest = 1 + name_length + usize::from(with_semicolon);
    for end in (2..=longest).rev() {
        if let Some(&(first, second)) = NAMED_ENTITIES.get(&rest[1..end]) {
            if first == 0 {
                continue;
            }
            out.extend(char::from_u32(first));
            if second != 0 {
                out.extend(char::from_u32(second));
            }
            return end;
        }
    }
    0
}

fn numeric(rest: &str, out: &mut String) -> usize {
    let bytes = rest.as_bytes();
    let hexadecimal = matches!(bytes.get(2), Some(b'x' | b'X'));
    let (start, radix) = if hexadecimal { (3, 16) } else { (2, 10) };
    let digits = bytes[start.min(bytes.len())..]
        .iter()
        .take_while(|b| (**b as char).is_digit(radix))
        .count();
    if digits == 0 {
        return 0;
    }
    let end = start + digits;
    let code = u32::from_str_radix(&rest[start..end], radix).unwrap_or(u32::MAX);
    out.push(match code {
        0 => '\u{fffd}',
        0x80..=0x9f => C1_REPLACEMENTS[(code - 0x80) as usize]
            .or(char::from_u32(code))
            .unwrap_or('\u{fffd}'),
        _ => char::from_u32(code).unwrap_or('\u{fffd}'),
    });
    end + usize::from(bytes.get(end) == Some(&b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded() {
        for (text, expected) in [
            ("12", "12"),
            ("&euro;12", "€12"),
            ("&#8361;12&#x2C;900", "₩12,900"),
            ("12&nbsp;900", "12\u{a0}900"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("a&ampb", "a&b"),
            ("&#128;", "€"),
            ("&#0;&#xD800;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("& &; &# &#x &nosuch; &", "& &; &# &#x &nosuch; &"),
            ("&notit;", "¬it;"),
            ("가&가;", "가&가;"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
