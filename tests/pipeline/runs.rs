//! Runs: the same event is the same run, wherever an earlier attempt ended.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use integration_tests::{TestPipeline, patiently};
use model::{CloseRun, Message, Product, RunId};
use store::{Observations, RunStatus, Runs};

crate::trials!(
    a_run_is_closed_with_every_outcome_and_a_workbook,
    the_same_event_many_times_is_one_run,
    a_scheduler_that_is_killed_leaves_a_run_that_a_repeat_completes,
    the_plan_stands_when_the_catalogue_changes,
    a_schedule_without_products_is_an_empty_run,
    a_days_name_leads_to_its_latest_workbook,
    a_run_whose_closing_died_is_marked_and_closed_when_asked_for_again,
);

fn run() -> Result<RunId> {
    Ok("daily@2026-11-05T01:15:00Z".parse()?)
}

async fn a_run_is_closed_with_every_outcome_and_a_workbook() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let catalogue = pipeline.shop().catalogue();
    let count = u64::try_from(catalogue.len())?;
    pipeline.define(catalogue).await?;
    pipeline.schedule(&run()?).await?;
    let closed = pipeline.closed(&run()?).await?;
    ensure!(closed.status == RunStatus::Complete, "{closed:?}");
    let totals = closed.totals.context("no totals")?;
    let failures: u64 = totals.failures.values().sum();
    ensure!(totals.prices + failures == count, "{totals:?}");
    let key = closed.workbook.context("no workbook")?;
    ensure!(
        key == "exports/daily/2026-11-05/2026-11-05T01-15-00Z.xlsx",
        "{key}"
    );
    ensure!(
        pipeline
            .files()?
            .has("exports/daily/2026-11-05.xlsx")
            .await?
    );

    let path = pipeline.folder().join("daily.xlsx");
    pipeline.files()?.download(&key, &path, u64::MAX).await?;
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&path)?;
    let prices = calamine::Reader::worksheet_range(&mut workbook, "Prices")?;
    let failed = calamine::Reader::worksheet_range(&mut workbook, "Failures")?;
    ensure!(prices.height() as u64 == totals.prices + 1);
    ensure!(failed.height() as u64 == failures + 1);
    pipeline.stop().await;
    Ok(())
}

async fn the_same_event_many_times_is_one_run() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let catalogue = pipeline.shop().catalogue();
    let count = catalogue.len();
    pipeline.define(catalogue).await?;
    let run = run()?;
    let (one, other) = tokio::join!(pipeline.schedule(&run), pipeline.schedule(&run));
    ensure!(one?["jobs"] == count && other?["jobs"] == count);
    pipeline.closed(&run).await?;
    let observations = Observations::new(pipeline.table()?);
    let outcomes = observations.of_run(&run).await?;
    ensure!(outcomes.len() == count);

    // Again when all is over: nothing changes.
    pipeline.schedule(&run).await?;
    pipeline.runner().wait_idle().await;
    ensure!(observations.of_run(&run).await? == outcomes);
    pipeline.stop().await;
    Ok(())
}

async fn a_scheduler_that_is_killed_leaves_a_run_that_a_repeat_completes() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let one = pipeline.shop().catalogue().swap_remove(0);
    let many = (0..2_000).map(|n| {
        let id = format!("copy-{n:04}").parse()?;
        Ok(Product { id, ..one.clone() })
    });
    pipeline.define(many.collect::<Result<Vec<_>>>()?).await?;
    let run = run()?;
    let kill = async {
        // As soon as a part of the plan is there, which is before its jobs are sent.
        let runs = Runs::new(pipeline.table()?);
        while runs.planned(&run).await?.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        pipeline.kill("scheduler")
    };
    let (processes, started) = tokio::join!(kill, pipeline.schedule(&run));
    ensure!(processes? == 1, "nothing was killed");
    ensure!(
        started.is_err(),
        "the scheduler was done before it was killed"
    );

    ensure!(pipeline.schedule(&run).await?["jobs"] == 2_000);
    let closed = pipeline.closed(&run).await?;
    ensure!(closed.status == RunStatus::Complete, "{closed:?}");
    ensure!(closed.totals.context("no totals")?.prices == 2_000);
    pipeline.stop().await;
    Ok(())
}

