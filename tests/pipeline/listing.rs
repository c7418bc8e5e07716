//! Lists of everything, page by page.

use anyhow::{Context, Result, ensure};
use integration_tests::{TestPipeline, patiently};
use model::{Product, RunId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Notifications, Products};

crate::trials!(everything_is_listed_page_by_page, a_wrong_page_is_refused,);

async fn everything_is_listed_page_by_page() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let one = pipeline.shop().catalogue().swap_remove(0);
    // Enough for several products in one shard; every third is paused.
    let products = (0..40).map(|n| {
        Ok(Product {
            id: format!("무선이어폰-{n:03}").parse()?,
            active: n % 3 != 0,
            ..one.clone()
        })
    });
    let products = products.collect::<Result<Vec<_>>>()?;
    pipeline.define(products.clone()).await?;
    let stored = Products::new(pipeline.table()?);
    for limit in [1, 7, 100] {
        let mut listed = Vec::new();
        let mut cursor = None;
        loop {
            let page = stored.list(cursor.as_ref(), limit).await?;
            ensure!(page.items.len() <= usize::from(limit), "a page is too long");
            for product in page.items {
                listed.push(
                    product
                        .definition
                        .map_err(|failure| anyhow::anyhow!(failure))?,
                );
            }
            // As a client sends it back.
            match page.next {
                Some(next) => cursor = Some(next.to_string().parse()?),
                None => break,
            }
        }
        listed.sort_by(|one, other| one.id.cmp(&other.id));
        ensure!(listed == products, "pages of {limit} list others");
    }
    let all = get(&pipeline, "/products").await?;
    ensure!(all["total"] == 40, "{all}");
    let paused = get(&pipeline, "/products?state=paused").await?;
    ensure!(paused["total"] == 14, "{paused}");

    let mut runs = Vec::new();
    for day in 1..=3 {
        let run: RunId = format!("daily@2026-11-0{day}T01:15:00Z").parse()?;
        pipeline.schedule(&run).await?;
        pipeline.closed(&run).await?;
        runs.insert(0, run.to_string());
    }
    let listed = all_pages(&pipeline, "/runs", "runs").await?;
    ensure!(listed == runs, "{listed:?}");

    let mut files = Vec::new();
    for name in ["first.csv", "second.csv", "third.csv"] {
        let id = pipeline.upload(name, b"not prices".to_vec()).await?;
        pipeline.settled(&id).await?;
        files.insert(0, id.to_string());
    }
    let listed = all_pages(&pipeline, "/uploads", "uploads").await?;
    ensure!(listed == files, "{listed:?}");
    let notifications = Notifications::new(pipeline.table()?);
    let told = patiently("the notifications are listed", async || {
        let page = notifications.list(None, 100).await?;
        let is_upload = |one: &&store::NotificationRecord| {
            matches!(one.notification, model::Notification::Upload(_))
        };
        // Beside the runs' digests.
        let uploads = page.items.iter().filter(is_upload).count();
        let done = uploads == 3 && page.items.iter().all(|one| one.delivery.is_some());
        Ok(done.then_some(page))
    });
    ensure!(told.await?.next.is_none(), "there are more than a page");
    pipeline.stop().await;
    Ok(())
}

async fn a_wrong_page_is_refused() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    for query in ["cursor=%21", "cursor=MA", "limit=0", "limit=1001"] {
        for list in ["/runs", "/uploads"] {
            let path = format!("{list}?{query}");
            let answer = pipeline.api(Method::GET, &path, None).await?;
            ensure!(answer.status() == StatusCode::BAD_REQUEST, "{list}?{query}");
        }
    }
    pipeline.stop().await;
    Ok(())
}

async fn get(pipeline: &TestPipeline, path: &str) -> Result<Value> {
    let answer = pipeline.api(Method::GET, path, None).await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status == StatusCode::OK, "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

/// The ids of a list that is read in pages of two.
async fn all_pages(pipeline: &TestPipeline, path: &str, name: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut cursor = json!("");
    loop {
        let start = cursor.as_str().unwrap_or_default();
        let page = get(pipeline, &format!("{path}?limit=2&cursor={start}")).await?;
        let listed = page[name].as_array().context("no list")?;
        ensure!(listed.len() <= 2, "{page}");
        ids.extend(
            listed
                .iter()
                .filter_map(|one| Some(one["id"].as_str()?.to_owned())),
        );
        cursor = page["next"].clone();
        if cursor.is_null() {
            return Ok(ids);
        }
    }
}
