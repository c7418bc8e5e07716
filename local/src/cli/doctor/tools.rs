//! The tools that build and deploy, and their versions.

use std::process::Command;

use serde_json::Value;

use super::Finding;

/// Looks for every tool that `pricetide package` and `osls deploy` call.
pub(super) fn check() -> Vec<Finding> {
    vec![
        tool(
            "cargo-lambda",
            &[&["cargo", "lambda", "--version"]],
            [1, 8],
            "pip install cargo-lambda",
        ),
        tool(
            "zig",
            &[
                &["zig", "version"],
                &["python3", "-m", "ziglang", "version"],
            ],
            [0, 12],
            "pip install ziglang",
        ),
        tool(
            "node",
            &[&["node", "--version"]],
            [18, 0],
            "install Node.js 18 or newer",
        ),
        osls(),
    ]
}

/// The deployment tool has exactly the version that package.json pins.
fn osls() -> Finding {
    const WHAT: &str = "osls";
    let pinned = std::fs::read_to_string("package.json")
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .and_then(|json| Some(json["devDependencies"]["osls"].as_str()?.to_owned()));
    let installed = std::fs::read_to_string("node_modules/osls/package.json")
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .and_then(|json| Some(json["version"].as_str()?.to_owned()));
    match (pinned, installed) {
        (_, None) => Finding::broken(WHAT, "not installed in this folder", "npm ci"),
        (Some(pinned), Some(installed)) if pinned != installed => Finding::broken(
            WHAT,
            format!("{installed}, while package.json pins {pinned}"),
            "npm ci",
        ),
        (_, Some(installed)) => Finding::well(WHAT, installed),
    }
}

/// A tool by the first of its commands that answers, at least of version `least` (major, minor).
fn tool(what: &str, commands: &[&[&str]], least: [u64; 2], install: &str) -> Finding {
    let answer = commands.iter().find_map(|command| {
        let (program, arguments) = command.split_first()?;
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        output.status.success().then(|| text.trim().to_owned())
    });
    let Some(answer) = answer else {
        return Finding::broken(what, "not found", install);
    };
    match version(&answer) {
        Some(found) if found >= least => Finding::well(what, answer),
        Some(_) => {
            let [major, minor] = least;
            let found = format!("{answer}, older than {major}.{minor}");
            Finding::broken(what, found, install)
        }
        None => Finding::doubtful(
            what,
            format!("answers {answer:?}, which names no version"),
            install,
        ),
    }
}

/// The first `major.minor` in what a tool says of itself.
fn version(answer: &str) -> Option<[u64; 2]> {
    answer.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        Some([major, minor])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        for (answer, expected) in [
            ("cargo-lambda 1.9.2 (abc 2026-01-01)", Some([1, 9])),
            ("v20.20.2", Some([20, 20])),
            ("0.17.0", Some([0, 17])),
            ("unknown", None),
        ] {
            assert_eq!(version(answer), expected, "{answer}");
        }
    }

    #[test]
    fn a_tool_that_is_missing_or_old_is_told_with_how_to_get_it() {
        let missing = tool(
            "zig",
            &[&["no-such-tool-of-ours"]],
            [0, 12],
            "pip install ziglang",
        );
        assert_eq!(missing.advice.as_deref(), Some("pip install ziglang"));
        let old = tool(
            "cargo",
            &[&["cargo", "--version"]],
            [9_999, 0],
            "rustup update",
        );
        assert!(old.found.contains("older than 9999.0"), "{}", old.found);
        let well = tool("cargo", &[&["cargo", "--version"]], [1, 0], "rustup update");
        assert_eq!(well.advice, None);
    }
}
