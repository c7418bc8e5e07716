//! The shared strings by their bytes. An item that is not simply a text, such as one in several
//! fonts, is taken apart by the XML parser alone.

use std::io::Read;

use memchr::memmem;
use quick_xml::events::Event;

use super::text::{is_plain, shown, text_end};
use super::{most_bytes, unsure};
use crate::read::xlsx::strings::rich_text;
use crate::read::xlsx::window::Window;
use crate::read::xml::Xml;
use crate::values::cell::Stop;
use crate::values::strings::Strings;
use crate::{Limits, ReadError};

/// Reads the part `name`.
pub(in crate::read::xlsx) fn read(
    part: impl Read,
    name: &str,
    limits: &Limits,
) -> Result<Strings, Stop> {
    let mut items = Items {
        strings: Strings::default(),
        limits,
        scratch: String::new(),
    };
    let mut window = Window::new(part, name);
    let has_items = window.enter(b"<sst", |before, attributes| {
        let quotes = memchr::memchr_iter(b'"', attributes).count();
        let is_tag = attributes.first().is_none_or(|byte| *byte == b' ') && is_plain(attributes);
        if !before.is_empty() || !is_tag || quotes % 2 == 1 || attributes.contains(&b'\'') {
            return unsure("root element");
        }
        Ok(())
    })?;
    let mut ended = !has_items;
    while !ended {
        let used;
        (used, ended) = items.several(window.rest())?;
        window.used(used);
        if !ended && (window.rest().len() > most_bytes(limits) || !window.fill()?) {
            return unsure("an item without an end");
        }
    }
    // Nothing may follow but white space.
    loop {
        let rest = window.rest();
        if !rest.trim_ascii().is_empty() {
            return unsure("something behind the shared texts");
        }
        let length = rest.len();
        window.used(length);
        if !window.fill()? {
            break;
        }
    }
    items.strings.shrink();
    Ok(items.strings)
}

struct Items<'a> {
    strings: Strings,
    limits: &'a Limits,
    scratch: String,
}

impl Items<'_> {
    /// Takes as many whole items as there are. Says how many bytes that were, and whether the
    /// last one has been.
    fn several(&mut self, bytes: &[u8]) -> Result<(usize, bool), Stop> {
        const CLOSING: &[u8] = b"</sst>";
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let length = match rest {
                [b' ' | b'\n' | b'\r' | b'\t', ..] => Some(1),
                _ if rest.starts_with(CLOSING) => return Ok((at + CLOSING.len(), true)),
                _ => self.item(rest)?,
            };
            match length {
                Some(length) => at += length,
                None => return Ok((at, false)),
            }
        }
    }

    /// `<si><t>…</t></si>`
    fn item(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        const PLAIN: &[u8] = b"<si><t>";
        const PRESERVED: &[u8] = b"<si><t xml:space=\"preserve\">";
        const END: &[u8] = b"</t></si>";
        // As long as the longest beginning, so that every one can be told from the others.
        let beginning = need!(bytes.get(..PRESERVED.len()).or_else(|| whole_item(bytes)));
        let (start, preserve) = if beginning.starts_with(PLAIN) {
            (PLAIN.len(), false)
        } else if beginning == PRESERVED {
            (PRESERVED.len(), true)
        } else {
            return self.other_item(bytes);
        };
        let (end, is_plain) = need!(text_end(bytes, start));
        if need!(bytes.get(end..end + END.len())) != END {
            return self.other_item(bytes);
        }
        let raw = &bytes[start..end];
        if raw.len() as u64 > self.limits.text_bytes {
            return unsure("length of a text");
        }
        let text = match std::str::from_utf8(raw) {
            Ok(text) if is_plain => text,
            _ => shown(raw, preserve, &mut self.scratch)?,
        };
        self.strings.add(text, self.limits)?;
        Ok(Some(end + END.len()))
    }

    /// Any other item.
    #[cold]
    fn other_item(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let item = need!(whole_item(bytes));
        if !matches!(item.get(3), Some(b'>' | b' ' | b'/')) || memmem::find(item, b"<!").is_some() {
            return unsure("an item of the shared texts");
        }
        let text = alone(item, self.limits).or(unsure("an item in an unknown form"))?;
        self.strings.add(&text, self.limits)?;
        Ok(Some(item.len()))
    }
}

/// The bytes of the item that begins here, if its end is there.
fn whole_item(bytes: &[u8]) -> Option<&[u8]> {
    let tag_end = memchr::memchr(b'>', bytes)? + 1;
    if bytes[..tag_end].ends_with(b"/>") {
        return Some(&bytes[..tag_end]);
    }
    let end = memmem::find(bytes, b"</si>")?;
    Some(&bytes[..end + b"</si>".len()])
}

/// The text of one item by the XML parser.
fn alone(item: &[u8], limits: &Limits) -> Result<String, ReadError> {
    let mut xml = Xml::new(item, "", limits.text_bytes)?;
    let mut text = String::new();
    match xml.next()? {
        Event::Start(element) if element.local_name().as_ref() == "si" => {}
        _ => return Err(ReadError::damaged("", "no item")),
    }
    rich_text(&mut xml, &mut text, limits)?;
    match xml.next()? {
        Event::Eof => Ok(text),
        _ => Err(ReadError::damaged("", "more than an item")),
    }
}
