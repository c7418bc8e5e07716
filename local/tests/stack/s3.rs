//! S3 through its SDK client: buckets, objects, keys, conditions, listings.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, EncodingType};

use crate::harness::{Running, files, start};

/// Starts a stack with the bucket `files`.
pub(crate) async fn start_with_bucket() -> (Running, Client) {
    let running = start().await;
    let client = running.s3();
    client
        .create_bucket()
        .bucket("files")
        .send()
        .await
        .expect("a bucket");
    (running, client)
}

pub(crate) async fn put(client: &Client, key: &str, contents: &str) -> String {
    let body = ByteStream::from(contents.as_bytes().to_vec());
    let put = client.put_object().bucket("files").key(key).body(body);
    let put = put.send().await.expect("the object is stored");
    put.e_tag().expect("an ETag").to_owned()
}

pub(crate) async fn get(client: &Client, key: &str) -> String {
    let object = client.get_object().bucket("files").key(key).send().await;
    let object = object.unwrap_or_else(|error| panic!("{key}: {error:?}"));
    let bytes = object.body.collect().await.expect("its contents").to_vec();
    String::from_utf8(bytes).expect("text")
}

/// The code of a service's refusal.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(
    result: Result<T, aws_sdk_s3::error::SdkError<E>>,
) -> String {
    match result.expect_err("refused") {
        aws_sdk_s3::error::SdkError::ServiceError(error) => {
            error.err().code().unwrap_or("none").to_owned()
        }
        other => panic!("no answer of the service: {other}"),
    }
}

fn status<T: std::fmt::Debug, E: std::fmt::Debug>(
    result: Result<T, aws_sdk_s3::error::SdkError<E>>,
) -> u16 {
    let error = result.expect_err("refused");
    error.raw_response().expect("an answer").status().as_u16()
}

#[tokio::test]
async fn buckets_are_created_listed_and_deleted_when_empty() {
    let (_running, client) = start_with_bucket().await;
    let again = client.create_bucket().bucket("files").send().await;
    assert_eq!(code(again), "BucketAlreadyOwnedByYou");
    client
        .create_bucket()
        .bucket("inbox")
        .send()
        .await
        .expect("a bucket");
    let listed = client.list_buckets().send().await.expect("buckets");
    let names: Vec<_> = listed
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, ["files", "inbox"]);
    let location = client
        .get_bucket_location()
        .bucket("files")
        .send()
        .await
        .expect("a location");
    assert_eq!(
        location.location_constraint().expect("a region").as_str(),
        "ap-northeast-2"
    );
    client
        .head_bucket()
        .bucket("files")
        .send()
        .await
        .expect("it is there");
    assert_eq!(
        status(client.head_bucket().bucket("nobody").send().await),
        404
    );

    put(&client, "key", "contents").await;
    let delete = || client.delete_bucket().bucket("files").send();
    assert_eq!(code(delete().await), "BucketNotEmpty");
    client
        .delete_object()
        .bucket("files")
        .key("key")
        .send()
        .await
        .expect("it is gone");
    delete().await.expect("it is gone");
    let put = client.put_object().bucket("files").key("key").send().await;
    assert_eq!(code(put), "NoSuchBucket");
}

#[tokio::test]
async fn an_object_keeps_what_it_was_stored_with() {
    let (running, client) = start_with_bucket().await;
    let disposition = "attachment; filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.xlsx";
    client
        .put_object()
        .bucket("files")
        .key("reports/보고서.xlsx")
        .body(ByteStream::from_static(b"contents"))
        .content_type("application/vnd.ms-excel")
        .content_disposition(disposition)
        .content_language("ko")
        .cache_control("max-age=60")
        .expires(DateTime::from_secs(2_000_000_000))
        .metadata("run", "RUN#1")
        .send()
        .await
        .expect("stored");
    let running = running.restart().await;
    let client = running.s3();
    let object = client
        .get_object()
        .bucket("files")
        .key("reports/보고서.xlsx");
    let object = object.send().await.expect("the object");
    assert_eq!(object.content_type(), Some("application/vnd.ms-excel"));
    assert_eq!(object.content_disposition(), Some(disposition));
    assert_eq!(object.content_language(), Some("ko"));
    assert_eq!(object.cache_control(), Some("max-age=60"));
    assert_eq!(
        object.expires_string(),
        Some("Wed, 18 May 2033 03:33:20 GMT")
    );
    assert_eq!(
        object.metadata(),
        Some(&HashMap::from([("run".into(), "RUN#1".into())]))
    );
    assert_eq!(object.content_length(), Some(8));
    assert_eq!(object.e_tag(), Some("\"98bf7d8c15784f0a3d63204441e1e2aa\""));
    assert_eq!(
        object.content_encoding(),
        None,
        "aws-chunked is not the object's encoding"
    );
    let head = client
        .head_object()
        .bucket("files")
        .key("reports/보고서.xlsx");
    let head = head.send().await.expect("the head");
    assert_eq!(head.e_tag(), object.e_tag());
    assert_eq!(head.content_disposition(), Some(disposition));
    assert_eq!(head.metadata(), object.metadata());
}

