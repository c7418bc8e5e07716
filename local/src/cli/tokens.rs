//! `pricetide tokens`: who else may use the API of a running pipeline.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::json;

use super::Place;
use super::remote::Remote;

/// Make, list and revoke the tokens and share links of a running `pricetide up`.
#[derive(Debug, Args)]
pub(crate) struct Tokens {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token. It is printed this once; only its digest is kept.
    Make {
        /// What to call it.
        name: String,
        /// What it may do.
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
    },
    /// List the tokens and share links.
    List,
    /// Revoke a token or share link.
    Revoke {
        /// Its id, as `list` shows it.
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Reads everything.
    Viewer,
    /// Reads and changes everything.
    Editor,
}

/// Carries the action out.
pub(crate) fn run(tokens: &Tokens) -> Result<ExitCode> {
    super::runtime()?.block_on(async {
        let remote = Remote::of(&tokens.place.data)?;
        match &tokens.action {
            Action::Make { name, role } => {
                let role = match role {
                    Role::Viewer => "viewer",
                    Role::Editor => "editor",
                };
                let body = json!({"name": name, "role": role});
                let made = remote.api(Method::POST, "/tokens", Some(&body)).await?;
                println!("{}", made["token"].as_str().unwrap_or_default());
            }
            Action::List => {
                let listed = remote.api(Method::GET, "/grants", None).await?;
                for grant in listed["grants"].as_array().into_iter().flatten() {
                    let text = |field: &str| grant[field].as_str().unwrap_or_default().to_owned();
                    println!(
                        "{}  {:<7}  {}  {}",
                        text("id"),
                        text("role"),
                        text("created_at"),
                        text("name")
                    );
                }
            }
            Action::Revoke { id } => {
                let path = format!("/grants/{id}");
                remote.api(Method::DELETE, &path, None).await?;
                println!("{id} opens nothing any more");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
