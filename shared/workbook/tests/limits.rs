//! Every limit ends in its own error, and progress is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use workbook::{
    Headings, Language, Limits, Measure, ReadError, ReportOptions, Role, Stage, report, summarize,
};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/workbooks/corpus/files")
        .join(name)
}

fn stocks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/workbooks/stocks/stocks.xlsx")
}

fn with(limits: Limits, input: &Path) -> ReadError {
    let options = ReportOptions {
        limits,
        ..ReportOptions::default()
    };
    match summarize(input, &options, &mut |_| {}) {
        Ok(_) => panic!("was read within {:?}", options.limits),
        Err(error) => error,
    }
}

#[test]
fn every_limit_ends_in_its_own_error() {
    let all = Limits::default;
    let cases = [
        (
            Limits {
                file_bytes: 100,
                ..all()
            },
            Measure::FileBytes,
        ),
        (
            Limits {
                entries: 3,
                ..all()
            },
            Measure::Entries,
        ),
        (
            Limits {
                inflated_bytes: 10_000,
                ..all()
            },
            Measure::InflatedBytes,
        ),
        (
            Limits {
                shared_strings: 5,
                ..all()
            },
            Measure::SharedStrings,
        ),
        (
            Limits {
                shared_string_bytes: 20,
                ..all()
            },
            Measure::SharedStringBytes,
        ),
        (Limits { rows: 100, ..all() }, Measure::Rows),
        (
            Limits {
                columns: 3,
                ..all()
            },
            Measure::Columns,
        ),
        (Limits { sheets: 0, ..all() }, Measure::Sheets),
        (
            Limits {
                products: 2,
                ..all()
            },
            Measure::Products,
        ),
    ];
    for (limits, measure) in cases {
        // openpyxl writes its texts into the cells, LibreOffice shares them.
        let shared = matches!(measure, Measure::SharedStrings | Measure::SharedStringBytes);
        let input = if shared {
            file("libreoffice.xlsx")
        } else {
            stocks()
        };
        match with(limits, &input) {
            ReadError::TooLarge { what, limit, .. } => {
                assert_eq!(what, measure);
                assert!(limit <= 10_000);
            }
            other => panic!("{measure:?}: {other:?}"),
        }
    }
    let few = Limits {
        text_bytes: 2,
        ..all()
    };
    assert!(matches!(
        with(few, &file("csv-utf-8.csv")),
        ReadError::TooLarge {
            what: Measure::TextBytes,
            ..
        }
    ));
    let few = Limits {
        kept_text_bytes: 15,
        ..all()
    };
    assert!(matches!(
        with(few, &file("csv-utf-8.csv")),
        ReadError::TooLarge {
            what: Measure::KeptTextBytes,
            limit: 15,
            ..
        }
    ));
    let cells = Limits { cells: 2, ..all() };
    assert!(matches!(
        with(cells, &file("libreoffice.xls")),
        ReadError::TooLarge {
            what: Measure::Cells,
            ..
        }
    ));
}

#[test]
fn time_is_a_limit() {
    let limits = Limits {
        time: Duration::ZERO,
        ..Limits::default()
    };
    assert!(matches!(
        with(limits, &stocks()),
        ReadError::TooSlow { seconds: 0 }
    ));
}

#[test]
fn rejections_beyond_the_limit_are_counted() {
    let limits = Limits {
        rejected_listed: 2,
        ..Limits::default()
    };
    let options = ReportOptions {
        limits,
        language: Language::En,
        ..ReportOptions::default()
    };
    let summary = summarize(&file("dates-impossible.xlsx"), &options, &mut |_| {}).unwrap();
    assert_eq!((summary.rejected.len(), summary.rows_rejected), (2, 5));
    assert_eq!(summary.rejected_by_reason[0].count, 5);
    assert!(
        summary
            .warnings
            .iter()
            .any(|warning| warning.code == "rejections_not_listed")
    );
}

#[test]
fn a_missing_file_is_an_input_error_and_no_report_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("report.xlsx");
    let options = ReportOptions::default();
    let error = report(
        Path::new("no-such-file.xlsx"),
        &output,
        &options,
        &mut |_| {},
    )
    .unwrap_err();
    assert_eq!((error.code(), error.is_permanent()), ("input", false));
    let error = report(
        &file("error-no-header.xlsx"),
        &output,
        &options,
        &mut |_| {},
    )
    .unwrap_err();
    assert_eq!((error.code(), error.is_permanent()), ("no_header", true));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let error = report(
        &stocks(),
        Path::new("no/such/folder/report.xlsx"),
        &options,
        &mut |_| {},
    )
    .unwrap_err();
    assert_eq!(error.code(), "output");
}

#[test]
fn headings_that_an_owner_adds_are_found() {
    let name = file("error-no-price-column.xlsx");
    let headings = Headings::default().with(Role::Price, "비고");
    let options = ReportOptions {
        headings,
        ..ReportOptions::default()
    };
    let summary = summarize(&name, &options, &mut |_| {}).unwrap();
    assert_eq!((summary.rows_read, summary.rows_rejected), (1, 1));
}

#[test]
fn progress_ends_with_writing() {
    let folder = tempfile::tempdir().unwrap();
    let mut stages = Vec::new();
    let options = ReportOptions {
        file_name: "내 가격.xlsx".into(),
        ..ReportOptions::default()
    };
    let summary = report(
        &stocks(),
        &folder.path().join("r.xlsx"),
        &options,
        &mut |progress| {
            stages.push((progress.stage, progress.permille));
        },
    )
    .unwrap();
    assert_eq!(summary.file, "내 가격.xlsx");
    assert_eq!(stages.last(), Some(&(Stage::Writing, 1_000)));
}

#[test]
fn a_folder_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let error = summarize(folder.path(), &ReportOptions::default(), &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "input", "{error}");
}
