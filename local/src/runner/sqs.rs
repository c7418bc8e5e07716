//! The SQS event source: messages come to the function in batches, and those that it handled are
//! deleted. Everything else comes back when its visibility time is over.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::manifest::SqsTrigger;

use super::Shared;
use super::error::reason;
use super::pool::Pool;
use super::runtime_api::MAX_PAYLOAD;

/// What SQS gives at most in one receive, and takes in one batch of deletions.
const RECEIVE_MAX: u32 = 10;

/// How long an empty receive waits, the longest that SQS allows.
const WAIT: Duration = Duration::from_secs(20);

/// A batch is closed before it comes near the largest event that Lambda takes: bodies grow when
/// they are written as JSON.
const MAX_BATCH_BYTES: usize = 3 * 1024 * 1024;

/// Polls a queue for as long as the runner runs.
pub(super) async fn poll(
    shared: Arc<Shared>,
    pool: Arc<Pool>,
    trigger: SqsTrigger,
    url: String,
    arn: String,
    concurrency: usize,
) {
    let slots = Arc::new(Semaphore::new(concurrency));
    let source = Arc::new(Source {
        sqs: pool.spec.sqs.clone(),
        url,
        arn,
        region: shared.region.clone(),
        reports_failures: trigger.reports_failures,
    });
    // Lambda looks at the queue's attributes before it polls.
    is_empty(&source.sqs, &source.url).await;
    loop {
        // What no sandbox is free for stays in the queue: received, it would only wait invisibly.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let messages = gather(&trigger, &source).await;
        if messages.is_empty() {
            continue;
        }
        let batch = handle(Arc::clone(&pool), Arc::clone(&source), messages);
        shared.spawn(async move {
            batch.await;
            drop(slot);
        });
    }
}

struct Source {
    /// Under the function's role, as Lambda polls.
    sqs: aws_sdk_sqs::Client,
    url: String,
    arn: String,
    region: String,
    reports_failures: bool,
}

/// Whether a queue holds nothing: to be received, in flight or delayed.
pub(super) async fn is_empty(sqs: &aws_sdk_sqs::Client, url: &str) -> bool {
    let counted = sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await;
    match counted {
        Ok(counted) => [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ]
        .iter()
        .all(|name| {
            let counts = counted.attributes.as_ref();
            counts
                .and_then(|counts| counts.get(name))
                .is_none_or(|count| count == "0")
        }),
        Err(error) => {
            tracing::warn!(queue = url, error = reason(&error), "cannot count messages");
            false
        }
    }
}

/// One batch: what one receive gives, or what comes within the window.
async fn gather(trigger: &SqsTrigger, source: &Source) -> Vec<Message> {
    let mut messages = receive(source, trigger.batch_size, WAIT).await;
    if trigger.window.is_zero() || messages.is_empty() {
        return messages;
    }
    let ends = Instant::now() + trigger.window;
    loop {
        let left = ends.saturating_duration_since(Instant::now());
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let room = trigger.batch_size.saturating_sub(count);
        let bytes: usize = messages.iter().map(|m| m.body().map_or(0, str::len)).sum();
        if room == 0 || left.is_zero() || bytes > MAX_BATCH_BYTES {
            return messages;
        }
        messages.extend(receive(source, room, left).await);
    }
}

