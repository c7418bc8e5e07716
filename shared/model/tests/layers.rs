//! What may use what: crates only those below them, and within a function no two modules each
//! other. Both are read from what cargo and the sources say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How high a crate stands, by its folder. A function stands on `shared` alone.
fn height(path: &str) -> Option<usize> {
    let folders = ["/shared/", "/functions/", "/local/", "/tests/"];
    folders.iter().position(|folder| path.starts_with(folder))
}

#[test]
fn crates_depend_only_on_those_below_them() {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap();
    let below = |path: &Value| height(&format!("{}/", path.as_str()?.strip_prefix(root)?));
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let own = below(&package["manifest_path"]).unwrap();
        seen.insert(own);
        for dependency in package["dependencies"].as_array().unwrap() {
            // Tests of a function may start it in the local runner.
            let other = below(&dependency["path"]).filter(|_| dependency["kind"] != "dev");
            let Some(other) = other else { continue };
            let is_function = |height| height == 1;
            assert!(
                other <= own && !(is_function(own) && is_function(other)),
                "{} depends on {}",
                package["name"],
                dependency["name"]
            );
        }
    }
    assert_eq!(seen.len(), 4, "a folder of crates was not found");
}

/// The modules of a crate with their sources: `admission::robots` to its text.
fn modules(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}::{name}")
        };
        if path.is_dir() {
            modules(&path, &module, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && name != "tests" {
            let module = if name == "mod" {
                prefix.to_owned()
            } else {
                module
            };
            if !["lib", "main"].contains(&module.as_str()) {
                found.insert(module, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
}

/// The modules that a source names by `crate::`, in full.
fn used<'a>(source: &str, known: &'a BTreeMap<String, String>) -> BTreeSet<&'a str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    code.split("crate::")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
            let path = rest[..end.unwrap_or(rest.len())].trim_end_matches(':');
            let named = |module: &&String| {
                let after = path.strip_prefix(module.as_str());
                after.is_some_and(|after| after.is_empty() || after.starts_with("::"))
            };
            known.keys().filter(named).max_by_key(|module| module.len())
        })
        .map(String::as_str)
        .collect()
}

#[test]
fn no_two_modules_of_a_function_use_each_other() {
    let mut circles = Vec::new();
    let mut functions = 0;
    for entry in std::fs::read_dir(workspace().join("functions")).unwrap() {
        let folder = entry.unwrap().path();
        let mut known = BTreeMap::new();
        modules(&folder.join("src"), "", &mut known);
        functions += 1;
        let uses: BTreeMap<&str, BTreeSet<&str>> = known
            .iter()
            .map(|(module, source)| (module.as_str(), used(source, &known)))
            .collect();
        for (module, others) in &uses {
            for other in others {
                // A folder's module and what is in the folder are one.
                let one = module.starts_with(other) || other.starts_with(module);
                if module < other && !one && uses[other].contains(module) {
                    circles.push(format!("{}: {module} and {other}", folder.display()));
                }
            }
        }
    }
    assert!(functions >= 7, "{functions} functions were found");
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_functions_of_serverless_yml_are_crates_that_can_be_started() {
    let read = |path: &str| std::fs::read_to_string(workspace().join(path)).unwrap();
    let wiring = read("serverless.yml");
    let wired: BTreeSet<&str> = wiring
        .lines()
        .filter_map(|line| line.trim().strip_prefix("artifact: target/lambda/"))
        .filter_map(|artifact| artifact.strip_suffix(".zip"))
        .collect();
    let started = read("local/src/cli/function.rs");
    for function in &wired {
        let arm = format!("\"{function}\" => runtime.block_on({function}::run())");
        assert!(started.contains(&arm), "{function} cannot be started here");
    }
    assert_eq!(started.matches("::run()),").count(), wired.len());
    let crates = std::fs::read_dir(workspace().join("functions")).unwrap();
    let crates: BTreeSet<String> = crates
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(crates.iter().map(String::as_str).eq(wired.iter().copied()));
}
