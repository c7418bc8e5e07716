//! Who is answered and who is not.

use crate::harness::{self, Running, send, start};

/// A request of each JSON service that would succeed if it were signed.
fn requests(running: &Running) -> [(&str, &str, &'static str); 3] {
    let endpoints = running.endpoints();
    [
        (&endpoints.dynamodb, "DynamoDB_20120810.ListTables", "{}"),
        (&endpoints.sqs, "AmazonSQS.ListQueues", "{}"),
        (
            &endpoints.secretsmanager,
            "secretsmanager.ListSecrets",
            "{}",
        ),
    ]
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let running = start().await;
    for (url, target, body) in requests(&running) {
        let answer = send("POST", url, &[("x-amz-target", target)], body).await;
        assert!(
            [400, 403].contains(&answer.status),
            "{target}: {}",
            answer.status
        );
        assert!(
            answer.body.contains("MissingAuthenticationToken"),
            "{}",
            answer.body
        );
    }
    let answer = send("GET", &running.endpoints().s3, &[], "").await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("AccessDenied"), "{}", answer.body);
}

#[tokio::test]
async fn a_request_signed_with_another_secret_is_refused() {
    let running = start().await;
    let at = running.endpoints();
    let wrong = "another secret";
    let dynamodb = harness::dynamodb(&at.dynamodb, wrong)
        .list_tables()
        .send()
        .await;
    let error = dynamodb.expect_err("refused").into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidSignatureException"));
    let sqs = harness::sqs(&at.sqs, wrong).list_queues().send().await;
    let error = sqs.expect_err("refused").into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidSignatureException"));
    let secrets = harness::secrets(&at.secretsmanager, wrong)
        .list_secrets()
        .send()
        .await;
    let error = secrets.expect_err("refused").into_service_error();
    assert_eq!(error.meta().code(), Some("InvalidSignatureException"));
    let s3 = harness::s3(&at.s3, wrong).list_buckets().send().await;
    let error = s3.expect_err("refused").into_service_error();
    assert_eq!(error.meta().code(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_web_page_is_not_answered_by_the_json_services() {
    let running = start().await;
    for (url, target, body) in requests(&running) {
        let headers = [("origin", "https://evil.example"), ("x-amz-target", target)];
        let answer = send("POST", url, &headers, body).await;
        assert_eq!(answer.status, 403, "{target}");
        assert!(answer.body.contains("web pages"), "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let preflight = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
        ];
        let answer = send("OPTIONS", url, &preflight, "").await;
        assert_eq!(answer.status, 403, "{target}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_before_it_is_read_whole() {
    let running = start().await;
    let url = &running.endpoints().secretsmanager;
    let target = [("x-amz-target", "secretsmanager.ListSecrets")];
    let answer = send("POST", url, &target, vec![b' '; 2 * 1024 * 1024]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn the_environment_names_everything_a_client_needs() {
    let running = start().await;
    let environment = running.stack.environment();
    let value = |name: &str| {
        let found = environment.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    };
    let at = running.endpoints();
    assert_eq!(
        value("AWS_ENDPOINT_URL_DYNAMODB"),
        Some(at.dynamodb.as_str())
    );
    assert_eq!(value("AWS_ENDPOINT_URL_S3"), Some(at.s3.as_str()));
    assert_eq!(value("AWS_ENDPOINT_URL_SQS"), Some(at.sqs.as_str()));
    assert_eq!(
        value("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
        Some(at.secretsmanager.as_str())
    );
    assert_eq!(value("AWS_ACCESS_KEY_ID"), Some(harness::ACCESS_KEY));
    assert_eq!(value("AWS_SECRET_ACCESS_KEY"), Some(harness::SECRET_KEY));
    assert_eq!(value("AWS_REGION"), Some(harness::REGION));
    for url in [&at.dynamodb, &at.s3, &at.sqs, &at.secretsmanager] {
        assert!(
            url.starts_with("http://127.0.0.1:"),
            "{url} is loopback only"
        );
    }
}
