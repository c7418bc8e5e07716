//! `/uploads`: workbooks in, and what became of them.

use std::time::Duration;

use anyhow::{Context, Result};
use model::{FileId, Upload};
use serde::Deserialize;
use serde_json::{Value, json};
use store::FileState;

use crate::answer::{Answer, problem};
use crate::{Api, Request};

/// How long a client has to begin its upload.
const VALID: Duration = Duration::from_mins(15);

#[derive(Deserialize)]
struct NewUpload {
    name: String,
}

/// Asks for a request to upload a file with.
pub(crate) async fn post(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let name = match serde_json::from_slice(&request.body) {
        Ok(NewUpload { name }) => name,
        Err(error) => {
            let detail = format!("The body is not {{\"name\": \"FILE.xlsx\"}}: {error}.");
            return Ok(problem(400, detail));
        }
    };
    let fits = (1..=255).contains(&name.len())
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'));
    if !fits {
        let detail = "The name is 1 to 255 bytes, without '/', '\\' and control characters.";
        return Ok(problem(400, detail));
    }
    let mut unique = [0_u8; 16];
    getrandom::fill(&mut unique).context("no random numbers")?;
    let unique = u128::from_ne_bytes(unique);
    let key = format!("uploads/prices/{unique:032x}/{name}");
    let signed = api.inbox.presign_put(&key, VALID).await?;
    let headers: serde_json::Map<String, Value> = signed
        .headers
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    Ok(Answer::json(
        201,
        &json!({
            "id": Upload::file_id_of(&api.inbox_name, &key),
            "method": signed.method,
            "url": signed.url,
            "headers": headers,
            "expires_in": VALID.as_secs(),
        }),
    )?)
}

/// How far an upload is.
pub(crate) async fn get(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let id = request.path.get("id").map_or("", String::as_str);
    let id = match FileId::new(id) {
        Ok(id) => id,
        Err(invalid) => return Ok(problem(400, invalid.to_string())),
    };
    let Some(file) = api.uploads.get(&id).await? else {
        let detail = format!("Nothing is known of the upload {id}: nothing arrived yet.");
        return Ok(problem(404, detail));
    };
    let mut answer = json!({
        "id": id,
        "name": file.upload.file_name(),
        "size": file.upload.size,
    });
    match file.state {
        FileState::Processing { .. } => answer["state"] = json!("processing"),
        FileState::Done { report, summary } => {
            answer["state"] = json!("done");
            answer["report"] = json!(report);
            answer["summary"] = serde_json::from_str(&summary).unwrap_or_default();
        }
        FileState::Failed { code, reason } => {
            answer["state"] = json!("failed");
            answer["code"] = json!(code);
            answer["reason"] = json!(reason);
        }
    }
    Ok(Answer::json(200, &answer)?)
}
