//! The past days: one event of the schedule each.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use model::RunId;
use serde_json::json;
use store::{Observations, RunStatus, Runs, Table};

use super::state::{State, day_of};
use super::tell;
use crate::pipeline::Pipeline;
use crate::shop::Shop;

/// How long a day takes on two cores, and everything besides the days.
const SECONDS_A_DAY: usize = 2;
const SECONDS_BESIDES: usize = 5;

/// How long a day may take before the demo gives up on it.
const PATIENCE: Duration = Duration::from_mins(15);

/// Plays every day that is not closed yet, and waits until all are.
pub(super) async fn play(
    pipeline: &Pipeline,
    table: &Table,
    shop: &Shop,
    state: &State,
    progress: &ProgressBar,
) -> Result<()> {
    let runs = Runs::new(table.clone());
    let observations = Observations::new(table.clone());
    let all = state.runs()?;
    let mut open = Vec::new();
    for run in &all {
        let known = runs.get(run).await?;
        if !known.is_some_and(|known| known.status.is_closed()) {
            open.push(run);
        }
    }
    progress.set_length(all.len() as u64);
    tell(progress, &forecast(all.len(), open.len()));
    // Time is counted from here on: days that were played before took none of it.
    progress.reset_eta();
    for run in &all {
        progress.set_message(format!("the prices of {}", day_of(run.slot)?));
        if open.contains(&run) {
            shop.set_day(day_of(run.slot)?);
            let event = json!({"schedule": run.schedule, "slot": run.slot});
            let started = pipeline.runner().invoke("scheduler", &event).await;
            let started = started.with_context(|| format!("start the run {run}"))?;
            let jobs = started["jobs"]
                .as_u64()
                .context("the scheduler tells no jobs")?;
            outcomes(&observations, run, jobs).await?;
        }
        progress.inc(1);
    }
    progress.set_message("closing the runs");
    for run in &all {
        closed(&runs, run).await?;
    }
    Ok(())
}

/// How many days there are to play, and how long that takes.
fn forecast(all: usize, open: usize) -> String {
    let seconds = open * SECONDS_A_DAY + SECONDS_BESIDES;
    match all - open {
        0 => format!("playing {all} days; this takes about {seconds} s"),
        done => format!(
            "{done} of {all} days are there already; the other {open} take about {seconds} s"
        ),
    }
}

/// Waits until every job of a run has its outcome, so that the shop may go on to the next day.
async fn outcomes(observations: &Observations, run: &RunId, jobs: u64) -> Result<()> {
    patiently(run, async || Ok(observations.count(run).await? >= jobs)).await
}

async fn closed(runs: &Runs, run: &RunId) -> Result<()> {
    patiently(run, async || {
        let known = runs.get(run).await?.context("the run is gone")?;
        Ok(matches!(
            known.status,
            RunStatus::Complete | RunStatus::Incomplete
        ))
    })
    .await
}

async fn patiently(run: &RunId, done: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let waiting = async {
        while !done().await? {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(result) => result,
        Err(_elapsed) => bail!("the run {run} did not end within {} s", PATIENCE.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_goes_on_says_how_long_the_rest_takes() {
        assert_eq!(forecast(30, 30), "playing 30 days; this takes about 65 s");
        assert_eq!(
            forecast(30, 10),
            "20 of 30 days are there already; the other 10 take about 25 s"
        );
    }
}
