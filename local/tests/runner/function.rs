//! The function that the runner's tests run: it does what its event says. It is this test binary
//! itself, started again with `function NAME`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Handles events until the runner ends this process.
pub(crate) fn run() {
    local::runner::child::watch_parent();
    match std::env::var("TEST_MODE").as_deref() {
        Ok("no-start") => {
            eprintln!("this function cannot start");
            std::process::exit(3);
        }
        Ok("raw") => raw(),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(lambda_runtime::run(service_fn(handle)))
        .unwrap();
}

/// Speaks with the Runtime API without a runtime, and then reports that it cannot start.
fn raw() {
    let error = r#"{"errorType":"Test.Init","errorMessage":"no such luck"}"#;
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let (api, secret) = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    for (method, path) in [
        ("GET", "/2018-06-01/runtime/invocation/next".to_owned()),
        ("GET", "/0/2018-06-01/runtime/invocation/next".to_owned()),
        ("GET", format!("/{secret}/")),
        (
            "DELETE",
            format!("/{secret}/2018-06-01/runtime/invocation/next"),
        ),
        (
            "POST",
            format!("/{secret}/2018-06-01/runtime/invocation/unknown/response"),
        ),
        ("POST", format!("/{secret}/2018-06-01/runtime/init/error")),
    ] {
        let mut stream = TcpStream::connect(api).unwrap();
        let length = error.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{error}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        note("status", &status.into());
    }
    std::process::exit(1);
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (payload, context) = event.into_parts();
    if let Some(records) = payload.get("Records").and_then(Value::as_array) {
        return if records[0]["eventSource"] == "aws:sqs" {
            batch(records).await
        } else {
            note("s3", &payload);
            Ok(Value::Null)
        };
    }
    if payload.get("requestContext").is_some() {
        return Ok(http(&payload).await);
    }
    match payload["do"].as_str().unwrap_or("echo") {
        "echo" => Ok(payload),
        "context" => Ok(json!({
            "request_id": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "pid": std::process::id(),
            "env": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
        })),
        other => {
            note("event", &payload);
            act(other).await?;
            Ok(Value::Null)
        }
    }
}

/// Writes down that something was seen, for tests that cannot see the answer.
fn note(kind: &str, value: &Value) {
    let path = std::env::var("TEST_NOTES").unwrap();
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    let line = json!({ "kind": kind, "value": value, "pid": std::process::id() });
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

async fn act(what: &str) -> Result<(), Error> {
    match what {
        "fail" => Err("as told".into()),
        "panic" => panic!("as told"),
        "exit" => std::process::exit(7),
        "hang" => loop {
            // Not even the runtime gets to run.
            std::thread::sleep(Duration::from_hours(1));
        },
        "wait" => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Each message is a text, `{"do": …}`; `do` may also be about the whole batch. A message that
/// failed once succeeds when it comes again, unless it says `always`.
async fn batch(records: &[Value]) -> Result<Value, Error> {
    let mut failures = Vec::new();
    let mut answer = None;
    for record in records {
        note("message", record);
        let body: Value =
            serde_json::from_str(record["body"].as_str().unwrap()).unwrap_or_default();
        let again = record["attributes"]["ApproximateReceiveCount"] != "1";
        if again && body["always"] != true {
            continue;
        }
        match body["do"].as_str() {
            Some("report") => failures.push(json!({ "itemIdentifier": record["messageId"] })),
            Some("report-unknown") => failures.push(json!({ "itemIdentifier": "unknown" })),
            Some("invalid") => answer = Some(json!({ "batchItemFailures": "none" })),
            Some(other) => act(other).await?,
            None => {}
        }
    }
    Ok(answer.unwrap_or_else(|| json!({ "batchItemFailures": failures })))
}

async fn http(request: &Value) -> Value {
    match request["queryStringParameters"]["do"].as_str() {
        Some("plain") => json!({ "hello": "world" }),
        Some("binary") => json!({
            "statusCode": 201,
            "headers": { "content-type": "application/octet-stream", "x-own": "1" },
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "AAH/",
            "isBase64Encoded": true,
        }),
        Some("broken") => json!({ "statusCode": "what" }),
        Some(other) => match act(other).await {
            Ok(()) => json!({ "statusCode": 204 }),
            Err(error) => json!({ "statusCode": 500, "body": error.to_string() }),
        },
        None => json!({
            "statusCode": 200,
            "headers": { "content-type": "application/json" },
            "body": request.to_string(),
        }),
    }
}
