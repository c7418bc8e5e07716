//! The command line.

mod alerts;
mod cost;
mod demo;
mod doctor;
mod export;
mod extract;
mod follow;
mod follow_file;
mod function;
mod invoke;
mod look;
mod next;
mod package;
mod query;
mod remote;
mod report;
mod table;
mod tokens;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

/// Follows prices: the whole pipeline on this machine.
#[derive(Debug, Parser)]
#[command(name = "pricetide", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the pipeline with a demo shop and 30 past days of its prices.
    Demo(demo::Demo),
    /// Run the pipeline.
    Up(up::Up),
    /// Follow a product, by way of a running `pricetide up`.
    Follow(Box<follow::Follow>),
    /// Fetch the prices of a schedule's products now, by way of a running `pricetide up`.
    Fetch(follow::Fetch),
    /// List the runs of a running `pricetide up`, or show one.
    Runs(look::Runs),
    /// Show a product's outcomes.
    History(look::History),
    /// Show items with their offers side by side.
    Items(look::Items),
    /// Show what fired, and why a rule fired or did not.
    Alerts(alerts::Alerts),
    /// Say that a stored price is wrong, or right after all.
    Void(look::Void),
    /// Try the failed jobs of a run again, in the same run.
    Redrive(look::Redrive),
    /// Ask a query template by way of a running `pricetide up`, and save the answer.
    Export(export::Export),
    /// Make, list and revoke the tokens and share links of a running `pricetide up`.
    Tokens(tokens::Tokens),
    /// Invoke a function of a running `pricetide up` with an event.
    Invoke(invoke::Invoke),
    /// Show what Pricetide reads from a shop's page, a file or a text.
    Extract(extract::Extract),
    /// Show when a schedule is due.
    Next(next::Next),
    /// Turn a workbook of prices into an aggregated report.
    Report(report::Report),
    /// Answer a query template from a folder of archive files.
    Query(query::Query),
    /// Look at query templates.
    #[command(subcommand)]
    Templates(query::Templates),
    /// Build what is deployed: a zip for every function.
    Package(package::Package),
    /// Check what a deployment needs, before it is begun.
    Doctor(doctor::Doctor),
    /// Compute what a month costs at AWS, line by line.
    Cost(cost::Cost),
    /// Print the completions of a shell: `pricetide completions bash > FILE`.
    Completions(Completions),
    /// Be a function: what the local runner starts.
    #[command(hide = true)]
    Function(function::Function),
}

/// For which shell.
#[derive(Debug, Args)]
struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

fn completions(wanted: &Completions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(wanted.shell, &mut Cli::command(), "pricetide", &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

/// Where the pipeline's state and wiring are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The folder that holds all state.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    pub(crate) data: PathBuf,
    /// The wiring; looked for in this folder and those above it.
    #[arg(long, value_name = "FILE", default_value = "serverless.yml")]
    pub(crate) config: PathBuf,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    end_quietly_without_a_reader();
    let Cli { command } = Cli::parse();
    let result = match command {
        Command::Demo(demo) => demo::run(demo),
        Command::Up(up) => up::run(&up),
        Command::Follow(follow) => follow::follow(&follow),
        Command::Fetch(fetch) => follow::fetch(&fetch),
        Command::Runs(what) => look::runs(&what),
        Command::History(what) => look::history(&what),
        Command::Items(what) => look::items(&what),
        Command::Alerts(what) => alerts::alerts(&what),
        Command::Void(what) => look::void(&what),
        Command::Redrive(what) => look::redrive(&what),
        Command::Export(export) => export::run(&export),
        Command::Tokens(tokens) => tokens::run(&tokens),
        Command::Invoke(invoke) => invoke::run(&invoke),
        Command::Extract(extract) => extract::run(&extract),
        Command::Next(next) => next::run(&next),
        Command::Report(report) => report::run(&report),
        Command::Query(query) => query::run(&query),
        Command::Templates(what) => query::templates(&what),
        Command::Package(package) => package::run(&package),
        Command::Doctor(doctor) => doctor::run(&doctor),
        Command::Cost(cost) => cost::run(&cost),
        Command::Completions(wanted) => Ok(completions(&wanted)),
        Command::Function(function) => function::run(&function),
    };
    result.unwrap_or_else(|error| {
        eprintln!("pricetide: {error:#}");
        ExitCode::from(2)
    })
}

/// Ends the process without a word when whoever reads its output has read enough (`| head`).
fn end_quietly_without_a_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

/// A runtime for commands that do several things at once.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

/// Shows on standard error what goes wrong in the stack and the runner; `RUST_LOG` shows more.
fn start_logging() {
    // s3s logs every refused operation as an error, a plain 404 included.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error,s3s=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
