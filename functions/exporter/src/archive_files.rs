//! The archive's files of some days: which there are, and reading them into a database.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use archive::Key;
use query::{Database, Days, QueryError};
use store::{Bucket, Download};

use crate::on_a_thread;

/// The files that count of these days, in the order of their slots.
///
/// Keys are listed schedule by schedule: within one they are in the order of their dates, so that
/// days outside the range are not listed, however long the history is.
pub(crate) async fn of_days(files: &Bucket, days: Days) -> Result<Vec<Key>> {
    let mut found = Vec::new();
    for folder in files.folders(Key::FOLDER).await? {
        // `date=2026-11-21` is less than every key of that day, and `date=2026-11-21/~` greater.
        let after = days.from.map(|from| format!("{folder}date={from}"));
        let before = days.to.map(|to| format!("{folder}date={to}/~"));
        let keys = files
            .keys(&folder, after.as_deref(), before.as_deref())
            .await?;
        let keys = keys.iter().filter_map(|key| key.parse::<Key>().ok());
        found.extend(keys.filter(|key| days.contains(key.date)));
    }
    Ok(archive::current(found))
}

/// Reads files into a new database in `folder`. While one is read, the next is on its way, so that
/// two are in the folder at most. Stops at `most` observations: there are more then.
pub(crate) async fn read(
    files: &Bucket,
    keys: &[Key],
    mut database: Database,
    folder: &Path,
    most: u64,
) -> Result<Result<Database, QueryError>> {
    let path = |at: usize| folder.join(format!("{}.csv.gz", at % 2));
    if let Some(first) = keys.first() {
        download(files, first, &path(0)).await?;
    }
    for (at, key) in keys.iter().enumerate() {
        if database.rows() > most {
            break;
        }
        let fetching = async {
            match keys.get(at + 1) {
                Some(next) => download(files, next, &path(at + 1)).await,
                None => Ok(()),
            }
        };
        let (fetched, filled) = tokio::join!(fetching, fill(database, key.clone(), path(at)));
        fetched?;
        database = match filled? {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
    }
    Ok(Ok(database))
}

async fn fill(
    mut database: Database,
    key: Key,
    path: PathBuf,
) -> Result<Result<Database, QueryError>> {
    on_a_thread(move || {
        let file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        let filled = database.fill(key.schedule.as_str(), BufReader::new(file));
        Ok(filled.map(|()| database))
    })
    .await?
}

async fn download(files: &Bucket, key: &Key, to: &Path) -> Result<()> {
    match files.download(&key.to_string(), to, u64::MAX).await? {
        Download::Done(_) => Ok(()),
        // A later generation has taken its place since it was listed: the next try lists that.
        Download::TooLarge(_) | Download::Gone => anyhow::bail!("{key} is gone"),
    }
}
