//! What the caller of a report decides.

use crate::{Headings, Language, Limits};

/// How a workbook is read and its report is written.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions {
    /// What the upload may cost.
    pub limits: Limits,
    /// The report's language.
    pub language: Language,
    /// Headings beyond the built-in ones.
    pub headings: Headings,
    /// The name of the upload as its owner knows it, shown in the report; empty: the name of
    /// the input file.
    pub file_name: String,
}

/// How far a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Rows read so far.
    pub rows: u64,
    /// How much of the stage is done, in thousandths.
    pub permille: u16,
}

/// What a report is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the upload.
    Reading,
    /// Writing the report.
    Writing,
}
