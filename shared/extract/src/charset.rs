//! Bytes to text: which character encoding a page is in.
//!
//! A byte order mark decides. Else bytes that are valid UTF-8 are UTF-8, whatever is declared: text
//! in another encoding practically never is by accident, while false declarations are common.
//! Else the HTTP header and then the page's own `meta` are believed, each unless the bytes do not
//! fit it, and at last the content is looked at. EUC-KR is read as its superset, Windows code
//! page 949 (UHC), as the Encoding Standard demands.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

/// How far into a page its declaration is looked for.
const PRESCAN: usize = 4_096;

/// Decodes `body`. `content_type` is the HTTP header's value. Never fails: bytes that mean nothing
/// become U+FFFD.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[mark..]).0;
    }
    let header = content_type.and_then(charset_of);
    // Encodings whose text looks like ASCII to a check for UTF-8.
    let seven_bit = [UTF_16LE, UTF_16BE, ISO_2022_JP];
    let declared_seven_bit = header.is_some_and(|encoding| seven_bit.contains(&encoding));
    let escapes = memchr::memchr(0x1b, body).is_some();
    if !declared_seven_bit
        && !escapes
        && let Ok(text) = std::str::from_utf8(body)
    {
        return Cow::Borrowed(text);
    }
    let meta = declared_in(&body[..body.len().min(PRESCAN)]);
    for encoding in [header, meta].into_iter().flatten() {
        let (text, malformed) = encoding.decode_without_bom_handling(body);
        if !malformed {
            return text;
        }
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(body, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    let (text, malformed) = guess.decode_without_bom_handling(body);
    if !malformed {
        return text;
    }
    // A page that is broken in any encoding: believe what it says.
    let fallback = header.or(meta).unwrap_or(guess);
    fallback.decode_without_bom_handling(body).0
}

/// The charset parameter of a `Content-Type`, or of a `meta` element's `content`.
fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let mut rest = lower.as_str();
    loop {
        let at = rest.find("charset")?;
        rest = rest[at + "charset".len()..].trim_start();
        if let Some(value) = rest.strip_prefix('=') {
            let value = value.trim_start().trim_start_matches(['"', '\'']);
            let end = value
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, ';' | '"' | '\'' | ',' | '/' | '>')
                })
                .unwrap_or(value.len());
            return label(&value[..end]);
        }
    }
}

/// The encoding of a label, with the ones that shops make up.
fn label(name: &str) -> Option<&'static Encoding> {
    match name {
        "cp949" | "ms949" | "uhc" | "x-windows-949" => Some(encoding_rs::EUC_KR),
        "cp932" | "ms932" => Some(encoding_rs::SHIFT_JIS),
        "cp936" | "ms936" => Some(encoding_rs::GBK),
        "utf8mb4" => Some(UTF_8),
        _ => Encoding::for_label(name.as_bytes()),
    }
}

/// What the page's head declares: `<meta charset>`, `<meta http-equiv>` or `<?xml encoding?>`.
fn declared_in(head: &[u8]) -> Option<&'static Encoding> {
    // Only ASCII matters here; anything else may be garbled.
    let text: String = head
        .iter()
        .map(|b| {
            if b.is_ascii() {
                b.to_ascii_lowercase() as char
            } else {
                ' '
            }
        })
        .collect();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("<meta") {
        rest = &rest[at + 5..];
        let tag = &rest[..rest.find('>').unwrap_or(rest.len())];
        if let Some(encoding) = charset_of(tag) {
            // A page that can be read this far is not in UTF-16, whatever it says.
            let unlikely = encoding == UTF_16LE || encoding == UTF_16BE;
            return Some(if unlikely { UTF_8 } else { encoding });
        }
    }
    let xml = text.trim_start().strip_prefix("<?xml")?;
    let declaration = &xml[..xml.find("?>")?];
    let value = &declaration[declaration.find("encoding")? + 8..];
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value.find(['"', '\'', ' ']).unwrap_or(value.len());
    label(&value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `<p>가격 똠방` in code page 949; `똠` is not in EUC-KR proper.
    const KOREAN: &[u8] = b"<p>\xb0\xa1\xb0\xdd \x8cc\xb9\xe6";

    #[test]
    fn the_header_the_meta_and_the_content_each_suffice() {
        assert_eq!(
            decode(KOREAN, Some("text/html; charset=EUC-KR")),
            "<p>가격 똠방"
        );
        assert_eq!(
            decode(KOREAN, Some("text/html; charset=\"cp949\"")),
            "<p>가격 똠방"
        );
        let mut page =
            b"<meta http-equiv=Content-Type content='text/html; charset=euc-kr'>".to_vec();
        page.extend_from_slice(KOREAN);
        assert!(decode(&page, None).ends_with("<p>가격 똠방"));
        let mut page = b"<html><head><title>".to_vec();
        page.extend_from_slice(
            &encoding_rs::EUC_KR
                .encode("무선 이어폰 판매가 12,900원, 무료 배송")
                .0,
        );
        assert!(decode(&page, None).ends_with("무선 이어폰 판매가 12,900원, 무료 배송"));
    }

    #[test]
    fn a_false_declaration_is_not_believed() {
        assert_eq!(
            decode("가격".as_bytes(), Some("text/html; charset=iso-8859-1")),
            "가격"
        );
        let mut page = b"<meta charset=utf-8>".to_vec();
        page.extend_from_slice(KOREAN);
        assert!(decode(&page, Some("text/html; charset=euc-kr")).ends_with("가격 똠방"));
    }

    #[test]
    fn a_byte_order_mark_decides() {
        let utf16: Vec<u8> = std::iter::once(0xfeff_u16)
            .chain("가격".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&utf16, Some("text/html; charset=utf-8")), "가격");
        assert_eq!(decode(b"\xef\xbb\xbfabc", None), "abc");
    }

    #[test]
    fn any_bytes_become_text() {
        assert!(decode(b"\xff\xfe\xff\xd8\x00", None).contains('\u{fffd}'));
        assert_eq!(decode(b"", Some("charset")), "");
        assert!(!decode(b"\xff\xff\x80\xc0 12", Some("text/html; charset=utf-8")).is_empty());
    }
}
