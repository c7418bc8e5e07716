//! Requests as somebody else on this machine makes them: another user, or a web page.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The user and group `nobody`.
const NOBODY: u32 = 65_534;

/// The status of the answer to `GET url`; 0 when the connection is closed without one.
pub fn get(url: &str, headers: &[(&str, &str)]) -> Result<u16> {
    let rest = url.strip_prefix("http://").context("not http")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut request = format!("GET /{path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        write!(request, "host: {host}\r\n")?;
    }
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n")?;
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).map(str::parse);
    Ok(status.transpose()?.unwrap_or_default())
}

/// What [`tries`] has this process do as another user: prints a line for each address (the status)
/// and each path (whether it can be read).
pub fn main(tried: impl Iterator<Item = String>) {
    for what in tried {
        if what.starts_with('/') {
            println!("{}", u16::from(std::fs::read(&what).is_ok()));
        } else {
            println!("{}", get(&what, &[]).unwrap_or_default());
        }
    }
}

/// What another user of this machine gets: for each address the status, for each path whether it
/// can be read (1) or not (0). `None` when this process may not become another user.
pub fn tries(what: &[String]) -> Result<Option<Vec<u16>>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    // The build's folder may be closed to others.
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let program = folder.path().join("stranger");
    let this = std::env::current_exe()?;
    match std::fs::hard_link(&this, &program) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            std::fs::copy(&this, &program)?;
        }
        Err(error) => return Err(error.into()),
    }
    let output = Command::new(&program)
        .arg("stranger")
        .args(what)
        .current_dir("/")
        .env_clear()
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .context("become another user")?;
    ensure!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout)?;
    let results = lines.lines().map(|line| Ok(line.parse()?));
    results.collect::<Result<Vec<u16>>>().map(Some)
}
