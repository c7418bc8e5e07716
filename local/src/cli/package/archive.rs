//! A function's zip.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// What was written.
#[derive(Debug)]
pub(super) struct Written {
    /// Its size.
    pub(super) bytes: u64,
    /// Its SHA-256 in base64, as Lambda tells it of a function's code (`CodeSha256`).
    pub(super) code_sha256: String,
}

/// Writes a zip that holds `binary` as `bootstrap`. The same binary gives the same zip: a fixed
/// date, mode 0755, one entry.
pub(super) fn zip(binary: &[u8], to: &Path) -> Result<Written> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(File::create(to)?);
    zip.start_file("bootstrap", options)?;
    zip.write_all(binary)?;
    zip.finish()?;
    let written = std::fs::read(to)?;
    Ok(Written {
        bytes: u64::try_from(written.len())?,
        code_sha256: STANDARD.encode(Sha256::digest(&written)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_zip() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("1.zip"), folder.path().join("2.zip"));
        let first = zip(b"not really a binary", &one).unwrap();
        let second = zip(b"not really a binary", &other).unwrap();
        assert_eq!(first.code_sha256, second.code_sha256);
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
        let mut archive = zip::ZipArchive::new(File::open(&one).unwrap()).unwrap();
        let entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), "bootstrap");
        assert_eq!(entry.unix_mode(), Some(0o100_755));
    }
}
