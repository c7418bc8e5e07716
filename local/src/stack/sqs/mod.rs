//! SQS: standard queues in memory, journalled so that they survive a killed process.
//!
//! The crate `rustack-sqs-core` was meant for this, but moves dead letters from queue to queue
//! where no journal can see it, gives new ids to messages that are put back after a restart, and
//! stops at 256 KiB a message. So the queues are our own, and every move is a line in the
//! journal.
//!
//! A message that was sent is in the journal before it can be received and before its sender is
//! answered; one that was deleted is forgotten by the journal before its consumer is answered.

mod error;
mod journal;
mod message;
mod queue;
mod settings;
mod wire;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::http::StatusCode;
use anyhow::Context;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use self::error::SqsError;
use self::journal::{Change, Journal, StoredQueue};
use self::message::{Envelope, Message, Receipt, Wanted};
use self::queue::{Queue, now_ms, seconds};
use self::settings::{SIZE_LIMIT, Settings};
use self::wire::{BatchAnswer, Failed, Outgoing, Sent, Succeeded};
use super::ACCOUNT;
use super::http::{JsonService, Reply, stopped, unknown_operation};

/// The most entries in a batch, and the most messages in a receive.
const BATCH_LIMIT: usize = 10;
/// The longest a message can be hidden, in seconds.
const VISIBILITY_LIMIT: i64 = 43_200;
/// How often messages past their retention are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// All queues.
pub(super) struct Sqs {
    url: String,
    region: String,
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    /// Held while a queue is created, so that two requests do not create it twice.
    creating: tokio::sync::Mutex<()>,
    last_seq: AtomicU64,
    journal: Journal,
}

impl Sqs {
    pub(super) fn open(path: &Path, url: &str, region: &str) -> anyhow::Result<Self> {
        let (journal, stored) = Journal::open(path)?;
        let sqs = Self {
            url: url.to_owned(),
            region: region.to_owned(),
            queues: RwLock::default(),
            creating: tokio::sync::Mutex::default(),
            last_seq: AtomicU64::new(journal::last_seq(&stored)),
            journal,
        };
        for queue in stored {
            let shown = format!("the queue {} cannot be restored", queue.name);
            sqs.register(queue).with_context(|| shown)?;
        }
        Ok(sqs)
    }

    /// Once a minute forgets messages that were kept long enough, until the stack stops.
    pub(super) async fn expire_old_messages(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        loop {
            for queue in self.all() {
                queue.expire(&self.journal);
            }
            tokio::select! {
                () = tokio::time::sleep(EXPIRY_INTERVAL) => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }

    fn register(&self, stored: StoredQueue) -> Result<Arc<Queue>, SqsError> {
        let name = stored.name.clone();
        let arn = format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", self.region);
        let url = format!("{}/{ACCOUNT}/{name}", self.url);
        let queue = Arc::new(Queue::restore(stored, arn, url)?);
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.insert(name, Arc::clone(&queue));
        Ok(queue)
    }

    fn by_name(&self, name: &str) -> Option<Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.get(name).cloned()
    }

    /// Finds a queue by its URL. Only the name counts: the port may be another after a restart.
    fn by_url(&self, url: &str) -> Result<Arc<Queue>, SqsError> {
        let name = url.rsplit('/').next().unwrap_or(url);
        self.by_name(name).ok_or(SqsError::NoSuchQueue)
    }

    fn by_arn(&self, arn: &str) -> Option<Arc<Queue>> {
        self.by_name(arn.rsplit(':').next()?)
            .filter(|queue| queue.arn == arn)
    }

    fn all(&self) -> Vec<Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.values().cloned().collect()
    }

    async fn dispatch(&self, operation: &str, body: &[u8]) -> Result<Option<Reply>, SqsError> {
        let reply = match operation {
            "SendMessage" => Reply::ok(&self.send(read(body)?).await?),
            "SendMessageBatch" => Reply::ok(&self.send_batch(read(body)?).await?),
            "ReceiveMessage" => Reply::ok(&self.receive(read(body)?).await?),
            "DeleteMessage" => self.delete(read(body)?).await?,
            "DeleteMessageBatch" => Reply::ok(&self.delete_batch(read(body)?).await?),
            "ChangeMessageVisibility" => self.change_visibility(read(body)?).await?,
            "ChangeMessageVisibilityBatch" => {
                Reply::ok(&self.change_visibility_batch(read(body)?).await?)
            }
            "CreateQueue" => Reply::ok(&self.create(read(body)?).await?),
            "DeleteQueue" => self.drop_queue(read(body)?).await?,
            "PurgeQueue" => self.purge(read(body)?).await?,
            "GetQueueUrl" => Reply::ok(&self.queue_url(&read(body)?)?),
            "GetQueueAttributes" => Reply::ok(&self.attributes(&read(body)?)?),
            "SetQueueAttributes" => self.set_attributes(read(body)?).await?,
            "ListQueues" => Reply::ok(&self.list(&read(body)?)),
            "ListDeadLetterSourceQueues" => Reply::ok(&self.dead_letter_sources(&read(body)?)?),
            "TagQueue" => self.tag(read(body)?).await?,
            "UntagQueue" => self.untag(read(body)?).await?,
            "ListQueueTags" => Reply::ok(&self.tags(&read(body)?)?),
            _ => return Ok(None),
        };
        Ok(Some(reply))
    }

