//! What browsers do with S3: presigned requests, cross-origin requests, form uploads.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};

use crate::harness::files;
use crate::harness::{Answer, send};
use crate::s3::{code, get, put, start_with_bucket};

fn minutes(count: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(count)).expect("a duration")
}

/// Signed an hour ago, for a minute.
fn expired() -> PresigningConfig {
    PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_hours(1))
        .expires_in(Duration::from_mins(1))
        .build()
        .expect("a duration")
}

async fn follow(request: &PresignedRequest, url: &str, body: &'static str) -> Answer {
    let headers: Vec<(&str, &str)> = request.headers().collect();
    send(request.method(), url, &headers, body).await
}

#[tokio::test]
async fn a_presigned_link_downloads_under_the_name_it_carries() {
    let (_running, client) = start_with_bucket().await;
    put(&client, "reports/보고서 +1.xlsx", "the report").await;
    let disposition = "attachment; filename*=UTF-8''report.xlsx";
    let link = client
        .get_object()
        .bucket("files")
        .key("reports/보고서 +1.xlsx")
        .response_content_disposition(disposition)
        .response_content_type("application/vnd.ms-excel")
        .presigned(minutes(5))
        .await
        .expect("a link");
    let answer = follow(&link, link.uri(), "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body, "the report");
    assert_eq!(answer.header("content-disposition"), Some(disposition));
    assert_eq!(
        answer.header("content-type"),
        Some("application/vnd.ms-excel")
    );
    assert_eq!(answer.header("content-length"), Some("10"));

    for (from, to) in [
        ("report.xlsx", "evil.xlsx"),
        ("X-Amz-Expires=300", "X-Amz-Expires=3000"),
        ("%2B1.xlsx", "%2B2.xlsx"),
    ] {
        let tampered = link.uri().replace(from, to);
        assert_ne!(tampered, link.uri());
        let answer = follow(&link, &tampered, "").await;
        assert_eq!(answer.status, 403, "{to}: {}", answer.body);
        assert!(
            answer.body.contains("SignatureDoesNotMatch"),
            "{}",
            answer.body
        );
    }
    let unsigned = link.uri().split('?').next().expect("a path");
    assert_eq!(follow(&link, unsigned, "").await.status, 403);
}

#[tokio::test]
async fn an_expired_link_is_refused() {
    let (_running, client) = start_with_bucket().await;
    put(&client, "key", "contents").await;
    let get = client
        .get_object()
        .bucket("files")
        .key("key")
        .presigned(expired())
        .await;
    let get = get.expect("a link");
    let answer = follow(&get, get.uri(), "").await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("expired"), "{}", answer.body);
    let put = client
        .put_object()
        .bucket("files")
        .key("key")
        .presigned(expired())
        .await;
    let put = put.expect("a link");
    assert_eq!(follow(&put, put.uri(), "new").await.status, 403);
    assert_eq!(crate::s3::get(&client, "key").await, "contents");
}

#[tokio::test]
async fn a_presigned_upload_stores_what_was_agreed() {
    let (_running, client) = start_with_bucket().await;
    let link = client
        .put_object()
        .bucket("files")
        .key("uploads/가격표.xlsx")
        .content_type("application/vnd.ms-excel")
        .presigned(minutes(5))
        .await
        .expect("a link");
    let tampered = link.uri().replace("uploads/", "others/");
    let answer = follow(&link, &tampered, "contents").await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    let answer = send(
        "PUT",
        link.uri(),
        &[("content-type", "text/html")],
        "contents",
    )
    .await;
    assert_eq!(
        answer.status, 403,
        "the type is signed as well: {}",
        answer.body
    );
    let answer = follow(&link, link.uri(), "contents").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(get(&client, "uploads/가격표.xlsx").await, "contents");
    let once = client
        .put_object()
        .bucket("files")
        .key("uploads/가격표.xlsx")
        .if_none_match("*");
    let once = once.presigned(minutes(5)).await.expect("a link");
    assert_eq!(follow(&once, once.uri(), "second").await.status, 412);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    use tokio::io::AsyncWriteExt;

    let (running, client) = start_with_bucket().await;
    let link = client
        .put_object()
        .bucket("files")
        .key("key")
        .presigned(minutes(5))
        .await;
    let link = link.expect("a link");
    let uri: http::Uri = link.uri().parse().expect("a URL");
    let host = uri.authority().expect("a host").as_str();
    let path = uri.path_and_query().expect("a path");
    let head = format!("PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000000\r\n\r\n");
    let mut connection = tokio::net::TcpStream::connect(host)
        .await
        .expect("a connection");
    connection.write_all(head.as_bytes()).await.expect("sent");
    connection
        .write_all("x".repeat(500_000).as_bytes())
        .await
        .expect("sent");
    for _ in 0..100 {
        if files(&running) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(files(&running), 1, "half of it has arrived");
    drop(connection);
    for _ in 0..100 {
        if files(&running) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(files(&running), 0);
    let missing = client.get_object().bucket("files").key("key").send().await;
    assert_eq!(code(missing), "NoSuchKey");
}

/// A page at `https://prices.example` may upload and download.
async fn allow_page(client: &Client) {
    let rule = CorsRule::builder()
        .allowed_origins("https://*.example")
        .allowed_methods("PUT")
        .allowed_methods("GET")
        .allowed_headers("content-*")
        .allowed_headers("x-amz-*")
        .expose_headers("ETag")
        .max_age_seconds(600)
        .build()
        .expect("a rule");
    let rules = CorsConfiguration::builder()
        .cors_rules(rule)
        .build()
        .expect("rules");
    let put = client
        .put_bucket_cors()
        .bucket("files")
        .cors_configuration(rules);
    put.send().await.expect("the rules are set");
}

fn ask<'a>(origin: &'a str, method: &'a str, headers: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", headers),
    ]
}

