//! How a job ends, or is put off.

mod confirm;

use std::time::Duration;

use anyhow::{Result, bail};
use jiff::{SignedDuration, Timestamp};
use lambda::Backoff;
use lambda::batch::Record;
use lambda::metrics::{self, Name};
use model::{Failure, FailureReason, Job, Message, Observation, Offer, Outcome, Unconfirmed};
use store::{Observations, PageVersion, Products, Queue, Recorded};
use tracing::{info, warn};

use crate::batch::Task;
use crate::verdict::{Later, NoOffer, Reading, Why, scattered, signed, until};

pub(crate) use confirm::Limits;

/// How often a job is put off because its source asked for it before that is its outcome.
const MAX_DEFERRALS: u32 = 12;

/// The longest that any job is put off, whatever its patience.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Ends jobs.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) products: Products,
    pub(crate) observations: Observations,
    /// The queue that jobs come from.
    pub(crate) jobs: Queue,
    pub(crate) plausible: Limits,
    pub(crate) confirm_delay: SignedDuration,
    /// How long a job may wait.
    pub(crate) patience: Duration,
    /// At which receive a failure that may pass is the outcome.
    pub(crate) max_receives: u32,
    pub(crate) backoff: Backoff,
}

impl Outcomes {
    /// Ends the job with what came of it, or sends it to wait. An error lets its message come
    /// back.
    pub(crate) async fn conclude(
        &self,
        task: &Task,
        record: Record<'_>,
        answer: Result<Reading, NoOffer>,
    ) -> Result<()> {
        let (failure, retry_after) = match answer {
            Ok(reading) => return self.priced(task, reading).await,
            Err(NoOffer::Final(failure)) => return self.failed(task, failure).await,
            Err(NoOffer::Later(later)) => return self.put_off(task, later).await,
            Err(NoOffer::Failed {
                failure,
                retry_after,
            }) => (failure, retry_after),
        };
        if failure.reason.is_permanent() {
            return self.failed(task, failure).await;
        }
        if retry_after.is_some() || failure.reason == FailureReason::Throttled {
            // A source that always asks for a second more is believed less each time.
            let grown = self.backoff.after(task.job.deferrals.saturating_add(1));
            let wait = retry_after.map_or(grown, |wait| wait.max(grown.min(wait * 60)));
            if let Ok(until) = Timestamp::now().checked_add(signed(wait)) {
                let later = Later {
                    until: scattered(until, self.backoff.base),
                    why: Why::RetryAfter,
                    cause: failure,
                };
                return self.put_off(task, later).await;
            }
        }
        if record.receives() >= self.max_receives {
            return self.failed(task, failure).await;
        }
        bail!("{} of {}: {failure}", task.job.product, task.job.run)
    }

    /// The job has its outcome already: does what follows from it, in case that whoever recorded
    /// it died before.
    pub(crate) async fn follow_up(&self, task: &Task, standing: &Observation) -> Result<()> {
        match (&standing.outcome, standing.unconfirmed) {
            (Outcome::Price(_), Some(Unconfirmed::Pending)) if !task.job.confirms => {
                self.have_confirmed(&task.job).await
            }
            (Outcome::Price(offer), None) if standing.void.is_none() => {
                let last = task.last.as_ref().map(|last| last.slot);
                if last.is_some_and(|last| last >= task.job.run.slot) {
                    return Ok(());
                }
                let slot = task.job.run.slot;
                self.products
                    .advance(&task.job.product, slot, offer, None)
                    .await
            }
            _ => Ok(()),
        }
    }

    /// The source offers the job's product.
    async fn priced(&self, task: &Task, reading: Reading) -> Result<()> {
        if task.job.confirms {
            return self.confirm(task, Some(reading.offer)).await;
        }
        let last = task.last.as_ref().map(|last| last.price);
        let unconfirmed = if self.plausible.allow(last, reading.offer.price) {
            None
        } else {
            Some(Unconfirmed::Pending)
        };
        let observation = observation(task, Outcome::Price(reading.offer), unconfirmed);
        self.record(task, observation, reading.page.as_ref()).await
    }

    /// The job has no price.
    async fn failed(&self, task: &Task, failure: Failure) -> Result<()> {
        if task.job.confirms {
            warn!(run = %task.job.run, product = %task.job.product, "not confirmed: {failure}");
            return self.confirm(task, None).await;
        }
        self.record(
            task,
            observation(task, Outcome::Failure(failure), None),
            None,
        )
        .await
    }

