//! The operations on queues.

use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::error::SqsError;
use super::journal::{Change, StoredQueue};
use super::queue::{self, Queue, now_ms};
use super::settings::Settings;
use super::{Sqs, nothing, wire};
use crate::stack::http::Reply;

impl Sqs {
    pub(super) async fn create(&self, input: wire::CreateQueue) -> Result<Value, SqsError> {
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

    pub(super) async fn drop_queue(&self, input: wire::QueueUrl) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.queues
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&queue.name);
        queue.drop_all(&self.journal).await?;
        Ok(nothing())
    }

    pub(super) async fn purge(&self, input: wire::QueueUrl) -> Result<Reply, SqsError> {
        self.by_url(&input.queue_url)?.purge(&self.journal).await?;
        Ok(nothing())
    }

    pub(super) fn queue_url(&self, input: &wire::QueueName) -> Result<Value, SqsError> {
        let queue = self
            .by_name(&input.queue_name)
            .ok_or(SqsError::NoSuchQueue)?;
        Ok(json!({ "QueueUrl": queue.url }))
    }

    pub(super) fn attributes(&self, input: &wire::GetAttributes) -> Result<Value, SqsError> {
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

    pub(super) async fn set_attributes(
        &self,
        input: wire::SetAttributes,
    ) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let settings = queue.state().settings.with(&input.attributes)?;
        self.check_redrive(&settings, &queue.name)?;
        self.change(&queue, |state| state.settings = settings).await
    }

    pub(super) async fn tag(&self, input: wire::TagQueue) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.change(&queue, |state| state.tags.extend(input.tags))
            .await
    }

    pub(super) async fn untag(&self, input: wire::UntagQueue) -> Result<Reply, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        self.change(&queue, |state| {
            state.tags.retain(|key, _| !input.tag_keys.contains(key));
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
            self.journal.commit(vec![Change::Configure {
                queue: queue.id,
                modified: state.modified,
                attributes: json!(state.settings.attributes()).to_string(),
                tags: json!(state.tags).to_string(),
            }])
        };
        journalled.await?;
        Ok(nothing())
    }

    pub(super) fn tags(&self, input: &wire::QueueUrl) -> Result<Value, SqsError> {
        let queue = self.by_url(&input.queue_url)?;
        let state = queue.state();
        Ok(json!({ "Tags": state.tags }))
    }

    pub(super) fn list(&self, input: &wire::ListQueues) -> Value {
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

    pub(super) fn dead_letter_sources(&self, input: &wire::QueueUrl) -> Result<Value, SqsError> {
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

fn check_name(name: &str) -> Result<(), SqsError> {
    if name.strip_suffix(".fifo").is_some() {
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
