//! Notes: what people are told, each note once.
//!
//! A note goes through the queue `notifications` to the notifier. `NOTE#id` / `META` says how far
//! it is: `status` is `sending` with a lease, and then what came of it; `expires_at` lets
//! DynamoDB remove the item 30 days later, long after the last message about it. The id is made
//! of what the note is about, so that a repeated message is the same note.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::{FileId, Upload};
use serde::{Deserialize, Serialize};

use crate::files::{ours, standing};
use crate::item::{n, s, text};
use crate::{FileState, Files, Queue, Table};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

/// How long whoever sends a note may take; then another attempt may begin.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long a note is remembered: longer than any queue keeps a message.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many characters of a reason are told.
const REASON: usize = 2_000;

/// What people are told, as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// What came of an upload.
    Upload(UploadNote),
}

/// What came of a version of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadNote {
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

/// What names a note: `upload-<file>-<version>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteId(String);

impl std::fmt::Display for NoteId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Note {
    /// The note of an upload in this state; none while it is worked on.
    fn of_upload(upload: &Upload, state: FileState) -> Result<Option<Self>> {
        let outcome = match state {
            FileState::Processing { .. } => return Ok(None),
            FileState::Done { report, summary } => UploadOutcome::Done {
                report,
                numbers: serde_json::from_str(&summary)
                    .with_context(|| format!("read what came of {}", upload.key))?,
            },
            FileState::Failed { reason, .. } => UploadOutcome::Failed {
                reason: reason.chars().take(REASON).collect(),
            },
        };
        Ok(Some(Self::Upload(UploadNote {
            file: upload.file_id(),
            version: upload.sequencer.clone(),
            name: upload.file_name().to_owned(),
            outcome,
        })))
    }

    /// Its id.
    pub fn id(&self) -> NoteId {
        match self {
            Self::Upload(note) => NoteId(format!("upload-{}-{}", note.file, note.version)),
        }
    }
}

/// Tells what came of uploads. The file is settled first, then its note is sent, then it is
/// marked as told: who dies in between leaves a file that the next event tells, perhaps again,
/// which the notifier notices.
#[derive(Debug, Clone)]
pub struct Outbox {
    files: Files,
    notifications: Queue,
}

impl Outbox {
    /// From these files to this queue.
    pub fn new(files: Files, notifications: Queue) -> Self {
        Self {
            files,
            notifications,
        }
    }

    /// Ends the work on a claimed version of an upload and tells what came of it. Of a version
    /// that a newer one took over nothing is told.
    pub async fn settle(&self, upload: &Upload, state: FileState) -> Result<()> {
        if self.files.settle(upload, &state).await? {
            self.tell(upload, state).await?;
        }
        Ok(())
    }

    /// Tells what came of a settled version of an upload.
    pub async fn tell(&self, upload: &Upload, state: FileState) -> Result<()> {
        let Some(note) = Note::of_upload(upload, state)? else {
            return Ok(());
        };
        self.notifications
            .send(serde_json::to_string(&note)?, Duration::ZERO)
            .await?;
        self.files.told(upload).await
    }
}

/// The notes that were and are being sent.
#[derive(Debug, Clone)]
pub struct Notes {
    table: Table,
}

/// What became of claiming a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteClaim {
    /// The note is ours to send, for a minute.
    Ours,
    /// It was dealt with: nothing to do.
    Settled,
    /// Somebody else is sending it.
    Held,
}

/// What came of a note in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was posted.
    Sent,
    /// There is nowhere to post it to.
    NotConfigured,
    /// A newer version of the upload has a note of its own.
    Superseded,
    /// It will never be accepted.
    Refused,
}

impl Delivery {
    fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NotConfigured => "not_configured",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

impl Notes {
    /// The notes of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Claims a note for a minute, unless it was dealt with.
    pub async fn claim(&self, note: &Note) -> Result<NoteClaim> {
        let id = note.id();
        let now = Timestamp::now();
        let result = self
            .update(&id)
            .update_expression(
                "SET #status = :sending, note = :note, lease_until = :until, expires_at = :expires",
            )
            .condition_expression(
                "attribute_not_exists(PK) OR (#status = :sending AND lease_until < :now)",
            )
            .expression_attribute_values(":note", s(serde_json::to_string(note)?))
            .expression_attribute_values(":until", n((now + LEASE).as_millisecond()))
            .expression_attribute_values(":now", n(now.as_millisecond()))
            .expression_attribute_values(":expires", n((now + REMEMBERED).as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(NoteClaim::Ours),
            Err(error) => match standing(&error) {
                Some(item) if text(item, "status") == Some(SENDING) => Ok(NoteClaim::Held),
                Some(_) => Ok(NoteClaim::Settled),
                None => Err(error).with_context(|| format!("claim the note {id}")),
            },
        }
    }

    /// Gives a claimed note back, to be sent later.
    pub async fn release(&self, id: &NoteId) -> Result<()> {
        let update = self
            .update(id)
            .update_expression("SET lease_until = :ended")
            .condition_expression("#status = :sending")
            .expression_attribute_values(":ended", n(0));
        ours(update.send().await).with_context(|| format!("give the note {id} back"))?;
        Ok(())
    }

    /// Says what came of a claimed note in the end, and why.
    pub async fn settle(&self, id: &NoteId, delivery: Delivery, detail: &str) -> Result<()> {
        let update = self
            .update(id)
            .update_expression(
                "SET #status = :status, detail = :detail, settled_at = :at REMOVE lease_until",
            )
            .condition_expression("#status = :sending")
            .expression_attribute_values(":status", s(delivery.name()))
            .expression_attribute_values(":detail", s(detail))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        ours(update.send().await).with_context(|| format!("settle the note {id}"))?;
        Ok(())
    }

    fn update(
        &self,
        id: &NoteId,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .key("PK", s(format!("NOTE#{id}")))
            .key("SK", s("META"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", s(SENDING))
    }
}

/// The status of a note that is on its way.
const SENDING: &str = "sending";
