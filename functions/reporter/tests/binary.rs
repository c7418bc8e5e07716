//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_settles_an_upload_that_is_gone() {
    let event = include_str!("../../../events/s3-put-prices.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_reporter"), "reporter", event).unwrap();
    assert!(answer.is_null(), "{answer}");
}
