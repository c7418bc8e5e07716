//! `pricetide function NAME`: this process becomes a function.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};

use crate::runner;

/// Be a function.
#[derive(Debug, clap::Args)]
pub(crate) struct Function {
    /// The function's name in serverless.yml.
    name: String,
}

/// Serves the function until the runner ends it.
pub(crate) fn run(function: &Function) -> Result<ExitCode> {
    runner::child::watch_parent();
    // One thread, as the functions' own binaries have.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let served = match function.name.as_str() {
        "scheduler" => runtime.block_on(scheduler::run()),
        "worker" => runtime.block_on(worker::run()),
        "deadletter" => runtime.block_on(deadletter::run()),
        "closer" => runtime.block_on(closer::run()),
        "exporter" => runtime.block_on(exporter::run()),
        "reporter" => runtime.block_on(reporter::run()),
        "notifier" => runtime.block_on(notifier::run()),
        "api" => runtime.block_on(api::run()),
        other => bail!("there is no function {other:?}"),
    };
    served.map_err(|error| anyhow!("the function {} ended: {error}", function.name))?;
    Ok(ExitCode::SUCCESS)
}
