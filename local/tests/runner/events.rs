//! Asynchronous events: uploads, schedules, retries, dead letters, and what a kill leaves behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use local::runner::Clock;
use serde_json::{Value, json};

use crate::support::{Bench, eventually, is_running};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_reaches_its_function_and_others_do_not() {
    let bench = Bench::start().await;
    for key in [
        "가격 표/not a workbook.txt",
        "other/a.xlsx",
        "가격 표/11월 (최종)+1 %.xlsx",
    ] {
        bench.put(key, b"12345").await;
    }
    let note = eventually("the upload's event", async || bench.notes("s3").pop()).await;
    let record = &note["value"]["Records"][0];
    assert_eq!(record["eventSource"], "aws:s3");
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    let time: Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
    assert!(time <= Timestamp::now());
    let s3 = &record["s3"];
    assert_eq!(
        s3["bucket"]["name"],
        bench.runner.outputs().reference("S3BucketInbox").unwrap()
    );
    assert_eq!(
        s3["object"]["key"],
        "%EA%B0%80%EA%B2%A9+%ED%91%9C/11%EC%9B%94+%28%EC%B5%9C%EC%A2%85%29%2B1+%25.xlsx"
    );
    assert_eq!(s3["object"]["size"], 5);
    assert!(!s3["object"]["sequencer"].as_str().unwrap().is_empty());
    eventually("nothing is pending", async || {
        (bench.runner.pending_events() == 0).then_some(())
    })
    .await;
    assert_eq!(bench.notes("s3").len(), 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fails_three_times_becomes_a_dead_letter() {
    let bench = Bench::start().await;
    let event = json!({ "do": "fail", "text": "가격" });
    bench.runner.invoke_async("plain", &event).await.unwrap();
    let letter = eventually("the dead letter", async || {
        let received = bench
            .sqs
            .receive_message()
            .queue_url(bench.queue("Dead"))
            .message_attribute_names("All")
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        received.messages.unwrap_or_default().pop()
    })
    .await;
    let body: Value = serde_json::from_str(letter.body().unwrap()).unwrap();
    assert_eq!(body, event);
    let attributes = letter.message_attributes().unwrap();
    let message = attributes["ErrorMessage"].string_value().unwrap();
    assert!(message.contains("as told"), "{message}");
    assert_eq!(attributes["ErrorCode"].string_value(), Some("200"));
    eventually("nothing is pending", async || {
        (bench.runner.pending_events() == 0).then_some(())
    })
    .await;
    assert_eq!(bench.notes("event").len(), 3);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_event_survives_the_runner() {
    let bench = Bench::start().await;
    let event = json!({ "do": "wait" });
    bench.runner.invoke_async("plain", &event).await.unwrap();
    eventually("the event is in hand", async || bench.notes("event").pop()).await;
    let bench = bench.restart().await;
    eventually("the event is in hand again", async || {
        (bench.notes("event").len() == 2).then_some(())
    })
    .await;
    assert_eq!(bench.runner.pending_events(), 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_end_with_the_runner() {
    let bench = Bench::start().await;
    bench
        .runner
        .invoke_async("plain", &json!({ "do": "hang" }))
        .await
        .unwrap();
    let note = eventually("the event is in hand", async || bench.notes("event").pop()).await;
    let process = note["pid"].as_u64().unwrap();
    assert!(is_running(process));
    bench.stop().await;
    eventually("the process is gone", async || {
        (!is_running(process)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_fires_once_for_each_slot() {
    let now = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
    let seconds = Arc::new(AtomicI64::new(now("2026-11-21T01:14:59Z")));
    let clock = {
        let seconds = Arc::clone(&seconds);
        Clock::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let used = clock.clone();
    let bench = Bench::start_in(folder, move |config| {
        config.schedules_enabled = true;
        config.clock = used;
    })
    .await;
    // As a set: a slot may come twice when the runner ends between firing it and noting that.
    let slots = |bench: &Bench| -> BTreeSet<String> {
        let slot = |note: Value| note["value"]["slot"].as_str().unwrap().to_owned();
        bench.notes("event").into_iter().map(slot).collect()
    };
    assert!(slots(&bench).is_empty());
    // A day later than the first slot: only the latest is made up for.
    seconds.store(now("2026-11-22T01:15:07Z"), Ordering::SeqCst);
    eventually("the slot", async || {
        (!slots(&bench).is_empty()).then_some(())
    })
    .await;
    // Down at the next slot, and up again after it.
    let bench = bench
        .restart_with(|config| {
            seconds.store(now("2026-11-23T05:00:00Z"), Ordering::SeqCst);
            config.schedules_enabled = true;
            config.clock = clock;
        })
        .await;
    eventually("the missed slot", async || {
        (slots(&bench).len() > 1).then_some(())
    })
    .await;
    let expected = ["2026-11-22T01:15:00Z", "2026-11-23T01:15:00Z"];
    assert_eq!(slots(&bench), expected.map(str::to_owned).into());
    let event = bench
        .runner
        .schedule_event("plain", "2026-11-01T00:00:00Z".parse().unwrap());
    assert_eq!(
        event,
        Some(json!({ "do": "note", "slot": "2026-11-01T00:00:00Z" }))
    );
    bench.stop().await;
}
