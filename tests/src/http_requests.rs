//! Requests to the HTTP API made of arbitrary bytes, for the fuzz target and the test that replays
//! what it found.

use anyhow::{Context, Result};
use api::Api;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Value, json};

/// The keys of all routes, as `serverless.yml` has them.
pub fn route_keys() -> Vec<String> {
    let wiring = std::fs::read_to_string(crate::CONFIG).expect("serverless.yml");
    let keys = wiring.lines().filter_map(|line| {
        let key = line.trim().strip_prefix("- httpApi:")?.trim();
        Some(key.trim_matches(['\'', '"']).to_owned())
    });
    let mut keys: Vec<String> = keys.collect();
    keys.push("$default".to_owned());
    keys
}

/// An event of API Gateway made of bytes: the first chooses the route, the second who asks and how
/// the body is encoded; then a line each for the path's parameter, the query and a header, and the
/// rest is the body.
pub fn event_of(data: &[u8], keys: &[String], token: &str) -> Result<ApiGatewayV2httpRequest> {
    let [route, how, rest @ ..] = data else {
        anyhow::bail!("two bytes are needed");
    };
    let key = keys
        .get(usize::from(*route) % keys.len())
        .context("no route")?;
    let text = String::from_utf8_lossy(rest);
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (id, query, header, body) = (line(), line(), line(), line());
    // A wrong token is answered slowly, so there are few of them.
    let bearer = match how {
        0 => String::new(),
        7 => format!("Bearer {}", header.replace(|c: char| c.is_control(), "")),
        _ => format!("Bearer {token}"),
    };
    let (method, path) = key.split_once(' ').unwrap_or(("GET", "/api/nothing"));
    let parameter = path
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    let mut headers = json!({"content-type": "application/json"});
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() && http::HeaderValue::from_str(value).is_ok() {
            headers[name] = json!(value);
        }
    };
    add("authorization", &bearer);
    for name in [
        "if-none-match",
        "idempotency-key",
        "accept-encoding",
        "origin",
    ] {
        add(name, &header);
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path.replace("{id}", &id),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "routeKey": key,
            "stage": "$default",
            "timeEpoch": 1_795_223_700_000_i64,
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
        },
        "body": body,
        "isBase64Encoded": how & 4 != 0,
    });
    if let Some((name, _)) = parameter {
        event["pathParameters"] = json!({name.trim_end_matches('+'): id});
    }
    serde_json::from_value(event).context("no event")
}

/// Holds an answer against what every answer is: no failure of ours, headers that can be sent, and
/// a problem that says what it is.
pub async fn answers_well(api: &Api, event: &ApiGatewayV2httpRequest) {
    let answer = api.answer(event).await;
    let said = || format!("{:?} {:?}: {answer:?}", event.route_key, event.body);
    assert!((200..500).contains(&answer.status_code), "{}", said());
    for (name, value) in &answer.headers {
        assert!(http::HeaderName::try_from(name).is_ok(), "{}", said());
        assert!(http::HeaderValue::try_from(value).is_ok(), "{}", said());
    }
    if answer.status_code >= 400 && !answer.is_base64_encoded {
        let problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        assert_eq!(problem["status"], answer.status_code, "{}", said());
        assert!(problem["title"].is_string(), "{}", said());
    }
}
