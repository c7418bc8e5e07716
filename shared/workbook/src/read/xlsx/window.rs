//! The part of a sheet that is in memory, and the way to its data.

use std::io::Read;

use memchr::{memchr, memmem};
use quick_xml::events::Event;

use crate::read::package::from_io;
use crate::read::xml::Xml;
use crate::values::cell::Stop;

/// Bytes that are inflated at once.
const CHUNK: usize = 64 << 10;
/// The most bytes before a sheet's data: views, columns.
const MAX_PROLOG: usize = 8 << 20;

/// The part of the sheet that is in memory.
pub(super) struct Window<'a, R> {
    source: R,
    bytes: Vec<u8>,
    at: usize,
    end: usize,
    name: &'a str,
}

impl<'a, R: Read> Window<'a, R> {
    pub(super) fn new(source: R, name: &'a str) -> Self {
        Self {
            source,
            bytes: vec![0; 2 * CHUNK],
            at: 0,
            end: 0,
            name,
        }
    }

    /// What is not used yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..self.end]
    }

    /// So many bytes of the rest are used.
    pub(super) fn used(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Reads on; what is not used yet moves to the front. False at the end of the sheet.
    pub(super) fn fill(&mut self) -> Result<bool, Stop> {
        self.bytes.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        if self.bytes.len() - self.end < CHUNK {
            self.bytes
                .resize((self.bytes.len() * 2).max(self.end + CHUNK), 0);
        }
        let room = self.end + CHUNK;
        let read = self
            .source
            .read(&mut self.bytes[self.end..room])
            .map_err(|error| from_io(error, self.name))?;
        self.end += read;
        Ok(read > 0)
    }

    /// Reads to the end, so that a wrong checksum is found.
    pub(super) fn drain(&mut self) -> Result<(), Stop> {
        while self
            .source
            .read(&mut self.bytes[..])
            .map_err(|error| from_io(error, self.name))?
            > 0
        {}
        Ok(())
    }

    /// Goes to the first byte inside the element whose tag begins so, and hands `check` what
    /// stands before it (without the declaration) and the rest of its tag. False when the
    /// element is empty.
    pub(super) fn enter(
        &mut self,
        opening: &[u8],
        check: impl FnOnce(&[u8], &[u8]) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        let finder = memmem::Finder::new(opening);
        let mut looked = 0;
        let (start, tag_end) = loop {
            let bytes = &self.bytes[..self.end];
            looked = match finder.find(&bytes[looked..]) {
                Some(found) => {
                    let start = looked + found;
                    if let Some(end) = memchr(b'>', &bytes[start..]) {
                        break (start, start + end);
                    }
                    // The first one counts, also when its end is not read yet.
                    start
                }
                None => self.end.saturating_sub(16).max(looked),
            };
            if self.end > MAX_PROLOG || !self.fill()? {
                return Err(Stop::Unsure("no data"));
            }
        };
        let bytes = &self.bytes[..self.end];
        let before = &bytes[..start];
        if memmem::find(before, b"<!").is_some() {
            return Err(Stop::Unsure("markup before the data"));
        }
        check_prolog(before, self.name)?;
        let mut root = before.strip_prefix(b"\xef\xbb\xbf").unwrap_or(before);
        if root.starts_with(b"<?xml") {
            let end = memchr(b'>', root).ok_or(Stop::Unsure("declaration"))?;
            let declaration = root[..end].to_ascii_lowercase();
            if let Some(at) = memmem::find(&declaration, b"encoding")
                && memmem::find(&declaration[at..], b"utf-8").is_none()
            {
                return Err(Stop::Unsure("encoding"));
            }
            root = &root[end + 1..];
        }
        let tag = &bytes[start + opening.len()..tag_end];
        let attributes = tag.strip_suffix(b"/").unwrap_or(tag);
        check(root.trim_ascii_start(), attributes)?;
        self.at = tag_end + 1;
        Ok(attributes.len() == tag.len())
    }
}

/// What stands before the data must be XML: a real parser looks at it, since it is short.
fn check_prolog(before: &[u8], name: &str) -> Result<(), Stop> {
    let unsure = |_| Stop::Unsure("not well-formed before the data");
    let mut xml = Xml::new(before, name, MAX_PROLOG as u64).map_err(unsure)?;
    while xml.next().map_err(unsure)? != Event::Eof {}
    Ok(())
}
