//! `pricetide package`: what is deployed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The functions, as their crates are named.
const FUNCTIONS: [&str; 7] = [
    "scheduler",
    "worker",
    "deadletter",
    "exporter",
    "reporter",
    "notifier",
    "api",
];

/// Build what is deployed: a zip for every function.
#[derive(Debug, clap::Args)]
pub(crate) struct Package {
    /// Where the zips go; what serverless.yml names.
    #[arg(long, value_name = "FOLDER", default_value = "target/lambda")]
    to: PathBuf,
    /// Zip the binaries of this folder instead of building them.
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
}

/// Builds the functions for `provided.al2023` with cargo-lambda, whose linker aims at that
/// system's C library, and zips each as `bootstrap`.
pub(crate) fn run(package: &Package) -> Result<ExitCode> {
    let binaries = match &package.binaries {
        Some(folder) => folder.clone(),
        None => build()?,
    };
    fs::create_dir_all(&package.to)?;
    for function in FUNCTIONS {
        let nested = binaries.join(function).join("bootstrap");
        let binary = if nested.is_file() {
            nested
        } else {
            binaries.join(function)
        };
        let to = package.to.join(format!("{function}.zip"));
        zip(&binary, &to).with_context(|| format!("zip {}", binary.display()))?;
        println!("{} {} bytes", to.display(), fs::metadata(&to)?.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn build() -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["lambda", "build", "--release", "--x86-64"]);
    for function in FUNCTIONS {
        cargo.args(["--package", function, "--bin", function]);
    }
    let status = cargo.status().context("start cargo")?;
    if !status.success() {
        bail!("cargo lambda build failed; `pip install cargo-lambda ziglang` installs it");
    }
    Ok(PathBuf::from("target/lambda"))
}

/// The same binary gives the same zip: a fixed date, mode 0755, one entry.
fn zip(binary: &Path, to: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(File::create(to)?);
    zip.start_file("bootstrap", options)?;
    io::copy(&mut File::open(binary)?, &mut zip)?;
    zip.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_zip() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("worker");
        fs::write(&binary, b"not really a binary").unwrap();
        let (one, other) = (folder.path().join("1.zip"), folder.path().join("2.zip"));
        zip(&binary, &one).unwrap();
        zip(&binary, &other).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&other).unwrap());
        let mut archive = zip::ZipArchive::new(File::open(&one).unwrap()).unwrap();
        let entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode(), Some(0o100_755));
    }
}
