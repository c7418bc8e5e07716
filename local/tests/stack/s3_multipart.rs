//! Uploads in parts, through the SDK client of S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};

use crate::harness::files;
use crate::s3::{code, get, put, start_with_bucket};

/// The smallest part that is not the last.
const PART: usize = 5 * 1024 * 1024;

async fn begin(client: &Client, key: &str) -> String {
    let begun = client.create_multipart_upload().bucket("files").key(key);
    let begun = begun
        .metadata("run", "1")
        .content_type("text/plain")
        .send()
        .await;
    begun
        .expect("an upload")
        .upload_id()
        .expect("its id")
        .to_owned()
}

async fn upload(
    client: &Client,
    key: &str,
    id: &str,
    number: i32,
    bytes: Vec<u8>,
) -> CompletedPart {
    let part = client
        .upload_part()
        .bucket("files")
        .key(key)
        .upload_id(id)
        .part_number(number);
    let part = part
        .body(ByteStream::from(bytes))
        .send()
        .await
        .expect("a part");
    let completed = CompletedPart::builder().part_number(number);
    completed.set_e_tag(part.e_tag().map(str::to_owned)).build()
}

fn listed(parts: &[CompletedPart]) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts.to_vec()))
        .build()
}

#[tokio::test]
async fn parts_become_one_object() {
    let (running, client) = start_with_bucket().await;
    let key = "큰 파일.xlsx";
    let id = begin(&client, key).await;
    // Out of order, one replaced, one left out.
    let last = upload(&client, key, &id, 7, b"the end".to_vec()).await;
    upload(&client, key, &id, 2, b"replaced".to_vec()).await;
    upload(&client, key, &id, 5, b"left out".to_vec()).await;
    let first = upload(&client, key, &id, 2, vec![b'x'; PART]).await;

    let so_far = client
        .list_parts()
        .bucket("files")
        .key(key)
        .upload_id(&id)
        .max_parts(2);
    let so_far = so_far.send().await.expect("the parts");
    let numbers: Vec<_> = so_far
        .parts()
        .iter()
        .map(aws_sdk_s3::types::Part::part_number)
        .collect();
    assert_eq!(numbers, [Some(2), Some(5)]);
    assert_eq!(so_far.is_truncated(), Some(true));
    let uploads = client
        .list_multipart_uploads()
        .bucket("files")
        .send()
        .await
        .expect("uploads");
    assert_eq!(uploads.uploads()[0].key(), Some(key));
    let unfinished = client.get_object().bucket("files").key(key).send().await;
    assert_eq!(code(unfinished), "NoSuchKey");

    let complete = client
        .complete_multipart_upload()
        .bucket("files")
        .key(key)
        .upload_id(&id);
    let complete = complete.multipart_upload(listed(&[first, last]));
    let completed = complete.clone().send().await.expect("an object");
    let etag = completed.e_tag().expect("an ETag");
    assert!(etag.ends_with("-2\""), "{etag}");
    let object = client
        .get_object()
        .bucket("files")
        .key(key)
        .send()
        .await
        .expect("the object");
    assert_eq!(object.metadata().expect("metadata")["run"], "1");
    assert_eq!(object.content_type(), Some("text/plain"));
    let bytes = object.body.collect().await.expect("contents").to_vec();
    assert_eq!(bytes.len(), PART + 7);
    assert!(bytes.ends_with(b"xthe end"));
    let across = client.get_object().bucket("files").key(key);
    let across = across
        .range(format!("bytes={}-{}", PART - 2, PART + 2))
        .send()
        .await;
    let across = across
        .expect("a range")
        .body
        .collect()
        .await
        .expect("contents")
        .to_vec();
    assert_eq!(across, b"xxthe");
    let part = client
        .get_object()
        .bucket("files")
        .key(key)
        .part_number(2)
        .send()
        .await;
    let part = part.expect("a part");
    assert_eq!(part.parts_count(), Some(2));
    assert_eq!(
        part.body.collect().await.expect("contents").to_vec(),
        b"the end"
    );
    assert_eq!(files(&running), 2, "replaced and left out parts are gone");
    assert_eq!(code(complete.send().await), "NoSuchUpload");
}

#[tokio::test]
async fn an_upload_in_progress_survives_a_restart() {
    let (running, client) = start_with_bucket().await;
    let id = begin(&client, "key").await;
    let first = upload(&client, "key", &id, 1, vec![b'x'; PART]).await;
    let running = running.restart().await;
    let client = running.s3();
    let last = upload(&client, "key", &id, 2, b"end".to_vec()).await;
    let complete = client
        .complete_multipart_upload()
        .bucket("files")
        .key("key")
        .upload_id(&id);
    complete
        .multipart_upload(listed(&[first, last]))
        .send()
        .await
        .expect("an object");
    assert!(get(&client, "key").await.ends_with("xend"));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let (running, client) = start_with_bucket().await;
    let id = begin(&client, "key").await;
    upload(&client, "key", &id, 1, b"part".to_vec()).await;
    let abort = client
        .abort_multipart_upload()
        .bucket("files")
        .key("key")
        .upload_id(&id);
    abort.clone().send().await.expect("it is over");
    assert_eq!(files(&running), 0);
    assert_eq!(code(abort.send().await), "NoSuchUpload");
    let late = client
        .upload_part()
        .bucket("files")
        .key("key")
        .upload_id(&id)
        .part_number(1);
    let late = late.body(ByteStream::from_static(b"late")).send().await;
    assert_eq!(code(late), "NoSuchUpload");
}

