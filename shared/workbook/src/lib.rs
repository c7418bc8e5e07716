//! Workbooks: reading any upload, exact figures, and writing reports.
//!
//! ```text
//! file ─ read ─► cells ─ header ─► roles of columns      (first rows only)
//!                  │                                            │
//!                  ├─ turn: tables that are not one row a price ┘ (only where the first rows say so)
//!                  │
//!                  └─ figures::ingest, values ─► typed rows ─ figures::aggregate ─► sums
//!                                    │                                              │
//!                                    └─► Rejection                 figures::finish ─┴─► Summary
//!                                                                                        │
//!                                                     report, write ─► .xlsx ◄───────────┘
//! ```
//!
//! [`report`] does all of it for one upload (`upload.rs` is the order of the steps): it streams the
//! cells, finds the header, types each row, adds up exactly and
//! writes a report workbook; what it wrote comes back as a [`Summary`]. A row that cannot be
//! read is listed with its reason; a file that cannot be read is a [`ReadError`] with a
//! sentence for a person. What is stored of the products is compared between the two steps of it,
//! [`summarize`] and [`write_report`]. [`write`] has what every workbook of Pricetide shares.
//!
//! The crate knows nothing of AWS and nothing of async; a caller in an async program runs it
//! on a blocking thread.

mod error;
mod explain;
mod figures;
mod header;
mod language;
mod limits;
mod options;
mod read;
mod rejection;
mod report;
mod turn;
mod upload;
mod values;
pub mod write;

pub use error::{Measure, ReadError};
pub use explain::{ExplainedColumn, Explanation};
pub use figures::history::{Comparison, History, HistorySummary, StoredPrice};
pub use figures::products::Products;
pub use figures::summary::{
    CategoryMonth, ColumnSummary, CurrencySummary, IndexMonth, Moment, Movers, OfferPrice,
    OfferSummary, Presence, ProductSummary, ReasonCount, SheetSummary, Summary, Text,
    VendorSummary, Warning,
};
pub use header::headings::{Headings, Role};
pub use language::Language;
pub use limits::Limits;
pub use options::{Progress, ReportOptions, Stage};
pub use read::Format;
#[doc(hidden)]
pub use read::xlsx::{readers_agree, texts_agree};
pub use rejection::{RejectReason, Rejection, TotalRow};
pub use report::write as write_report;
pub use upload::{count_cells, report, summarize};
