//! `pricetide up`: the pipeline, until it is told to stop.

use std::process::ExitCode;

use anyhow::Result;

use super::Place;
use crate::pipeline::{Pipeline, PipelineOptions, environment_file};

/// How long after its start a run is first looked at, in seconds.
const CLOSE_DELAY: &str = "PRICETIDE_CLOSE_DELAY_SECONDS";

/// Run the pipeline.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    #[command(flatten)]
    place: Place,
    /// The port of the HTTP API; the embedded services take the five after it. 0 takes any.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Hosts in private networks that may be fetched, `host` or `host:port`, separated by
    /// commas.
    #[arg(long, value_name = "HOSTS", default_value = "")]
    allow_hosts: String,
}

/// Starts the pipeline and serves until Ctrl-C.
pub(crate) fn run(up: &Up) -> Result<ExitCode> {
    super::start_logging();
    super::runtime()?.block_on(async {
        let mut options = PipelineOptions::new(&up.place.data, &up.place.config);
        options.port = up.port;
        if std::env::var_os(CLOSE_DELAY).is_none() {
            // On one machine a run is done in seconds; nobody wants to wait a minute for it.
            options = options.with_variable(CLOSE_DELAY, "2");
        }
        if !up.allow_hosts.is_empty() {
            options = options.with_variable("PRICETIDE_ALLOWED_HOSTS", &up.allow_hosts);
        }
        let pipeline = Pipeline::start(&options).await?;
        println!("page         {}", pipeline.page());
        println!("HTTP API     {}", pipeline.variable("PRICETIDE_API_URL"));
        println!(
            "environment  {}",
            environment_file(&up.place.data).display()
        );
        println!("Ctrl-C stops it; what is in flight goes on at the next start.");
        until_told().await?;
        pipeline.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Waits for Ctrl-C or a polite kill.
pub(crate) async fn until_told() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
