//! Reading the file, and merging a run into it.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use model::Observation;

use crate::Row;
use crate::row::Seen;

/// What stands before and after the lines, so that the whole is one JSON document.
const HEAD: &str = "{\"version\":1,\"products\":[";
const TAIL: &str = "]}";
/// How long a product that no run has any more stays in the file.
const FORGOTTEN_AFTER: i64 = 400 * 24 * 3600;
/// The longest line that is read: far more than any row has.
const LONGEST: u64 = 1 << 20;

/// The file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("{0}")]
    Row(#[from] serde_json::Error),
    /// The file is not a catalogue of this version.
    #[error("the file does not begin as a catalogue does")]
    Foreign,
}

/// What became of a run's products, in the order of their ids, as lines: read again for each
/// attempt to merge it.
#[derive(Debug)]
pub struct Changes<W>(W);

impl<W: Write> Changes<W> {
    /// Begins them.
    pub fn new(to: W) -> Self {
        Self(to)
    }

    /// Adds an outcome. Those before it are of products with lesser ids.
    pub fn add(&mut self, seen: &Observation) -> Result<(), ViewError> {
        serde_json::to_writer(&mut self.0, &Seen::from(seen))?;
        Ok(self.0.write_all(b"\n")?)
    }

    /// Ends them.
    pub fn finish(mut self) -> Result<W, ViewError> {
        self.0.flush()?;
        Ok(self.0)
    }
}

/// Every row of a file.
pub fn read(file: impl Read) -> Result<Vec<Row>, ViewError> {
    let mut rows = Rows::new(Some(file))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(row);
    }
    Ok(all)
}

/// A file of these rows, which are in the order of their ids.
pub fn write(rows: &[Row]) -> Result<Vec<u8>, ViewError> {
    let mut file = Writer::new(Vec::new())?;
    for row in rows {
        file.add(row)?;
    }
    file.finish()
}

/// Writes the file anew, with what became of a run's products. Without a file there is none yet.
pub fn merge(
    file: Option<impl Read>,
    changes: impl Read,
    to: impl Write,
    now: Timestamp,
) -> Result<(), ViewError> {
    let mut known = Rows::new(file)?;
    let mut changes = Lines::new(BufReader::new(changes));
    let mut out = Writer::new(to)?;
    let oldest = now.as_second() - FORGOTTEN_AFTER;
    let mut row = known.next()?;
    let mut change: Option<Seen> = changes.next()?;
    loop {
        let next = match (&row, &change) {
            (None, None) => break,
            (Some(row), Some(change)) => row.id.as_str().cmp(change.product.as_str()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
        };
        if next.is_lt() {
            if let Some(row) = row.take()
                && row.points.last().is_some_and(|(at, _)| *at >= oldest)
            {
                out.add(&row)?;
            }
            row = known.next()?;
            continue;
        }
        let mut line = None;
        if next.is_eq() {
            line = row.take();
            row = known.next()?;
        }
        let product = change.as_ref().map(|seen| seen.product.clone());
        let Some(mut line) = line.or_else(|| product.map(Row::new)) else {
            break;
        };
        while let Some(seen) = change.take_if(|seen| seen.product == line.id) {
            line.apply(&seen);
            change = changes.next()?;
        }
        out.add(&line)?;
    }
    out.finish()?.flush()?;
    Ok(())
}

/// A file that is being written.
struct Writer<W: Write> {
    out: GzEncoder<W>,
    is_first: bool,
}

impl<W: Write> Writer<W> {
    fn new(to: W) -> Result<Self, ViewError> {
        let mut out = GzEncoder::new(to, Compression::default());
        out.write_all(HEAD.as_bytes())?;
        Ok(Self {
            out,
            is_first: true,
        })
    }

    fn add(&mut self, row: &Row) -> Result<(), ViewError> {
        let end: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.out.write_all(end)?;
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.out, row)?)
    }

    fn finish(mut self) -> Result<W, ViewError> {
        self.out.write_all(b"\n")?;
        self.out.write_all(TAIL.as_bytes())?;
        Ok(self.out.finish()?)
    }
}

/// The rows of a file, one after the other.
struct Rows<R: Read>(Option<Lines<BufReader<GzDecoder<R>>>>);

