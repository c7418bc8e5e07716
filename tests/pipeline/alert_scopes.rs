//! Rules of items, categories, tags and everything, and what a void does to alerts and last prices; at
//! last all of it while events come twice and functions die, against an oracle that knows the stored
//! history alone.
//!
//! ```sh
//! ALERT_CHAOS=500x60x30 cargo test -p integration-tests --test pipeline -- alerts_under_chaos
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use integration_tests::{Answer, ScriptedShop, Slack, TestPipeline, page_of, patiently, status};
use model::{Alert, Observation, Product, ProductId, RunId};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Alerts, Observations, Products};

use crate::alerts::{pipeline, rules};

crate::trials!(
    rules_of_an_item_a_category_a_tag_and_everything_fire_and_say_why,
    a_void_reaches_the_last_price_and_the_alerts_to_come,
    alerts_under_chaos_are_those_of_the_history,
);

fn run(day: u64) -> Result<RunId> {
    let first: jiff::Timestamp = "2026-09-01T01:15:00Z".parse()?;
    let hours = i64::try_from(day)? * 24;
    let slot = first.checked_add(jiff::SignedDuration::from_hours(hours))?;
    Ok(RunId::new("daily".parse()?, model::Slot::at(slot)))
}

/// A shop whose pages are those of a day, which is set.
async fn shop(
    answer: impl Fn(&str, u64) -> Answer + Send + Sync + 'static,
) -> Result<(ScriptedShop, Arc<AtomicU64>)> {
    let day = Arc::new(AtomicU64::new(0));
    let today = day.clone();
    let shop = ScriptedShop::start(move |visit| match visit.path.strip_prefix("/p/") {
        Some(product) => answer(product, today.load(Ordering::SeqCst)),
        None => status(404),
    });
    Ok((shop.await?, day))
}

async fn run_day(pipeline: &TestPipeline, day: &AtomicU64, nth: u64) -> Result<()> {
    day.store(nth, Ordering::SeqCst);
    pipeline.schedule(&run(nth)?).await?;
    pipeline.closed(&run(nth)?).await?;
    Ok(())
}

async fn put_rule(pipeline: &TestPipeline, scope: &str, id: &str, when: &Value) -> Result<()> {
    let path = format!("/alerts/rules/{scope}/{id}");
    let body = json!({"when": when});
    let answer = pipeline.api(Method::PUT, &path, Some(&body)).await?;
    ensure!(answer.status() == 200, "{answer:?}");
    Ok(())
}

