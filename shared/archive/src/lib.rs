//! The open archive of the history: one gzipped CSV file a run, which Athena, `DuckDB`, pandas and
//! spreadsheets read as it is.
//!
//! A file's [`Key`] has the partitions `schedule` and `date` in its folders and the slot and the
//! generation in its name. What changes a closed run (a late outcome, a void, an import) writes
//! its file anew as the next generation; the highest counts, the lower ones may be removed. Every
//! row names its generation, so that a reader that takes whole folders can leave older ones out.
//!
//! [`Writer`] and [`Reader`] hold one row at a time. The columns are [`COLUMNS`]; a reader goes by
//! their names, so that later versions can add more.

mod columns;
mod key;
mod reader;
mod row;
mod writer;

pub use columns::{COLUMNS, Column, Kind};
pub use key::{Key, NotAKey, current};
pub use reader::{Reader, Unreadable};
pub use row::Row;
pub use writer::Writer;
