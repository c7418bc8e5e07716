//! Who may do what, over the whole table of routes.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use integration_tests::TestPipeline;
use reqwest::{Method, Response};
use serde_json::{Value, json};

crate::trials!(
    a_viewer_reads_everything_and_writes_nothing,
    a_share_link_shows_its_product_and_nothing_else,
    a_share_link_of_an_item_shows_its_offers_and_nothing_else,
    what_was_revoked_opens_nothing,
    generated_requests_get_answers_that_the_document_describes,
);

/// Every route of the API: method, path with its parameters filled in, and who may take it.
async fn routes(pipeline: &TestPipeline) -> Result<Vec<(Method, String, String)>> {
    let document = json_of(pipeline.api(Method::GET, "/openapi.json", None).await?).await?;
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().context("no paths")? {
        for (method, operation) in methods.as_object().context("no methods")? {
            let path = path
                .trim_start_matches("/api")
                .replace("{run}", "daily@2026-11-01T01:15:00Z")
                .replace("{key}", "reports%2Fnone.xlsx")
                .replace("{id}", "other");
            let access = operation["description"].as_str().unwrap_or_default();
            let method = method.to_uppercase().parse()?;
            routes.push((method, path, access.to_owned()));
        }
    }
    ensure!(routes.len() >= 20, "{routes:?}");
    Ok(routes)
}

async fn json_of(response: Response) -> Result<Value> {
    Ok(serde_json::from_str(&response.text().await?)?)
}

async fn ask(
    pipeline: &TestPipeline,
    token: &str,
    method: &Method,
    path: &str,
) -> Result<Response> {
    let url = format!("{}{path}", pipeline.variable("PRICETIDE_API_URL"));
    let request = pipeline.client().request(method.clone(), url);
    Ok(request.bearer_auth(token).body("{}").send().await?)
}

async fn made(pipeline: &TestPipeline, path: &str, body: Value) -> Result<(String, String)> {
    let made = json_of(pipeline.api(Method::POST, path, Some(&body)).await?).await?;
    let token = made["token"].as_str().with_context(|| made.to_string())?;
    let id = made["grant"]["id"].as_str().context("no id")?;
    Ok((token.to_owned(), id.to_owned()))
}

async fn with_products() -> Result<TestPipeline> {
    let pipeline = TestPipeline::start().await?;
    let mut products = pipeline.shop().catalogue();
    products.truncate(2);
    let mut names = ["mine", "other"].into_iter();
    for product in &mut products {
        product.id = names.next().context("two")?.parse()?;
    }
    pipeline.define(products).await?;
    Ok(pipeline)
}

async fn a_viewer_reads_everything_and_writes_nothing() -> Result<()> {
    let pipeline = with_products().await?;
    let (viewer, _) = made(&pipeline, "/tokens", json!({"name": "v", "role": "viewer"})).await?;
    for (method, path, access) in routes(&pipeline).await? {
        let status = ask(&pipeline, &viewer, &method, &path).await?.status();
        let reads =
            access.contains("viewers") || access.contains("all") || access.contains("every");
        ensure!(
            (status == 403) != reads,
            "{method} {path}: {status} ({access})"
        );
        ensure!(
            reads || method != Method::GET || path == "/grants",
            "{path}"
        );
    }
    // What it may not do did not happen.
    let products = json_of(ask(&pipeline, &viewer, &Method::GET, "/products").await?).await?;
    ensure!(products["total"] == 2, "{products}");
    let (editor, _) = made(&pipeline, "/tokens", json!({"name": "e", "role": "editor"})).await?;
    let status = ask(&pipeline, &editor, &Method::POST, "/tokens")
        .await?
        .status();
    ensure!(status == 403, "{status}");
    pipeline.stop().await;
    Ok(())
}

async fn a_share_link_shows_its_product_and_nothing_else() -> Result<()> {
    let pipeline = with_products().await?;
    let body = json!({"scope": {"product": "mine"}});
    let (share, _) = made(&pipeline, "/shares", body).await?;
    for path in [
        "/products/mine",
        "/products/mine/prices",
        "/products/~bWluZQ",
        "/session",
    ] {
        let status = ask(&pipeline, &share, &Method::GET, path).await?.status();
        ensure!(status == 200, "{path}: {status}");
    }
    for (method, path, access) in routes(&pipeline).await? {
        let status = ask(&pipeline, &share, &method, &path).await?.status();
        let open = access.contains("all") || access.contains("every");
        ensure!(
            (status == 403) != open,
            "{method} {path}: {status} ({access})"
        );
        // Nor may it change its own product.
        if method != Method::GET {
            let path = path.replace("other", "mine");
            let status = ask(&pipeline, &share, &method, &path).await?.status();
            ensure!(status == 403, "{method} {path}: {status}");
        }
    }
    pipeline.stop().await;
    Ok(())
}

