//! Every created object is an event, until the event is done.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local::stack::{ObjectCreated, ObjectEvents};

use crate::s3::{put, start_with_bucket};

async fn next(events: &ObjectEvents) -> ObjectCreated {
    let next = tokio::time::timeout(Duration::from_secs(5), events.next()).await;
    next.expect("an event")
}

async fn assert_no_more(events: &ObjectEvents) {
    let next = tokio::time::timeout(Duration::from_millis(200), events.next()).await;
    assert!(next.is_err(), "{next:?}");
}

#[tokio::test]
async fn every_way_to_create_an_object_is_an_event() {
    let (running, client) = start_with_bucket().await;
    let events = running.events();
    let waiting = {
        let events = events.clone();
        tokio::spawn(async move { next(&events).await })
    };
    let etag = put(&client, "uploads/가격 +.xlsx", "contents").await;
    let event = waiting.await.expect("an event");
    assert_eq!(event.name, "ObjectCreated:Put");
    assert_eq!(event.bucket, "files");
    assert_eq!(event.key, "uploads/가격 +.xlsx");
    assert_eq!(event.size, 8);
    assert_eq!(format!("\"{}\"", event.etag), etag);
    let age = jiff::Timestamp::now().duration_since(event.time);
    assert!(
        age.unsigned_abs() < Duration::from_mins(1),
        "{}",
        event.time
    );

    let copy = client.copy_object().bucket("files").key("copy");
    copy.copy_source("files/uploads/%EA%B0%80%EA%B2%A9%20%2B.xlsx")
        .send()
        .await
        .expect("a copy");
    let copied = next(&events).await;
    assert_eq!(
        (copied.name.as_str(), copied.key.as_str()),
        ("ObjectCreated:Copy", "copy")
    );

    let begun = client
        .create_multipart_upload()
        .bucket("files")
        .key("large")
        .send()
        .await;
    let id = begun
        .expect("an upload")
        .upload_id()
        .expect("its id")
        .to_owned();
    let part = client
        .upload_part()
        .bucket("files")
        .key("large")
        .upload_id(&id)
        .part_number(1);
    let part = part
        .body(ByteStream::from_static(b"part"))
        .send()
        .await
        .expect("a part");
    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(part.e_tag)
        .build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client
        .complete_multipart_upload()
        .bucket("files")
        .key("large")
        .upload_id(&id);
    complete
        .multipart_upload(parts)
        .send()
        .await
        .expect("an object");
    let completed = next(&events).await;
    assert_eq!(completed.name, "ObjectCreated:CompleteMultipartUpload");
    assert_eq!(completed.size, 4);

    put(&client, "copy", "newer").await;
    let newer = next(&events).await;
    assert!(
        newer.sequencer > copied.sequencer,
        "the later write has the greater sequencer"
    );
    assert_eq!(newer.sequencer.len(), copied.sequencer.len());
}

#[tokio::test]
async fn what_fails_or_deletes_is_no_event() {
    let (running, client) = start_with_bucket().await;
    put(&client, "key", "contents").await;
    let again = client
        .put_object()
        .bucket("files")
        .key("key")
        .if_none_match("*");
    again.send().await.expect_err("it is there");
    client
        .delete_object()
        .bucket("files")
        .key("key")
        .send()
        .await
        .expect("deleted");
    let events = running.events();
    next(&events).await;
    assert_no_more(&events).await;
}

#[tokio::test]
async fn an_event_comes_again_after_a_restart_until_it_is_done() {
    let (running, client) = start_with_bucket().await;
    for key in ["first", "second", "third"] {
        put(&client, key, key).await;
    }
    let events = running.events();
    let first = next(&events).await;
    assert_eq!(first.key, "first");
    events.done(&first).await.expect("it is done");
    assert_eq!(next(&events).await.key, "second");

    let running = running.restart().await;
    let events = running.events();
    let second = next(&events).await;
    assert_eq!(second.key, "second");
    assert_eq!(next(&events).await.key, "third");
    assert_no_more(&events).await;
    events.done(&second).await.expect("it is done");

    let running = running.restart().await;
    let events = running.events();
    let third = next(&events).await;
    assert_eq!(third.key, "third");
    events.done(&third).await.expect("it is done");
    put(&running.s3(), "fourth", "fourth").await;
    let fourth = next(&events).await;
    assert_eq!(fourth.key, "fourth");
    assert!(
        fourth.sequencer > third.sequencer,
        "also when no event is left"
    );
}

#[tokio::test]
async fn a_consumer_that_gives_up_waiting_misses_nothing() {
    let (running, client) = start_with_bucket().await;
    let events = running.events();
    for number in 0..20 {
        let waiting = tokio::time::timeout(Duration::from_micros(200 * number), events.next());
        let key = format!("{number:02}");
        let put = put(&client, &key, "x");
        let (waited, _) = tokio::join!(waiting, put);
        let event = match waited {
            Ok(event) => event,
            Err(_) => next(&events).await,
        };
        assert_eq!(event.key, key);
    }
}
