//! Invoking functions: what they are given, and every way in which they can fail.

use std::time::Duration;

use local::runner::{InvokeError, RunnerConfig};
use serde_json::{Value, json};

use crate::support::{Bench, eventually, is_running};

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_given_what_lambda_gives() {
    let bench = Bench::start().await;
    let event = json!({ "text": "가격 'x'\u{0}", "n": 12_345_678_901_234_567_890_u64 });
    assert_eq!(bench.runner.invoke("plain", &event).await, Ok(event));

    let before = jiff::Timestamp::now().as_millisecond();
    let context = bench
        .runner
        .invoke("plain", &json!({ "do": "context" }))
        .await
        .unwrap();
    let env = &context["env"];
    let stage = env["AWS_LAMBDA_FUNCTION_NAME"].as_str().unwrap();
    let stage = stage
        .strip_prefix("runner-")
        .unwrap()
        .strip_suffix("-plain")
        .unwrap();
    assert_eq!(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(env["AWS_LAMBDA_FUNCTION_VERSION"], "$LATEST");
    assert_eq!(env["_HANDLER"], "bootstrap");
    assert_eq!(env["AWS_REGION"], "eu-west-1");
    assert_eq!(env["TABLE"], format!("table-{stage}"));
    assert_eq!(env["BUCKET"], format!("inbox-{stage}"));
    assert_eq!(env["QUEUE"], bench.queue("Jobs"));
    assert_eq!(
        env["QUEUE_ARN"],
        format!("arn:aws:sqs:eu-west-1:000000000000:jobs-{stage}")
    );
    assert_eq!(env["TEXT"], format!("eu-west-1:jobs-{stage}"));
    assert!(
        env["SECRET"]
            .as_str()
            .unwrap()
            .contains(&format!(":secret:secret-{stage}"))
    );
    // Nothing of the runner's own environment leaks in.
    assert_eq!(env["CARGO_MANIFEST_DIR"], Value::Null);
    assert_eq!(env["HOME"], Value::Null);
    let deadline = context["deadline"].as_i64().unwrap();
    assert!(deadline >= before + 2_000, "{deadline} {before}");
    assert_eq!(
        context["arn"],
        format!("arn:aws:lambda:eu-west-1:000000000000:function:runner-{stage}-plain")
    );
    assert_eq!(context["request_id"].as_str().unwrap().len(), 36);
    assert!(context["trace"].as_str().unwrap().starts_with("Root=1-"));
    bench.stop().await;
}

async fn pid(bench: &Bench) -> u64 {
    let context = bench
        .runner
        .invoke("plain", &json!({ "do": "context" }))
        .await
        .unwrap();
    context["pid"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_and_a_panic_end_the_invocation_and_not_the_process() {
    let bench = Bench::start().await;
    let first = pid(&bench).await;
    for (what, message) in [("fail", "as told"), ("panic", "as told")] {
        let error = bench
            .runner
            .invoke("plain", &json!({ "do": what }))
            .await
            .unwrap_err();
        let InvokeError::Function { message: found, .. } = &error else {
            panic!("{error}");
        };
        assert!(found.contains(message), "{error}");
    }
    assert_eq!(pid(&bench).await, first);
    let counts = bench.runner.counts("plain").unwrap();
    assert_eq!(
        (counts.starts, counts.invocations, counts.errors),
        (1, 4, 2)
    );
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_hangs_or_is_killed_is_replaced() {
    let bench = Bench::start().await;
    let mut last = pid(&bench).await;

    let error = bench
        .runner
        .invoke("plain", &json!({ "do": "exit" }))
        .await
        .unwrap_err();
    assert_eq!(error, InvokeError::Exited("exit status: 7".to_owned()));
    last = fresh(&bench, last).await;

    let error = bench
        .runner
        .invoke("plain", &json!({ "do": "hang" }))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Sandbox.Timedout: Task timed out after 2.00 seconds"
    );
    last = fresh(&bench, last).await;

    let waits = json!({ "do": "wait" });
    let invoked = bench.runner.invoke("plain", &waits);
    let killed = async {
        let process = eventually("a process is busy", async || {
            let noted = !bench
                .notes("event")
                .iter()
                .any(|note| note["value"]["do"] == "wait");
            if noted {
                return None;
            }
            bench.runner.busy_processes("plain").first().copied()
        })
        .await;
        let process = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    };
    let (outcome, ()) = tokio::join!(invoked, killed);
    assert!(
        matches!(&outcome, Err(InvokeError::Exited(status)) if status.contains("signal: 9")),
        "{outcome:?}"
    );
    fresh(&bench, last).await;
    let log = std::fs::read_to_string(bench.path.join("runner/logs/plain.log")).unwrap();
    assert!(log.contains("Task timed out after 2.00 seconds"), "{log}");
    bench.stop().await;
}

/// The process that answers now is another than `last`.
async fn fresh(bench: &Bench, last: u64) -> u64 {
    let now = pid(bench).await;
    assert_ne!(now, last);
    now
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_start_says_so() {
    let bench = Bench::start().await;
    let error = bench
        .runner
        .invoke("unstartable", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(error, InvokeError::Exited("exit status: 3".to_owned()));
    let log = bench.path.join("runner/logs/unstartable.log");
    eventually("the reason is in the log", async || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        text.contains("this function cannot start").then_some(())
    })
    .await;
    let error = bench.runner.invoke("nobody", &json!({})).await.unwrap_err();
    assert_eq!(error, InvokeError::UnknownFunction("nobody".to_owned()));
    let large = json!("x".repeat(6 * 1024 * 1024));
    let error = bench.runner.invoke("plain", &large).await.unwrap_err();
    assert!(matches!(error, InvokeError::TooLarge { .. }), "{error}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_processes_as_events_and_no_more_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::start_in(folder, |config| config.max_local_concurrency = 2).await;
    let event = json!({ "do": "context" });
    let calls = (0..20).map(|_| bench.runner.invoke("plain", &event));
    let answers = futures::future::join_all(calls).await;
    let pids: std::collections::BTreeSet<u64> = answers
        .into_iter()
        .map(|answer| answer.unwrap()["pid"].as_u64().unwrap())
        .collect();
    assert_eq!(pids.len(), 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_processes_end() {
    let folder = tempfile::tempdir().unwrap();
    let change = |config: &mut RunnerConfig| config.idle_timeout = Duration::from_millis(50);
    let bench = Bench::start_in(folder, change).await;
    let process = pid(&bench).await;
    eventually("the process is gone", async || {
        (!is_running(process)).then_some(())
    })
    .await;
    assert_ne!(pid(&bench).await, process);
    assert_eq!(bench.runner.counts("plain").unwrap().starts, 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runtime_api_refuses_who_and_what_it_does_not_know() {
    let bench = Bench::start().await;
    let error = bench.runner.invoke("raw", &json!({})).await.unwrap_err();
    let expected = InvokeError::Function {
        error_type: "Test.Init".to_owned(),
        message: "no such luck".to_owned(),
    };
    assert_eq!(error, expected);
    let statuses: Vec<Value> = bench
        .notes("status")
        .iter()
        .map(|n| n["value"].clone())
        .collect();
    // The process is ended before it could note the last answer, or just after.
    assert_eq!(statuses[..5], [403, 403, 404, 404, 400]);
    bench.stop().await;
}
