//! The closer: looks at runs, and closes them.
//!
//! Some time after a run has started it is asked to close it. It counts the run's outcomes; while
//! some are missing, or a price is still to be confirmed, it asks itself to look again later, each
//! time after a longer wait. When all are there, or when the deadline has passed, it reads the jobs
//! with their outcomes one after the other ([`jobs`]), writes the run's workbook from that stream,
//! and closes the run. Every step can be repeated: the count changes nothing, the workbook is
//! written under the same key with the same rows, and only a running run is closed.

mod daily;
mod jobs;
mod workbook_key;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{Timestamp, tz::TimeZone};
use lambda::{Backoff, Consumer, config};
use lambda_runtime::LambdaEvent;
use model::{CloseRun, Message, Observation, Outcome, RunId, Unconfirmed};
use store::{Bucket, Clients, Observations, Queue, Run, RunStatus, RunTotals, Runs, Table, XLSX};
use tracing::{info, warn};

use crate::daily::DailyWorkbook;
use crate::jobs::{EndedJob, Jobs};

/// The wait before a message that could not be dealt with is tried again.
const RETRY: Duration = Duration::from_secs(20);

/// What the closer works with.
#[derive(Debug, Clone)]
pub struct Closer {
    observations: Observations,
    runs: Runs,
    looks: Queue,
    consumer: Consumer,
    files: Bucket,
    timezone: TimeZone,
    close_delay: Duration,
    close_deadline: Duration,
}

/// Why a run stays open for now.
struct Unsettled;

impl Closer {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let looks = Queue::new(&clients, config::required("CLOSING_QUEUE_URL")?);
        Ok(Self {
            consumer: Consumer::new(looks.clone(), Backoff::from(RETRY)),
            observations: Observations::new(table.clone()),
            runs: Runs::new(table),
            looks,
            files: Bucket::new(&clients, config::required("FILES_BUCKET")?),
            timezone: schedule::time_zone(&config::required("TIMEZONE")?)
                .context("the environment variable TIMEZONE")?,
            close_delay: Duration::from_secs(config::parsed("CLOSE_DELAY_SECONDS")?),
            close_deadline: Duration::from_secs(config::parsed("CLOSE_DEADLINE_SECONDS")?),
        })
    }

    /// Works on a batch of messages, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        self.consumer
            .each(event, 1, async |message, _| match message {
                Message::CloseRun(CloseRun { run, look }) => Ok(self.look(&run, look).await?),
                other => Err(lambda::misdirected(&other)),
            })
            .await
    }

    /// Looks at a run, and closes it if it is settled or late.
    async fn look(&self, id: &RunId, look: u32) -> Result<()> {
        let Some(run) = self.runs.get(id).await? else {
            bail!("there is no run {id}");
        };
        if run.status.is_closed() {
            return Ok(());
        }
        let Some(expected) = run.expected else {
            return self.look_again(id, look).await;
        };
        let late = Timestamp::now()
            .duration_since(run.created_at)
            .unsigned_abs()
            > self.close_deadline;
        if self.observations.count(id).await? < expected && !late {
            return self.look_again(id, look).await;
        }
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let file = folder.path().join("run.xlsx");
        match self.write_workbook(id, &file, late).await? {
            Ok(totals) => self.close(&run, &file, &totals).await,
            Err(Unsettled) => self.look_again(id, look).await,
        }
    }

    /// Writes the workbook of a run and counts its outcomes. A job without outcome, or with a
    /// price that is still to be confirmed, ends the writing, unless the run is `late`.
    async fn write_workbook(
        &self,
        run: &RunId,
        to: &Path,
        late: bool,
    ) -> Result<Result<RunTotals, Unsettled>> {
        let mut workbook = DailyWorkbook::new(run, &self.timezone)?;
        let mut totals = RunTotals::default();
        let mut jobs = Jobs::of(&self.runs, &self.observations, run);
        while let Some(job) = jobs.next().await? {
            let settled = job.outcome.as_ref().is_some_and(|seen| !is_pending(seen));
            if !settled && !late {
                return Ok(Err(Unsettled));
            }
            count(&mut totals, &job);
            workbook.row(&job)?;
        }
        workbook
            .save(to)
            .with_context(|| format!("write the workbook of {run}"))?;
        Ok(Ok(totals))
    }

    async fn close(&self, run: &Run, workbook: &Path, totals: &RunTotals) -> Result<()> {
        let key = workbook_key::of_run(&run.id, &self.timezone);
        self.files.upload(&key, workbook, XLSX).await?;
        let day = workbook_key::of_day(&run.id, &self.timezone);
        let slot = run.id.slot.to_string();
        self.files
            .upload_latest(&day, workbook, XLSX, &slot)
            .await?;

        let status = if totals.missing == 0 {
            RunStatus::Complete
        } else {
            RunStatus::Incomplete
        };
        self.runs.close(&run.id, status, totals, &key).await?;
        if totals.missing == 0 {
            info!(run = %run.id, prices = totals.prices, "complete");
        } else {
            warn!(run = %run.id, missing = totals.missing, "closed without every outcome");
        }
        Ok(())
    }

    async fn look_again(&self, run: &RunId, look: u32) -> Result<()> {
        // A forged count must not overflow.
        let look = look.min(10_000);
        let delay = self.close_delay.max(Duration::from_secs(1)) * (look + 2);
        let message = Message::CloseRun(CloseRun {
            run: run.clone(),
            look: look + 1,
        });
        self.looks.send(message, delay.min(store::MAX_DELAY)).await
    }
}

/// Whether a price is still to be confirmed.
fn is_pending(observation: &Observation) -> bool {
    observation.unconfirmed == Some(Unconfirmed::Pending)
}

fn count(totals: &mut RunTotals, job: &EndedJob) {
    match &job.outcome {
        None => totals.missing += 1,
        Some(seen) => match &seen.outcome {
            Outcome::Price(_) if seen.unconfirmed.is_some() => totals.unconfirmed += 1,
            Outcome::Price(_) => totals.prices += 1,
            Outcome::Failure(failure) => *totals.failures.entry(failure.reason).or_default() += 1,
        },
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Closer::from_env().await?, async |closer, event| {
        Ok(closer.work(&event).await)
    })
    .await
}
