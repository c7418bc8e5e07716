//! The events of created objects: kept with the object, in one transaction, until they are done.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use tokio::sync::Notify;

/// How long to wait when the events cannot be read.
const RETRY: Duration = Duration::from_secs(1);

/// An object was created or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    id: i64,
    /// As S3 names it: `ObjectCreated:Put`, `:Post`, `:Copy` or `:CompleteMultipartUpload`.
    pub name: String,
    /// The bucket.
    pub bucket: String,
    /// The key as it is; S3 events carry it percent-encoded.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// Hexadecimal, of one length; of two events of one key the greater one is the later.
    pub sequencer: String,
    /// When the object was created.
    pub time: Timestamp,
}

/// The events that are not done yet, oldest first.
///
/// Clones share their position: each event is given out once by a running stack, and again after
/// a restart unless it was [`done`](Self::done).
#[derive(Clone)]
pub struct ObjectEvents {
    db: Arc<Mutex<Connection>>,
    /// The id of the last event that was given out.
    position: Arc<tokio::sync::Mutex<i64>>,
    created: Arc<Notify>,
}

impl fmt::Debug for ObjectEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectEvents").finish_non_exhaustive()
    }
}

impl ObjectEvents {
    pub(super) fn new(db: Arc<Mutex<Connection>>) -> Self {
        Self {
            db,
            position: Arc::default(),
            created: Arc::default(),
        }
    }

    /// To be called after an object was committed.
    pub(super) fn announce(&self) {
        self.created.notify_waiters();
    }

    /// The next event, as soon as there is one.
    pub async fn next(&self) -> ObjectCreated {
        loop {
            let created = self.created.notified();
            tokio::pin!(created);
            // From here on an announcement is noticed, even before it is waited for.
            created.as_mut().enable();
            match self.try_next().await {
                Ok(Some(event)) => return event,
                Ok(None) => created.await,
                Err(error) => {
                    tracing::error!(%error, "the events of created objects cannot be read");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn try_next(&self) -> anyhow::Result<Option<ObjectCreated>> {
        let mut position = self.position.lock().await;
        let (db, last) = (Arc::clone(&self.db), *position);
        let event = tokio::task::spawn_blocking(move || {
            let db = db.lock().unwrap_or_else(PoisonError::into_inner);
            db.prepare_cached("SELECT * FROM events WHERE id > ?1 ORDER BY id LIMIT 1")?
                .query_row([last], read)
                .optional()
        });
        let event = event.await??;
        // Not before the last await: a caller that gave up waiting has not got the event.
        if let Some(event) = &event {
            *position = event.id;
        }
        Ok(event)
    }

    /// Forgets an event: it will not be given out again, even after a restart.
    pub async fn done(&self, event: &ObjectCreated) -> anyhow::Result<()> {
        let db = Arc::clone(&self.db);
        let id = event.id;
        let deleted = tokio::task::spawn_blocking(move || {
            let db = db.lock().unwrap_or_else(PoisonError::into_inner);
            db.prepare_cached("DELETE FROM events WHERE id = ?1")?
                .execute([id])
        });
        deleted.await?.context("a done event cannot be forgotten")?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ObjectCreated> {
    let id: i64 = row.get("id")?;
    Ok(ObjectCreated {
        id,
        name: row.get("name")?,
        bucket: row.get("bucket")?,
        key: row.get("key")?,
        size: row.get("size")?,
        etag: row.get("etag")?,
        sequencer: format!("{id:016X}"),
        time: Timestamp::from_millisecond(row.get("time")?).unwrap_or_default(),
    })
}
