//! What a price costs in write units of DynamoDB, counted from the requests that are made.
//!
//! The functions reach the table through a proxy that passes every request on as it is and
//! keeps a copy of those that write. Their cost follows from DynamoDB's rules: a unit for each
//! began kilobyte of the item, again for each index whose projection of the item changes; a
//! write whose condition fails costs as much.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use integration_tests::TestPipeline;
use model::Product;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

crate::trials!(a_price_costs_at_most_four_write_units);

/// How many products.
const PRODUCTS: u32 = 200;

/// A request that writes: its operation and body.
type Write = (String, Value);

async fn a_price_costs_at_most_four_write_units() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = format!("http://{}", listener.local_addr()?);
    let pipeline = TestPipeline::start_with(|mut options| {
        let endpoint = ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), proxy);
        options.function_environment.push(endpoint);
        options
    })
    .await?;
    let writes: Arc<Mutex<Vec<Write>>> = Arc::default();
    let stack = pipeline.variable("AWS_ENDPOINT_URL_DYNAMODB").to_owned();
    let proxying = tokio::spawn(proxy_to(stack, listener, Arc::clone(&writes)));

    let one = pipeline.shop().catalogue().swap_remove(0);
    let copies = (0..PRODUCTS).map(|n| {
        let id = format!("무선이어폰-프로-{n:03}").parse()?;
        Ok(Product { id, ..one.clone() })
    });
    pipeline.define(copies.collect::<Result<Vec<_>>>()?).await?;
    // The second day: every product has a last price, as nearly always.
    let mut before = None;
    for day in ["2026-11-01", "2026-11-02"] {
        writes
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?
            .clear();
        let run: model::RunId = format!("daily@{day}T01:15:00Z").parse()?;
        pipeline.schedule(&run).await?;
        let closed = pipeline.closed(&run).await?;
        let prices = closed.totals.context("no totals")?.prices;
        ensure!(prices == u64::from(PRODUCTS), "{prices} prices");
        let product = "무선이어폰-프로-000".parse()?;
        let outcome = pipeline.outcome(&run, &product).await?;
        let previous = outcome.previous.map(|previous| previous.slot);
        ensure!(previous == before, "{previous:?} is the price before {run}");
        before = Some(run.slot);
    }
    pipeline.runner().wait_idle().await;
    let writes = std::mem::take(&mut *writes.lock().map_err(|_| anyhow::anyhow!("poisoned"))?);
    let (mut of_prices, mut of_runs) = (0, 0);
    for (operation, body) in &writes {
        let units = units(operation, body)?;
        let is_run = body.to_string().contains("\"RUN#") || is_notification(body);
        *(if is_run { &mut of_runs } else { &mut of_prices }) += units;
    }
    println!(
        "{PRODUCTS} prices: {of_prices} write units for them, {of_runs} for their run, {} requests",
        writes.len()
    );
    ensure!(
        of_prices >= u64::from(2 * PRODUCTS),
        "some writes were not seen"
    );
    ensure!(
        of_prices + of_runs <= u64::from(4 * PRODUCTS),
        "{} write units for {PRODUCTS} prices",
        of_prices + of_runs
    );
    proxying.abort();
    pipeline.stop().await;
    Ok(())
}

/// Whether a request writes a notification.
fn is_notification(body: &Value) -> bool {
    let key = body["Key"]["PK"]["S"].as_str();
    key.is_some_and(|key| key.starts_with("NOTE#"))
}

/// The write units of a request.
fn units(operation: &str, body: &Value) -> Result<u64> {
    match operation {
        "PutItem" => {
            let item = body["Item"].as_object().context("a put without an item")?;
            let indexes = ["active_shard", "run_shard", "list_shard"]
                .iter()
                .filter(|key| item.contains_key(**key))
                .count();
            // The indexes are counted as if they held the whole item.
            Ok(kilobytes(item) * (1 + u64::try_from(indexes)?))
        }
        // A run's digest is a notification, listed in one index, written a few times a run.
        "UpdateItem" if is_notification(body) => {
            let values = body["ExpressionAttributeValues"].as_object();
            Ok(2 * kilobytes(values.context("an update without values")?))
        }
        "UpdateItem" => {
            // An update costs by the whole item, which is a product, a run or a file here: its
            // values in the request and the definition beside them stay below a kilobyte, and
            // what is not the definition is in no index.
            let names = body["ExpressionAttributeNames"].to_string();
            let expression = body["UpdateExpression"].as_str().unwrap_or_default();
            ensure!(
                ["active_shard", "run_shard", "list_shard"]
                    .iter()
                    .all(|index| !expression.contains(index))
                    && !names.contains("definition"),
                "a function changes what is in an index: {body}"
            );
            Ok(1)
        }
        other => anyhow::bail!("the functions do not write with {other}"),
    }
}

/// Began kilobytes: names and values in UTF-8 (numbers count less than their text).
fn kilobytes(item: &Map<String, Value>) -> u64 {
    let size: usize = item
        .iter()
        .map(|(name, value)| name.len() + value_size(value))
        .sum();
    size.div_ceil(1_024) as u64
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => 3 + values.iter().map(value_size).sum::<usize>(),
        Value::Object(fields) => fields.values().map(value_size).sum(),
        _ => 1,
    }
}

async fn proxy_to(stack: String, listener: TcpListener, writes: Arc<Mutex<Vec<Write>>>) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client without TLS settings builds");
    while let Ok((stream, _)) = listener.accept().await {
        let (stack, writes, client) = (stack.clone(), Arc::clone(&writes), client.clone());
        let service = service_fn(move |request| {
            let (stack, writes, client) = (stack.clone(), Arc::clone(&writes), client.clone());
            async move { Ok::<_, Infallible>(pass(&stack, &writes, &client, request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn pass(
    stack: &str,
    writes: &Mutex<Vec<Write>>,
    client: &reqwest::Client,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a whole request").to_bytes();
    let target = head.headers.get("x-amz-target");
    let operation = target.and_then(|target| target.to_str().ok()?.rsplit('.').next());
    if let Some(
        operation @ ("PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem"
        | "TransactWriteItems"),
    ) = operation
    {
        let read = serde_json::from_slice(&body).expect("a JSON body");
        let mut writes = writes.lock().expect("no test has panicked");
        writes.push((operation.to_owned(), read));
    }
    let answer = client
        .post(stack)
        // The host is signed: it stays the proxy's.
        .headers(head.headers)
        .body(body)
        .send()
        .await
        .expect("the stack answers");
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "content-length" && name != "transfer-encoding" {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.expect("a whole answer");
    response.body(Full::new(body)).expect("a valid answer")
}