    /// Records the outcome of a job, unless it has one, and does what follows from the outcome
    /// that stands: moves the product's last price forward, or has a price confirmed.
    async fn record(
        &self,
        task: &Task,
        observation: Observation,
        page: Option<&PageVersion>,
    ) -> Result<()> {
        let (standing, page) = match self.observations.record(&observation).await? {
            Recorded::New => (observation, page),
            Recorded::Already(standing) if task.job.redrives && standing.redriving => {
                let now = self.observations.end_redrive(&observation).await?;
                (now.unwrap_or(*standing), None)
            }
            Recorded::Already(standing) => (*standing, None),
        };
        match (&standing.outcome, standing.unconfirmed) {
            (Outcome::Price(offer), None) => {
                self.products
                    .advance(&standing.product, standing.run.slot, offer, page)
                    .await
            }
            (Outcome::Price(offer), Some(Unconfirmed::Pending)) => {
                info!(run = %standing.run, product = %standing.product, price = %offer.price, "to be confirmed");
                self.have_confirmed(&task.job).await
            }
            (Outcome::Price(_), Some(Unconfirmed::Final)) => Ok(()),
            (Outcome::Failure(failure), _) => {
                warn!(run = %standing.run, product = %standing.product, "no price: {failure}");
                Ok(())
            }
        }
    }

    /// Sends the job of the second fetch.
    async fn have_confirmed(&self, job: &Job) -> Result<()> {
        let at = Timestamp::now() + self.confirm_delay;
        let job = Job {
            confirms: true,
            not_before: Some(at),
            ..Job::new(job.run.clone(), job.product.clone(), job.definition.clone())
        };
        self.send(job, at).await
    }

    /// Settles a price that was to be confirmed, with what the second fetch offers.
    async fn confirm(&self, task: &Task, second: Option<Offer>) -> Result<()> {
        let job = &task.job;
        let Some(first) = self.observations.get(&job.product, &job.run).await? else {
            return Ok(());
        };
        if first.unconfirmed == Some(Unconfirmed::Pending) {
            let last = task.last.as_ref().map(|last| last.price);
            let mut settled = self.plausible.confirm(first, last, second);
            if settled.unconfirmed.is_none() {
                settled.fetched_at = Timestamp::now();
            }
            self.observations.settle(&settled).await?;
        }
        // Whoever settled it: what stands now counts, also after a crash between the two writes.
        let Some(standing) = self.observations.get(&job.product, &job.run).await? else {
            return Ok(());
        };
        match (&standing.outcome, standing.unconfirmed) {
            (Outcome::Price(offer), None) => {
                self.products
                    .advance(&job.product, job.run.slot, offer, None)
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Sends a delayed copy of the job in place of this one, unless it has waited long enough. If
    /// this dies in between, both are there, and the first outcome counts.
    async fn put_off(&self, task: &Task, later: Later) -> Result<()> {
        let job = &task.job;
        let since = job.put_off_since.unwrap_or_else(Timestamp::now);
        let deferrals = job
            .deferrals
            .saturating_add(u32::from(matches!(later.why, Why::RetryAfter | Why::Slow)));
        let wait = Duration::try_from(later.until.duration_since(since)).unwrap_or_default();
        if wait > self.patience || deferrals > MAX_DEFERRALS {
            return self.failed(task, later.cause).await;
        }
        let job = Job {
            deferrals,
            not_before: Some(later.until),
            put_off_since: Some(since),
            reserved: later.why == Why::Turn,
            repeated: task.is_repeat,
            ..job.clone()
        };
        info!(run = %job.run, product = %job.product, until = %later.until, "put off: {}", later.cause);
        self.send(job, later.until).await
    }

    /// Sends on a job that is not to be worked on before `at`. What is to wait longer than
    /// anything this function ever puts off was not put off by it, and ends.
    pub(crate) async fn send_on(&self, task: &Task, at: Timestamp) -> Result<()> {
        let since = task.job.put_off_since.unwrap_or_else(Timestamp::now);
        let wait = Duration::try_from(at.duration_since(since)).unwrap_or_default();
        if wait > self.patience.max(LONGEST_WAIT) {
            let why = format!("its job was to wait until {at}, longer than any job waits");
            return self
                .failed(task, Failure::new(FailureReason::Quota, why))
                .await;
        }
        self.send(task.job.clone(), at).await
    }

    async fn send(&self, job: Job, at: Timestamp) -> Result<()> {
        metrics::add(Name::Deferrals, 1);
        self.jobs.send(Message::Job(job), until(at)).await
    }
}

/// What came of a job, beside the price before it.
fn observation(task: &Task, outcome: Outcome, unconfirmed: Option<Unconfirmed>) -> Observation {
    let (job, product) = (&task.job, task.product.as_ref().ok());
    let slot = job.run.slot;
    Observation {
        previous: task.last.as_ref().and_then(|last| last.before(slot)),
        unconfirmed,
        ..Observation::new(job.run.clone(), job.product.clone(), product, outcome)
    }
}
