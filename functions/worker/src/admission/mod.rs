//! Whether and when a job's source is asked: its circuit breaker, its robots.txt, its rate limit
//! and how many requests of this worker are under way at once.
//!
//! A batch is admitted together: one read finds all breakers, a host's robots.txt is asked once,
//! and a source gives its turns to all jobs of the batch in one reservation. A source that keeps
//! its jobs waiting does not hold up those of another.
//!
//! A source that this worker has not seen answer lately is asked by one job of the batch at first
//! and by the others once that is answered, so that a shop that is down is not asked by all.

pub(crate) mod breaker;
mod robots;
mod robots_txt;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use fetch::Fetcher;
use jiff::Timestamp;
use model::{Failure, FailureReason};
use store::{Admitted, Calls, Pass, Sources};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tracing::warn;

use crate::admission::robots_txt::RobotsTxt;
use crate::batch::{Batch, Task};
use crate::settings::{Settings, SourceSettings};
use crate::verdict::{Later, NoOffer, Reading, Why, is_far, scattered, signed, until};

/// How long it counts that a source has answered this worker.
const ANSWERED: Duration = Duration::from_mins(1);
/// After which time a request is slow among others of its source, at least, and how many times
/// the slowest of those. A batch with a dead page takes no longer than this, so that a tenth of dead
/// pages costs the others less than half of their time; a page that is only slow is asked twice.
const SLOW: Duration = Duration::from_millis(100);
const TIMES_SLOWER: f64 = 1.5;
/// The wait after a first request that failed, in which other workers tell of theirs.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Admits jobs to their sources.
#[derive(Debug)]
pub(crate) struct Admission {
    sources: Sources,
    settings: Settings,
    robots: RobotsTxt,
    /// How long a job may wait for its turn.
    patience: Duration,
    /// By how much the jobs that wait for the end of a pause are scattered.
    scatter: Duration,
    /// How long a request may take.
    request: Duration,
    /// When sources last answered this worker.
    answered: Mutex<HashMap<String, Instant>>,
}

/// The jobs of a batch at their sources.
#[derive(Debug)]
pub(crate) struct AdmittedBatch<'a> {
    admission: &'a Admission,
    sources: HashMap<String, SourceBatch<'a>>,
}

/// The jobs of a batch at one source.
#[derive(Debug)]
struct SourceBatch<'a> {
    admission: &'a Admission,
    source: String,
    settings: SourceSettings,
    tasks: &'a [Task],
    /// The indexes of its tasks, those whose products gave a price last first.
    members: Vec<usize>,
    admitted: Admitted,
    /// By the task's index; made by whichever job is first.
    turns: OnceCell<HashMap<usize, Result<Timestamp, NoOffer>>>,
    at_once: Semaphore,
    /// Whether the source has answered, so that all its jobs may ask.
    has_answered: AtomicBool,
    has_failed: AtomicBool,
    /// How many of the batch's requests were answered, and after which time the slowest.
    answers: Mutex<(u32, Duration)>,
    /// How many were put off because they were slow.
    slow: AtomicU32,
    /// Until when the source wants to be left alone, once a job of the batch has learned it.
    closed: OnceLock<(Timestamp, Failure)>,
    /// The calls that the breaker was not told of yet.
    calls: Mutex<Calls>,
    /// When it is too late to begin a request in this invocation.
    deadline: tokio::time::Instant,
}

/// A job's place among the requests that are under way at a source.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    batch: &'a SourceBatch<'a>,
    task: &'a Task,
    began: Instant,
    _permit: SemaphorePermit<'a>,
}

impl Admission {
    /// Admission as the owner set it: `agent` is the product token by which a robots.txt knows
    /// us, `request` the longest time of a request.
    pub(crate) fn new(
        sources: Sources,
        settings: Settings,
        fetcher: Fetcher,
        agent: &str,
        [patience, scatter, request]: [Duration; 3],
    ) -> Self {
        Self {
            robots: RobotsTxt::new(sources.clone(), fetcher, agent),
            sources,
            settings,
            patience,
            scatter,
            request,
            answered: Mutex::default(),
        }
    }

