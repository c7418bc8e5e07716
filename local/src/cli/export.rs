//! `pricetide export`: asks a query template of a running pipeline, and saves the answer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::{Ask, Format, TemplateName, When};
use reqwest::Method;
use serde_json::Value;

use super::Place;
use super::query::parameter;
use super::remote::Remote;

/// How long between two looks at an export.
const PAUSE: Duration = Duration::from_millis(300);
/// How often it is looked at: a quarter of an hour.
const LOOKS: u32 = 3_000;

/// Ask a query template by way of a running `pricetide up`, and save the answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The template's name; without one the templates are listed.
    template: Option<TemplateName>,
    /// The value of a parameter: `name=value`; an empty value is NULL.
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parameter)]
    parameter: Vec<(String, String)>,
    /// How the answer is written: xlsx, csv or json.
    #[arg(long, default_value = "xlsx", value_parser = format)]
    format: Format,
    /// Label the answer in Korean.
    #[arg(long)]
    korean: bool,
    /// Make a file and a message only if the answer has rows.
    #[arg(long)]
    not_empty: bool,
    /// Where the answer goes; the template's name in this folder, if not given.
    #[arg(short, long, value_name = "OUTPUT")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

fn format(text: &str) -> Result<Format, String> {
    Format::from_extension(text).ok_or_else(|| "it is none of xlsx, csv, json".to_owned())
}

/// Asks, waits for the answer and saves it.
pub(crate) fn run(export: &Export) -> Result<ExitCode> {
    let remote = Remote::of(&export.place.data)?;
    super::runtime()?.block_on(async {
        let Some(template) = &export.template else {
            return list(&remote).await;
        };
        let ask = Ask {
            template: template.clone(),
            parameters: export.parameter.iter().cloned().collect::<BTreeMap<_, _>>(),
            format: export.format,
            korean: export.korean,
            when: if export.not_empty {
                When::NotEmpty
            } else {
                When::Always
            },
        };
        let body = serde_json::to_value(&ask)?;
        let begun = remote.api(Method::POST, "/exports", Some(&body)).await?;
        let id = begun["id"].as_str().context("the answer has no id")?;
        let ended = ended(&remote, id).await?;
        match ended["state"].as_str() {
            Some("done") => save(&remote, export, template, &ended).await,
            Some("empty") => {
                println!("{template}: 0 rows, no file");
                Ok(ExitCode::SUCCESS)
            }
            _ => bail!("{}", ended["reason"].as_str().unwrap_or("no answer")),
        }
    })
}

async fn list(remote: &Remote) -> Result<ExitCode> {
    let listed = remote.api(Method::GET, "/templates", None).await?;
    for template in listed["templates"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parameters = template["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<String> = parameters
            .map(|one| format!("{}={}", text(&one["name"]), text(&one["default"])))
            .collect();
        let name = text(&template["name"]);
        println!(
            "{name:<20} {}  {}",
            text(&template["title"]),
            parameters.join(" ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn ended(remote: &Remote, id: &str) -> Result<Value> {
    let path = format!("/exports/{id}");
    for _ in 0..LOOKS {
        let view = remote.api(Method::GET, &path, None).await?;
        if !matches!(view["state"].as_str(), Some("waiting" | "working")) {
            return Ok(view);
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("the export {id} has not ended yet; ask for it again with GET {path}")
}

async fn save(
    remote: &Remote,
    export: &Export,
    template: &TemplateName,
    done: &Value,
) -> Result<ExitCode> {
    let key = done["file"].as_str().context("the answer names no file")?;
    let path = format!("/downloads/~{}", BASE64_URL_SAFE_NO_PAD.encode(key));
    let download = remote.api(Method::GET, &path, None).await?;
    let url = download["url"]
        .as_str()
        .context("the file has no address")?;
    let bytes = remote.fetch(url).await?;
    let name = || PathBuf::from(format!("{template}.{}", export.format.extension()));
    let output = export.output.clone().unwrap_or_else(name);
    std::fs::write(&output, bytes).with_context(|| format!("write {}", output.display()))?;
    let made = if done["made_before"] == true {
        " (made before: nothing has changed since)"
    } else {
        ""
    };
    println!("{}: {} rows{made}", output.display(), done["rows"]);
    Ok(ExitCode::SUCCESS)
}
