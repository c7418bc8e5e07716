//! `/api/exports`: asking query templates, and the files that answer.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use model::{Ask, Export, ExportId, ExportOutcome, Message, Slot};
use query::{QueryError, Template};
use serde::{Deserialize, Serialize};
use store::{ExportRecord, ExportState};
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, PageQuery, Request};
use crate::routes::templates;

/// The most that an answer's first rows have in JSON, escapes included.
const MAX_FIRST_ROWS: usize = 4 << 20;
/// How many exports are listed when the request names no number.
const LISTED: u16 = 40;

/// A page of exports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportsView {
    /// Newest first.
    exports: Vec<ExportView>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A question, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportView {
    /// Its id.
    id: ExportId,
    /// What is asked.
    ask: Ask,
    /// When it was asked.
    slot: Slot,
    /// How far it is: `waiting`, `working`, `done`, `empty` (and no file was wanted then) or
    /// `failed`.
    state: &'static str,
    /// The key of its file, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The rows of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    /// Whether the file was made before, by the same question over the same data.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_before: Option<bool>,
    /// Why there is no answer, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl ExportView {
    fn of(record: ExportRecord) -> Self {
        let mut view = Self {
            id: record.export.id,
            ask: record.export.ask,
            slot: record.export.slot,
            state: "waiting",
            file: None,
            rows: None,
            made_before: None,
            reason: None,
        };
        match record.state {
            ExportState::Waiting => {}
            ExportState::Working => view.state = "working",
            ExportState::Ended(ExportOutcome::Done {
                file,
                rows,
                made_before,
            }) => {
                view.state = "done";
                view.file = Some(file);
                view.rows = Some(rows);
                view.made_before = Some(made_before);
            }
            ExportState::Ended(ExportOutcome::Empty) => {
                view.state = "empty";
                view.rows = Some(0);
            }
            ExportState::Ended(ExportOutcome::Failed { reason }) => {
                view.state = "failed";
                view.reason = Some(reason);
            }
        }
        view
    }
}

/// The first rows of an answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FirstRowsView {
    /// Its columns.
    columns: Vec<ColumnView>,
    /// Its rows, at most 200: a value for each column. Null is no value; a whole number is a
    /// number, money is the amount and its currency, and all else is text.
    #[schema(value_type = Vec<Vec<Value>>)]
    rows: Vec<Vec<serde_json::Value>>,
}

/// A column of an answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ColumnView {
    /// Its name.
    name: String,
    /// `plain`, `text`, `count`, `number`, `percent`, `date`, `instant`, `link` or `money`.
    kind: String,
}

/// Refuses at once what the exporter would refuse later: an unknown or wrong template, a value
/// that its parameter does not take.
async fn check(api: &Api, export: &Export) -> Result<(), ApiError> {
    let file = templates::find(api, &export.ask.template).await;
    let file = file.map_err(|error| error.at("template"))?;
    let template = Template::from_bytes(&file.bytes)
        .map_err(|error| ApiError::field("template", format!("{error}.")))?;
    let zone = schedule::time_zone(&api.timezone).context("the environment variable TIMEZONE")?;
    let today = zone.to_datetime(export.slot.instant()).date();
    match template.resolve(&export.ask.parameters, today, export.slot) {
        Ok(_) => Ok(()),
        Err(QueryError::Parameter { name, reason }) => {
            let detail = format!("The parameter {name:?} is refused: {reason}.");
            Err(ApiError::field(format!("parameters.{name}"), detail))
        }
        Err(other) => Err(ApiError::field("parameters", format!("{other}."))),
    }
}

pub(crate) async fn post(api: &Api, request: &Request) -> Result<Json<ExportView>, ApiError> {
    let ask: Ask = request.body()?;
    let asked = Export::new(ask, Slot::at(Timestamp::now()));
    check(api, &asked).await?;
    let text = serde_json::to_string(&asked).context("write what is asked")?;
    let stands = request.once(api, &text).await?;
    let export: Export = serde_json::from_str(&stands).context("read what was asked")?;
    if export.ask != asked.ask {
        let detail = "Something else was asked with this key within the last day; take another.";
        return Err(ApiError::field("idempotency-key", detail));
    }
    // Kept first: whoever gets the answer finds the export. Sent again when it is asked again, as
    // an earlier request may have died in between.
    api.exports.begin(&export).await?;
    let standing = api.exports.get(&export.id).await?;
    let standing = standing.context("an export that was kept is gone")?;
    if standing.state == ExportState::Waiting {
        let message = Message::from(export);
        api.export_queue.send(message, Duration::ZERO).await?;
    }
    Ok(Json(ExportView::of(standing)))
}

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<ExportsView>, ApiError> {
    let query: PageQuery = request.query()?;
    let (cursor, limit) = query.read(LISTED)?;
    let page = api.exports.list(cursor.as_ref(), limit).await?;
    Ok(Json(ExportsView {
        exports: page.items.into_iter().map(ExportView::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<ExportView>, ApiError> {
    let id: ExportId = request.id("id")?;
    let known = api.exports.get(&id).await?;
    let known = known.ok_or_else(|| ApiError::not_found(format!("There is no export {id}.")))?;
    Ok(Json(ExportView::of(known)))
}

pub(crate) async fn rows(api: &Api, request: &Request) -> Result<Json<FirstRowsView>, ApiError> {
    let id: ExportId = request.id("id")?;
    let known = api.exports.get(&id).await?;
    let file = known.and_then(|known| match known.state {
        ExportState::Ended(ExportOutcome::Done { file, .. }) => Some(file),
        _ => None,
    });
    let file = file.ok_or_else(|| ApiError::not_found(format!("There is no answer {id}.")))?;
    let key = ExportOutcome::first_rows_key(&file);
    let bytes = api.files.read(&key, MAX_FIRST_ROWS).await?;
    let bytes = bytes.ok_or_else(|| {
        // It was made by a version that kept none.
        ApiError::not_found(format!("The answer {id} can only be downloaded."))
    })?;
    let view = serde_json::from_slice(&bytes).with_context(|| format!("read {key}"))?;
    Ok(Json(view))
}
