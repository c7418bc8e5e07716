//! The benchmarks of the pipeline; `tests/bench/pipeline/run` builds and starts them, and
//! `tests/bench/README.md` explains them. Linux only: processes are measured by `/proc`.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts and bytes that are measured are far below 2^52"
)]

mod beside_python;
mod closing;
mod process;
mod result;
mod shop;
mod startup;
mod throughput;
mod up;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// Also write what came out to this file, as JSON.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// CPU a job and peak memory of the scheduler and the worker, beside the same in Python.
    BesidePython(beside_python::Options),
    /// Jobs a second through the whole local path, and the memory of all its processes.
    Throughput(throughput::Options),
    /// Memory and time of closing a run, by its size.
    Closing(closing::Options),
    /// From exec to the first poll of every function.
    Startup(startup::Options),
    /// Be the shop, in a process of its own.
    #[command(hide = true)]
    Shop(shop::Options),
    /// Become a function's Lambda binary or Python script.
    #[command(hide = true)]
    Launch(beside_python::Launch),
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("bench_pipeline: {error:#}");
        ExitCode::from(2)
    })
}

fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let figures = match &cli.benchmark {
        Benchmark::Launch(launch) => return Err(launch.exec()),
        Benchmark::Shop(options) => {
            runtime.block_on(shop::serve(options))?;
            return Ok(ExitCode::SUCCESS);
        }
        Benchmark::BesidePython(options) => runtime.block_on(beside_python::run(options))?,
        Benchmark::Throughput(options) => runtime.block_on(throughput::run(options))?,
        Benchmark::Closing(options) => runtime.block_on(closing::run(options))?,
        Benchmark::Startup(options) => startup::run(options)?,
    };
    print!("{figures}");
    if let Some(path) = &cli.json {
        std::fs::write(path, format!("{:#}\n", figures.to_json()))
            .with_context(|| format!("write {}", path.display()))?;
    }
    Ok(if figures.pass() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
