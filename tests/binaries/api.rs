//! Recorded events of API Gateway give the answers that requests to the local API give.

use anyhow::{Context, Result, ensure};
use integration_tests::TestPipeline;
use reqwest::Method;
use serde_json::{Value, json};

/// A request as it is sent, and as API Gateway hands it over: the route, the decoded parameters,
/// the query as it was sent, the body and whether it is Base64.
struct Recorded {
    method: Method,
    sent: &'static str,
    key: &'static str,
    parameters: Value,
    query: &'static str,
    body: Option<(&'static str, bool)>,
}

const PRODUCT: &str =
    r#"{"name": "이어폰 📈", "source": {"kind": "html", "url": "https://shop.example/p"}}"#;
/// [`PRODUCT`] in Base64.
const ENCODED: &str = "eyJuYW1lIjogIuydtOyWtO2PsCDwn5OIIiwgInNvdXJjZSI6IHsia2luZCI6ICJodG1sIiwgInVybCI6ICJodHRwczovL3Nob3AuZXhhbXBsZS9wIn19";

fn recorded() -> Vec<Recorded> {
    let put = |sent, id: &str, body| Recorded {
        method: Method::PUT,
        sent,
        key: "PUT /api/products/{id}",
        parameters: json!({"id": id}),
        query: "",
        body: Some(body),
    };
    let get = |sent, key, parameters, query| Recorded {
        method: Method::GET,
        sent,
        key,
        parameters,
        query,
        body: None,
    };
    let product = "GET /api/products/{id}";
    vec![
        put(
            "/products/%EB%82%B4-%EC%83%81%ED%92%88",
            "내-상품",
            (PRODUCT, false),
        ),
        put("/products/~YT9iJWM", "~YT9iJWM", (ENCODED, true)),
        get(
            "/products/%EB%82%B4-%EC%83%81%ED%92%88",
            product,
            json!({"id": "내-상품"}),
            "",
        ),
        get("/products/~YT9iJWM", product, json!({"id": "~YT9iJWM"}), ""),
        get("/products/a%2Fb", product, json!({"id": "a/b"}), ""),
        get("/products/a%3Fb%25c", product, json!({"id": "a?b%c"}), ""),
        get("/products/a+b", product, json!({"id": "a+b"}), ""),
        get(
            "/products?q=%EC%9D%B4%EC%96%B4%ED%8F%B0+%F0%9F%93%88",
            "GET /api/products",
            Value::Null,
            "q=%EC%9D%B4%EC%96%B4%ED%8F%B0+%F0%9F%93%88",
        ),
        get(
            "/products?limit=0x",
            "GET /api/products",
            Value::Null,
            "limit=0x",
        ),
        get("/nothing/%EA%B0%80", "$default", Value::Null, ""),
        put("/products/empty", "empty", ("", false)),
    ]
}

#[test]
fn recorded_events_give_the_answers_that_requests_give() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(compare()).unwrap();
}

async fn compare() -> Result<()> {
    let pipeline = TestPipeline::of_binary(crate::binary("api")).await?;
    let token = pipeline.variable("PRICETIDE_API_TOKEN").to_owned();
    for one in recorded() {
        let url = format!("{}{}", pipeline.variable("PRICETIDE_API_URL"), one.sent);
        let mut request = pipeline.client().request(one.method.clone(), url);
        if let Some((body, encoded)) = one.body {
            // A body of no text type is what API Gateway encodes.
            let kind = if encoded {
                "application/octet-stream"
            } else {
                "application/json"
            };
            let text = if encoded { PRODUCT } else { body };
            request = request.header("content-type", kind).body(text);
        }
        let response = request.bearer_auth(&token).send().await?;
        let (status, requested) = (response.status().as_u16(), response.text().await?);

        let raw = format!("/api{}", one.sent.split('?').next().unwrap_or_default());
        let raw = percent_encoding::percent_decode_str(&raw)
            .decode_utf8()?
            .into_owned();
        let mut event = json!({
            "version": "2.0",
            "routeKey": one.key,
            "rawPath": raw,
            "rawQueryString": one.query,
            "headers": {"authorization": format!("Bearer {token}")},
            "requestContext": {
                "routeKey": one.key,
                "stage": "$default",
                "timeEpoch": 1_795_223_700_000_i64,
                "http": {"method": one.method.as_str(), "path": raw, "sourceIp": "203.0.113.7"},
            },
            "isBase64Encoded": one.body.is_some_and(|(_, encoded)| encoded),
        });
        if one.parameters.is_object() {
            event["pathParameters"] = one.parameters;
        }
        if let Some((body, _)) = one.body.filter(|(body, _)| !body.is_empty()) {
            event["body"] = json!(body);
        }
        let answer = pipeline.runner().invoke("api", &event).await?;
        let said = answer["body"].as_str().context("no body")?;
        ensure!(
            answer["statusCode"] == status,
            "{}: {status}, {answer}",
            one.sent
        );
        ensure!(said == requested, "{}: {requested}, {said}", one.sent);
        ensure!(status < 500, "{}: {status}", one.sent);
    }
    pipeline.stop().await;
    Ok(())
}
