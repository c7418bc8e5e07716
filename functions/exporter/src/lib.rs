//! The exporter: closes runs and writes their workbooks.
//!
//! Some time after a run has started it is asked to close it. It counts the run's outcomes;
//! while some are missing, or a price is still to be confirmed, it asks itself to look again
//! later, each time after a longer wait. When all are there, or when the deadline has passed, it
//! writes the run's workbook and closes the run. Every step can be repeated: the count changes nothing, the workbook is written under
//! the same key with the same rows, and only a running run is closed.

mod daily;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{Timestamp, tz::TimeZone};
use lambda::{Backoff, Consumer, config};
use lambda_runtime::LambdaEvent;
use model::{CloseRun, Message, Observation, Outcome, ProductId, RunId, Unconfirmed};
use store::{Bucket, Clients, Observations, Queue, Run, RunStatus, RunTotals, Runs, Table, XLSX};
use tracing::{info, warn};

/// The wait before a message that could not be dealt with is tried again.
const RETRY: Duration = Duration::from_secs(20);

/// What the exporter works with.
#[derive(Debug, Clone)]
pub struct Exporter {
    observations: Observations,
    runs: Runs,
    exports: Queue,
    consumer: Consumer,
    files: Bucket,
    timezone: TimeZone,
    close_delay: Duration,
    close_deadline: Duration,
}

impl Exporter {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let exports = Queue::new(&clients, config::required("EXPORTS_QUEUE_URL")?);
        Ok(Self {
            consumer: Consumer::new(exports.clone(), Backoff::from(RETRY)),
            observations: Observations::new(table.clone()),
            runs: Runs::new(table),
            exports,
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
                Message::CloseRun(CloseRun { run, look }) => Ok(self.close_run(&run, look).await?),
                other => Err(lambda::misdirected(&other)),
            })
            .await
    }

    async fn close_run(&self, id: &RunId, look: u32) -> Result<()> {
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
        let planned = self.runs.planned(id).await?;
        let outcomes = self.observations.of_run(id).await?;
        let missing = missing(&planned, &outcomes);
        let settled = missing.is_empty() && !outcomes.values().any(is_pending);
        if !settled && !late {
            return self.look_again(id, look).await;
        }
        self.close(&run, &outcomes, &missing).await
    }

    async fn close(
        &self,
        run: &Run,
        outcomes: &BTreeMap<ProductId, Observation>,
        missing: &BTreeSet<ProductId>,
    ) -> Result<()> {
        let key = self.workbook_key(&run.id);
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let workbook = folder.path().join("run.xlsx");
        daily::workbook(&workbook, &run.id, &self.timezone, outcomes, missing)
            .with_context(|| format!("write the workbook of {}", run.id))?;
        self.files.upload(&key, &workbook, XLSX).await?;

        let totals = totals(outcomes, missing);
        let status = if missing.is_empty() {
            RunStatus::Complete
        } else {
            RunStatus::Incomplete
        };
        self.runs.close(&run.id, status, &totals, &key).await?;
        if missing.is_empty() {
            info!(run = %run.id, prices = totals.prices, "complete");
        } else {
            warn!(run = %run.id, missing = totals.missing, "closed without every outcome");
        }
        Ok(())
    }

    /// `exports/daily/2026-11-21.xlsx`: the slot's date where the schedule lives. Schedules
    /// other than the daily one can have several slots a day, and have the time as well.
    fn workbook_key(&self, run: &RunId) -> String {
        let local = run.slot.instant().to_zoned(self.timezone.clone());
        let schedule = run.schedule.as_str();
        let date = if schedule == "daily" {
            local.strftime("%Y-%m-%d")
        } else {
            local.strftime("%Y-%m-%dT%H%M")
        };
        format!("exports/{schedule}/{date}.xlsx")
    }

    async fn look_again(&self, run: &RunId, look: u32) -> Result<()> {
        // A forged count must not overflow.
        let look = look.min(10_000);
        let delay = self.close_delay.max(Duration::from_secs(1)) * (look + 2);
        let message = Message::CloseRun(CloseRun {
            run: run.clone(),
            look: look + 1,
        });
        self.exports
            .send(message, delay.min(store::MAX_DELAY))
            .await
    }
}

/// Whether a price is still to be confirmed.
fn is_pending(observation: &Observation) -> bool {
    observation.unconfirmed == Some(Unconfirmed::Pending)
}

/// The planned products without an outcome.
fn missing(
    planned: &BTreeSet<ProductId>,
    outcomes: &BTreeMap<ProductId, Observation>,
) -> BTreeSet<ProductId> {
    planned
        .iter()
        .filter(|product| !outcomes.contains_key(*product))
        .cloned()
        .collect()
}

fn totals(outcomes: &BTreeMap<ProductId, Observation>, missing: &BTreeSet<ProductId>) -> RunTotals {
    let mut totals = RunTotals {
        missing: u64::try_from(missing.len()).unwrap_or(u64::MAX),
        ..RunTotals::default()
    };
    for observation in outcomes.values() {
        match &observation.outcome {
            Outcome::Price(_) if observation.unconfirmed.is_some() => totals.unconfirmed += 1,
            Outcome::Price(_) => totals.prices += 1,
            Outcome::Failure(failure) => *totals.failures.entry(failure.reason).or_default() += 1,
        }
    }
    totals
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Exporter::from_env().await?, async |exporter, event| {
        Ok(exporter.work(&event).await)
    })
    .await
}
