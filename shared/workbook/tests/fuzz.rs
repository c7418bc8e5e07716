//! Replays the corpora of the fuzz targets `workbook_file` and `workbook_sheet` and what was ever
//! found by them.

#[path = "fuzz/properties.rs"]
mod properties;

use std::path::Path;

/// Runs `property` over the inputs in `tests/data/fuzz/NAME`.
fn replay(name: &str, at_least: usize, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/fuzz")
        .join(name);
    let inputs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(inputs.len() >= at_least, "{} inputs", inputs.len());
    for input in inputs {
        property(&std::fs::read(input).unwrap());
    }
}

#[test]
fn every_upload_is_a_report_or_a_reason() {
    replay("workbook_file", 100, |input| {
        properties::any_upload(input, true);
    });
}

#[test]
fn both_readers_agree_about_every_sheet() {
    replay("workbook_sheet", 100, workbook::readers_agree);
}