    /// Admits a batch whose invocation ends in `remaining`.
    pub(crate) async fn of<'a>(
        &'a self,
        batch: &'a Batch,
        remaining: Duration,
    ) -> Result<AdmittedBatch<'a>> {
        let mut members: HashMap<String, Vec<usize>> = HashMap::new();
        let tasks = batch.tasks();
        for (place, task) in tasks.iter().enumerate() {
            if task.waits_until.is_none()
                && task.is_open()
                && let Some(source) = task.source()
            {
                members.entry(source).or_default().push(place);
            }
        }
        for members in members.values_mut() {
            // A product that never gave a price is a bad probe.
            members.sort_by_key(|place| {
                let last = tasks[*place].last.as_ref();
                std::cmp::Reverse(last.map(|last| last.slot))
            });
        }
        let wanted = members.iter().map(|(source, places)| {
            let products = places
                .iter()
                .map(|place| tasks[*place].job.product.as_str());
            (source.as_str(), products.collect())
        });
        let mut admitted = self.sources.admit(&wanted.collect()).await?;
        let deadline = tokio::time::Instant::now() + remaining.saturating_sub(self.request);
        let sources = members.into_iter().map(|(source, members)| {
            let settings = self.settings.of(&source);
            let admitted = admitted.remove(&source).unwrap_or_else(|| Admitted {
                products: Vec::new(),
                pass: Pass::Free,
                others: None,
            });
            let has_answered = self.has_answered(&source) || admitted.pass == Pass::Probe;
            let batch = SourceBatch {
                admission: self,
                settings,
                tasks,
                members,
                admitted,
                turns: OnceCell::new(),
                at_once: Semaphore::new(if has_answered {
                    settings.concurrency
                } else {
                    1
                }),
                has_answered: AtomicBool::new(has_answered),
                has_failed: AtomicBool::new(false),
                answers: Mutex::default(),
                slow: AtomicU32::new(0),
                closed: OnceLock::new(),
                calls: Mutex::default(),
                deadline,
                source: source.clone(),
            };
            (source, batch)
        });
        Ok(AdmittedBatch {
            admission: self,
            sources: sources.collect(),
        })
    }

    fn has_answered(&self, source: &str) -> bool {
        let answered = lock(&self.answered);
        answered
            .get(source)
            .is_some_and(|at| at.elapsed() < ANSWERED)
    }

    fn answers(&self, source: &str) {
        /// Of how many sources it is remembered.
        const KNOWN: usize = 1_000;
        let mut answered = lock(&self.answered);
        if answered.len() >= KNOWN {
            answered.clear();
        }
        answered.insert(source.to_owned(), Instant::now());
    }

    /// Keeps the requests of all workers that are under way at a source to its `concurrency`.
    /// Requests in flight = rate × response time, so a slower shop gets a lower rate. A request
    /// that was never answered is the breaker's to judge: one dead page must not slow down a
    /// shop.
    async fn adapt_rate(&self, source: &str, settings: &SourceSettings, took: Duration) {
        if settings.rate.is_free() {
            return;
        }
        let needed = took / u32::try_from(settings.concurrency).unwrap_or(1);
        let delay = needed.saturating_sub(settings.rate.pace);
        if delay.is_zero() {
            return;
        }
        if let Err(error) = self.sources.slow_down(source, &settings.rate, delay).await {
            warn!(source, "its turns were not moved apart: {error:#}");
        }
    }
}

impl AdmittedBatch<'_> {
    /// Waits for the turn of the task at `place`; `None` if its source gives none by itself.
    pub(crate) async fn ticket(&self, place: usize) -> Result<Option<Ticket<'_>>, NoOffer> {
        let source = self
            .sources
            .values()
            .find(|batch| batch.members.contains(&place));
        match source {
            Some(batch) => batch.ticket(place).await.map(Some),
            None => Ok(None),
        }
    }

    /// Tells the breakers of the calls that they were not told of yet.
    pub(crate) async fn end(&self) {
        for batch in self.sources.values() {
            // Of a batch with a page that was put off the breaker must know the answers: the page's
            // later tries would be all that it hears of the source otherwise.
            let is_counted = batch.admitted.pass == Pass::Counting
                || batch.has_failed.load(Ordering::Relaxed)
                || batch.slow.load(Ordering::Relaxed) > 0;
            let calls = batch.take_calls();
            if is_counted && calls.first > 0 {
                let sources = &self.admission.sources;
                breaker::told(
                    &batch.source,
                    sources.count_calls(&batch.source, calls, None).await,
                );
            }
        }
    }
}

