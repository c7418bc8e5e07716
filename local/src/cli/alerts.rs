//! `pricetide alerts`: what fired, the rules beside the products, and why a rule fired or did not.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use model::{RuleId, Scope};
use reqwest::Method;
use serde_json::Value;

use super::look::{Common, ask, encoded, list, text};
use super::table;

/// What fired, which rules there are, and why they fired or did not.
#[derive(Debug, Args)]
pub(crate) struct Alerts {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List what fired, the newest first.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Say of each rule about a product or an item why it fired or did not.
    Explain {
        #[command(flatten)]
        common: Common,
        /// The product, or `item:ID`.
        about: String,
        /// `en` or `ko`.
        #[arg(long, default_value = "en")]
        language: String,
    },
    /// List the rules of items, categories, tags and everything. A product's own are part of it.
    Rules {
        #[command(flatten)]
        common: Common,
    },
    /// Store a rule of an item, a category, a tag or everything.
    Set {
        #[command(flatten)]
        common: Common,
        /// `item:ID`, `category:NAME`, `tag:TAG` or `all`.
        scope: Scope,
        /// The rule's id, of your choice.
        rule: RuleId,
        /// The rule as JSON: `{"when": {"kind": "new_low", "days": 30}}`.
        definition: String,
    },
    /// Remove a rule of an item, a category, a tag or everything.
    Remove {
        #[command(flatten)]
        common: Common,
        /// `item:ID`, `category:NAME`, `tag:TAG` or `all`.
        scope: Scope,
        /// The rule's id.
        rule: RuleId,
    },
}

pub(crate) fn alerts(alerts: &Alerts) -> Result<ExitCode> {
    match &alerts.what {
        What::List { common } => ask(common, Method::GET, "/alerts", None, |answer| {
            let rows: Vec<_> = list(answer, "alerts")
                .map(|alert| {
                    let about = match &alert["scope"] {
                        Value::Null => "product".to_owned(),
                        scope => text(scope),
                    };
                    let field = |name: &str| text(&alert[name]);
                    let [slot, product] = ["slot", "product"].map(field);
                    vec![slot, product, about, field("rule"), field("text")]
                })
                .collect();
            table::print(&["Slot", "Product", "About", "Rule", "Why"], &rows);
        }),
        What::Explain {
            common,
            about,
            language,
        } => {
            let path = match about.strip_prefix("item:") {
                Some(item) => format!("/items/{}/standing", encoded(item)),
                None => format!("/products/{}/standing", encoded(about)),
            };
            let path = format!("{path}?language={}", encoded(language));
            ask(common, Method::GET, &path, None, explain)
        }
        What::Rules { common } => ask(common, Method::GET, "/alerts/rules", None, |answer| {
            let rows: Vec<_> = list(answer, "rules")
                .map(|one| {
                    let rule = &one["rule"];
                    let kind = text(&rule["when"]["kind"]);
                    vec![
                        text(&one["scope"]),
                        text(&rule["id"]),
                        kind,
                        rule.to_string(),
                    ]
                })
                .collect();
            table::print(&["About", "Rule", "Kind", "Definition"], &rows);
        }),
        What::Set {
            common,
            scope,
            rule,
            definition,
        } => {
            let body: Value = serde_json::from_str(definition).context(
                "the rule is not JSON: write it as '{\"when\": {\"kind\": \"new_low\", \"days\": 30}}'",
            )?;
            let path = path_of(scope, rule);
            ask(common, Method::PUT, &path, Some(&body), |_| {
                println!("Pricetide watches {scope} by the rule {rule}");
            })
        }
        What::Remove {
            common,
            scope,
            rule,
        } => ask(common, Method::DELETE, &path_of(scope, rule), None, |_| {
            println!("The rule {rule} of {scope} is removed");
        }),
    }
}

fn path_of(scope: &Scope, rule: &RuleId) -> String {
    format!("/alerts/rules/{}/{rule}", encoded(&scope.to_string()))
}

fn explain(answer: &Value) {
    for sentence in list(answer, "verdict") {
        println!("{}", text(sentence));
    }
    for rule in list(answer, "rules") {
        let fired = rule["fired"].as_bool().unwrap_or_default();
        let mark = if fired { "fired" } else { "did not fire" };
        let name = match &rule["scope"] {
            Value::Null => text(&rule["rule"]),
            scope => format!("{} ({})", text(&rule["rule"]), text(scope)),
        };
        match &rule["slot"] {
            Value::Null => println!("\n{name} was not asked yet"),
            slot => println!("\n{name} {mark} at {}", text(slot)),
        }
        if rule["why"].as_str().is_some_and(|why| !why.is_empty()) {
            println!("  {}", text(&rule["why"]));
        }
        if !fired && rule["last_fired"].is_object() {
            let last = &rule["last_fired"];
            let (slot, why) = (text(&last["slot"]), text(&last["why"]));
            println!("  Last fired at {slot}: {why}");
        }
    }
}
