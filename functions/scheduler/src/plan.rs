//! The plan of a run: which products, and their jobs on the queue.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use futures::{StreamExt, TryStreamExt, stream};
use model::{Failure, FailureReason, Job, Message, Observation, Outcome, ProductId, RunId};
use serde_json::value::RawValue;
use store::{ActiveProduct, PlanPage, SHARDS};
use tracing::warn;

use crate::Scheduler;

/// How many products are read, planned and sent at a time. With ids of 200 bytes, the longest,
/// a page of the plan stays below DynamoDB's 400 KB.
const PAGE: u16 = 1_000;
/// How many shards are planned at once.
const PARALLEL: usize = 2;

/// Plans the run and sends its jobs; returns how many it has.
pub(crate) async fn send_jobs(scheduler: &Scheduler, run: &RunId) -> Result<u64> {
    stream::iter(0..SHARDS)
        .map(|shard| send_shard(scheduler, run, shard))
        .buffer_unordered(PARALLEL)
        .try_fold(0, async |sum, jobs| Ok(sum + jobs))
        .await
}

async fn send_shard(scheduler: &Scheduler, run: &RunId, shard: u8) -> Result<u64> {
    let mut from: Option<ProductId> = None;
    let mut jobs = 0;
    for page in 0.. {
        let active = scheduler
            .products
            .active(&run.schedule, shard, from.as_ref(), PAGE)
            .await?;
        let proposed = PlanPage {
            products: active
                .products
                .iter()
                .map(|product| product.id.clone())
                .collect(),
            next: active.next,
        };
        let (plan, repeated) = scheduler.runs.plan(run, shard, page, proposed).await?;
        jobs += u64::try_from(plan.products.len())?;

        let mut definitions = by_id(active.products);
        let messages = plan.products.iter().map(|product| {
            // None when an earlier attempt planned it and it is not active any more: the worker
            // looks it up.
            let definition = definitions.remove(product);
            Message::Job(Job {
                repeated,
                ..Job::new(run.clone(), product.clone(), definition)
            })
        });
        for refused in scheduler.jobs.send_all(messages).await? {
            let product = plan.products.get(refused.index);
            let product = product.context("the queue refuses a message that was not sent")?;
            refuse(scheduler, run, product, refused.reason).await?;
        }

        match plan.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    Ok(jobs)
}

/// A job that the queue will never take ends here, and stops no other.
async fn refuse(
    scheduler: &Scheduler,
    run: &RunId,
    product: &ProductId,
    reason: String,
) -> Result<()> {
    warn!(%run, %product, "the queue refuses the job: {reason}");
    let failure = Failure::new(
        FailureReason::BadProduct,
        format!("its job cannot be sent: {reason}"),
    );
    let outcome = Outcome::Failure(failure);
    let observation = Observation::new(run.clone(), product.clone(), None, outcome);
    scheduler.observations.record(&observation).await?;
    Ok(())
}

fn by_id(products: Vec<ActiveProduct>) -> HashMap<ProductId, Box<RawValue>> {
    products
        .into_iter()
        .map(|product| (product.id, product.definition))
        .collect()
}
