//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_hands_back_the_close_of_an_unknown_run() {
    let event = include_str!("../../../events/sqs-closing.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_closer"), "closer", event).unwrap();
    let failed = answer["batchItemFailures"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{answer}");
}
