//! The notifier: posts notes to Slack.
//!
//! A note is claimed before it is posted and marked as sent afterwards, so that a repeated message
//! posts nothing twice. Slack cannot be asked whether it has a message. Who dies after the post
//! and before the mark therefore leaves a note that is posted a second time a minute later: at
//! least once, because a report that nobody hears of is worse than one that is told twice.
//!
//! What Slack cannot take now comes back later; what it will never take is recorded with the note.

mod message;
mod slack;

use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda::{Backoff, Consumer, Retry, config};
use lambda_runtime::LambdaEvent;
use model::{Message, Notification, Tell};
use store::{
    Clients, Delivery, Files, KeptSecret, Links, NotificationClaim, Notifications, Queue, Secrets,
    Table,
};
use tracing::{error, info};

use crate::message::Post;
use crate::slack::{Posted, Slack};

/// How long the link in a message opens.
const LINK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// When to look again at a note that somebody else is sending.
const HELD_WAIT: Duration = Duration::from_mins(1);

/// What the notifier works with.
#[derive(Debug)]
pub struct Notifier {
    notifications: Notifications,
    uploads: Files,
    consumer: Consumer,
    webhook: KeptSecret,
    api_token: KeptSecret,
    api_url: String,
    slack: Slack,
}

impl Notifier {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let secrets = Secrets::new(&clients);
        let queue = Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?);
        let retry_base = Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?);
        Ok(Self {
            notifications: Notifications::new(table.clone()),
            uploads: Files::new(table),
            consumer: Consumer::new(queue, Backoff::from(retry_base)),
            webhook: KeptSecret::new(secrets.clone(), config::required("SLACK_WEBHOOK_SECRET")?),
            api_token: KeptSecret::new(secrets, config::required("API_TOKEN_SECRET")?),
            api_url: config::required("API_URL")?,
            slack: Slack::new(&config::optional("PLAIN_HOSTS").unwrap_or_default())?,
        })
    }

    /// Tells everything in a batch.
    pub async fn notify(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        self.consumer
            .each(event, 1, async |message, _| match message {
                Message::Notification(Tell { notification }) => self.tell(&notification).await,
                other => Err(lambda::misdirected(&other)),
            })
            .await
    }

    async fn tell(&self, note: &Notification) -> Result<(), Retry> {
        let id = note.id();
        match self.notifications.claim(note).await? {
            NotificationClaim::Ours => {}
            NotificationClaim::Settled => {
                info!(note = %id, "was dealt with already");
                return Ok(());
            }
            NotificationClaim::Held => {
                let cause = anyhow!("{id} is being told by another invocation");
                return Err(Retry::after(HELD_WAIT, cause));
            }
        }
        if self.is_superseded(note).await? {
            info!(note = %id, "a newer version has a note of its own");
            return Ok(self
                .notifications
                .settle(&id, Delivery::Superseded, "")
                .await?);
        }
        let Some(webhook) = self.webhook.find().await? else {
            info!(note = %id, "not posted: no Slack is configured");
            return Ok(self
                .notifications
                .settle(&id, Delivery::NotConfigured, "")
                .await?);
        };
        let message = self.message(note).await?;
        match self.slack.post(&webhook, &message).await {
            Posted::Accepted => {
                info!(note = %id, "posted");
                Ok(self.notifications.settle(&id, Delivery::Sent, "").await?)
            }
            Posted::Refused(reason) => {
                error!(note = %id, "Slack will never take it: {reason}");
                Ok(self
                    .notifications
                    .settle(&id, Delivery::Refused, &reason)
                    .await?)
            }
            Posted::Later { reason, after } => {
                self.notifications.release(&id).await?;
                let cause = anyhow!("{id} was not posted: {reason}");
                Err(match after {
                    Some(wait) => Retry::after(wait, cause),
                    None => cause.into(),
                })
            }
        }
    }

    /// Whether the note is about a version that a newer one has replaced. An old note that
    /// waited for Slack would otherwise have the last word.
    async fn is_superseded(&self, note: &Notification) -> Result<bool> {
        let Notification::Upload(note) = note;
        let file = self.uploads.get(&note.file).await?;
        Ok(file.is_some_and(|file| file.upload.sequencer > note.version))
    }

    async fn message(&self, note: &Notification) -> Result<Post> {
        let links = Links::new(&self.api_token.get().await?);
        let expires = Timestamp::now() + LINK;
        Ok(message::of(note, |key| {
            links.sign(&self.api_url, key, expires)
        }))
    }
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Notifier::from_env().await?, async |notifier, event| {
        Ok(notifier.notify(&event).await)
    })
    .await
}
