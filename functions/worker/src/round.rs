//! A batch of jobs, looked at together.
//!
//! One read finds all products, one all breakers, and each source gives its turns to all jobs of
//! the batch at once. A source that keeps its jobs waiting does not hold up those of another.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason, Job, Message, Product, Source};
use store::{Gate, LastPrice, Pass};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use url::{Position, Url};

use crate::manners::Manners;
use crate::price::NoOffer;
use crate::{Worker, is_far};

/// After which time the others look whether a probe went well.
const PROBED: SignedDuration = SignedDuration::from_secs(5);

/// The jobs of a batch and the sources they visit.
#[derive(Debug)]
pub(crate) struct Round {
    /// By the record's index; for what is no job, why.
    tasks: Vec<Result<Task, String>>,
    visits: HashMap<String, Visit>,
}

/// A job and what is known about its product.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) job: Job,
    /// The instant before which it is not looked at: it is sent on.
    pub(crate) waits_until: Option<Timestamp>,
    pub(crate) product: Result<Product, Failure>,
    pub(crate) last: Option<LastPrice>,
}

/// The batch's jobs at one source.
#[derive(Debug)]
struct Visit {
    gate: Gate,
    manners: Manners,
    /// The indexes of its records.
    members: Vec<usize>,
    /// By index; made by whichever job is first.
    turns: OnceCell<HashMap<usize, Turn>>,
    at_once: Semaphore,
    /// Until when the source wants to be left alone, once a job of the batch has learned it.
    closed: OnceLock<(Timestamp, Failure)>,
}

/// A job's place among the requests that are under way at a source.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    visit: &'a Visit,
    _permit: SemaphorePermit<'a>,
}

impl Place<'_> {
    /// Lets the batch's other jobs know that the source wants to be left alone.
    pub(crate) fn close(&self, until: Timestamp, cause: &Failure) {
        let _ = self.visit.closed.set((until, cause.clone()));
    }
}

/// When a job may ask its source.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    /// At this instant.
    At(Timestamp, Pass),
    /// Not before this instant, because of this failure.
    Closed(Timestamp, Failure),
    /// Not at all.
    Never(NoOffer),
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
    fn page(&self) -> Option<Url> {
        match &self.product.as_ref().ok()?.source {
            Source::Html { url, .. } => Url::parse(url.trim()).ok(),
            Source::Json { .. } | Source::Coupang { .. } => None,
        }
    }
}

impl Round {
    /// Looks at the jobs of a batch.
    pub(crate) async fn of(worker: &Worker, event: &SqsEvent) -> Result<Self> {
        let jobs: Vec<Result<Job, String>> = event.records.iter().map(job).collect();
        let ids = jobs.iter().flatten().map(|job| &job.product);
        let stored = worker.products.several(ids).await?;
        let tasks = jobs.into_iter().map(|job| {
            let job = job?;
            let stored = stored.get(&job.product);
            let product = match (job.definition(), stored) {
                (Some(definition), _) => definition,
                (None, Some(stored)) => stored.definition.clone(),
                (None, None) => Err(Failure::new(
                    FailureReason::UnknownProduct,
                    format!("no product has the id {}", job.product),
                )),
            };
            let last = stored.and_then(|stored| stored.last.clone());
            Ok(Task {
                waits_until: job.not_before.filter(|at| is_far(*at)),
                job,
                product,
                last,
            })
        });
        let tasks: Vec<Result<Task, String>> = tasks.collect();
        let visits = visits(worker, &tasks).await?;
        Ok(Self { tasks, visits })
    }

    /// The job of the record at `index`, or why it is none.
    pub(crate) fn task(&self, index: usize) -> Result<&Task, &str> {
        let task = self
            .tasks
            .get(index)
            .ok_or("the batch has no such record")?;
        task.as_ref().map_err(String::as_str)
    }

    /// The turn of the job at `index` at its source.
    pub(crate) async fn turn(&self, worker: &Worker, source: &str, index: usize) -> Result<Turn> {
        let visit = self.visit(source)?;
        let turns = visit
            .turns
            .get_or_try_init(|| self.turns(worker, source, visit))
            .await?;
        turns
            .get(&index)
            .cloned()
            .with_context(|| format!("the job has no turn at {source}"))
    }

