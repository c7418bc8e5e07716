//! The worker: fetches the price of each job's product and records the outcome.
//!
//! A job passes [`batch`] (what arrived), [`admission`] (whether and when its source is asked),
//! [`sources`] (what the source offers) and [`outcome`] (how the job ends).
//!
//! Every job ends with exactly one outcome. A price is recorded, and so is a failure that is
//! permanent. A failure that may pass lets the job come back, later each time; the last time,
//! it is recorded too. A job that has to wait for its source (its turn, a pause, a `Retry-After`)
//! is sent again with a delay, which does not use up receives. A price that moved too far is
//! recorded unconfirmed, and a second fetch settles it.

mod admission;
mod batch;
mod outcome;
mod settings;
mod sources;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use fetch::{Addresses, Fetcher};
use jiff::{SignedDuration, Timestamp};
use lambda::batch::Record;
use lambda::metrics::{self, Name};
use lambda::{Backoff, Consumer, config};
use lambda_runtime::LambdaEvent;
use store::{Clients, KeptSecrets, Observations, Products, Queue, Secrets, Sources, Table};
use tokio::sync::Mutex;

use crate::admission::{Admission, AdmittedBatch};
use crate::batch::{Batch, Task};
use crate::outcome::{Limits, Outcomes};
use crate::settings::{COUPANG, Settings};
use crate::sources::{Coupang, HeaderSecrets, Offers};
use crate::verdict::{NoOffer, Reading, Why};

/// How many jobs of a batch are worked on at once.
const PARALLEL: usize = 10;
/// How long a job that was sent again keeps others of its kind from asking: as long as the
/// function may run.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// When a job looks again whose source another message of it asks.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(20);

/// What the worker works with.
#[derive(Debug)]
pub struct Worker {
    products: Products,
    observations: Observations,
    admission: Admission,
    offers: Offers,
    outcomes: Outcomes,
    consumer: Consumer,
    backoff: Backoff,
}

