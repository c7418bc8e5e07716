//! The Lambda binaries themselves, each started through the Runtime API as Lambda starts it.
//!
//! They are tested here and not beside their functions, so that testing one function builds
//! neither the embedded stack nor the other functions.

mod api;

use integration_tests::invoke_binary;
use serde_json::{Value, json};

/// The binary of a function; `Cargo.toml` builds each from the function's own `main.rs`.
fn binary(function: &str) -> &'static str {
    match function {
        "api" => env!("CARGO_BIN_EXE_lambda-api"),
        "closer" => env!("CARGO_BIN_EXE_lambda-closer"),
        "deadletter" => env!("CARGO_BIN_EXE_lambda-deadletter"),
        "exporter" => env!("CARGO_BIN_EXE_lambda-exporter"),
        "notifier" => env!("CARGO_BIN_EXE_lambda-notifier"),
        "reporter" => env!("CARGO_BIN_EXE_lambda-reporter"),
        "scheduler" => env!("CARGO_BIN_EXE_lambda-scheduler"),
        "worker" => env!("CARGO_BIN_EXE_lambda-worker"),
        other => panic!("{other} has no binary"),
    }
}

fn answer(function: &str, event: &str) -> Value {
    invoke_binary(binary(function), function, event).unwrap()
}

#[test]
fn the_api_asks_for_the_token() {
    let answer = answer("api", include_str!("../../events/http-get-product.json"));
    assert_eq!(answer["statusCode"], 401);
}

#[test]
fn the_closer_hands_back_the_close_of_an_unknown_run() {
    let answer = answer("closer", include_str!("../../events/sqs-closing.json"));
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{answer}");
}

#[test]
fn the_deadletter_settles_every_letter() {
    let answer = answer(
        "deadletter",
        include_str!("../../events/sqs-dead-jobs.json"),
    );
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[test]
fn the_exporter_answers_an_empty_archive() {
    let answer = answer("exporter", include_str!("../../events/sqs-exports.json"));
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[test]
fn the_notifier_settles_a_note_where_no_slack_is_configured() {
    let answer = answer(
        "notifier",
        include_str!("../../events/sqs-notifications.json"),
    );
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[test]
fn the_reporter_settles_an_upload_that_is_gone() {
    let answer = answer("reporter", include_str!("../../events/s3-put-prices.json"));
    assert!(answer.is_null(), "{answer}");
}

#[test]
fn the_scheduler_starts_a_run() {
    let answer = answer("scheduler", include_str!("../../events/schedule.json"));
    assert_eq!(answer["run"], "daily@2026-11-21T01:15:00Z");
    assert_eq!(answer["jobs"], 0);
}

#[test]
fn the_scheduler_starts_the_run_of_a_message() {
    let answer = answer("scheduler", include_str!("../../events/sqs-starts.json"));
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[test]
fn the_worker_hands_back_the_job_whose_shop_is_out_of_reach() {
    let answer = answer("worker", include_str!("../../events/sqs-jobs.json"));
    // The other job is of an unknown product: that is its outcome.
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{answer}");
    assert_eq!(
        failed[0]["itemIdentifier"],
        "059f36b4-87a3-44ab-83d2-661975661975"
    );
}
