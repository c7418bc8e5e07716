//! Jobs a second through the whole local path, from the schedule's event until every job has
//! its outcome, and the memory of `pricetide up` with all its functions.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use model::RunId;
use serde_json::{Value, json};
use store::{Clients, Runs, Table};

use crate::process;
use crate::result::{Figures, Target};
use crate::shop::{self, ShopProcess};
use crate::wiring::{self, CONFIG, UNHURRIED};

/// When a run is first looked at to be closed; later than its outcomes are there.
const CLOSE_DELAY: &str = "15";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    shop: shop::Options,
    /// How many runs.
    #[arg(long, default_value_t = 5)]
    runs: u32,
}

/// `pricetide up` in a process of its own.
struct Up {
    child: Child,
    variables: HashMap<String, String>,
    clients: Clients,
}

impl Up {
    async fn start(data: &Path, shop: &ShopProcess) -> Result<Self> {
        let mut child = Command::new(wiring::binaries()?.join("pricetide"))
            .args(["up", "--port", "0", "--config", CONFIG])
            .args(["--allow-hosts", shop.host(), "--data"])
            .arg(data)
            .env("PRICETIDE_CLOSE_DELAY_SECONDS", CLOSE_DELAY)
            .env("PRICETIDE_SOURCES", UNHURRIED)
            .stdout(Stdio::null())
            .spawn()
            .context("start pricetide up")?;
        let path = data.join("environment");
        let started = Instant::now();
        // Written when everything serves.
        while !path.exists() {
            if let Some(status) = child.try_wait()? {
                bail!("pricetide up ended: {status}");
            }
            ensure!(
                started.elapsed() < Duration::from_mins(1),
                "pricetide up does not start"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let text = std::fs::read_to_string(&path)?;
        let variables: Vec<(String, String)> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let clients = Clients::of_stack(&variables);
        Ok(Self {
            child,
            variables: variables.into_iter().collect(),
            clients,
        })
    }

    fn variable(&self, name: &str) -> Result<&str> {
        let value = self.variables.get(name);
        Ok(value.with_context(|| format!("no {name} in the environment"))?)
    }

    async fn schedule(&self, client: &reqwest::Client, run: &RunId) -> Result<u64> {
        let url = self.variable("PRICETIDE_CONTROL_URL")?;
        let answer = client
            .post(format!("{url}/2015-03-31/functions/scheduler/invocations"))
            .bearer_auth(self.variable("PRICETIDE_CONTROL_TOKEN")?)
            .body(json!({"schedule": run.schedule, "slot": run.slot}).to_string())
            .send()
            .await?
            .error_for_status()?;
        let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
        answer["jobs"]
            .as_u64()
            .context("the scheduler tells no jobs")
    }

    /// The processes of the stack: this one, and the functions.
    fn processes(&self) -> Result<Vec<u32>> {
        let mut all = process::descendants(self.child.id())?;
        all.push(self.child.id());
        Ok(all)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // The functions end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) async fn run(options: &Options) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let shop = ShopProcess::start(options.shop)?;
    let catalogue = options.shop.catalogue(&shop.url).await?;
    let up = Up::start(folder.path(), &shop).await?;
    let table = "pricetide-dev";
    wiring::define(&up.clients, table, &catalogue).await?;
    let queue = format!(
        "{}/000000000000/pricetide-dev-jobs",
        up.variable("AWS_ENDPOINT_URL_SQS")?
    );
    let client = reqwest::Client::builder().no_proxy().build()?;
    let watch = Watch::start(&up)?;

    let mut times = Vec::new();
    let mut last = None;
    for nth in 0..options.runs {
        let run = wiring::run_id(nth.into())?;
        let started = Instant::now();
        let jobs = up.schedule(&client, &run).await?;
        ensure!(jobs == catalogue.len() as u64, "the run has {jobs} jobs");
        wiring::outcomes(&up.clients, table, &queue, &run, jobs).await?;
        times.push(started.elapsed().as_secs_f64());
        last = Some(run);
    }
    // The closer's work belongs to the memory of the whole.
    closed(&up, table, &last.context("no run")?).await?;
    let resident: u64 = up
        .processes()?
        .into_iter()
        .filter_map(|pid| process::peak_resident(pid).ok())
        .sum();
    let own = process::peak_resident(up.child.id())?;
    let count = up.processes()?.len();
    let proportional = watch.stop();

    let rate = |seconds: f64| catalogue.len() as f64 / seconds;
    let first = rate(times[0]);
    times.sort_by(f64::total_cmp);
    let median = rate(times[times.len() / 2]);
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut figures = Figures::new(format!(
        "The whole local path: {} runs of {} products, pages of {} bytes, {cores} cores",
        options.runs, options.shop.products, options.shop.page_bytes
    ));
    figures.tell("jobs a second, first run (functions start)", first, "/s");
    figures.hold(
        "jobs a second, median run",
        median,
        "/s",
        Target::AtLeast(1_000.0),
    );
    figures.tell(
        "jobs a second, slowest run",
        rate(times[times.len() - 1]),
        "/s",
    );
    figures.hold(
        "memory of all processes, peak (PSS)",
        mebibytes(proportional),
        "MiB",
        Target::AtMost(200.0),
    );
    figures.tell("sum of their peaks (RSS)", mebibytes(resident), "MiB");
    figures.tell("of it pricetide up itself", mebibytes(own), "MiB");
    figures.tell("processes", count as f64, "");
    Ok(figures)
}

async fn closed(up: &Up, table: &str, run: &RunId) -> Result<()> {
    let runs = Runs::new(Table::new(&up.clients, table));
    let started = Instant::now();
    while !runs
        .get(run)
        .await?
        .is_some_and(|run| run.status.is_closed())
    {
        ensure!(
            started.elapsed() < Duration::from_mins(3),
            "{run} is not closed"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Looks at the memory of all processes five times a second.
struct Watch {
    going: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<()>,
}

impl Watch {
    fn start(up: &Up) -> Result<Self> {
        let (going, most) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let parent = up.child.id();
        let (watched, seen) = (Arc::clone(&going), Arc::clone(&most));
        let thread = std::thread::Builder::new().spawn(move || {
            while watched.load(Ordering::Relaxed) {
                let mut all = process::descendants(parent).unwrap_or_default();
                all.push(parent);
                let sum = all
                    .into_iter()
                    .filter_map(|pid| process::proportional(pid).ok());
                seen.fetch_max(sum.sum(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(200));
            }
        })?;
        Ok(Self {
            going,
            most,
            thread,
        })
    }

    fn stop(self) -> u64 {
        self.going.store(false, Ordering::Relaxed);
        let _ = self.thread.join();
        self.most.load(Ordering::Relaxed)
    }
}