    /// Waits for a place among the requests that are under way at a source; an error says until
    /// when it wants to be left alone, as another job has learned meanwhile.
    pub(crate) async fn place(
        &self,
        source: &str,
    ) -> Result<Result<Place<'_>, (Timestamp, Failure)>> {
        let visit = self.visit(source)?;
        let permit = visit.at_once.acquire().await?;
        Ok(match visit.closed.get() {
            Some(closed) => Err(closed.clone()),
            None => Ok(Place {
                visit,
                _permit: permit,
            }),
        })
    }

    fn visit(&self, source: &str) -> Result<&Visit> {
        let visit = self.visits.get(source);
        visit.with_context(|| format!("the batch does not visit {source}"))
    }

    /// The turns of all jobs at a source.
    async fn turns(
        &self,
        worker: &Worker,
        source: &str,
        visit: &Visit,
    ) -> Result<HashMap<usize, Turn>> {
        let mut turns = HashMap::with_capacity(visit.members.len());
        let pass = match &visit.gate {
            Gate::Ask(pass) => *pass,
            Gate::Wait(until, cause) => {
                let closed = Turn::Closed(*until, cause.clone());
                turns.extend(visit.members.iter().map(|index| (*index, closed.clone())));
                return Ok(turns);
            }
        };
        let mut rate = visit.manners.rate;
        let mut asking = Vec::with_capacity(visit.members.len());
        for &index in &visit.members {
            let Ok(task) = self.task(index) else {
                continue;
            };
            if visit.manners.robots
                && let Some(page) = task.page()
            {
                match worker.robots.permit(worker, source, &page).await {
                    Ok(crawl_delay) => rate.pace = rate.pace.max(crawl_delay),
                    Err(refused) => {
                        turns.insert(index, Turn::Never(refused));
                        continue;
                    }
                }
            }
            // One probe is enough.
            if matches!(pass, Pass::Probe(_)) && !asking.is_empty() {
                let failure = Failure::new(FailureReason::Unreachable, "waits for a probe");
                turns.insert(index, Turn::Closed(Timestamp::now() + PROBED, failure));
                continue;
            }
            asking.push((index, task.job.not_before.filter(|_| task.job.reserved)));
        }
        let wanted = asking
            .iter()
            .filter(|(_, reserved)| reserved.is_none())
            .count();
        let reserved = worker
            .sources
            .reserve(source, &rate, wanted, worker.patience)
            .await?;
        let mut reserved = reserved.into_iter();
        for (index, turn) in asking {
            let turn = if let Some(at) = turn.or_else(|| reserved.next().flatten()) {
                Turn::At(at, pass)
            } else {
                let detail = format!("{source} has no free turn within the time a job may wait");
                Turn::Never(NoOffer::Final(Failure::new(FailureReason::Quota, detail)))
            };
            turns.insert(index, turn);
        }
        Ok(turns)
    }
}

/// The sources that jobs visit now.
/// The job that a record carries, or why it carries none.
fn job(record: &SqsMessage) -> Result<Job, String> {
    match Message::read(record.body.as_deref().unwrap_or_default()) {
        Ok(Message::Job(job)) => Ok(job),
        Ok(other) => Err(format!("a message of the kind {} is no job", other.kind())),
        Err(unreadable) => Err(unreadable.to_string()),
    }
}

async fn visits(worker: &Worker, tasks: &[Result<Task, String>]) -> Result<HashMap<String, Visit>> {
    let mut members: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, task) in tasks.iter().enumerate() {
        let Ok(task) = task else { continue };
        if let Some(source) = task.source().filter(|_| task.waits_until.is_none()) {
            members.entry(source).or_default().push(index);
        }
    }
    let sources: HashSet<&str> = members.keys().map(String::as_str).collect();
    let mut gates = worker.sources.gates(&sources).await?;
    let visits = members.into_iter().map(|(source, members)| {
        let gate = gates.remove(&source).unwrap_or(Gate::Ask(Pass::Free));
        let manners = worker.settings.of(&source);
        let visit = Visit {
            gate,
            manners,
            members,
            turns: OnceCell::new(),
            at_once: Semaphore::new(manners.concurrency),
            closed: OnceLock::new(),
        };
        (source, visit)
    });
    Ok(visits.collect())
}
