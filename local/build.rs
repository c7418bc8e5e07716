//! Lists the files of the page, so that the binary has them built in and works in any folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let variable = |name| env::var_os(name).map(PathBuf::from);
    let here = variable("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
    let out = variable("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let web = here.join("../web");
    println!("cargo::rerun-if-changed={}", web.display());
    let mut files = Vec::new();
    collect(&web, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&web).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let whole = fs::canonicalize(&file)?;
        let whole = whole.to_string_lossy();
        let _ = writeln!(list, "    ({name:?}, include_bytes!({whole:?}) as &[u8]),");
    }
    list.push(']');
    fs::write(out.join("page.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
