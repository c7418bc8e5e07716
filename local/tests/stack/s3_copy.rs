//! Copies within S3.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::MetadataDirective;

use crate::s3::{code, start_with_bucket};

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
