//! Notifications: what people are told, each once.
//!
//! A notification goes through the queue `notifications` to the notifier. `NOTE#id` / `META` says how far
//! it is: `status` is `sending` with a lease, and then what came of it; `slack` and `webhook` are what
//! came of it at each channel, with `slack_detail` and `webhook_detail`; `expires_at` lets
//! DynamoDB remove the item 30 days later, long after the last message about it. The id is made
//! of what the notification is about, so that a repeated message is the same notification.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::{SignedDuration, Timestamp};
use model::{Message, Notification, NotificationId, Upload, UploadNotification, UploadOutcome};

use crate::item::{Item, n, s, text};
use crate::listing::{Listing, came_at};
use crate::table::Written;
use crate::{Cursor, FileState, Files, Page, Queue, Table};

/// How long whoever sends a notification may take; then another attempt may begin.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long a notification is remembered: longer than any queue keeps a message.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many characters of a reason are told.
const REASON: usize = 2_000;

/// Tells what came of uploads. The file is settled first, then its notification is sent, then it is
/// marked as told: who dies in between leaves a file that the next event tells, perhaps again,
/// which the notifier notices.
#[derive(Debug, Clone)]
pub struct Outbox {
    files: Files,
    notifications: Queue,
}

impl Outbox {
    /// From these files to this queue.
    pub fn new(files: Files, notifications: Queue) -> Self {
        Self {
            files,
            notifications,
        }
    }

    /// Ends the work on a claimed version of an upload and tells what came of it. Of a version
    /// that a newer one took over nothing is told.
    pub async fn settle(&self, upload: &Upload, state: FileState) -> Result<()> {
        if self.files.settle(upload, &state).await? {
            self.tell(upload, state).await?;
        }
        Ok(())
    }

    /// Tells what came of a settled version of an upload.
    pub async fn tell(&self, upload: &Upload, state: FileState) -> Result<()> {
        let Some(notification) = about(upload, state)? else {
            return Ok(());
        };
        self.notifications
            .send(Message::from(notification), Duration::ZERO)
            .await?;
        self.files.told(upload).await
    }
}

/// What people are told of an upload in this state; `None` while it is worked on.
fn about(upload: &Upload, state: FileState) -> Result<Option<Notification>> {
    let outcome = match state {
        FileState::Processing { .. } => return Ok(None),
        FileState::Done { report, summary } => UploadOutcome::Done {
            report,
            numbers: serde_json::from_str(&summary)
                .with_context(|| format!("read what came of {}", upload.key))?,
        },
        FileState::Failed { reason, .. } => UploadOutcome::Failed {
            reason: reason.chars().take(REASON).collect(),
        },
    };
    Ok(Some(Notification::Upload(UploadNotification {
        file: upload.file_id(),
        version: upload.sequencer.clone(),
        name: upload.file_name().to_owned(),
        outcome,
    })))
}

/// The notifications that were and are being sent.
#[derive(Debug, Clone)]
pub struct Notifications {
    table: Table,
}

/// What became of claiming a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationClaim {
    /// The notification is ours to send, for a minute.
    Ours,
    /// It was dealt with: nothing to do.
    Settled,
    /// Somebody else is sending it.
    Held,
}

/// A way to tell people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A Slack incoming webhook.
    Slack,
    /// A signed webhook.
    Webhook,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 2] = [Self::Slack, Self::Webhook];

    /// The name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Webhook => "webhook",
        }
    }
}

/// What came of a notification in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was posted.
    Sent,
    /// There is nowhere to post it to.
    NotConfigured,
    /// A newer version of the upload has a notification of its own.
    Superseded,
    /// There was nothing to tell of the run, and such runs are not told.
    Quiet,
    /// It will never be accepted.
    Refused,
}

impl Delivery {
    const ALL: [Self; 5] = [
        Self::Sent,
        Self::NotConfigured,
        Self::Superseded,
        Self::Quiet,
        Self::Refused,
    ];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NotConfigured => "not_configured",
            Self::Superseded => "superseded",
            Self::Quiet => "quiet",
            Self::Refused => "refused",
        }
    }

    /// What came of a notification at all channels together: refused if any channel refuses it, else
    /// sent if any took it, with what the channels had to say.
    pub fn of_all(outcomes: Vec<(Self, String)>) -> (Self, String) {
        let any = |delivery| outcomes.iter().any(|(one, _)| *one == delivery);
        let all = [Self::Refused, Self::Sent]
            .into_iter()
            .find(|delivery| any(*delivery))
            .unwrap_or(Self::NotConfigured);
        let details = outcomes.into_iter().map(|(_, detail)| detail);
        let details: Vec<String> = details.filter(|detail| !detail.is_empty()).collect();
        (all, details.join("; "))
    }
}

/// A notification as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRecord {
    /// What is told.
    pub notification: Notification,
    /// When it was first taken up.
    pub came_at: Option<Timestamp>,
    /// What came of it; `None` while it is being sent.
    pub delivery: Option<Delivery>,
    /// Why, where there is more to say.
    pub detail: String,
}