async fn the_plan_stands_when_the_catalogue_changes() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut catalogue = pipeline.shop().catalogue();
    catalogue.truncate(12);
    pipeline.define(catalogue.clone()).await?;
    let run = run()?;
    // An earlier attempt planned the run and died before it sent a job.
    let runs = Runs::new(pipeline.table()?);
    runs.begin(&run).await?;
    let products = store::Products::new(pipeline.table()?);
    for shard in 0..store::SHARDS {
        let page = products.active(&run.schedule, shard, None, 1_000).await?;
        let ids = page
            .products
            .into_iter()
            .map(|product| product.id)
            .collect();
        let plan = store::PlanPage {
            products: ids,
            next: None,
        };
        runs.plan(&run, shard, 0, plan).await?;
    }
    // Then one product was stopped, and one was added.
    let mut stopped = catalogue[0].clone();
    stopped.active = false;
    let added = Product {
        id: "added-later".parse()?,
        ..catalogue[1].clone()
    };
    pipeline.define([stopped, added]).await?;

    ensure!(pipeline.schedule(&run).await?["jobs"] == 12);
    let closed = pipeline.closed(&run).await?;
    ensure!(closed.status == RunStatus::Complete, "{closed:?}");
    let outcomes = Observations::new(pipeline.table()?).of_run(&run).await?;
    let ended: Vec<_> = outcomes.keys().collect();
    let mut planned: Vec<_> = catalogue.iter().map(|product| &product.id).collect();
    planned.sort();
    ensure!(ended == planned, "{ended:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_schedule_without_products_is_an_empty_run() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let run: RunId = "hourly@2026-11-05T03:00:00Z".parse()?;
    ensure!(pipeline.schedule(&run).await?["jobs"] == 0);
    let closed = pipeline.closed(&run).await?;
    ensure!(closed.status == RunStatus::Complete, "{closed:?}");
    let key = closed.workbook.context("no workbook")?;
    ensure!(
        key == "exports/hourly/2026-11-05/2026-11-05T03-00-00Z.xlsx",
        "{key}"
    );
    pipeline.stop().await;
    Ok(())
}

/// Two runs of one local day, the later one first: each keeps its workbook, and the day's name
/// still leads to the later slot.
async fn a_days_name_leads_to_its_latest_workbook() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut catalogue = pipeline.shop().catalogue();
    catalogue.truncate(3);
    pipeline.define(catalogue).await?;
    let mut keys = Vec::new();
    for run in ["daily@2026-11-05T01:15:00Z", "daily@2026-11-04T22:00:00Z"] {
        let run: RunId = run.parse()?;
        pipeline.schedule(&run).await?;
        keys.push(
            pipeline
                .closed(&run)
                .await?
                .workbook
                .context("no workbook")?,
        );
    }
    ensure!(keys[0] != keys[1], "{keys:?}");
    let files = pipeline.files()?;
    let read = async |key: &str| -> Result<Vec<u8>> {
        let path = pipeline.folder().join("one.xlsx");
        files.download(key, &path, u64::MAX).await?;
        Ok(std::fs::read(path)?)
    };
    let (later, earlier) = (read(&keys[0]).await?, read(&keys[1]).await?);
    ensure!(later != earlier);
    ensure!(read("exports/daily/2026-11-05.xlsx").await? == later);
    pipeline.stop().await;
    Ok(())
}

async fn a_run_whose_closing_died_is_marked_and_closed_when_asked_for_again() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let runs = Runs::new(pipeline.table()?);
    let run = run()?;
    runs.begin(&run).await?;
    runs.start(&run, 0).await?;
    let dead = pipeline.queue("ClosingDeadQueue")?;
    let look = CloseRun {
        run: run.clone(),
        look: 0,
    };
    dead.send(Message::CloseRun(look.clone()), Duration::ZERO)
        .await?;
    patiently("the run is marked", async || {
        Ok(runs.get(&run).await?.and_then(|run| run.stalled))
    })
    .await?;
    pipeline.schedule(&run).await?;
    let closed = pipeline.closed(&run).await?;
    ensure!(closed.stalled.is_none(), "{closed:?}");
    // A dead look that comes late changes nothing about a closed run.
    dead.send(Message::CloseRun(look), Duration::ZERO).await?;
    pipeline.runner().wait_idle().await;
    let still = runs.get(&run).await?.context("no run")?;
    ensure!(
        still.stalled.is_none() && still.status == closed.status,
        "{still:?}"
    );
    pipeline.stop().await;
    Ok(())
}
