//! `/api/runs`: how far runs are, and what came of them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use model::{FailureReason, Message, ProductId, RedriveRun, RunId, ScheduleName, Slot, StartRun};
use serde::{Deserialize, Serialize};
use store::Run;
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, PageQuery, Request};
use crate::routes::prices::PriceView;

/// How many runs are listed when the request names no number.
const LISTED: u16 = 40;

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunView {
    /// Its id.
    id: RunId,
    /// `planning`, `running`, `complete` or `incomplete`.
    status: &'static str,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// How many jobs it has; known when all are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<u64>,
    /// How many jobs have their outcome, while the run is not closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    /// What came of it, once it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<TotalsView>,
    /// The key of its workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    workbook: Option<String>,
    /// How often its failed jobs were tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    redrives: Option<u32>,
    /// Why nobody looks at it any more, though it is not closed: POST …/redrive has it looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    stalled: Option<String>,
}

/// What came of a run, in jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsView {
    /// Ended with a price that counts.
    prices: u64,
    /// Ended with a price that was not confirmed.
    unconfirmed: u64,
    /// Ended with a failure, by reason.
    failures: BTreeMap<&'static str, u64>,
    /// Have no outcome.
    missing: u64,
}

/// A page of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunsView {
    /// Newest first.
    runs: Vec<RunView>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How the jobs of a run ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutcomesView {
    /// The run.
    run: RunId,
    /// By product.
    outcomes: Vec<OutcomeView>,
}

/// How one job ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutcomeView {
    /// The product.
    product: ProductId,
    /// Its name at that time.
    name: String,
    /// Its vendor at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    /// The outcome.
    outcome: PriceView,
}

/// Which schedule's run to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartBody {
    /// The schedule.
    #[serde(default = "daily")]
    schedule: ScheduleName,
}

fn daily() -> ScheduleName {
    ScheduleName::new("daily").expect("`daily` is a schedule name")
}

/// A run that begins soon.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartedView {
    /// Its id; GET /api/runs/{id} finds it in a moment.
    id: RunId,
}

impl RunView {
    fn of(run: &Run) -> Self {
        Self {
            id: run.id.clone(),
            status: run.status.name(),
            created_at: run.created_at,
            jobs: run.expected,
            done: None,
            totals: run.totals.as_ref().map(|totals| TotalsView {
                prices: totals.prices,
                unconfirmed: totals.unconfirmed,
                failures: totals
                    .failures
                    .iter()
                    .map(|(reason, count)| (reason.name(), *count))
                    .collect(),
                missing: totals.missing,
            }),
            workbook: run.workbook.clone(),
            redrives: (run.redrives > 0).then_some(run.redrives),
            stalled: run.stalled.clone(),
        }
    }
}

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<RunsView>, ApiError> {
    let query: PageQuery = request.query()?;
    let (cursor, limit) = query.read(LISTED)?;
    let page = api.runs.list(cursor.as_ref(), limit).await?;
    Ok(Json(RunsView {
        runs: page.items.iter().map(RunView::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<RunView>, ApiError> {
    let run = known(api, request).await?;
    let mut view = RunView::of(&run);
    if !run.status.is_closed() {
        view.done = Some(api.observations.count(&run.id).await?);
    }
    Ok(Json(view))
}

pub(crate) async fn outcomes(api: &Api, request: &Request) -> Result<Json<OutcomesView>, ApiError> {
    let run = known(api, request).await?;
    let outcomes = api.observations.of_run(&run.id).await?;
    Ok(Json(OutcomesView {
        run: run.id,
        outcomes: outcomes
            .into_values()
            .map(|observation| OutcomeView {
                product: observation.product.clone(),
                name: observation.name.clone(),
                vendor: observation.vendor.clone(),
                outcome: PriceView::of(&observation),
            })
            .collect(),
    }))
}

pub(crate) async fn start(api: &Api, request: &Request) -> Result<Json<StartedView>, ApiError> {
    let StartBody { schedule } = request.body()?;
    if api.schedules.iter().all(|known| known.name != schedule) {
        let detail = format!("There is no schedule {schedule}; GET /api/schedules lists them.");
        return Err(ApiError::field("schedule", detail));
    }
    let id = RunId::new(schedule, Slot::at(Timestamp::now()));
    let id: RunId = request.once(api, &id.to_string()).await?.parse()?;
    start_run(api, &id).await?;
    Ok(Json(StartedView { id }))
}

async fn start_run(api: &Api, id: &RunId) -> Result<(), ApiError> {
    let start = Message::StartRun(StartRun {
        schedule: id.schedule.clone(),
        slot: id.slot,
    });
    api.starts.send(start, Duration::ZERO).await?;
    Ok(())
}

/// Which jobs are tried again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveBody {
    /// Only those that failed for this reason; without it all that failed or have no outcome.
    #[schema(example = "timeout")]
    reason: Option<String>,
}

/// What is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RedrivenView {
    /// The run.
    id: RunId,
    /// How many jobs are tried again; the others have their prices.
    jobs: u64,
}

pub(crate) async fn redrive(api: &Api, request: &Request) -> Result<Json<RedrivenView>, ApiError> {
    let RedriveBody { reason } = request.body_if_any()?;
    let wanted = match reason.as_deref() {
        None => None,
        Some(name) => Some(FailureReason::from_name(name).ok_or_else(|| {
            let names = FailureReason::ALL.iter().map(|reason| reason.name());
            let names: Vec<&str> = names.collect();
            let detail = format!("There is no reason {name:?}: {}.", names.join(", "));
            ApiError::field("reason", detail)
        })?),
    };
    let run = known(api, request).await?;
    let id = run.id.clone();
    if !run.status.is_closed() {
        if run.stalled.is_some() {
            // Started again, it is brought to where it should be.
            start_run(api, &id).await?;
            return Ok(Json(RedrivenView { id, jobs: 0 }));
        }
        if run.redrives > 0 {
            return Ok(Json(RedrivenView { id, jobs: 0 }));
        }
        return Err(ApiError::bad(format!(
            "The run {id} is still {}: its failed jobs can be tried again when it is closed.",
            run.status.name()
        )));
    }
    let totals = run.totals.unwrap_or_default();
    let jobs = match wanted {
        Some(reason) => totals.failures.get(&reason).copied().unwrap_or_default(),
        None => totals.failures.values().sum::<u64>() + totals.missing,
    };
    if jobs > 0 {
        let redrive = Message::RedriveRun(RedriveRun {
            run: id.clone(),
            number: run.redrives + 1,
            reason: wanted,
        });
        api.starts.send(redrive, Duration::ZERO).await?;
    }
    Ok(Json(RedrivenView { id, jobs }))
}

async fn known(api: &Api, request: &Request) -> Result<Run, ApiError> {
    let id: RunId = request.id("id")?;
    let run = api.runs.get(&id).await?;
    run.ok_or_else(|| ApiError::not_found(format!("There is no run {id}.")))
}
