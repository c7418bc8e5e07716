//! The journal: what makes queues and messages survive a killed process.
//!
//! One thread writes. It takes every change that is waiting, writes them in one transaction and
//! only then acknowledges them, so that the cost of a commit is shared by all senders of that
//! moment.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::error::SqsError;
use super::message::{Envelope, Message};
use crate::stack::sqlite;

const SCHEMA: &str = "
    -- Fewer, larger checkpoints: each waits for the disk.
    PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE IF NOT EXISTS queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        attributes TEXT NOT NULL,
        tags TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        id BLOB NOT NULL,
        body TEXT NOT NULL,
        envelope TEXT,
        sent INTEGER NOT NULL,
        available INTEGER NOT NULL,
        source TEXT
    ) STRICT;
    -- Apart from the messages, so that a receive does not write the body again.
    CREATE TABLE IF NOT EXISTS deliveries (
        seq INTEGER PRIMARY KEY,
        receives INTEGER NOT NULL,
        receives_before INTEGER NOT NULL,
        first INTEGER NOT NULL,
        visible INTEGER
    ) STRICT;
";
/// The most submissions that share a transaction.
const GROUP_LIMIT: usize = 512;

/// One line of the journal. Times are milliseconds since 1970.
pub(super) enum Change {
    Accept {
        queue: i64,
        seq: u64,
        id: Uuid,
        body: Arc<str>,
        envelope: Option<Arc<Envelope>>,
        sent: i64,
        available: i64,
    },
    /// The message was handed out; it is visible after a restart unless `visible` says when.
    Deliver {
        seq: u64,
        receives: u32,
        receives_before: u32,
        first: i64,
        visible: Option<i64>,
    },
    /// The message goes to a dead-letter queue.
    Move {
        seq: u64,
        queue: i64,
        receives: u32,
        source: Option<Arc<str>>,
    },
    Forget {
        seq: u64,
    },
    /// Forgets every message of the queue.
    Purge {
        queue: i64,
    },
    Configure {
        queue: i64,
        modified: i64,
        attributes: String,
        tags: String,
    },
    DropQueue {
        queue: i64,
    },
}

/// A queue as it was when the journal was closed.
pub(super) struct StoredQueue {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) created: i64,
    pub(super) modified: i64,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) messages: Vec<Message>,
}

enum Submission {
    Changes(Vec<Change>, Option<oneshot::Sender<Result<(), String>>>),
    CreateQueue {
        name: String,
        created: i64,
        attributes: String,
        tags: String,
        reply: oneshot::Sender<Result<i64, String>>,
    },
}

/// The way to the writing thread.
pub(super) struct Journal {
    /// `None` only while the journal is being closed.
    submissions: Option<Sender<Submission>>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal and reads what it holds.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Vec<StoredQueue>)> {
        let mut db = sqlite::open(path, SCHEMA)?;
        let shown = path.display();
        let queues = load(&mut db).with_context(|| format!("{shown} cannot be read"))?;
        let (sender, receiver) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("sqs-journal".to_owned())
            .spawn(move || write(&mut db, &receiver))
            .context("the journal's thread cannot be started")?;
        let journal = Self {
            submissions: Some(sender),
            writer: Some(writer),
        };
        Ok((journal, queues))
    }

    /// Writes the changes, in the order of the calls. The future resolves when they are safe;
    /// they are written whether it is awaited or not.
    pub(super) fn commit(
        &self,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<(), SqsError>> + use<> {
        let (reply, done) = oneshot::channel();
        self.submit(Submission::Changes(changes, Some(reply)));
        async move { finished(done.await) }
    }

    /// Writes the changes soon, without a way to learn when.
    pub(super) fn note(&self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.submit(Submission::Changes(changes, None));
        }
    }

    /// Writes a new queue and gives its id.
    pub(super) async fn create_queue(
        &self,
        name: &str,
        created: i64,
        attributes: String,
        tags: String,
    ) -> Result<i64, SqsError> {
        let (reply, done) = oneshot::channel();
        self.submit(Submission::CreateQueue {
            name: name.to_owned(),
            created,
            attributes,
            tags,
            reply,
        });
        finished(done.await)
    }

    fn submit(&self, submission: Submission) {
        if let Some(submissions) = &self.submissions {
            // Without a writer the reply is dropped, which its receiver reports.
            let _ = submissions.send(submission);
        }
    }
}

