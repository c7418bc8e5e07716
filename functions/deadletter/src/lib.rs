//! The dead-letter function: turns what was tried too often into an outcome.
//!
//! Five queues end here. A dead job becomes its product's failure `abandoned`; a run whose closing
//! died is marked as stalled, until somebody has it closed again; an upload whose reporter died
//! becomes a failed file, and an export whose exporter died a failed export, both of which are
//! told. Everything else (a note that could not be posted, a text that is no message of ours) is kept in the files bucket under `dead-letters/`, where a
//! person finds it and can send it again; and so is what cannot be ended. Nothing is dropped, and nothing
//! comes back for ever.

mod letter;

use anyhow::Result;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda::metrics::{self, Name};
use lambda::{batch, config};
use lambda_runtime::LambdaEvent;
use model::{
    Export, ExportNotification, ExportOutcome, Failure, FailureReason, Job, Observation, Outcome,
    Unconfirmed,
};
use store::{
    Bucket, Claim, Clients, ExportClaim, Exports, FileState, Files, Observations, Outbox, Products,
    Queue, Recorded, Runs, Table,
};
use tracing::{info, warn};

use crate::letter::Letter;

/// What a person is told of an upload whose reporter died.
const ABANDONED: &str = "The report could not be made: the function ended three times before it \
                         was finished. Upload the file again, or a smaller part of it.";

/// What a person is told of an export whose exporter died.
const EXPORT_ABANDONED: &str = "The function ended five times before the answer was finished. Ask for \
                                fewer days, or try again later.";

/// At this receive a letter that still cannot be ended is kept as a file: half an hour after the
/// first, as its queues hide it for three minutes each time.
const LAST_RECEIVE: u32 = 10;

/// Why a run is not looked at any more.
const STALLED: &str = "closing it failed five times; the closer's log tells why";

/// What the dead-letter function works with.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    observations: Observations,
    products: Products,
    runs: Runs,
    uploads: Files,
    exports: Exports,
    outbox: Outbox,
    files: Bucket,
}

impl DeadLetters {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let uploads = Files::new(table.clone());
        let notifications = Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?);
        Ok(Self {
            observations: Observations::new(table.clone()),
            products: Products::new(table.clone()),
            runs: Runs::new(table.clone()),
            outbox: Outbox::new(uploads.clone(), notifications.clone()),
            exports: Exports::telling(table, notifications),
            uploads,
            files: Bucket::new(&clients, config::required("FILES_BUCKET")?),
        })
    }

    /// Settles a batch of dead letters.
    pub async fn settle(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        batch::each(event, 10, async |record| {
            let ended = match letter::read(record.body()) {
                Letter::Job(job) => self.abandon(&job).await,
                Letter::Uploads(uploads) => self.fail_uploads(&uploads).await,
                Letter::Export(export) => self.fail_export(&export).await,
                Letter::CloseRun(run) => {
                    warn!(%run, "stalled");
                    self.runs.stall(&run, STALLED).await
                }
                Letter::Other(why) => self.keep(record.id(), record.body(), &why).await,
            };
            let ended = match ended {
                Err(error) if record.receives() >= LAST_RECEIVE => {
                    let why = format!("it could not be ended: {error:#}");
                    self.keep(record.id(), record.body(), &why).await
                }
                ended => ended,
            };
            let told = match ended {
                Ok(()) => Name::DeadLetters,
                Err(_) => Name::DeadLettersThatStay,
            };
            metrics::add(told, 1);
            ended
        })
        .await
    }

    async fn fail_uploads(&self, uploads: &[model::Upload]) -> Result<()> {
        for upload in uploads {
            self.fail_upload(upload).await?;
        }
        Ok(())
    }

    /// The job's outcome is that it was never finished, unless it has one. A price that it was to
    /// confirm stays unconfirmed.
    async fn abandon(&self, job: &Job) -> Result<()> {
        let stored = self.products.get(&job.product).await?;
        let last = stored.as_ref().and_then(|stored| stored.last.as_ref());
        let previous = last.and_then(|last| last.before(job.run.slot));
        let definition = match job.definition() {
            Some(Ok(definition)) => Some(definition),
            _ => stored.and_then(|stored| stored.definition.ok()),
        };
        let failure = Failure::new(
            FailureReason::Abandoned,
            "the worker never finished this job; its log tells why",
        );
        let observation = Observation {
            previous,
            ..Observation::new(
                job.run.clone(),
                job.product.clone(),
                definition.as_ref(),
                Outcome::Failure(failure),
            )
        };
        match self.observations.record(&observation).await? {
            Recorded::New => warn!(run = %job.run, product = %job.product, "abandoned"),
            Recorded::Already(mut standing)
                if job.confirms && standing.unconfirmed == Some(Unconfirmed::Pending) =>
            {
                standing.unconfirmed = Some(Unconfirmed::Final);
                self.observations.settle(&standing).await?;
                warn!(run = %job.run, product = %job.product, "not confirmed");
            }
            Recorded::Already(standing) if job.redrives && standing.redriving => {
                self.observations.end_redrive(&observation).await?;
                warn!(run = %job.run, product = %job.product, "abandoned again");
            }
            Recorded::Already(_) => info!(run = %job.run, product = %job.product, "was done"),
        }
        Ok(())
    }

    /// The upload's file has failed, unless it is done. While somebody still works on it, this
    /// is an error, and the letter comes back.
    async fn fail_upload(&self, upload: &model::Upload) -> Result<()> {
        match self.uploads.claim(upload).await? {
            Claim::Ours => {
                let failed = FileState::Failed {
                    code: "abandoned".to_owned(),
                    reason: ABANDONED.to_owned(),
                };
                self.outbox.settle(upload, failed).await?;
                warn!(key = upload.key, "failed");
                Ok(())
            }
            Claim::Untold(state) => self.outbox.tell(upload, state).await,
            Claim::Settled => Ok(()),
            Claim::Held => {
                let state = self
                    .uploads
                    .get(&upload.file_id())
                    .await?
                    .map(|file| file.state);
                match state {
                    Some(FileState::Processing { lease_until }) => {
                        anyhow::bail!("{} is worked on until {lease_until}", upload.key)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// The export has failed, unless it has ended. While somebody still works on it, this is an
    /// error, and the letter comes back.
    async fn fail_export(&self, export: &Export) -> Result<()> {
        match self.exports.claim(export).await? {
            ExportClaim::Ours => {
                warn!(export = %export.id, "failed");
                let template = export.ask.template.clone();
                let end = ExportNotification {
                    export: export.id.clone(),
                    title: template.to_string(),
                    template,
                    outcome: ExportOutcome::Failed {
                        reason: EXPORT_ABANDONED.to_owned(),
                    },
                };
                self.exports.settle(end).await
            }
            ExportClaim::Untold(end) => self.exports.tell(end).await,
            ExportClaim::Settled => Ok(()),
            ExportClaim::Held => anyhow::bail!("the export {} is worked on", export.id),
        }
    }

    /// Keeps a letter that is about nothing with an outcome of its own.
    async fn keep(&self, id: &str, body: &str, why: &str) -> Result<()> {
        let key = format!("dead-letters/{id}.txt");
        self.files
            .write(&key, body.as_bytes().to_vec(), "text/plain; charset=utf-8")
            .await?;
        warn!(key, "kept a dead letter: {why}");
        Ok(())
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(
        DeadLetters::from_env().await?,
        async |dead_letters, event| Ok(dead_letters.settle(&event).await),
    )
    .await
}
