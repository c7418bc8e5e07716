//! How shops are asked: in turns, and not for what they keep to themselves.

use anyhow::{Result, ensure};
use integration_tests::{ScriptedShop, TestPipeline, page_of, status};
use local::pipeline::PipelineOptions;
use model::{FailureReason, Observation, Outcome, ProductId, RunId};
use serde_json::json;
use store::Products;

crate::trials!(
    a_quota_holds_for_all_workers_together,
    a_job_whose_turn_is_later_gets_it_then,
    a_shop_that_asks_for_a_pause_gets_it_for_all_its_pages,
    a_page_that_has_not_changed_is_not_sent_again,
    what_robots_txt_disallows_is_not_fetched,
    a_robots_txt_that_cannot_be_had_is_no_permission,
);

pub(crate) fn run(day: u8) -> Result<RunId> {
    Ok(format!("daily@2026-11-{day:02}T01:15:00Z").parse()?)
}

/// A pipeline that may fetch from a shop, and asks it so.
pub(crate) async fn pipeline(
    shop: &ScriptedShop,
    settings: serde_json::Value,
    variables: &[(&str, &str)],
) -> Result<TestPipeline> {
    let sources = json!({ shop.host(): settings }).to_string();
    TestPipeline::start_with(|mut options| {
        options = options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", shop.host())
            .with_variable("PRICETIDE_SOURCES", &sources);
        let with = |options: PipelineOptions, (name, value): &(&str, &str)| {
            options.with_variable(name, *value)
        };
        variables.iter().fold(options, with)
    })
    .await
}

/// Follows `count` products of a shop.
pub(crate) async fn follow(pipeline: &TestPipeline, shop: &ScriptedShop, count: u32) -> Result<()> {
    for n in 0..count {
        pipeline.define([shop.product(&format!("p-{n}"))?]).await?;
    }
    Ok(())
}

/// The outcomes of a run that is closed.
pub(crate) async fn outcomes(pipeline: &TestPipeline, run: &RunId) -> Result<Vec<Observation>> {
    pipeline.schedule(run).await?;
    pipeline.closed(run).await?;
    let observations = store::Observations::new(pipeline.table()?);
    Ok(observations.of_run(run).await?.into_values().collect())
}

pub(crate) fn prices(outcomes: &[Observation]) -> usize {
    let price = |seen: &&Observation| matches!(seen.outcome, Outcome::Price(_));
    outcomes.iter().filter(price).count()
}

pub(crate) fn failures(outcomes: &[Observation], reason: FailureReason) -> usize {
    let failed =
        |seen: &&Observation| matches!(&seen.outcome, Outcome::Failure(f) if f.reason == reason);
    outcomes.iter().filter(failed).count()
}

/// How many product pages were asked for.
pub(crate) fn asked(shop: &ScriptedShop, count: u32) -> usize {
    let visits = (0..count).map(|n| shop.visits(&format!("/p/p-{n}")).len());
    visits.sum()
}

async fn a_quota_holds_for_all_workers_together() -> Result<()> {
    let shop = ScriptedShop::start(|_| page_of(12_900)).await?;
    let quota = json!({"pace_ms": 0, "calls": 7, "per_seconds": 86_400, "robots": false});
    let pipeline = pipeline(&shop, quota, &[]).await?;
    follow(&pipeline, &shop, 40).await?;

    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(
        outcomes.len() == 40 && prices(&outcomes) == 7,
        "{outcomes:?}"
    );
    ensure!(
        failures(&outcomes, FailureReason::Quota) == 33,
        "{outcomes:?}"
    );
    ensure!(asked(&shop, 40) == 7, "{} visits", asked(&shop, 40));
    pipeline.stop().await;
    Ok(())
}

async fn a_job_whose_turn_is_later_gets_it_then() -> Result<()> {
    let shop = ScriptedShop::start(|_| page_of(12_900)).await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 1_500, "robots": false}), &[]).await?;
    follow(&pipeline, &shop, 6).await?;

    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(prices(&outcomes) == 6, "{outcomes:?}");
    ensure!(asked(&shop, 6) == 6);
    pipeline.stop().await;
    Ok(())
}

