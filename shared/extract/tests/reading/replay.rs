//! Replays the corpora of the fuzz targets and what was ever found by them.

use std::path::Path;

use crate::properties;

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
fn price_texts_hold() {
    replay("price_text", 300, properties::price_text);
}

#[test]
fn json_ld_scripts_hold() {
    replay("json_ld", 300, properties::json_ld);
}

#[test]
fn pages_hold() {
    replay("html", 300, properties::html);
}

#[test]
fn json_answers_hold() {
    replay("json_api", 300, properties::json_api);
}
