//! What `/proc` tells of processes.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// `/proc` counts CPU time in hundredths of a second (`USER_HZ`), whatever the kernel's own tick.
const TICK: Duration = Duration::from_millis(10);

/// The processes that `parent` started, theirs, and so on.
pub(crate) fn descendants(parent: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // A process may end at any moment.
        if let Some(its) = stat(pid).and_then(|fields| fields.get(1)?.parse::<u32>().ok()) {
            parents.push((pid, its));
        }
    }
    let mut found = vec![parent];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(_, its)| *its == parent);
        found.extend(children.map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(found.split_off(1))
}

/// The fields of `/proc/PID/stat` after the name: state, parent, …
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

/// CPU time of a process, all its threads, in user and system mode.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let fields = stat(pid).with_context(|| format!("the process {pid} is gone"))?;
    let ticks = |field: usize| -> Result<u32> {
        let text = fields.get(field).context("/proc/PID/stat is too short")?;
        Ok(text.parse()?)
    };
    Ok(TICK * (ticks(11)? + ticks(12)?))
}

/// CPU time of a process's first thread, exact.
pub(crate) fn cpu_of_first_thread(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/schedstat");
    let text = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let nanoseconds = text.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// The most that was ever resident, in bytes.
pub(crate) fn peak_resident(pid: u32) -> Result<u64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// What is resident, a page that several processes share counted by its share, in bytes.
pub(crate) fn proportional(pid: u32) -> Result<u64> {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn kilobytes(path: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| format!("read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.with_context(|| format!("{path} has no {name}"))?;
    Ok(number.trim().parse::<u64>()? * 1024)
}

/// The arguments a process runs with.
pub(crate) fn arguments(pid: u32) -> Vec<String> {
    let text = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    text.split(|byte| *byte == 0)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}