#[tokio::test]
async fn a_preflight_is_answered_as_the_bucket_is_configured() {
    let (running, client) = start_with_bucket().await;
    let url = format!("{}/files/uploads/x.xlsx", running.endpoints().s3);
    let page = "https://prices.example";
    let asked = ask(page, "PUT", "content-type, x-amz-checksum-crc32");
    let before = send("OPTIONS", &url, &asked, "").await;
    assert_eq!(before.status, 403, "nothing is configured yet");
    assert!(
        before.body.contains("CORS is not enabled"),
        "{}",
        before.body
    );

    allow_page(&client).await;
    let running = running.restart().await;
    let url = format!("{}/files/uploads/x.xlsx", running.endpoints().s3);
    let allowed = send("OPTIONS", &url, &asked, "").await;
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(page));
    assert_eq!(
        allowed.header("access-control-allow-methods"),
        Some("PUT, GET")
    );
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("content-type, x-amz-checksum-crc32")
    );
    assert_eq!(allowed.header("access-control-max-age"), Some("600"));
    assert!(
        allowed
            .header("vary")
            .expect("it varies")
            .contains("Origin")
    );
    for asked in [
        ask("https://evil.com", "PUT", "content-type"),
        ask(page, "DELETE", "content-type"),
        ask(page, "PUT", "authorization"),
    ] {
        let refused = send("OPTIONS", &url, &asked, "").await;
        assert_eq!(refused.status, 403, "{asked:?}");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_page_can_read_the_answers_it_is_allowed_to() {
    let (_running, client) = start_with_bucket().await;
    allow_page(&client).await;
    let link = client
        .put_object()
        .bucket("files")
        .key("key")
        .presigned(minutes(5))
        .await;
    let link = link.expect("a link");
    let upload =
        async |origin: &str| send("PUT", link.uri(), &[("origin", origin)], "contents").await;
    let stored = upload("https://prices.example").await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let origin = stored.header("access-control-allow-origin");
    assert_eq!(origin, Some("https://prices.example"));
    assert_eq!(stored.header("access-control-expose-headers"), Some("ETag"));
    let other = upload("https://evil.com").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    let broken = link.uri().replace("X-Amz-Expires=300", "X-Amz-Expires=600");
    let refused = send("PUT", &broken, &[("origin", "https://prices.example")], "x").await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.header("access-control-allow-origin").is_some(),
        "errors can be read as well"
    );
}

#[tokio::test]
async fn cors_rules_are_read_back_replaced_and_deleted() {
    let (_running, client) = start_with_bucket().await;
    let read = || client.get_bucket_cors().bucket("files").send();
    assert_eq!(code(read().await), "NoSuchCORSConfiguration");
    allow_page(&client).await;
    let rules = read().await.expect("the rules");
    assert_eq!(
        rules.cors_rules()[0].allowed_origins(),
        ["https://*.example"]
    );
    assert_eq!(rules.cors_rules()[0].max_age_seconds(), Some(600));
    let wrong = CorsRule::builder()
        .allowed_origins("*")
        .allowed_methods("OPTIONS");
    let wrong = wrong.build().expect("a rule");
    let wrong = CorsConfiguration::builder()
        .cors_rules(wrong)
        .build()
        .expect("rules");
    let wrong = client
        .put_bucket_cors()
        .bucket("files")
        .cors_configuration(wrong)
        .send()
        .await;
    assert_eq!(code(wrong), "InvalidRequest");
    client
        .delete_bucket_cors()
        .bucket("files")
        .send()
        .await
        .expect("deleted");
    assert_eq!(code(read().await), "NoSuchCORSConfiguration");
}
