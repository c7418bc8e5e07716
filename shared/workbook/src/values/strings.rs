//! The texts that the cells of a workbook share, by index. Many texts lie in a temporary file:
//! of a million addresses that no column needs, memory holds where each ends and no more.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::{Limits, Measure, ReadError};

/// Bytes of texts that stay in memory; the facts' workbook of 10,000 products has a fifth.
const IN_MEMORY: usize = 4 << 20;
/// Bytes that are read at once: neighbours are often asked for one after the other.
const READ: usize = 8 << 10;

/// Texts in one piece of memory, by index.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    bytes: String,
    ends: Vec<u32>,
}

impl Arena {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text; an index beyond the end is an empty text (readers check their indices).
    pub(crate) fn get(&self, index: u32) -> &str {
        let (start, end) = range(&self.ends, index);
        self.bytes.get(start..end).unwrap_or("")
    }

    /// Adds a text. False when the texts together pass 4 GiB.
    pub(crate) fn push(&mut self, text: &str) -> bool {
        self.bytes.push_str(text);
        let Ok(end) = u32::try_from(self.bytes.len()) else {
            return false;
        };
        self.ends.push(end);
        true
    }
}

/// Where a text starts and ends.
fn range(ends: &[u32], index: u32) -> (usize, usize) {
    let index = index as usize;
    let start = match index.checked_sub(1) {
        None => 0,
        Some(before) => ends.get(before).copied().unwrap_or(0) as usize,
    };
    let end = ends.get(index).map_or(start, |end| *end as usize);
    (start, end)
}

/// The shared texts of an upload.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    ends: Vec<u32>,
    /// The texts behind those in the file.
    bytes: String,
    file: Option<RefCell<Spilled>>,
}

/// The texts that no longer lie in memory.
#[derive(Debug)]
struct Spilled {
    file: File,
    length: usize,
    /// What was read last, and from where.
    window: Vec<u8>,
    start: usize,
    /// Why texts could not be read.
    failed: Option<io::Error>,
}

impl Strings {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text; an index beyond the end is an empty text (readers check their indices). So is
    /// one that the temporary file does not give back, and [`Self::check`] fails from then on.
    pub(crate) fn get(&self, index: u32) -> Cow<'_, str> {
        let (start, end) = range(&self.ends, index);
        let Some(file) = &self.file else {
            return Cow::Borrowed(self.bytes.get(start..end).unwrap_or(""));
        };
        let mut file = file.borrow_mut();
        if let Some(start) = start.checked_sub(file.length) {
            let end = end - file.length;
            return Cow::Borrowed(self.bytes.get(start..end).unwrap_or(""));
        }
        Cow::Owned(file.get(start, end).unwrap_or_else(|error| {
            file.failed = Some(error);
            String::new()
        }))
    }

    /// Whether all texts that were asked for could be had.
    pub(crate) fn check(&self) -> Result<(), ReadError> {
        let failed = self
            .file
            .as_ref()
            .and_then(|file| file.borrow_mut().failed.take());
        failed.map_or(Ok(()), |error| Err(temporary(error)))
    }

    /// Adds a text of an upload.
    pub(crate) fn add(&mut self, text: &str, limits: &Limits) -> Result<(), ReadError> {
        let too_large = |what, limit| {
            Err(ReadError::TooLarge {
                what,
                limit,
                place: None,
            })
        };
        if self.ends.len() as u64 >= limits.shared_strings {
            return too_large(Measure::SharedStrings, limits.shared_strings);
        }
        self.bytes.push_str(text);
        let spilled = self.file.as_ref().map_or(0, |file| file.borrow().length);
        let all = spilled + self.bytes.len();
        match u32::try_from(all) {
            Ok(end) if all as u64 <= limits.shared_string_bytes => self.ends.push(end),
            _ => return too_large(Measure::SharedStringBytes, limits.shared_string_bytes),
        }
        if self.bytes.len() > IN_MEMORY {
            self.spill().map_err(temporary)?;
        }
        Ok(())
    }

    /// Moves the texts into the file.
    fn spill(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(RefCell::new(Spilled {
                file: tempfile::tempfile()?,
                length: 0,
                window: Vec::new(),
                start: 0,
                failed: None,
            }));
        }
        if let Some(file) = &self.file {
            let mut file = file.borrow_mut();
            file.file.write_all(self.bytes.as_bytes())?;
            file.length += self.bytes.len();
        }
        self.bytes.clear();
        Ok(())
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

fn temporary(source: io::Error) -> ReadError {
    ReadError::Input {
        path: std::env::temp_dir(),
        source,
    }
}

impl Spilled {
    fn get(&mut self, start: usize, end: usize) -> io::Result<String> {
        let is_held = start >= self.start && end <= self.start + self.window.len();
        if !is_held {
            let most = READ.max(end - start).min(self.length - start);
            self.window.resize(most, 0);
            self.start = start;
            self.file.seek(SeekFrom::Start(start as u64))?;
            self.file.read_exact(&mut self.window)?;
        }
        let text = &self.window[start - self.start..end - self.start];
        std::str::from_utf8(text)
            .map(str::to_owned)
            .map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_index() {
        let (mut arena, mut strings) = (Arena::default(), Strings::default());
        for text in ["가격", "", "price"] {
            assert!(arena.push(text));
            strings.add(text, &Limits::default()).unwrap();
        }
        for (index, text) in [(0, "가격"), (1, ""), (2, "price"), (9, "")] {
            assert_eq!(arena.get(index), text);
            assert_eq!(strings.get(index), text);
        }
        assert_eq!((arena.len(), strings.len()), (3, 3));
    }

    #[test]
    fn many_texts_are_found_in_any_order() {
        let text = |index: u32| format!("{index} {}", "가".repeat(index as usize % 50));
        let mut strings = Strings::default();
        let count = 100_000;
        for index in 0..count {
            strings.add(&text(index), &Limits::default()).unwrap();
        }
        strings.shrink();
        assert!(strings.file.is_some() && strings.bytes.len() <= IN_MEMORY);
        for step in 0..count {
            let index = step * 7_919 % count;
            assert_eq!(strings.get(index), text(index));
        }
        for index in 0..count {
            assert_eq!(strings.get(index), text(index));
        }
        strings.check().unwrap();
    }

    #[test]
    fn a_temporary_file_that_is_cut_off_is_an_error() {
        let mut strings = Strings::default();
        let long = "x".repeat(1 << 20);
        for _ in 0..6 {
            strings.add(&long, &Limits::default()).unwrap();
        }
        let file = strings.file.as_ref().unwrap();
        file.borrow().file.set_len(100).unwrap();
        assert_eq!(strings.get(1), "");
        assert!(matches!(strings.check(), Err(ReadError::Input { .. })));
    }
}