async fn receive(source: &Source, count: u32, wait: Duration) -> Vec<Message> {
    // A wait is in whole seconds, and at least one: shorter ones would be a busy loop.
    let seconds = wait.min(WAIT).as_secs().max(1);
    let received = source
        .sqs
        .receive_message()
        .queue_url(&source.url)
        .max_number_of_messages(count.min(RECEIVE_MAX).cast_signed())
        .wait_time_seconds(i32::try_from(seconds).unwrap_or(20))
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await;
    match received {
        Ok(received) => received.messages.unwrap_or_default(),
        Err(error) => {
            let error = reason(&error);
            tracing::warn!(queue = source.url, error, "cannot receive, trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
            Vec::new()
        }
    }
}

/// One batch, in halves when it is larger than an event may be.
async fn handle(pool: Arc<Pool>, source: Arc<Source>, messages: Vec<Message>) {
    let mut batches = vec![messages];
    while let Some(mut messages) = batches.pop() {
        let payload = match serde_json::to_vec(&Event::new(&messages, &source)) {
            Ok(payload) => Bytes::from(payload),
            Err(error) => {
                tracing::error!(%error, "a batch cannot be written as JSON");
                continue;
            }
        };
        if payload.len() > MAX_PAYLOAD && messages.len() > 1 {
            batches.push(messages.split_off(messages.len() / 2));
            batches.push(messages);
            continue;
        }
        // A failure is logged by the pool; the messages come back.
        if let Ok(answer) = pool.invoke(payload).await {
            settle(&pool, &source, &answer, &messages).await;
        }
    }
}

/// Deletes the messages that the function handled, by its answer.
async fn settle(pool: &Pool, source: &Source, answer: &[u8], messages: &[Message]) {
    let failed = if source.reports_failures {
        match failures(answer, messages) {
            Ok(failed) => failed,
            Err(reason) => {
                let function = &pool.spec.key;
                tracing::warn!(
                    function,
                    reason,
                    "a batch's answer is invalid: it counts as failed"
                );
                pool.spec
                    .log
                    .line(&format!("the batch counts as failed: {reason}"));
                return;
            }
        }
    } else {
        HashSet::new()
    };
    let done = messages
        .iter()
        .filter(|message| !failed.contains(message.message_id().unwrap_or_default()));
    delete(source, done).await;
}

/// The ids of the messages that failed, from the function's answer, by Lambda's rules: nothing
/// said means that all went well; an answer that names no known message, or cannot be
/// understood, means that none did.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
fn failures(answer: &[u8], messages: &[Message]) -> Result<HashSet<String>, String> {
    if answer.iter().all(u8::is_ascii_whitespace) {
        return Ok(HashSet::new());
    }
    let answer: Value =
        serde_json::from_slice(answer).map_err(|error| format!("it is not JSON: {error}"))?;
    let items = match &answer {
        Value::Null => return Ok(HashSet::new()),
        Value::Object(map) => match map.get("batchItemFailures") {
            None if map.is_empty() => return Ok(HashSet::new()),
            None => return Err("it has no batchItemFailures".to_owned()),
            Some(Value::Null) => return Ok(HashSet::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err("batchItemFailures is not a list".to_owned()),
        },
        _ => return Err("it is not an object".to_owned()),
    };
    let known: HashSet<&str> = messages.iter().filter_map(Message::message_id).collect();
    items
        .iter()
        .map(|item| match item.get("itemIdentifier") {
            Some(Value::String(id)) if known.contains(id.as_str()) => Ok(id.clone()),
            Some(id) => Err(format!("{id} is not the id of a message of the batch")),
            None => Err(format!("{item} has no itemIdentifier")),
        })
        .collect()
}

async fn delete<'a>(source: &Source, messages: impl Iterator<Item = &'a Message>) {
    let entries: Vec<_> = messages
        .enumerate()
        .map(|(index, message)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default())
                .build()
                .expect("both fields are set")
        })
        .collect();
    for chunk in entries.chunks(RECEIVE_MAX as usize) {
        let deleted = source
            .sqs
            .delete_message_batch()
            .queue_url(&source.url)
            .set_entries(Some(chunk.to_vec()))
            .send()
            .await;
        // What is not deleted comes once more: at least once is what a queue promises.
        match deleted {
            Ok(deleted) => {
                for failed in deleted.failed() {
                    tracing::warn!(queue = source.url, ?failed, "a message cannot be deleted");
                }
            }
            Err(error) => {
                let error = reason(&error);
                tracing::warn!(queue = source.url, error, "messages cannot be deleted");
            }
        }
    }
}

/// The event as Lambda writes it.
#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "Records")]
    records: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: &'a str,
    receipt_handle: &'a str,
    body: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    message_attributes: BTreeMap<&'a str, Attribute<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<&'a str>,
    md5_of_body: &'a str,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
    aws_region: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attribute<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
    string_list_values: [&'a str; 0],
    binary_list_values: [&'a str; 0],
    data_type: &'a str,
}

impl<'a> Event<'a> {
    fn new(messages: &'a [Message], source: &'a Source) -> Self {
        let records = messages.iter().map(|message| Record {
            message_id: message.message_id().unwrap_or_default(),
            receipt_handle: message.receipt_handle().unwrap_or_default(),
            body: message.body().unwrap_or_default(),
            attributes: message
                .attributes()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            message_attributes: message
                .message_attributes()
                .into_iter()
                .flatten()
                .map(|(name, value)| {
                    let attribute = Attribute {
                        string_value: value.string_value(),
                        binary_value: value
                            .binary_value()
                            .map(|bytes| BASE64_STANDARD.encode(bytes)),
                        string_list_values: [],
                        binary_list_values: [],
                        data_type: value.data_type(),
                    };
                    (name.as_str(), attribute)
                })
                .collect(),
            md5_of_message_attributes: message.md5_of_message_attributes(),
            md5_of_body: message.md5_of_body().unwrap_or_default(),
            event_source: "aws:sqs",
            event_source_arn: &source.arn,
            aws_region: &source.region,
        });
        Self {
            records: records.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Message> {
        ["a", "b"]
            .into_iter()
            .map(|id| Message::builder().message_id(id).body("{}").build())
            .collect()
    }

    #[test]
    fn an_answer_that_says_nothing_means_that_all_went_well() {
        for answer in [
            "",
            " \n",
            "null",
            "{}",
            r#"{"batchItemFailures":null}"#,
            r#"{"batchItemFailures":[]}"#,
        ] {
            assert_eq!(failures(answer.as_bytes(), &messages()), Ok(HashSet::new()));
        }
    }

    #[test]
    fn named_messages_failed() {
        let answer = br#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#;
        let expected = HashSet::from(["b".to_owned()]);
        assert_eq!(failures(answer, &messages()), Ok(expected));
    }

    #[test]
    fn an_answer_that_cannot_be_understood_fails_the_batch() {
        for answer in [
            "{",
            "[]",
            "\"ok\"",
            r#"{"batchItemFailure":[]}"#,
            r#"{"batchItemFailures":{}}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"c"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"id":"a"}]}"#,
            r#"{"batchItemFailures":["a"]}"#,
        ] {
            let outcome = failures(answer.as_bytes(), &messages());
            assert!(outcome.is_err(), "{answer}: {outcome:?}");
        }
    }
}
