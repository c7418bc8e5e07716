//! The closer: looks at runs, and closes them.
//!
//! Some time after a run has started it is asked to close it. It counts the run's outcomes; while
//! some are missing, or a price is still to be confirmed, it asks itself to look again later, each
//! time after a longer wait. When all are there, or when the deadline has passed, it reads the jobs
//! with their outcomes one after the other ([`jobs`]) and makes everything from that one stream: the
//! run's workbook ([`daily`]), its file in the open archive, its products in the view of the
//! catalogue ([`catalogue_view`]), the alerts ([`alerts`]) and the digest
//! ([`digest`]). Then it closes the run. Some of the looks before evaluate the alerts of what is
//! settled already, so that nobody waits for the last straggler.
//!
//! Every step can be repeated: the count changes nothing, the files are written under the same keys
//! with the same rows, alert rules move only forward, the digest is told once by its id, and only a
//! running run is closed.

mod alerts;
mod catalogue_view;
mod daily;
mod digest;
mod items;
mod jobs;
mod last_run;
mod metrics;
mod workbook_key;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use catalogue::Changes;
use jiff::{Timestamp, tz::TimeZone};
use lambda::schedules::ScheduleEntry;
use lambda::{Backoff, Consumer, config};
use lambda_runtime::LambdaEvent;
use model::{Alert, ArchiveRun, CloseRun, Message, Notification, Outcome, RunId, ScopedRule};
use store::{
    AlertRules, Alerts, Bucket, Clients, Observations, Products, Queue, Run, RunStatus, RunTotals,
    Runs, Table, XLSX,
};
use tracing::{info, warn};

use crate::alerts::Evaluator;
use crate::daily::DailyWorkbook;
use crate::digest::Gathered;
use crate::items::ItemsOfRun;
use crate::jobs::{EndedJob, Jobs};

/// The wait before a message that could not be dealt with is tried again.
const RETRY: Duration = Duration::from_secs(20);

/// What the closer works with.
#[derive(Debug, Clone)]
pub struct Closer {
    products: Products,
    observations: Observations,
    runs: Runs,
    looks: Queue,
    notifications: Queue,
    consumer: Consumer,
    files: Bucket,
    alerts: Evaluator,
    schedules: Vec<ScheduleEntry>,
    timezone: TimeZone,
    close_delay: Duration,
    close_deadline: Duration,
}

/// Why a run stays open for now.
struct Unsettled;

/// What was made of a run's jobs.
struct Made {
    totals: RunTotals,
    gathered: Gathered,
}

/// The files that are made of a run's jobs, in a folder of this invocation.
struct Drafts<'a> {
    folder: &'a Path,
    workbook: &'a Path,
    archive: &'a Path,
    /// What became of each product, for the view of the catalogue.
    changes: &'a Path,
}

/// The generation of the archive file that the first closing writes. What changes a run later, and its
/// closing after a redrive, writes the next.
const GENERATION: u32 = 1;

/// The content type of a file of the archive.
const GZIP: &str = "application/gzip";

