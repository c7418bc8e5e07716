//! The same list once more from outside, by boto3: a client that nobody here wrote.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::start;

const SCRIPT: &str = "tests/python/embedded_stack.py";

fn has_boto3() -> bool {
    let import = Command::new("python3")
        .args(["-c", "import boto3"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    import.is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_finds_everything_as_in_aws() {
    if !has_boto3() {
        assert!(
            std::env::var_os("CI").is_none(),
            "python3 with boto3 is not installed (pip install -r tests/python/requirements.txt)"
        );
        println!("skipped: python3 with boto3 is not installed");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the repository");
    let running = start().await;
    let mut script = Command::new("python3");
    script
        .arg(root.join(SCRIPT))
        .envs(running.stack.environment());
    // Nothing of the user's own settings.
    script
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    script
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_SESSION_TOKEN");
    let output = tokio::task::spawn_blocking(move || script.output()).await;
    let output = output.expect("a thread").expect("python3 runs");
    let (told, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{told}");
    assert!(output.status.success(), "{told}\n{errors}");
}
