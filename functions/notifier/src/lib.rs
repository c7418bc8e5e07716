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

use anyhow::{Context, Result, bail};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda::batch::{self, Record};
use lambda::config;
use lambda_runtime::LambdaEvent;
use store::{
    Clients, Delivery, Files, KeptSecret, Links, Note, NoteClaim, Notes, Queue, Secrets, Table,
};
use tracing::{error, info};

use crate::message::Message;
use crate::slack::{Posted, Slack};

/// How long the link in a message opens.
const LINK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest wait before a message is tried again.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// When to look again at a note that somebody else is sending.
const HELD_WAIT: Duration = Duration::from_mins(1);

/// What the notifier works with.
#[derive(Debug)]
pub struct Notifier {
    notes: Notes,
    uploads: Files,
    notifications: Queue,
    webhook: KeptSecret,
    api_token: KeptSecret,
    api_url: String,
    slack: Slack,
    retry_base: Duration,
}

impl Notifier {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let secrets = Secrets::new(&clients);
        Ok(Self {
            notes: Notes::new(table.clone()),
            uploads: Files::new(table),
            notifications: Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?),
            webhook: KeptSecret::new(secrets.clone(), config::required("SLACK_WEBHOOK_SECRET")?),
            api_token: KeptSecret::new(secrets, config::required("API_TOKEN_SECRET")?),
            api_url: config::required("API_URL")?,
            slack: Slack::new(&config::optional("PLAIN_HOSTS").unwrap_or_default())?,
            retry_base: Duration::from_secs(config::parsed("RETRY_BASE_SECONDS")?),
        })
    }

    /// Posts every note of a batch.
    pub async fn notify(&self, event: &LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        batch::each(event, 1, async |record| self.one(record).await).await
    }

    async fn one(&self, record: Record<'_>) -> Result<()> {
        let note: Note = match serde_json::from_str(record.body()) {
            Ok(note) => note,
            Err(error) => {
                // It will not get better: no waiting between its receives.
                self.come_back(record, Duration::ZERO).await?;
                return Err(error).context("the message is not a note");
            }
        };
        let id = note.id();
        match self.notes.claim(&note).await? {
            NoteClaim::Ours => {}
            NoteClaim::Settled => {
                info!(note = %id, "was dealt with already");
                return Ok(());
            }
            NoteClaim::Held => {
                self.come_back(record, HELD_WAIT).await?;
                bail!("the note {id} is being sent by another invocation");
            }
        }
        if self.is_superseded(&note).await? {
            info!(note = %id, "a newer version has a note of its own");
            return self.notes.settle(&id, Delivery::Superseded, "").await;
        }
        let Some(webhook) = self.webhook.find().await? else {
            info!(note = %id, "not posted: no Slack is configured");
            return self.notes.settle(&id, Delivery::NotConfigured, "").await;
        };
        let message = self.message(&note).await?;
        match self.slack.post(&webhook, &message).await {
            Posted::Accepted => {
                info!(note = %id, "posted");
                self.notes.settle(&id, Delivery::Sent, "").await
            }
            Posted::Refused(reason) => {
                error!(note = %id, "Slack will never take it: {reason}");
                self.notes.settle(&id, Delivery::Refused, &reason).await
            }
            Posted::Later { reason, after } => {
                let wait = after.unwrap_or_else(|| self.backoff(record.receives()));
                self.notes.release(&id).await?;
                self.come_back(record, wait).await?;
                bail!("the note {id} was not posted: {reason}");
            }
        }
    }

    async fn come_back(&self, record: Record<'_>, wait: Duration) -> Result<()> {
        self.notifications
            .come_back(record.receipt_handle(), wait)
            .await
    }

    /// Whether the note is about a version that a newer one has replaced. An old note that
    /// waited for Slack would otherwise have the last word.
    async fn is_superseded(&self, note: &Note) -> Result<bool> {
        let Note::Upload(note) = note;
        let file = self.uploads.get(&note.file).await?;
        Ok(file.is_some_and(|file| file.upload.sequencer > note.version))
    }

    async fn message(&self, note: &Note) -> Result<Message> {
        let links = Links::new(&self.api_token.get().await?);
        let expires = Timestamp::now() + LINK;
        Ok(message::of(note, |key| {
            links.sign(&self.api_url, key, expires)
        }))
    }

    /// The wait before the next try: doubling with every receive.
    fn backoff(&self, receives: u32) -> Duration {
        let doubled = 2_u32
            .saturating_pow(receives.saturating_sub(1))
            .min(1 << 10);
        (self.retry_base * doubled).min(LONGEST_WAIT)
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
