//! `/api/schedules`: when runs are due.

use jiff::Timestamp;
use model::ScheduleName;
use schedule::Expression;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, Request};
use lambda::schedules::ScheduleEntry;

/// How many instants are told ahead.
const AHEAD: usize = 5;

/// An expression to try.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct PreviewQuery {
    /// `cron(…)`, `rate(…)` or `at(…)` in the dialect of EventBridge Scheduler.
    #[param(example = "cron(15 10 * * ? *)")]
    expression: String,
    /// An IANA time zone; the pipeline's own, if not given.
    #[param(example = "Asia/Seoul")]
    timezone: Option<String>,
}

/// The schedules.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchedulesView {
    /// By name.
    schedules: Vec<ScheduleView>,
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleView {
    /// Its name.
    name: ScheduleName,
    /// When it is due.
    #[serde(flatten)]
    due: DueView,
}

/// An expression and when it is due.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DueView {
    /// The expression.
    expression: String,
    /// The zone whose clock it means.
    timezone: String,
    /// The next instants, at most five.
    #[schema(value_type = Vec<String>)]
    next: Vec<Timestamp>,
}

impl DueView {
    fn of(entry: &ScheduleEntry) -> Self {
        Self {
            expression: entry.expression.clone(),
            timezone: entry.timezone.clone(),
            next: entry
                .schedule
                .upcoming(Timestamp::now())
                .take(AHEAD)
                .collect(),
        }
    }
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<SchedulesView>, ApiError> {
    let schedules = api.schedules.iter().map(|entry| ScheduleView {
        name: entry.name.clone(),
        due: DueView::of(entry),
    });
    Ok(Json(SchedulesView {
        schedules: schedules.collect(),
    }))
}

pub(crate) async fn preview(api: &Api, request: &Request) -> Result<Json<DueView>, ApiError> {
    let query: PreviewQuery = request.query()?;
    let timezone = query.timezone.unwrap_or_else(|| api.timezone.clone());
    let zone = schedule::time_zone(&timezone)
        .map_err(|unknown| ApiError::field("timezone", format!("{unknown}.")))?;
    let expression: Expression = query
        .expression
        .parse()
        .map_err(|wrong: schedule::ParseError| ApiError::field("expression", format!("{wrong}")))?;
    let schedule = schedule::Schedule {
        expression,
        timezone: zone,
        anchor: Timestamp::now(),
    };
    Ok(Json(DueView {
        expression: query.expression,
        timezone,
        next: schedule.upcoming(Timestamp::now()).take(AHEAD).collect(),
    }))
}
