//! Arbitrary requests to the HTTP API: the corpus of its fuzz target, and as many by chance.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use api::Api;
use integration_tests::TestPipeline;
use integration_tests::http_requests::{answers_well, event_of, route_keys};

crate::trials!(no_request_is_a_failure_of_ours);

/// How many requests are made by chance.
const BY_CHANCE: usize = 1_000;

async fn no_request_is_a_failure_of_ours() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    // The API reads its environment, which belongs to a process.
    let environment = pipeline.runner().environment("api").to_vec();
    let token = pipeline.variable("PRICETIDE_API_TOKEN").to_owned();
    let replayed = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe()?)
            .args(["requests", &token])
            .envs(environment)
            .output()
    });
    let output = replayed.await??;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    pipeline.stop().await;
    Ok(())
}

/// The process that the test starts: sends the API what the corpus holds, and changes of it.
pub(crate) fn replay(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let token = arguments.next().context("no token")?;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/fuzz/http_api");
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        inputs.push(std::fs::read(entry?.path())?);
    }
    ensure!(inputs.len() >= 50, "{} inputs", inputs.len());
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..BY_CHANCE {
        let mut input = inputs[random.usize(..inputs.len())].clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..input.len());
            match random.u8(..4) {
                0 => input[at] = random.u8(..),
                1 => input.insert(
                    at,
                    *random
                        .choice(b"{}[]\":,\n\\%\0\xed\xa0")
                        .context("a byte")?,
                ),
                2 => input.truncate(at.max(2)),
                _ => {
                    let other = &inputs[random.usize(..inputs.len())];
                    input.extend_from_slice(&other[random.usize(..other.len())..]);
                }
            }
        }
        inputs.push(input);
    }
    let keys = route_keys();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let api = Api::from_env().await?;
        for input in &inputs {
            if let Ok(event) = event_of(input, &keys, &token) {
                let patience = std::time::Duration::from_secs(20);
                let answered = tokio::time::timeout(patience, answers_well(&api, &event)).await;
                ensure!(answered.is_ok(), "no answer: {event:?}");
            }
        }
        Ok(())
    })
}
