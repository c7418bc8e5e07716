//! The function's side of a sandbox: ending with the runner.

use std::io::Read;

/// Ends this process, and all that it started, as soon as the runner is gone, even when the
/// runner was killed. Call it first in a process that the runner starts as a function.
///
/// The runner holds the other end of the standard input and never writes to it; when the runner
/// ends, however it ends, the system closes that end. Nothing may be read from standard input
/// elsewhere in the process.
pub fn watch_parent() {
    let watch = || {
        let mut stdin = std::io::stdin().lock();
        let mut buffer = [0; 64];
        // What is written is ignored; an interrupted read is tried again by itself.
        while stdin.read(&mut buffer).is_ok_and(|count| count > 0) {}
        // The runner made this process the leader of a group of its own. A group kill also ends
        // a process that is stuck in its exit handlers.
        if rustix::process::getpgrp() == rustix::process::getpid() {
            let _ = rustix::process::kill_process_group(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
        std::process::exit(0);
    };
    let spawned = std::thread::Builder::new()
        .name("watch-parent".to_owned())
        .stack_size(64 * 1024)
        .spawn(watch);
    if let Err(error) = spawned {
        eprintln!("cannot watch the runner, ending: {error}");
        std::process::exit(1);
    }
}
