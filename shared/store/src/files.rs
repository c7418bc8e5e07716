//! Uploads and their reports in the table.
//!
//! `FILE#id` / `META`. The id is derived from where the upload lies, so that a repeated event
//! finds the same item. Who works on it holds a lease and renews it; a lease that ran out means
//! that the holder died, and the next one takes over. A newer version of the same object (a
//! greater `sequencer`) takes the file over at once, and the older version's result is dropped.
//!
//! What came of a version is told once it is settled: `told_at` says that its note is in the
//! queue. A repeated event that finds a version settled and untold tells it.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::{SignedDuration, Timestamp};
use model::{FileId, Upload};

use crate::item::{Item, n, parsed, parsed_if_any, s, text};
use crate::listing::{Listing, came_at};
use crate::table::Written;
use crate::{Cursor, Page, Table};

/// How long a lease lasts, in seconds, unless it is renewed. Shorter than the minute after
/// which Lambda repeats a failed event.
pub const LEASE_SECONDS: i64 = 30;

/// The uploads.
#[derive(Debug, Clone)]
pub struct Files {
    table: Table,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// Somebody works on it, and holds it until this instant.
    Processing {
        /// When the lease runs out.
        lease_until: Timestamp,
    },
    /// Its report is written.
    Done {
        /// The report's key in the files bucket.
        report: String,
        /// What came of it: [`ReportNumbers`](model::ReportNumbers) as JSON.
        summary: String,
    },
    /// No report can be made of it.
    Failed {
        /// The reason's name in data.
        code: String,
        /// The reason for a person.
        reason: String,
    },
}

/// A file as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Where the upload lies.
    pub upload: Upload,
    /// How far it is.
    pub state: FileState,
    /// When it came; unknown of one that came before uploads were listed.
    pub came_at: Option<Timestamp>,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The file is ours until the lease runs out.
    Ours,
    /// This version is done or failed and was told, or a newer one took over: nothing to do.
    Settled,
    /// This version is done or failed, but who settled it died before it was told.
    Untold(FileState),
    /// Somebody else works on this version.
    Held,
}

impl Files {
    /// The files of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Claims a version of an upload for [`LEASE_SECONDS`].
    pub async fn claim(&self, upload: &Upload) -> Result<Claim> {
        let now = Timestamp::now();
        let id = upload.file_id();
        let mut claim = self
            .update(&id)
            .update_expression(format!(
                "SET #status = :processing, #bucket = :b, #key = :k, sequencer = :s, #size = :z, \
                 lease_until = :until, {} REMOVE report, summary, code, reason, told_at",
                Listing::SET_ONCE
            ))
            .condition_expression(
                "attribute_not_exists(PK) OR sequencer < :s \
                 OR (sequencer = :s AND #status = :processing AND lease_until < :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#bucket", "bucket")
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#size", "size")
            .expression_attribute_values(":processing", s("processing"))
            .expression_attribute_values(":b", s(&upload.bucket))
            .expression_attribute_values(":k", s(&upload.key))
            .expression_attribute_values(":s", s(&upload.sequencer))
            .expression_attribute_values(":z", n(upload.size))
            .expression_attribute_values(":until", n(lease_end(now)))
            .expression_attribute_values(":now", n(now.as_millisecond()));
        for (name, value) in Listing::Uploads.by_time(format_args!("{now:.3}"), &id) {
            claim = claim.expression_attribute_values(format!(":{name}"), s(value));
        }
        let written = self.table.update_if(claim).await;
        match written.with_context(|| format!("claim {}", upload.key))? {
            Written::Applied => Ok(Claim::Ours),
            Written::Refused(item) => {
                let same = text(&item, "sequencer") == Some(upload.sequencer.as_str());
                Ok(match read(&item)?.state {
                    _ if !same => Claim::Settled,
                    FileState::Processing { .. } => Claim::Held,
                    _ if item.contains_key("told_at") => Claim::Settled,
                    settled => Claim::Untold(settled),
                })
            }
        }
    }

    /// Holds a claimed version for another [`LEASE_SECONDS`]; false when a newer version took
    /// the file over.
    pub async fn renew(&self, upload: &Upload) -> Result<bool> {
        let update = self
            .held(upload)
            .update_expression("SET lease_until = :until")
            .expression_attribute_values(":until", n(lease_end(Timestamp::now())));
        self.applies(update)
            .await
            .with_context(|| format!("hold {}", upload.key))
    }

