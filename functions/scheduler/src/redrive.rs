//! A redrive: the failed jobs of a closed run again, in the same run.
//!
//! The run is opened again, the outcome of each failed job is marked as being fetched again, and its job is
//! sent. A price takes the failure's place; another failure only takes the mark away. When no mark is
//! left, the closer closes the run anew, as its next generation. Every redrive has a number, so that its
//! message can come twice.

use anyhow::{Context as _, Result};
use model::{
    CloseRun, Failure, FailureReason, Job, Message, Observation, Outcome, ProductId, RedriveRun,
    RunId,
};
use store::{RunStatus, SHARDS};
use tracing::{info, warn};

use crate::Scheduler;

/// How many outcomes are read at a time.
const AT_ONCE: usize = 100;

/// Sends the failed jobs of a run again; returns how many. The same message again goes on where an
/// earlier attempt died, and does nothing after the last step.
pub(crate) async fn redrive(scheduler: &Scheduler, asked: &RedriveRun) -> Result<u64> {
    let RedriveRun {
        run,
        number,
        reason,
    } = asked;
    scheduler.runs.reopen(run, *number).await?;
    let standing = scheduler.runs.get(run).await?;
    let standing = standing.with_context(|| format!("there is no run {run}"))?;
    if standing.redrives != *number || standing.status.is_closed() {
        info!(%run, number, "this redrive is over");
        return Ok(0);
    }
    let mut sent = 0;
    if standing.status == RunStatus::Planning {
        for shard in 0..SHARDS {
            sent += send_shard(scheduler, run, shard, *reason).await?;
        }
        let jobs = standing.expected.context("the run was never planned")?;
        scheduler.runs.start(run, jobs).await?;
    }
    // Looked at when the index that outcomes are read from has seen the marks, for certain.
    let close = Message::CloseRun(CloseRun {
        run: run.clone(),
        look: 0,
    });
    let delay = scheduler.close_delay.max(store::INDEX_DELAY);
    scheduler.closing.send(close, delay).await?;
    info!(%run, number, jobs = sent, "redriven");
    Ok(sent)
}

async fn send_shard(
    scheduler: &Scheduler,
    run: &RunId,
    shard: u8,
    reason: Option<FailureReason>,
) -> Result<u64> {
    let mut sent = 0;
    for page in 0.. {
        let Some(plan) = scheduler.runs.plan_page(run, shard, page).await? else {
            break;
        };
        for products in plan.products.chunks(AT_ONCE) {
            let again = mark(scheduler, run, products, reason).await?;
            sent += u64::try_from(again.len())?;
            let messages = again.iter().map(|product| {
                Message::Job(Job {
                    repeated: true,
                    redrives: true,
                    ..Job::new(run.clone(), product.clone(), None)
                })
            });
            for refused in scheduler.jobs.send_all(messages).await? {
                if let Some(product) = again.get(refused.index) {
                    refuse(scheduler, run, product, refused.reason).await?;
                }
            }
        }
        if plan.next.is_none() {
            break;
        }
    }
    Ok(sent)
}

/// A job that the queue will never take stays as it failed.
async fn refuse(
    scheduler: &Scheduler,
    run: &RunId,
    product: &ProductId,
    reason: String,
) -> Result<()> {
    warn!(%run, %product, "the queue refuses the job: {reason}");
    let failure = Failure::new(FailureReason::BadProduct, reason);
    let outcome = Outcome::Failure(failure);
    let observation = Observation::new(run.clone(), product.clone(), None, outcome);
    scheduler.observations.end_redrive(&observation).await?;
    Ok(())
}

/// Marks the outcomes of the jobs that failed, and returns these jobs and those without outcome.
async fn mark(
    scheduler: &Scheduler,
    run: &RunId,
    products: &[ProductId],
    reason: Option<FailureReason>,
) -> Result<Vec<ProductId>> {
    let jobs = products.iter().map(|product| (product, run));
    let outcomes = scheduler.observations.several(jobs).await?;
    let mut again = Vec::new();
    for product in products {
        let outcome = outcomes.get(&(product.clone(), run.clone()));
        let is_meant = match outcome.map(|seen| &seen.outcome) {
            None => reason.is_none(),
            Some(Outcome::Price(_)) => false,
            Some(Outcome::Failure(failure)) => {
                reason.is_none_or(|reason| failure.reason == reason)
                    && scheduler.observations.begin_redrive(product, run).await?
            }
        };
        if is_meant {
            again.push(product.clone());
        }
    }
    Ok(again)
}
