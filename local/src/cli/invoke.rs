//! `pricetide invoke`: an event for a function.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::Value;

use super::remote::Remote;

/// Invoke a function of a running `pricetide up` with an event.
#[derive(Debug, clap::Args)]
pub(crate) struct Invoke {
    /// The function's name in serverless.yml.
    function: String,
    /// A file with the event as JSON, such as those in events/.
    event: PathBuf,
    /// The data folder of the running pipeline.
    #[arg(long, value_name = "FOLDER", default_value = ".pricetide")]
    data: PathBuf,
}

/// Prints what the function answers.
pub(crate) fn run(invoke: &Invoke) -> Result<ExitCode> {
    let path = invoke.event.display();
    let text = std::fs::read_to_string(&invoke.event).with_context(|| format!("read {path}"))?;
    let event: Value =
        serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))?;
    let remote = Remote::of(&invoke.data)?;
    let answer = super::runtime()?.block_on(remote.invoke(&invoke.function, &event))?;
    println!("{answer:#}");
    Ok(ExitCode::SUCCESS)
}