impl Drop for Journal {
    /// Lets the thread write what is waiting and close the file.
    fn drop(&mut self) {
        self.submissions = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
    }
}

fn finished<T>(reply: Result<Result<T, String>, oneshot::error::RecvError>) -> Result<T, SqsError> {
    match reply {
        Ok(result) => result.map_err(SqsError::Journal),
        Err(_) => Err(SqsError::Journal("its thread has ended".to_owned())),
    }
}

fn write(db: &mut Connection, submissions: &Receiver<Submission>) {
    let mut group = Vec::new();
    while let Ok(first) = submissions.recv() {
        group.push(first);
        group.extend(submissions.try_iter().take(GROUP_LIMIT - 1));
        if let Err(error) = write_group(db, &mut group) {
            // Alone, so that only what cannot be written fails.
            tracing::debug!(%error, "writing a group of changes one by one");
            for submission in group.drain(..) {
                let mut alone = vec![submission];
                if let Err(error) = write_group(db, &mut alone) {
                    tracing::error!(%error, "a change of a queue could not be journalled");
                    refuse(alone, &error);
                }
            }
        }
    }
}

/// Writes all submissions in one transaction and acknowledges them. On an error nothing is
/// written and all of them stay in `group`.
fn write_group(db: &mut Connection, group: &mut Vec<Submission>) -> rusqlite::Result<()> {
    let mut new_queues = Vec::new();
    let tx = db.transaction()?;
    for submission in group.iter() {
        match submission {
            Submission::Changes(changes, _) => {
                for change in changes {
                    apply(&tx, change)?;
                }
            }
            Submission::CreateQueue {
                name,
                created,
                attributes,
                tags,
                ..
            } => {
                // A queue of this name that nobody knows is there if the client that created it
                // went away before it was answered.
                let id = tx.query_row(
                    "INSERT INTO queues (name, created, modified, attributes, tags)
                     VALUES (?1, ?2, ?2, ?3, ?4)
                     ON CONFLICT (name) DO UPDATE
                     SET attributes = excluded.attributes, tags = excluded.tags
                     RETURNING id",
                    params![name, created, attributes, tags],
                    |row| row.get(0),
                )?;
                new_queues.push(id);
            }
        }
    }
    tx.commit()?;
    let mut new_queues = new_queues.into_iter();
    for submission in group.drain(..) {
        match submission {
            Submission::Changes(_, Some(reply)) => drop(reply.send(Ok(()))),
            Submission::Changes(_, None) => {}
            Submission::CreateQueue { reply, .. } => {
                drop(reply.send(new_queues.next().ok_or_else(String::new)));
            }
        }
    }
    Ok(())
}

fn refuse(group: Vec<Submission>, error: &rusqlite::Error) {
    for submission in group {
        match submission {
            Submission::Changes(_, Some(reply)) => drop(reply.send(Err(error.to_string()))),
            Submission::Changes(_, None) => {}
            Submission::CreateQueue { reply, .. } => drop(reply.send(Err(error.to_string()))),
        }
    }
}

