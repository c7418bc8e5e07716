//! How a job ends, or is put off.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use model::{Failure, Job, Message, Observation, Offer, Outcome, Unconfirmed};
use store::{PageVersion, Recorded};
use tracing::{info, warn};

use crate::ask::{Later, Why};
use crate::price::Reading;
use crate::round::Task;
use crate::{Worker, until};

/// How often a job is put off at its source's own wish before that is its outcome.
const MAX_DEFERRALS: u32 = 12;

impl Worker {
    /// The source offers the job's product.
    pub(crate) async fn priced(&self, task: &Task, reading: Reading) -> Result<()> {
        if task.job.confirms {
            return self.settle(task, Some(reading.offer)).await;
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
    pub(crate) async fn failed(&self, task: &Task, failure: Failure) -> Result<()> {
        if task.job.confirms {
            warn!(run = %task.job.run, product = %task.job.product, "not confirmed: {failure}");
            return self.settle(task, None).await;
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
        self.send_on(job, at).await
    }

    /// Settles a price that was to be confirmed, with what the second fetch offers.
    async fn settle(&self, task: &Task, second: Option<Offer>) -> Result<()> {
        let job = &task.job;
        let Some(first) = self.observations.get(&job.product, &job.run).await? else {
            return Ok(());
        };
        if first.unconfirmed == Some(Unconfirmed::Pending) {
            let last = task.last.as_ref().map(|last| last.price);
            let mut settled = self.plausible.settle(first, last, second);
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
    pub(crate) async fn put_off(&self, task: &Task, later: Later) -> Result<()> {
        let job = &task.job;
        let since = job.put_off_since.unwrap_or_else(Timestamp::now);
        let deferrals = job
            .deferrals
            .saturating_add(u32::from(later.why == Why::Wish));
        let wait = Duration::try_from(later.until.duration_since(since)).unwrap_or_default();
        if wait > self.patience || deferrals > MAX_DEFERRALS {
            return self.failed(task, later.cause).await;
        }
        let job = Job {
            deferrals,
            not_before: Some(later.until),
            put_off_since: Some(since),
            reserved: later.why == Why::Turn,
            ..job.clone()
        };
        info!(run = %job.run, product = %job.product, until = %later.until, "put off: {}", later.cause);
        self.send_on(job, later.until).await
    }

    /// Sends a job that is not to be worked on before `at`.
    pub(crate) async fn send_on(&self, job: Job, at: Timestamp) -> Result<()> {
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
