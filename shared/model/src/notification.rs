//! What people are told.

use serde::{Deserialize, Serialize};

use crate::FileId;

/// Something that people are told, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Notification {
    /// What came of an upload.
    Upload(UploadNotification),
}

/// What came of a version of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadNotification {
    /// The file.
    pub file: FileId,
    /// Which version of it: the `sequencer` of the upload.
    pub version: String,
    /// The upload's own file name.
    pub name: String,
    /// What came of it.
    pub outcome: UploadOutcome,
}

/// What came of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UploadOutcome {
    /// A report.
    Done {
        /// Its key in the files bucket.
        report: String,
        /// What is in it.
        numbers: ReportNumbers,
    },
    /// No report.
    Failed {
        /// The reason for a person.
        reason: String,
    },
}

/// A report in numbers, short enough for the table and a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportNumbers {
    /// Rows with content below the header.
    pub rows_read: u64,
    /// Rows that are in the figures.
    pub rows_used: u64,
    /// Rows that could not be read.
    pub rows_rejected: u64,
    /// Different products.
    pub products: usize,
    /// How many of them are followed; none when that was not looked up.
    pub products_followed: Option<u64>,
    /// The first date, `2026-11-21`, with a time of day `2026-11-21T10:15:00`.
    pub first_date: Option<String>,
    /// The last date.
    pub last_date: Option<String>,
    /// Warnings.
    pub warnings: usize,
}

/// What names a notification, made of what it is about: `upload-<file>-<version>`. A repeated
/// message is the same notification.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NotificationId(String);

impl std::fmt::Display for NotificationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Notification {
    /// Its id.
    pub fn id(&self) -> NotificationId {
        match self {
            Self::Upload(about) => {
                NotificationId(format!("upload-{}-{}", about.file, about.version))
            }
        }
    }
}
