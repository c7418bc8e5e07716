//! The demo, killed and repeated.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use integration_tests::CONFIG;
use local::pipeline::{Pipeline, PipelineOptions};

crate::trials!(a_demo_that_is_killed_goes_on_and_a_second_one_changes_nothing);

async fn a_demo_that_is_killed_goes_on_and_a_second_one_changes_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    // Killed early, while the stack starts, and later, while jobs are in flight.
    for milliseconds in [150, 700, 1_300, 2_100] {
        let mut demo = start(folder.path())?;
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        demo.kill()?;
        demo.wait()?;
    }
    let output = start(folder.path())?.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}");
    ensure!(said.contains("every job has exactly one outcome"), "{said}");

    let before = stored(folder.path()).await?;
    let again = start(folder.path())?.wait_with_output()?;
    ensure!(again.status.success());
    let after = stored(folder.path()).await?;
    ensure!(before.len() > 4 * 52, "{}", before.len());
    for (key, item) in &after {
        ensure!(before.get(key) == Some(item), "{key:?} changed: {item:?}");
    }
    ensure!(before.len() == after.len());
    Ok(())
}

fn start(data: &Path) -> Result<Child> {
    let child = Command::new(std::env::current_exe()?)
        .args([
            "demo", "--exit", "--days", "4", "--port", "0", "--config", CONFIG, "--data",
        ])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()?;
    Ok(child)
}

type Items = BTreeMap<(String, String), BTreeMap<String, String>>;

/// Every item of the table.
async fn stored(data: &Path) -> Result<Items> {
    let mut options = PipelineOptions::new(data, CONFIG);
    options.port = Some(0);
    options.schedules = false;
    let pipeline = Pipeline::start(&options).await?;
    let mut pages = pipeline
        .clients()
        .dynamodb()
        .scan()
        .table_name(pipeline.table()?)
        .into_paginator()
        .items()
        .send();
    let mut items = Items::new();
    while let Some(item) = pages.next().await {
        let item = item?;
        let text = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => text.clone(),
            _ => String::new(),
        };
        let key = (text("PK"), text("SK"));
        let attributes = item
            .iter()
            .map(|(name, value)| (name.clone(), format!("{value:?}")));
        items.insert(key, attributes.collect());
    }
    pipeline.stop().await;
    Ok(items)
}
