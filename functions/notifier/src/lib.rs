//! The notifier: posts notes to Slack, and sends them to a signed webhook. Either is optional; each
//! has its own secret and its own outcome, so that one that fails never repeats the other.
//!
//! A note is claimed before it is posted and marked as sent afterwards, so that a repeated message
//! posts nothing twice. Slack cannot be asked whether it has a message. Who dies after the post
//! and before the mark therefore leaves a note that is posted a second time a minute later: at
//! least once, because a report that nobody hears of is worse than one that is told twice.
//!
//! What Slack cannot take now comes back later; what it will never take is recorded with the note.

mod digest;
mod message;
mod slack;
mod webhook;

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lambda::metrics::{self, Name};
use lambda::{Backoff, Consumer, Retry, config};
use lambda_runtime::LambdaEvent;
use model::{ExportOutcome, Message, Notification, NotificationId, RunDigest, Tell, UploadOutcome};
use pricing::Language;
use store::{
    Channel, Clients, Delivery, Files, KeptSecret, Links, NotificationClaim, Notifications, Queue,
    Secrets, Table,
};
use tracing::{error, info};

use crate::digest::Place;
use crate::message::Post;
use crate::slack::{Posted, Slack};
use crate::webhook::Webhook;

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
    slack_webhook: KeptSecret,
    webhook: KeptSecret,
    api_token: KeptSecret,
    api_url: String,
    slack: Slack,
    language: Language,
    zone: TimeZone,
    /// Whether a run of which there is nothing to tell is told in a line, or not at all.
    quiet_runs: bool,
}

/// A notification in words.
struct Told {
    post: Post,
    links: Vec<String>,
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
            slack_webhook: KeptSecret::new(
                secrets.clone(),
                config::required("SLACK_WEBHOOK_SECRET")?,
            ),
            webhook: KeptSecret::new(secrets.clone(), config::required("WEBHOOK_SECRET")?),
            api_token: KeptSecret::new(secrets, config::required("API_TOKEN_SECRET")?),
            api_url: config::required("API_URL")?,
            slack: Slack::new(&config::optional("PLAIN_HOSTS").unwrap_or_default())?,
            language: config::parsed("LANGUAGE")?,
            zone: schedule::time_zone(&config::required("TIMEZONE")?)
                .context("the environment variable TIMEZONE")?,
            quiet_runs: config::parsed("TELL_QUIET_RUNS")?,
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
        if self.is_not_worth_telling(note) {
            info!(note = %id, "nothing to tell");
            return Ok(self.notifications.settle(&id, Delivery::Quiet, "").await?);
        }
        let told = self.words(note).await?;
        let settled = self.notifications.channels(&id).await?;
        let mut outcomes = Vec::new();
        for channel in Channel::ALL {
            let outcome = match settled.get(&channel) {
                Some(outcome) => outcome.clone(),
                None => self.deliver(channel, note, &id, &told).await?,
            };
            outcomes.push(outcome);
        }
        let (delivery, detail) = Delivery::of_all(outcomes);
        Ok(self.notifications.settle(&id, delivery, &detail).await?)
    }

    /// Tells a note through one channel, and keeps what came of it.
    async fn deliver(
        &self,
        channel: Channel,
        note: &Notification,
        id: &NotificationId,
        told: &Told,
    ) -> Result<(Delivery, String), Retry> {
        let posted = match channel {
            Channel::Slack => match self.slack_webhook.find().await? {
                Some(webhook) => Some(self.slack.post(&webhook, &told.post).await),
                None => None,
            },
            Channel::Webhook => match self.webhook.find().await? {
                Some(secret) => Some(match Webhook::read(&secret) {
                    Ok(webhook) => {
                        let text = told.post.plain();
                        let links = told.links.clone();
                        webhook.send(&self.slack, note, text, links).await
                    }
                    Err(error) => Posted::Refused(format!("{error:#}")),
                }),
                None => None,
            },
        };
        let outcome = match posted {
            None => (Delivery::NotConfigured, String::new()),
            Some(Posted::Accepted) => {
                info!(note = %id, channel = channel.name(), "posted");
                metrics::add(Name::MessagesTaken, 1);
                (Delivery::Sent, String::new())
            }
            Some(Posted::Refused(reason)) => {
                error!(note = %id, channel = channel.name(), "will never be taken: {reason}");
                (Delivery::Refused, reason)
            }
            Some(Posted::Later { reason, after }) => {
                self.notifications.release(id).await?;
                let channel = channel.name();
                let cause = anyhow!("{id} was not taken by {channel}: {reason}");
                return Err(match after {
                    Some(wait) => Retry::after(wait, cause),
                    None => cause.into(),
                });
            }
        };
        let (delivery, detail) = &outcome;
        self.notifications
            .settle_channel(id, channel, *delivery, detail)
            .await?;
        Ok(outcome)
    }

    /// Whether a note is of a run of which there is nothing to tell, and such are not told.
    fn is_not_worth_telling(&self, note: &Notification) -> bool {
        matches!(note, Notification::Run(digest) if digest.is_quiet() && !self.quiet_runs)
    }

    /// Whether the note is about a version that a newer one has replaced. An old note that
    /// waited for Slack would otherwise have the last word.
    async fn is_superseded(&self, note: &Notification) -> Result<bool> {
        let Notification::Upload(note) = note else {
            return Ok(false);
        };
        let file = self.uploads.get(&note.file).await?;
        Ok(file.is_some_and(|file| file.upload.sequencer > note.version))
    }

    async fn words(&self, note: &Notification) -> Result<Told> {
        let links = Links::new(&self.api_token.get().await?);
        let expires = Timestamp::now() + LINK;
        let link = |key: &str| links.sign(&self.api_url, key, expires);
        let place = Place {
            language: self.language,
            zone: &self.zone,
            page: self.api_url.trim_end_matches("/api"),
        };
        Ok(match note {
            Notification::Upload(about) => Told {
                post: message::of_upload(about, link),
                links: match &about.outcome {
                    UploadOutcome::Done { report, .. } => vec![link(report)],
                    UploadOutcome::Failed { .. } => Vec::new(),
                },
            },
            Notification::Export(about) => Told {
                post: message::of_export(about, link),
                links: match &about.outcome {
                    ExportOutcome::Done { file, .. } => vec![link(file)],
                    ExportOutcome::Empty | ExportOutcome::Failed { .. } => Vec::new(),
                },
            },
            Notification::Run(run) => {
                let workbook = link(&run.workbook);
                Told {
                    post: digest::of_run(run, &workbook, &place),
                    links: vec![workbook],
                }
            }
            Notification::Alert(alert) => Told {
                post: digest::of_alert(alert, &place),
                links: Vec::new(),
            },
            Notification::Trial(_) => Told {
                post: message::of_trial(self.language),
                links: Vec::new(),
            },
        })
    }
}

/// A run's digest as plain text: what would be posted.
pub fn digest_in_words(digest: &RunDigest, language: Language, zone: &TimeZone) -> String {
    let place = Place {
        language,
        zone,
        page: "",
    };
    let post = digest::of_run(digest, &digest.workbook, &place);
    post.plain()
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(Notifier::from_env().await?, async |notifier, event| {
        Ok(notifier.notify(&event).await)
    })
    .await
}
