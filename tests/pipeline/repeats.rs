//! Events and messages that come more than once: each page is asked for as if they came once, or
//! nearly.

use anyhow::{Result, ensure};
use integration_tests::{ScriptedShop, TestPipeline, page_of, status};
use model::{Message, RunId};
use serde_json::json;
use store::Observations;

use crate::rate_limits::{follow, pipeline, prices, run};

crate::trials!(
    a_schedule_event_that_is_delivered_four_times_asks_for_a_page_once_or_twice,
    a_message_that_is_delivered_twice_asks_for_its_page_once_or_twice,
    a_job_that_has_its_outcome_is_not_asked_for_again,
);

const PRODUCTS: u32 = 30;

async fn shop() -> Result<ScriptedShop> {
    ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => status(404),
        _ => page_of(12_900),
    })
    .await
}

/// Waits until all is quiet: there are all prices, and no page was asked for more than twice.
async fn at_most_one_request_more(
    pipeline: &TestPipeline,
    shop: &ScriptedShop,
    run: &RunId,
) -> Result<()> {
    pipeline.runner().wait_idle().await;
    let outcomes = Observations::new(pipeline.table()?).of_run(run).await?;
    let outcomes: Vec<_> = outcomes.into_values().collect();
    ensure!(prices(&outcomes) == 30, "{outcomes:?}");
    for n in 0..PRODUCTS {
        let visits = shop.visits(&format!("/p/p-{n}")).len();
        ensure!((1..=2).contains(&visits), "{visits} requests for p-{n}");
    }
    Ok(())
}

async fn a_schedule_event_that_is_delivered_four_times_asks_for_a_page_once_or_twice() -> Result<()>
{
    let shop = shop().await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0, "concurrency": 10}), &[]).await?;
    follow(&pipeline, &shop, PRODUCTS).await?;
    let run = run(1)?;
    tokio::try_join!(
        pipeline.schedule(&run),
        pipeline.schedule(&run),
        pipeline.schedule(&run),
        pipeline.schedule(&run),
    )?;
    pipeline.closed(&run).await?;
    at_most_one_request_more(&pipeline, &shop, &run).await?;
    pipeline.stop().await;
    Ok(())
}

async fn a_message_that_is_delivered_twice_asks_for_its_page_once_or_twice() -> Result<()> {
    let shop = shop().await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0, "concurrency": 10}), &[]).await?;
    follow(&pipeline, &shop, PRODUCTS).await?;
    let run = run(1)?;
    let jobs = pipeline.queue("JobsQueue")?;
    let all = || {
        (0..PRODUCTS).map(|n| {
            let product = format!("p-{n}").parse().expect("an id");
            Message::Job(model::Job::new(run.clone(), product, None))
        })
    };
    let twice: Vec<Message> = all().chain(all()).collect();
    jobs.send_all(twice.into_iter()).await?;
    for n in 0..PRODUCTS {
        let id = format!("p-{n}").parse()?;
        pipeline.outcome(&run, &id).await?;
    }
    at_most_one_request_more(&pipeline, &shop, &run).await?;
    pipeline.stop().await;
    Ok(())
}

async fn a_job_that_has_its_outcome_is_not_asked_for_again() -> Result<()> {
    let shop = shop().await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0}), &[]).await?;
    follow(&pipeline, &shop, 3).await?;
    let run = run(1)?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    let jobs = pipeline.queue("JobsQueue")?;
    for _ in 0..3 {
        let again = (0..3).map(|n| {
            let product = format!("p-{n}").parse().expect("an id");
            Message::Job(model::Job::new(run.clone(), product, None))
        });
        jobs.send_all(again.collect::<Vec<_>>().into_iter()).await?;
        pipeline.runner().wait_idle().await;
    }
    for n in 0..3 {
        ensure!(shop.visits(&format!("/p/p-{n}")).len() == 1);
    }
    pipeline.stop().await;
    Ok(())
}
