//! `/files/{key+}`: a redirect to a report or export, signed for whoever clicks.

use std::time::Duration;

use anyhow::Result;

use crate::answer::{Answer, problem};
use crate::{Api, Request};

/// The route, which a signed link opens as well.
pub(crate) const GET: &str = "GET /files/{key+}";

/// How long the signed address is good for: long enough to begin the download.
const VALID: Duration = Duration::from_mins(5);

/// Redirects to a file.
pub(crate) async fn get(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let key = request.path.get("key").map_or("", String::as_str);
    let ours = key.starts_with("reports/") || key.starts_with("exports/");
    if !ours || !api.files.has(key).await? {
        return Ok(problem(404, format!("There is no file {key:?}.")));
    }
    let name = key.rsplit('/').next().unwrap_or(key);
    let signed = api.files.presign_get(key, name, VALID).await?;
    Ok(Answer::redirect(&signed.url).with_header("cache-control", "no-store"))
}
