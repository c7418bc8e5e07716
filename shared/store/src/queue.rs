//! A queue: sending everything, and putting work off.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::{StreamExt, TryStreamExt, stream};

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

    /// Sends every message, in batches that go in parallel. What a batch reports as failed is
    /// sent again; an error means that some message may not have been sent. Messages are not
    /// taken from the iterator before there is room for their batch.
    pub async fn send_all<Body: Into<String>>(
        &self,
        bodies: impl Iterator<Item = Body> + Send,
    ) -> Result<()> {
        stream::iter(batches(bodies.map(Into::into)))
            .map(Ok)
            .try_for_each_concurrent(PARALLEL, |batch| self.send_batch(batch))
            .await
            .with_context(|| format!("send messages to {}", self.url))
    }

    async fn send_batch(&self, bodies: Vec<String>) -> Result<()> {
        let mut entries = bodies
            .into_iter()
            .enumerate()
            .map(|(index, body)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(body)
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        for attempt in 0..ATTEMPTS {
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
            let failed = answer.failed();
            if failed.is_empty() {
                return Ok(());
            }
            if let Some(refused) = failed.iter().find(|entry| entry.sender_fault()) {
                bail!(
                    "the queue refuses a message: {} {}",
                    refused.code(),
                    refused.message().unwrap_or_default()
                );
            }
            entries.retain(|entry| failed.iter().any(|failed| failed.id() == entry.id()));
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

/// Cuts messages into batches of at most [`BATCH`] messages and [`BATCH_BYTES`] bytes.
fn batches(bodies: impl Iterator<Item = String>) -> impl Iterator<Item = Vec<String>> {
    let mut bodies = bodies.peekable();
    std::iter::from_fn(move || {
        let first = bodies.next()?;
        let mut bytes = first.len();
        let mut batch = Vec::with_capacity(BATCH);
        batch.push(first);
        while batch.len() < BATCH {
            let Some(next) = bodies.next_if(|next| bytes + next.len() <= BATCH_BYTES) else {
                break;
            };
            bytes += next.len();
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
