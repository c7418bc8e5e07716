//! XML by quick-xml, with what workbooks need on top: UTF-16, bounded texts, our errors.

use std::io::{BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_8};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::decoded::Decoded;
use super::package::from_shared_io;
use crate::{Measure, ReadError};

/// What an event may have beyond the text limit: attributes, white space.
const SLACK: u64 = 64 << 10;

/// A reader of one part.
pub(crate) struct Xml<'a> {
    reader: quick_xml::Reader<Bounded<'a>>,
    buffer: Vec<u8>,
    place: String,
    most: u64,
}

impl<'a> Xml<'a> {
    /// A reader for the part `place`. One text, tag or comment may have `most` bytes.
    pub(crate) fn new(mut part: impl Read + 'a, place: &str, most: u64) -> Result<Self, ReadError> {
        let mut start = [0; 4];
        let mut filled = 0;
        while filled < start.len() {
            match part.read(&mut start[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) => return Err(super::package::from_io(error, place)),
            }
        }
        let encoding = encoding_of(&start[..filled]);
        let part = std::io::Cursor::new(start).take(filled as u64).chain(part);
        let part: Box<dyn Read + 'a> = if encoding == UTF_8 {
            Box::new(part)
        } else {
            Box::new(Decoded::new(part, encoding))
        };
        let bounded = Bounded {
            inner: BufReader::with_capacity(32 << 10, part),
            since: 0,
            most,
        };
        let mut reader = quick_xml::Reader::from_reader(bounded);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        Ok(Self {
            reader,
            buffer: Vec::new(),
            place: place.to_owned(),
            most,
        })
    }

    /// The next event. A document type is refused: no workbook has one, and it is where
    /// entities that multiply would be declared.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        if self.buffer.capacity() > 1 << 20 {
            self.buffer.shrink_to(64 << 10);
        }
        self.reader.get_mut().since = 0;
        let place = &self.place;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(ReadError::damaged(place, "a document type is declared")),
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Io(error)) => Err(
                match error
                    .get_ref()
                    .and_then(|inner| inner.downcast_ref::<TooLong>())
                {
                    Some(_) => ReadError::TooLarge {
                        what: Measure::TextBytes,
                        limit: self.most,
                        place: Some(place.clone()),
                    },
                    None => from_shared_io(&error, place),
                },
            ),
            Err(error) => Err(ReadError::damaged(place, error)),
        }
    }

    /// Reads to the end, so that a wrong checksum is found.
    pub(crate) fn drain(&mut self) -> Result<(), ReadError> {
        std::io::copy(self.reader.get_mut(), &mut std::io::sink())
            .map_err(|error| from_shared_io(&error, &self.place))?;
        Ok(())
    }

    /// Collects the text of an element up to its end tag; markup inside is left out.
    pub(crate) fn text(&mut self, out: &mut String) -> Result<(), ReadError> {
        let mut depth = 0_u32;
        loop {
            let most = self.most;
            let place = self.place.clone();
            match self.next()? {
                Event::Text(text) if depth == 0 => out.push_str(&text.xml10_content()),
                Event::CData(text) if depth == 0 => out.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) if depth == 0 => {
                    out.push_str(&self::entity(&entity, &place)?);
                }
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(ReadError::damaged(&place, "it ends inside an element")),
                _ => {}
            }
            if out.len() as u64 > most {
                return Err(ReadError::TooLarge {
                    what: Measure::TextBytes,
                    limit: most,
                    place: Some(place),
                });
            }
        }
    }

    /// Passes over an element whose start was read.
    pub(crate) fn skip(&mut self) -> Result<(), ReadError> {
        let mut depth = 0_u32;
        loop {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => depth -= 1,
                Event::Eof => {
                    return Err(ReadError::damaged(&self.place, "it ends inside an element"));
                }
                _ => {}
            }
        }
    }
}

/// The value of an attribute, by its name without a prefix.
pub(crate) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .and_then(|attribute| {
            Some(
                attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .ok()?
                    .into_owned(),
            )
        })
}

/// What a reference such as `&amp;` or `&#44032;` stands for.
pub(crate) fn entity(entity: &BytesRef<'_>, place: &str) -> Result<String, ReadError> {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        return Ok(c.to_string());
    }
    let name = entity.xml10_content();
    resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| ReadError::damaged(place, format_args!("the entity &{name}; is unknown")))
}

/// UTF-16 by its mark or by the zeros in `<?`; all else is read as UTF-8.
fn encoding_of(start: &[u8]) -> &'static Encoding {
    match start {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xfe, 0xff, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => UTF_8,
    }
}

/// Ends a document with an event that is too long: what the XML reader would hold in memory
/// as one tag, text or comment.
struct Bounded<'a> {
    inner: BufReader<Box<dyn Read + 'a>>,
    /// Bytes since the event began.
    since: u64,
    most: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("a text is too long")]
struct TooLong;

impl Read for Bounded<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(out)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.since > self.most.saturating_add(SLACK) {
            return Err(std::io::Error::other(TooLong));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.since += amount as u64;
        self.inner.consume(amount);
    }
}
