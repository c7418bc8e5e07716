//! The worker: fetches the price of each job's product and records the outcome.
//!
//! Every job ends with exactly one outcome. A price is recorded, and so is a failure that is
//! permanent. A failure that may pass lets the job come back, later each time; the last time,
//! it is recorded too. A shop that asks for fewer requests gets a delayed copy of the job, which
//! does not use up receives.

mod address;
mod fetch;
mod price;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws::batch::{self, Record};
use aws::{Clients, Observations, Products, Queue, Recorded, Secrets, Table, config};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use model::{Failure, FailureReason, Job, Observation, Outcome, Product};
use tracing::{info, warn};

pub use crate::address::Addresses;
pub use crate::fetch::{Answer, Fetcher, Limits, NoPage, Page};
use crate::price::NoOffer;

/// How many jobs of a batch are worked on at once.
const PARALLEL: usize = 10;
/// How often a job is put off before a shop's wish for fewer requests is its outcome.
const MAX_DEFERRALS: u32 = 12;

/// What the worker works with.
#[derive(Debug, Clone)]
pub struct Worker {
    products: Products,
    observations: Observations,
    jobs: Queue,
    secrets: Secrets,
    secret_prefix: String,
    fetcher: Fetcher,
    max_receives: u32,
    retry_base: Duration,
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
        Ok(Self {
            products: Products::new(table.clone()),
            observations: Observations::new(table),
            jobs: Queue::new(&clients, config::required("JOBS_QUEUE_URL")?),
            secrets: Secrets::new(&clients),
            secret_prefix: config::required("SECRET_PREFIX")?,
            fetcher: Fetcher::new(&config::required("USER_AGENT")?, addresses, limits)?,
            max_receives: config::parsed("MAX_RECEIVES")?,
            retry_base: Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?),
        })
    }

    /// Works on a batch of jobs, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        batch::each(event, PARALLEL, async |record| self.job(record).await).await
    }

    async fn job(&self, record: Record<'_>) -> Result<()> {
        let job: Job = match serde_json::from_str(record.body()) {
            Ok(job) => job,
            Err(error) => {
                // It will not get better: no waiting between its receives.
                let _ = self
                    .jobs
                    .come_back(record.receipt_handle(), Duration::ZERO)
                    .await;
                return Err(error).context("the message is not a job");
            }
        };
        let product = match self.product(&job).await? {
            Ok(product) => product,
            Err(failure) => return self.end(&job, None, Outcome::Failure(failure)).await,
        };
        let NoOffer {
            failure,
            retry_after,
        } = match price::of(self, &product).await {
            Ok(offer) => return self.end(&job, Some(&product), Outcome::Price(offer)).await,
            Err(no_offer) => no_offer,
        };
        let last = record.receives() >= self.max_receives;
        if asks_to_wait(&failure, retry_after) && job.deferrals < MAX_DEFERRALS {
            return self.put_off(job, retry_after).await;
        }
        if failure.reason.is_permanent() || last || job.deferrals >= MAX_DEFERRALS {
            return self
                .end(&job, Some(&product), Outcome::Failure(failure))
                .await;
        }
        let delay = self.backoff(record.receives());
        self.jobs.come_back(record.receipt_handle(), delay).await?;
        bail!("{} of {}: {failure}", job.product, job.run)
    }

    /// The job's product: as it travels with the job, or else as it is stored.
    async fn product(&self, job: &Job) -> Result<Result<Product, Failure>> {
        if let Some(definition) = job.definition() {
            return Ok(definition);
        }
        Ok(match self.products.get(&job.product).await? {
            Some(stored) => stored.definition,
            None => Err(Failure::new(
                FailureReason::UnknownProduct,
                format!("no product has the id {}", job.product),
            )),
        })
    }

    /// Records the outcome of a job, unless it has one, and moves the product's last price
    /// forward.
    async fn end(&self, job: &Job, product: Option<&Product>, outcome: Outcome) -> Result<()> {
        let observation = Observation {
            product: job.product.clone(),
            run: job.run.clone(),
            name: product.map_or_else(|| job.product.to_string(), |product| product.name.clone()),
            category: product.and_then(|product| product.category.clone()),
            vendor: product.and_then(|product| product.vendor.clone()),
            fetched_at: Timestamp::now(),
            outcome,
            unconfirmed: None,
        };
        let standing = match self.observations.record(&observation).await? {
            Recorded::New => observation,
            Recorded::Already(standing) => *standing,
        };
        match &standing.outcome {
            Outcome::Price(offer) => {
                self.products
                    .advance(&standing.product, standing.run.slot, offer, None)
                    .await?;
            }
            Outcome::Failure(failure) => {
                warn!(run = %standing.run, product = %standing.product, "no price: {failure}");
            }
        }
        Ok(())
    }

    /// Sends a delayed copy of the job in place of this one. If this dies in between, both are
    /// there, and the first outcome counts.
    async fn put_off(&self, mut job: Job, retry_after: Option<Duration>) -> Result<()> {
        job.deferrals += 1;
        let delay = retry_after.unwrap_or_else(|| self.backoff(job.deferrals));
        info!(run = %job.run, product = %job.product, ?delay, "put off");
        self.jobs.send(serde_json::to_string(&job)?, delay).await
    }

    /// The wait before the try after the `tries`-th: doubling, with up to a half more by chance
    /// so that jobs that failed together do not come back together.
    fn backoff(&self, tries: u32) -> Duration {
        let doubled = self.retry_base * 2_u32.saturating_pow(tries.saturating_sub(1)).min(1 << 10);
        doubled
            .mul_f64(1.0 + fastrand::f64() / 2.0)
            .min(aws::MAX_DELAY)
    }
}

/// Whether the shop itself says that it wants to be asked later.
fn asks_to_wait(failure: &Failure, retry_after: Option<Duration>) -> bool {
    match failure.reason {
        FailureReason::Throttled => true,
        FailureReason::ShopError => retry_after.is_some(),
        _ => false,
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    aws::telemetry::start();
    aws::serve(Worker::from_env().await?, async |worker, event| {
        Ok(worker.work(&event).await)
    })
    .await
}
