//! The view of the whole catalogue, which a run that closes is merged into.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::{Context, Result, bail};
use catalogue::KEY;
use jiff::Timestamp;
use store::{Bucket, Download};
use tracing::warn;

use crate::GZIP;

/// How often the file is merged while other runs merge themselves into it.
const ATTEMPTS: u32 = 10;
/// The largest file that is read: some millions of products.
const LARGEST: u64 = 1 << 30;

/// Merges what became of a run's products into the file. `folder` is for the files meanwhile.
pub(crate) async fn update(files: &Bucket, changes: &Path, folder: &Path) -> Result<()> {
    let known = folder.join("known.json.gz");
    let next = folder.join("catalogue.json.gz");
    for _ in 0..ATTEMPTS {
        // Looked at first: what is written in between is noticed when the file is replaced.
        let version = files.version(KEY).await?;
        if version.is_some() {
            match files.download(KEY, &known, LARGEST).await? {
                Download::Done(_) => {}
                Download::Gone => continue,
                Download::TooLarge(size) => bail!("{KEY} has {size} bytes"),
            }
        }
        let paths = (known.clone(), changes.to_owned(), next.clone());
        let is_known = version.is_some();
        let merged = tokio::task::spawn_blocking(move || {
            let (known, changes, next) = paths;
            if is_known {
                match merge(Some(&known), &changes, &next) {
                    // It is a view: what cannot be read is made anew, from this run on.
                    Err(error) => warn!("{KEY} cannot be read: {error:#}"),
                    merged => return merged,
                }
            }
            merge(None, &changes, &next)
        });
        merged.await.context("the catalogue was not merged")??;
        if files.replace(KEY, &next, GZIP, version.as_deref()).await? {
            return Ok(());
        }
    }
    bail!("{KEY} was written by others {ATTEMPTS} times")
}

fn merge(known: Option<&Path>, changes: &Path, next: &Path) -> Result<()> {
    let known = known.map(File::open).transpose()?.map(BufReader::new);
    let changes = File::open(changes)?;
    let to = BufWriter::new(File::create(next)?);
    Ok(catalogue::merge(known, changes, to, Timestamp::now())?)
}