#[tokio::test]
async fn any_key_works() {
    let (_running, client) = start_with_bucket().await;
    let longest = format!("{}ab", "가격표".repeat(113)) + "12345";
    assert_eq!(longest.len(), 1024);
    let keys = [
        longest.as_str(),
        "x",
        "x/y",
        "x/y/",
        "a//b",
        "/leading",
        "한글 키 + 공백.xlsx",
        "100%25?query#hash&a=b",
        "quote\"'<>&\\",
        "..",
        "a/../b",
    ];
    for key in keys {
        put(&client, key, &format!("contents of {key}")).await;
    }
    for key in keys {
        assert_eq!(get(&client, key).await, format!("contents of {key}"));
    }
    let listed = client
        .list_objects_v2()
        .bucket("files")
        .encoding_type(EncodingType::Url);
    let listed = listed.send().await.expect("keys");
    assert_eq!(listed.contents().len(), keys.len());
    let plain = client
        .list_objects_v2()
        .bucket("files")
        .send()
        .await
        .expect("keys");
    let mut found: Vec<&str> = plain
        .contents()
        .iter()
        .filter_map(|object| object.key())
        .collect();
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "in the order of their bytes");
    for key in keys {
        client
            .delete_object()
            .bucket("files")
            .key(key)
            .send()
            .await
            .expect("deleted");
    }
    found.clear();
    let empty = client
        .list_objects_v2()
        .bucket("files")
        .send()
        .await
        .expect("no keys");
    assert!(empty.contents().is_empty());
    let too_long = client
        .put_object()
        .bucket("files")
        .key(longest.clone() + "x")
        .send()
        .await;
    assert_eq!(code(too_long), "KeyTooLongError");
}

#[tokio::test]
async fn only_one_of_sixteen_racing_writers_creates_an_object() {
    let (_running, client) = start_with_bucket().await;
    let writers = (0..16).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            let body = ByteStream::from(format!("writer {writer}").into_bytes());
            let put = client.put_object().bucket("files").key("once").body(body);
            match put.if_none_match("*").send().await {
                Ok(_) => Some(writer),
                Err(error) => {
                    assert_eq!(
                        error.into_service_error().code(),
                        Some("PreconditionFailed")
                    );
                    None
                }
            }
        })
    });
    let mut winners = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        winners.extend(writer.await.expect("an answer"));
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(get(&client, "once").await, format!("writer {}", winners[0]));
}

#[tokio::test]
async fn if_match_replaces_only_what_was_seen() {
    let (_running, client) = start_with_bucket().await;
    let first = put(&client, "key", "first").await;
    let second = put(&client, "key", "second").await;
    let replace = |etag: &str| {
        let put = client
            .put_object()
            .bucket("files")
            .key("key")
            .if_match(etag);
        put.body(ByteStream::from_static(b"third")).send()
    };
    assert_eq!(code(replace(&first).await), "PreconditionFailed");
    assert_eq!(get(&client, "key").await, "second");
    replace(&second).await.expect("it is what was seen");
    assert_eq!(get(&client, "key").await, "third");
    let missing = client
        .put_object()
        .bucket("files")
        .key("missing")
        .if_match(&first);
    assert_eq!(code(missing.send().await), "NoSuchKey");
    let delete = client
        .delete_object()
        .bucket("files")
        .key("key")
        .if_match(&first);
    assert_eq!(code(delete.send().await), "PreconditionFailed");
}

#[tokio::test]
async fn a_conditional_read_is_not_modified_or_refused() {
    let (_running, client) = start_with_bucket().await;
    let etag = put(&client, "key", "contents").await;
    let get = || client.get_object().bucket("files").key("key");
    assert_eq!(status(get().if_none_match(&etag).send().await), 304);
    assert_eq!(status(get().if_match("\"other\"").send().await), 412);
    get()
        .if_match(&etag)
        .if_none_match("\"other\"")
        .send()
        .await
        .expect("the object");
    let (past, future) = (
        DateTime::from_secs(1_000_000_000),
        DateTime::from_secs(4_000_000_000),
    );
    assert_eq!(status(get().if_modified_since(future).send().await), 304);
    assert_eq!(status(get().if_unmodified_since(past).send().await), 412);
    get()
        .if_modified_since(past)
        .if_unmodified_since(future)
        .send()
        .await
        .expect("the object");
    let head = client
        .head_object()
        .bucket("files")
        .key("key")
        .if_none_match(&etag);
    assert_eq!(status(head.send().await), 304);
    assert_eq!(
        status(client.get_object().bucket("files").key("none").send().await),
        404
    );
}

