//! S3 through its SDK client: buckets, objects, keys, conditions, listings.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, Delete, EncodingType, MetadataDirective, ObjectIdentifier,
};

use crate::harness::{Running, start};

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
async fn a_copy_outlives_its_source_and_can_take_new_metadata() {
    let (_running, client) = start_with_bucket().await;
    client
        .create_bucket()
        .bucket("other")
        .send()
        .await
        .expect("a bucket");
    let put = client
        .put_object()
        .bucket("files")
        .key("원본 +.xlsx")
        .metadata("run", "1");
    let put = put
        .content_type("text/plain")
        .body(ByteStream::from_static(b"contents"));
    let etag = put
        .send()
        .await
        .expect("stored")
        .e_tag()
        .expect("an ETag")
        .to_owned();
    let source = format!("files/{}", url_encode("원본 +.xlsx"));
    let copy = client
        .copy_object()
        .bucket("other")
        .key("copy")
        .copy_source(&source);
    let copied = copy.send().await.expect("a copy");
    let result = copied.copy_object_result().expect("a result");
    assert_eq!(result.e_tag(), Some(etag.as_str()));
    let replaced = client
        .copy_object()
        .bucket("other")
        .key("replaced")
        .copy_source(&source);
    let replaced = replaced
        .metadata_directive(MetadataDirective::Replace)
        .metadata("run", "2");
    replaced.send().await.expect("a copy");

    client
        .delete_object()
        .bucket("files")
        .key("원본 +.xlsx")
        .send()
        .await
        .expect("gone");
    for (key, run, kind) in [
        ("copy", "1", "text/plain"),
        ("replaced", "2", "binary/octet-stream"),
    ] {
        let object = client
            .get_object()
            .bucket("other")
            .key(key)
            .send()
            .await
            .expect("the copy");
        assert_eq!(object.metadata().expect("metadata")["run"], run);
        assert_eq!(object.content_type(), Some(kind));
        assert_eq!(
            object.body.collect().await.expect("contents").to_vec(),
            b"contents"
        );
    }
    let itself = client
        .copy_object()
        .bucket("other")
        .key("copy")
        .copy_source("other/copy");
    assert_eq!(code(itself.send().await), "InvalidRequest");
    let condition = client
        .copy_object()
        .bucket("other")
        .key("x")
        .copy_source("other/copy");
    let condition = condition.copy_source_if_none_match(&etag).send().await;
    assert_eq!(code(condition), "PreconditionFailed");
    let missing = client
        .copy_object()
        .bucket("other")
        .key("x")
        .copy_source("files/none");
    assert_eq!(code(missing.send().await), "NoSuchKey");
}

fn url_encode(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| all + &format!("%{byte:02X}"))
}

#[tokio::test]
async fn listings_have_prefixes_delimiters_and_pages() {
    let (_running, client) = start_with_bucket().await;
    let keys = [
        "a.txt",
        "reports/2026-11-20.xlsx",
        "reports/2026-11-21.xlsx",
        "reports/daily/1",
        "reports/daily/2",
        "reports/weekly/1",
        "uploads/가격/1.xlsx",
        "uploads/가격/2.xlsx",
        "z.txt",
    ];
    for key in keys {
        put(&client, key, key).await;
    }
    let list = || client.list_objects_v2().bucket("files");
    let top = list().delimiter("/").send().await.expect("a page");
    assert_eq!(names(&top), ["a.txt", "z.txt", "reports/", "uploads/"]);
    assert_eq!(top.key_count(), Some(4));
    let reports = list()
        .prefix("reports/")
        .delimiter("/")
        .send()
        .await
        .expect("a page");
    assert_eq!(
        names(&reports),
        [
            "reports/2026-11-20.xlsx",
            "reports/2026-11-21.xlsx",
            "reports/daily/",
            "reports/weekly/"
        ]
    );
    let from = list()
        .prefix("uploads/가")
        .start_after("uploads/가격/1.xlsx");
    assert_eq!(
        names(&from.send().await.expect("a page")),
        ["uploads/가격/2.xlsx"]
    );

    for size in 1..5 {
        for delimiter in [None, Some("/")] {
            let mut found = Vec::new();
            let mut token = None;
            loop {
                let page = list()
                    .set_delimiter(delimiter.map(str::to_owned))
                    .max_keys(size);
                let page = page
                    .set_continuation_token(token)
                    .send()
                    .await
                    .expect("a page");
                let on_page = names(&page);
                assert!(on_page.len() <= usize::try_from(size).expect("a size"));
                found.extend(on_page);
                token = page.next_continuation_token().map(str::to_owned);
                assert_eq!(page.is_truncated(), Some(token.is_some()));
                if token.is_none() {
                    break;
                }
            }
            found.sort();
            let expected = match delimiter {
                None => keys.to_vec(),
                Some(_) => vec!["a.txt", "reports/", "uploads/", "z.txt"],
            };
            assert_eq!(found, expected, "pages of {size}");
        }
    }

    let first = client
        .list_objects()
        .bucket("files")
        .delimiter("/")
        .max_keys(2);
    let first = first.send().await.expect("a page");
    assert_eq!(first.is_truncated(), Some(true));
    assert_eq!(first.next_marker(), Some("reports/"));
    let second = client
        .list_objects()
        .bucket("files")
        .delimiter("/")
        .marker("reports/");
    let second = second.send().await.expect("a page");
    assert_eq!(second.contents()[0].key(), Some("z.txt"));
    assert_eq!(second.common_prefixes()[0].prefix(), Some("uploads/"));

    let wrong = list().continuation_token("not a token!").send().await;
    assert_eq!(code(wrong), "InvalidArgument");
}

fn names(page: &aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output) -> Vec<String> {
    let keys = page.contents().iter().filter_map(|object| object.key());
    let prefixes = page
        .common_prefixes()
        .iter()
        .filter_map(|prefix| prefix.prefix());
    keys.chain(prefixes).map(str::to_owned).collect()
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let (running, client) = start_with_bucket().await;
    for key in ["a", "b", "가 +"] {
        put(&client, key, "contents").await;
    }
    let objects = ["a", "가 +", "was never there"].map(|key| {
        ObjectIdentifier::builder()
            .key(key)
            .build()
            .expect("an identifier")
    });
    let delete = Delete::builder()
        .set_objects(Some(objects.to_vec()))
        .build()
        .expect("a list");
    let deleted = client
        .delete_objects()
        .bucket("files")
        .delete(delete)
        .send()
        .await;
    let deleted = deleted.expect("an answer");
    assert_eq!(
        deleted.deleted().len(),
        3,
        "what is not there counts as deleted"
    );
    assert!(deleted.errors().is_empty());
    let left = client
        .list_objects_v2()
        .bucket("files")
        .send()
        .await
        .expect("keys");
    assert_eq!(names(&left), ["b"]);
    assert_eq!(files(&running), 1, "the files of deleted objects are gone");
}

/// How many files of objects there are.
pub(crate) fn files(running: &Running) -> usize {
    let folders = running
        .dir
        .path()
        .join("objects")
        .read_dir()
        .expect("the objects");
    let folders = folders.map(|folder| folder.expect("a folder").path());
    folders
        .map(|folder| folder.read_dir().expect("a folder").count())
        .sum()
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
