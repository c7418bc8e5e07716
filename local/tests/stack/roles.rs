//! What a function's key may do, and how each service refuses the rest.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use local::iam::{Effect, Entries, Policy, Resource, Statement};

use crate::harness::{Running, keyed, send, start};

/// Statements of a role, each an action and a resource.
fn policy(allowed: &[(&str, &str)]) -> Policy {
    let statements: Vec<_> = allowed
        .iter()
        .map(|(action, arn)| Statement {
            effect: Effect::Allow,
            actions: Entries::Any(vec![(*action).to_owned()]),
            resources: Entries::Any(vec![Resource {
                arn: (*arn).to_owned(),
                written: (*arn).to_owned(),
            }]),
        })
        .collect();
    Policy::new("WorkerRole", &statements, None)
}

/// The SDK configuration of a function with this policy.
fn function(running: &Running, allowed: &[(&str, &str)]) -> (String, String) {
    running.stack.access_keys().issue("worker", policy(allowed))
}

#[tokio::test]
async fn dynamodb_refuses_with_its_own_error() {
    let running = start().await;
    let (id, secret) = function(&running, &[("dynamodb:GetItem", "*")]);
    let client = aws_sdk_dynamodb::Client::new(&keyed(&running.endpoints().dynamodb, &id, &secret));
    let key = AttributeValue::S("a".to_owned());
    let put = client
        .put_item()
        .table_name("prices")
        .item("PK", key.clone());
    let error = put.send().await.expect_err("not allowed");
    let response = error.raw_response().expect("an answer");
    assert_eq!(response.status().as_u16(), 400);
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let message = error.message().expect("a message");
    assert!(
        message.starts_with("User: arn:aws:sts::000000000000:assumed-role/WorkerRole/worker"),
        "{message}"
    );
    assert!(message.contains("table/prices"), "{message}");
    // What is allowed gets as far as the table, which is not there.
    let get = client.get_item().table_name("prices").key("PK", key);
    let error = get.send().await.expect_err("no table").into_service_error();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let refused = running.stack.access_keys().refusals();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0]
            .advice()
            .contains("`worker` asked for dynamodb:PutItem")
    );
}

