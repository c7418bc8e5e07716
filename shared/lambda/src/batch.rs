//! A batch of SQS messages, each on its own.
//!
//! One record that fails, panics or runs out of time is reported as failed
//! (`ReportBatchItemFailures`) and comes back; the records beside it go through.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};
use lambda_runtime::{Context, LambdaEvent};
use tracing::{error, warn};

/// What is left of an invocation's time is kept for its answer.
const MARGIN: Duration = Duration::from_secs(2);

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    index: usize,
    message: &'a SqsMessage,
}

impl Record<'_> {
    /// Its place in the batch, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its body; empty when there is none.
    pub fn body(&self) -> &str {
        self.message.body.as_deref().unwrap_or_default()
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.message.message_id.as_deref().unwrap_or_default()
    }

    /// What names this receive of it, for changing its visibility.
    pub fn receipt_handle(&self) -> &str {
        self.message.receipt_handle.as_deref().unwrap_or_default()
    }

    /// How often it was received, this time included.
    pub fn receives(&self) -> u32 {
        self.message
            .attributes
            .get("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    }
}

/// Handles every record of a batch, at most `parallel` at once. A record whose handler returns
/// an error, panics, or is not done in time is reported as failed.
pub async fn each<F>(event: &LambdaEvent<SqsEvent>, parallel: usize, handler: F) -> SqsBatchResponse
where
    F: AsyncFn(Record<'_>) -> Result<()>,
{
    let deadline = tokio::time::Instant::now() + remaining(&event.context);
    let failed: Vec<Option<BatchItemFailure>> =
        stream::iter(event.payload.records.iter().enumerate())
            .map(|(index, message)| one(Record { index, message }, deadline, &handler))
            .buffer_unordered(parallel.max(1))
            .collect()
            .await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().flatten().collect();
    response
}

async fn one<F>(
    record: Record<'_>,
    deadline: tokio::time::Instant,
    handler: &F,
) -> Option<BatchItemFailure>
where
    F: AsyncFn(Record<'_>) -> Result<()>,
{
    let work = AssertUnwindSafe(handler(record)).catch_unwind();
    match tokio::time::timeout_at(deadline, work).await {
        Ok(Ok(Ok(()))) => return None,
        Ok(Ok(Err(failure))) => warn!(message_id = record.id(), "comes back: {failure:#}"),
        Ok(Err(_panic)) => error!(message_id = record.id(), "comes back: its handler panicked"),
        Err(_elapsed) => warn!(message_id = record.id(), "comes back: no time left"),
    }
    let mut failure = BatchItemFailure::default();
    record.id().clone_into(&mut failure.item_identifier);
    Some(failure)
}

/// What is left of an invocation's time, less the margin for its answer.
pub fn remaining(context: &Context) -> Duration {
    context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default()
        .saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(bodies: &[&str], time: Duration) -> LambdaEvent<SqsEvent> {
        let mut event = SqsEvent::default();
        event.records = bodies
            .iter()
            .map(|body| {
                let mut message = SqsMessage::default();
                message.message_id = Some((*body).to_owned());
                message.body = Some((*body).to_owned());
                message
            })
            .collect();
        let mut context = Context::default();
        let deadline = SystemTime::now() + time;
        context.deadline = deadline
            .duration_since(SystemTime::UNIX_EPOCH)
            .map(|since| u64::try_from(since.as_millis()).unwrap())
            .unwrap();
        LambdaEvent::new(event, context)
    }

    async fn failed(bodies: &[&str], time: Duration) -> Vec<String> {
        let response = each(&event(bodies, time), 4, async |record| {
            match record.body() {
                "bad" => anyhow::bail!("unreadable"),
                "panic" => panic!("boom"),
                "slow" => {
                    tokio::time::sleep(Duration::from_hours(1)).await;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
        .await;
        response
            .batch_item_failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect()
    }

    #[tokio::test]
    async fn a_record_that_fails_or_panics_fails_alone() {
        let mut failed = failed(&["ok", "bad", "panic", "also ok"], Duration::from_mins(1)).await;
        failed.sort();
        assert_eq!(failed, ["bad", "panic"]);
    }

    #[tokio::test]
    async fn what_is_not_done_in_time_comes_back() {
        let time = MARGIN + Duration::from_millis(50);
        assert_eq!(failed(&["slow", "ok"], time).await, ["slow"]);
    }
}
