//! From exec to the first poll of every function, with the environment it has when deployed: no
//! endpoint is named, so that the TLS clients are made as in Lambda.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use local::manifest::{Manifest, Variables};

use crate::process;
use crate::result::{Figures, Target};
use crate::wiring::{self, CONFIG, UNHURRIED};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each function is started.
    #[arg(long, default_value_t = 30)]
    times: usize,
    /// Only this function.
    #[arg(long)]
    function: Option<String>,
}

/// What Lambda itself sets, and every function needs.
const LAMBDA: [(&str, &str); 9] = [
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("AWS_SESSION_TOKEN", "example"),
    ("AWS_REGION", "ap-northeast-2"),
    ("AWS_DEFAULT_REGION", "ap-northeast-2"),
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
];

pub(crate) fn run(options: &Options) -> Result<Figures> {
    let manifest = Manifest::load(Path::new(CONFIG), &Variables::from_process())?;
    let mut figures = Figures::new(format!(
        "Start-up: exec to the first poll, {} starts of each Lambda binary after 3 to warm up",
        options.times
    ));
    for function in manifest.functions.values() {
        if options
            .function
            .as_ref()
            .is_some_and(|only| *only != function.key)
        {
            continue;
        }
        let binary = wiring::binaries()?.join(&function.key);
        // Whatever a variable's value will be, this reads as what it shall be.
        let names = function.environment.keys();
        let environment: Vec<(&str, &str)> = names
            .map(|name| match name.as_str() {
                "RUST_LOG" => ("RUST_LOG", "info"),
                "TIMEZONE" => ("TIMEZONE", "Asia/Seoul"),
                "SOURCES" => ("SOURCES", UNHURRIED),
                "COMPARE_WITH_HISTORY" => ("COMPARE_WITH_HISTORY", "true"),
                name @ ("HEADINGS" | "LIMITS") => (name, "{}"),
                name => (name, "60"),
            })
            .chain(LAMBDA)
            .collect();
        let (mut times, mut cpu) = (Vec::new(), Vec::new());
        for nth in 0..options.times + 3 {
            let (time, busy) = first_poll(&binary, &environment)
                .with_context(|| format!("start {}", function.key))?;
            if nth >= 3 {
                times.push(time.as_secs_f64() * 1e3);
                cpu.push(busy.as_secs_f64() * 1e3);
            }
        }
        times.sort_by(f64::total_cmp);
        cpu.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let most = times[times.len() - 1];
        let size = std::fs::metadata(&binary)?.len() as f64 / f64::from(1 << 20);
        figures.hold(
            format!("{}: median", function.key),
            median,
            "ms",
            Target::AtMost(15.0),
        );
        figures.hold(
            format!("{}: slowest", function.key),
            most,
            "ms",
            Target::AtMost(15.0),
        );
        figures.tell(
            format!("{}: CPU of it, median", function.key),
            cpu[cpu.len() / 2],
            "ms",
        );
        figures.tell(format!("{}: size of the binary", function.key), size, "MiB");
    }
    Ok(figures)
}

/// Starts a function and waits for its first request: how long that took, and the CPU time of
/// its main thread.
fn first_poll(binary: &Path, environment: &[(&str, &str)]) -> Result<(Duration, Duration)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?.to_string();
    let started = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .envs(environment.iter().copied())
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    listener.set_nonblocking(true)?;
    // The connection is kept until the process is killed, which would complain otherwise.
    let (polled, _connection) = loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                let mut request = [0; 1024];
                let length = stream.read(&mut request)?;
                let took = started.elapsed();
                let text = String::from_utf8_lossy(&request[..length]);
                ensure!(
                    text.contains("/invocation/next"),
                    "its first request is {text}"
                );
                break (took, stream);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if let Some(status) = child.try_wait()? {
                    bail!("it ended: {status}");
                }
                ensure!(started.elapsed() < Duration::from_secs(10), "it never asks");
                std::thread::sleep(Duration::from_micros(100));
            }
            Err(error) => return Err(error.into()),
        }
    };
    let cpu = process::cpu_of_first_thread(child.id())?;
    child.kill()?;
    child.wait()?;
    Ok((polled, cpu))
}
