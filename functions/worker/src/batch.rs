//! What arrived: the jobs of a batch, read together.
//!
//! One read finds all their products and the outcomes that they may have already. A job that is
//! in the batch twice is worked on once.

use std::collections::HashMap;

use anyhow::Result;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use jiff::Timestamp;
use model::{Failure, FailureReason, Job, Message, Observation, Product, Source, Unconfirmed};
use store::{LastPrice, Observations, Products};
use tokio::sync::OnceCell;
use url::{Position, Url};

use crate::verdict::is_far;

/// The jobs of a batch.
#[derive(Debug)]
pub(crate) struct Batch {
    /// By the record's index the index of its task; for what is no job, why.
    records: Vec<Result<usize, String>>,
    /// The jobs, each once.
    tasks: Vec<Task>,
}

/// A job and what is known about it.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) job: Job,
    /// The instant before which it is not looked at: it is sent on.
    pub(crate) waits_until: Option<Timestamp>,
    pub(crate) product: Result<Product, Failure>,
    pub(crate) last: Option<LastPrice>,
    /// Its outcome, if it has one. Eventually consistent.
    pub(crate) recorded: Option<Observation>,
    /// Whether this is not the first message of this job: it was sent again or received before.
    pub(crate) is_repeat: bool,
    /// Whether its source was never asked for it before, as far as the message tells.
    pub(crate) is_first_try: bool,
    /// What came of it, for the records that carry the same job.
    pub(crate) done: OnceCell<Result<(), String>>,
}

impl Batch {
    /// Reads the jobs of an event.
    pub(crate) async fn read(
        event: &SqsEvent,
        products: &Products,
        observations: &Observations,
    ) -> Result<Self> {
        let read: Vec<Result<Job, String>> = event.records.iter().map(job).collect();
        let ids = read.iter().flatten().map(|job| &job.product);
        let outcomes = read.iter().flatten().map(|job| (&job.product, &job.run));
        let (stored, recorded) =
            tokio::try_join!(products.several(ids), observations.several(outcomes))?;
        let mut tasks: Vec<Task> = Vec::with_capacity(read.len());
        let mut places = HashMap::new();
        let records = read.into_iter().zip(&event.records).map(|(job, record)| {
            let job = job?;
            let key = (
                job.product.clone(),
                job.run.clone(),
                job.confirms,
                job.redrives,
            );
            if let Some(&place) = places.get(&key) {
                return Ok(place);
            }
            let stored = stored.get(&job.product);
            let product = match (job.definition(), stored) {
                (Some(definition), _) => definition,
                (None, Some(stored)) => stored.definition.clone(),
                (None, None) => Err(Failure::new(
                    FailureReason::UnknownProduct,
                    format!("no product has the id {}", job.product),
                )),
            };
            let received_before = receives(record) > 1;
            let outcome = (job.product.clone(), job.run.clone());
            tasks.push(Task {
                waits_until: job.not_before.filter(|at| is_far(*at)),
                product,
                last: stored.and_then(|stored| stored.last.clone()),
                recorded: recorded.get(&outcome).cloned(),
                is_repeat: job.repeated || received_before,
                is_first_try: !received_before && job.deferrals == 0 && !job.confirms,
                job,
                done: OnceCell::new(),
            });
            places.insert(key, tasks.len() - 1);
            Ok(tasks.len() - 1)
        });
        let records = records.collect();
        Ok(Self { records, tasks })
    }

    /// The index of the job of the record at `record`, or why it is none.
    pub(crate) fn place(&self, record: usize) -> Result<usize, &str> {
        let place = self
            .records
            .get(record)
            .ok_or("the batch has no such record")?;
        place.as_ref().copied().map_err(String::as_str)
    }

    /// The jobs, each once.
    pub(crate) fn tasks(&self) -> &[Task] {
        &self.tasks
    }
}

impl Task {
    /// The source that gives the product's turns, if that is known before it is asked. The lists
    /// of Coupang are asked by one job for many, which takes its turn itself.
    pub(crate) fn source(&self) -> Option<String> {
        let url = match &self.product.as_ref().ok()?.source {
            Source::Html { url, .. } | Source::Json { url, .. } => url,
            Source::Coupang { .. } => return None,
        };
        let url = Url::parse(url.trim()).ok()?;
        url.has_host()
            .then(|| url[Position::BeforeHost..Position::AfterPort].to_owned())
    }

    /// The page that is fetched, for which a robots.txt has rules.
    pub(crate) fn page(&self) -> Option<Url> {
        match &self.product.as_ref().ok()?.source {
            Source::Html { url, .. } => Url::parse(url.trim()).ok(),
            Source::Json { .. } | Source::Coupang { .. } => None,
        }
    }

    /// Whether its source is to be asked: it has no outcome yet, or one that it is to confirm.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open_with(self.recorded.as_ref())
    }

    /// Whether its source is to be asked if this is its outcome.
    pub(crate) fn is_open_with(&self, outcome: Option<&Observation>) -> bool {
        let Some(standing) = outcome else { return true };
        if self.job.redrives && standing.redriving {
            return true;
        }
        self.job.confirms && standing.unconfirmed == Some(Unconfirmed::Pending)
    }
}

/// The job that a record carries, or why it carries none.
fn job(record: &SqsMessage) -> Result<Job, String> {
    match Message::read(record.body.as_deref().unwrap_or_default()) {
        Ok(Message::Job(job)) => Ok(job),
        Ok(other) => Err(format!("a message of the kind {} is no job", other.kind())),
        Err(unreadable) => Err(unreadable.to_string()),
    }
}

fn receives(record: &SqsMessage) -> u32 {
    let count = record.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