fn apply(db: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Accept {
            queue,
            seq,
            id,
            body,
            envelope,
            sent,
            available,
        } => {
            let envelope = envelope.as_deref().and_then(Envelope::to_json);
            db.prepare_cached(
                "INSERT INTO messages (seq, queue, id, body, envelope, sent, available)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                seq,
                queue,
                id.as_bytes(),
                body,
                envelope,
                sent,
                available
            ])?;
        }
        Change::Deliver {
            seq,
            receives,
            receives_before,
            first,
            visible,
        } => {
            db.prepare_cached("INSERT OR REPLACE INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![seq, receives, receives_before, first, visible])?;
        }
        Change::Move {
            seq,
            queue,
            receives,
            source,
        } => {
            db.prepare_cached("UPDATE messages SET queue = ?2, source = ?3 WHERE seq = ?1")?
                .execute(params![seq, queue, source])?;
            db.prepare_cached(
                "UPDATE deliveries SET receives_before = ?2, visible = NULL WHERE seq = ?1",
            )?
            .execute(params![seq, receives])?;
        }
        Change::Forget { seq } => {
            db.prepare_cached("DELETE FROM messages WHERE seq = ?1")?
                .execute([seq])?;
            db.prepare_cached("DELETE FROM deliveries WHERE seq = ?1")?
                .execute([seq])?;
        }
        Change::Purge { queue } => {
            db.execute("DELETE FROM messages WHERE queue = ?1", [queue])?;
            drop_lone_deliveries(db)?;
        }
        Change::Configure {
            queue,
            modified,
            attributes,
            tags,
        } => {
            db.execute(
                "UPDATE queues SET modified = ?2, attributes = ?3, tags = ?4 WHERE id = ?1",
                params![queue, modified, attributes, tags],
            )?;
        }
        Change::DropQueue { queue } => {
            db.execute("DELETE FROM queues WHERE id = ?1", [queue])?;
            db.execute("DELETE FROM messages WHERE queue = ?1", [queue])?;
            drop_lone_deliveries(db)?;
        }
    }
    Ok(())
}

fn drop_lone_deliveries(db: &Connection) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM deliveries WHERE seq NOT IN (SELECT seq FROM messages)",
        [],
    )?;
    Ok(())
}

fn load(db: &mut Connection) -> anyhow::Result<Vec<StoredQueue>> {
    // A message that was accepted while its queue was being deleted belongs to nobody.
    db.execute(
        "DELETE FROM messages WHERE queue NOT IN (SELECT id FROM queues)",
        [],
    )?;
    drop_lone_deliveries(db)?;
    let mut queues = Vec::new();
    let mut statement = db.prepare("SELECT * FROM queues ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get("id")?;
        queues.push(StoredQueue {
            id,
            name: row.get("name")?,
            created: row.get("created")?,
            modified: row.get("modified")?,
            attributes: serde_json::from_str(&row.get::<_, String>("attributes")?)?,
            tags: serde_json::from_str(&row.get::<_, String>("tags")?)?,
            messages: load_messages(db, id)?,
        });
    }
    Ok(queues)
}

fn load_messages(db: &Connection, queue: i64) -> anyhow::Result<Vec<Message>> {
    let mut statement = db.prepare_cached(
        "SELECT messages.*, receives, receives_before, first, visible
         FROM messages LEFT JOIN deliveries USING (seq) WHERE queue = ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([queue])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let envelope: Option<String> = row.get("envelope")?;
        let envelope = envelope
            .map(|json| Envelope::from_json(&json))
            .transpose()?;
        let available: i64 = row.get("available")?;
        let visible: Option<i64> = row.get("visible")?;
        messages.push(Message {
            seq: row.get("seq")?,
            id: Uuid::from_slice(&row.get::<_, Vec<u8>>("id")?)?,
            body: row.get::<_, Arc<str>>("body")?,
            envelope: envelope.map(Arc::new),
            sent: row.get("sent")?,
            source: row.get::<_, Option<Arc<str>>>("source")?,
            receives: row.get::<_, Option<u32>>("receives")?.unwrap_or(0),
            receives_before: row.get::<_, Option<u32>>("receives_before")?.unwrap_or(0),
            first_received: row.get("first")?,
            hidden_until: visible.unwrap_or(available),
        });
    }
    Ok(messages)
}

/// The highest sequence number ever written, so that none is used twice.
pub(super) fn last_seq(queues: &[StoredQueue]) -> u64 {
    let messages = queues.iter().flat_map(|queue| &queue.messages);
    messages.map(|message| message.seq).max().unwrap_or(0)
}
