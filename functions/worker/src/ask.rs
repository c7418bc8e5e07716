//! Asking a source for a job, when its turn has come.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason};
use store::Pass;
use tracing::warn;

use crate::manners::Manners;
use crate::price::{self, NoOffer, Reading};
use crate::round::{Round, Task, Turn};
use crate::{Worker, is_far, until};

/// The longest pause that a source gets because it asks for one. Beyond it, a probe shows.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What came of trying a job.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// The source offers the product.
    Offer(Reading),
    /// There is no price.
    Failed(Failure),
    /// There is no price, and asking again is out of the question.
    Ended(Failure),
    /// The job has to wait.
    Later(Later),
}

/// Why and how long a job has to wait.
#[derive(Debug, Clone)]
pub(crate) struct Later {
    /// Until when.
    pub(crate) until: Timestamp,
    /// What it waits for.
    pub(crate) why: Why,
    /// The job's outcome, should it have waited long enough.
    pub(crate) cause: Failure,
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its turn at the source, which is reserved for it.
    Turn,
    /// The end of a pause, or another job's answer.
    Pause,
    /// What the source wished for when it was asked.
    Wish,
}

impl Worker {
    /// Asks the job's source when its turn has come, and tells the other workers how it answered.
    pub(crate) async fn attempt(
        &self,
        round: &Round,
        index: usize,
        task: &Task,
    ) -> Result<Attempt> {
        let product = match &task.product {
            Ok(product) => product,
            Err(failure) => return Ok(Attempt::Failed(failure.clone())),
        };
        let Some(source) = task.source() else {
            let answer = price::of(self, task, product).await;
            return Ok(self.what_follows(task, answer));
        };
        let (at, pass) = match round.turn(self, &source, index).await? {
            Turn::At(at, pass) => (at, pass),
            Turn::Never(no_offer) => return Ok(self.what_follows(task, Err(no_offer))),
            Turn::Closed(until, cause) => return Ok(self.paused(until, cause)),
        };
        if is_far(at) {
            let cause = format!("waits for its turn at {source}");
            return Ok(Attempt::Later(Later {
                until: at,
                why: Why::Turn,
                cause: Failure::new(FailureReason::Quota, cause),
            }));
        }
        tokio::time::sleep(until(at)).await;
        let place = match round.place(&source).await? {
            Ok(place) => place,
            Err((until, cause)) => return Ok(self.paused(until, cause)),
        };
        let began = Instant::now();
        let answer = price::of(self, task, product).await;
        self.mind(&source, began.elapsed()).await;
        if let (Some(until), Err(NoOffer::Failed { failure, .. })) =
            (self.tell(&source, pass, &answer).await, &answer)
        {
            place.close(until, failure);
        }
        Ok(self.what_follows(task, answer))
    }

    /// Keeps the requests of all workers that are under way at a source to its `concurrency`. By
    /// Little's law they are as many as the time of one holds paces: when a source takes longer,
    /// the turns move apart.
    async fn mind(&self, source: &str, took: Duration) {
        let Manners {
            rate, concurrency, ..
        } = self.settings.of(source);
        if rate.is_free() {
            return;
        }
        let needed = took / u32::try_from(concurrency).unwrap_or(1);
        let delay = needed.saturating_sub(rate.pace);
        if delay.is_zero() {
            return;
        }
        if let Err(error) = self.sources.slow_down(source, &rate, delay).await {
            warn!(source, "its turns were not moved apart: {error:#}");
        }
    }

    fn paused(&self, until: Timestamp, cause: Failure) -> Attempt {
        Attempt::Later(Later {
            until: self.scattered(until),
            why: Why::Pause,
            cause,
        })
    }

    /// Tells the other workers how a source answers; returns until when it is to be left alone,
    /// if it is. That telling fails is no reason to lose the answer.
    pub(crate) async fn tell<T>(
        &self,
        source: &str,
        pass: Pass,
        answer: &Result<T, NoOffer>,
    ) -> Option<Timestamp> {
        let told = match answer {
            Err(NoOffer::Failed {
                failure,
                retry_after: Some(wait),
            }) => {
                let until = Timestamp::now() + signed(*wait).min(LONGEST_PAUSE);
                let told = self.sources.leave_alone(source, until, failure).await;
                told.map(|()| Some(until))
            }
            Err(NoOffer::Failed { failure, .. }) if is_the_sources(failure.reason) => {
                self.sources.failed(source, pass, failure).await
            }
            Err(NoOffer::Failed { failure, .. }) if was_not_asked(failure.reason) => Ok(None),
            Err(NoOffer::Final(_) | NoOffer::Later(_)) => Ok(None),
            Ok(_) | Err(NoOffer::Failed { .. }) => {
                self.sources.succeeded(source, pass).await.map(|()| None)
            }
        };
        told.unwrap_or_else(|error| {
            warn!(source, "the breaker was not told: {error:#}");
            None
        })
    }

    /// What becomes of a job with this answer.
    fn what_follows(&self, task: &Task, answer: Result<Reading, NoOffer>) -> Attempt {
        let (failure, retry_after) = match answer {
            Ok(reading) => return Attempt::Offer(reading),
            Err(NoOffer::Final(failure)) => return Attempt::Ended(failure),
            Err(NoOffer::Later(later)) => return Attempt::Later(later),
            Err(NoOffer::Failed {
                failure,
                retry_after,
            }) => (failure, retry_after),
        };
        let wishes = retry_after.is_some() || failure.reason == FailureReason::Throttled;
        if !wishes || failure.reason.is_permanent() {
            return Attempt::Failed(failure);
        }
        // A source that always wishes for a second more is believed less each time.
        let grown = self.backoff.after(task.job.deferrals.saturating_add(1));
        let wait = retry_after.map_or(grown, |wait| wait.max(grown.min(wait * 60)));
        match Timestamp::now().checked_add(signed(wait)) {
            Ok(until) => Attempt::Later(Later {
                until: self.scattered(until),
                why: Why::Wish,
                cause: failure,
            }),
            Err(_) => Attempt::Failed(failure),
        }
    }

    /// A little after an instant, so that jobs that wait for the same do not come all at once.
    pub(crate) fn scattered(&self, at: Timestamp) -> Timestamp {
        let scatter = signed(self.retry_base.mul_f64(fastrand::f64()));
        at.checked_add(scatter).unwrap_or(at)
    }
}

/// Whether a failure is one of the source and not of this one product: that it cannot be reached,
/// answers in no sensible way, or does not want us.
fn is_the_sources(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::Timeout
            | FailureReason::Unreachable
            | FailureReason::ShopError
            | FailureReason::Throttled
            | FailureReason::Blocked
            | FailureReason::RefusedRequest
    )
}

/// Whether a failure says nothing about the source, because it was not reached for.
fn was_not_asked(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::BadProduct
            | FailureReason::Internal
            | FailureReason::RefusedAddress
            | FailureReason::Robots
    )
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
