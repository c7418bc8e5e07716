//! Jobs a second through the whole local path, from the schedule's event until every job has
//! its outcome, and the memory of `pricetide up` with all its functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::result::{Figures, Target};
use crate::shop::{self, ShopProcess};
use crate::up::Up;
use crate::wiring;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    shop: shop::Options,
    /// How many runs.
    #[arg(long, default_value_t = 5)]
    runs: u32,
}

pub(crate) async fn run(options: &Options) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let shop = ShopProcess::start(options.shop)?;
    let catalogue = options.shop.catalogue(&shop.url).await?;
    let up = Up::start(folder.path(), shop.host()).await?;
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
    wiring::closed(&up.clients, table, &last.context("no run")?).await?;
    let resident: u64 = up
        .processes()?
        .into_iter()
        .filter_map(|pid| process::peak_resident(pid).ok())
        .sum();
    let own = process::peak_resident(up.pid())?;
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

/// Looks at the memory of all processes five times a second.
struct Watch {
    going: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<()>,
}

impl Watch {
    fn start(up: &Up) -> Result<Self> {
        let (going, most) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let parent = up.pid();
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
