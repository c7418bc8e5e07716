//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_settles_a_note_where_no_slack_is_configured() {
    let event = include_str!("../../../events/sqs-notifications.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_notifier"), "notifier", event).unwrap();
    assert_eq!(answer["batchItemFailures"], serde_json::json!([]));
}
