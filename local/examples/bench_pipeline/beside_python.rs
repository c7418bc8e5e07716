//! The scheduler and the worker beside the same two handlers in Python, on the same stack.
//!
//! Both are driven by the same runner through the same Runtime API, schedule event by schedule
//! event; only what stands behind the Runtime API changes: our Lambda binaries, or scripts with
//! boto3 and requests. The CPU time is that of the functions' own processes. Runs before the
//! measured ones take the start-up and the first connections out of the figures.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use local::pipeline::{Pipeline, PipelineOptions};
use local::runner::FunctionCommand;
use model::{Money, Outcome, ProductId};
use serde_json::json;
use store::{Observations, Table};

use crate::process;
use crate::result::{Figures, Target};
use crate::shop::{self, ShopProcess};
use crate::wiring::{self, CONFIG, UNHURRIED};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    shop: shop::Options,
    /// The Python that has boto3 and requests.
    #[arg(long)]
    python: PathBuf,
    /// The folder of scheduler.py and worker.py.
    #[arg(long)]
    scripts: PathBuf,
    /// How many runs are measured.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// How many runs go before them.
    #[arg(long, default_value_t = 1)]
    warm_up: u32,
    /// Measure ours alone, for profiling.
    #[arg(long)]
    without_python: bool,
}

/// Which function to become.
#[derive(Debug, clap::Args)]
pub(crate) struct Launch {
    /// The Python and the folder of the scripts; without them it is the Lambda binary.
    #[arg(long, num_args = 2)]
    python: Option<Vec<PathBuf>>,
    function: String,
}

impl Launch {
    /// Returns only if it cannot.
    pub(crate) fn exec(&self) -> anyhow::Error {
        let function = &self.function;
        let scripted = matches!(function.as_str(), "scheduler" | "worker");
        let mut command = match (&self.python, wiring::binaries()) {
            (Some(python), _) if scripted => {
                let mut command = Command::new(&python[0]);
                command.arg(python[1].join(format!("{function}.py")));
                command
            }
            (_, Ok(binaries)) => Command::new(binaries.join(function)),
            (_, Err(error)) => return error,
        };
        anyhow::Error::new(command.exec()).context(format!("start {function}"))
    }
}

/// What one language needs.
#[derive(Debug, Default)]
struct Measured {
    scheduler: Usage,
    worker: Usage,
    prices: BTreeMap<ProductId, Money>,
}

