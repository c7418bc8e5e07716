//! `/api/notifications`: what people were told.

use std::time::Duration;

use jiff::Timestamp;
use model::{
    ExportId, ExportOutcome, FileId, Message, Notification, NotificationId, ProductId, RunId, Slot,
    Trial, UploadOutcome,
};
use serde::Serialize;
use store::{Channel, NotificationRecord};
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, PageQuery, Request};

/// How many notifications are listed when the request names no number.
const LISTED: u16 = 40;

/// A page of notifications.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationsView {
    /// Newest first.
    notifications: Vec<NotificationView>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A notification, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationView {
    /// Its id.
    id: String,
    /// What it is about: `upload`, `run`, `alert`, `export` or `trial`.
    kind: &'static str,
    /// What it says in a line: an upload's file name, a run's id, a product's name,
    /// a template's title.
    name: String,
    /// The upload it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<FileId>,
    /// The export it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<ExportId>,
    /// The run it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    run: Option<RunId>,
    /// The product it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    product: Option<ProductId>,
    /// Of an upload or export, whether it tells of a file; otherwise of the reason why there is none.
    report: bool,
    /// Of a run, how many prices fell, how many rose, and how many alerts fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<DigestCounts>,
    /// Of an alert, why it fired.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    /// When it was first taken up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    came_at: Option<Timestamp>,
    /// `sending`, `sent`, `not_configured`, `superseded` or `refused`.
    delivery: &'static str,
    /// Why, where there is more to say.
    detail: String,
}

/// A run's digest in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DigestCounts {
    /// Prices that count.
    prices: u64,
    /// Prices that fell.
    fell: u64,
    /// Prices that rose.
    rose: u64,
    /// Alert rules that fired.
    alerts: u64,
    /// Jobs that failed.
    failed: u64,
}

/// A message that was asked for to try the channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialView {
    /// Its id; GET /api/notifications/{id} says in a moment what came of it.
    id: String,
}

/// What came of a notification at each channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// Its id.
    id: String,
    /// The channels that are through with it.
    channels: Vec<ChannelView>,
    /// Whether all are.
    settled: bool,
}

/// What came of a notification at one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelView {
    /// `slack` or `webhook`.
    channel: &'static str,
    /// `sent`, `not_configured` or `refused`.
    delivery: &'static str,
    /// Why, where there is more to say.
    detail: String,
}

impl NotificationView {
    fn of(record: NotificationRecord) -> Self {
        let view = Self {
            id: record.notification.id().to_string(),
            kind: "upload",
            name: String::new(),
            upload: None,
            export: None,
            run: None,
            product: None,
            report: false,
            counts: None,
            text: String::new(),
            came_at: record.came_at,
            delivery: record.delivery.map_or("sending", store::Delivery::name),
            detail: record.detail,
        };
        match record.notification {
            Notification::Upload(about) => Self {
                upload: Some(about.file),
                name: about.name,
                report: matches!(about.outcome, UploadOutcome::Done { .. }),
                ..view
            },
            Notification::Export(about) => Self {
                kind: "export",
                export: Some(about.export),
                name: about.title,
                report: matches!(about.outcome, ExportOutcome::Done { .. }),
                ..view
            },
            Notification::Run(digest) => Self {
                kind: "run",
                name: digest.run.to_string(),
                counts: Some(DigestCounts {
                    prices: digest.prices,
                    fell: digest.fell,
                    rose: digest.rose,
                    alerts: digest.alerts_fired,
                    failed: digest.failures.values().sum(),
                }),
                run: Some(digest.run),
                ..view
            },
            Notification::Alert(alert) => Self {
                kind: "alert",
                name: alert.name,
                run: Some(alert.run),
                product: Some(alert.product),
                text: alert.text,
                ..view
            },
            Notification::Trial(_) => Self {
                kind: "trial",
                ..view
            },
        }
    }
}

pub(crate) async fn list(
    api: &Api,
    request: &Request,
) -> Result<Json<NotificationsView>, ApiError> {
    let query: PageQuery = request.query()?;
    let (cursor, limit) = query.read(LISTED)?;
    let page = api.notifications.list(cursor.as_ref(), limit).await?;
    Ok(Json(NotificationsView {
        notifications: page.items.into_iter().map(NotificationView::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// Sends a message through every channel, as every other goes.
pub(crate) async fn try_channels(
    api: &Api,
    request: &Request,
) -> Result<Json<TrialView>, ApiError> {
    let at = Slot::at(Timestamp::now()).to_string();
    let at: Slot = request.once(api, &at).await?.parse()?;
    let trial = Notification::Trial(Trial { at });
    let id = trial.id().to_string();
    let message = Message::from(trial);
    api.notes.send(message, Duration::ZERO).await?;
    Ok(Json(TrialView { id }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<DeliveryView>, ApiError> {
    let id: NotificationId = request.id("id")?;
    let known = api.notifications.find(&id).await?;
    let known = known.ok_or_else(|| {
        ApiError::not_found(format!("Nothing is known of the notification {id} (yet)."))
    })?;
    let channels: Vec<ChannelView> = Channel::ALL
        .into_iter()
        .filter_map(|channel| {
            let (delivery, detail) = known.get(&channel)?;
            Some(ChannelView {
                channel: channel.name(),
                delivery: delivery.name(),
                detail: detail.clone(),
            })
        })
        .collect();
    Ok(Json(DeliveryView {
        id: id.to_string(),
        settled: channels.len() == Channel::ALL.len(),
        channels,
    }))
}
