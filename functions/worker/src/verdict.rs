//! What can come of a job on its way: an offer, or one of the ways to have none.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason, Offer};
use store::PageVersion;

/// An offer as it was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) offer: Offer,
    /// The version of the page that it was read from, where the shop names versions.
    pub(crate) page: Option<PageVersion>,
}

/// Why there is no offer.
#[derive(Debug, Clone)]
pub(crate) enum NoOffer {
    /// There is none, and for how long the source wants to be left alone.
    Failed {
        failure: Failure,
        retry_after: Option<Duration>,
    },
    /// There is none, and asking again in this run is out of the question, even if it is a
    /// failure of the kind that passes.
    Final(Failure),
    /// The source was not asked: it is to be asked later.
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
    /// What the source asked for when it was asked: a `Retry-After`.
    RetryAfter,
    /// A time when its slow answer holds up no others: it was asked, and did not answer soon.
    Slow,
}

impl NoOffer {
    /// To be asked later, because of something that is no failure of the source.
    pub(crate) fn later(until: Timestamp, why: Why, cause: &str) -> Self {
        Self::Later(Later {
            until,
            why,
            cause: Failure::new(FailureReason::Quota, cause),
        })
    }

    /// Something failed on our side: the job comes back.
    pub(crate) fn ours(error: &anyhow::Error) -> Self {
        Failure::new(FailureReason::Internal, format!("{error:#}")).into()
    }
}

impl From<Failure> for NoOffer {
    fn from(failure: Failure) -> Self {
        Self::Failed {
            failure,
            retry_after: None,
        }
    }
}

impl From<fetch::NoPage> for NoOffer {
    fn from(no_page: fetch::NoPage) -> Self {
        Self::Failed {
            retry_after: no_page.retry_after,
            failure: no_page.into_failure(),
        }
    }
}

/// The longest wait for a turn within an invocation; a longer one is spent on the queue.
const SHORT_WAIT: SignedDuration = SignedDuration::from_secs(3);

/// Whether an instant is too far away to wait for it within an invocation.
pub(crate) fn is_far(at: Timestamp) -> bool {
    at.duration_since(Timestamp::now()) > SHORT_WAIT
}

/// How long it is until then.
pub(crate) fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}

/// The same duration, as instants are moved by.
pub(crate) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// A little after an instant, by chance up to `scatter`, so that jobs that wait for the same do
/// not come all at once.
pub(crate) fn scattered(at: Timestamp, scatter: Duration) -> Timestamp {
    at.checked_add(signed(scatter.mul_f64(fastrand::f64())))
        .unwrap_or(at)
}
