//! The SQS trigger: what is handled is deleted, everything else comes back.

use crate::support::{Bench, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_handled_in_batches_and_deleted() {
    let bench = Bench::start().await;
    let bodies: Vec<String> = (0..40).map(|n| format!("{{\"n\": {n}}}")).collect();
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    bench.send("Jobs", &texts).await;
    bench.until_empty("Jobs").await;
    let mut seen = bench.bodies_seen();
    seen.sort();
    let mut expected = bodies.clone();
    expected.sort();
    assert_eq!(seen, expected);
    let record = &bench.notes("message")[0]["value"];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["awsRegion"], "eu-west-1");
    assert!(
        record["eventSourceARN"]
            .as_str()
            .unwrap()
            .contains(":jobs-")
    );
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert!(record["md5OfBody"].is_string() && record["receiptHandle"].is_string());
    assert!(bench.runner.counts("jobs").unwrap().starts <= 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_reported_message_comes_back() {
    let bench = Bench::start().await;
    bench
        .send("Jobs", &[r#"{"n":1}"#, r#"{"do":"report"}"#, "not JSON"])
        .await;
    bench.until_empty("Jobs").await;
    let seen = bench.bodies_seen();
    let times = |body: &str| seen.iter().filter(|seen| *seen == body).count();
    assert_eq!(times(r#"{"n":1}"#), 1);
    assert_eq!(times(r#"{"do":"report"}"#), 2);
    assert_eq!(times("not JSON"), 1);
    bench.stop().await;
}

/// Every way to lose a whole batch: each brings all its messages back, to a good end.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_as_a_whole_comes_back() {
    let ways = ["panic", "exit", "hang", "fail", "report-unknown", "invalid"];
    futures::future::join_all(ways.map(lost_batch)).await;
}

async fn lost_batch(how: &str) {
    let bench = Bench::start().await;
    let bad = format!("{{\"do\":\"{how}\"}}");
    bench.send("Jobs", &[r#"{"n":1}"#, &bad]).await;
    bench.until_empty("Jobs").await;
    let seen = bench.bodies_seen();
    let times = |body: &str| seen.iter().filter(|seen| *seen == body).count();
    assert_eq!(times(&bad), 2, "{how}: {seen:?}");
    assert!(times(r#"{"n":1}"#) >= 1, "{how}: {seen:?}");
    assert_eq!(bench.waiting("Dead").await, 0);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_killed_process_come_back() {
    let bench = Bench::start().await;
    bench.send("Jobs", &[r#"{"do":"wait"}"#]).await;
    let process = eventually("a process has the message", async || {
        let has = !bench.bodies_seen().is_empty();
        bench
            .runner
            .busy_processes("jobs")
            .first()
            .copied()
            .filter(|_| has)
    })
    .await;
    let process = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    bench.until_empty("Jobs").await;
    assert_eq!(bench.bodies_seen().len(), 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_gathers_more_than_one_receive() {
    let bench = Bench::start().await;
    let bodies: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    bench.send("Bulk", &texts).await;
    bench.until_empty("Bulk").await;
    assert_eq!(bench.bodies_seen().len(), 50);
    let invocations = bench.runner.counts("bulk").unwrap().invocations;
    assert!(invocations < 5, "{invocations} for 50 messages");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_larger_than_an_event_is_handed_over_in_parts() {
    let bench = Bench::start().await;
    // Eight messages, each as large as the queue takes, are more than 6 MiB together.
    let large = "x".repeat(1_000_000);
    for _ in 0..8 {
        bench.send("Bulk", &[&large]).await;
    }
    bench.runner.wait_idle().await;
    assert_eq!(bench.bodies_seen().len(), 8);
    assert_eq!(bench.runner.counts("bulk").unwrap().errors, 0);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_idle_when_everything_is_done() {
    let bench = Bench::start().await;
    let bodies: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = bodies.iter().map(String::as_str).collect();
    bench.send("Jobs", &texts).await;
    let event = serde_json::json!({ "do": "note" });
    bench.runner.invoke_async("plain", &event).await.unwrap();
    bench.runner.wait_idle().await;
    assert_eq!(bench.bodies_seen().len(), 30);
    assert_eq!(bench.notes("event").len(), 1);
    bench.stop().await;
}
