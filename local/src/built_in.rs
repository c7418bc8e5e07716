//! What is built into the binary, so that it works in any folder: the wiring and the page. (The query
//! templates are part of the functions.)
//!
//! A `serverless.yml` in the folder or above it comes before the built-in one, and a `web/` beside it
//! before the built-in page. What is used is written into the data folder, where it can be read; an update
//! of the binary writes its own.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The wiring.
const WIRING: &str = include_str!("../../serverless.yml");
/// The page's files, by their paths below `web/`.
const PAGE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Writes the built-in wiring into a data folder, and returns where it lies.
pub(crate) fn wiring(data: &Path) -> io::Result<PathBuf> {
    let path = folder(data).join("serverless.yml");
    write(&path, WIRING.as_bytes())?;
    Ok(path)
}

/// Writes the built-in page into a data folder, and returns its folder.
pub(crate) fn page(data: &Path) -> io::Result<PathBuf> {
    let web = folder(data).join("web");
    for (name, bytes) in PAGE {
        write(&web.join(name), bytes)?;
    }
    Ok(web)
}

fn folder(data: &Path) -> PathBuf {
    data.join("built-in")
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_nothing_gets_the_wiring_and_the_page() {
        let data = tempfile::tempdir().unwrap();
        let wiring = wiring(data.path()).unwrap();
        assert!(fs::read_to_string(wiring).unwrap().contains("functions:"));
        let web = page(data.path()).unwrap();
        for file in ["index.html", "style.css", "js"] {
            assert!(web.join(file).exists(), "{file}");
        }
        // What somebody changed there is put right.
        fs::write(web.join("index.html"), "changed").unwrap();
        page(data.path()).unwrap();
        assert_ne!(fs::read(web.join("index.html")).unwrap(), b"changed");
    }
}
