//! Asynchronous invocation, as Lambda does it for schedules and S3 events: an event is accepted
//! once it is written down, tried again twice after errors, and then sent to the function's
//! dead-letter queue (`onError`).
//!
//! Each pending event is a file of its own, so that neither a kill nor a restart loses one.
//! Unlike Lambda's, an event does not grow too old: what waited while the machine was off is
//! handled when it is on again.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_sqs::types::MessageAttributeValue;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Shared;
use super::error::{InvokeError, StartError, reason};
use super::pool::Pool;

/// The largest event of an asynchronous invocation, in bytes.
const MAX_PAYLOAD: usize = 1024 * 1024;

/// An event that was accepted and has not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    id: String,
    function: String,
    payload: String,
    /// How often it has failed.
    failures: u32,
    /// Not to be tried before.
    not_before: Timestamp,
}

/// The folder of pending events.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    pending: Mutex<BTreeSet<String>>,
}

impl Journal {
    pub(super) fn open(folder: &Path) -> Result<Self, StartError> {
        let folder = folder.to_owned();
        std::fs::create_dir_all(&folder).map_err(StartError::io(format!(
            "cannot create {}",
            folder.display()
        )))?;
        Ok(Self {
            folder,
            pending: Mutex::default(),
        })
    }

    /// How many events are pending.
    pub(super) fn len(&self) -> usize {
        self.pending().len()
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Writes an event down whole or not at all.
    fn write(&self, event: &Pending) -> io::Result<()> {
        let partial = self.folder.join(format!("{}.partial", event.id));
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(&serde_json::to_vec(event)?)?;
        file.sync_all()?;
        std::fs::rename(&partial, self.path(&event.id))
    }

    fn remove(&self, id: &str) {
        if let Err(error) = std::fs::remove_file(self.path(id)) {
            tracing::warn!(event = id, %error, "an event that has ended may be handled again");
        }
        self.pending().remove(id);
    }

    /// Leaves an event that nobody takes under another name, for a person; says where.
    fn keep_refused(&self, id: &str) -> String {
        let kept = self.folder.join(format!("{id}.refused"));
        match std::fs::copy(self.path(id), &kept) {
            Ok(_) => kept.display().to_string(),
            Err(error) => format!("nowhere: {error}"),
        }
    }

    fn read_all(&self) -> io::Result<Vec<Pending>> {
        let mut events = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match serde_json::from_slice::<Pending>(&std::fs::read(&path)?) {
                Ok(event) => events.push(event),
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "an event cannot be read");
                }
            }
        }
        Ok(events)
    }
}

/// Goes on with the events that were pending when the runner ended.
pub(super) fn resume(shared: &Arc<Shared>) -> Result<(), StartError> {
    let folder = shared.journal.folder.display();
    let events = shared
        .journal
        .read_all()
        .map_err(StartError::io(format!("cannot read {folder}")))?;
    for event in events {
        if let Some(pool) = shared.pools.get(&event.function) {
            start(shared, Arc::clone(pool), event);
        } else {
            tracing::error!(
                function = event.function,
                event = event.id,
                "an event waits for a function that serverless.yml no longer has"
            );
        }
    }
    Ok(())
}

/// Accepts an event. The same `id` while it is pending is the same event.
pub(super) async fn accept(
    shared: &Arc<Shared>,
    function: &str,
    id: Option<String>,
    payload: String,
) -> Result<(), InvokeError> {
    let pool = shared.pool(function)?;
    if payload.len() > MAX_PAYLOAD {
        return Err(InvokeError::TooLarge {
            size: payload.len(),
            limit: MAX_PAYLOAD,
        });
    }
    let event = Pending {
        id: id.unwrap_or_else(|| Uuid::new_v4().to_string()),
        function: function.to_owned(),
        payload,
        failures: 0,
        not_before: Timestamp::UNIX_EPOCH,
    };
    if shared.journal.pending().contains(&event.id) {
        return Ok(());
    }
    let event = write(shared, event)
        .await
        .map_err(|error| InvokeError::NotKept(error.to_string()))?;
    start(shared, pool, event);
    Ok(())
}

/// Writes an event without holding up the other tasks of this thread.
async fn write(shared: &Arc<Shared>, event: Pending) -> io::Result<Pending> {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || shared.journal.write(&event).map(|()| event))
        .await
        .map_err(io::Error::other)?
}

fn start(shared: &Arc<Shared>, pool: Arc<Pool>, event: Pending) {
    if shared.journal.pending().insert(event.id.clone()) {
        let task = handle(Arc::clone(shared), pool, event);
        shared.spawn(task);
    }
}

async fn handle(shared: Arc<Shared>, pool: Arc<Pool>, mut event: Pending) {
    loop {
        let wait = event.not_before.duration_since(Timestamp::now());
        if let Ok(wait) = Duration::try_from(wait) {
            tokio::time::sleep(wait).await;
        }
        let payload = Bytes::from(event.payload.clone().into_bytes());
        let error = match pool.invoke(payload).await {
            Ok(_) => return shared.journal.remove(&event.id),
            Err(InvokeError::Stopping) => return,
            Err(error) => error,
        };
        event.failures += 1;
        if event.failures > pool.spec.retries {
            dead_letter(&shared, &pool, &event, &error).await;
            return shared.journal.remove(&event.id);
        }
        let delays = &shared.async_retry_delays;
        let index = usize::try_from(event.failures - 1).unwrap_or(usize::MAX);
        let delay = delays.get(index).or(delays.last()).copied();
        event.not_before = Timestamp::now() + delay.unwrap_or_default();
        if let Err(error) = write(&shared, event.clone()).await {
            tracing::warn!(event = event.id, %error, "an event's failure cannot be written down");
        }
    }
}

/// Sends the event as it is, as Lambda does; tries until the queue answers.
async fn dead_letter(shared: &Shared, pool: &Pool, event: &Pending, error: &InvokeError) {
    let function = &pool.spec.key;
    let Some(url) = &pool.spec.on_error_url else {
        tracing::error!(function, event = event.id, %error, "an event failed and is given up");
        return;
    };
    let attribute = |kind: &str, value: String| {
        MessageAttributeValue::builder()
            .data_type(kind)
            .string_value(value)
            .build()
            .expect("the data type is set")
    };
    let message: String = error.to_string().chars().take(1_000).collect();
    loop {
        // Under the function's role, as Lambda sends.
        let sent = pool
            .spec
            .sqs
            .send_message()
            .queue_url(url)
            .message_body(&event.payload)
            .message_attributes("RequestID", attribute("String", event.id.clone()))
            .message_attributes("ErrorCode", attribute("Number", "200".to_owned()))
            .message_attributes("ErrorMessage", attribute("String", message.clone()))
            .send()
            .await;
        let Err(error) = sent else {
            tracing::warn!(function, event = event.id, "an event became a dead letter");
            return;
        };
        let refused = error.as_service_error().is_some();
        let error = reason(&error);
        if refused {
            // Asking again would not help: too large, or a queue that is gone.
            let kept = shared.journal.keep_refused(&event.id);
            tracing::error!(function, error, kept, "the queue refuses a dead letter");
            return;
        }
        tracing::error!(function, error, "cannot send a dead letter, trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
