//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_settles_every_letter() {
    let event = include_str!("../../../events/sqs-dead-jobs.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_deadletter"), "deadletter", event).unwrap();
    assert_eq!(answer["batchItemFailures"], serde_json::json!([]));
}
