//! The HTTP API: requests reach the function as API Gateway would tell them, and its answers
//! reach the client.

use std::time::Duration;

use local::runner::RunnerConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Bench;

/// An answer as it came over the wire.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Vec<&str> {
        let own = self.headers.iter().filter(|(known, _)| known == name);
        own.map(|(_, value)| value.as_str()).collect()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends a request as it stands, without a client library that would mend it.
async fn send(bench: &Bench, head: &str, body: &[u8]) -> Answer {
    let url = bench.runner.http_url();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let head = format!(
        "{head}\r\nhost: localhost:80\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may answer before it has read a body that is too large.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let split = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Answer {
        status,
        headers,
        body: answer[split + 4..].to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_in_payload_format_2() {
    let bench = Bench::start().await;
    let head = "GET /things/%EA%B0%80%2F1?a=1&a=2&b=x%20y HTTP/1.1\r\nX-Own: one\r\nX-Own: two\r\ncookie: c=1; d=2";
    let answer = send(&bench, head, b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), ["application/json"]);
    let event = answer.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "GET /things/{id}");
    assert_eq!(event["rawPath"], "/things/가/1");
    assert_eq!(event["rawQueryString"], "a=1&a=2&b=x%20y");
    assert_eq!(event["pathParameters"], json!({ "id": "가/1" }));
    assert_eq!(
        event["queryStringParameters"],
        json!({ "a": "1,2", "b": "x y" })
    );
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    assert_eq!(event["headers"]["x-own"], "one,two");
    assert_eq!(event["headers"]["host"], "localhost:80");
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event["body"], Value::Null);
    let context = &event["requestContext"];
    assert_eq!(context["http"]["method"], "GET");
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["stage"], "$default");
    assert!(context["timeEpoch"].is_i64() && context["requestId"].is_string());
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_text_or_base64() {
    let bench = Bench::start().await;
    for (kind, body, expected, encoded) in [
        (
            "application/json",
            "{\"가\":1}".as_bytes(),
            "{\"가\":1}",
            false,
        ),
        ("text/plain; charset=utf-8", b"x", "x", false),
        ("application/problem+json", b"{}", "{}", false),
        ("application/octet-stream", b"\x00\xff", "AP8=", true),
        ("application/x-www-form-urlencoded", b"a=1", "YT0x", true),
        ("text/plain", b"\xff", "/w==", true),
    ] {
        let head = format!("POST /things HTTP/1.1\r\ncontent-type: {kind}");
        let event = send(&bench, &head, body).await.json();
        assert_eq!(event["body"], expected, "{kind}");
        assert_eq!(event["isBase64Encoded"], encoded, "{kind}");
    }
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_keep_status_headers_cookies_and_bytes() {
    let bench = Bench::start().await;
    let answer = send(&bench, "GET /things/1?do=binary HTTP/1.1", b"").await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, [0, 1, 255]);
    assert_eq!(answer.header("x-own"), ["1"]);
    assert_eq!(answer.header("content-type"), ["application/octet-stream"]);
    assert_eq!(answer.header("set-cookie"), ["a=1; Path=/", "b=2"]);
    let answer = send(&bench, "GET /things/1?do=plain HTTP/1.1", b"").await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "hello": "world" }))
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_as_api_gateway_tells_it() {
    let bench = Bench::start().await;
    for (request, status, message) in [
        ("GET /nothing", 404, "Not Found"),
        ("DELETE /things/1", 404, "Not Found"),
        ("GET /files/", 404, "Not Found"),
        ("GET /things/1?do=panic", 500, "Internal Server Error"),
        ("GET /things/1?do=exit", 500, "Internal Server Error"),
        ("GET /things/1?do=hang", 500, "Internal Server Error"),
        ("GET /things/1?do=broken", 500, "Internal Server Error"),
    ] {
        let answer = send(&bench, &format!("{request} HTTP/1.1"), b"").await;
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.json(), json!({ "message": message }), "{request}");
    }
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let answer = send(&bench, "POST /things HTTP/1.1", &large).await;
    assert_eq!(answer.status, 413);
    // And it goes on.
    let event = send(&bench, "PUT /files/a/b%20c HTTP/1.1", b"")
        .await
        .json();
    assert_eq!(event["pathParameters"], json!({ "key": "a/b c" }));
    assert_eq!(event["routeKey"], "ANY /files/{key+}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_takes_too_long_for_a_client_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let change = |config: &mut RunnerConfig| config.http_timeout = Duration::from_millis(300);
    let bench = Bench::start_in(folder, change).await;
    let answer = send(&bench, "GET /things/1?do=wait HTTP/1.1", b"").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json(), json!({ "message": "Service Unavailable" }));
    assert_eq!(bench.runner.counts("plain").unwrap().running, 1);
    bench.stop().await;
}

/// The event that a plain request becomes.
pub(crate) async fn get(bench: &Bench, path: &str) -> Value {
    send(bench, &format!("GET {path} HTTP/1.1"), b"")
        .await
        .json()
}