#[tokio::test]
async fn a_range_is_a_part_of_the_object() {
    let (_running, client) = start_with_bucket().await;
    let contents: String =
        (0..60_000).fold(String::new(), |all, number| all + &format!("{number:05}"));
    put(&client, "key", &contents).await;
    for (range, expected, shown) in [
        ("bytes=0-4", &contents[..5], "bytes 0-4/300000"),
        (
            "bytes=131070-131080",
            &contents[131_070..131_081],
            "bytes 131070-131080/300000",
        ),
        (
            "bytes=299995-",
            &contents[299_995..],
            "bytes 299995-299999/300000",
        ),
        (
            "bytes=-5",
            &contents[299_995..],
            "bytes 299995-299999/300000",
        ),
        (
            "bytes=299998-999999",
            &contents[299_998..],
            "bytes 299998-299999/300000",
        ),
        ("bytes=0-", &contents[..], "bytes 0-299999/300000"),
    ] {
        let object = client
            .get_object()
            .bucket("files")
            .key("key")
            .range(range)
            .send()
            .await;
        let object = object.expect("a part");
        assert_eq!(object.content_range(), Some(shown));
        let bytes = object.body.collect().await.expect("its contents").to_vec();
        assert!(bytes == expected.as_bytes(), "{range}");
    }
    let beyond = client
        .get_object()
        .bucket("files")
        .key("key")
        .range("bytes=300000-")
        .send()
        .await;
    assert_eq!(code(beyond), "InvalidRange");
    put(&client, "empty", "").await;
    assert_eq!(get(&client, "empty").await, "");
}

#[tokio::test]
async fn checksums_are_checked_kept_and_told() {
    let (_running, client) = start_with_bucket().await;
    for (algorithm, expected) in [
        (ChecksumAlgorithm::Crc32, "DUoRhQ=="),
        (ChecksumAlgorithm::Crc32C, "yZRlqg=="),
        (ChecksumAlgorithm::Sha1, "Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        (
            ChecksumAlgorithm::Sha256,
            "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
        ),
        (ChecksumAlgorithm::Crc64Nvme, "jSnVw/bqjr4="),
    ] {
        let put = client.put_object().bucket("files").key("key");
        let put = put.body(ByteStream::from_static(b"hello world"));
        put.checksum_algorithm(algorithm.clone())
            .send()
            .await
            .expect("stored");
        let head = client.head_object().bucket("files").key("key");
        let head = head
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .expect("the head");
        let told = match algorithm {
            ChecksumAlgorithm::Crc32 => head.checksum_crc32(),
            ChecksumAlgorithm::Crc32C => head.checksum_crc32_c(),
            ChecksumAlgorithm::Sha1 => head.checksum_sha1(),
            ChecksumAlgorithm::Sha256 => head.checksum_sha256(),
            _ => head.checksum_crc64_nvme(),
        };
        assert_eq!(told, Some(expected), "{algorithm:?}");
        assert_eq!(get(&client, "key").await, "hello world");
    }
    let wrong = client.put_object().bucket("files").key("wrong");
    let wrong = wrong
        .body(ByteStream::from_static(b"hello world"))
        .checksum_crc32("AAAAAA==");
    assert_eq!(code(wrong.send().await), "BadDigest");
    let wrong = client.put_object().bucket("files").key("wrong");
    let wrong = wrong
        .body(ByteStream::from_static(b"hello"))
        .content_md5("XrY7u+Ae7tCTyyK7j1rNww==");
    assert_eq!(code(wrong.send().await), "BadDigest");
    assert_eq!(
        status(
            client
                .head_object()
                .bucket("files")
                .key("wrong")
                .send()
                .await
        ),
        404
    );
}

#[tokio::test]
async fn an_object_can_be_replaced_while_it_is_read() {
    let (running, client) = start_with_bucket().await;
    let old = "old ".repeat(500_000);
    put(&client, "key", &old).await;
    let reading = client
        .get_object()
        .bucket("files")
        .key("key")
        .send()
        .await
        .expect("an object");
    put(&client, "key", "new").await;
    client
        .delete_object()
        .bucket("files")
        .key("key")
        .send()
        .await
        .expect("gone");
    let bytes = reading
        .body
        .collect()
        .await
        .expect("the old contents")
        .to_vec();
    assert!(bytes == old.as_bytes());
    for _ in 0..100 {
        if files(&running) == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the last reader left a file behind");
}

#[tokio::test]
async fn files_that_belong_to_no_object_go_at_the_next_start() {
    let (running, client) = start_with_bucket().await;
    put(&client, "key", "contents").await;
    let orphan = running
        .dir
        .path()
        .join("objects/00/00112233445566778899aabbccddeeff");
    std::fs::write(&orphan, "half an upload").expect("a file");
    let running = running.restart().await;
    assert!(!orphan.exists());
    assert_eq!(get(&running.s3(), "key").await, "contents");
}

#[tokio::test]
async fn what_is_not_supported_is_refused() {
    let (_running, client) = start_with_bucket().await;
    let tagged = client
        .put_object()
        .bucket("files")
        .key("key")
        .tagging("a=b")
        .send()
        .await;
    assert_eq!(code(tagged), "NotImplemented");
    let policy = client
        .put_bucket_policy()
        .bucket("files")
        .policy("{}")
        .send()
        .await;
    assert_eq!(code(policy), "NotImplemented");
    let version = client
        .get_object()
        .bucket("files")
        .key("key")
        .version_id("1")
        .send()
        .await;
    assert_eq!(code(version), "NoSuchVersion");
}
