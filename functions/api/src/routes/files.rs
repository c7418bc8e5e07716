//! `/api/files/{key+}`: a redirect to a report or export, signed for whoever clicks.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, Redirect, Request};

/// How long the signed address is good for: long enough to begin the download.
const VALID: Duration = Duration::from_mins(5);

/// What folders of the files bucket people may read.
const OURS: [&str; 3] = ["reports/", "exports/", "archive/"];

/// A signed link.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct SignedQuery {
    /// When the link expires, in seconds since 1970.
    pub(crate) expires: Option<String>,
    /// The signature.
    pub(crate) signature: Option<String>,
}

/// Where a file can be downloaded for five minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DownloadView {
    /// The address, signature included.
    url: String,
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Redirect, ApiError> {
    Ok(Redirect(signed(api, request).await?))
}

/// The same for a page, which sends its token with a request and not with a click.
pub(crate) async fn download(api: &Api, request: &Request) -> Result<Json<DownloadView>, ApiError> {
    let url = signed(api, request).await?;
    Ok(Json(DownloadView { url }))
}

async fn signed(api: &Api, request: &Request) -> Result<String, ApiError> {
    let key = request.path("key");
    let ours = OURS.iter().any(|folder| key.starts_with(folder));
    if !ours || key.len() > 1_000 || !api.files.has(key).await? {
        return Err(ApiError::not_found(format!("There is no file {key:?}.")));
    }
    let name = key.rsplit('/').next().unwrap_or(key);
    let signed = api.files.presign_get(key, name, VALID).await?;
    Ok(signed.url)
}