#[tokio::test]
async fn a_wrong_list_of_parts_is_refused() {
    let (_running, client) = start_with_bucket().await;
    let id = begin(&client, "key").await;
    let small = upload(&client, "key", &id, 1, b"small".to_vec()).await;
    let last = upload(&client, "key", &id, 2, b"last".to_vec()).await;
    let unknown = CompletedPart::builder()
        .part_number(3)
        .e_tag("\"abc\"")
        .build();
    let other_etag = CompletedPart::builder()
        .part_number(1)
        .e_tag("\"abc\"")
        .build();
    for (parts, expected) in [
        (vec![last.clone(), small.clone()], "InvalidPartOrder"),
        (vec![small.clone(), unknown], "InvalidPart"),
        (vec![other_etag, last.clone()], "InvalidPart"),
        (vec![small, last], "EntityTooSmall"),
        (vec![], "MalformedXML"),
    ] {
        let complete = client
            .complete_multipart_upload()
            .bucket("files")
            .key("key")
            .upload_id(&id);
        let refused = complete.multipart_upload(listed(&parts)).send().await;
        assert_eq!(code(refused), expected);
    }
    let number = client
        .upload_part()
        .bucket("files")
        .key("key")
        .upload_id(&id)
        .part_number(10_001);
    assert_eq!(code(number.send().await), "InvalidArgument");
}

#[tokio::test]
async fn only_one_of_sixteen_racing_uploads_creates_an_object() {
    let (running, client) = start_with_bucket().await;
    let uploads = (0..16).map(|writer| {
        let client = client.clone();
        tokio::spawn(async move {
            let id = begin(&client, "once").await;
            let part = upload(&client, "once", &id, 1, format!("writer {writer}").into()).await;
            let complete = client
                .complete_multipart_upload()
                .bucket("files")
                .key("once");
            let complete = complete.upload_id(&id).multipart_upload(listed(&[part]));
            match complete.if_none_match("*").send().await {
                Ok(_) => Some(writer),
                Err(error) => {
                    let error = error.into_service_error();
                    assert_eq!(error.meta().code(), Some("PreconditionFailed"));
                    let abort = client.abort_multipart_upload().bucket("files").key("once");
                    abort
                        .upload_id(&id)
                        .send()
                        .await
                        .expect("it can still be aborted");
                    None
                }
            }
        })
    });
    let mut winners = Vec::new();
    for upload in uploads.collect::<Vec<_>>() {
        winners.extend(upload.await.expect("an answer"));
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(get(&client, "once").await, format!("writer {}", winners[0]));
    assert_eq!(files(&running), 1);
}

#[tokio::test]
async fn an_upload_in_parts_has_a_checksum_of_the_whole_or_of_the_parts() {
    let (_running, client) = start_with_bucket().await;
    for (algorithm, kind, expected) in [
        (ChecksumAlgorithm::Crc32, ChecksumType::FullObject, None),
        (
            ChecksumAlgorithm::Crc32,
            ChecksumType::Composite,
            Some("-1"),
        ),
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject, None),
        (
            ChecksumAlgorithm::Sha256,
            ChecksumType::Composite,
            Some("-1"),
        ),
    ] {
        let begun = client.create_multipart_upload().bucket("files").key("key");
        let begun = begun
            .checksum_algorithm(algorithm.clone())
            .checksum_type(kind.clone());
        let begun = begun.send().await.expect("an upload");
        let id = begun.upload_id().expect("its id");
        let part = client
            .upload_part()
            .bucket("files")
            .key("key")
            .upload_id(id)
            .part_number(1);
        let part = part.checksum_algorithm(algorithm.clone());
        let part = part
            .body(ByteStream::from_static(b"hello world"))
            .send()
            .await
            .expect("a part");
        let completed = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag().map(str::to_owned))
            .set_checksum_crc32(part.checksum_crc32().map(str::to_owned))
            .set_checksum_crc64_nvme(part.checksum_crc64_nvme().map(str::to_owned))
            .set_checksum_sha256(part.checksum_sha256().map(str::to_owned))
            .build();
        let complete = client
            .complete_multipart_upload()
            .bucket("files")
            .key("key")
            .upload_id(id);
        complete
            .multipart_upload(listed(&[completed]))
            .send()
            .await
            .expect("an object");
        let head = client.head_object().bucket("files").key("key");
        let head = head
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .expect("the head");
        assert_eq!(head.checksum_type(), Some(&kind));
        let told = match algorithm {
            ChecksumAlgorithm::Crc32 => head.checksum_crc32(),
            ChecksumAlgorithm::Sha256 => head.checksum_sha256(),
            _ => head.checksum_crc64_nvme(),
        };
        let told = told.expect("a checksum");
        match (expected, &algorithm) {
            (Some(ending), _) => assert!(told.ends_with(ending), "{told}"),
            (None, ChecksumAlgorithm::Crc32) => assert_eq!(told, "DUoRhQ=="),
            (None, _) => assert_eq!(told, "jSnVw/bqjr4="),
        }
        assert_eq!(get(&client, "key").await, "hello world");
    }
}

#[tokio::test]
async fn a_bucket_with_an_upload_in_progress_can_be_deleted() {
    let (running, client) = start_with_bucket().await;
    let id = begin(&client, "key").await;
    upload(&client, "key", &id, 1, b"part".to_vec()).await;
    put(&client, "other", "contents").await;
    client
        .delete_object()
        .bucket("files")
        .key("other")
        .send()
        .await
        .expect("deleted");
    client
        .delete_bucket()
        .bucket("files")
        .send()
        .await
        .expect("deleted");
    assert_eq!(files(&running), 0);
}
