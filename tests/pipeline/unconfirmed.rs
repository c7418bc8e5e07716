//! Prices that move too far: they count when a second fetch bears them out, and not before.

use anyhow::{Context, Result, ensure};
use integration_tests::{ScriptedShop, TestPipeline, page_of, patiently, status};
use model::{Job, ProductId, RunId, Unconfirmed};
use store::{Observations, Products};

crate::trials!(
    a_price_that_stays_is_confirmed,
    a_price_that_was_a_broken_page_gives_way_to_the_true_one,
    a_price_that_nothing_bears_out_never_counts,
    a_second_fetch_that_fails_leaves_the_price_unconfirmed,
    a_second_fetch_that_kills_its_worker_leaves_the_price_unconfirmed,
);

fn run(day: u8) -> Result<RunId> {
    Ok(format!("daily@2026-11-{day:02}T01:15:00Z").parse()?)
}

/// What stands after a run in which the shop showed `second` and then `third`, when it had shown
/// 10,000 in the run before: the outcome's price and standing, and the last price. Zero is a page
/// that is gone.
async fn after(second: u32, third: u32) -> Result<(String, Option<Unconfirmed>, String)> {
    let shop = ScriptedShop::start(move |visit| match [10_000, second, third].get(visit.nth) {
        Some(0) | None => status(404),
        Some(price) => page_of(*price),
    })
    .await?;
    let pipeline = pipeline(&shop, "1").await?;
    for day in 1..=2 {
        pipeline.schedule(&run(day)?).await?;
        // A run is not closed before its prices are settled.
        pipeline.closed(&run(day)?).await?;
    }
    let (id, run) = (ProductId::new("p-0")?, run(2)?);
    let outcome = pipeline.outcome(&run, &id).await?;
    let model::Outcome::Price(offer) = outcome.outcome else {
        anyhow::bail!("{outcome:?}");
    };
    let stored = Products::new(pipeline.table()?).get(&id).await?;
    let last = stored
        .and_then(|stored| stored.last)
        .context("no last price")?;
    let visits = shop.visits("/p/p-0").len();
    ensure!(visits == 3, "{visits} visits");
    pipeline.stop().await;
    Ok((
        offer.price.to_string(),
        outcome.unconfirmed,
        last.price.to_string(),
    ))
}

async fn pipeline(shop: &ScriptedShop, delay: &str) -> Result<TestPipeline> {
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", shop.host())
            .with_variable("PRICETIDE_CONFIRM_DELAY_SECONDS", delay)
    })
    .await?;
    pipeline.define([shop.product("p-0")?]).await?;
    Ok(pipeline)
}

async fn a_price_that_stays_is_confirmed() -> Result<()> {
    let (price, unconfirmed, last) = after(1_000, 1_000).await?;
    ensure!((price.as_str(), unconfirmed, last.as_str()) == ("1000 KRW", None, "1000 KRW"));
    Ok(())
}

async fn a_price_that_was_a_broken_page_gives_way_to_the_true_one() -> Result<()> {
    let (price, unconfirmed, last) = after(99, 9_900).await?;
    ensure!((price.as_str(), unconfirmed, last.as_str()) == ("9900 KRW", None, "9900 KRW"));
    Ok(())
}

async fn a_price_that_nothing_bears_out_never_counts() -> Result<()> {
    let (price, unconfirmed, last) = after(99, 990_000).await?;
    ensure!(price == "99 KRW" && last == "10000 KRW", "{price}, {last}");
    ensure!(unconfirmed == Some(Unconfirmed::Final));
    Ok(())
}

async fn a_second_fetch_that_fails_leaves_the_price_unconfirmed() -> Result<()> {
    let (price, unconfirmed, last) = after(99, 0).await?;
    ensure!(price == "99 KRW" && last == "10000 KRW", "{price}, {last}");
    ensure!(unconfirmed == Some(Unconfirmed::Final));
    Ok(())
}

async fn a_second_fetch_that_kills_its_worker_leaves_the_price_unconfirmed() -> Result<()> {
    let shop = ScriptedShop::start(|visit| match visit.nth {
        0 => page_of(10_000),
        _ => page_of(99),
    })
    .await?;
    // The second fetch is an hour away; its dead letter comes first.
    let pipeline = pipeline(&shop, "3600").await?;
    let (id, run) = (ProductId::new("p-0")?, run(2)?);
    pipeline
        .schedule(&"daily@2026-11-01T01:15:00Z".parse()?)
        .await?;
    pipeline
        .outcome(&"daily@2026-11-01T01:15:00Z".parse()?, &id)
        .await?;
    pipeline.schedule(&run).await?;
    let pending = pipeline.outcome(&run, &id).await?;
    ensure!(
        pending.unconfirmed == Some(Unconfirmed::Pending),
        "{pending:?}"
    );
    let job = Job {
        confirms: true,
        ..Job::new(run.clone(), id.clone(), None)
    };
    let dead = pipeline.queue("JobsDeadQueue")?;
    dead.send(serde_json::to_string(&job)?, std::time::Duration::ZERO)
        .await?;
    let observations = Observations::new(pipeline.table()?);
    patiently("the price is settled", async || {
        let seen = observations.get(&id, &run).await?;
        Ok(seen.filter(|seen| seen.unconfirmed == Some(Unconfirmed::Final)))
    })
    .await?;
    pipeline.stop().await;
    Ok(())
}
