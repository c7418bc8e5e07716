//! What an answer tells the circuit breaker of its source. That telling fails is no reason to
//! lose the answer.

use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{self, Name};
use model::FailureReason;
use store::{Calls, Sources};
use tracing::warn;

use crate::verdict::{NoOffer, Reading, signed};

/// The longest pause that a source gets because it asks for one. Beyond it, a probe shows.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether the source answered as a source should that is well, whatever it said of the product.
pub(crate) fn is_answer(answer: &Result<Reading, NoOffer>) -> bool {
    match answer {
        Ok(_) => true,
        Err(NoOffer::Failed {
            failure,
            retry_after,
        }) => {
            retry_after.is_none()
                && !of_the_source(failure.reason)
                && !was_not_asked(failure.reason)
        }
        Err(NoOffer::Final(_) | NoOffer::Later(_)) => false,
    }
}

/// Whether a failure is one of the source.
pub(crate) fn is_the_sources(no_offer: &NoOffer) -> bool {
    matches!(
        no_offer,
        NoOffer::Failed { failure, retry_after }
            if retry_after.is_some() || of_the_source(failure.reason)
    )
}

/// Tells of calls, one of which failed so; returns until when the source is to be left alone.
pub(crate) async fn failed(
    sources: &Sources,
    source: &str,
    calls: Calls,
    no_offer: &NoOffer,
) -> Option<Timestamp> {
    match no_offer {
        NoOffer::Failed {
            failure,
            retry_after: Some(wait),
        } => {
            let until = Timestamp::now() + signed(*wait).min(LONGEST_PAUSE);
            let left = sources.leave_alone(source, until, failure).await;
            told(source, left.map(|()| Some(until)))
        }
        NoOffer::Failed { failure, .. } => told(
            source,
            sources.count_calls(source, calls, Some(failure)).await,
        ),
        NoOffer::Final(_) | NoOffer::Later(_) => None,
    }
}

/// Tells what came of a probe; returns until when the source is to be left alone.
pub(crate) async fn probed(
    sources: &Sources,
    source: &str,
    product: &str,
    no_offer: Option<&NoOffer>,
) -> Option<Timestamp> {
    match no_offer {
        Some(
            asks @ NoOffer::Failed {
                retry_after: Some(_),
                ..
            },
        ) => failed(sources, source, Calls::default(), asks).await,
        Some(NoOffer::Failed { failure, .. }) => {
            told(source, sources.probed(source, product, Some(failure)).await)
        }
        Some(NoOffer::Final(_) | NoOffer::Later(_)) => None,
        None => told(source, sources.probed(source, product, None).await),
    }
}

/// What was told; that telling failed is logged.
pub(crate) fn told(source: &str, told: anyhow::Result<Option<Timestamp>>) -> Option<Timestamp> {
    let until = told.unwrap_or_else(|error| {
        warn!(source, "the breaker was not told: {error:#}");
        None
    });
    metrics::add(Name::BreakerOpenings, u64::from(until.is_some()));
    until
}

/// Whether a failure is one of the source and not of this one product: that it cannot be reached,
/// answers in no sensible way, or does not want us.
fn of_the_source(reason: FailureReason) -> bool {
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
