//! The HTTP API, through the runner's gateway.

use anyhow::{Result, ensure};
use integration_tests::TestPipeline;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

crate::trials!(
    nothing_is_answered_without_the_token,
    a_product_is_followed_and_its_price_asked_for,
    what_cannot_be_followed_is_explained,
    a_workbook_is_downloaded_by_a_signed_redirect,
);

async fn json_of(response: reqwest::Response) -> Result<Value> {
    Ok(serde_json::from_str(&response.text().await?)?)
}

async fn nothing_is_answered_without_the_token() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let url = format!("{}/products/p-1", pipeline.variable("PRICETIDE_API_URL"));
    for token in [None, Some("wrong"), Some("")] {
        let mut request = pipeline.client().get(&url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        ensure!(response.status() == StatusCode::UNAUTHORIZED);
        let problem = json_of(response).await?;
        ensure!(
            problem["status"] == 401 && problem["detail"].is_string(),
            "{problem}"
        );
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_product_is_followed_and_its_price_asked_for() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let sold = pipeline.shop().catalogue().swap_remove(0);
    let path = "/products/%EB%82%B4%20%EC%83%81%ED%92%88".replace("%20", "-");
    let definition = json!({"name": "내 상품", "source": sold.source, "currency": sold.currency});
    let response = pipeline.api(Method::PUT, &path, Some(&definition)).await?;
    ensure!(
        response.status() == StatusCode::OK,
        "{}",
        response.text().await?
    );
    let product = json_of(pipeline.api(Method::GET, &path, None).await?).await?;
    ensure!(product["product"]["id"] == "내-상품", "{product}");
    ensure!(product["last"].is_null(), "{product}");

    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    let product = json_of(pipeline.api(Method::GET, &path, None).await?).await?;
    let price = pipeline
        .shop()
        .price_on(&sold.id, jiff::civil::date(2026, 11, 1));
    ensure!(product["last"]["price"] == json!(price), "{product}");
    let prices = json_of(
        pipeline
            .api(Method::GET, &format!("{path}/prices"), None)
            .await?,
    )
    .await?;
    ensure!(
        prices["prices"][0]["run"] == "daily@2026-11-01T01:15:00Z",
        "{prices}"
    );
    let run = json_of(
        pipeline
            .api(Method::GET, "/runs/daily%402026-11-01T01%3A15%3A00Z", None)
            .await?,
    )
    .await?;
    ensure!(
        run["status"] == "complete" && run["totals"]["prices"] == 1,
        "{run}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn what_cannot_be_followed_is_explained() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let html = json!({"kind": "html", "url": "https://shop.example/p/1"});
    for (body, part) in [
        (json!([]), "object"),
        (json!({"name": "x"}), "source"),
        (json!({"name": "", "source": html}), "name"),
        (
            json!({"name": "x", "source": {"kind": "html", "url": "shop"}}),
            "address",
        ),
        (
            json!({"name": "x", "source": html, "currency": "WON"}),
            "WON",
        ),
        (
            json!({"name": "x", "source": html, "colour": "red"}),
            "colour",
        ),
        (json!({"id": "other", "name": "x", "source": html}), "other"),
    ] {
        let response = pipeline
            .api(Method::PUT, "/products/p-1", Some(&body))
            .await?;
        ensure!(response.status() == StatusCode::BAD_REQUEST, "{body}");
        let kind = response.headers().get("content-type").cloned();
        ensure!(kind.is_some_and(|kind| kind == "application/problem+json"));
        let problem = json_of(response).await?;
        let detail = problem["detail"].as_str().unwrap_or_default();
        ensure!(detail.contains(part), "{body}: {detail}");
    }
    for path in [
        "/products/p-1",
        "/uploads/none",
        "/runs/daily%402026-11-01T01:15:00Z",
    ] {
        let response = pipeline.api(Method::GET, path, None).await?;
        ensure!(response.status() == StatusCode::NOT_FOUND, "{path}");
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_workbook_is_downloaded_by_a_signed_redirect() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let run = "daily@2026-11-01T01:15:00Z".parse()?;
    pipeline.schedule(&run).await?;
    pipeline.closed(&run).await?;
    // The client follows the redirect; the token does not go along to another host and port.
    let response = pipeline
        .api(Method::GET, "/files/exports/daily/2026-11-01.xlsx", None)
        .await?;
    ensure!(response.status() == StatusCode::OK, "{response:?}");
    let named = response.headers().get("content-disposition").cloned();
    ensure!(named.is_some_and(|named| named == "attachment; filename*=UTF-8''2026-11-01.xlsx"));
    ensure!(response.bytes().await?.starts_with(b"PK"));
    for path in ["/files/dead-letters/x.txt", "/files/exports/none.xlsx"] {
        let response = pipeline.api(Method::GET, path, None).await?;
        ensure!(response.status() == StatusCode::NOT_FOUND, "{path}");
    }
    pipeline.stop().await;
    Ok(())
}
