//! `pricetide query` and `pricetide templates`: questions to a folder of archive files, without
//! any stack.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use archive::Key;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Slot;
use query::{About, Database, Format, Limits, Output, Template};

/// Answer a query template from a folder that holds `archive/` of the files bucket.
#[derive(Debug, clap::Args)]
pub(crate) struct Query {
    /// The template: a `.sql` file.
    template: PathBuf,
    /// The folder in which `archive/` lies, as `aws s3 sync` copies it.
    #[arg(long, value_name = "FOLDER")]
    archive: PathBuf,
    /// The answer to write: .xlsx, .csv or .json.
    #[arg(short, long, value_name = "OUTPUT")]
    output: PathBuf,
    /// The value of a parameter: `name=value`; an empty value is NULL.
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
    /// The zone in which days are counted.
    #[arg(long, value_name = "ZONE", default_value = "Asia/Seoul")]
    timezone: String,
    /// The day that counts as today, instead of the clock's.
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Label the answer in Korean.
    #[arg(long)]
    korean: bool,
}

/// Look at query templates.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Templates {
    /// Print the tables that templates read.
    Schema,
    /// Check templates without any data.
    Check {
        /// The templates.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "a parameter is `name=value`".to_owned())
}

/// Writes the answer.
pub(crate) fn run(query: &Query) -> Result<ExitCode> {
    let rows = answer(query)?;
    println!("{}: {rows} rows", query.output.display());
    Ok(ExitCode::SUCCESS)
}

fn answer(query: &Query) -> Result<u64> {
    let extension = query.output.extension().and_then(|text| text.to_str());
    let format = extension
        .and_then(Format::from_extension)
        .ok_or_else(|| anyhow!("the output ends with none of .xlsx, .csv, .json"))?;
    let zone = schedule::time_zone(&query.timezone)?;
    let now = Timestamp::now();
    let today = query.today.unwrap_or_else(|| zone.to_datetime(now).date());
    let template = read(&query.template)?;
    let given: BTreeMap<String, String> = query.parameter.iter().cloned().collect();
    let question = template.resolve(&given, today, Slot::at(now))?;

    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let mut database = Database::create(&folder.path().join("query.sqlite"), zone.clone())?;
    for (key, path) in files(&query.archive)? {
        if !question.days.contains(key.date) {
            continue;
        }
        let file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        database
            .fill(key.schedule.as_str(), BufReader::new(file))
            .with_context(|| format!("read {}", path.display()))?;
    }
    let name = query.template.file_stem().unwrap_or_default();
    let made = zone.to_datetime(now);
    let name = name.to_string_lossy();
    let about = About::new(&name, &template, &question, made, query.korean);
    // A question without an answer leaves no half of a file behind.
    let draft = folder.path().join("answer");
    let mut output = Output::create(&draft, format, about)?;
    database.answer(&template, &question, &Limits::default(), &mut output)?;
    let rows = output.finish()?;
    fs::copy(&draft, &query.output).with_context(|| format!("write {}", query.output.display()))?;
    Ok(rows)
}

/// The archive files that count, in the order of their slots.
fn files(folder: &Path) -> Result<Vec<(Key, PathBuf)>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.join(Key::FOLDER)];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).with_context(|| format!("read {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(below) = path.strip_prefix(folder)
                && let Ok(key) = below.to_string_lossy().parse::<Key>()
            {
                found.insert(key, path);
            }
        }
    }
    let current = archive::current(found.keys().cloned());
    Ok(current
        .into_iter()
        .filter_map(|key| found.remove(&key).map(|path| (key, path)))
        .collect())
}

fn read(path: &Path) -> Result<Template> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Ok(Template::parse(&text)?)
}

/// Prints the tables, or what is wrong with templates (exit code 2).
pub(crate) fn templates(what: &Templates) -> Result<ExitCode> {
    let Templates::Check { files } = what else {
        print!("{}", query::SCHEMA);
        return Ok(ExitCode::SUCCESS);
    };
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let mut database = Database::create(&folder.path().join("query.sqlite"), TimeZone::UTC)?;
    let mut all_right = true;
    for path in files {
        let checked =
            read(path).and_then(|template| Ok(database.check(&template, &Limits::default())?));
        match checked {
            Ok(columns) => {
                let names: Vec<_> = columns.into_iter().map(|column| column.name).collect();
                println!("{}: {}", path.display(), names.join(", "));
            }
            Err(error) => {
                all_right = false;
                eprintln!("{}: {error:#}", path.display());
            }
        }
    }
    Ok(if all_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}
