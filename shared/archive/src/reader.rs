//! Reads an archive file, row by row.

use std::io::Read;

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

/// Why an archive file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A column that was asked for is not in the header.
    #[error("the archive file has no column {0:?}")]
    MissingColumn(&'static str),
    /// It is cut off, no gzip, no CSV or no UTF-8.
    #[error("the archive file cannot be read: {0}")]
    Broken(#[from] csv::Error),
}

/// Reads `N` columns of a gzipped CSV file, one row at a time.
pub struct Reader<R, const N: usize> {
    csv: csv::Reader<MultiGzDecoder<R>>,
    at: [usize; N],
    record: StringRecord,
}

impl<R: Read, const N: usize> Reader<R, N> {
    /// Begins to read; finds the wanted columns by their names.
    pub fn new(from: R, wanted: [&'static str; N]) -> Result<Self, Unreadable> {
        let mut csv = csv::ReaderBuilder::new()
            .buffer_capacity(1 << 16)
            .from_reader(MultiGzDecoder::new(from));
        let header = csv.headers()?;
        let mut at = [0; N];
        for (place, name) in at.iter_mut().zip(wanted) {
            *place = header
                .iter()
                .position(|given| given == name)
                .ok_or(Unreadable::MissingColumn(name))?;
        }
        Ok(Self {
            csv,
            at,
            record: StringRecord::new(),
        })
    }

    /// The wanted cells of the next row, in the order in which they were asked for; an empty cell
    /// is a value that is not there. `None` after the last row.
    pub fn next_row(&mut self) -> Result<Option<[&str; N]>, Unreadable> {
        if !self.csv.read_record(&mut self.record)? {
            return Ok(None);
        }
        Ok(Some(
            self.at.map(|at| self.record.get(at).unwrap_or_default()),
        ))
    }
}
