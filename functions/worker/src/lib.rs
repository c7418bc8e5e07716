//! The worker: fetches the price of each job's product and records the outcome.
//!
//! Every job ends with exactly one outcome. A price is recorded, and so is a failure that is
//! permanent. A failure that may pass lets the job come back, later each time; the last time,
//! it is recorded too. A job that has to wait for its source (its turn, a pause, a `Retry-After`)
//! is sent again with a delay, which does not use up receives. A price that moved too far is
//! recorded unconfirmed, and a second fetch settles it.

mod ask;
mod confirm;
mod coupang;
mod lists;
mod manners;
mod outcome;
mod permits;
mod price;
mod robots;
mod round;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use fetch::{Addresses, Fetcher, Limits};
use jiff::{SignedDuration, Timestamp};
use lambda::batch::{self, Record};
use lambda::{Backoff, Consumer, config};
use lambda_runtime::LambdaEvent;
use store::{Clients, KeptSecrets, Observations, Products, Queue, Secrets, Sources, Table};
use tokio::sync::Mutex;

use crate::ask::Attempt;
use crate::manners::Settings;
use crate::permits::Permits;
use crate::round::Round;

/// How many jobs of a batch are worked on at once.
const PARALLEL: usize = 10;
/// The longest wait for a turn within an invocation; a longer one is spent on the queue.
const SHORT_WAIT: SignedDuration = SignedDuration::from_secs(3);

/// What the worker works with.
#[derive(Debug)]
pub struct Worker {
    products: Products,
    observations: Observations,
    sources: Sources,
    jobs: Queue,
    secrets: KeptSecrets,
    secret_prefix: String,
    fetcher: Fetcher,
    /// The product token of the User-Agent, by which a robots.txt knows us.
    agent: String,
    robots: Permits,
    settings: Settings,
    coupang_secret: String,
    coupang_url: String,
    /// Held while a list is asked for.
    asking_coupang: Mutex<()>,
    plausible: confirm::Limits,
    confirm_delay: SignedDuration,
    patience: Duration,
    max_receives: u32,
    retry_base: Duration,
    consumer: Consumer,
    backoff: Backoff,
}

impl Worker {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let addresses = Addresses::allowing(&config::optional("ALLOWED_HOSTS").unwrap_or_default());
        let limits = Limits {
            total: Duration::from_secs(config::parsed("FETCH_TIMEOUT_SECONDS")?),
            ..Limits::default()
        };
        let user_agent = config::required("USER_AGENT")?;
        let agent = user_agent.split(['/', ' ']).next().unwrap_or_default();
        let jobs = Queue::new(&clients, config::required("JOBS_QUEUE_URL")?);
        let retry_base = Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?);
        let backoff = Backoff::from(retry_base);
        Ok(Self {
            consumer: Consumer::new(jobs.clone(), backoff),
            backoff,
            retry_base,
            products: Products::new(table.clone()),
            observations: Observations::new(table.clone()),
            sources: Sources::new(table),
            jobs,
            secrets: KeptSecrets::new(Secrets::new(&clients)),
            secret_prefix: config::required("SECRET_PREFIX")?,
            fetcher: Fetcher::new(&user_agent, addresses, limits)?,
            agent: agent.to_owned(),
            robots: Permits::default(),
            settings: Settings::read(&config::optional("SOURCES").unwrap_or_default())
                .context("the environment variable SOURCES")?,
            coupang_secret: config::required("COUPANG_SECRET")?,
            coupang_url: config::required("COUPANG_URL")?,
            asking_coupang: Mutex::new(()),
            plausible: confirm::Limits::from_env()?,
            confirm_delay: SignedDuration::from_secs(config::parsed("CONFIRM_DELAY_SECONDS")?),
            patience: Duration::from_secs(config::parsed("PATIENCE_SECONDS")?),
            max_receives: config::parsed("MAX_RECEIVES")?,
        })
    }

    /// Works on a batch of jobs, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let round = Round::of(self, &event.payload).await;
        batch::each(event, PARALLEL, async |record| match &round {
            Ok(round) => self.job(round, record).await,
            Err(error) => {
                self.come_back(record).await;
                bail!("{error:#}")
            }
        })
        .await
    }

    async fn job(&self, round: &Round, record: Record<'_>) -> Result<()> {
        let task = match round.task(record.index()) {
            Ok(task) => task,
            Err(unreadable) => {
                // It will not get better: no waiting between its receives.
                self.consumer.come_back(record, Duration::ZERO).await;
                bail!("{unreadable}");
            }
        };
        if let Some(at) = task.waits_until {
            return self.send_on(task.job.clone(), at).await;
        }
        match self.attempt(round, record.index(), task).await? {
            Attempt::Offer(reading) => self.priced(task, reading).await,
            Attempt::Ended(failure) => self.failed(task, failure).await,
            Attempt::Later(later) => self.put_off(task, later).await,
            Attempt::Failed(failure) => {
                let last = record.receives() >= self.max_receives;
                if failure.reason.is_permanent() || last {
                    return self.failed(task, failure).await;
                }
                self.come_back(record).await;
                bail!("{} of {}: {failure}", task.job.product, task.job.run)
            }
        }
    }

    /// Lets a message come back, later with each receive.
    async fn come_back(&self, record: Record<'_>) {
        let wait = self.backoff.after(record.receives());
        self.consumer.come_back(record, wait).await;
    }
}

/// Whether an instant is too far away to wait for it within an invocation.
fn is_far(at: Timestamp) -> bool {
    at.duration_since(Timestamp::now()) > SHORT_WAIT
}

/// How long it is until then.
fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Worker::from_env().await?, async |worker, event| {
        Ok(worker.work(&event).await)
    })
    .await
}
