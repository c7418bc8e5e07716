//! Looking at a running pipeline from the command line: runs, a product's history, items; and
//! an owner's word on a price.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::remote::Remote;
use super::{Place, table};

/// What every one of these commands takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    place: Place,
    /// Print the API's answer as JSON.
    #[arg(long)]
    json: bool,
}

/// List runs, or show one with what failed.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(flatten)]
    common: Common,
    /// A run, as the list names it: `daily@2026-11-21T01:15:00Z`.
    run: Option<String>,
}

/// Show a product's outcomes, the newest first.
#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(flatten)]
    common: Common,
    /// The product.
    product: String,
    /// How many.
    #[arg(long, default_value_t = 30)]
    last: usize,
}

/// Show items with their offers side by side.
#[derive(Debug, Args)]
pub(crate) struct Items {
    #[command(flatten)]
    common: Common,
}

/// Try the failed jobs of a run again, in the same run.
#[derive(Debug, Args)]
pub(crate) struct Redrive {
    #[command(flatten)]
    common: Common,
    /// The run: `daily@2026-11-21T01:15:00Z`.
    run: String,
    /// Only jobs that failed for this reason: `timeout`, `blocked`.
    #[arg(long)]
    reason: Option<String>,
}

/// Say that a stored price is wrong, or that it is right after all.
#[derive(Debug, Args)]
pub(crate) struct Void {
    #[command(flatten)]
    common: Common,
    /// The product.
    product: String,
    /// The run: `daily@2026-11-21T01:15:00Z`.
    run: String,
    /// Why.
    #[arg(long, required_unless_present = "undo")]
    reason: Option<String>,
    /// Count the price again.
    #[arg(long, conflicts_with = "reason")]
    undo: bool,
}

/// Asks the API and prints its answer as JSON, or as `show` does.
pub(super) fn ask(
    common: &Common,
    method: Method,
    path: &str,
    body: Option<&Value>,
    show: impl FnOnce(&Value),
) -> Result<ExitCode> {
    super::runtime()?.block_on(async {
        let remote = Remote::of(&common.place.data)?;
        let answer = remote.api(method, path, body).await?;
        if common.json {
            println!("{}", serde_json::to_string_pretty(&answer)?);
        } else {
            show(&answer);
        }
        Ok(ExitCode::SUCCESS)
    })
}

pub(crate) fn runs(runs: &Runs) -> Result<ExitCode> {
    match &runs.run {
        None => ask(&runs.common, Method::GET, "/runs", None, |answer| {
            let rows: Vec<_> = list(answer, "runs").map(run_row).collect();
            table::print(
                &["Run", "Status", ">Jobs", ">Prices", ">Failed", "Workbook"],
                &rows,
            );
        }),
        Some(run) => {
            let path = format!("/runs/{}/outcomes", encoded(run));
            ask(&runs.common, Method::GET, &path, None, |answer| {
                let rows: Vec<_> = list(answer, "outcomes").map(outcome_row).collect();
                table::print(&["Product", "Name", ">Price", "State"], &rows);
            })
        }
    }
}

fn run_row(run: &Value) -> Vec<String> {
    let totals = &run["totals"];
    let failures = totals["failures"].as_object().into_iter().flatten();
    let failed: u64 = failures.filter_map(|(_, count)| count.as_u64()).sum();
    vec![
        text(&run["id"]),
        text(&run["status"]),
        text(&run["jobs"]),
        text(&totals["prices"]),
        if totals.is_object() {
            failed.to_string()
        } else {
            String::new()
        },
        text(&run["workbook"]),
    ]
}

fn outcome_row(outcome: &Value) -> Vec<String> {
    let seen = &outcome["outcome"];
    vec![
        text(&outcome["product"]),
        text(&outcome["name"]),
        price(&seen["price"]),
        state(seen),
    ]
}

pub(crate) fn history(history: &History) -> Result<ExitCode> {
    let path = format!("/products/{}/prices", encoded(&history.product));
    ask(&history.common, Method::GET, &path, None, |answer| {
        let all: Vec<&Value> = list(answer, "prices").collect();
        let newest = all.iter().rev().take(history.last);
        let rows: Vec<_> = newest
            .map(|seen| vec![text(&seen["run"]), price(&seen["price"]), state(seen)])
            .collect();
        table::print(&["Run", ">Price", "State"], &rows);
    })
}

pub(crate) fn items(items: &Items) -> Result<ExitCode> {
    ask(&items.common, Method::GET, "/items", None, |answer| {
        let mut rows = Vec::new();
        for item in list(answer, "items") {
            let best: Vec<String> = list(item, "best")
                .map(|best| text(&best["product"]))
                .collect();
            for offer in list(item, "offers") {
                let id = text(&offer["id"]);
                let mark = if best.contains(&id) { "best" } else { "" };
                let shop = text(&offer["vendor"]);
                let stock = text(&offer["availability"]);
                rows.push(vec![
                    text(&item["id"]),
                    id,
                    shop,
                    price(&offer["price"]),
                    stock,
                    mark.to_owned(),
                ]);
            }
        }
        table::print(
            &["Item", "Product", "Shop", ">Price", "Availability", ""],
            &rows,
        );
    })
}

pub(crate) fn redrive(redrive: &Redrive) -> Result<ExitCode> {
    let path = format!("/runs/{}/redrive", encoded(&redrive.run));
    let body = match &redrive.reason {
        Some(reason) => json!({"reason": reason}),
        None => json!({}),
    };
    ask(
        &redrive.common,
        Method::POST,
        &path,
        Some(&body),
        |answer| {
            let jobs = answer["jobs"].as_u64().unwrap_or_default();
            if jobs == 0 {
                println!("Nothing to try again in {}", redrive.run);
            } else {
                let s = if jobs == 1 { "" } else { "s" };
                println!("{jobs} job{s} of {} are tried again", redrive.run);
                println!("`pricetide runs` shows when the run is closed anew.");
            }
        },
    )
}

pub(crate) fn void(void: &Void) -> Result<ExitCode> {
    let path = format!(
        "/products/{}/prices/{}/void",
        encoded(&void.product),
        encoded(&void.run)
    );
    let (method, body) = match &void.reason {
        Some(reason) if !void.undo => (Method::PUT, Some(json!({"reason": reason}))),
        _ => (Method::DELETE, None),
    };
    ask(&void.common, method, &path, body.as_ref(), |seen| {
        let counts = if void.undo {
            "counts again"
        } else {
            "counts no more"
        };
        println!("{} of {} {counts}", price(&seen["price"]), void.run);
    })
}

pub(super) fn list<'a>(answer: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    answer[field].as_array().into_iter().flatten()
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn price(price: &Value) -> String {
    if price.is_object() {
        format!("{} {}", text(&price["amount"]), text(&price["currency"]))
    } else {
        String::new()
    }
}

/// What is to be said of an outcome beside its price.
fn state(seen: &Value) -> String {
    if seen["failure"].is_object() {
        return format!(
            "{}: {}",
            text(&seen["failure"]["reason"]),
            text(&seen["failure"]["detail"])
        );
    }
    if seen["void"].is_object() {
        return format!("void: {}", text(&seen["void"]["reason"]));
    }
    match seen["unconfirmed"].as_str() {
        Some(how) => format!("unconfirmed ({how})"),
        None => text(&seen["availability"]),
    }
}

pub(super) fn encoded(text: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}
