//! `pricetide report`: a workbook of prices becomes an aggregated report, without any stack.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use workbook::{Language, ReportOptions, Stage};

/// Turn a workbook of prices into an aggregated report.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// The workbook.
    input: PathBuf,
    /// The report to write.
    #[arg(short, long, value_name = "OUTPUT.xlsx")]
    output: PathBuf,
    /// Write every aggregate and rejection as JSON as well.
    #[arg(long, value_name = "SUMMARY.json")]
    json: Option<PathBuf>,
    /// The report's language; that of the workbook's headings, if not given.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    Ko,
    En,
}

/// Writes the report; exit code 2 with a reason when the workbook cannot be read.
pub(crate) fn run(report: &Report) -> Result<ExitCode> {
    let language = match report.lang {
        Some(Lang::Ko) => Language::Ko,
        Some(Lang::En) => Language::En,
        None => Language::Auto,
    };
    let options = ReportOptions {
        language,
        ..ReportOptions::default()
    };
    let bar = ProgressBar::new(1_000).with_style(ProgressStyle::with_template(
        "{bar:30} {percent:>3} %  {elapsed}  {msg}",
    )?);
    let result = workbook::report(&report.input, &report.output, &options, &mut |progress| {
        let stage = match progress.stage {
            Stage::Reading => "reading",
            Stage::Writing => "writing",
        };
        bar.set_position(u64::from(progress.permille));
        bar.set_message(format!("{stage}, {} rows", progress.rows));
    });
    bar.finish_and_clear();
    let summary = match result {
        Ok(summary) => summary,
        Err(reason) => {
            let language = match report.lang {
                Some(Lang::Ko) => Language::Ko,
                _ => Language::En,
            };
            eprintln!("{}", reason.sentence(language));
            return Ok(ExitCode::from(2));
        }
    };
    if let Some(path) = &report.json {
        let json = serde_json::to_vec_pretty(&summary)?;
        fs::write(path, json).with_context(|| format!("write {}", path.display()))?;
    }
    println!(
        "{} of {} rows used, {} rejected, {} products: {}",
        summary.rows_used,
        summary.rows_read,
        summary.rows_rejected,
        summary.products.len(),
        report.output.display()
    );
    Ok(ExitCode::SUCCESS)
}
