//! What an upload may cost before it is refused. Nothing a file says about itself is trusted:
//! every limit is held against what was counted.

use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer};

use crate::ReadError;

/// The limits of one upload. The defaults let through everything a spreadsheet program can
/// hold and keep a function of 1,024 MB and 300 seconds alive: a million products, the most that
/// memory has to hold, take 155 MiB.
///
/// In configuration those that differ, the time in seconds: `{"rows": 100000, "seconds": 60}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Entries of the zip container.
    pub entries: u64,
    /// Bytes of everything that is inflated, together.
    pub inflated_bytes: u64,
    /// Number of shared strings.
    pub shared_strings: u64,
    /// Bytes of all shared strings together.
    pub shared_string_bytes: u64,
    /// Sheets.
    pub sheets: u64,
    /// Rows with content over all sheets that are used.
    pub rows: u64,
    /// Columns of a sheet.
    pub columns: u64,
    /// Bytes of one text. A spreadsheet program allows 32,767 characters.
    pub text_bytes: u64,
    /// Bytes of all names, codes, categories and vendors that are kept, each text once.
    pub kept_text_bytes: u64,
    /// Cells of .xls and .ods files, which have to be held in memory.
    pub cells: u64,
    /// Different products.
    pub products: u64,
    /// Rejected rows that are listed; the rest is only counted.
    pub rejected_listed: u64,
    /// Time for reading.
    #[serde(rename = "seconds", deserialize_with = "seconds")]
    pub time: Duration,
    /// Whether a large sheet may be inflated in a second thread: less waiting, slightly more
    /// CPU time.
    #[serde(skip)]
    pub second_thread: bool,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 512 << 20,
            entries: 10_000,
            inflated_bytes: 6 << 30,
            shared_strings: 4_000_000,
            shared_string_bytes: 192 << 20,
            sheets: 1_000,
            rows: 10_000_000,
            columns: 16_384,
            text_bytes: 256 << 10,
            kept_text_bytes: 128 << 20,
            cells: 4_000_000,
            products: 1_000_000,
            rejected_listed: 100_000,
            time: Duration::from_mins(4),
            second_thread: false,
        }
    }
}

/// The end of the time that reading may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    allowed: Duration,
}

impl Deadline {
    pub(crate) fn new(allowed: Duration) -> Self {
        Self {
            started: Instant::now(),
            allowed,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ReadError> {
        if self.started.elapsed() > self.allowed {
            return Err(ReadError::TooSlow {
                seconds: self.allowed.as_secs(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_configured_by_those_that_differ() {
        let limits: Limits = serde_json::from_str(r#"{"rows": 5, "seconds": 7}"#).unwrap();
        let expected = Limits {
            rows: 5,
            time: Duration::from_secs(7),
            ..Limits::default()
        };
        assert_eq!(limits, expected);
        for wrong in [r#"{"row": 5}"#, r#"{"rows": -1}"#, r#"{"time": 7}"#] {
            assert!(serde_json::from_str::<Limits>(wrong).is_err(), "{wrong}");
        }
    }
}