    /// Ends the work on a claimed version; false as for [`Self::finish`].
    pub(crate) async fn settle(&self, upload: &Upload, state: &FileState) -> Result<bool> {
        match state {
            FileState::Processing { .. } => Ok(false),
            FileState::Done { report, summary } => self.finish(upload, report, summary).await,
            FileState::Failed { code, reason } => self.fail(upload, code, reason).await,
        }
    }

    /// Ends the work on a claimed version with a report; false when a newer version took the
    /// file over, whose result counts.
    async fn finish(&self, upload: &Upload, report: &str, summary: &str) -> Result<bool> {
        let update = self
            .held(upload)
            .update_expression(
                "SET #status = :done, report = :r, summary = :m, finished_at = :at REMOVE lease_until",
            )
            .expression_attribute_values(":done", s("done"))
            .expression_attribute_values(":r", s(report))
            .expression_attribute_values(":m", s(summary))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        self.applies(update)
            .await
            .with_context(|| format!("finish {}", upload.key))
    }

    /// Ends the work on a claimed version without a report; false as for [`Self::finish`].
    async fn fail(&self, upload: &Upload, code: &str, reason: &str) -> Result<bool> {
        let update = self
            .held(upload)
            .update_expression(
                "SET #status = :failed, code = :c, reason = :r, finished_at = :at REMOVE lease_until",
            )
            .expression_attribute_values(":failed", s("failed"))
            .expression_attribute_values(":c", s(code))
            .expression_attribute_values(":r", s(reason))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        self.applies(update)
            .await
            .with_context(|| format!("end {}", upload.key))
    }

    /// Says that the note of a settled version is in the queue. A newer version that took the
    /// file over is told on its own.
    pub(crate) async fn told(&self, upload: &Upload) -> Result<()> {
        let update = self
            .update(&upload.file_id())
            .update_expression("SET told_at = :at")
            .condition_expression("sequencer = :s AND #status <> :processing")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":s", s(&upload.sequencer))
            .expression_attribute_values(":processing", s("processing"))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        self.applies(update)
            .await
            .with_context(|| format!("mark {} as told", upload.key))?;
        Ok(())
    }

    /// Looks a file up.
    pub async fn get(&self, id: &FileId) -> Result<Option<FileRecord>> {
        let item = self.table.get_latest(key(id), "META").await;
        let item = item.with_context(|| format!("read the file {id}"))?;
        item.map(|item| read(&item)).transpose()
    }

    /// A page of all uploads, the newest first. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<FileRecord>> {
        let page = self.table.page_of_items(Listing::Uploads, cursor, limit);
        page.await?.try_map(|item| read(&item))
    }

    /// Whether the condition of an update held.
    async fn applies(&self, update: UpdateItemFluentBuilder) -> Result<bool> {
        Ok(self.table.update_if(update).await?.is_applied())
    }

    fn update(&self, id: &FileId) -> UpdateItemFluentBuilder {
        self.table.update(key(id), "META")
    }

    /// An update of a file whose standing version is this one and still worked on.
    fn held(&self, upload: &Upload) -> UpdateItemFluentBuilder {
        self.update(&upload.file_id())
            .condition_expression("sequencer = :s AND #status = :processing")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":s", s(&upload.sequencer))
            .expression_attribute_values(":processing", s("processing"))
    }
}

fn key(id: &FileId) -> String {
    format!("FILE#{id}")
}

/// The end of a lease that begins now, in milliseconds since the epoch.
pub(crate) fn lease_end(now: Timestamp) -> i64 {
    now.as_millisecond() + LEASE_SECONDS * 1_000
}

fn read(item: &Item) -> Result<FileRecord> {
    let owned = |name| text(item, name).map(str::to_owned).unwrap_or_default();
    let state = match text(item, "status") {
        Some("done") => FileState::Done {
            report: owned("report"),
            summary: owned("summary"),
        },
        Some("failed") => FileState::Failed {
            code: owned("code"),
            reason: owned("reason"),
        },
        _ => FileState::Processing {
            lease_until: parsed_if_any::<i64>(item, "lease_until")?
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or_else(|| Timestamp::now() - SignedDuration::from_secs(1)),
        },
    };
    Ok(FileRecord {
        upload: Upload {
            bucket: owned("bucket"),
            key: owned("key"),
            sequencer: owned("sequencer"),
            size: parsed(item, "size")?,
        },
        state,
        came_at: came_at(item),
    })
}
