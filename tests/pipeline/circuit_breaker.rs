//! Shops that are in trouble: whole shops are left alone, single products never hold back the
//! others, and every job ends with its true reason.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use integration_tests::{Answer, ScriptedShop, TestPipeline, moved_to, never, page_of, status};
use jiff::Timestamp;
use model::{Failure, FailureReason, Observation, Outcome};
use serde_json::{Value, json};
use store::{Admitted, Calls, Pass, Sources};

use crate::rate_limits::{asked, failures, follow, outcomes, pipeline, prices, run};

crate::trials!(
    a_shop_in_trouble_is_left_alone,
    a_shop_that_is_down_is_asked_a_few_times_by_all_workers_together,
    probes_ask_a_shop_that_was_left_alone,
    a_tenth_of_dead_products_holds_nobody_back,
    products_that_never_answer_hold_nobody_back,
    a_host_without_its_robots_txt_ends_its_jobs_with_the_true_reason,
    a_shop_that_recovers_gets_its_backlog_in_steps,
);

/// What the table knows of a shop's breaker: its state, or null.
async fn breaker(pipeline: &TestPipeline, shop: &str) -> Result<Value> {
    let answer = pipeline
        .clients()
        .dynamodb()
        .get_item()
        .table_name(pipeline.table_name()?)
        .key("PK", AttributeValue::S(format!("SOURCE#{shop}")))
        .key("SK", AttributeValue::S("BREAKER".to_owned()))
        .consistent_read(true)
        .send()
        .await?;
    let item = answer.item.unwrap_or_default();
    match item.get("circuit") {
        Some(AttributeValue::S(circuit)) => Ok(serde_json::from_str(circuit)?),
        _ => Ok(Value::Null),
    }
}

/// Has a shop's pause end now.
async fn end_of_pause(pipeline: &TestPipeline, shop: &str) -> Result<()> {
    let mut circuit = breaker(pipeline, shop).await?;
    circuit["state"]["until"] = (Timestamp::now().as_millisecond() - 1).into();
    pipeline
        .clients()
        .dynamodb()
        .update_item()
        .table_name(pipeline.table_name()?)
        .key("PK", AttributeValue::S(format!("SOURCE#{shop}")))
        .key("SK", AttributeValue::S("BREAKER".to_owned()))
        .update_expression("SET circuit = :c")
        .expression_attribute_values(":c", AttributeValue::S(circuit.to_string()))
        .send()
        .await?;
    Ok(())
}

async fn a_shop_in_trouble_is_left_alone() -> Result<()> {
    let shop = ScriptedShop::start(|_| status(503)).await?;
    let settings = json!({"pace_ms": 0, "concurrency": 1, "robots": false});
    let patience = [("PRICETIDE_PATIENCE_SECONDS", "20")];
    let pipeline = pipeline(&shop, settings, &patience).await?;
    follow(&pipeline, &shop, 60).await?;

    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(
        failures(&outcomes, FailureReason::ShopError) == 60,
        "{outcomes:?}"
    );
    // Without a breaker each of the sixty jobs would have asked five times.
    let asked = asked(&shop, 60);
    ensure!((5..60).contains(&asked), "{asked} visits");
    pipeline.stop().await;
    Ok(())
}

async fn a_shop_that_is_down_is_asked_a_few_times_by_all_workers_together() -> Result<()> {
    let shop = ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => status(404),
        _ => status(500),
    })
    .await?;
    let patience = [("PRICETIDE_PATIENCE_SECONDS", "10")];
    let pipeline = pipeline(&shop, json!({"pace_ms": 0, "concurrency": 10}), &patience).await?;
    follow(&pipeline, &shop, 150).await?;
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(failures(&outcomes, FailureReason::ShopError) == 150);
    // Ten failures make a rate; a few requests are under way when it is reached.
    let asked = asked(&shop, 150);
    ensure!((10..=20).contains(&asked), "{asked} visits");
    pipeline.stop().await;
    Ok(())
}

