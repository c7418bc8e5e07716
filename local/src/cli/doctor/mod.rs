//! `pricetide doctor`: what would make a deployment fail, found before it is begun.
//!
//! Each check ends as one [`Finding`]: what was looked at, what was found, and what to do if it
//! is not as it should be. The checks are in three groups: the tools of this machine ([`tools`]),
//! the wiring and what was packaged ([`wiring`]), and the AWS account ([`account`]).

mod account;
mod query;
mod tools;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

/// Check what a deployment needs, before it is begun.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The stage that is to be deployed.
    #[arg(long, default_value = "dev")]
    stage: String,
    /// The region to deploy to; what serverless.yml says, if not given.
    #[arg(long)]
    region: Option<String>,
    /// Look at this machine only, not at the AWS account.
    #[arg(long)]
    offline: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// The wiring.
    #[arg(long, value_name = "FILE", default_value = "serverless.yml")]
    config: PathBuf,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Well,
    /// A deployment may succeed, but not do what is expected of it.
    Doubtful,
    /// A deployment would fail.
    Broken,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// What was looked at: `cargo-lambda`, `bucket my-prices-prod-files`.
    what: String,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn well(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            verdict: Verdict::Well,
            found: found.into(),
            advice: None,
        }
    }

    fn broken(
        what: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            verdict: Verdict::Broken,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    fn doubtful(
        what: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Doubtful,
            ..Self::broken(what, found, advice)
        }
    }
}

/// Runs every check and prints what they found. Ends with 1 if a deployment would fail.
pub(crate) fn run(doctor: &Doctor) -> Result<ExitCode> {
    let mut findings = tools::check();
    let wiring = wiring::check(&doctor.config, &doctor.stage, doctor.region.as_deref());
    findings.extend(wiring.findings);
    if let Some(manifest) = &wiring.manifest
        && !doctor.offline
    {
        let account = account::check(manifest);
        findings.extend(super::runtime()?.block_on(account));
    }
    if doctor.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print(&findings);
    }
    let broken = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Broken);
    Ok(ExitCode::from(u8::from(broken)))
}

fn print(findings: &[Finding]) {
    let width = findings
        .iter()
        .map(|finding| finding.what.chars().count())
        .max()
        .unwrap_or_default();
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Well => "ok   ",
            Verdict::Doubtful => "doubt",
            Verdict::Broken => "FAIL ",
        };
        println!("{mark}  {:<width$}  {}", finding.what, finding.found);
        if let Some(advice) = &finding.advice {
            println!("       {:<width$}  -> {advice}", "");
        }
    }
}