impl<R: Read> Rows<R> {
    fn new(file: Option<R>) -> Result<Self, ViewError> {
        let Some(file) = file else {
            return Ok(Self(None));
        };
        let mut lines = Lines::new(BufReader::new(GzDecoder::new(file)));
        match lines.line()? {
            Some(head) if head == HEAD => Ok(Self(Some(lines))),
            _ => Err(ViewError::Foreign),
        }
    }

    fn next(&mut self) -> Result<Option<Row>, ViewError> {
        let Some(lines) = &mut self.0 else {
            return Ok(None);
        };
        match lines.line()? {
            Some(line) if line != TAIL => {
                let line = line.strip_suffix(',').unwrap_or(line);
                Ok(Some(serde_json::from_str(line)?))
            }
            _ => Ok(None),
        }
    }
}

/// The lines of a text, of which only one is in memory.
struct Lines<R> {
    from: R,
    line: String,
}

impl<R: BufRead> Lines<R> {
    fn new(from: R) -> Self {
        Self {
            from,
            line: String::new(),
        }
    }

    fn line(&mut self) -> Result<Option<&str>, ViewError> {
        self.line.clear();
        let read = (&mut self.from).take(LONGEST).read_line(&mut self.line)?;
        Ok((read > 0).then(|| self.line.trim_end()))
    }

    fn next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, ViewError> {
        match self.line()? {
            Some(line) => Ok(Some(serde_json::from_str(line)?)),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-30T00:00:00Z";

    fn seen(product: &str, slot: i64, amount: &str) -> String {
        format!(
            r#"{{"product":"{product}","slot":{slot},"price":{{"amount":"{amount}","currency":"KRW"}}}}"#
        ) + "\n"
    }

    fn merged(file: Option<&[u8]>, changes: &str) -> Vec<u8> {
        let mut to = Vec::new();
        merge(file, changes.as_bytes(), &mut to, NOW.parse().unwrap()).unwrap();
        to
    }

    fn ids(file: &[u8]) -> Vec<(String, usize)> {
        let rows = read(file).unwrap().into_iter();
        rows.map(|row| (row.id.to_string(), row.points.len()))
            .collect()
    }

    fn is(found: &[(String, usize)], expected: &[(&str, usize)]) -> bool {
        let found: Vec<_> = found.iter().map(|(id, n)| (id.as_str(), *n)).collect();
        found == expected
    }

    const SLOT: i64 = 1_795_000_000;

    #[test]
    fn a_run_is_merged_in_order_and_once() {
        let first = merged(None, &(seen("b", SLOT, "1") + &seen("d", SLOT, "2")));
        assert!(is(&ids(&first), &[("b", 1), ("d", 1)]));
        let run = seen("a", SLOT, "1") + &seen("b", SLOT + 60, "3") + &seen("e", SLOT, "4");
        let second = merged(Some(&first), &run);
        let expected = [("a", 1), ("b", 2), ("d", 1), ("e", 1)];
        assert!(is(&ids(&second), &expected));
        assert_eq!(merged(Some(&second), &run), second);
    }

    #[test]
    fn the_whole_is_one_json_document() {
        for changes in [String::new(), seen("a", SLOT, "1") + &seen("b", SLOT, "2")] {
            let file = merged(None, &changes);
            let document: serde_json::Value =
                serde_json::from_reader(GzDecoder::new(file.as_slice())).unwrap();
            assert_eq!(document["version"], 1);
        }
    }

    #[test]
    fn what_no_run_has_any_more_is_forgotten() {
        let old = merged(None, &seen("a", SLOT - 500 * 24 * 3600, "1"));
        assert!(is(&ids(&merged(Some(&old), "")), &[]));
    }

    #[test]
    fn another_file_is_refused() {
        let mut other = GzEncoder::new(Vec::new(), Compression::fast());
        other.write_all(b"{\"version\":2}").unwrap();
        let other = other.finish().unwrap();
        assert!(matches!(read(other.as_slice()), Err(ViewError::Foreign)));
        assert!(matches!(read(&b"no gzip"[..]), Err(ViewError::Io(_))));
    }
}