async fn a_share_link_of_an_item_shows_its_offers_and_nothing_else() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let mut products = pipeline.shop().catalogue();
    products.truncate(3);
    for (product, id) in products.iter_mut().zip(["mine", "mine-too", "other"]) {
        product.id = id.parse()?;
        product.item = match id {
            "other" => Some("another".parse()?),
            _ => Some("이어폰&화이트?".parse()?),
        };
    }
    pipeline.define(products).await?;
    let body = json!({"scope": {"item": "이어폰&화이트?"}});
    let (share, _) = made(&pipeline, "/shares", body).await?;
    // As the page writes ids that a gateway could decode wrongly.
    let item = format!("~{}", URL_SAFE_NO_PAD.encode("이어폰&화이트?"));
    for path in [
        format!("/items/{item}"),
        "/products/mine".to_owned(),
        "/products/mine-too/prices".to_owned(),
        "/session".to_owned(),
    ] {
        let status = ask(&pipeline, &share, &Method::GET, &path).await?.status();
        ensure!(status == 200, "{path}: {status}");
    }
    let shown = ask(&pipeline, &share, &Method::GET, &format!("/items/{item}")).await?;
    let shown = json_of(shown).await?;
    ensure!(
        shown["offers"].as_array().map(Vec::len) == Some(2),
        "{shown}"
    );
    for path in ["/items/another", "/items", "/products/other", "/products"] {
        let status = ask(&pipeline, &share, &Method::GET, path).await?.status();
        ensure!(status == 403, "{path}: {status}");
    }
    // The whole table, with the ids of what it may not see and of what it may only read.
    for (method, path, access) in routes(&pipeline).await? {
        let status = ask(&pipeline, &share, &method, &path).await?.status();
        let open = access.contains("all") || access.contains("every");
        ensure!((status == 403) != open, "{method} {path}: {status}");
        if method != Method::GET {
            let path = path.replace("other", "mine");
            let status = ask(&pipeline, &share, &method, &path).await?.status();
            ensure!(status == 403, "{method} {path}: {status}");
        }
    }
    pipeline.stop().await;
    Ok(())
}

async fn what_was_revoked_opens_nothing() -> Result<()> {
    let pipeline = with_products().await?;
    let body = json!({"scope": {"product": "mine"}});
    let (share, id) = made(&pipeline, "/shares", body).await?;
    let (editor, editor_id) =
        made(&pipeline, "/tokens", json!({"name": "e", "role": "editor"})).await?;
    let path = format!("/grants/{id}");
    let status = ask(&pipeline, &editor, &Method::DELETE, &path)
        .await?
        .status();
    ensure!(status == 204, "{status}");
    let status = ask(&pipeline, &share, &Method::GET, "/products/mine")
        .await?
        .status();
    ensure!(status == 401, "{status}");
    let path = format!("/grants/{editor_id}");
    let status = ask(&pipeline, &editor, &Method::DELETE, &path)
        .await?
        .status();
    ensure!(status == 403, "an editor revokes no tokens: {status}");
    let status = pipeline.api(Method::DELETE, &path, None).await?.status();
    ensure!(status == 204, "{status}");
    let status = ask(&pipeline, &editor, &Method::GET, "/products")
        .await?
        .status();
    ensure!(status == 401, "{status}");
    pipeline.stop().await;
    Ok(())
}

/// Requests that schemathesis makes of the document, for every route: no server error, and no
/// answer outside of what the document says.
async fn generated_requests_get_answers_that_the_document_describes() -> Result<()> {
    if Command::new("schemathesis")
        .arg("--version")
        .output()
        .is_err()
    {
        let missing = "schemathesis is not installed (tests/python/requirements-api.txt)";
        ensure!(std::env::var_os("CI").is_none(), "{missing}");
        println!("skipped: {missing}");
        return Ok(());
    }
    let pipeline = with_products().await?;
    let api = pipeline.variable("PRICETIDE_API_URL");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_schema_conformance";
    let checks = checks.replace(' ', "");
    let mut schemathesis = Command::new("schemathesis");
    schemathesis
        .args(["run", &format!("{api}/openapi.json")])
        .args(["--url", api.trim_end_matches("/api")])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", "10", "--seed", "1", "--no-color"])
        .args(["--checks", &checks])
        // It would fetch whatever addresses were made up.
        .args(["--exclude-path", "/api/extractions"])
        .arg("-H")
        .arg(format!(
            "Authorization: Bearer {}",
            pipeline.variable("PRICETIDE_API_TOKEN")
        ))
        .current_dir(pipeline.folder());
    let output = tokio::task::spawn_blocking(move || schemathesis.output()).await??;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}");
    pipeline.stop().await;
    Ok(())
}
