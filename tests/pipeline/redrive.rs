//! The failed jobs of a run again, in the same run.

use anyhow::{Context, Result, ensure};
use integration_tests::{ScriptedShop, Slack, TestPipeline, page_of, patiently, status};
use jiff::tz::TimeZone;
use model::{Message, Outcome, RedriveRun, RunId};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Observations, Run, Runs};

use crate::alerts::pipeline;

crate::trials!(
    a_redriven_job_that_finds_a_price_replaces_its_failure,
    a_redrive_that_is_asked_for_twice_is_one,
);

fn run() -> Result<RunId> {
    Ok("daily@2026-11-05T01:15:00Z".parse()?)
}

/// Two products: `p-0` costs 10,000 won, `p-1` is missing at its first visit.
async fn shop() -> Result<ScriptedShop> {
    ScriptedShop::start(|visit| match (visit.path.as_str(), visit.nth) {
        ("/robots.txt" | "/p/p-2", _) | ("/p/p-1", 0) => status(404),
        ("/p/p-0", _) => page_of(10_000),
        _ => page_of(7_000),
    })
    .await
}

async fn redrive(pipeline: &TestPipeline, body: Value) -> Result<Value> {
    let path = format!("/runs/{}/redrive", run()?);
    let answer = pipeline.api(Method::POST, &path, Some(&body)).await?;
    ensure!(answer.status() == 202, "{answer:?}");
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

async fn closed_again(pipeline: &TestPipeline, number: u32) -> Result<Run> {
    let runs = Runs::new(pipeline.table()?);
    patiently("the run is closed anew", async || {
        let known = runs.get(&run()?).await?;
        Ok(known.filter(|known| known.status.is_closed() && known.redrives == number))
    })
    .await
}

async fn a_redriven_job_that_finds_a_price_replaces_its_failure() -> Result<()> {
    let (shop, slack) = (shop().await?, Slack::start(&[]).await?);
    let pipeline = pipeline(&[&shop], &slack).await?;
    let products = ["p-0", "p-1", "p-2"].map(|id| shop.product(id));
    pipeline
        .define(products.into_iter().collect::<Result<Vec<_>>>()?)
        .await?;
    pipeline.schedule(&run()?).await?;
    let first = pipeline.closed(&run()?).await?;
    ensure!(first.totals.context("no totals")?.prices == 1);

    // Of another reason there is nothing to try again.
    let none = redrive(&pipeline, json!({"reason": "timeout"})).await?;
    ensure!(none["jobs"] == 0, "{none}");
    let answer = redrive(&pipeline, json!({})).await?;
    ensure!(answer["jobs"] == 2, "{answer}");
    let second = closed_again(&pipeline, 1).await?;
    let totals = second.totals.context("no totals")?;
    ensure!(totals.prices == 2 && totals.missing == 0, "{totals:?}");
    ensure!(totals.failures.values().sum::<u64>() == 1, "{totals:?}");

    let outcomes = Observations::new(pipeline.table()?).of_run(&run()?).await?;
    ensure!(outcomes.len() == 3, "{outcomes:?}");
    ensure!(outcomes.values().all(|seen| !seen.redriving));
    let price = &outcomes[&"p-1".parse()?].outcome;
    ensure!(
        matches!(price, Outcome::Price(offer) if offer.price.amount == 7_000.into()),
        "{price:?}"
    );
    // A price is not fetched again.
    ensure!(shop.visits("/p/p-0").len() == 1);
    let zone = TimeZone::get("Asia/Seoul")?;
    let files = pipeline.files()?;
    let archived = archive::Key::of(&run()?, 2, &zone).to_string();
    ensure!(files.has(&archived).await?, "{archived}");
    pipeline.runner().wait_idle().await;
    let texts: Vec<String> = slack
        .posts()
        .iter()
        .map(integration_tests::Post::text)
        .collect();
    let again = texts
        .iter()
        .filter(|text| text.contains("tried again"))
        .count();
    ensure!((texts.len(), again) == (2, 1), "{texts:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_redrive_that_is_asked_for_twice_is_one() -> Result<()> {
    let (shop, slack) = (shop().await?, Slack::start(&[]).await?);
    let pipeline = pipeline(&[&shop], &slack).await?;
    let products = ["p-1", "p-2"].map(|id| shop.product(id));
    pipeline
        .define(products.into_iter().collect::<Result<Vec<_>>>()?)
        .await?;
    pipeline.schedule(&run()?).await?;
    pipeline.closed(&run()?).await?;
    let asked = Message::RedriveRun(RedriveRun {
        run: run()?,
        number: 1,
        reason: None,
    });
    let starts = pipeline.queue("StartsQueue")?;
    starts
        .send_all([asked.clone(), asked.clone()].into_iter())
        .await?;
    closed_again(&pipeline, 1).await?;
    pipeline.runner().wait_idle().await;
    let visits = shop.visits("/p/p-2").len();
    // The message once more, long after.
    starts.send_all([asked].into_iter()).await?;
    pipeline.runner().wait_idle().await;
    let run = closed_again(&pipeline, 1).await?;
    ensure!(run.totals.context("no totals")?.prices == 1);
    ensure!(shop.visits("/p/p-2").len() == visits);
    ensure!(slack.posts().len() == 2, "{:?}", slack.posts());
    pipeline.stop().await;
    Ok(())
}