async fn answer_of(pipeline: &TestPipeline, path: &str) -> Result<Value> {
    let answer = pipeline.api(Method::GET, path, None).await?;
    ensure!(answer.status() == 200, "{path}: {answer:?}");
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

/// Everything that fired as `day rule of subject`.
async fn fired(pipeline: &TestPipeline) -> Result<BTreeSet<String>> {
    let alerts = Alerts::new(pipeline.table()?);
    let (mut cursor, mut all) = (None, BTreeSet::new());
    loop {
        let page = alerts.list(cursor.as_ref(), 500).await?;
        for alert in &page.items {
            ensure!(all.insert(named(alert)), "twice: {alert:?}");
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn named(alert: &Alert) -> String {
    let subject = match &alert.scope {
        Some(scope @ model::Scope::Item(_)) => scope.to_string(),
        _ => alert.product.to_string(),
    };
    format!("{} {} of {subject}", alert.run.slot, alert.rule)
}

fn target(won: u64) -> Value {
    json!({"kind": "at_or_below", "price": {"amount": won.to_string(), "currency": "KRW"}})
}

fn offer(product: Product, item: &str) -> Result<Product> {
    Ok(Product {
        item: Some(item.parse()?),
        category: Some("Audio".to_owned()),
        tags: vec!["gift".parse()?],
        ..product
    })
}

async fn rules_of_an_item_a_category_a_tag_and_everything_fire_and_say_why() -> Result<()> {
    let (shop, day) = shop(|product, day| match (product, day) {
        ("a" | "b", 0) => page_of(10_000),
        ("a", _) => page_of(9_500),
        ("b", 1) => page_of(8_900),
        _ => page_of(9_900),
    })
    .await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let [a, b] = ["a", "b"].map(|id| offer(shop.product(id)?, "earbuds"));
    pipeline.define([a?, b?]).await?;
    for (scope, id, when) in [
        ("item:earbuds", "best", target(9_000)),
        (
            "category:Audio",
            "low",
            json!({"kind": "new_low", "days": 30}),
        ),
        (
            "tag:gift",
            "five",
            json!({"kind": "moved", "by": {"percent": "5"}, "against": "previous"}),
        ),
        ("all", "change", json!({"kind": "any_change"})),
    ] {
        put_rule(&pipeline, scope, id, &when).await?;
    }
    for nth in 0..3 {
        run_day(&pipeline, &day, nth).await?;
    }
    pipeline.runner().wait_idle().await;
    let found = fired(&pipeline).await?;
    let slots = [run(0)?.slot, run(1)?.slot, run(2)?.slot];
    let expected: BTreeSet<String> = [
        format!("{} best of item:earbuds", slots[1]),
        format!("{} low of a", slots[1]),
        format!("{} low of b", slots[1]),
        format!("{} five of a", slots[1]),
        format!("{} five of b", slots[1]),
        format!("{} change of a", slots[1]),
        format!("{} change of b", slots[1]),
        format!("{} change of b", slots[2]),
        format!("{} five of b", slots[2]),
    ]
    .into();
    ensure!(found == expected, "{found:#?}");

    let standing = answer_of(&pipeline, "/items/earbuds/standing").await?;
    let rule = &standing["rules"][0];
    ensure!(
        rule["scope"] == "item:earbuds" && rule["fired"] == false,
        "{standing}"
    );
    ensure!(
        rule["last_fired"]["slot"] == slots[1].to_string(),
        "{standing}"
    );
    let standing = answer_of(&pipeline, "/products/b/standing").await?;
    let rules = standing["rules"].as_array().map_or(0, Vec::len);
    ensure!(rules == 3, "{standing}");
    // The item's alert names the offer that is the best one.
    let alerts = answer_of(&pipeline, "/alerts?limit=100").await?;
    let of_item = alerts["alerts"].as_array().into_iter().flatten();
    let of_item = of_item.filter(|alert| alert["scope"] == "item:earbuds");
    let names: Vec<&Value> = of_item.map(|alert| &alert["product"]).collect();
    ensure!(names == ["b"], "{alerts}");

    let removed = pipeline.api(Method::DELETE, "/alerts/rules/all/change", None);
    ensure!(removed.await?.status() == 204);
    let removed = pipeline.api(Method::GET, "/alerts/rules/all/change", None);
    ensure!(removed.await?.status() == 404);
    let rules = answer_of(&pipeline, "/alerts/rules").await?;
    ensure!(
        rules["rules"].as_array().map_or(0, Vec::len) == 3,
        "{rules}"
    );
    let body = json!({"when": {"kind": "gone"}});
    let refused = pipeline.api(Method::PUT, "/alerts/rules/product:a/x", Some(&body));
    ensure!(refused.await?.status() == 400);
    pipeline.stop().await;
    Ok(())
}

async fn a_void_reaches_the_last_price_and_the_alerts_to_come() -> Result<()> {
    const PRICES: [u32; 4] = [10_000, 6_000, 8_900, 8_800];
    let (shop, day) =
        shop(|_, day| page_of(PRICES[usize::try_from(day).unwrap_or(0).min(3)])).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let product = rules(
        shop.product("p-0")?,
        &json!([{"id": "target", "when": target(9_000)}]),
    )?;
    let id = product.id.clone();
    pipeline.define([product]).await?;
    let last = async || {
        let stored = Products::new(pipeline.table()?).get(&id).await?;
        let last = stored.and_then(|stored| stored.last);
        anyhow::Ok(last.map(|last| last.price.amount.to_string()))
    };
    run_day(&pipeline, &day, 0).await?;
    run_day(&pipeline, &day, 1).await?;
    ensure!(last().await? == Some("6000".to_owned()));
    let void = format!("/products/p-0/prices/{}/void", run(1)?);
    let body = json!({"reason": "a typing error"});
    let answer = pipeline.api(Method::PUT, &void, Some(&body)).await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(
        last().await? == Some("10000".to_owned()),
        "{:?}",
        last().await?
    );
    // The first outcome was told for a price that counts no more: the next true one is told.
    pipeline.runner().wait_idle().await;
    patiently("the rule is made anew", async || {
        let subject = store::Subject::Product(id.clone());
        let states = Alerts::new(pipeline.table()?).states(&subject).await?;
        let rule = model::ScopedRule {
            scope: model::Scope::Product(id.clone()),
            rule: serde_json::from_value(json!({"id": "target", "when": target(9_000)}))?,
        };
        let state = states.of(&rule).context("no state")?.to_owned();
        Ok((!state.contains("told")).then_some(()))
    })
    .await?;
    run_day(&pipeline, &day, 2).await?;
    run_day(&pipeline, &day, 3).await?;
    pipeline.runner().wait_idle().await;
    let found = fired(&pipeline).await?;
    let expected = [1, 2].map(|day| Ok(format!("{} target of p-0", run(day)?.slot)));
    let expected: BTreeSet<String> = expected.into_iter().collect::<Result<_>>()?;
    ensure!(found == expected, "{found:#?}");
    // Reversible: counted again, the newest price stays the last one.
    let answer = pipeline.api(Method::DELETE, &void, None).await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(last().await? == Some("8800".to_owned()));
    pipeline.stop().await;
    Ok(())
}

/// How many products, items and slots.
fn size() -> (u64, u64, u64) {
    let wanted = std::env::var("ALERT_CHAOS").unwrap_or_default();
    let mut parts = wanted.split('x').map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(products)), Some(Ok(items)), Some(Ok(slots))) => (products, items, slots),
        _ => (16, 4, 4),
    }
}

/// A number that depends on nothing but what it is of.
fn mixed(product: u64, day: u64) -> u64 {
    let seed = product.wrapping_mul(1_000_003).wrapping_add(day);
    fastrand::Rng::with_seed(seed).u64(..)
}

fn page(product: &str, day: u64) -> Answer {
    let number: u64 = product.trim_start_matches("p-").parse().unwrap_or_default();
    let draw = mixed(number, day);
    match draw % 20 {
        0 => status(403),
        1 => status(500),
        2 => integration_tests::page_named("No price", 0),
        _ => {
            let won = 10_000 + number % 7 * 100 + draw / 32 % 9 * 300;
            page_of(u32::try_from(won).unwrap_or(u32::MAX))
        }
    }
}

/// The jobs of a run that have no outcome, and its schedule's event, once more.
async fn send_again(pipeline: &TestPipeline, id: &RunId, products: u64) -> Result<()> {
    let outcomes = Observations::new(pipeline.table()?).of_run(id).await?;
    let all = (0..products).map(|number| format!("p-{number}"));
    let missing: Vec<String> = all
        .filter(|product| outcomes.keys().all(|known| known.as_str() != product))
        .map(|product| json!({"run": id, "product": product, "repeated": true}).to_string())
        .collect();
    let jobs = pipeline.queue("JobsQueue")?;
    jobs.send_all(missing.into_iter()).await?;
    pipeline.schedule(id).await?;
    Ok(())
}

async fn alerts_under_chaos_are_those_of_the_history() -> Result<()> {
    let (products, items, slots) = size();
    let (shop, day) = shop(page).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let target_rule = json!([
        {"id": "target", "when": target(10_900)},
        {"id": "change", "when": {"kind": "any_change"}},
    ]);
    for number in 0..products {
        let product = rules(shop.product(&format!("p-{number}"))?, &target_rule)?;
        let item = format!("item-{}", number % items);
        pipeline.define([offer(product, &item)?]).await?;
    }
    for number in 0..items {
        let scope = format!("item:item-{number}");
        put_rule(&pipeline, &scope, "best", &target(10_300)).await?;
    }
    let low = json!({"kind": "new_low", "days": 30});
    put_rule(&pipeline, "category:Audio", "low", &low).await?;
    let silent = json!({"kind": "no_price", "runs": 2});
    put_rule(&pipeline, "all", "silent", &silent).await?;

    for nth in 0..slots {
        day.store(nth, Ordering::SeqCst);
        let id = run(nth)?;
        pipeline.schedule(&id).await?;
        if nth % 3 == 1 {
            // The same event again, and one of an earlier day.
            pipeline.schedule(&id).await?;
            pipeline.schedule(&run(nth - 1)?).await?;
        }
        let jobs = pipeline.queue("JobsQueue")?;
        let twice = (0..products).filter(|number| (number + nth) % 10 == 0);
        let twice: Vec<String> = twice
            .map(|number| json!({"run": id, "product": format!("p-{number}")}).to_string())
            .collect();
        jobs.send_all(twice.into_iter()).await?;
        if nth == 1 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            pipeline.kill("worker")?;
        }
        let polls = AtomicU64::new(0);
        patiently("the run is closed", async || {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let known = store::Runs::new(pipeline.table()?).get(&id).await?;
            if let Some(closed) = known.filter(|known| known.status.is_closed()) {
                return Ok(Some(closed));
            }
            // What a killed function held comes back after many minutes; here it is sent again.
            let poll = polls.fetch_add(1, Ordering::SeqCst);
            if poll < 3 {
                pipeline.kill("closer")?;
            } else if poll % 10 == 3 {
                send_again(&pipeline, &id, products).await?;
            }
            Ok(None)
        })
        .await?;
    }
    patiently("the digests are posted", async || {
        Ok((slack.posts().len() as u64 >= slots).then_some(()))
    })
    .await?;

    let observations = Observations::new(pipeline.table()?);
    let runs = store::Runs::new(pipeline.table()?);
    for nth in 0..slots {
        let outcomes = observations.of_run(&run(nth)?).await?;
        ensure!(
            outcomes.len() as u64 == products,
            "{nth}: {}",
            outcomes.len()
        );
        let workbook = runs.get(&run(nth)?).await?.and_then(|run| run.workbook);
        let workbook = workbook.context("no workbook")?;
        ensure!(pipeline.files()?.has(&workbook).await?, "{workbook}");
    }
    let texts: Vec<String> = slack
        .posts()
        .iter()
        .map(integration_tests::Post::text)
        .collect();
    ensure!(texts.len() as u64 == slots, "{} digests", texts.len());
    let mut histories = BTreeMap::new();
    for number in 0..products {
        let id: ProductId = format!("p-{number}").parse()?;
        let seen = observations.between(&id, None, None).await?;
        histories.insert(number, seen.iter().map(seen_at).collect::<Vec<_>>());
    }
    let (found, expected) = (fired(&pipeline).await?, oracle(&histories, items));
    let differences: Vec<&String> = found.symmetric_difference(&expected).collect();
    ensure!(differences.is_empty(), "{differences:#?}");
    ensure!(!found.is_empty());
    eprintln!(
        "{products} products, {items} items, {slots} slots: {} alerts",
        found.len()
    );
    pipeline.stop().await;
    Ok(())
}

