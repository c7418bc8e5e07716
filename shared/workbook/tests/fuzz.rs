//! Replays the corpora of the fuzz targets `workbook_file`, `workbook_sheet` and `workbook_texts`
//! and what was ever found by them.

#[path = "fuzz/properties.rs"]
mod properties;

use std::collections::BTreeMap;
use std::path::Path;

/// The inputs in `tests/data/fuzz/NAME`.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/fuzz")
        .join(name);
    std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn every_upload_is_a_report_or_a_reason() {
    let inputs = inputs("workbook_file");
    assert!(inputs.len() >= 300, "{} inputs", inputs.len());
    let mut reports = BTreeMap::new();
    for input in &inputs {
        if properties::any_upload(input, true) {
            *reports.entry(char::from(input[0])).or_insert(0) += 1;
        }
    }
    // In every container some are read to the end.
    for container in ['f', 'z', 'x'] {
        assert!(reports.get(&container) >= Some(&5), "{reports:?}");
    }
}

#[test]
fn both_readers_agree_about_every_sheet() {
    let inputs = inputs("workbook_sheet");
    assert!(inputs.len() >= 300, "{} inputs", inputs.len());
    for input in &inputs {
        workbook::readers_agree(input);
    }
}

#[test]
fn both_readers_agree_about_every_part_of_texts() {
    let inputs = inputs("workbook_texts");
    assert!(inputs.len() >= 200, "{} inputs", inputs.len());
    for input in &inputs {
        workbook::texts_agree(input);
    }
}
