//! The view of the whole catalogue: what runs that close merge into it, and what lists make of it.

use anyhow::{Context, Result, ensure};
use integration_tests::{TestPipeline, patiently};
use model::{Product, RunId};
use reqwest::Method;
use serde_json::{Value, json};

crate::trials!(a_list_of_any_size_is_what_closed_runs_left);

async fn get(pipeline: &TestPipeline, path: &str) -> Result<Value> {
    let answer = pipeline.api(Method::GET, path, None).await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// The rows of the file.
async fn file(pipeline: &TestPipeline) -> Result<Vec<catalogue::Row>> {
    let file = pipeline.files()?.read(catalogue::KEY, 1 << 24).await?;
    Ok(catalogue::read(file.context("no view")?.as_slice())?)
}

async fn a_list_of_any_size_is_what_closed_runs_left() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut products = pipeline.shop().catalogue();
    products.truncate(3);
    pipeline.define(products.clone()).await?;
    let runs: [RunId; 2] = [
        "daily@2026-11-20T01:15:00Z".parse()?,
        "daily@2026-11-21T01:15:00Z".parse()?,
    ];
    for run in &runs {
        pipeline.schedule(run).await?;
        pipeline.closed(run).await?;
    }
    let rows = file(&pipeline).await?;
    ensure!(rows.len() == 3, "{rows:?}");
    ensure!(rows.iter().all(|row| row.points.len() == 2), "{rows:?}");

    // The list of few products, which reads their histories, says the same.
    let few = get(&pipeline, "/products").await?;
    let columns = get(&pipeline, "/catalogue").await?;
    ensure!(
        columns["id"].as_array().map(Vec::len) == Some(3),
        "{columns}"
    );

    // Many more, of which no run knows: now the list is made of the view.
    let one = products.swap_remove(0);
    let more = (0..500).map(|n| {
        Ok(Product {
            id: format!("more-{n:03}").parse()?,
            active: false,
            ..one.clone()
        })
    });
    pipeline.define(more.collect::<Result<Vec<_>>>()?).await?;
    let many = get(&pipeline, "/products?limit=1000&state=priced").await?;
    let priced = get(&pipeline, "/products?limit=1000&q=more").await?;
    ensure!(priced["total"] == 500, "{}", priced["total"]);
    let of = |list: &Value| -> Vec<Value> {
        let rows = list["products"].as_array().into_iter().flatten();
        let mut rows: Vec<Value> = rows
            .filter(|row| row["state"] == "priced")
            .cloned()
            .collect();
        rows.sort_by_key(|row| row["id"].to_string());
        rows
    };
    ensure!(of(&few) == of(&many), "{few} {many}");

    // A void price is a gap there as well, and counts again when it is restored.
    let priced = of(&many);
    let id = priced.first().context("no price")?["id"].as_str();
    let id = id.context("no id")?.to_owned();
    let path = format!("/products/{id}/prices/{}/void", runs[1]);
    let gaps = async || {
        let rows = file(&pipeline).await?;
        let row = rows.into_iter().find(|row| row.id.as_str() == id);
        let points = row.context("no row")?.points;
        Ok::<_, anyhow::Error>(points.iter().filter(|(_, amount)| amount.is_none()).count())
    };
    let why = json!({"reason": "wrong"});
    let answer = pipeline.api(Method::PUT, &path, Some(&why)).await?;
    ensure!(answer.status().is_success());
    patiently("the void reaches the view", async || {
        Ok((gaps().await? == 1).then_some(()))
    })
    .await?;
    ensure!(
        pipeline
            .api(Method::DELETE, &path, None)
            .await?
            .status()
            .is_success()
    );
    patiently("so does its undoing", async || {
        Ok((gaps().await? == 0).then_some(()))
    })
    .await?;
    pipeline.stop().await;
    Ok(())
}
