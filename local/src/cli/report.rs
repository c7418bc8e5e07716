//! `pricetide report`: a workbook of prices becomes an aggregated report, without any stack.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde::de::DeserializeOwned;
use workbook::{Explanation, Headings, Language, Limits, Progress, ReportOptions, Stage, Summary};

use super::table;

/// Turn a workbook of prices into an aggregated report.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    /// The workbook.
    input: PathBuf,
    /// The report to write; not needed with `--explain`.
    #[arg(
        short,
        long,
        value_name = "OUTPUT.xlsx",
        required_unless_present = "explain"
    )]
    output: Option<PathBuf>,
    /// Show how each sheet is understood: its headings, the role of each column and why, its unit,
    /// what was turned and what was left out.
    #[arg(long)]
    explain: bool,
    /// Write every aggregate and rejection as JSON as well.
    #[arg(long, value_name = "SUMMARY.json")]
    json: Option<PathBuf>,
    /// The report's language; that of the workbook's headings, if not given.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// Headings beyond the built-in ones, as JSON: `{"price": ["our value"], "vendor": ["Source"]}`.
    #[arg(long, value_name = "JSON", value_parser = json::<Headings>)]
    headings: Option<Headings>,
    /// What the workbook may cost, as JSON of what differs: `{"rows": 100000, "seconds": 60}`.
    #[arg(long, value_name = "JSON", value_parser = json::<Limits>)]
    limits: Option<Limits>,
}

/// Writes the figures piece by piece: a million products are many times longer as one text.
fn write_json(path: &Path, summary: &impl Serialize) -> Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    serde_json::to_writer_pretty(&mut out, summary)?;
    out.flush()?;
    Ok(())
}

fn json<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json)
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
    if let Some(path) = overwritten(report) {
        eprintln!("{} would be overwritten.", path.display());
        return Ok(ExitCode::from(2));
    }
    if let Some(path) = special(report) {
        eprintln!(
            "{} is a link, a folder or a device, which no report replaces: name another file.",
            path.display()
        );
        return Ok(ExitCode::from(2));
    }
    let options = ReportOptions {
        language,
        headings: report.headings.clone().unwrap_or_default(),
        // A person waits, and nobody bills the second core.
        limits: Limits {
            second_thread: true,
            ..report.limits.clone().unwrap_or_default()
        },
        ..ReportOptions::default()
    };
    let bar = ProgressBar::new(1_000).with_style(ProgressStyle::with_template(
        "{bar:30} {percent:>3} %  {elapsed}  {msg}",
    )?);
    let mut show = |progress: Progress| {
        let stage = match progress.stage {
            Stage::Reading => "reading",
            Stage::Writing => "writing",
        };
        bar.set_position(u64::from(progress.permille));
        bar.set_message(format!("{stage}, {} rows", progress.rows));
    };
    let result = match &report.output {
        Some(output) => workbook::report(&report.input, output, &options, &mut show),
        None => workbook::summarize(&report.input, &options, &mut show),
    };
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
        write_json(path, &summary).with_context(|| format!("write {}", path.display()))?;
    }
    if report.explain {
        explain(&summary);
    }
    let output = report.output.as_deref().map(Path::display);
    println!(
        "{} of {} rows used, {} rejected, {} {}{}",
        summary.rows_used,
        summary.rows_read,
        summary.rows_rejected,
        summary.products.len(),
        if summary.products.len() == 1 {
            "product"
        } else {
            "products"
        },
        output.map_or(String::new(), |output| format!(": {output}"))
    );
    Ok(ExitCode::SUCCESS)
}

/// Prints how each sheet was understood.
fn explain(summary: &Summary) {
    let sheet = if summary.language == Language::Ko {
        "시트"
    } else {
        "Sheet"
    };
    let [place, what, meaning, why] = Explanation::headings(summary.language);
    let lines = summary.how_read().into_iter();
    let rows: Vec<Vec<String>> = lines
        .map(|(sheet, line)| [sheet.to_owned()].into_iter().chain(line).collect())
        .collect();
    table::print(&[sheet, place, what, meaning, why], &rows);
}

/// An output that is there and no plain file: what a link leads to, or a device, is not replaced.
fn special(report: &Report) -> Option<&Path> {
    let outputs = [report.output.as_deref(), report.json.as_deref()];
    outputs
        .into_iter()
        .flatten()
        .find(|output| fs::symlink_metadata(output).is_ok_and(|found| !found.is_file()))
}

/// What one of the outputs would replace: the workbook itself, or the other output.
fn overwritten(report: &Report) -> Option<&Path> {
    let json = report.json.as_deref();
    let output = report.output.as_deref();
    if [output, json]
        .into_iter()
        .flatten()
        .any(|output| is_same(output, &report.input))
    {
        return Some(&report.input);
    }
    json.filter(|json| output.is_some_and(|output| is_same(json, output)))
}

/// Whether two paths are one file, which need not exist yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        })
    };
    whole(one).is_some_and(|one| Some(one) == whole(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(output: PathBuf, json: Option<PathBuf>, input: PathBuf) -> Report {
        Report {
            input,
            output: Some(output),
            explain: false,
            json,
            lang: None,
            headings: None,
            limits: None,
        }
    }

    #[test]
    fn nothing_is_overwritten_by_a_report_of_itself() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = "date,product,price\n2026-11-21,cable,100\n";
        fs::write(at("prices.csv"), text).unwrap();
        let detour = at("prices.csv").parent().unwrap().join("./prices.csv");
        for bad in [
            report(detour.clone(), None, at("prices.csv")),
            report(at("out.xlsx"), Some(detour), at("prices.csv")),
            report(at("out.xlsx"), Some(at("./out.xlsx")), at("prices.csv")),
        ] {
            assert_eq!(run(&bad).unwrap(), ExitCode::from(2), "{bad:?}");
        }
        assert_eq!(fs::read_to_string(at("prices.csv")).unwrap(), text);
        let good = report(at("out.xlsx"), Some(at("out.json")), at("prices.csv"));
        assert_eq!(run(&good).unwrap(), ExitCode::SUCCESS);
        assert!(at("out.xlsx").exists() && at("out.json").exists());
    }

    #[test]
    fn no_link_and_no_device_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(
            at("prices.csv"),
            "date,product,price\n2026-11-21,cable,100\n",
        )
        .unwrap();
        fs::write(at("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(at("kept"), at("link.xlsx")).unwrap();
        std::os::unix::fs::symlink(at("nothing"), at("dangling.json")).unwrap();
        for bad in [
            report(at("link.xlsx"), None, at("prices.csv")),
            report(at("out.xlsx"), Some(at("dangling.json")), at("prices.csv")),
            report(PathBuf::from("/dev/null"), None, at("prices.csv")),
        ] {
            assert_eq!(run(&bad).unwrap(), ExitCode::from(2), "{bad:?}");
        }
        assert_eq!(fs::read_to_string(at("kept")).unwrap(), "kept");
        assert!(!at("nothing").exists() && !at("out.xlsx").exists());
    }
}