impl Closer {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let looks = Queue::new(&clients, config::required("CLOSING_QUEUE_URL")?);
        let notifications = Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?);
        let observations = Observations::new(table.clone());
        let timezone = schedule::time_zone(&config::required("TIMEZONE")?)
            .context("the environment variable TIMEZONE")?;
        Ok(Self {
            alerts: Evaluator {
                alerts: Alerts::new(table.clone()),
                rules: AlertRules::new(table.clone()),
                products: Products::new(table.clone()),
                observations: observations.clone(),
                runs: Runs::new(table.clone()),
                notifications: notifications.clone(),
                language: config::parsed("LANGUAGE")?,
                zone: timezone.clone(),
            },
            products: Products::new(table.clone()),
            notifications,
            schedules: lambda::schedules::read(&config::required("SCHEDULES")?)?,
            consumer: Consumer::new(looks.clone(), Backoff::from(RETRY)),
            observations,
            runs: Runs::new(table),
            looks,
            files: Bucket::new(&clients, config::required("FILES_BUCKET")?),
            timezone,
            close_delay: Duration::from_secs(config::parsed("CLOSE_DELAY_SECONDS")?),
            close_deadline: Duration::from_secs(config::parsed("CLOSE_DEADLINE_SECONDS")?),
        })
    }

    /// Works on a batch of messages, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        self.consumer
            .each(event, 1, async |message, _| match message {
                Message::CloseRun(CloseRun { run, look }) => Ok(self.look(&run, look).await?),
                Message::ArchiveRun(ArchiveRun { run, product }) => {
                    if let Some(product) = product {
                        self.alerts.correct(&product).await?;
                    }
                    Ok(self.archive_anew(&run).await?)
                }
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
        let Some(expected) = run.expected.filter(|_| run.status == RunStatus::Running) else {
            return self.look_again(id, look).await;
        };
        let late = Timestamp::now()
            .duration_since(run.reopened_at.unwrap_or(run.created_at))
            .unsigned_abs()
            > self.close_deadline;
        if self.observations.count(id).await? < expected && !late {
            // After ever longer pauses: each look reads all outcomes that are there.
            if (look + 1).is_power_of_two() {
                self.alert_early(id).await?;
            }
            return self.look_again(id, look).await;
        }
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let drafts = Drafts {
            folder: folder.path(),
            changes: &folder.path().join("changes"),
            workbook: &folder.path().join("run.xlsx"),
            archive: &folder.path().join("run.csv.gz"),
        };
        let generation = if run.redrives == 0 {
            GENERATION
        } else {
            self.runs.next_generation(id).await?
        };
        match self.make(id, &drafts, generation, late).await? {
            Ok(made) => self.close(&run, &drafts, generation, made).await,
            Err(Unsettled) => self.look_again(id, look).await,
        }
    }

    /// Makes everything that a run leaves from its jobs, read once. A job without outcome, or with a
    /// price that is still to be confirmed, ends it, unless the run is `late`.
    async fn make(
        &self,
        run: &RunId,
        drafts: &Drafts<'_>,
        generation: u32,
        late: bool,
    ) -> Result<Result<Made, Unsettled>> {
        let mut workbook = DailyWorkbook::new(run, &self.timezone, self.alerts.language)?;
        let archive = File::create(drafts.archive).context("make the archive file")?;
        let mut archive = archive::Writer::new(BufWriter::new(archive))?;
        let changes = File::create(drafts.changes).context("make the file of changes")?;
        let mut changes = Changes::new(BufWriter::new(changes));
        let mut totals = RunTotals::default();
        let mut gathered = Gathered::default();
        let rules = self.alerts.scoped_rules().await?;
        let mut items = ItemsOfRun::of(&rules);
        let mut jobs = Jobs::of(&self.runs, &self.observations, run);
        loop {
            let page = jobs.page(&self.products).await?;
            if page.is_empty() {
                break;
            }
            let settled = |job: &EndedJob| job.settled().is_some();
            if !late && !page.iter().all(settled) {
                return Ok(Err(Unsettled));
            }
            for job in &page {
                count(&mut totals, job);
                workbook.row(job)?;
                if let Some(seen) = &job.outcome {
                    let (seen, zone) = (seen.clone(), &self.timezone);
                    let row = archive::Row::new(seen, job.definition.as_ref(), generation, zone);
                    archive.write(&row)?;
                    changes.add(&row.observation)?;
                    gathered.outcome(&row.observation, row.source.as_deref());
                }
                if let Some(product) = &job.definition {
                    items.job(product, job.settled());
                }
            }
            let known = page.iter().filter_map(EndedJob::known);
            gathered.fired(self.alerts.fired(&rules, known).await?);
        }
        gathered.fired(self.fired_of_items(&rules, items, run, true).await?);
        workbook
            .save(drafts.workbook)
            .with_context(|| format!("write the workbook of {run}"))?;
        archive.finish()?.into_inner()?.sync_all()?;
        changes.finish()?;
        Ok(Ok(Made { totals, gathered }))
    }

    /// Writes the archive file of a closed run anew, as its next generation. A run that is not closed
    /// gets its file when it is.
    async fn archive_anew(&self, id: &RunId) -> Result<()> {
        let run = self.runs.get(id).await?;
        if !run.is_some_and(|run| run.status.is_closed()) {
            return Ok(());
        }
        let generation = self.runs.next_generation(id).await?;
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let path = folder.path().join("run.csv.gz");
        let mut archive = archive::Writer::new(BufWriter::new(File::create(&path)?))?;
        let draft = folder.path().join("changes");
        let mut changes = Changes::new(BufWriter::new(File::create(&draft)?));
        let mut jobs = Jobs::of(&self.runs, &self.observations, id);
        loop {
            let page = jobs.page(&self.products).await?;
            if page.is_empty() {
                break;
            }
            for job in page {
                if let Some(seen) = job.outcome {
                    changes.add(&seen)?;
                    let (definition, zone) = (job.definition.as_ref(), &self.timezone);
                    archive.write(&archive::Row::new(seen, definition, generation, zone))?;
                }
            }
        }
        archive.finish()?.into_inner()?.sync_all()?;
        let key = archive::Key::of(id, generation, &self.timezone).to_string();
        self.files.upload(&key, &path, GZIP).await?;
        changes.finish()?;
        catalogue_view::update(&self.files, &draft, folder.path()).await?;
        info!(run = %id, generation, "archived anew");
        Ok(())
    }

    /// Evaluates the alerts of what is settled of a run that is under way.
    async fn alert_early(&self, run: &RunId) -> Result<()> {
        let rules = self.alerts.scoped_rules().await?;
        let mut items = ItemsOfRun::of(&rules);
        let mut jobs = Jobs::of(&self.runs, &self.observations, run);
        loop {
            let page = jobs.page(&self.products).await?;
            if page.is_empty() {
                break;
            }
            for job in &page {
                if let Some(product) = &job.definition {
                    items.job(product, job.settled());
                }
            }
            let known = page.iter().filter_map(EndedJob::known);
            self.alerts.fired(&rules, known).await?;
        }
        self.fired_of_items(&rules, items, run, false).await?;
        Ok(())
    }

    /// What the rules of items fired: of those whose offers in the run are all settled, or of `all`.
    async fn fired_of_items(
        &self,
        rules: &[ScopedRule],
        items: ItemsOfRun,
        run: &RunId,
        all: bool,
    ) -> Result<Vec<Alert>> {
        let mut fired = Vec::new();
        for (item, seen) in items.ready(all) {
            let alerts = self.alerts.fired_of_item(rules, &item, &seen, run);
            fired.extend(alerts.await?);
        }
        Ok(fired)
    }

    async fn close(
        &self,
        run: &Run,
        drafts: &Drafts<'_>,
        generation: u32,
        made: Made,
    ) -> Result<()> {
        let Made { totals, gathered } = made;
        let key = workbook_key::of_run(&run.id, &self.timezone);
        self.files.upload(&key, drafts.workbook, XLSX).await?;
        let day = workbook_key::of_day(&run.id, &self.timezone);
        let slot = run.id.slot.to_string();
        self.files
            .upload_latest(&day, drafts.workbook, XLSX, &slot)
            .await?;
        let archived = archive::Key::of(&run.id, generation, &self.timezone).to_string();
        self.files.upload(&archived, drafts.archive, GZIP).await?;
        catalogue_view::update(&self.files, drafts.changes, drafts.folder).await?;

        let before = last_run::before(&self.runs, &run.id).await?;
        let skipped = last_run::skipped(&self.schedules, before.as_ref(), &run.id);
        let before = before.as_ref();
        let (digest, failing) = gathered.digest(run, &totals, before, skipped, key.clone());
        // Told before the run is closed: who dies in between tells it again, under the same id.
        let note = Message::from(Notification::Run(digest.clone()));
        self.notifications.send(note, Duration::ZERO).await?;

        let status = if totals.missing == 0 {
            RunStatus::Complete
        } else {
            RunStatus::Incomplete
        };
        let failing: Vec<&str> = failing.iter().map(String::as_str).collect();
        self.runs
            .close(&run.id, status, &totals, &key, &failing)
            .await?;
        metrics::tell(&digest);
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
