//! Taking messages from a queue: what every function that has one does alike.
//!
//! A message that nobody can read is a poison message: it goes back without a wait, so that its
//! few receives are used up at once and it ends as a dead letter, which is kept with its reason. A
//! message that cannot be finished now comes back later, each time after a longer wait. A handler
//! that panics or is out of time fails its own message and no other.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use model::Message;
use store::Queue;
use tracing::warn;

use crate::batch::{self, Record};

/// Consumes the messages of one queue.
#[derive(Debug, Clone)]
pub struct Consumer {
    queue: Queue,
    backoff: Backoff,
}

/// How long to wait before a message is tried again: twice as long each time, with up to a half
/// more by chance, so that what failed together does not come back together.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The wait before the second try.
    pub base: Duration,
    /// The longest wait, chance included.
    pub longest: Duration,
}

impl Backoff {
    /// A backoff that begins at `base` and ends at the longest time that SQS holds a message back.
    pub fn from(base: Duration) -> Self {
        Self {
            base,
            longest: store::MAX_DELAY,
        }
    }

    /// The wait after the `tries`-th try, from 1.
    pub fn after(&self, tries: u32) -> Duration {
        let doubled = self.base * 2_u32.saturating_pow(tries.saturating_sub(1)).min(1 << 10);
        doubled
            .mul_f64(1.0 + fastrand::f64() / 2.0)
            .min(self.longest)
    }
}

/// Why a message is not finished, and when to try it again.
#[derive(Debug)]
pub struct Retry {
    cause: anyhow::Error,
    after: Option<Duration>,
}

impl Retry {
    /// Try again after this time.
    pub fn after(wait: Duration, cause: anyhow::Error) -> Self {
        Self {
            cause,
            after: Some(wait),
        }
    }
}

/// An error without a wait of its own: tried again by the queue's backoff.
impl<E: Into<anyhow::Error>> From<E> for Retry {
    fn from(cause: E) -> Self {
        Self {
            cause: cause.into(),
            after: None,
        }
    }
}

impl Consumer {
    /// A consumer of this queue.
    pub fn new(queue: Queue, backoff: Backoff) -> Self {
        Self { queue, backoff }
    }

    /// Handles every message of a batch, at most `parallel` at once. `handle` gets the message and
    /// how often it was received, this time included.
    pub async fn each<F>(
        &self,
        event: &LambdaEvent<SqsEvent>,
        parallel: usize,
        handle: F,
    ) -> SqsBatchResponse
    where
        F: AsyncFn(Message, u32) -> Result<(), Retry>,
    {
        batch::each(event, parallel, async |record| {
            let message = match Message::read(record.body()) {
                Ok(message) => message,
                Err(unreadable) => {
                    self.come_back(record, Duration::ZERO).await;
                    return Err(unreadable.into());
                }
            };
            match handle(message, record.receives()).await {
                Ok(()) => Ok(()),
                Err(Retry { cause, after }) => {
                    let wait = after.unwrap_or_else(|| self.backoff.after(record.receives()));
                    self.come_back(record, wait).await;
                    Err(cause)
                }
            }
        })
        .await
    }

    /// Lets a message come back after `wait`. If that cannot be said, the queue's own time-out
    /// brings it back.
    pub async fn come_back(&self, record: Record<'_>, wait: Duration) {
        if let Err(error) = self.queue.come_back(record.receipt_handle(), wait).await {
            warn!(message_id = record.id(), "{error:#}");
        }
    }
}

/// A message that came to a queue of another kind: a mistake in the wiring, which a retry does not
/// mend.
pub fn misdirected(message: &Message) -> Retry {
    Retry::after(
        Duration::ZERO,
        anyhow::anyhow!(
            "a message of the kind {} does not belong here",
            message.kind()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::from(Duration::from_secs(20));
        for (tries, least) in [(0, 20), (1, 20), (2, 40), (3, 80), (4, 160)] {
            let wait = backoff.after(tries).as_secs_f64();
            let least = f64::from(least);
            assert!((least..=least * 1.5).contains(&wait), "{tries}: {wait}");
        }
        assert_eq!(backoff.after(u32::MAX), store::MAX_DELAY);
    }
}