impl Notifications {
    /// The notifications of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Claims a notification for a minute, unless it was dealt with.
    pub async fn claim(&self, notification: &Notification) -> Result<NotificationClaim> {
        let id = notification.id();
        let now = Timestamp::now();
        let mut claim = self
            .update(&id)
            .update_expression(format!(
                "SET #status = :sending, note = :note, lease_until = :until, \
                 expires_at = :expires, {}",
                Listing::SET_ONCE
            ))
            .condition_expression(
                "attribute_not_exists(PK) OR (#status = :sending AND lease_until < :now)",
            )
            .expression_attribute_values(":note", s(serde_json::to_string(notification)?))
            .expression_attribute_values(":until", n((now + LEASE).as_millisecond()))
            .expression_attribute_values(":now", n(now.as_millisecond()))
            .expression_attribute_values(":expires", n((now + REMEMBERED).as_second()));
        for (name, value) in Listing::Notifications.by_time(format_args!("{now:.3}"), &id) {
            claim = claim.expression_attribute_values(format!(":{name}"), s(value));
        }
        let written = self.table.update_if(claim).await;
        let written = written.with_context(|| format!("claim the notification {id}"))?;
        Ok(match written {
            Written::Applied => NotificationClaim::Ours,
            Written::Refused(item) if text(&item, "status") == Some(SENDING) => {
                NotificationClaim::Held
            }
            Written::Refused(_) => NotificationClaim::Settled,
        })
    }

    /// A page of the notifications of the last 30 days, the newest first. Eventually consistent.
    pub async fn list(
        &self,
        cursor: Option<&Cursor>,
        limit: u16,
    ) -> Result<Page<NotificationRecord>> {
        let page = self
            .table
            .page_of_items(Listing::Notifications, cursor, limit);
        page.await?.try_map(|item| read(&item))
    }

    /// Gives a claimed notification back, to be sent later.
    pub async fn release(&self, id: &NotificationId) -> Result<()> {
        let update = self
            .update(id)
            .update_expression("SET lease_until = :ended")
            .condition_expression("#status = :sending")
            .expression_attribute_values(":ended", n(0));
        self.table
            .update_if(update)
            .await
            .with_context(|| format!("give the notification {id} back"))?;
        Ok(())
    }

    /// What came of a notification at the channels that are settled, and why.
    pub async fn channels(
        &self,
        id: &NotificationId,
    ) -> Result<HashMap<Channel, (Delivery, String)>> {
        Ok(self.find(id).await?.unwrap_or_default())
    }

    /// The same; `None` if nothing is known of such a notification.
    pub async fn find(
        &self,
        id: &NotificationId,
    ) -> Result<Option<HashMap<Channel, (Delivery, String)>>> {
        let item = self.table.get_latest(format!("NOTE#{id}"), "META").await;
        let item = item.with_context(|| format!("read the notification {id}"))?;
        let Some(item) = item else { return Ok(None) };
        let settled = Channel::ALL.into_iter().filter_map(|channel| {
            let delivery = Delivery::from_name(text(&item, channel.name())?)?;
            let detail = text(&item, &format!("{}_detail", channel.name()));
            Some((channel, (delivery, detail.unwrap_or_default().to_owned())))
        });
        Ok(Some(settled.collect()))
    }

    /// Says what came of a claimed notification at one channel, and why.
    pub async fn settle_channel(
        &self,
        id: &NotificationId,
        channel: Channel,
        delivery: Delivery,
        detail: &str,
    ) -> Result<()> {
        let update = self
            .update(id)
            .update_expression("SET #channel = :delivery, #detail = :detail")
            .condition_expression("#status = :sending")
            .expression_attribute_names("#channel", channel.name())
            .expression_attribute_names("#detail", format!("{}_detail", channel.name()))
            .expression_attribute_values(":delivery", s(delivery.name()))
            .expression_attribute_values(":detail", s(detail));
        let written = self.table.update_if(update).await;
        written.with_context(|| format!("settle the notification {id}"))?;
        Ok(())
    }

    /// Says what came of a claimed notification in the end, and why.
    pub async fn settle(
        &self,
        id: &NotificationId,
        delivery: Delivery,
        detail: &str,
    ) -> Result<()> {
        let update = self
            .update(id)
            .update_expression(
                "SET #status = :status, detail = :detail, settled_at = :at REMOVE lease_until",
            )
            .condition_expression("#status = :sending")
            .expression_attribute_values(":status", s(delivery.name()))
            .expression_attribute_values(":detail", s(detail))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        self.table
            .update_if(update)
            .await
            .with_context(|| format!("settle the notification {id}"))?;
        Ok(())
    }

    fn update(&self, id: &NotificationId) -> UpdateItemFluentBuilder {
        self.table
            .update(format!("NOTE#{id}"), "META")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", s(SENDING))
    }
}

/// The status of a notification that is on its way.
const SENDING: &str = "sending";

fn read(item: &Item) -> Result<NotificationRecord> {
    let status = text(item, "status").unwrap_or_default();
    let note = text(item, "note").context("a notification says nothing")?;
    Ok(NotificationRecord {
        notification: serde_json::from_str(note).context("read a notification")?,
        came_at: came_at(item),
        delivery: Delivery::from_name(status),
        detail: text(item, "detail").unwrap_or_default().to_owned(),
    })
}
