//! Opens the SQLite files of the stack, all with the same care for a killed process.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use rusqlite::Connection;

/// Opens or creates the file, readable by its owner only, and applies the schema.
///
/// With a write-ahead log and `synchronous = NORMAL`, a commit is one write to the operating
/// system: a killed process loses nothing, and only a power failure can lose the last commits.
pub(super) fn open(path: &Path, schema: &str) -> anyhow::Result<Connection> {
    let shown = path.display();
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{shown} cannot be opened"))?;
    let db = Connection::open(path).with_context(|| format!("{shown} cannot be opened"))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        .and_then(|()| db.execute_batch(schema))
        .with_context(|| format!("{shown} is not a database of this program"))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}
