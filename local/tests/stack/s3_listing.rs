//! Listings of S3, and deleting what they list.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::harness::files;
use crate::s3::{code, put, start_with_bucket};

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
