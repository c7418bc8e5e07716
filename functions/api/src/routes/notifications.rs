//! `/api/notifications`: what people were told.

use jiff::Timestamp;
use model::{FileId, Notification, UploadOutcome};
use serde::Serialize;
use store::NotificationRecord;
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
    /// The upload it is about.
    upload: FileId,
    /// The upload's file name.
    name: String,
    /// Whether it tells of a report; otherwise of the reason why there is none.
    report: bool,
    /// When it was first taken up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    came_at: Option<Timestamp>,
    /// `sending`, `sent`, `not_configured`, `superseded` or `refused`.
    delivery: &'static str,
    /// Why, where there is more to say.
    detail: String,
}

impl NotificationView {
    fn of(record: NotificationRecord) -> Self {
        let id = record.notification.id().to_string();
        let Notification::Upload(about) = record.notification;
        Self {
            id,
            upload: about.file,
            name: about.name,
            report: matches!(about.outcome, UploadOutcome::Done { .. }),
            came_at: record.came_at,
            delivery: record.delivery.map_or("sending", store::Delivery::name),
            detail: record.detail,
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
