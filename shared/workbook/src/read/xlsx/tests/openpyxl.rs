//! Both readers find in workbooks by openpyxl exactly what was put there.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::*;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/python/openpyxl_workbooks.py"
);
const SEED: &str = "20261121";
const WORKBOOKS: usize = 40;

/// A workbook as the script lists it.
#[derive(Deserialize)]
struct Expected {
    file: String,
    is_1904: bool,
    sheets: Vec<ExpectedSheet>,
}

#[derive(Deserialize)]
struct ExpectedSheet {
    name: String,
    visible: bool,
    cells: Vec<Seen>,
}

fn has_openpyxl() -> bool {
    let import = Command::new("python3")
        .args(["-c", "import openpyxl"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    import.is_ok_and(|status| status.success())
}

/// Writes past the test harness, which keeps what a passing test prints to itself.
fn say(word: &str) {
    writeln!(std::io::stderr(), "{word}").unwrap();
}

#[test]
fn every_cell_that_openpyxl_writes_is_read() {
    if !has_openpyxl() {
        assert!(
            std::env::var_os("CI").is_none(),
            "python3 with openpyxl is not installed (pip install -r tests/python/requirements.txt)"
        );
        say("skipped: python3 with openpyxl is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let written = Command::new("python3")
        .args([SCRIPT, SEED, &WORKBOOKS.to_string()])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        written.status.success(),
        "{}",
        String::from_utf8_lossy(&written.stderr)
    );
    let expected = std::fs::read(folder.path().join("expected.json")).unwrap();
    let expected: Vec<Expected> = serde_json::from_slice(&expected).unwrap();
    assert_eq!(expected.len(), WORKBOOKS);

    let (mut sheets, mut cells, mut by_quick) = (0, 0, 0);
    for Expected {
        file,
        is_1904,
        sheets: listed,
    } in expected
    {
        let mut workbook = Xlsx::open(&folder.path().join(&file), &Limits::default()).unwrap();
        assert_eq!(workbook.is_1904(), is_1904, "{file}");
        let found = workbook.sheets();
        assert_eq!(found.len(), listed.len(), "{file}");
        for (at, (sheet, found)) in listed.iter().zip(found).enumerate() {
            let place = format!("{file}, {}", sheet.name);
            assert_eq!(
                (&found.name, found.visible),
                (&sheet.name, sheet.visible),
                "{place}"
            );
            for reader in [ReaderChoice::Careful, ReaderChoice::Quick] {
                workbook.reader = reader;
                let mut seen = Collect::default();
                let is_whole = match workbook.read(at, &mut seen) {
                    Ok(()) => true,
                    Err(Stop::Unsure(_)) if reader == ReaderChoice::Quick => false,
                    Err(stop) => panic!("{place}, {reader:?}: {stop:?}"),
                };
                // What came before a stop has to be right, too.
                for (seen, cell) in seen.0.iter().zip(&sheet.cells) {
                    assert_eq!(seen, cell, "{place}, {reader:?}");
                }
                assert!(
                    seen.0.len() == sheet.cells.len()
                        || !is_whole && seen.0.len() < sheet.cells.len(),
                    "{place}, {reader:?}: {} cells",
                    seen.0.len()
                );
                if reader == ReaderChoice::Quick {
                    by_quick += seen.0.len();
                }
            }
            sheets += 1;
            cells += sheet.cells.len();
        }
    }
    assert!(
        by_quick > 0 && cells > 1_000,
        "{by_quick} of {cells} cells are too few to say anything"
    );
    say(&format!(
        "openpyxl: {WORKBOOKS} workbooks, {sheets} sheets, {cells} cells, {by_quick} of them by the quick reader too"
    ));
}
