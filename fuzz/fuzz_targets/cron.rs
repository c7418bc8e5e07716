//! Schedule expressions, in any text.

#![no_main]

#[path = "../../shared/schedule/tests/properties/mod.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|text: &str| properties::hold(text));
