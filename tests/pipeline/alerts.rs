//! What an owner hears of a run: alerts, one digest, the archive, and a signed webhook.

use std::io::Read as _;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use integration_tests::{
    Answer, Post, ScriptedShop, Slack, TestPipeline, page_of, patiently, status,
};
use jiff::tz::TimeZone;
use model::{Alert, AlertRule, Message, Notification, Product, ProductId, RunDigest, RunId};
use pricing::alert::{Outcome, Rule};
use serde_json::json;
use sha2::Sha256;
use store::{Alerts, Observations};

crate::trials!(
    rules_fire_as_their_history_says_and_a_digest_tells_it,
    a_run_that_is_closed_twice_tells_nothing_twice,
    an_urgent_rule_does_not_wait_for_the_last_straggler,
    a_source_that_fails_is_a_finding_once,
    a_webhook_gets_every_notification_signed,
    a_closed_run_lies_in_the_archive,
    a_void_makes_a_new_generation_of_the_archive,
);

fn run(day: u8) -> Result<RunId> {
    Ok(format!("daily@2026-11-{day:02}T01:15:00Z").parse()?)
}

/// A shop where `p-0` costs these amounts, one a visit; zero is a page without a price.
async fn shop(prices: &'static [u32]) -> Result<ScriptedShop> {
    ScriptedShop::start(move |visit| answer(prices, visit.nth)).await
}

fn answer(prices: &[u32], nth: usize) -> Answer {
    match prices.get(nth) {
        Some(0) | None => status(404),
        Some(price) => page_of(*price),
    }
}

pub(crate) fn rules(product: Product, rules: &serde_json::Value) -> Result<Product> {
    let alerts: Vec<AlertRule> = serde_json::from_value(rules.clone())?;
    for rule in &alerts {
        rule.check()?;
    }
    Ok(Product { alerts, ..product })
}

pub(crate) async fn pipeline(shops: &[&ScriptedShop], slack: &Slack) -> Result<TestPipeline> {
    let hosts: Vec<String> = shops.iter().map(|shop| shop.host().to_owned()).collect();
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", hosts.join(","))
            .with_variable("PRICETIDE_SLACK_PLAIN_HOSTS", slack.host())
            .with_variable("PRICETIDE_CONFIRM_DELAY_SECONDS", "1")
    })
    .await?;
    secret(&pipeline, "slack-webhook", slack.webhook()).await?;
    Ok(pipeline)
}

async fn secret(pipeline: &TestPipeline, name: &str, value: String) -> Result<()> {
    let name = pipeline
        .files_bucket()?
        .replace("-files", &format!("/{name}"));
    let secrets = pipeline.clients().secrets_manager();
    let made = secrets.create_secret().name(name).secret_string(value);
    made.send().await?;
    Ok(())
}

async fn run_days(pipeline: &TestPipeline, days: std::ops::RangeInclusive<u8>) -> Result<()> {
    for day in days {
        pipeline.schedule(&run(day)?).await?;
        pipeline.closed(&run(day)?).await?;
    }
    pipeline.runner().wait_idle().await;
    Ok(())
}

