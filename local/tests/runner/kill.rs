//! `kill -9` of the whole runner, stack and all.

use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Bench, eventually, is_running, notes};

/// Names the folder in which [`runner_process`] runs.
const FOLDER: &str = "TEST_KILLED_FOLDER";

/// The process that is killed: a runner with one event and one message in hand.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test as the runner that is killed"]
async fn runner_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let bench = Bench::start_at(Path::new(&folder), |_| {}).await;
    bench.send("Jobs", &[r#"{"do":"hang"}"#]).await;
    bench
        .runner
        .invoke_async("plain", &json!({ "do": "hang" }))
        .await
        .unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_runner_takes_its_processes_along_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = Command::new(std::env::current_exe().unwrap())
        .args(["kill::runner_process", "--exact", "--ignored"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Killed as soon as both are in hand, before the time-outs end them.
    let processes = eventually("both are in hand", async || {
        let seen = [
            notes(folder.path(), "event"),
            notes(folder.path(), "message"),
        ];
        let [Some(event), Some(message)] = seen.map(|mut notes| notes.pop()) else {
            return None;
        };
        Some([
            event["pid"].as_u64().unwrap(),
            message["pid"].as_u64().unwrap(),
        ])
    })
    .await;
    let pid = Pid::from_raw(runner.id().cast_signed()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    runner.wait().unwrap();
    for process in processes {
        eventually("the function's process is gone", async || {
            (!is_running(process)).then_some(())
        })
        .await;
    }
    // The functions hang again, are killed at their time-outs, and then the message succeeds
    // and the event becomes a dead letter: each has its end.
    let bench = Bench::start_in(folder, |_| {}).await;
    bench.runner.wait_idle().await;
    assert!(bench.bodies_seen().len() >= 2);
    assert!(bench.notes("event").len() >= 2);
    assert_eq!(bench.runner.pending_events(), 0);
    assert_eq!(bench.waiting("Dead").await, 1);
    bench.stop().await;
}
