//! Any bytes as a sheet: what the quick reader is certain of, the careful one sees as well.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| workbook::readers_agree(data));
