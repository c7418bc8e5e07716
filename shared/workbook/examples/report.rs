//! Writes the report of a workbook: `report INPUT OUTPUT.xlsx [SUMMARY.json]`; with `-` as
//! output only adds it up, with `--count` only reads its cells.
//!
//! The benchmark and whoever looks at a report use it; people use `pricetide report`.

use std::path::Path;
use std::process::ExitCode;

use workbook::{Language, Limits, ReportOptions, count_cells, report, summarize};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: report INPUT OUTPUT.xlsx|- [SUMMARY.json]");
        return ExitCode::from(2);
    };
    if output == "--count" {
        let cells = count_cells(Path::new(input), &Limits::default()).expect("a readable workbook");
        println!("{cells} cells");
        return ExitCode::SUCCESS;
    }
    let mut options = ReportOptions::default();
    options.limits.second_thread = std::env::var_os("SECOND_THREAD").is_some();
    let done = if output == "-" {
        summarize(Path::new(input), &options, &mut |_| {})
    } else {
        report(Path::new(input), Path::new(output), &options, &mut |_| {})
    };
    match done {
        Ok(summary) => {
            println!(
                "{} rows, {} products",
                summary.rows_used,
                summary.products.len()
            );
            if let [json, ..] = rest {
                let text = serde_json::to_string_pretty(&summary).expect("a summary is plain data");
                std::fs::write(json, text).expect("the summary's file can be written");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "{}: {error}\n{}",
                error.code(),
                error.sentence(Language::Ko)
            );
            ExitCode::from(2)
        }
    }
}
