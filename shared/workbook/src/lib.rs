//! Workbooks: reading any upload, exact figures, and writing reports.
//!
//! [`report`] streams an upload's cells, finds its header, types each row, adds up exactly and
//! writes a report workbook; what it wrote comes back as a [`Summary`]. A row that cannot be
//! read is listed with its reason; a file that cannot be read is a [`ReadError`] with a
//! sentence for a person. What is stored of the products is compared between the two steps of it,
//! [`summarize`] and [`write_report`]. [`write`] has what every workbook of Pricetide shares.
//!
//! The crate knows nothing of AWS and nothing of async; a caller in an async program runs it
//! on a blocking thread.

mod aggregate;
mod cell;
mod date;
mod eight;
mod error;
mod finish;
mod header;
mod headings;
mod history;
mod ingest;
mod known;
mod language;
mod limits;
mod number;
mod options;
mod order;
mod price;
mod read;
mod rejection;
mod report;
mod slots;
mod strings;
mod summary;
mod texts;
mod upload;
mod values;
mod warnings;
pub mod write;

pub use error::{Measure, ReadError};
pub use headings::{Headings, Role};
pub use history::{Comparison, History, HistorySummary, StoredPrice};
pub use language::Language;
pub use limits::Limits;
pub use options::{Progress, ReportOptions, Stage};
pub use read::Format;
#[doc(hidden)]
pub use read::xlsx::{readers_agree, texts_agree};
pub use rejection::{RejectReason, Rejection};
pub use report::write as write_report;
pub use summary::{
    CategoryMonth, ColumnSummary, CurrencySummary, Moment, Movers, Presence, ProductSummary,
    ReasonCount, SheetSummary, Summary, Text, VendorSummary, Warning,
};
pub use upload::{count_cells, report, summarize};