/// The slot and the price in won, where there is one that counts.
fn seen_at(seen: &Observation) -> (model::Slot, Option<u64>) {
    let won = seen.counted().map(|offer| offer.price.amount);
    (
        seen.run.slot,
        won.and_then(|won| won.to_string().parse().ok()),
    )
}

type Seen = (model::Slot, Option<u64>);

/// What should have fired, by plain loops over the history.
fn oracle(histories: &BTreeMap<u64, Vec<Seen>>, items: u64) -> BTreeSet<String> {
    let mut fired = BTreeSet::new();
    let mut fire = |slot: model::Slot, rule: &str, of: &str| {
        fired.insert(format!("{slot} {rule} of {of}"));
    };
    for (number, history) in histories {
        let name = format!("p-{number}");
        let (mut told, mut before, mut missing) = (false, None, 0);
        let mut known: Vec<u64> = Vec::new();
        for &(slot, won) in history {
            let Some(won) = won else {
                missing += 1;
                if missing == 2 {
                    fire(slot, "silent", &name);
                }
                continue;
            };
            missing = 0;
            if won > 10_900 {
                told = false;
            } else if !told {
                told = true;
                fire(slot, "target", &name);
            }
            if before.is_some_and(|before| before != won) {
                fire(slot, "change", &name);
            }
            // At most thirty slots: all of them are within thirty days.
            if known.iter().min().is_some_and(|low| won < *low) {
                fire(slot, "low", &name);
            }
            before = Some(won);
            known.push(won);
        }
    }
    for item in 0..items {
        let name = format!("item:item-{item}");
        let offers = histories
            .iter()
            .filter(|(number, _)| *number % items == item);
        let offers: Vec<&Vec<Seen>> = offers.map(|(_, seen)| seen).collect();
        let slots = offers.iter().flat_map(|seen| seen.iter().map(|at| at.0));
        let mut told = false;
        for slot in slots.collect::<BTreeSet<_>>() {
            // A price stands for eight days.
            let oldest = slot.instant() - jiff::SignedDuration::from_hours(8 * 24);
            let standing = |seen: &[Seen]| {
                let mut upto = seen.iter().filter(|(at, won)| *at <= slot && won.is_some());
                let (at, won) = *upto.next_back()?;
                won.filter(|_| at.instant() >= oldest)
            };
            let best = offers.iter().filter_map(|seen| standing(seen)).min();
            match best {
                Some(won) if won > 10_300 => told = false,
                Some(_) if !told => {
                    told = true;
                    fire(slot, "best", &name);
                }
                _ => {}
            }
        }
    }
    fired
}
