//! `/runs/{id}`: how far a run is, and what came of it.

use std::collections::BTreeMap;

use anyhow::Result;
use model::RunId;
use serde_json::json;

use crate::answer::{Answer, problem};
use crate::{Api, Request};

/// A run.
pub(crate) async fn get(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let id = request.path.get("id").map_or("", String::as_str);
    let id: RunId = match id.parse() {
        Ok(id) => id,
        Err(invalid) => return Ok(problem(400, format!("{invalid}."))),
    };
    let Some(run) = api.runs.get(&id).await? else {
        return Ok(problem(404, format!("There is no run {id}.")));
    };
    let totals = run.totals.map(|totals| {
        let failures: BTreeMap<&str, u64> = totals
            .failures
            .iter()
            .map(|(reason, count)| (reason.name(), *count))
            .collect();
        json!({
            "prices": totals.prices,
            "unconfirmed": totals.unconfirmed,
            "failures": failures,
            "missing": totals.missing,
        })
    });
    Ok(Answer::json(
        200,
        &json!({
            "id": id,
            "status": run.status.name(),
            "created_at": run.created_at,
            "jobs": run.expected,
            "totals": totals,
            "workbook": run.workbook,
        }),
    )?)
}
