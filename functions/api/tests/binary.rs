//! The Lambda binary itself, through the Runtime API.

use integration_tests::invoke_binary;

#[test]
fn the_binary_asks_for_the_token() {
    let event = include_str!("../../../events/http-get-product.json");
    let answer = invoke_binary(env!("CARGO_BIN_EXE_api"), "api", event).unwrap();
    assert_eq!(answer["statusCode"], 401);
}
