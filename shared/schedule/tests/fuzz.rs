//! Replays the corpus of the fuzz target `cron` and what was ever found by it.

mod properties;

use std::fs;
use std::path::Path;

#[test]
fn the_properties_hold_over_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fuzz/cron");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        if let Ok(text) = std::str::from_utf8(&bytes) {
            properties::hold(text);
            seen += 1;
        }
    }
    assert!(seen >= 100, "{seen} inputs");
}