async fn a_shop_that_asks_for_a_pause_gets_it_for_all_its_pages() -> Result<()> {
    let first = std::sync::atomic::AtomicBool::new(true);
    let shop = ScriptedShop::start(move |_| {
        if first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            let mut busy = status(429);
            let wait = hyper::header::HeaderValue::from_static("2");
            busy.headers_mut().insert("retry-after", wait);
            return busy;
        }
        page_of(12_900)
    })
    .await?;
    let settings = json!({"pace_ms": 0, "concurrency": 1, "robots": false});
    let pipeline = pipeline(&shop, settings, &[]).await?;
    follow(&pipeline, &shop, 9).await?;

    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(prices(&outcomes) == 9, "{outcomes:?}");
    // The one that was refused came twice, all others once, and as no receive of a job was used
    // up, each is still its first.
    ensure!(asked(&shop, 9) == 10, "{} visits", asked(&shop, 9));
    pipeline.stop().await;
    Ok(())
}

async fn a_page_that_has_not_changed_is_not_sent_again() -> Result<()> {
    let shop = ScriptedShop::start(|visit| {
        let (etag, page) = if visit.nth < 2 {
            ("\"v1\"", page_of(12_900))
        } else {
            ("\"v2\"", page_of(11_900))
        };
        let known = visit.headers.get("if-none-match");
        let mut answer = if known.is_some_and(|known| known == etag) {
            status(304)
        } else {
            page
        };
        let etag = hyper::header::HeaderValue::from_static(etag);
        answer.headers_mut().insert("etag", etag);
        answer
    })
    .await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0, "robots": false}), &[]).await?;
    follow(&pipeline, &shop, 1).await?;
    let mut seen = Vec::new();
    for day in 1..=4 {
        if day == 4 {
            // What is read otherwise is fetched anew.
            let mut product = shop.product("p-0")?;
            product.locale = Some("ko".to_owned());
            pipeline.define([product]).await?;
        }
        for outcome in outcomes(&pipeline, &run(day)?).await? {
            let Outcome::Price(offer) = outcome.outcome else {
                anyhow::bail!("{outcome:?}");
            };
            ensure!(offer.found_in == "json-ld" && offer.name.as_deref() == Some("Scripted"));
            seen.push(offer.price.to_string());
        }
    }
    ensure!(
        seen == ["12900 KRW", "12900 KRW", "11900 KRW", "11900 KRW"],
        "{seen:?}"
    );
    let sent = shop.visits("/p/p-0").into_iter().map(|visit| {
        let known = visit.headers.get("if-none-match")?;
        Some(known.to_str().ok()?.to_owned())
    });
    let sent: Vec<Option<String>> = sent.collect();
    let v1 = Some("\"v1\"".to_owned());
    ensure!(sent == [None, v1.clone(), v1, None], "{sent:?}");
    pipeline.stop().await;
    Ok(())
}

async fn what_robots_txt_disallows_is_not_fetched() -> Result<()> {
    let shop = ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => {
            let mut answer = status(200);
            *answer.body_mut() = "User-agent: *\nDisallow: /p/p-1\n".into();
            answer
        }
        _ => page_of(12_900),
    })
    .await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0}), &[]).await?;
    follow(&pipeline, &shop, 3).await?;
    let mut fetched = Vec::new();
    for day in 1..=2 {
        let outcomes = outcomes(&pipeline, &run(day)?).await?;
        fetched.push(shop.visits("/robots.txt").len());
        ensure!(prices(&outcomes) == 2, "{outcomes:?}");
        ensure!(
            failures(&outcomes, FailureReason::Robots) == 1,
            "{outcomes:?}"
        );
    }
    ensure!(shop.visits("/p/p-1").is_empty());
    // Workers that begin at the same time may each fetch the rules; after that they stand for a
    // day.
    ensure!(fetched[0] >= 1 && fetched[0] == fetched[1], "{fetched:?}");
    let sent = &shop.visits("/robots.txt")[0].headers["user-agent"];
    ensure!(sent.to_str()?.starts_with("Pricetide/"), "{sent:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_robots_txt_that_cannot_be_had_is_no_permission() -> Result<()> {
    let shop = ScriptedShop::start(|visit| match visit.path.as_str() {
        "/robots.txt" => status(503),
        _ => page_of(12_900),
    })
    .await?;
    let pipeline = pipeline(&shop, json!({"pace_ms": 0}), &[]).await?;
    follow(&pipeline, &shop, 1).await?;
    let outcomes = outcomes(&pipeline, &run(1)?).await?;
    ensure!(
        failures(&outcomes, FailureReason::ShopError) == 1,
        "{outcomes:?}"
    );
    ensure!(shop.visits("/p/p-0").is_empty());
    let id = ProductId::new("p-0")?;
    let stored = Products::new(pipeline.table()?).get(&id).await?;
    ensure!(stored.is_some_and(|stored| stored.last.is_none()));
    pipeline.stop().await;
    Ok(())
}
