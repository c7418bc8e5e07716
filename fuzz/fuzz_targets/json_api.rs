//! Random answers of JSON APIs.

#![no_main]

#[path = "../../shared/extract/tests/reading/properties.rs"]
#[allow(dead_code)]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::json_api(data));