    async fn send(&self, input: wire::Send) -> Result<Sent, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let limits = queue.state().settings.clone();
        input.message.check(limits.size_limit as usize)?;
        let mut sent = self.accept(&queue, &limits, vec![input.message]).await?;
        sent.pop().ok_or(SqsError::EmptyBatch)
    }

    async fn send_batch(
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
        queue: &Queue,
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
        journalled.await?;
        queue.add(purges, messages);
        Ok(answers)
    }

    async fn receive(&self, input: wire::Receive) -> Result<Value, SqsError> {
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

    async fn delete(&self, input: wire::Delete) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let receipt = Receipt::decode(&input.receipt_handle).ok_or(SqsError::InvalidReceipt)?;
        queue.delete(&self.journal, &[receipt])?.await?;
        Ok(nothing())
    }

    async fn delete_batch(
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

    async fn change_visibility(&self, input: wire::ChangeVisibility) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.hide(
            &queue,
            &input.receipt_handle,
            Some(input.visibility_timeout),
        )
        .await?;
        Ok(nothing())
    }

    async fn change_visibility_batch(
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

    async fn create(&self, input: wire::CreateQueue) -> Result<Value, SqsError> {
        let name = input.queue_name;
        check_name(&name)?;
        let _guard = self.creating.lock().await;
        if let Some(existing) = self.by_name(&name) {
            let state = existing.state();
            let wanted = state.settings.with(&input.attributes)?;
            return match state.settings.difference(&wanted) {
                Some(attribute) => Err(SqsError::QueueExists(attribute)),
                None => Ok(json!({ "QueueUrl": existing.url })),
            };
        }
        let settings = Settings::default().with(&input.attributes)?;
        self.check_redrive(&settings, &name)?;
        let attributes = settings.attributes();
        let created = now_ms() / 1000;
        let id = self
            .journal
            .create_queue(
                &name,
                created,
                json!(attributes).to_string(),
                json!(input.tags).to_string(),
            )
            .await?;
        let queue = self.register(StoredQueue {
            id,
            name,
            created,
            modified: created,
            attributes,
            tags: input.tags,
            messages: Vec::new(),
        })?;
        Ok(json!({ "QueueUrl": queue.url }))
    }

    fn check_redrive(&self, settings: &Settings, name: &str) -> Result<(), SqsError> {
        let Some(redrive) = &settings.redrive else {
            return Ok(());
        };
        match self.by_arn(&redrive.target_arn) {
            Some(target) if target.name != name => Ok(()),
            _ => Err(SqsError::InvalidParameter(format!(
                "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target {} does \
                 not exist or is the queue itself.",
                redrive.target_arn
            ))),
        }
    }

    async fn drop_queue(&self, input: wire::QueueUrl) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.queues
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&queue.name);
        queue.drop_all(&self.journal).await?;
        Ok(nothing())
    }

    async fn purge(&self, input: wire::QueueUrl) -> Result<Reply, SqsError> {
        self.by_url(&input.queue_url)?.purge(&self.journal).await?;
        Ok(nothing())
    }

    fn queue_url(&self, input: &wire::QueueName) -> Result<Value, SqsError> {
        let queue = self
            .by_name(&input.queue_name)
            .ok_or(SqsError::NoSuchQueue)?;
        Ok(json!({ "QueueUrl": queue.url }))
    }

    fn attributes(&self, input: &wire::GetAttributes) -> Result<Value, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let mut state = queue.state();
        let counts = state.counts();
        let mut all = state.settings.attributes();
        for (name, value) in [
            ("QueueArn", queue.arn.clone()),
            ("CreatedTimestamp", queue.created.to_string()),
            ("LastModifiedTimestamp", state.modified.to_string()),
            ("ApproximateNumberOfMessages", counts.available.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
        ] {
            all.insert(name.to_owned(), value);
        }
        let wanted = &input.attribute_names;
        if !wanted.iter().any(|name| name == "All") {
            // Asking for a policy that is not set is no error; for a name that is none, it is.
            let known = |name: &String| all.contains_key(name) || Settings::knows(name);
            if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
                return Err(SqsError::UnknownAttribute(unknown.clone()));
            }
            all.retain(|name, _| wanted.contains(name));
        }
        Ok(if all.is_empty() {
            json!({})
        } else {
            json!({ "Attributes": all })
        })
    }

    async fn set_attributes(&self, input: wire::SetAttributes) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let settings = queue.state().settings.with(&input.attributes)?;
        self.check_redrive(&settings, &queue.name)?;
        self.change(&queue, |state| state.settings = settings).await
    }

    async fn tag(&self, input: wire::TagQueue) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.change(&queue, |state| state.tags.extend(input.tags))
            .await
    }

    async fn untag(&self, input: wire::UntagQueue) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.change(&queue, |state| {
            state.tags.retain(|key, _| !input.tag_keys.contains(key))
        })
        .await
    }

    /// Changes a queue's settings or tags, in memory and in the journal.
    async fn change(
        &self,
        queue: &Queue,
        change: impl FnOnce(&mut queue::State),
    ) -> Result<Reply, SqsError> {
        let journalled = {
            let mut state = queue.state();
            change(&mut state);
            state.modified = now_ms() / 1000;
            self.journal.commit(vec![Change::ChangeQueue {
                queue: queue.id,
                modified: state.modified,
                attributes: json!(state.settings.attributes()).to_string(),
                tags: json!(state.tags).to_string(),
            }])
        };
        journalled.await?;
        Ok(nothing())
    }

    fn tags(&self, input: &wire::QueueUrl) -> Result<Value, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let state = queue.state();
        Ok(json!({ "Tags": state.tags }))
    }

    fn list(&self, input: &wire::ListQueues) -> Value {
        let prefix = input.queue_name_prefix.as_deref().unwrap_or("");
        let after = input.next_token.as_deref().unwrap_or("");
        let limit = input.max_results.unwrap_or(1000).clamp(1, 1000);
        let queues = self.all();
        let mut found = queues
            .iter()
            .filter(|queue| queue.name.starts_with(prefix) && queue.name.as_str() > after);
        let page: Vec<_> = found.by_ref().take(limit).collect();
        let urls: Vec<_> = page.iter().map(|queue| &queue.url).collect();
        let next = found.next().and(page.last()).map(|queue| &queue.name);
        match next {
            Some(next) => json!({ "QueueUrls": urls, "NextToken": next }),
            None if urls.is_empty() => json!({}),
            None => json!({ "QueueUrls": urls }),
        }
    }

    fn dead_letter_sources(&self, input: &wire::QueueUrl) -> Result<Value, SqsError> {
        let target = self.by_url(&input.queue_url)?;
        let is_source = |queue: &&Arc<Queue>| {
            let state = queue.state();
            let redrive = state.settings.redrive.as_ref();
            redrive.is_some_and(|redrive| redrive.target_arn == target.arn)
        };
        let queues = self.all();
        let urls: Vec<_> = queues
            .iter()
            .filter(is_source)
            .map(|queue| &queue.url)
            .collect();
        // Lower case on the wire, unlike everything else.
        Ok(json!({ "queueUrls": urls }))
    }
}

impl JsonService for Sqs {
    const NAME: &'static str = "sqs";
    const TARGET: &'static str = "AmazonSQS.";
    const CONTENT_TYPE: &'static str = "application/x-amz-json-1.0";
    const REFUSED: StatusCode = StatusCode::FORBIDDEN;
    // A batch of 1 MiB, every byte of it escaped.
    const BODY_LIMIT: usize = 8 * 1024 * 1024;

    async fn call(&self, operation: &str, body: Bytes) -> Reply {
        match self.dispatch(operation, &body).await {
            Ok(Some(reply)) => reply,
            Ok(None) => unknown_operation(operation),
            Err(error) => error.reply(),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    Ok(serde_json::from_slice(body)?)
}

fn nothing() -> Reply {
    Reply::ok(&json!({}))
}

fn check_name(name: &str) -> Result<(), SqsError> {
    if name.ends_with(".fifo") {
        return Err(SqsError::Unsupported(
            "The embedded stack has no FIFO queues.",
        ));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=80).contains(&name.len()) || !name.chars().all(letters) {
        return Err(SqsError::InvalidParameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
                .to_owned(),
        ));
    }
    Ok(())
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
