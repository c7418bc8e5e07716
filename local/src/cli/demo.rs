//! `pricetide demo`: the pipeline with a demo shop and its past days.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::up::until_told;
use crate::demo::{Demo as TheDemo, DemoOptions};
use crate::pipeline::environment_file;

/// Run the pipeline with a demo shop and 30 past days of its prices.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// The folder that holds all state; a demo that was killed goes on there.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide/demo")]
    data: PathBuf,
    /// The wiring; looked for in this folder and those above it.
    #[arg(long, value_name = "FILE", default_value = "serverless.yml")]
    config: PathBuf,
    /// The port of the HTTP API; the embedded services take the five after it. 0 takes any.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// How many past days.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// The same seed gives the same prices.
    #[arg(long, default_value_t = 20_261_121)]
    seed: u64,
    /// Leave when the work is done, instead of serving on.
    #[arg(long)]
    exit: bool,
}

/// Runs the demo; the exit code tells whether every job has exactly one outcome.
pub(crate) fn run(demo: Demo) -> Result<ExitCode> {
    super::start_logging();
    super::runtime()?.block_on(async {
        let options = DemoOptions {
            data: demo.data,
            config: demo.config,
            port: demo.port,
            days: demo.days,
            seed: demo.seed,
            schedules: !demo.exit,
        };
        let progress =
            ProgressBar::new(u64::from(options.days)).with_style(ProgressStyle::with_template(
                "{bar:30} {pos}/{len} days  {elapsed}, about {eta} left  {msg}",
            )?);
        let ran = TheDemo::run(&options, &progress).await?;
        progress.finish_and_clear();
        print!("{}", ran.report());
        let good = ran.report().is_good();
        if !demo.exit {
            println!("shop       {}", ran.shop_url());
            println!(
                "HTTP API   {}",
                ran.pipeline().variable("PRICETIDE_API_URL")
            );
            println!("keys       {}", environment_file(&options.data).display());
            println!("Ctrl-C stops it.");
            until_told().await?;
        }
        ran.stop().await;
        Ok(if good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}
