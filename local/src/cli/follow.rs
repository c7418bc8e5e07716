//! `pricetide follow` and `pricetide fetch`: a product of one's own, and its price now.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use model::{Currency, JsonPaths, Product, ProductId, RunId, ScheduleName, Slot, Source};
use reqwest::Method;
use serde_json::{Value, json};

use super::remote::Remote;

/// Follow a product, by way of a running `pricetide up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Follow {
    /// The product's id, of your choice.
    id: ProductId,
    /// The address of its page, or of a JSON answer.
    url: String,
    /// Its name; the id, if not given.
    #[arg(long)]
    name: Option<String>,
    /// Its category.
    #[arg(long)]
    category: Option<String>,
    /// Who sells it.
    #[arg(long)]
    vendor: Option<String>,
    /// Its currency, an ISO 4217 code, where the page names none.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// The CSS selector of the element that holds the price, for a page without structured
    /// data.
    #[arg(long, value_name = "CSS", conflicts_with = "json_price")]
    selector: Option<String>,
    /// The JSONPath of the price: the address answers with JSON.
    #[arg(long, value_name = "JSONPATH")]
    json_price: Option<String>,
    /// The schedule that fetches it.
    #[arg(long, default_value = "daily")]
    schedule: ScheduleName,
    /// Stop following it; its history stays.
    #[arg(long)]
    stop: bool,
    /// The data folder of the running pipeline.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    data: PathBuf,
}

/// Defines the product.
pub(crate) fn follow(follow: &Follow) -> Result<ExitCode> {
    let url = follow.url.clone();
    let source = match &follow.json_price {
        Some(price) => Source::Json {
            url,
            paths: JsonPaths {
                price: price.clone(),
                currency: None,
                availability: None,
                name: None,
            },
            secret_headers: std::collections::BTreeMap::new(),
        },
        None => Source::Html {
            url,
            selector: follow.selector.clone(),
            variant: None,
        },
    };
    let product = Product {
        id: follow.id.clone(),
        name: follow.name.clone().unwrap_or_else(|| follow.id.to_string()),
        category: follow.category.clone(),
        vendor: follow.vendor.clone(),
        source,
        currency: follow.currency,
        schedule: follow.schedule.clone(),
        active: !follow.stop,
    };
    let remote = Remote::of(&follow.data)?;
    let path = format!("/products/{}", path_segment(follow.id.as_str()));
    let body = serde_json::to_value(&product)?;
    super::runtime()?.block_on(remote.api(Method::PUT, &path, Some(&body)))?;
    let verb = if product.active {
        "follows"
    } else {
        "no longer follows"
    };
    println!("Pricetide {verb} {}", product.id);
    Ok(ExitCode::SUCCESS)
}

/// Fetch the prices of a schedule's products now, by way of a running `pricetide up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// The schedule whose products are fetched.
    #[arg(long, default_value = "daily")]
    schedule: ScheduleName,
    /// The data folder of the running pipeline.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    data: PathBuf,
}

/// Starts a run at this instant and waits until it is closed.
pub(crate) fn fetch(fetch: &Fetch) -> Result<ExitCode> {
    let remote = Remote::of(&fetch.data)?;
    let run = RunId::new(fetch.schedule.clone(), Slot::at(Timestamp::now()));
    let event = json!({"schedule": run.schedule, "slot": run.slot});
    super::runtime()?.block_on(async {
        let started = remote.invoke("scheduler", &event).await?;
        println!("run {run}: {} jobs", started["jobs"]);
        let run = closed(&remote, &run).await?;
        println!("{run:#}");
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn closed(remote: &Remote, run: &RunId) -> Result<Value> {
    let path = format!("/runs/{}", path_segment(&run.to_string()));
    for _ in 0..3_000 {
        let answer = remote.api(Method::GET, &path, None).await?;
        if matches!(answer["status"].as_str(), Some("complete" | "incomplete")) {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    bail!("the run {run} is still open; ask for it again with GET {path}")
}

/// Text as one segment of an address's path.
fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
