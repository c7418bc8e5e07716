//! The shared strings, into one piece of memory. What the part says about their number is not
//! looked at.

use std::io::Read;

use quick_xml::events::Event;

use super::quick;
use crate::read::package::Package;
use crate::read::xml::{Xml, attribute};
use crate::values::cell::Stop;
use crate::values::strings::Strings;
use crate::{Limits, Measure, ReadError};

pub(super) fn read(package: &Package, part: &str, limits: &Limits) -> Result<Strings, ReadError> {
    let Some(entry) = package.entry(part)? else {
        return Ok(Strings::default());
    };
    match quick::strings(entry, part, limits) {
        Err(Stop::Unsure(_)) => {}
        read => return read.map_err(Stop::into_error),
    }
    package.begin_pass();
    let Some(entry) = package.entry(part)? else {
        return Ok(Strings::default());
    };
    carefully(entry, part, limits)
}

/// Reads the part by a real XML parser.
pub(super) fn carefully(
    entry: impl Read,
    part: &str,
    limits: &Limits,
) -> Result<Strings, ReadError> {
    let mut strings = Strings::default();
    let mut xml = Xml::new(entry, part, limits.text_bytes)?;
    let mut text = String::new();
    loop {
        let is_item = match xml.next()? {
            Event::Start(element) => element.local_name().as_ref() == "si",
            Event::Eof => break,
            _ => false,
        };
        if is_item {
            text.clear();
            rich_text(&mut xml, &mut text, limits)?;
            strings.add(&text, limits)?;
        }
    }
    strings.shrink();
    Ok(strings)
}

/// The text of a `<si>` or `<is>` whose start was read: its `<t>` and those of its runs, not
/// those of its phonetic hints.
pub(super) fn rich_text(
    xml: &mut Xml<'_>,
    out: &mut String,
    limits: &Limits,
) -> Result<(), ReadError> {
    let mut depth = 0_u32;
    let mut piece = String::new();
    loop {
        enum Next {
            Text(bool),
            Phonetic,
            Other,
        }
        let next = match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => Next::Text(
                    attribute(&element, "space").is_some_and(|space| space == "preserve"),
                ),
                "rPh" => Next::Phonetic,
                _ => {
                    depth += 1;
                    Next::Other
                }
            },
            Event::End(_) if depth == 0 => return Ok(()),
            Event::End(_) => {
                depth -= 1;
                Next::Other
            }
            Event::Eof => return Err(ReadError::damaged("", "a text does not end")),
            _ => Next::Other,
        };
        match next {
            Next::Text(preserve) => {
                piece.clear();
                xml.text(&mut piece)?;
                let shown = if preserve {
                    piece.as_str()
                } else {
                    piece.trim_matches([' ', '\t', '\r', '\n'])
                };
                push_unescaped(shown, out);
                if out.len() as u64 > limits.text_bytes {
                    return Err(ReadError::TooLarge {
                        what: Measure::TextBytes,
                        limit: limits.text_bytes,
                        place: None,
                    });
                }
            }
            Next::Phonetic => xml.skip()?,
            Next::Other => {}
        }
    }
}

/// Undoes `_x000D_`, the way in which a workbook writes what XML cannot (ECMA-376, 22.4.2.4).
pub(super) fn push_unescaped(mut text: &str, out: &mut String) {
    while let Some(at) = text.find("_x") {
        let escaped = text
            .get(at + 2..at + 7)
            .filter(|code| code.ends_with('_') && code[..4].bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|code| char::from_u32(u32::from_str_radix(&code[..4], 16).ok()?));
        if let Some(c) = escaped {
            out.push_str(&text[..at]);
            out.push(c);
            text = &text[at + 7..];
        } else {
            out.push_str(&text[..at + 2]);
            text = &text[at + 2..];
        }
    }
    out.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(xml: &str) -> String {
        let mut reader = Xml::new(xml.as_bytes(), "test", 1_000).unwrap();
        assert!(matches!(reader.next().unwrap(), Event::Start(_)));
        let mut out = String::new();
        rich_text(&mut reader, &mut out, &Limits::default()).unwrap();
        out
    }

    #[test]
    fn texts_of_every_form() {
        assert_eq!(item("<si><t> a </t></si>"), "a");
        assert_eq!(item("<si><t xml:space=\"preserve\"> a </t></si>"), " a ");
        assert_eq!(
            item(
                "<si><r><rPr><b/></rPr><t>무선</t></r><r><t xml:space=\"preserve\"> 이어폰</t></r></si>"
            ),
            "무선 이어폰"
        );
        assert_eq!(
            item("<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh></si>"),
            "東京"
        );
        assert_eq!(
            item("<si><t>a<!-- no -->b<![CDATA[<c>]]></t></si>"),
            "ab<c>"
        );
        assert_eq!(
            item("<si><t>&lt;&#44032;&amp;_x000D__x00e9__xZZZZ_</t></si>"),
            "<가&\ré_xZZZZ_"
        );
        assert_eq!(item("<si/>"), "");
    }
}