#[tokio::test]
async fn sqs_refuses_with_its_own_error() {
    let running = start().await;
    let made = running.sqs().create_queue().queue_name("jobs").send().await;
    let url = made.expect("a queue").queue_url.expect("a URL");
    let jobs = "arn:aws:sqs:ap-northeast-2:000000000000:jobs";
    let (id, secret) = function(&running, &[("sqs:SendMessage", jobs)]);
    let client = aws_sdk_sqs::Client::new(&keyed(&running.endpoints().sqs, &id, &secret));
    let send = client.send_message().queue_url(&url).message_body("x");
    send.send().await.expect("allowed");
    let receive = client.receive_message().queue_url(&url).send().await;
    let error = receive.expect_err("not allowed");
    let response = error.raw_response().expect("an answer");
    assert_eq!(response.status().as_u16(), 403);
    let query = response.headers().get("x-amzn-query-error");
    assert_eq!(query, Some("AccessDenied;Sender"));
    // The code of the older protocol, which that header carries and the SDKs show.
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn a_secret_that_is_missing_is_forbidden_to_a_role_that_names_it_with_a_suffix_only() {
    let running = start().await;
    let secret =
        |name: &str| format!("arn:aws:secretsmanager:ap-northeast-2:000000000000:secret:{name}");
    let (suffixed, bare) = (secret("keys-??????"), secret("keys"));
    let code = async |allowed: &[(&str, &str)]| {
        let (id, key) = function(&running, allowed);
        let config = keyed(&running.endpoints().secretsmanager, &id, &key);
        let client = aws_sdk_secretsmanager::Client::new(&config);
        let got = client.get_secret_value().secret_id("keys").send().await;
        got.err().map(|error| {
            let error = error.into_service_error();
            error.code().unwrap_or_default().to_owned()
        })
    };
    let get = "secretsmanager:GetSecretValue";
    let both = [(get, suffixed.as_str()), (get, bare.as_str())];
    assert_eq!(
        code(&both[..1]).await.as_deref(),
        Some("AccessDeniedException")
    );
    assert_eq!(
        code(&both).await.as_deref(),
        Some("ResourceNotFoundException")
    );
    let create = running
        .secrets()
        .create_secret()
        .name("keys")
        .secret_string("x");
    create.send().await.expect("a secret");
    assert_eq!(code(&both[..1]).await, None);
    assert_eq!(
        code(&both[1..]).await.as_deref(),
        Some("AccessDeniedException")
    );
}

#[tokio::test]
async fn s3_refuses_with_its_own_error_and_hides_what_is_missing() {
    let (running, owner) = crate::s3::start_with_bucket().await;
    crate::s3::put(&owner, "reports/a", "contents").await;
    let client = |allowed: &[(&str, &str)]| {
        let (id, secret) = function(&running, allowed);
        aws_sdk_s3::Client::new(&keyed(&running.endpoints().s3, &id, &secret))
    };
    let reports = "arn:aws:s3:::files/reports/*";
    let get = async |client: &aws_sdk_s3::Client, key: &str| {
        let got = client.get_object().bucket("files").key(key).send().await;
        got.err().map(|error| {
            let status = error
                .raw_response()
                .map(|response| response.status().as_u16());
            let code = error
                .into_service_error()
                .code()
                .unwrap_or_default()
                .to_owned();
            (status.unwrap_or_default(), code)
        })
    };
    let denied = Some((403, "AccessDenied".to_owned()));
    let reader = client(&[("s3:GetObject", reports)]);
    assert_eq!(get(&reader, "reports/a").await, None);
    assert_eq!(get(&reader, "others/a").await, denied);
    assert_eq!(get(&reader, "reports/missing").await, denied);
    let head = reader
        .head_object()
        .bucket("files")
        .key("reports/a")
        .send()
        .await;
    assert!(head.is_ok());
    let put = reader
        .put_object()
        .bucket("files")
        .key("reports/b")
        .send()
        .await;
    let error = put.expect_err("not allowed").into_service_error();
    assert_eq!(error.code(), Some("AccessDenied"));
    let copy = reader.copy_object().bucket("files").key("reports/b");
    let copy = copy.copy_source("files/reports/a").send().await;
    assert!(copy.is_err(), "a copy also writes");
    let upload = reader
        .create_multipart_upload()
        .bucket("files")
        .key("reports/b");
    assert!(upload.send().await.is_err(), "a part also writes");

    let lister = client(&[
        ("s3:GetObject", reports),
        ("s3:ListBucket", "arn:aws:s3:::files"),
    ]);
    let missing = Some((404, "NoSuchKey".to_owned()));
    assert_eq!(get(&lister, "reports/missing").await, missing);
}

#[tokio::test]
async fn a_presigned_request_may_do_what_its_signer_may_when_it_is_used() {
    let (running, _owner) = crate::s3::start_with_bucket().await;
    let uploads = [("s3:PutObject", "arn:aws:s3:::files/uploads/*")];
    let (id, secret) = function(&running, &uploads);
    let client = aws_sdk_s3::Client::new(&keyed(&running.endpoints().s3, &id, &secret));
    let hour = PresigningConfig::expires_in(std::time::Duration::from_hours(1)).expect("a time");
    let link = async |key: &str| {
        let put = client.put_object().bucket("files").key(key);
        put.presigned(hour.clone())
            .await
            .expect("a link")
            .uri()
            .to_owned()
    };
    let (allowed, other) = (link("uploads/a").await, link("others/a").await);
    assert_eq!(send("PUT", &allowed, &[], "x").await.status, 200);
    assert_eq!(send("PUT", &other, &[], "x").await.status, 403);
    // A header that the signature does not cover would make a copy of it.
    let copy = [("x-amz-copy-source", "/files/uploads/a")];
    let copied = send("PUT", &allowed, &copy, "").await;
    assert_eq!(copied.status, 403);
    assert!(copied.body.contains("HeadersNotSigned"), "{}", copied.body);
    assert!(copied.body.contains("x-amz-copy-source"), "{}", copied.body);
    // The role loses the permission: so does the link.
    function(&running, &[]);
    assert_eq!(send("PUT", &allowed, &[], "x").await.status, 403);
}
