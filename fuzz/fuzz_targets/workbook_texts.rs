//! Any bytes as shared strings: what the quick reader is certain of, the careful one sees as well.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| workbook::texts_agree(data));
