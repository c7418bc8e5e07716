//! What the benchmarks do with a pipeline: define products, name runs, wait for their outcomes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_sqs::types::QueueAttributeName;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use model::{Product, RunId, ScheduleName, Slot};
use store::{Clients, Observations, Products, Runs, Table};

/// How the sources are asked: as fast as the pipeline can, which no shop but this one would like.
pub(crate) const UNHURRIED: &str = r#"{"*": {"pace_ms": 0, "concurrency": 10}}"#;

/// The repository's own wiring.
pub(crate) const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../serverless.yml");

/// How long a run may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// The folder of the release binaries, which this one lies under (`release/examples`).
pub(crate) fn binaries() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.ancestors().nth(2).map(Path::to_owned);
    folder.context("this binary lies in no target folder")
}

/// The `nth` run of the schedule `daily`.
pub(crate) fn run_id(nth: i64) -> Result<RunId> {
    // 2026-11-01T01:15:00Z
    let slot = Timestamp::from_second(1_793_495_700 + nth * 86_400)?;
    Ok(RunId::new(ScheduleName::new("daily")?, Slot::at(slot)))
}

/// Follows all these products.
pub(crate) async fn define(clients: &Clients, table: &str, catalogue: &[Product]) -> Result<()> {
    let products = Products::new(Table::new(clients, table));
    stream::iter(catalogue)
        .map(|product| products.define(product))
        .buffer_unordered(8)
        .try_collect::<()>()
        .await
        .context("define the products")
}

/// Waits until no message is in the queue of jobs and every job of the run has its outcome. The
/// queue is asked first because that costs the stack nothing.
pub(crate) async fn outcomes(
    clients: &Clients,
    table: &str,
    queue: &str,
    run: &RunId,
    jobs: u64,
) -> Result<()> {
    let sqs = clients.sqs();
    let observations = Observations::new(Table::new(clients, table));
    let waiting = async {
        loop {
            let counted = sqs
                .get_queue_attributes()
                .queue_url(queue)
                .attribute_names(QueueAttributeName::All)
                .send()
                .await?;
            let counts = counted.attributes.unwrap_or_default();
            let empty = [
                QueueAttributeName::ApproximateNumberOfMessages,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
                QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            ]
            .iter()
            .all(|name| counts.get(name).is_none_or(|count| count == "0"));
            if empty && observations.count(run).await? == jobs {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(result) => result,
        Err(_) => bail!("{run} has not all its outcomes after {PATIENCE:?}"),
    }
}

/// Waits until a run is closed.
pub(crate) async fn closed(clients: &Clients, table: &str, run: &RunId) -> Result<()> {
    let runs = Runs::new(Table::new(clients, table));
    let started = Instant::now();
    while !runs
        .get(run)
        .await?
        .is_some_and(|run| run.status.is_closed())
    {
        ensure!(
            started.elapsed() < Duration::from_mins(5),
            "{run} is not closed"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}
