//! The operations on messages.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::error::SqsError;
use super::journal::Change;
use super::message::{Envelope, Message, Receipt, Wanted};
use super::queue::{Queue, now_ms, seconds};
use super::settings::{SIZE_LIMIT, Settings};
use super::wire::{self, BatchAnswer, Failed, Outgoing, Sent, Succeeded};
use super::{Sqs, nothing};
use crate::stack::http::Reply;

/// The most entries in a batch, and the most messages in a receive.
const BATCH_LIMIT: usize = 10;
/// The longest a message can be hidden, in seconds.
const VISIBILITY_LIMIT: i64 = 43_200;

impl Sqs {
    pub(super) async fn send(&self, input: wire::Send) -> Result<Sent, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let limits = queue.state().settings.clone();
        input.message.check(limits.size_limit as usize)?;
        let mut sent = self.accept(&queue, &limits, vec![input.message]).await?;
        sent.pop().ok_or(SqsError::EmptyBatch)
    }

    pub(super) async fn send_batch(
        &self,
        input: wire::Batch<Outgoing>,
    ) -> Result<BatchAnswer<Sent>, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        check_ids(input.entries.iter().map(|entry| entry.id.as_str()))?;
        let size = input.entries.iter().map(Outgoing::size).sum();
        if size > SIZE_LIMIT {
            return Err(SqsError::BatchTooLong(size));
        }
        let limits = queue.state().settings.clone();
        let mut answer = BatchAnswer::default();
        let mut accepted = Vec::new();
        for entry in input.entries {
            match entry.check(limits.size_limit as usize) {
                Ok(()) => accepted.push(entry),
                Err(error) => answer.failed.push(Failed::new(entry.id, &error)),
            }
        }
        answer.successful = self.accept(&queue, &limits, accepted).await?;
        Ok(answer)
    }

    /// Journals checked messages, makes them available and acknowledges them.
    async fn accept(
        &self,
        queue: &Arc<Queue>,
        settings: &Settings,
        outgoing: Vec<Outgoing>,
    ) -> Result<Vec<Sent>, SqsError> {
        if outgoing.is_empty() {
            return Ok(Vec::new());
        }
        let sent = now_ms();
        let mut answers = Vec::with_capacity(outgoing.len());
        let mut messages = Vec::with_capacity(outgoing.len());
        let mut changes = Vec::with_capacity(outgoing.len());
        for outgoing in outgoing {
            let seq = self.last_seq.fetch_add(1, Ordering::Relaxed) + 1;
            let id = Uuid::new_v4();
            let body: Arc<str> = outgoing.message_body.unwrap_or_default().into();
            let attributes = outgoing.message_attributes.unwrap_or_default();
            let system = outgoing.message_system_attributes.unwrap_or_default();
            answers.push(Sent {
                id: outgoing.id,
                message_id: id.to_string(),
                md5_of_body: wire::md5_of_body(&body),
                md5_of_attributes: wire::md5_of_attributes(&attributes),
                md5_of_system_attributes: wire::md5_of_attributes(&system),
            });
            let plain = attributes.is_empty() && system.is_empty();
            let envelope = (!plain).then(|| Arc::new(Envelope { attributes, system }));
            let delay = outgoing.delay_seconds.unwrap_or(i64::from(settings.delay));
            let available = sent + delay * 1000;
            changes.push(Change::Accept {
                queue: queue.id,
                seq,
                id,
                body: Arc::clone(&body),
                envelope: envelope.clone(),
                sent,
                available,
            });
            messages.push(Message {
                seq,
                id,
                body,
                envelope,
                sent,
                source: None,
                receives: 0,
                receives_before: 0,
                first_received: None,
                hidden_until: available,
            });
        }
        let (purges, journalled) = queue.accept(&self.journal, changes)?;
        let queue = Arc::clone(queue);
        // On its own: if the sender goes away meanwhile, what is in the journal must not stay
        // unseen until the next start.
        let added = tokio::spawn(async move {
            journalled.await?;
            queue.add(purges, messages);
            Ok(())
        });
        match added.await {
            Ok(result) => result.map(|()| answers),
            Err(error) => Err(SqsError::Journal(error.to_string())),
        }
    }

    pub(super) async fn receive(&self, input: wire::Receive) -> Result<Value, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let max = in_range("MaxNumberOfMessages", input.max_number_of_messages, 10)?;
        if max == Some(0) {
            return Err(out_of_range("MaxNumberOfMessages", "1 to 10"));
        }
        let max = max.map_or(1, |max| max as usize);
        let visibility = in_range(
            "VisibilityTimeout",
            input.visibility_timeout,
            VISIBILITY_LIMIT,
        )?;
        let wait = in_range("WaitTimeSeconds", input.wait_time_seconds, 20)?;
        let wait = wait.unwrap_or_else(|| queue.state().settings.wait);
        let mut system = input.attribute_names;
        system.extend(input.message_system_attribute_names);
        let wanted = Wanted {
            system,
            message: input.message_attribute_names,
        };

        let deadline = Instant::now() + seconds(wait);
        loop {
            let arrived = queue.arrived.notified();
            tokio::pin!(arrived);
            // From here on an arrival is noticed, even before it is waited for.
            arrived.as_mut().enable();
            let redrive = queue.state().settings.redrive.clone();
            let dead_queue = redrive.and_then(|redrive| self.by_arn(&redrive.target_arn));
            let visibility = visibility.map(seconds);
            let taken = queue.take(
                &self.journal,
                max,
                visibility,
                &wanted,
                dead_queue.as_deref(),
            )?;
            if let Some(dead_queue) = dead_queue.filter(|_| !taken.dead.is_empty()) {
                dead_queue.add_dead(taken.dead);
            }
            if !taken.received.is_empty() {
                return Ok(json!({ "Messages": taken.received }));
            }
            if Instant::now() >= deadline {
                return Ok(json!({}));
            }
            let wake = taken.next.map_or(deadline, |next| next.min(deadline));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    pub(super) async fn delete(&self, input: wire::Delete) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let receipt = Receipt::decode(&input.receipt_handle).ok_or(SqsError::InvalidReceipt)?;
        queue.delete(&self.journal, &[receipt])?.await?;
        Ok(nothing())
    }

    pub(super) async fn delete_batch(
        &self,
        input: wire::Batch<wire::DeleteEntry>,
    ) -> Result<BatchAnswer<Succeeded>, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        check_ids(input.entries.iter().map(|entry| entry.id.as_str()))?;
        let mut answer = BatchAnswer::default();
        let mut receipts = Vec::new();
        for entry in input.entries {
            match Receipt::decode(&entry.receipt_handle) {
                Some(receipt) => {
                    receipts.push(receipt);
                    answer.successful.push(Succeeded { id: entry.id });
                }
                None => answer
                    .failed
                    .push(Failed::new(entry.id, &SqsError::InvalidReceipt)),
            }
        }
        queue.delete(&self.journal, &receipts)?.await?;
        Ok(answer)
    }

    pub(super) async fn change_visibility(
        &self,
        input: wire::ChangeVisibility,
    ) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.hide(
            &queue,
            &input.receipt_handle,
            Some(input.visibility_timeout),
        )
        .await?;
        Ok(nothing())
    }

    pub(super) async fn change_visibility_batch(
        &self,
        input: wire::Batch<wire::ChangeVisibilityEntry>,
    ) -> Result<BatchAnswer<Succeeded>, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        check_ids(input.entries.iter().map(|entry| entry.id.as_str()))?;
        let mut answer = BatchAnswer::default();
        for entry in input.entries {
            let timeout = entry.visibility_timeout;
            match self.hide(&queue, &entry.receipt_handle, timeout).await {
                Ok(()) => answer.successful.push(Succeeded { id: entry.id }),
                Err(error) => answer.failed.push(Failed::new(entry.id, &error)),
            }
        }
        Ok(answer)
    }

    async fn hide(
        &self,
        queue: &Queue,
        handle: &str,
        timeout: Option<i64>,
    ) -> Result<(), SqsError> {
        let receipt = Receipt::decode(handle).ok_or(SqsError::InvalidReceipt)?;
        let timeout = in_range("VisibilityTimeout", timeout, VISIBILITY_LIMIT)?
            .ok_or(SqsError::MissingParameter("VisibilityTimeout"))?;
        queue
            .change_visibility(&self.journal, receipt, seconds(timeout))?
            .await
    }
}

fn check_ids<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> Result<(), SqsError> {
    match ids.len() {
        0 => return Err(SqsError::EmptyBatch),
        1..=BATCH_LIMIT => {}
        count => return Err(SqsError::TooManyEntries(count)),
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut seen = HashSet::new();
    for id in ids {
        if !(1..=80).contains(&id.len()) || !id.chars().all(letters) {
            return Err(SqsError::InvalidEntryId);
        }
        if !seen.insert(id) {
            return Err(SqsError::IdsNotDistinct(id.to_owned()));
        }
    }
    Ok(())
}

fn in_range(name: &'static str, value: Option<i64>, limit: i64) -> Result<Option<u32>, SqsError> {
    let Some(value) = value else {
        return Ok(None);
    };
    match u32::try_from(value) {
        Ok(number) if value <= limit => Ok(Some(number)),
        _ => Err(out_of_range(name, &format!("0 to {limit}"))),
    }
}

fn out_of_range(name: &'static str, range: &str) -> SqsError {
    SqsError::InvalidParameter(format!(
        "Value for parameter {name} is invalid. Reason: Must be from {range}, if provided."
    ))
}
