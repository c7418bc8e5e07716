//! Text and sizes that a queue does not carry: each concerns its own product or file, and no other.

use anyhow::{Context, Result, ensure};
use integration_tests::{TestPipeline, patiently};
use model::{FailureReason, Outcome, Product, Source, Upload};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Claim, Delivery, FileState, Files, Notifications};

crate::trials!(
    a_product_that_no_queue_carries_stops_no_other,
    a_file_whose_heading_no_queue_carries_is_told,
    what_no_store_carries_is_refused_where_it_enters,
    a_dead_letter_that_cannot_be_ended_is_kept_in_the_end,
);

async fn a_product_that_no_queue_carries_stops_no_other() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let one = pipeline.shop().catalogue().swap_remove(0);
    let mut products: Vec<Product> = Vec::new();
    for n in 0..12 {
        let id = format!("p-{n}").parse()?;
        products.push(Product { id, ..one.clone() });
    }
    // As an older version stored them, which checked less.
    products[3].name = format!("odd{}", "\u{ffff}\u{fffe}\u{1}");
    if let Source::Html { selector, .. } = &mut products[7].source {
        *selector = Some("x".repeat(300_000));
    }
    pipeline.define(products).await?;
    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    let totals = pipeline.closed(&run).await?.totals.context("no totals")?;
    ensure!(totals.prices == 11 && totals.missing == 0, "{totals:?}");
    let refused = pipeline.outcome(&run, &"p-7".parse()?).await?;
    let Outcome::Failure(failure) = refused.outcome else {
        anyhow::bail!("a job of 300 KB was sent");
    };
    ensure!(failure.reason == FailureReason::BadProduct, "{failure}");
    pipeline.stop().await;
    Ok(())
}

async fn a_file_whose_heading_no_queue_carries_is_told() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let table = "odd\u{ffff},\u{fffe}\n1,2\n";
    let file = pipeline.upload("odd.csv", table.into()).await?;
    let state = pipeline.settled(&file).await?;
    ensure!(matches!(state, FileState::Failed { .. }), "{state:?}");
    let notifications = Notifications::new(pipeline.table()?);
    let told = patiently("the file is told", async || {
        let page = notifications.list(None, 10).await?;
        Ok(page.items.into_iter().find_map(|one| one.delivery))
    });
    ensure!(told.await? == Delivery::NotConfigured);
    pipeline.stop().await;
    Ok(())
}

async fn what_no_store_carries_is_refused_where_it_enters() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let html = json!({"kind": "html", "url": "https://shop.example/p"});
    let login = json!({"kind": "html", "url": "https://me:hunter2@shop.example/p"});
    let long =
        json!({"kind": "html", "url": "https://shop.example/p", "selector": "x".repeat(1_001)});
    for (body, part) in [
        (json!(["victim", "n", null, null, html]), "object"),
        (
            json!({"name": "n", "source": html, "pack": ["5", "kg"]}),
            "object",
        ),
        (json!({"name": "a\u{ffff}", "source": html}), "name"),
        (
            json!({"name": "n", "category": "\u{1}", "source": html}),
            "category",
        ),
        (
            json!({"name": "n", "tags": ["a\u{fffe}"], "source": html}),
            "tag",
        ),
        (json!({"name": "n", "source": login}), "secret header"),
        (json!({"name": "n", "source": long}), "selector"),
    ] {
        let answer = pipeline
            .api(Method::PUT, "/products/bb", Some(&body))
            .await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::BAD_REQUEST, "{body}: {status} {text}");
        ensure!(
            text.contains(part) && !text.contains("hunter2"),
            "{body}: {text}"
        );
    }
    let plain = json!({"name": "n", "source": html});
    let odd_id = pipeline.api(Method::PUT, "/products/a%EF%BF%BF", Some(&plain));
    ensure!(odd_id.await?.status() == StatusCode::BAD_REQUEST);
    pipeline.stop().await;
    Ok(())
}

async fn a_dead_letter_that_cannot_be_ended_is_kept_in_the_end() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut letter: Value = serde_json::from_str(include_str!("../../events/s3-put-prices.json"))?;
    letter["Records"][0]["s3"]["object"]["key"] = json!("uploads/prices/held/prices.csv");
    let object = &letter["Records"][0]["s3"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let upload = Upload {
        bucket: text(&object["bucket"]["name"]),
        key: text(&object["object"]["key"]),
        sequencer: text(&object["object"]["sequencer"]),
        size: 1,
    };
    // Somebody holds the file, and does not let go of it.
    let claim = Files::new(pipeline.table()?).claim(&upload).await?;
    ensure!(claim == Claim::Ours, "{claim:?}");
    for (receives, failures) in [("1", 1), ("10", 0)] {
        let event = json!({"Records": [{
            "messageId": "held", "body": letter.to_string(), "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": receives},
        }]});
        let answer = pipeline.runner().invoke("deadletter", &event).await?;
        let failed = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
        ensure!(failed == failures, "receive {receives}: {answer}");
        let kept = pipeline.files()?.has("dead-letters/held.txt").await?;
        ensure!(
            kept == (failures == 0),
            "receive {receives}: kept is {kept}"
        );
    }
    pipeline.stop().await;
    Ok(())
}
