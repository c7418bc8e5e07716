//! The reporter: turns an uploaded price workbook into an aggregated report.
//!
//! S3 tells of every upload at least once and in no order. A version of an upload is claimed
//! before it is read and the claim is held while it is worked on, so that a repeated event does
//! no work twice, a crash lets the next one take over, and the newest version wins. A file that
//! cannot be read is a failed upload with a reason for a person, not an error of the function.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws::{Bucket, Claim, Clients, Download, Files, LEASE_SECONDS, Table, Upload, XLSX, config};
use aws_lambda_events::s3::S3Event;
use lambda_runtime::LambdaEvent;
use tracing::{info, warn};
use workbook::{ReadError, ReportOptions, Summary};

/// What the reporter works with.
#[derive(Debug, Clone)]
pub struct Reporter {
    clients: Clients,
    uploads: Files,
    files: Bucket,
}

/// What became of reading a file.
enum Read {
    /// Its report, at this key.
    Report(String, Box<Summary>),
    /// It cannot be read: a code and a sentence.
    Unreadable(&'static str, String),
}

impl Reporter {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let files = Bucket::new(&clients, config::required("FILES_BUCKET")?);
        Ok(Self {
            uploads: Files::new(table),
            files,
            clients,
        })
    }

    /// Reports on every upload that an event names.
    pub async fn report(&self, event: &S3Event) -> Result<()> {
        for upload in Upload::of_event(event)? {
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
            // An error, so that the event comes back: the holder may have died.
            Claim::Held => bail!("{} is worked on by another invocation", upload.key),
        }
        tokio::select! {
            done = self.read(upload) => match done? {
                Read::Report(report, summary) => {
                    let summary = in_numbers(&summary).to_string();
                    self.uploads.finish(upload, &report, &summary).await?;
                    info!(key = upload.key, report, "reported");
                }
                Read::Unreadable(code, reason) => {
                    warn!(key = upload.key, code, "no report: {reason}");
                    self.uploads.fail(upload, code, &reason).await?;
                }
            },
            lost = self.hold(upload) => {
                lost?;
                info!(key = upload.key, "a newer version took over");
            }
        }
        Ok(())
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

    async fn read(&self, upload: &Upload) -> Result<Read> {
        let options = ReportOptions {
            file_name: upload.file_name().to_owned(),
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
                return Ok(Read::Unreadable("file_too_large", reason));
            }
            Download::Gone => {
                let reason = "The upload was deleted before it could be read.".to_owned();
                return Ok(Read::Unreadable("deleted", reason));
            }
        }
        match aggregate(input, output.clone(), options).await? {
            Ok(summary) => {
                let report = report_key(upload);
                self.files.upload(&report, &output, XLSX).await?;
                Ok(Read::Report(report, Box::new(summary)))
            }
            // Not the file's fault: the event comes back.
            Err(error @ (ReadError::Input { .. } | ReadError::Output { .. })) => Err(error.into()),
            Err(unreadable) => Ok(Read::Unreadable(unreadable.code(), unreadable.to_string())),
        }
    }
}

/// Reads and aggregates on a thread of its own, so that the claim is renewed meanwhile.
async fn aggregate(
    input: std::path::PathBuf,
    output: std::path::PathBuf,
    options: ReportOptions,
) -> Result<Result<Summary, ReadError>> {
    tokio::task::spawn_blocking(move || {
        workbook::report(&input, &output, &options, &mut |_progress| {})
    })
    .await
    .context("the report was not finished")
}

/// What came of a report, short enough for the table and a message.
fn in_numbers(summary: &Summary) -> serde_json::Value {
    serde_json::json!({
        "rows_read": summary.rows_read,
        "rows_used": summary.rows_used,
        "rows_rejected": summary.rows_rejected,
        "products": summary.products.len(),
        "first_date": summary.first_date,
        "last_date": summary.last_date,
        "warnings": summary.warnings.len(),
    })
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
    aws::telemetry::start();
    aws::serve(
        Reporter::from_env().await?,
        async |reporter, event: LambdaEvent<S3Event>| reporter.report(&event.payload).await,
    )
    .await
}