async fn probes_ask_a_shop_that_was_left_alone() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let sources = Sources::new(pipeline.table()?);
    let shop = "shop.example";
    let products = ["a", "b", "c", "d"];
    let admit = async || -> Result<Admitted> {
        let wanted = HashMap::from([(shop, products.to_vec())]);
        let admitted = sources.admit(&wanted).await?.remove(shop);
        admitted.context("nobody was admitted or refused")
    };
    let failure = Failure::new(FailureReason::ShopError, "HTTP 503");
    let failed = Calls {
        first: 1,
        failed: 1,
        failed_again: 0,
    };
    ensure!(admit().await?.pass == Pass::Free);
    for nth in 1..=10 {
        let opened = sources.count_calls(shop, failed, Some(&failure)).await?;
        ensure!(opened.is_some() == (nth == 10), "after {nth}");
    }
    let admitted = admit().await?;
    let (mut until, cause) = admitted.others.context("it is not open")?;
    ensure!(admitted.products.is_empty() && cause == failure);

    let mut pauses = Vec::new();
    for _ in 0..2 {
        pauses.push(until.duration_since(Timestamp::now()).as_secs());
        end_of_pause(&pipeline, shop).await?;
        let probes = admit().await?;
        ensure!(
            probes.pass == Pass::Probe && probes.products == ["a", "b"],
            "{probes:?}"
        );
        ensure!(admit().await?.products.is_empty(), "a third probe");
        ensure!(sources.probed(shop, "a", Some(&failure)).await?.is_none());
        let opened = sources.probed(shop, "b", Some(&failure)).await?;
        until = opened.context("failed probes close it")?;
    }
    ensure!(pauses[1] > pauses[0], "{pauses:?}");

    end_of_pause(&pipeline, shop).await?;
    for product in admit().await?.products {
        sources.probed(shop, &product, None).await?;
    }
    ensure!(admit().await?.products == products);
    pipeline.stop().await;
    Ok(())
}

/// How many products the tests of dead ones follow: `PRICETIDE_TEST_PRODUCTS`, or a few.
fn count(few: u32) -> u32 {
    let wanted = std::env::var("PRICETIDE_TEST_PRODUCTS").ok();
    wanted.and_then(|count| count.parse().ok()).unwrap_or(few)
}

/// Follows `products` of a shop where a tenth of the pages are answered so, and waits for all
/// outcomes. Prints how long the last good price took, which nothing depends on.
async fn with_a_tenth(
    what: &str,
    products: u32,
    settings: Value,
    variables: &[(&str, &str)],
    dead: fn() -> Option<Answer>,
) -> Result<(ScriptedShop, Vec<Observation>)> {
    let shop = ScriptedShop::start(move |visit| match visit.path.as_str() {
        "/robots.txt" => status(404),
        path if is_dead(path) => dead().unwrap_or_else(|| page_of(12_900)),
        _ => page_of(12_900),
    })
    .await?;
    let pipeline = pipeline(&shop, settings, variables).await?;
    follow(&pipeline, &shop, products).await?;
    let began = Timestamp::now();
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    let good = outcomes
        .iter()
        .filter(|seen| !is_dead(seen.product.as_str()));
    let last = good.map(|seen| seen.fetched_at).max().unwrap_or(began);
    let took = last.duration_since(began);
    println!("{products} products, {what}: all good prices after {took:#}");
    let known = breaker(&pipeline, shop.host()).await?;
    ensure!(known.is_null() || known["trips"] == 0, "it opened: {known}");
    pipeline.stop().await;
    Ok((shop, outcomes))
}

/// Whether a path is that of a tenth of the products.
fn is_dead(path: &str) -> bool {
    path.ends_with('7')
}

async fn a_tenth_of_dead_products_holds_nobody_back() -> Result<()> {
    let products = count(200);
    let free = json!({"pace_ms": 0, "concurrency": 10});
    with_a_tenth("none broken", products, free.clone(), &[], || None).await?;
    let (shop, outcomes) = with_a_tenth("a tenth with HTTP 500", products, free, &[], || {
        Some(status(500))
    })
    .await?;
    let dead = usize::try_from(products / 10)?;
    ensure!(
        prices(&outcomes) == 9 * dead,
        "{} prices",
        prices(&outcomes)
    );
    ensure!(failures(&outcomes, FailureReason::ShopError) == dead);
    // A page that takes far longer than the others of its batch is asked once more: few do.
    let mut more = 0;
    for n in 0..products {
        let path = format!("/p/p-{n}");
        let visits = shop.visits(&path).len();
        let needed = if is_dead(&path) { 5 } else { 1 };
        ensure!((needed..=needed + 1).contains(&visits), "{path}: {visits}");
        more += visits - needed;
    }
    ensure!(
        more * 20 <= products as usize,
        "{more} pages were asked once more"
    );
    Ok(())
}