impl Worker {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let addresses = Addresses::allowing(&config::optional("ALLOWED_HOSTS").unwrap_or_default());
        let limits = fetch::Limits {
            total: Duration::from_secs(config::parsed("FETCH_TIMEOUT_SECONDS")?),
            ..fetch::Limits::default()
        };
        let request = limits.total;
        let user_agent = config::required("USER_AGENT")?;
        let agent = user_agent.split(['/', ' ']).next().unwrap_or_default();
        let fetcher = Fetcher::new(&user_agent, addresses, limits)?;
        let jobs = Queue::new(&clients, config::required("JOBS_QUEUE_URL")?);
        let scatter = Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?);
        let backoff = Backoff::from(scatter);
        let patience = Duration::from_secs(config::parsed("PATIENCE_SECONDS")?);
        let products = Products::new(table.clone());
        let observations = Observations::new(table.clone());
        let sources = Sources::new(table);
        let secrets = Arc::new(KeptSecrets::new(Secrets::new(&clients)));
        let settings = Settings::read(&config::optional("SOURCES").unwrap_or_default())
            .context("the environment variable SOURCES")?;
        Ok(Self {
            consumer: Consumer::new(jobs.clone(), backoff),
            offers: Offers {
                fetcher: fetcher.clone(),
                secrets: HeaderSecrets::new(
                    Arc::clone(&secrets),
                    config::required("SECRET_PREFIX")?,
                ),
                coupang: Coupang {
                    sources: sources.clone(),
                    fetcher: fetcher.clone(),
                    secrets,
                    secret: config::required("COUPANG_SECRET")?,
                    url: config::required("COUPANG_URL")?,
                    rate: settings.of(COUPANG).rate,
                    patience,
                    scatter,
                    asking: Mutex::new(()),
                },
            },
            admission: Admission::new(
                sources,
                settings,
                fetcher,
                agent,
                [patience, scatter, request],
            ),
            outcomes: Outcomes {
                products: products.clone(),
                observations: observations.clone(),
                jobs,
                plausible: Limits::from_env()?,
                confirm_delay: SignedDuration::from_secs(config::parsed("CONFIRM_DELAY_SECONDS")?),
                patience,
                max_receives: config::parsed("MAX_RECEIVES")?,
                backoff,
            },
            products,
            observations,
            backoff,
        })
    }

    /// Works on a batch of jobs, each on its own.
    pub async fn work(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let remaining = lambda::batch::remaining(&event.context);
        let read = Batch::read(&event.payload, &self.products, &self.observations).await;
        if let Ok(batch) = &read {
            count(batch);
        }
        let admitted = match &read {
            Ok(batch) => self.admission.of(batch, remaining).await,
            Err(error) => Err(anyhow::anyhow!("{error:#}")),
        };
        let response =
            lambda::batch::each(event, PARALLEL, async |record| match (&read, &admitted) {
                (Ok(batch), Ok(admitted)) => self.record(batch, admitted, record).await,
                (Err(error), _) | (_, Err(error)) => {
                    self.come_back(record).await;
                    bail!("{error:#}")
                }
            })
            .await;
        if let Ok(admitted) = &admitted {
            admitted.end().await;
        }
        response
    }

    async fn record(
        &self,
        batch: &Batch,
        admitted: &AdmittedBatch<'_>,
        record: Record<'_>,
    ) -> Result<()> {
        let place = match batch.place(record.index()) {
            Ok(place) => place,
            Err(unreadable) => {
                // It will not get better: no waiting between its receives.
                self.consumer.come_back(record, Duration::ZERO).await;
                bail!("{unreadable}");
            }
        };
        let task = &batch.tasks()[place];
        let done = task.done.get_or_init(|| async {
            let done = self.job(admitted, place, task, record).await;
            done.map_err(|error| format!("{error:#}"))
        });
        if let Err(error) = done.await {
            self.come_back(record).await;
            bail!("{error}");
        }
        Ok(())
    }

    async fn job(
        &self,
        admitted: &AdmittedBatch<'_>,
        place: usize,
        task: &Task,
        record: Record<'_>,
    ) -> Result<()> {
        if let Some(standing) = task.recorded.as_ref().filter(|_| !task.is_open()) {
            return self.outcomes.follow_up(task, standing).await;
        }
        if let Some(at) = task.waits_until {
            return self.outcomes.send_on(task, at).await;
        }
        let answer = self.ask(admitted, place, task, record).await;
        self.outcomes.conclude(task, record, answer).await
    }

    /// Asks the job's source, when its turn has come.
    async fn ask(
        &self,
        admitted: &AdmittedBatch<'_>,
        place: usize,
        task: &Task,
        record: Record<'_>,
    ) -> Result<Reading, NoOffer> {
        let product = task.product.as_ref().map_err(Clone::clone)?;
        let Some(ticket) = admitted.ticket(place).await? else {
            return self.offers.ask(task, product).await;
        };
        if task.is_repeat
            && let Some(at) = self.asked_meanwhile(task, record).await?
        {
            let cause = "another message of this job asks";
            return Err(NoOffer::later(at, Why::Pause, cause));
        }
        let answer = tokio::select! {
            answer = self.offers.ask(task, product) => answer,
            slow = ticket.is_slow() => return Err(slow),
        };
        ticket.answered(&answer).await;
        answer
    }

    /// Whether another message of a job that was sent again asks its source or has done so, and
    /// then when to look at its outcome.
    async fn asked_meanwhile(
        &self,
        task: &Task,
        record: Record<'_>,
    ) -> Result<Option<Timestamp>, NoOffer> {
        let (product, run) = (&task.job.product, &task.job.run);
        let looked = async {
            let now = Timestamp::now();
            let claim = self
                .observations
                .claim(product, run, record.id(), now + LEASE);
            if !claim.await? {
                return Ok(Some(now + LOOK_AGAIN));
            }
            let standing = self.observations.get(product, run).await?;
            Ok(standing
                .filter(|seen| !task.is_open_with(Some(seen)))
                .map(|_| now))
        };
        looked.await.map_err(|error| NoOffer::ours(&error))
    }

    /// Lets a message come back, later with each receive.
    async fn come_back(&self, record: Record<'_>) {
        let wait = self.backoff.after(record.receives());
        self.consumer.come_back(record, wait).await;
    }
}

/// Counts the jobs of a batch, and how long after its run's slot the oldest came up.
fn count(batch: &Batch) {
    let now = Timestamp::now();
    metrics::add(Name::Jobs, batch.tasks().len() as u64);
    for task in batch.tasks() {
        let age = now
            .duration_since(task.job.run.slot.instant())
            .as_secs_f64();
        metrics::top(Name::OldestJob, age);
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Worker::from_env().await?, async |worker, event| {
        Ok(worker.work(&event).await)
    })
    .await
}
