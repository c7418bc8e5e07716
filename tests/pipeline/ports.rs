//! The table of local ports in ARCHITECTURE.md, walked over as another user of the machine and as
//! a web page.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use integration_tests::{CONFIG, TestPipeline, patiently, stranger};
use reqwest::{Client, Method};

crate::trials!(
    every_port_refuses_other_users_and_web_pages,
    idle_connections_do_not_starve_the_api,
    the_data_folder_is_private_whatever_the_umask,
);

const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

/// The first column of the table.
fn table() -> Vec<&'static str> {
    let section = ARCHITECTURE
        .split("## The local ports")
        .nth(1)
        .unwrap_or_default();
    let rows = section.split("\n## ").next().unwrap_or_default().lines();
    let rows = rows.filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    rows.filter(|name| *name != "Port").collect()
}

async fn every_port_refuses_other_users_and_web_pages() -> Result<()> {
    let pipeline = TestPipeline::start().await?;
    let unknown = pipeline.api(Method::GET, "/products/unknown", None).await?;
    ensure!(unknown.status() == 404, "{}", unknown.status());
    let (process, runtime_api) = sandbox()?;
    let at = |variable: &str, path: &str| format!("{}{path}", pipeline.variable(variable));
    let bucket = pipeline.files_bucket()?;
    let ports = [
        ("HTTP API", at("PRICETIDE_API_URL", "/products/unknown")),
        ("DynamoDB", at("AWS_ENDPOINT_URL_DYNAMODB", "/")),
        (
            "S3",
            at("AWS_ENDPOINT_URL_S3", &format!("/{bucket}/exports/a")),
        ),
        ("SQS", at("AWS_ENDPOINT_URL_SQS", "/")),
        (
            "Secrets Manager",
            at("AWS_ENDPOINT_URL_SECRETS_MANAGER", "/"),
        ),
        (
            "control",
            at(
                "PRICETIDE_CONTROL_URL",
                "/2015-03-31/functions/worker/invocations",
            ),
        ),
        (
            "Runtime API",
            format!("{runtime_api}/2018-06-01/runtime/invocation/next"),
        ),
        ("demo shop", format!("{}/", pipeline.shop().url())),
    ];
    ensure!(
        table() == ports.each_ref().map(|(name, _)| *name),
        "{:?}",
        table()
    );

    // A web page, under its own name or one that it points here.
    let token = format!("Bearer {}", pipeline.variable("PRICETIDE_API_TOKEN"));
    for (name, url) in &ports {
        for foreign in [
            ("host", "evil.example"),
            ("host", "127.0.0.1.evil.example:8780"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let status = stranger::get(url, &[foreign, ("authorization", &token)])?;
            ensure!(status == 403, "{name} answers {status} to {foreign:?}");
        }
    }
    let own = pipeline
        .variable("PRICETIDE_API_URL")
        .trim_end_matches("/api");
    let answer = stranger::get(&ports[0].1, &[("origin", own), ("authorization", &token)])?;
    ensure!(answer == 404, "a page of its own gets {answer}");

    // Another user of the machine.
    let data = pipeline.folder().display();
    let mut tried: Vec<String> = ports.iter().map(|(_, url)| url.clone()).collect();
    tried.extend(["environment", "secret-key"].map(|file| format!("{data}/{file}")));
    tried.push(format!("/proc/{process}/environ"));
    let Some(results) = stranger::tries(&tried)? else {
        eprintln!("skipped in part: only root can become another user");
        return Ok(());
    };
    for (what, result) in tried.iter().zip(&results) {
        let good = match what {
            file if file.starts_with('/') => *result == 0,
            shop if *shop == ports[7].1 => *result == 200,
            _ => (400..500).contains(result),
        };
        ensure!(good, "another user gets {result} of {what}");
    }
    pipeline.stop().await;
    Ok(())
}

/// A function's process, and the port of its Runtime API without the secret.
fn sandbox() -> Result<(u32, String)> {
    let own = format!("PPid:\t{}\n", std::process::id());
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        let address = environment
            .split('\0')
            .find_map(|variable| variable.strip_prefix("AWS_LAMBDA_RUNTIME_API="));
        if let (true, Some(address)) = (status.contains(&own), address) {
            let (port, secret) = address.rsplit_once('/').context("no secret")?;
            ensure!(secret.len() == 40, "{secret}");
            let process = entry.file_name().to_string_lossy().parse()?;
            return Ok((process, port.to_owned()));
        }
    }
    anyhow::bail!("no function runs")
}

async fn idle_connections_do_not_starve_the_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut up = up(folder.path(), "ulimit -n 256")?;
    let result = crowd(folder.path()).await;
    up.kill()?;
    up.wait()?;
    result
}

async fn the_data_folder_is_private_whatever_the_umask() -> Result<()> {
    for umask in ["000", "777"] {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut up = up(&data, &format!("umask {umask}"))?;
        let result = environment(&data).await;
        up.kill()?;
        up.wait()?;
        result?;
        let mut folders = vec![data];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            let mode = std::fs::metadata(&folder)?.permissions().mode() & 0o777;
            ensure!(mode == 0o700, "{} has the mode {mode:o}", folder.display());
            for entry in folder.read_dir()? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let mode = entry.metadata()?.permissions().mode() & 0o777;
                ensure!(
                    mode == 0o600,
                    "{} has the mode {mode:o}",
                    entry.path().display()
                );
                files += 1;
            }
        }
        ensure!(files > 5, "only {files} files");
    }
    Ok(())
}

/// `up` after a command of the shell.
fn up(data: &Path, first: &str) -> Result<Child> {
    let child = Command::new("sh")
        .args(["-c", &format!("{first}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe()?)
        .args(["up", "--port", "0", "--config", CONFIG, "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

/// The environment of a pipeline, once it runs.
async fn environment(data: &Path) -> Result<String> {
    patiently("the environment is there", async || {
        Ok(std::fs::read_to_string(data.join("environment")).ok())
    })
    .await
}

async fn crowd(data: &Path) -> Result<()> {
    let environment = environment(data).await?;
    let variable = |name: &str| {
        let mut lines = environment.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.with_context(|| format!("no {name}"))
    };
    let mut idle = Vec::new();
    for name in [
        "PRICETIDE_API_URL",
        "PRICETIDE_CONTROL_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
    ] {
        let address = variable(name)?.trim_start_matches("http://");
        let address = address.split('/').next().unwrap_or_default();
        for _ in 0..100 {
            idle.push(TcpStream::connect(address)?);
        }
    }
    let client = Client::builder().no_proxy().build()?;
    for _ in 0..3 {
        let response = client
            .get(format!(
                "{}/products/unknown",
                variable("PRICETIDE_API_URL")?
            ))
            .bearer_auth(variable("PRICETIDE_API_TOKEN")?)
            .send()
            .await?;
        ensure!(response.status() == 404, "{}", response.text().await?);
    }
    drop(idle);
    Ok(())
}
