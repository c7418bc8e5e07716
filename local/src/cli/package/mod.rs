//! `pricetide package`: what is deployed.
//!
//! Which functions there are, and for which processor, is what `serverless.yml` says. Each
//! function's binary is built by cargo-lambda for Lambda's own system, looked at ([`binary`]), and
//! put into a zip that depends on nothing but the binary ([`archive`]).

mod archive;
mod binary;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::manifest::{Manifest, Variables};
pub(super) use binary::{Architecture, inspect};

/// Where cargo-lambda puts what it builds, and where `serverless.yml` looks for the zips.
pub(super) const FOLDER: &str = "target/lambda";

/// Build what is deployed: a zip for every function.
#[derive(Debug, clap::Args)]
pub(crate) struct Package {
    /// Where the zips go; what serverless.yml names.
    #[arg(long, value_name = "FOLDER", default_value = FOLDER)]
    to: PathBuf,
    /// Zip the binaries of this folder instead of building them.
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// Build for this processor; what serverless.yml says, if not given.
    #[arg(long, value_enum)]
    architecture: Option<Architecture>,
    /// Build only these functions.
    #[arg(long, value_name = "FUNCTION")]
    only: Vec<String>,
    /// The wiring.
    #[arg(long, value_name = "FILE", default_value = "serverless.yml")]
    config: PathBuf,
}

/// Builds the functions for `provided.al2023` and zips each as `bootstrap`.
pub(crate) fn run(package: &Package) -> Result<ExitCode> {
    let manifest = Manifest::load(&package.config, &Variables::from_process())?;
    let functions = chosen(&manifest, &package.only)?;
    let architecture = match package.architecture {
        Some(architecture) => architecture,
        None => Architecture::of_lambda(&manifest.architecture).with_context(|| {
            format!(
                "{}: the architecture {:?} is neither x86_64 nor arm64",
                package.config.display(),
                manifest.architecture
            )
        })?,
    };
    let binaries = match &package.binaries {
        Some(folder) => folder.clone(),
        None => build(&functions, architecture)?,
    };
    fs::create_dir_all(&package.to)
        .with_context(|| format!("make the folder {}", package.to.display()))?;
    println!(
        "{:<12} {:>12} {:>12}  CodeSha256",
        "function", "binary", "zip"
    );
    for function in functions {
        let binary = binary_of(&binaries, function);
        let bytes = fs::read(&binary).with_context(|| format!("read {}", binary.display()))?;
        // A binary that would not start in Lambda is refused here, not found out there.
        inspect(&bytes, architecture).with_context(|| binary.display().to_string())?;
        let to = package.to.join(format!("{function}.zip"));
        let zip = archive::zip(&bytes, &to).with_context(|| format!("write {}", to.display()))?;
        println!(
            "{function:<12} {:>12} {:>12}  {}",
            bytes.len(),
            zip.bytes,
            zip.code_sha256
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The functions of the wiring, or those of them that are asked for.
fn chosen<'a>(manifest: &'a Manifest, only: &[String]) -> Result<Vec<&'a str>> {
    let known: Vec<&str> = manifest.functions.keys().map(String::as_str).collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(&name.as_str())) {
        bail!(
            "there is no function {unknown}; there are {}",
            known.join(", ")
        );
    }
    Ok(known
        .into_iter()
        .filter(|name| only.is_empty() || only.iter().any(|asked| asked == name))
        .collect())
}

/// As cargo-lambda lays them out (`worker/bootstrap`), or all in one folder (`worker`).
fn binary_of(folder: &Path, function: &str) -> PathBuf {
    let nested = folder.join(function).join("bootstrap");
    if nested.is_file() {
        nested
    } else {
        folder.join(function)
    }
}

fn build(functions: &[&str], architecture: Architecture) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["lambda", "build", "--release", architecture.flag()]);
    // The workspace's own release profile: cargo-lambda's has `panic = "abort"`, with which a panic
    // never completes its invocation.
    cargo.arg("--disable-optimizations");
    for function in functions {
        cargo.args(["--package", function, "--bin", function]);
    }
    let here = std::env::current_dir().context("find the current folder")?;
    cargo.env("CARGO_ENCODED_RUSTFLAGS", path_free_flags(&here));
    let status = cargo.status().context("start cargo")?;
    if !status.success() {
        bail!("cargo lambda build failed; `pip install cargo-lambda ziglang` installs it");
    }
    Ok(PathBuf::from(FOLDER))
}

/// Compiler flags that keep this machine's paths out of the binary, so that the same source gives
/// the same binary in another folder and in another person's home.
fn path_free_flags(source: &Path) -> String {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=.", source.display())];
    if let Some(home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    flags.join("\u{1f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Manifest {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../serverless.yml");
        Manifest::load(&file, &Variables::default()).unwrap()
    }

    #[test]
    fn every_function_of_the_wiring_is_packaged_and_has_a_crate() {
        let manifest = shipped();
        let functions = chosen(&manifest, &[]).unwrap();
        assert!(functions.len() >= 7);
        for function in functions {
            let main = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../functions")
                .join(function)
                .join("src/main.rs");
            assert!(main.is_file(), "{function} has no binary");
        }
    }

    #[test]
    fn a_function_that_does_not_exist_is_named_with_those_that_do() {
        let error = chosen(&shipped(), &["wroker".to_owned()]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("wroker") && error.contains("worker"),
            "{error}"
        );
    }

    #[test]
    fn the_wiring_names_a_processor_that_can_be_built_for() {
        assert!(Architecture::of_lambda(&shipped().architecture).is_some());
    }
}
