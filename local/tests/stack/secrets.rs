//! Secrets Manager through its SDK client.

use std::os::unix::fs::PermissionsExt;

use aws_sdk_secretsmanager::primitives::Blob;

use crate::harness::start;

#[tokio::test]
async fn a_secret_has_a_current_and_a_previous_value() {
    let running = start().await;
    let client = running.secrets();
    let created = client
        .create_secret()
        .name("pricetide/api-token")
        .description("The bearer token")
        .secret_string("first")
        .send()
        .await
        .expect("a secret");
    let arn = created.arn().expect("an ARN").to_owned();
    assert!(arn.starts_with(
        "arn:aws:secretsmanager:ap-northeast-2:000000000000:secret:pricetide/api-token-"
    ));

    let put = client
        .put_secret_value()
        .secret_id(&arn)
        .secret_string("second");
    let put = put.send().await.expect("a new value");
    assert_ne!(put.version_id(), created.version_id());
    for (id, stage, expected) in [
        ("pricetide/api-token", None, "second"),
        (arn.as_str(), Some("AWSCURRENT"), "second"),
        (&arn[..arn.len() - 7], Some("AWSPREVIOUS"), "first"),
    ] {
        let get = client.get_secret_value().secret_id(id);
        let value = get
            .set_version_stage(stage.map(str::to_owned))
            .send()
            .await
            .expect("a value");
        assert_eq!(value.secret_string(), Some(expected));
    }
    let described = client
        .describe_secret()
        .secret_id(&arn)
        .send()
        .await
        .expect("a description");
    assert_eq!(described.description(), Some("The bearer token"));
    assert_eq!(
        described.version_ids_to_stages().expect("versions").len(),
        2
    );
}

#[tokio::test]
async fn a_binary_secret_keeps_its_bytes() {
    let running = start().await;
    let client = running.secrets();
    let bytes = Blob::new([0, 159, 146, 150]);
    let create = client
        .create_secret()
        .name("binary")
        .secret_binary(bytes.clone());
    create.send().await.expect("a secret");
    let value = client
        .get_secret_value()
        .secret_id("binary")
        .send()
        .await
        .expect("a value");
    assert_eq!(value.secret_binary(), Some(&bytes));
}

#[tokio::test]
async fn an_unknown_or_taken_name_is_told() {
    let running = start().await;
    let client = running.secrets();
    let missing = client.get_secret_value().secret_id("nobody").send().await;
    let missing = missing.expect_err("no such secret").into_service_error();
    assert!(missing.is_resource_not_found_exception());
    let create = || client.create_secret().name("once").secret_string("value");
    create().send().await.expect("a secret");
    let again = create()
        .send()
        .await
        .expect_err("the name is taken")
        .into_service_error();
    assert!(again.is_resource_exists_exception());
}

#[tokio::test]
async fn the_same_request_sent_again_changes_nothing() {
    let running = start().await;
    let client = running.secrets();
    let token = "0123456789abcdef0123456789abcdef";
    let create = |value| {
        let create = client
            .create_secret()
            .name("once")
            .client_request_token(token);
        create.secret_string(value)
    };
    let first = create("value").send().await.expect("a secret");
    let second = create("value").send().await.expect("the same secret");
    assert_eq!(first.arn(), second.arn());
    let other = create("another")
        .send()
        .await
        .expect_err("not the same")
        .into_service_error();
    assert!(other.is_resource_exists_exception());
}

#[tokio::test]
async fn a_deleted_secret_can_be_restored_until_its_deletion_is_forced() {
    let running = start().await;
    let client = running.secrets();
    client
        .create_secret()
        .name("going")
        .secret_string("value")
        .send()
        .await
        .expect("a secret");
    client
        .delete_secret()
        .secret_id("going")
        .send()
        .await
        .expect("a deletion");
    let get = client.get_secret_value().secret_id("going");
    let marked = get
        .clone()
        .send()
        .await
        .expect_err("it is marked")
        .into_service_error();
    assert!(marked.is_invalid_request_exception(), "{marked:?}");
    let listed = client.list_secrets().send().await.expect("a list");
    assert!(listed.secret_list().is_empty());

    client
        .restore_secret()
        .secret_id("going")
        .send()
        .await
        .expect("it is back");
    assert_eq!(
        get.clone().send().await.expect("a value").secret_string(),
        Some("value")
    );
    let listed = client.list_secrets().send().await.expect("a list");
    assert_eq!(listed.secret_list()[0].name(), Some("going"));

    let force = client
        .delete_secret()
        .secret_id("going")
        .force_delete_without_recovery(true);
    force.send().await.expect("it is gone");
    let gone = get
        .send()
        .await
        .expect_err("it is gone")
        .into_service_error();
    assert!(gone.is_resource_not_found_exception());
}

#[tokio::test]
async fn secrets_survive_a_restart_in_a_file_of_their_owner() {
    let running = start().await;
    let create = running
        .secrets()
        .create_secret()
        .name("kept")
        .secret_string("value");
    create.send().await.expect("a secret");
    for file in ["secrets.sqlite", "secrets.sqlite-wal"] {
        let mode = running
            .dir
            .path()
            .join(file)
            .metadata()
            .expect("the file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let running = running.restart().await;
    let value = running
        .secrets()
        .get_secret_value()
        .secret_id("kept")
        .send()
        .await;
    assert_eq!(value.expect("a value").secret_string(), Some("value"));
}
