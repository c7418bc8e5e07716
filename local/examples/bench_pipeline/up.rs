//! `pricetide up` in a process of its own.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use model::RunId;
use serde_json::{Value, json};
use store::Clients;

use crate::process;
use crate::wiring::{self, CONFIG, UNHURRIED};

/// When a run is first looked at to be closed; later than its outcomes are there.
const CLOSE_DELAY: &str = "15";

/// `pricetide up` in a process of its own.
pub(crate) struct Up {
    child: Child,
    variables: HashMap<String, String>,
    pub(crate) clients: Clients,
}

impl Up {
    /// Starts it on `data`; it may fetch from the hosts `allowed`.
    pub(crate) async fn start(data: &Path, allowed: &str) -> Result<Self> {
        let mut child = Command::new(wiring::binaries()?.join("pricetide"))
            .args(["up", "--port", "0", "--config", CONFIG])
            .args(["--allow-hosts", allowed, "--data"])
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

    pub(crate) fn variable(&self, name: &str) -> Result<&str> {
        let value = self.variables.get(name);
        Ok(value.with_context(|| format!("no {name} in the environment"))?)
    }

    pub(crate) async fn schedule(&self, client: &reqwest::Client, run: &RunId) -> Result<u64> {
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

    /// The process id of `pricetide up` itself.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The processes of the stack: this one, and the functions.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
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
