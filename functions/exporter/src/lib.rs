//! The exporter: answers query templates from the archive, as workbook, CSV or JSON.
//!
//! An export is claimed before it is worked on, and the claim is held meanwhile, so that a message
//! that comes twice makes one file and one note, and a crash lets the next one take over. The key
//! of a file is made of the question, of the archive's files that are read and of the engine: where
//! it stands already, it is the answer, and no data is read. A template or a value that is wrong is
//! an export that failed with a reason for a person, not an error of the function.

mod answer;
mod archive_files;

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::tz::TimeZone;
use lambda::metrics::{self, Name};
use lambda::{Backoff, Consumer, Retry, config};
use lambda_runtime::LambdaEvent;
use model::{Export, ExportNotification, ExportOutcome, Message};
use query::{QueryError, Template};
use store::{
    Bucket, Clients, ExportClaim, Exports, LEASE_SECONDS, Queue, Table, TemplateFile, Templates,
};
use tracing::{info, warn};

/// When to look again at an export that somebody else works on: its lease has run out then.
const HELD_WAIT: Duration = Duration::from_secs(LEASE_SECONDS.unsigned_abs() + 5);

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Exporter {
    exports: Exports,
    templates: Templates,
    consumer: Consumer,
    files: Bucket,
    timezone: TimeZone,
}

impl Exporter {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let files = Bucket::new(&clients, config::required("FILES_BUCKET")?);
        let queue = Queue::new(&clients, config::required("EXPORTS_QUEUE_URL")?);
        let notifications = Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?);
        let retry_base = Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?);
        Ok(Self {
            exports: Exports::telling(table, notifications),
            templates: Templates::new(files.clone(), query::SHIPPED),
            consumer: Consumer::new(queue, Backoff::from(retry_base)),
            files,
            timezone: schedule::time_zone(&config::required("TIMEZONE")?)
                .context("the environment variable TIMEZONE")?,
        })
    }

    /// Works on a batch of messages, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        self.consumer
            .each(event, 1, async |message, _| match message {
                Message::Export(export) => self.export(&export).await,
                other => Err(lambda::misdirected(&other)),
            })
            .await
    }

    async fn export(&self, export: &Export) -> Result<(), Retry> {
        let id = &export.id;
        match self.exports.claim(export).await? {
            ExportClaim::Ours => {}
            ExportClaim::Settled => {
                info!(export = %id, "done already");
                return Ok(());
            }
            ExportClaim::Untold(end) => return Ok(self.exports.tell(end).await?),
            ExportClaim::Held => {
                let cause = anyhow!("{id} is worked on by another invocation");
                return Err(Retry::after(HELD_WAIT, cause));
            }
        }
        let answered = tokio::select! {
            answered = self.answer(export) => answered,
            lost = self.hold(export) => {
                lost?;
                info!(export = %id, "somebody else has ended it");
                return Ok(());
            }
        };
        match answered {
            Ok(end) => {
                match &end.outcome {
                    ExportOutcome::Failed { reason } => warn!(export = %id, "no answer: {reason}"),
                    outcome => info!(export = %id, template = %end.template, ?outcome, "answered"),
                }
                Ok(self.exports.settle(end).await?)
            }
            Err(error) => {
                self.exports.release(id).await?;
                Err(error.into())
            }
        }
    }

    /// Renews the claim for as long as the export has not ended.
    async fn hold(&self, export: &Export) -> Result<()> {
        let pause = Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 3);
        loop {
            tokio::time::sleep(pause).await;
            if !self.exports.renew(&export.id).await? {
                return Ok(());
            }
        }
    }

    /// Answers a claimed export, or finds out why it has no answer.
    async fn answer(&self, export: &Export) -> Result<ExportNotification> {
        let name = &export.ask.template;
        let mut end = ExportNotification {
            export: export.id.clone(),
            template: name.clone(),
            title: name.to_string(),
            outcome: ExportOutcome::Failed {
                reason: format!("There is no template {name}."),
            },
        };
        let found = self.templates.find(name, Template::MAX_BYTES).await?;
        let Some(TemplateFile { bytes, .. }) = found else {
            return Ok(end);
        };
        let answered = match Template::from_bytes(&bytes) {
            Ok(template) => {
                end.title = template.title_in(export.ask.korean).to_owned();
                self.ask(export, &template).await?
            }
            Err(error) => Err(error),
        };
        end.outcome = match answered {
            Ok(outcome) => {
                metrics::add(Name::Answers, 1);
                outcome
            }
            // Not the question's fault: the message comes back.
            Err(error @ (QueryError::Database(_) | QueryError::Output(_))) => {
                return Err(error.into());
            }
            Err(refused) => ExportOutcome::Failed {
                reason: refused.to_string(),
            },
        };
        Ok(end)
    }
}

/// Does work of the processor on a thread of its own, so that the claim is renewed meanwhile.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.context("the answer was not finished")
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(
        Exporter::from_env().await?,
        async |exporter, event: LambdaEvent<SqsEvent>| Ok(exporter.work(&event).await),
    )
    .await
}
