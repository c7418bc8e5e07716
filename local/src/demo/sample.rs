//! The sample workbook: a price list as a person would keep it, uploaded as a page would.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use jiff::Timestamp;
use model::FileId;
use reqwest::Client;
use serde_json::{Value, json};
use store::{FileState, Files, Table};
use workbook::write::{Book, Cell, ChangeColors};

use super::form;
use super::state::{State, day_of};
use super::tell;
use crate::pipeline::Pipeline;
use crate::shop::Shop;

/// The upload's name.
const NAME: &str = "데모 가격표.xlsx";
/// When the runner tries an event again that failed.
const RETRY_SECONDS: i64 = 60;
/// How long the report may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// Uploads the sample unless that is done, and waits for its report.
pub(super) async fn upload(
    pipeline: &Pipeline,
    table: &Table,
    shop: &Shop,
    state: &mut State,
    progress: &ProgressBar,
) -> Result<FileId> {
    progress.set_message("the report on a sample workbook");
    let files = Files::new(table.clone());
    if let Some(id) = &state.upload
        && files.get(id).await?.is_some()
    {
        let id = id.clone();
        if let Some(FileState::Processing { lease_until }) =
            files.get(&id).await?.map(|file| file.state)
        {
            // Whoever worked on it was killed. Its event is tried again after a minute, and finds
            // the lease run out then, or a minute later.
            let left = lease_until
                .duration_since(Timestamp::now())
                .as_secs()
                .max(0);
            let seconds = left + RETRY_SECONDS;
            tell(
                progress,
                &format!(
                    "the reporter was killed over the sample workbook; its report takes up to {seconds} s"
                ),
            );
        }
        settled(&files, &id).await?;
        return Ok(id);
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("sample.xlsx");
    write(&path, shop, state)?;

    let client = Client::builder().no_proxy().build()?;
    let answer = ask(&client, pipeline).await?;
    let id: FileId = serde_json::from_value(answer["id"].clone()).context("the API gave no id")?;
    // Known before the upload begins: killed from here on, the demo finds it again.
    state.upload = Some(id.clone());
    state.save()?;
    send(&client, &answer, &path).await?;
    settled(&files, &id).await?;
    Ok(id)
}

/// Asks the API for a request to upload with.
async fn ask(client: &Client, pipeline: &Pipeline) -> Result<Value> {
    let response = client
        .post(format!(
            "{}/uploads",
            pipeline.variable("PRICETIDE_API_URL")
        ))
        .bearer_auth(pipeline.variable("PRICETIDE_API_TOKEN"))
        .body(json!({"name": NAME}).to_string())
        .send()
        .await?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("the API answers {status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

/// Sends the file to S3 with the form that the API made.
async fn send(client: &Client, made: &Value, path: &Path) -> Result<()> {
    let url = made["url"].as_str().context("the API's answer is short")?;
    let (content_type, body) = form(&made["fields"], &std::fs::read(path)?);
    let request = client
        .post(url)
        .header("content-type", content_type)
        .body(body);
    let response = request.send().await?;
    if !response.status().is_success() {
        bail!(
            "S3 answers {}: {}",
            response.status(),
            response.text().await?
        );
    }
    Ok(())
}

async fn settled(files: &Files, id: &FileId) -> Result<()> {
    let waiting = async {
        loop {
            match files.get(id).await?.map(|file| file.state) {
                None | Some(FileState::Processing { .. }) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Some(FileState::Done { .. } | FileState::Failed { .. }) => return anyhow::Ok(()),
            }
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(result) => result,
        Err(_elapsed) => bail!("there was no report within {} s", PATIENCE.as_secs()),
    }
}

/// Writes the sample: every price of the demo's days, and a few rows as people leave them.
fn write(path: &Path, shop: &Shop, state: &State) -> Result<()> {
    let mut book = Book::new("데모 가격표", ChangeColors::RedUp);
    let headings = [
        "날짜",
        "상품코드",
        "상품명",
        "카테고리",
        "쇼핑몰",
        "가격",
        "통화",
    ];
    let mut table = book.table("가격", &headings)?;
    for product in shop.catalogue() {
        for slot in &state.slots {
            let day = day_of(*slot)?;
            let Some(price) = shop.price_on(&product.id, day) else {
                continue;
            };
            let row = [
                Cell::Date(day),
                Cell::Text(product.id.as_str()),
                Cell::Text(&product.name),
                Cell::Text(product.category.as_deref().unwrap_or_default()),
                Cell::Text(product.vendor.as_deref().unwrap_or_default()),
                Cell::Amount(price.amount, Some(price.currency)),
                Cell::Text(price.currency.code()),
            ];
            book.row(&mut table, &row)?;
        }
    }
    for (date, price) in [("2026-13-01", "12,900원"), ("2026-11-02", "가격 문의")] {
        let row = [
            Cell::Text(date),
            Cell::Text("memo"),
            Cell::Text("메모"),
            Cell::Empty,
            Cell::Empty,
            Cell::Text(price),
            Cell::Text("KRW"),
        ];
        book.row(&mut table, &row)?;
    }
    book.end(table)?;
    book.save(path)?;
    Ok(())
}
