//! Notifications: what people are told, each once.
//!
//! A notification goes through the queue `notifications` to the notifier. `NOTE#id` / `META` says how far
//! it is: `status` is `sending` with a lease, and then what came of it; `expires_at` lets
//! DynamoDB remove the item 30 days later, long after the last message about it. The id is made
//! of what the notification is about, so that a repeated message is the same notification.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::{Message, Notification, NotificationId, Upload, UploadNotification, UploadOutcome};

use crate::files::{ours, standing};
use crate::item::{n, s, text};
use crate::{FileState, Files, Queue, Table};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

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

/// What came of a notification in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was posted.
    Sent,
    /// There is nowhere to post it to.
    NotConfigured,
    /// A newer version of the upload has a notification of its own.
    Superseded,
    /// It will never be accepted.
    Refused,
}

impl Delivery {
    fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::NotConfigured => "not_configured",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
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
        let result = self
            .update(&id)
            .update_expression(
                "SET #status = :sending, note = :note, lease_until = :until, expires_at = :expires",
            )
            .condition_expression(
                "attribute_not_exists(PK) OR (#status = :sending AND lease_until < :now)",
            )
            .expression_attribute_values(":note", s(serde_json::to_string(notification)?))
            .expression_attribute_values(":until", n((now + LEASE).as_millisecond()))
            .expression_attribute_values(":now", n(now.as_millisecond()))
            .expression_attribute_values(":expires", n((now + REMEMBERED).as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(NotificationClaim::Ours),
            Err(error) => match standing(&error) {
                Some(item) if text(item, "status") == Some(SENDING) => Ok(NotificationClaim::Held),
                Some(_) => Ok(NotificationClaim::Settled),
                None => Err(error).with_context(|| format!("claim the notification {id}")),
            },
        }
    }

    /// Gives a claimed notification back, to be sent later.
    pub async fn release(&self, id: &NotificationId) -> Result<()> {
        let update = self
            .update(id)
            .update_expression("SET lease_until = :ended")
            .condition_expression("#status = :sending")
            .expression_attribute_values(":ended", n(0));
        ours(update.send().await).with_context(|| format!("give the notification {id} back"))?;
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
        ours(update.send().await).with_context(|| format!("settle the notification {id}"))?;
        Ok(())
    }

    fn update(
        &self,
        id: &NotificationId,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .key("PK", s(format!("NOTE#{id}")))
            .key("SK", s("META"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", s(SENDING))
    }
}

/// The status of a notification that is on its way.
const SENDING: &str = "sending";