impl SourceBatch<'_> {
    async fn ticket(&self, place: usize) -> Result<Ticket<'_>, NoOffer> {
        let task = &self.tasks[place];
        let turns = self.turns.get_or_init(|| self.turns()).await;
        let at = match turns.get(&place) {
            Some(turn) => turn.clone()?,
            None => return Err(self.paused(Timestamp::now(), self.waiting())),
        };
        if is_far(at) {
            let cause = format!("waits for its turn at {}", self.source);
            return Err(NoOffer::later(at, Why::Turn, &cause));
        }
        tokio::time::sleep(until(at)).await;
        let Ok(permit) = tokio::time::timeout_at(self.deadline, self.at_once.acquire()).await
        else {
            return Err(self.paused(Timestamp::now(), self.waiting()));
        };
        let permit = permit.map_err(|error| NoOffer::ours(&error.into()))?;
        if let Some((until, cause)) = self.closed.get() {
            return Err(self.paused(*until, cause.clone()));
        }
        if !self.has_answered.load(Ordering::Relaxed) && self.has_failed.load(Ordering::Relaxed) {
            tokio::time::sleep(AFTER_FAILURE).await;
            let left_alone = self.admission.sources.left_alone(&self.source).await;
            if let Some((until, cause)) = left_alone.map_err(|error| NoOffer::ours(&error))? {
                return Err(self.paused(until, cause));
            }
        }
        if task.is_first_try && self.admitted.pass != Pass::Probe {
            let mut calls = lock(&self.calls);
            calls.first += 1;
        }
        Ok(Ticket {
            batch: self,
            task,
            began: Instant::now(),
            _permit: permit,
        })
    }

    /// The turns of all its jobs.
    async fn turns(&self) -> HashMap<usize, Result<Timestamp, NoOffer>> {
        let mut turns = HashMap::with_capacity(self.members.len());
        let mut asking = Vec::with_capacity(self.members.len());
        for &place in &self.members {
            let product = self.tasks[place].job.product.as_str();
            let is_admitted = self.admitted.products.iter().any(|known| known == product);
            if is_admitted {
                asking.push(place);
            } else if let Some((until, cause)) = &self.admitted.others {
                turns.insert(place, Err(self.paused(*until, cause.clone())));
            }
        }
        let mut rate = self.settings.rate;
        if self.settings.robots {
            rate.pace = rate
                .pace
                .max(self.obey_robots(&mut asking, &mut turns).await);
        }
        let reserved_before = |place: &usize| {
            let job = &self.tasks[*place].job;
            job.not_before.filter(|_| job.reserved)
        };
        let wanted = asking
            .iter()
            .filter(|place| reserved_before(place).is_none());
        let sources = &self.admission.sources;
        let reserved = sources
            .reserve(&self.source, &rate, wanted.count(), self.admission.patience)
            .await;
        let mut reserved = match reserved {
            Ok(reserved) => reserved.into_iter(),
            Err(error) => {
                let failed = NoOffer::ours(&error);
                turns.extend(asking.into_iter().map(|place| (place, Err(failed.clone()))));
                return turns;
            }
        };
        for place in asking {
            let turn = reserved_before(&place).or_else(|| reserved.next().flatten());
            let turn = turn.ok_or_else(|| {
                let source = &self.source;
                let detail = format!("{source} has no free turn within the time a job may wait");
                NoOffer::Final(Failure::new(FailureReason::Quota, detail))
            });
            turns.insert(place, turn);
        }
        turns
    }

    /// Takes the jobs out whose pages the host's robots.txt keeps to itself, or all of pages when
    /// it cannot be had; returns how long it wants us to wait between two pages.
    async fn obey_robots(
        &self,
        asking: &mut Vec<usize>,
        turns: &mut HashMap<usize, Result<Timestamp, NoOffer>>,
    ) -> Duration {
        let pages = asking.iter().filter_map(|place| {
            let page = self.tasks[*place].page()?;
            Some((*place, page))
        });
        let pages: HashMap<usize, url::Url> = pages.collect();
        let Some(any) = pages.values().next() else {
            return Duration::ZERO;
        };
        let rules = self
            .admission
            .robots
            .rules(&self.source, any, &self.settings.rate)
            .await;
        let refused: HashMap<usize, NoOffer> = match &rules {
            Ok(rules) => {
                let refused = pages.iter().filter(|(_, page)| !rules.allow(page));
                let refused = refused.map(|(place, page)| {
                    let detail = format!("{} disallows {}", self.source, page.path());
                    (*place, Failure::new(FailureReason::Robots, detail).into())
                });
                refused.collect()
            }
            Err(failed) => {
                self.robots_failed(&pages, failed).await;
                let failed = pages.keys().map(|place| (*place, failed.no_offer.clone()));
                failed.collect()
            }
        };
        asking.retain(|place| !refused.contains_key(place));
        turns.extend(refused.into_iter().map(|(place, why)| (place, Err(why))));
        rules.map_or(Duration::ZERO, |rules| rules.crawl_delay())
    }

    /// Without a robots.txt none of the pages can be fetched: that is a failure of each of them.
    async fn robots_failed(
        &self,
        pages: &HashMap<usize, url::Url>,
        failed: &robots_txt::Unavailable,
    ) {
        let places: HashSet<usize> = pages.keys().copied().collect();
        if self.admitted.pass == Pass::Probe {
            for place in places {
                self.tell(&self.tasks[place], &Err(failed.no_offer.clone()))
                    .await;
            }
        } else if breaker::is_the_sources(&failed.no_offer) {
            let first = places
                .iter()
                .filter(|place| self.tasks[**place].is_first_try);
            let first = u32::try_from(first.count()).unwrap_or(u32::MAX);
            let all = u32::try_from(places.len()).unwrap_or(u32::MAX);
            let calls = Calls {
                first,
                failed: first,
                failed_again: all - first,
            };
            let until = breaker::failed(
                &self.admission.sources,
                &self.source,
                calls,
                &failed.no_offer,
            );
            self.closes(until.await, &failed.no_offer);
        }
    }

    /// Tells the breaker how the source answered a job.
    async fn tell(&self, task: &Task, answer: &Result<Reading, NoOffer>) {
        let sources = &self.admission.sources;
        let product = task.job.product.as_str();
        if breaker::is_answer(answer) {
            self.admission.answers(&self.source);
            if !self.has_answered.swap(true, Ordering::Relaxed) {
                self.at_once
                    .add_permits(self.settings.concurrency.saturating_sub(1));
            }
            if self.admitted.pass == Pass::Probe {
                breaker::probed(sources, &self.source, product, None).await;
            }
            return;
        }
        let Err(no_offer) = answer else { return };
        if !breaker::is_the_sources(no_offer) {
            return;
        }
        self.has_failed.store(true, Ordering::Relaxed);
        let until = if self.admitted.pass == Pass::Probe {
            breaker::probed(sources, &self.source, product, Some(no_offer)).await
        } else {
            let mut calls = self.take_calls();
            *(if task.is_first_try {
                &mut calls.failed
            } else {
                &mut calls.failed_again
            }) += 1;
            breaker::failed(sources, &self.source, calls, no_offer).await
        };
        self.closes(until, no_offer);
    }

    fn count_answer(&self, took: Duration) {
        let mut answers = lock(&self.answers);
        *answers = (answers.0 + 1, answers.1.max(took));
    }

    /// Lets the batch's other jobs know that the source is to be left alone.
    fn closes(&self, until: Option<Timestamp>, no_offer: &NoOffer) {
        if let (Some(until), NoOffer::Failed { failure, .. }) = (until, no_offer) {
            let _ = self.closed.set((until, failure.clone()));
        }
    }

    fn take_calls(&self) -> Calls {
        let mut calls = lock(&self.calls);
        std::mem::take(&mut *calls)
    }

    /// What a job waits for that is not admitted, when nothing more is known.
    fn waiting(&self) -> Failure {
        match self.closed.get() {
            Some((_, cause)) => cause.clone(),
            None => Failure::new(
                FailureReason::Timeout,
                format!("{} is too slow for all its jobs", self.source),
            ),
        }
    }

    fn paused(&self, until: Timestamp, cause: Failure) -> NoOffer {
        NoOffer::Later(Later {
            until: scattered(until, self.admission.scatter),
            why: Why::Pause,
            cause,
        })
    }
}