/// Waits for so many posts, and then until nothing is left to do.
async fn told(pipeline: &TestPipeline, slack: &Slack, count: usize) -> Result<Vec<Post>> {
    patiently("the digests are posted", async || {
        Ok((slack.posts().len() >= count).then_some(()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    let posts = slack.posts();
    ensure!(posts.len() == count, "{posts:?}");
    Ok(posts)
}

/// Everything that fired, the oldest first, as `rule day`.
async fn fired(pipeline: &TestPipeline) -> Result<Vec<String>> {
    let page = Alerts::new(pipeline.table()?).list(None, 1_000).await?;
    let mut fired: Vec<String> = page.items.iter().map(named).collect();
    fired.sort();
    Ok(fired)
}

fn named(alert: &Alert) -> String {
    format!("{} {}", alert.run.slot, alert.rule)
}

/// The same by replaying every rule over the stored history, which knows nothing of states.
async fn expected(pipeline: &TestPipeline, product: &Product) -> Result<Vec<String>> {
    let seen = Observations::new(pipeline.table()?)
        .between(&product.id, None, None)
        .await?;
    let history = pricing::history(&seen, pricing::Terms::of(product));
    let zone = TimeZone::get("Asia/Seoul")?;
    let mut fired = Vec::new();
    for definition in &product.alerts {
        let (_, decisions) = Rule::new(definition, &zone).replay(None, &history);
        for decision in decisions {
            if decision.outcome == Outcome::Fired {
                fired.push(format!("{} {}", decision.slot, definition.id));
            }
        }
    }
    fired.sort();
    Ok(fired)
}

const PRICES: &[u32] = &[10_000, 9_500, 0, 9_000, 9_800, 8_900, 8_900, 9_900, 8_800];

fn every_kind() -> serde_json::Value {
    json!([
        {"id": "target", "when": {"kind": "at_or_below", "price": {"amount": "9000", "currency": "KRW"}}},
        {"id": "low", "when": {"kind": "new_low", "days": 30}},
        {"id": "gone", "when": {"kind": "no_price", "runs": 1}},
        {"id": "change", "when": {"kind": "any_change"}},
        {"id": "five", "when": {"kind": "moved", "by": {"percent": "5"}, "against": "previous"}},
    ])
}

async fn rules_fire_as_their_history_says_and_a_digest_tells_it() -> Result<()> {
    let shop = shop(PRICES).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let product = rules(shop.product("p-0")?, &every_kind())?;
    pipeline.define([product.clone()]).await?;
    run_days(&pipeline, 1..=9).await?;

    let fired = fired(&pipeline).await?;
    ensure!(fired == expected(&pipeline, &product).await?, "{fired:?}");
    for rule in ["target", "low", "gone", "change", "five"] {
        ensure!(
            fired.iter().any(|one| one.ends_with(rule)),
            "{rule}: {fired:?}"
        );
    }
    let posts = told(&pipeline, &slack, 9).await?;
    let told: usize = posts
        .iter()
        .map(|post| post.text().matches("• ").count())
        .sum();
    ensure!(told == fired.len(), "{told} of {}", fired.len());
    // Two notifiers may post at once: their order is not that of the days.
    let texts: Vec<String> = posts.iter().map(Post::text).collect();
    let fourth = texts
        .iter()
        .find(|text| text.contains("Prices of 2026-11-04"));
    let fourth = fourth.context("nothing was told of the fourth day")?;
    ensure!(
        fourth.contains("9,000 KRW") && fourth.contains("▼"),
        "{fourth}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_run_that_is_closed_twice_tells_nothing_twice() -> Result<()> {
    let shop = shop(PRICES).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let product = rules(shop.product("p-0")?, &every_kind())?;
    pipeline.define([product.clone()]).await?;
    run_days(&pipeline, 1..=2).await?;
    let before = fired(&pipeline).await?;
    reopen(&pipeline, &run(2)?).await?;
    let closing = pipeline.queue("ClosingQueue")?;
    let again = Message::CloseRun(model::CloseRun {
        run: run(2)?,
        look: 0,
    });
    closing.send_all([again.clone(), again].into_iter()).await?;
    pipeline.closed(&run(2)?).await?;
    pipeline.runner().wait_idle().await;
    ensure!(fired(&pipeline).await? == before, "{before:?}");
    let posts = told(&pipeline, &slack, 2).await?;
    // What is told again is the same, alerts and all.
    let texts: Vec<String> = posts.iter().map(Post::text).collect();
    let second = texts
        .iter()
        .find(|text| text.contains("Prices of 2026-11-02"));
    let second = second.context("nothing was told of the second day")?;
    ensure!(second.contains("Alerts: 3"), "{second}");
    pipeline.stop().await;
    Ok(())
}

/// Makes a run as it was before it was closed.
async fn reopen(pipeline: &TestPipeline, run: &RunId) -> Result<()> {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let dynamodb = pipeline.clients().dynamodb();
    dynamodb
        .update_item()
        .table_name(pipeline.table_name()?)
        .key("PK", S(format!("RUN#{run}")))
        .key("SK", S("META".to_owned()))
        .update_expression("SET #s = :running")
        .expression_attribute_names("#s", "status")
        .expression_attribute_values(":running", S("running".to_owned()))
        .send()
        .await?;
    Ok(())
}

async fn an_urgent_rule_does_not_wait_for_the_last_straggler() -> Result<()> {
    let shop = shop(&[10_000, 8_000]).await?;
    // Its page wants to be asked again in an hour.
    let slow = ScriptedShop::start(|visit| match visit.nth {
        0 => page_of(5_000),
        _ => integration_tests::never(),
    })
    .await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable(
                "PRICETIDE_ALLOWED_HOSTS",
                format!("{},{}", shop.host(), slow.host()),
            )
            .with_variable("PRICETIDE_SLACK_PLAIN_HOSTS", slack.host())
            .with_variable("PRICETIDE_FETCH_TIMEOUT_SECONDS", "30")
    })
    .await?;
    secret(&pipeline, "slack-webhook", slack.webhook()).await?;
    let urgent = json!([{
        "id": "target", "urgent": true,
        "when": {"kind": "at_or_below", "price": {"amount": "9000", "currency": "KRW"}},
    }]);
    let straggler = Product {
        id: ProductId::new("straggler")?,
        ..slow.product("p-0")?
    };
    pipeline
        .define([rules(shop.product("p-0")?, &urgent)?, straggler])
        .await?;
    run_days(&pipeline, 1..=1).await?;
    pipeline.schedule(&run(2)?).await?;
    let post = patiently("the urgent alert is posted", async || {
        Ok(slack
            .posts()
            .into_iter()
            .find(|post| post.text().contains("🔔")))
    })
    .await?;
    ensure!(post.text().contains("8,000 KRW"), "{}", post.text());
    let standing = store::Runs::new(pipeline.table()?).get(&run(2)?).await?;
    let standing = standing.context("no run")?;
    ensure!(!standing.status.is_closed(), "{standing:?}");
    pipeline.stop().await;
    Ok(())
}

async fn a_source_that_fails_is_a_finding_once() -> Result<()> {
    let shop = ScriptedShop::start(|visit| match visit.nth {
        0 => page_of(10_000),
        _ => status(403),
    })
    .await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    let products = (0..4).map(|n| shop.product(&format!("p-{n}")));
    pipeline
        .define(products.collect::<Result<Vec<_>>>()?)
        .await?;
    run_days(&pipeline, 1..=3).await?;
    let posts = told(&pipeline, &slack, 3).await?;
    let mut texts: Vec<String> = posts.iter().map(Post::text).collect();
    // In the order of their days, which each names first.
    texts.sort();
    let host = shop.host();
    ensure!(
        texts[1].contains(&format!("⚠️ {host}: 4 of 4 failed")),
        "{}",
        texts[1]
    );
    ensure!(texts[1].contains("Far fewer prices"), "{}", texts[1]);
    ensure!(
        texts[2].contains("Still failing") && !texts[2].contains("⚠️"),
        "{}",
        texts[2]
    );
    pipeline.stop().await;
    Ok(())
}

async fn a_webhook_gets_every_notification_signed() -> Result<()> {
    const KEY: &str = "a key of more than sixteen characters";
    let shop = shop(PRICES).await?;
    let slack = Slack::start(&[]).await?;
    let hook = Slack::start(&[integration_tests::SlackAnswer::Status(500, "later")]).await?;
    let pipeline = TestPipeline::start_with(|options| {
        options
            .with_variable("PRICETIDE_ALLOWED_HOSTS", shop.host())
            .with_variable(
                "PRICETIDE_SLACK_PLAIN_HOSTS",
                format!("{},{}", slack.host(), hook.host()),
            )
    })
    .await?;
    secret(&pipeline, "slack-webhook", slack.webhook()).await?;
    let webhook = json!({"url": hook.webhook(), "key": KEY}).to_string();
    secret(&pipeline, "webhook", webhook).await?;
    pipeline.define([shop.product("p-0")?]).await?;
    run_days(&pipeline, 1..=1).await?;
    patiently("the webhook took it", async || {
        Ok(hook.posts().first().map(|_| ()))
    })
    .await?;
    pipeline.runner().wait_idle().await;
    // The webhook failed once; Slack was not asked twice for that.
    ensure!((hook.posts().len(), slack.posts().len()) == (1, 1));

    let sent = hook.received().pop().context("nothing was sent")?;
    let signature = sent.header("pricetide-signature")?;
    let (time, code) = signature
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(",v1="))
        .context("no signature")?;
    let age = jiff::Timestamp::now().as_second() - time.parse::<i64>()?;
    ensure!((0..60).contains(&age), "{age} s old");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes())?;
    mac.update(format!("{time}.{}", sent.body).as_bytes());
    let bytes = (0..code.len()).step_by(2);
    let code: Vec<u8> = bytes
        .map(|at| u8::from_str_radix(&code[at..at + 2], 16))
        .collect::<Result<_, _>>()?;
    mac.verify_slice(&code)?;
    let body: serde_json::Value = serde_json::from_str(&sent.body)?;
    ensure!(body["id"] == format!("run-{}", run(1)?), "{body}");
    let Notification::Run(RunDigest { prices, .. }) =
        serde_json::from_value(body["notification"].clone())?
    else {
        anyhow::bail!("{body}");
    };
    ensure!(prices == 1);
    pipeline.stop().await;
    Ok(())
}

async fn a_closed_run_lies_in_the_archive() -> Result<()> {
    let shop = shop(PRICES).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    pipeline.define([shop.product("p-0")?]).await?;
    run_days(&pipeline, 1..=3).await?;
    let zone = TimeZone::get("Asia/Seoul")?;
    let mut outcomes = Vec::new();
    for day in 1..=3 {
        let key = archive::Key::of(&run(day)?, 1, &zone).to_string();
        let object = pipeline
            .clients()
            .s3()
            .get_object()
            .bucket(pipeline.files_bucket()?)
            .key(&key)
            .send()
            .await
            .with_context(|| key.clone())?;
        let bytes = object.body.collect().await?.into_bytes();
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
        ensure!(text.starts_with("slot,"), "{text}");
        let mut rows = archive::Reader::new(&bytes[..], ["slot", "product", "amount", "reason"])?;
        while let Some([slot, product, amount, reason]) = rows.next_row()? {
            outcomes.push([slot, product, amount, reason].map(str::to_owned));
        }
    }
    let stored = Observations::new(pipeline.table()?);
    let stored = stored.between(&ProductId::new("p-0")?, None, None).await?;
    ensure!(outcomes.len() == 3 && stored.len() == 3);
    for ([slot, product, amount, reason], seen) in outcomes.iter().zip(&stored) {
        ensure!(
            *slot == seen.run.slot.to_string() && product == "p-0",
            "{outcomes:?}"
        );
        let same = match &seen.outcome {
            model::Outcome::Price(offer) => *amount == offer.price.amount.to_string(),
            model::Outcome::Failure(failure) => reason == failure.reason.name(),
        };
        ensure!(same, "{outcomes:?} {stored:?}");
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_void_makes_a_new_generation_of_the_archive() -> Result<()> {
    let shop = shop(PRICES).await?;
    let slack = Slack::start(&[]).await?;
    let pipeline = pipeline(&[&shop], &slack).await?;
    pipeline.define([shop.product("p-0")?]).await?;
    run_days(&pipeline, 1..=1).await?;
    let void = format!("/products/p-0/prices/{}/void", run(1)?);
    let body = json!({"reason": "a typing error"});
    let answer = pipeline
        .api(reqwest::Method::PUT, &void, Some(&body))
        .await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(voided(&pipeline, 2).await? == "a typing error");
    let answer = pipeline.api(reqwest::Method::DELETE, &void, None).await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    ensure!(voided(&pipeline, 3).await?.is_empty());
    pipeline.stop().await;
    Ok(())
}

/// Waits for a generation of the first day's archive file, and reads why its price is void.
async fn voided(pipeline: &TestPipeline, generation: u32) -> Result<String> {
    let zone = TimeZone::get("Asia/Seoul")?;
    let key = archive::Key::of(&run(1)?, generation, &zone).to_string();
    let bytes = patiently("the archive file is written anew", async || {
        let s3 = pipeline.clients().s3();
        let object = s3
            .get_object()
            .bucket(pipeline.files_bucket()?)
            .key(&key)
            .send()
            .await;
        let Ok(object) = object else { return Ok(None) };
        Ok(Some(object.body.collect().await?.into_bytes()))
    })
    .await?;
    let mut rows = archive::Reader::new(&bytes[..], ["void"])?;
    let [void] = rows.next_row()?.context("no row")?;
    Ok(void.to_owned())
}
