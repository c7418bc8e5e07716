//! The reporter: turns an uploaded price workbook into an aggregated report.
//!
//! S3 tells of every upload at least once and in no order. A version of an upload is claimed
//! before it is read and the claim is held while it is worked on, so that a repeated event does
//! no work twice, a crash lets the next one take over, and the newest version wins. A file that
//! cannot be read is a failed upload with a reason for a person, not an error of the function.
//! What came of an upload is told once it is settled.

mod history;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::history::StoredPrices;
use anyhow::{Context, Result, bail};
use aws_lambda_events::s3::S3Event;
use lambda::config;
use lambda::metrics::{self, Name};
use lambda_runtime::LambdaEvent;
use model::{ReportNumbers, Upload};
use serde::de::DeserializeOwned;
use store::{
    Bucket, Claim, Clients, Download, FileState, Files, LEASE_SECONDS, Outbox, Products, Queue,
    Table, XLSX,
};
use tracing::{info, warn};
use workbook::{Headings, Limits, ReadError, ReportOptions, Summary};

/// What the reporter works with.
#[derive(Debug, Clone)]
pub struct Reporter {
    clients: Clients,
    uploads: Files,
    outbox: Outbox,
    files: Bucket,
    /// None when uploads are not compared with what is stored.
    history: Option<StoredPrices>,
    /// Headings that the owner of the uploads has.
    headings: Headings,
    /// What an upload may cost.
    limits: Limits,
}

/// A setting as JSON; none is an empty one.
fn setting<T: DeserializeOwned>(name: &str) -> Result<T> {
    let json = config::optional(name).unwrap_or("{}".into());
    serde_json::from_str(&json).with_context(|| format!("the environment variable {name}"))
}

impl Reporter {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let uploads = Files::new(table.clone());
        let compares: bool = config::parsed("COMPARE_WITH_HISTORY")?;
        let history = compares.then(|| StoredPrices::from_env(Products::new(table)));
        let notifications = Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?);
        let files = Bucket::new(&clients, config::required("FILES_BUCKET")?);
        Ok(Self {
            outbox: Outbox::new(uploads.clone(), notifications),
            uploads,
            files,
            clients,
            history: history.transpose()?,
            headings: setting("HEADINGS")?,
            limits: setting("LIMITS")?,
        })
    }

    /// Reports on every upload that an event names.
    pub async fn report(&self, event: &S3Event) -> Result<()> {
        for upload in lambda::uploads::of_event(event)? {
            self.one(&upload).await?;
        }
        Ok(())
    }

    async fn one(&self, upload: &Upload) -> Result<()> {
        match self.uploads.claim(upload).await? {
            Claim::Ours => {}
            Claim::Settled => {
                info!(key = upload.key, "done already");
                return Ok(());
            }
            Claim::Untold(state) => return self.outbox.tell(upload, state).await,
            // An error, so that the event comes back: the holder may have died.
            Claim::Held => bail!("{} is worked on by another invocation", upload.key),
        }
        tokio::select! {
            read = self.read(upload) => {
                let state = read?;
                if let FileState::Failed { code, reason } = &state {
                    warn!(key = upload.key, code, "no report: {reason}");
                } else {
                    info!(key = upload.key, "reported");
                }
                self.outbox.settle(upload, state).await
            }
            lost = self.hold(upload) => {
                lost?;
                info!(key = upload.key, "a newer version took over");
                Ok(())
            }
        }
    }

    /// Renews the claim for as long as it is ours; returns when a newer version has it.
    async fn hold(&self, upload: &Upload) -> Result<()> {
        let pause = Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 3);
        loop {
            tokio::time::sleep(pause).await;
            if !self.uploads.renew(upload).await? {
                return Ok(());
            }
        }
    }

    /// Makes the report of a claimed upload, or finds out why none can be made.
    async fn read(&self, upload: &Upload) -> Result<FileState> {
        let options = ReportOptions {
            file_name: upload.file_name().to_owned(),
            headings: self.headings.clone(),
            limits: self.limits.clone(),
            ..ReportOptions::default()
        };
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let input = folder.path().join("upload");
        let output = folder.path().join("report.xlsx");
        let inbox = Bucket::new(&self.clients, &upload.bucket);
        match inbox
            .download(&upload.key, &input, options.limits.file_bytes)
            .await?
        {
            Download::Done(_) => {}
            Download::TooLarge(size) => {
                let limit = options.limits.file_bytes;
                let reason =
                    format!("The file has {size} bytes; the limit is {limit}. Upload it in parts.");
                return Ok(failed("file_too_large", reason));
            }
            Download::Gone => {
                let reason = "The upload was deleted before it could be read.".to_owned();
                return Ok(failed("deleted", reason));
            }
        }
        let began = Instant::now();
        let summary =
            on_a_thread(move || workbook::summarize(&input, &options, &mut |_progress| {}));
        let mut summary = match summary.await? {
            Ok(summary) => summary,
            // Not the file's fault: the event comes back.
            Err(error @ ReadError::Input { .. }) => return Err(error.into()),
            Err(unreadable) => return Ok(failed(unreadable.code(), unreadable.to_string())),
        };
        metrics::add(Name::ReportRows, summary.rows_read);
        #[expect(clippy::cast_precision_loss, reason = "no workbook has that many rows")]
        let rows = summary.rows_read as f64;
        let seconds = began.elapsed().as_secs_f64();
        metrics::top(Name::ReportRowsPerSecond, rows / seconds.max(1e-3));
        if let Some(history) = &self.history {
            history.compare(&mut summary).await?;
        }
        let numbers = serde_json::to_string(&numbers(&summary))?;
        let written = output.clone();
        on_a_thread(move || workbook::write_report(&summary, &written)).await??;
        let report = report_key(upload);
        self.files.upload(&report, &output, XLSX).await?;
        Ok(FileState::Done {
            report,
            summary: numbers,
        })
    }
}

/// Does work of the processor on a thread of its own, so that the claim is renewed meanwhile.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.context("the report was not finished")
}

fn failed(code: &str, reason: String) -> FileState {
    FileState::Failed {
        code: code.to_owned(),
        reason,
    }
}

fn numbers(summary: &Summary) -> ReportNumbers {
    ReportNumbers {
        rows_read: summary.rows_read,
        rows_used: summary.rows_used,
        rows_rejected: summary.rows_rejected,
        products: summary.products.len(),
        products_followed: summary.history.as_ref().map(|history| history.followed),
        first_date: summary.first_date.clone(),
        last_date: summary.last_date.clone(),
        warnings: summary.warnings.len(),
    }
}

/// `reports/<file>/<version>/<name>-report.xlsx`: each version has its own, so that a late
/// result of an older one overwrites nothing.
fn report_key(upload: &Upload) -> String {
    let name = Path::new(upload.file_name());
    let stem = name
        .file_stem()
        .unwrap_or(name.as_os_str())
        .to_string_lossy();
    let version = if upload.sequencer.is_empty() {
        "0"
    } else {
        &upload.sequencer
    };
    format!("reports/{}/{version}/{stem}-report.xlsx", upload.file_id())
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(
        Reporter::from_env().await?,
        async |reporter, event: LambdaEvent<S3Event>| reporter.report(&event.payload).await,
    )
    .await
}
