//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_starts_a_run() {
    let event = include_str!("../../../events/schedule.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_scheduler"), "scheduler", event).unwrap();
    assert_eq!(answer["run"], "daily@2026-11-21T01:15:00Z");
    assert_eq!(answer["jobs"], 0);
}