impl Ticket<'_> {
    /// Waits until the job's first request is far slower than the others of its batch, so that one
    /// page that never answers does not hold up the batch: then the job is to be asked again when
    /// it holds up nobody. Never ends for a later try, or where most of the source is slow: that
    /// is the breaker's to judge.
    pub(crate) async fn is_slow(&self) -> NoOffer {
        /// How often it is looked.
        const LOOK: Duration = Duration::from_millis(20);
        if !self.task.is_first_try || self.batch.admitted.pass == Pass::Probe {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(LOOK).await;
            let (answered, slowest) = *lock(&self.batch.answers);
            let is_slow = self.began.elapsed() > SLOW.max(slowest.mul_f64(TIMES_SLOWER));
            if is_slow && answered > 2 * self.batch.slow.load(Ordering::Relaxed) {
                break;
            }
        }
        self.batch.slow.fetch_add(1, Ordering::Relaxed);
        let source = &self.batch.source;
        let detail = format!("{source} answers other pages, but not this one");
        let later = Timestamp::now() + 2 * signed(self.batch.admission.scatter);
        NoOffer::Later(Later {
            until: scattered(later, self.batch.admission.scatter),
            why: Why::Slow,
            cause: Failure::new(FailureReason::Timeout, detail),
        })
    }

    /// The source has answered the job: tells the other workers how, and gives the place up.
    pub(crate) async fn answered(self, answer: &Result<Reading, NoOffer>) {
        let took = self.began.elapsed();
        if breaker::is_answer(answer) {
            self.batch.count_answer(took);
            let SourceBatch {
                source, settings, ..
            } = self.batch;
            self.batch
                .admission
                .adapt_rate(source, settings, took)
                .await;
        }
        self.batch.tell(self.task, answer).await;
    }
}

/// What a lock guards; a panic while it was held has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
