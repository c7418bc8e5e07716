//! `serverless.yml` and what was packaged.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;
use crate::cli::package::{Architecture, FOLDER, inspect};
use crate::manifest::{Manifest, Variables};

/// The longest name of a bucket (Amazon S3, "Bucket naming rules").
const LONGEST_BUCKET: usize = 63;

/// What was found, and the wiring if it can be read.
pub(super) struct Wiring {
    pub(super) findings: Vec<Finding>,
    pub(super) manifest: Option<Manifest>,
}

/// Reads the wiring as it would be deployed at this stage. Crons, zones, batch windows and
/// time-outs are among what the reading checks.
pub(super) fn check(config: &Path, stage: &str, region: Option<&str>) -> Wiring {
    let mut variables = Variables::from_process();
    variables
        .options
        .insert("stage".to_owned(), stage.to_owned());
    if let Some(region) = region {
        variables
            .options
            .insert("region".to_owned(), region.to_owned());
    }
    let what = config.display().to_string();
    let manifest = match Manifest::load(config, &variables) {
        Ok(manifest) => manifest,
        Err(error) => {
            let advice = "mend what it names; nothing else was checked";
            return Wiring {
                findings: vec![Finding::broken(what, error.to_string(), advice)],
                manifest: None,
            };
        }
    };
    let mut findings = vec![Finding::well(
        what,
        format!(
            "{} functions, {} queues, region {}",
            manifest.functions.len(),
            manifest.resources.queues.len(),
            manifest.region
        ),
    )];
    findings.extend(names(&manifest));
    findings.extend(
        manifest
            .functions
            .keys()
            .map(|name| package(&manifest, name)),
    );
    Wiring {
        findings,
        manifest: Some(manifest),
    }
}

/// Names of buckets that S3 would refuse.
fn names(manifest: &Manifest) -> impl Iterator<Item = Finding> {
    manifest.resources.buckets.values().filter_map(|bucket| {
        let fits = (3..=LONGEST_BUCKET).contains(&bucket.name.len())
            && bucket
                .name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
        (!fits).then(|| {
            Finding::broken(
                format!("bucket {}", bucket.name),
                "S3 takes 3 to 63 of a-z, 0-9, '-' and '.'",
                "set PRICETIDE_NAME to a shorter name in small letters",
            )
        })
    })
}

/// Whether a function's zip is there and would start.
fn package(manifest: &Manifest, function: &str) -> Finding {
    const AGAIN: &str = "pricetide package";
    let what = format!("package {function}");
    let path = Path::new(FOLDER).join(format!("{function}.zip"));
    if !path.is_file() {
        return Finding::broken(what, format!("{} is missing", path.display()), AGAIN);
    }
    let Some(architecture) = Architecture::of_lambda(&manifest.architecture) else {
        let found = format!("the architecture {:?} is unknown", manifest.architecture);
        return Finding::broken(what, found, "x86_64 and arm64 are what Lambda has");
    };
    let looked = bootstrap(&path).and_then(|binary| inspect(&binary, architecture));
    match looked {
        Ok(None) => Finding::well(what, format!("{architecture:?}")),
        Ok(Some(glibc)) => Finding::well(what, format!("{architecture:?}, needs {glibc}")),
        Err(error) => Finding::broken(what, format!("{error:#}"), AGAIN),
    }
}

/// The binary in a function's zip.
fn bootstrap(path: &Path) -> Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path)?)?;
    let mut entry = archive
        .by_name("bootstrap")
        .context("there is no bootstrap in it")?;
    let mut binary = Vec::new();
    entry.read_to_end(&mut binary)?;
    Ok(binary)
}
