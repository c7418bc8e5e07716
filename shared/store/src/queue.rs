//! A queue: sending everything, and putting work off.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::Clients;

/// How many messages a `SendMessageBatch` takes.
const BATCH: usize = 10;
/// How many bytes a `SendMessageBatch` takes, all its messages together: 256 KiB.
const BATCH_BYTES: usize = 256 * 1024;
/// How many batches are on their way at once.
const PARALLEL: usize = 4;
/// How often the entries of a batch are sent before giving up.
const ATTEMPTS: u32 = 6;

/// The longest that SQS holds a message back.
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// A message that a queue will never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedMessage {
    /// Its place among those that were to be sent, from 0.
    pub index: usize,
    /// Why, in the queue's words.
    pub reason: String,
}

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at this address.
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self {
            client: clients.sqs(),
            url: url.into(),
        }
    }

    /// Sends one message (a [`model::Message`] is its own body), held back for `delay` (at most [`MAX_DELAY`]; longer is cut).
    pub async fn send(&self, body: impl Into<String>, delay: Duration) -> Result<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body.into())
            .delay_seconds(seconds(delay.min(MAX_DELAY)))
            .send()
            .await
            .with_context(|| format!("send a message to {}", self.url))?;
        Ok(())
    }

    /// Sends every message, in batches that go in parallel, and returns those that the queue
    /// refuses for what they are (too large, or of characters that it does not take): they will
    /// never be taken, and stop no other. What a batch reports as failed otherwise is sent again;
    /// an error means that some message may not have been sent. Messages are not taken from the
    /// iterator before there is room for their batch.
    pub async fn send_all<Body: Into<String>>(
        &self,
        bodies: impl Iterator<Item = Body> + Send,
    ) -> Result<Vec<RefusedMessage>> {
        stream::iter(batches(bodies.map(Into::into)))
            .map(|batch| self.send_batch(batch))
            .buffer_unordered(PARALLEL)
            .try_fold(Vec::new(), async |mut all, refused| {
                all.extend(refused);
                Ok(all)
            })
            .await
            .with_context(|| format!("send messages to {}", self.url))
    }

    async fn send_batch(&self, bodies: Vec<(usize, String)>) -> Result<Vec<RefusedMessage>> {
        let mut refused = Vec::new();
        let mut entries = Vec::with_capacity(bodies.len());
        for (index, body) in bodies {
            if body.len() > BATCH_BYTES {
                let reason = format!("{} bytes are more than a queue takes", body.len());
                refused.push(RefusedMessage { index, reason });
                continue;
            }
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body);
            entries.push(entry.build()?);
        }
        for attempt in 0..ATTEMPTS {
            if entries.is_empty() {
                return Ok(refused);
            }
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.clone()))
                .send()
                .await?;
            let (final_ones, failed): (Vec<_>, Vec<_>) = answer
                .failed()
                .iter()
                .partition(|entry| entry.sender_fault());
            refused.extend(final_ones.into_iter().map(|entry| RefusedMessage {
                index: entry.id().parse().unwrap_or(usize::MAX),
                reason: format!("{} {}", entry.code(), entry.message().unwrap_or_default()),
            }));
            entries.retain(|entry| failed.iter().any(|failed| failed.id() == entry.id()));
        }
        if entries.is_empty() {
            return Ok(refused);
        }
        bail!(
            "{} messages were not taken in {ATTEMPTS} attempts",
            entries.len()
        )
    }

    /// Lets a received message come back after `delay` (at most 12 hours).
    pub async fn come_back(&self, receipt_handle: &str, delay: Duration) -> Result<()> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds(delay.min(Duration::from_hours(12))))
            .send()
            .await
            .with_context(|| format!("change the visibility of a message in {}", self.url))?;
        Ok(())
    }
}

/// Whole seconds, rounded up.
fn seconds(delay: Duration) -> i32 {
    i32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

/// Cuts messages into batches of at most [`BATCH`] messages and [`BATCH_BYTES`] bytes; each message
/// with its place among all. One that is larger is alone.
fn batches(bodies: impl Iterator<Item = String>) -> impl Iterator<Item = Vec<(usize, String)>> {
    let mut bodies = bodies.enumerate().peekable();
    std::iter::from_fn(move || {
        let first = bodies.next()?;
        let mut bytes = first.1.len();
        let mut batch = Vec::with_capacity(BATCH);
        batch.push(first);
        while batch.len() < BATCH {
            let Some(next) = bodies.next_if(|(_, next)| bytes + next.len() <= BATCH_BYTES) else {
                break;
            };
            bytes += next.1.len();
            batch.push(next);
        }
        Some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(bodies: Vec<String>) -> Vec<usize> {
        batches(bodies.into_iter())
            .map(|batch| batch.len())
            .collect()
    }

    #[test]
    fn batches_are_full_but_never_too_large() {
        assert_eq!(sizes(vec!["m".to_owned(); 25]), [10, 10, 5]);
        assert_eq!(sizes(vec![]), Vec::<usize>::new());
        assert_eq!(sizes(vec!["m".repeat(100 * 1024); 5]), [2, 2, 1]);
        assert_eq!(sizes(vec!["m".repeat(BATCH_BYTES), "m".to_owned()]), [1, 1]);
    }

    #[test]
    fn a_delay_is_rounded_up_to_whole_seconds() {
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(2_001)), 3);
    }
}
