//! `/api/uploads`: workbooks in, and what became of them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use model::{FileId, Upload};
use serde::{Deserialize, Serialize};
use store::{FileRecord, FileState};
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, PageQuery, Request};

/// How long a client has to begin its upload.
const VALID: Duration = Duration::from_mins(15);
/// How many uploads are listed when the request names no number.
const LISTED: u16 = 40;

/// A workbook to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    /// The file's name: 1 to 255 bytes, without `/`, `\` and control characters.
    #[schema(example = "prices.xlsx", min_length = 1, max_length = 255)]
    name: String,
}

/// A request to upload with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeUpload {
    /// The upload's id.
    id: FileId,
    /// The method to use: `POST`, as `multipart/form-data`.
    method: &'static str,
    /// Where to send it.
    url: String,
    /// Fields to send as they are, before the file, which is the field `file`.
    fields: BTreeMap<&'static str, String>,
    /// The most that the file may have, in bytes.
    max_bytes: u64,
    /// How long the request is good for, in seconds.
    expires_in: u64,
}

/// A page of uploads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadsView {
    /// Newest first.
    uploads: Vec<UploadView>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How far an upload is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadView {
    /// Its id.
    id: FileId,
    /// The file's name.
    name: String,
    /// Its size in bytes.
    size: u64,
    /// When it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    came_at: Option<Timestamp>,
    /// How far it is.
    state: UploadState,
    /// The key of its report, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
    /// What the report found, in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    summary: Option<serde_json::Value>,
    /// The name of the reason why there is no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// That reason for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UploadState {
    /// Its report is being made.
    Processing,
    /// Its report is there.
    Done,
    /// No report can be made of it.
    Failed,
}

/// The type that a file of this name has; what it really is, is seen when it is read.
fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending.to_ascii_lowercase().as_str() {
        "xlsx" => store::XLSX,
        "xlsm" => "application/vnd.ms-excel.sheet.macroEnabled.12",
        "xlsb" => "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        "xls" => "application/vnd.ms-excel",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

pub(crate) async fn post(api: &Api, request: &Request) -> Result<Json<MadeUpload>, ApiError> {
    let NewUpload { name } = request.body()?;
    let unfit = |c: char| c.is_control() || matches!(c, '/' | '\\' | '\u{fffe}' | '\u{ffff}');
    if !(1..=255).contains(&name.len()) || name.chars().any(unfit) {
        let detail = "The name is 1 to 255 bytes, without '/', '\\' and control characters.";
        return Err(ApiError::field("name", detail));
    }
    // S3 puts the name of the form's file in its place.
    if name.contains("${filename}") {
        let detail = "The name has '${filename}', which S3 would replace.";
        return Err(ApiError::field("name", detail));
    }
    let mut unique = [0_u8; 16];
    getrandom::fill(&mut unique).context("no random numbers")?;
    let unique = u128::from_ne_bytes(unique);
    let key = format!("uploads/prices/{unique:032x}/{name}");
    let most = api.upload_bytes;
    let signed = api.inbox.presign_post(&key, media_type(&name), most, VALID);
    let signed = signed.await?;
    Ok(Json(MadeUpload {
        id: Upload::file_id_of(&api.inbox_name, &key),
        method: "POST",
        url: signed.url,
        fields: signed.fields.into_iter().collect(),
        max_bytes: most,
        expires_in: VALID.as_secs(),
    }))
}

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<UploadsView>, ApiError> {
    let query: PageQuery = request.query()?;
    let (cursor, limit) = query.read(LISTED)?;
    let page = api.uploads.list(cursor.as_ref(), limit).await?;
    Ok(Json(UploadsView {
        uploads: page.items.into_iter().map(UploadView::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<UploadView>, ApiError> {
    let id: FileId = request.id("id")?;
    let Some(file) = api.uploads.get(&id).await? else {
        let detail = format!("Nothing is known of the upload {id}: nothing arrived yet.");
        return Err(ApiError::not_found(detail));
    };
    Ok(Json(UploadView::of(file)))
}

impl UploadView {
    fn of(file: FileRecord) -> Self {
        let mut view = Self {
            id: file.upload.file_id(),
            name: file.upload.file_name().to_owned(),
            size: file.upload.size,
            came_at: file.came_at,
            state: UploadState::Processing,
            report: None,
            summary: None,
            code: None,
            reason: None,
        };
        match file.state {
            FileState::Processing { .. } => {}
            FileState::Done { report, summary } => {
                view.state = UploadState::Done;
                view.report = Some(report);
                view.summary = serde_json::from_str(&summary).ok();
            }
            FileState::Failed { code, reason } => {
                view.state = UploadState::Failed;
                view.code = Some(code);
                view.reason = Some(reason);
            }
        }
        view
    }
}