async fn products_that_never_answer_hold_nobody_back() -> Result<()> {
    let products = count(100);
    let dead = usize::try_from(products / 10)?;
    let short = [
        ("PRICETIDE_FETCH_TIMEOUT_SECONDS", "2"),
        ("PRICETIDE_RETRY_BASE_SECONDS", "1"),
    ];
    // Without a pace a page that never answers could hold up its batch, with one its shop.
    for settings in [
        json!({"pace_ms": 0, "concurrency": 10}),
        json!({"pace_ms": 10, "concurrency": 2}),
    ] {
        let what = format!("a tenth without an answer, {settings}");
        let (shop, outcomes) =
            with_a_tenth(&what, products, settings, &short, || Some(never())).await?;
        ensure!(
            prices(&outcomes) == 9 * dead,
            "{} prices",
            prices(&outcomes)
        );
        ensure!(failures(&outcomes, FailureReason::Timeout) == dead);
        for n in (0..products).filter(|n| !is_dead(&n.to_string())) {
            let visits = shop.visits(&format!("/p/p-{n}")).len();
            ensure!((1..=2).contains(&visits), "p-{n}: {visits}");
        }
    }
    Ok(())
}

async fn a_host_without_its_robots_txt_ends_its_jobs_with_the_true_reason() -> Result<()> {
    let hangs = ScriptedShop::start(|_| never()).await?;
    let fails = ScriptedShop::start(|_| status(500)).await?;
    let loops = ScriptedShop::start(|visit| moved_to(&visit.path)).await?;
    let well = ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => status(404),
        _ => page_of(12_900),
    })
    .await?;
    let shops = [&hangs, &fails, &loops, &well];
    let hosts = shops.map(ScriptedShop::host).join(",");
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", &hosts)
            .with_variable("PRICETIDE_SOURCES", r#"{"*": {"pace_ms": 10}}"#)
            .with_variable("PRICETIDE_FETCH_TIMEOUT_SECONDS", "2")
            .with_variable("PRICETIDE_PATIENCE_SECONDS", "15")
    })
    .await?;
    // Ten products of each host, beside each other in the batches.
    for n in 0..10 {
        for (shop, name) in shops.iter().zip(["hangs", "fails", "loops", "well"]) {
            pipeline
                .define([shop.product(&format!("{name}-{n}"))?])
                .await?;
        }
    }
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(outcomes.len() == 40, "{} outcomes", outcomes.len());
    for seen in &outcomes {
        let expected = match seen.product.as_str().split('-').next() {
            Some("hangs") => Some(FailureReason::Timeout),
            Some("fails") => Some(FailureReason::ShopError),
            Some("loops") => Some(FailureReason::TooManyRedirects),
            _ => None,
        };
        let right = match (&seen.outcome, expected) {
            (Outcome::Price(_), None) => true,
            (Outcome::Failure(failure), Some(reason)) => failure.reason == reason,
            _ => false,
        };
        ensure!(right, "{seen:?}");
    }
    for shop in [&hangs, &fails] {
        let known = breaker(&pipeline, shop.host()).await?;
        ensure!(known["trips"] == 1, "{known}");
        let pages = shop.all_visits() - shop.visits("/robots.txt").len();
        ensure!(pages == 0, "{pages} pages without a robots.txt");
        let robots = shop.visits("/robots.txt").len();
        ensure!(robots <= 10, "its robots.txt was asked for {robots} times");
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_shop_that_recovers_gets_its_backlog_in_steps() -> Result<()> {
    static IS_DOWN: AtomicBool = AtomicBool::new(true);
    let shop = ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => status(404),
        _ if IS_DOWN.load(Ordering::SeqCst) => status(500),
        _ => page_of(12_900),
    })
    .await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0, "concurrency": 10}), &[]).await?;
    follow(&pipeline, &shop, 60).await?;
    let run = run(1)?;
    pipeline.schedule(&run).await?;
    integration_tests::patiently("the breaker opens", async || {
        let known = breaker(&pipeline, shop.host()).await?;
        Ok((known["state"]["is"] == "open").then_some(()))
    })
    .await?;
    IS_DOWN.store(false, Ordering::SeqCst);
    // Its jobs look again after the first pause, a minute or a little more.
    pipeline.closed(&run).await?;
    let outcomes = store::Observations::new(pipeline.table()?)
        .of_run(&run)
        .await?;
    let outcomes: Vec<_> = outcomes.into_values().collect();
    ensure!(prices(&outcomes) == 60, "{outcomes:?}");
    pipeline.stop().await;
    Ok(())
}
