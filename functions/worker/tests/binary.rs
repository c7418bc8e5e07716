//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_hands_back_the_job_whose_shop_is_out_of_reach() {
    let event = include_str!("../../../events/sqs-jobs.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_worker"), "worker", event).unwrap();
    // The other job is of an unknown product: that is its outcome.
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{answer}");
    assert_eq!(
        failed[0]["itemIdentifier"],
        "059f36b4-87a3-44ab-83d2-661975661975"
    );
}