impl Measured {
    fn usage(&self, function: &str) -> Usage {
        if function == "worker" {
            self.worker
        } else {
            self.scheduler
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Usage {
    cpu: Duration,
    peak: u64,
    processes: usize,
}

pub(crate) async fn run(options: &Options) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let shop = ShopProcess::start(options.shop)?;
    let catalogue = options.shop.catalogue(&shop.url).await?;
    let mut wiring = PipelineOptions::new(folder.path(), CONFIG)
        .with_variable("PRICETIDE_ALLOWED_HOSTS", shop.host())
        .with_variable("PRICETIDE_SOURCES", UNHURRIED)
        // No run is closed while another is measured.
        .with_variable("PRICETIDE_CLOSE_DELAY_SECONDS", "900");
    wiring.port = Some(0);
    wiring.schedules = false;
    let launch = |args: Vec<String>| -> Result<Option<FunctionCommand>> {
        let args = std::iter::once("launch".to_owned()).chain(args).collect();
        Ok(Some(FunctionCommand {
            program: std::env::current_exe()?,
            args,
        }))
    };

    wiring.function_command = launch(Vec::new())?;
    let mut runs = 0..;
    let ours = measure(options, &wiring, &catalogue, &mut runs).await?;
    let mut figures = Figures::new(format!(
        "CPU and memory a job: {} products, pages of {} bytes, {} runs after {} to warm up",
        options.shop.products, options.shop.page_bytes, options.runs, options.warm_up
    ));
    let theirs = if options.without_python {
        None
    } else {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        wiring.function_command = launch(vec![
            "--python".to_owned(),
            path(&options.python),
            path(&options.scripts),
        ])?;
        let theirs = measure(options, &wiring, &catalogue, &mut runs).await?;
        ensure!(
            theirs.prices == ours.prices,
            "the two workers stored different prices"
        );
        Some(theirs)
    };
    let jobs = f64::from(options.runs) * options.shop.products as f64;
    let a_job = |usage: Usage| usage.cpu.as_secs_f64() * 1e3 / jobs;
    for (name, least) in [("worker", 5.0), ("scheduler", 4.0)] {
        let our = ours.usage(name);
        figures.tell(format!("{name}: CPU a job"), a_job(our), "ms");
        if let Some(theirs) = &theirs {
            let their = theirs.usage(name);
            figures.tell(format!("{name} in Python: CPU a job"), a_job(their), "ms");
            let ratio = a_job(their) / a_job(our);
            figures.hold(
                format!("{name}: less CPU by"),
                ratio,
                "times",
                Target::AtLeast(least),
            );
            figures.tell(
                format!("{name} in Python: peak memory"),
                mebibytes(their.peak),
                "MiB",
            );
        }
        let peak = mebibytes(our.peak);
        figures.hold(
            format!("{name}: peak memory"),
            peak,
            "MiB",
            Target::AtMost(25.0),
        );
        figures.tell(format!("{name}: processes"), our.processes as f64, "");
    }
    Ok(figures)
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

async fn measure(
    options: &Options,
    wiring: &PipelineOptions,
    catalogue: &[model::Product],
    runs: &mut impl Iterator<Item = i64>,
) -> Result<Measured> {
    let pipeline = Pipeline::start(wiring).await?;
    wiring::define(pipeline.clients(), pipeline.table()?, catalogue).await?;
    let mut before = BTreeMap::new();
    let mut last = None;
    for nth in 0..options.warm_up + options.runs {
        if nth == options.warm_up {
            before = usage()?;
        }
        let run = wiring::run_id(runs.next().unwrap_or_default())?;
        let event = json!({"schedule": run.schedule, "slot": run.slot});
        let started = pipeline.runner().invoke("scheduler", &event).await?;
        ensure!(
            started["jobs"] == catalogue.len(),
            "the scheduler answered {started}"
        );
        let queue = pipeline.reference("JobsQueue")?;
        let jobs = catalogue.len() as u64;
        wiring::outcomes(pipeline.clients(), pipeline.table()?, queue, &run, jobs).await?;
        last = Some(run);
    }
    let mut measured = Measured::default();
    for (pid, (function, cpu, peak)) in usage()? {
        let usage = match function {
            Function::Scheduler => &mut measured.scheduler,
            Function::Worker => &mut measured.worker,
        };
        // Started in the warm-up, or else its start-up counts.
        let earlier = before.get(&pid).map_or(Duration::ZERO, |(_, cpu, _)| *cpu);
        usage.cpu += cpu.saturating_sub(earlier);
        usage.peak = usage.peak.max(peak);
        usage.processes += 1;
    }
    let observations = Observations::new(Table::new(pipeline.clients(), pipeline.table()?));
    let outcomes = observations.of_run(&last.context("no run")?).await?;
    for (product, observation) in outcomes {
        if let Outcome::Price(offer) = observation.outcome {
            measured.prices.insert(product, offer.price);
        }
    }
    ensure!(
        measured.prices.len() == catalogue.len(),
        "only {} of {} jobs ended with a price",
        measured.prices.len(),
        catalogue.len()
    );
    pipeline.stop().await;
    Ok(measured)
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Scheduler,
    Worker,
}

/// CPU time and peak memory of the functions' processes.
fn usage() -> Result<BTreeMap<u32, (Function, Duration, u64)>> {
    let mut all = BTreeMap::new();
    for pid in process::descendants(std::process::id())? {
        // `…/worker worker`, or `python …/worker.py`.
        let arguments = process::arguments(pid);
        let is = |name: &str| {
            let ends = |argument: Option<&String>, end: &str| {
                argument.is_some_and(|argument| argument.ends_with(end))
            };
            ends(arguments.first(), &format!("/{name}"))
                || ends(arguments.get(1), &format!("/{name}.py"))
        };
        let function = if is("scheduler") {
            Function::Scheduler
        } else if is("worker") {
            Function::Worker
        } else {
            continue;
        };
        all.insert(
            pid,
            (function, process::cpu(pid)?, process::peak_resident(pid)?),
        );
    }
    Ok(all)
}
