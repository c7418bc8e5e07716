//! SQS: standard queues in memory, journalled so that they survive a killed process.
//!
//! The crate `rustack-sqs-core` was meant for this, but moves dead letters from queue to queue
//! where no journal can see it, gives new ids to messages that are put back after a restart, and
//! stops at 256 KiB a message. So the queues are our own, and every move is a line in the
//! journal.
//!
//! A message that was sent is in the journal before it can be received and before its sender is
//! answered; one that was deleted is forgotten by the journal before its consumer is answered.

mod access;
mod error;
mod journal;
mod message;
mod messages;
mod queue;
mod queues;
mod settings;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::http::StatusCode;
use anyhow::Context;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::watch;

use self::error::SqsError;
use self::journal::{Journal, StoredQueue};
use self::queue::Queue;
use super::ACCOUNT;
use super::http::{JsonService, Reply, unknown_operation};
use crate::iam::{self, Refusal};
use crate::listener::stopped;

/// How often messages past their retention are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_mins(1);

/// All queues.
pub(super) struct Sqs {
    url: String,
    region: String,
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    /// Held while a queue is created, so that two requests do not create it twice.
    creating: tokio::sync::Mutex<()>,
    last_seq: AtomicU64,
    journal: Journal,
}

impl Sqs {
    pub(super) fn open(path: &Path, url: &str, region: &str) -> anyhow::Result<Self> {
        let (journal, stored) = Journal::open(path)?;
        let sqs = Self {
            url: url.to_owned(),
            region: region.to_owned(),
            queues: RwLock::default(),
            creating: tokio::sync::Mutex::default(),
            last_seq: AtomicU64::new(journal::last_seq(&stored)),
            journal,
        };
        for queue in stored {
            let shown = format!("the queue {} cannot be restored", queue.name);
            sqs.register(queue).with_context(|| shown)?;
        }
        Ok(sqs)
    }

    /// Once a minute forgets messages that were kept long enough, until the stack stops.
    pub(super) async fn expire_old_messages(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        loop {
            for queue in self.all() {
                queue.expire(&self.journal);
            }
            tokio::select! {
                () = tokio::time::sleep(EXPIRY_INTERVAL) => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }

    fn register(&self, stored: StoredQueue) -> Result<Arc<Queue>, SqsError> {
        let name = stored.name.clone();
        let arn = format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", self.region);
        let url = format!("{}/{ACCOUNT}/{name}", self.url);
        let queue = Arc::new(Queue::restore(stored, arn, url)?);
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        queues.insert(name, Arc::clone(&queue));
        Ok(queue)
    }

    fn by_name(&self, name: &str) -> Option<Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.get(name).cloned()
    }

    /// Finds a queue by its URL. Only the name counts: the port may be another after a restart.
    fn by_url(&self, url: &str) -> Result<Arc<Queue>, SqsError> {
        let name = url.rsplit('/').next().unwrap_or(url);
        self.by_name(name).ok_or(SqsError::NoSuchQueue)
    }

    fn by_arn(&self, arn: &str) -> Option<Arc<Queue>> {
        self.by_name(arn.rsplit(':').next()?)
            .filter(|queue| queue.arn == arn)
    }

    fn all(&self) -> Vec<Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.values().cloned().collect()
    }

    async fn dispatch(&self, operation: &str, body: &[u8]) -> Result<Option<Reply>, SqsError> {
        let reply = match operation {
            "SendMessage" => Reply::ok(&self.send(read(body)?).await?),
            "SendMessageBatch" => Reply::ok(&self.send_batch(read(body)?).await?),
            "ReceiveMessage" => Reply::ok(&self.receive(read(body)?).await?),
            "DeleteMessage" => self.delete(read(body)?).await?,
            "DeleteMessageBatch" => Reply::ok(&self.delete_batch(read(body)?).await?),
            "ChangeMessageVisibility" => self.change_visibility(read(body)?).await?,
            "ChangeMessageVisibilityBatch" => {
                Reply::ok(&self.change_visibility_batch(read(body)?).await?)
            }
            "CreateQueue" => Reply::ok(&self.create(read(body)?).await?),
            "DeleteQueue" => self.drop_queue(read(body)?).await?,
            "PurgeQueue" => self.purge(read(body)?).await?,
            "GetQueueUrl" => Reply::ok(&self.queue_url(&read(body)?)?),
            "GetQueueAttributes" => Reply::ok(&self.attributes(&read(body)?)?),
            "SetQueueAttributes" => self.set_attributes(read(body)?).await?,
            "ListQueues" => Reply::ok(&self.list(&read(body)?)),
            "ListDeadLetterSourceQueues" => Reply::ok(&self.dead_letter_sources(&read(body)?)?),
            "TagQueue" => self.tag(read(body)?).await?,
            "UntagQueue" => self.untag(read(body)?).await?,
            "ListQueueTags" => Reply::ok(&self.tags(&read(body)?)?),
            _ => return Ok(None),
        };
        Ok(Some(reply))
    }
}

impl JsonService for Sqs {
    const NAME: &'static str = "sqs";
    const TARGET: &'static str = "AmazonSQS.";
    const CONTENT_TYPE: &'static str = "application/x-amz-json-1.0";
    const REFUSED: StatusCode = StatusCode::FORBIDDEN;
    // A batch of 1 MiB, every byte of it escaped.
    const BODY_LIMIT: usize = 8 * 1024 * 1024;

    async fn needs(&self, operation: &str, body: &[u8]) -> Result<Vec<iam::Request>, Reply> {
        access::needs(operation, body, &self.region).map_err(|error| error.reply())
    }

    fn refused(refusal: &Refusal) -> Reply {
        let code = "com.amazon.coral.service#AccessDeniedException";
        Reply::error(Self::REFUSED, code, &refusal.to_string()).with_query_error("AccessDenied")
    }

    async fn call(&self, operation: &str, body: Bytes) -> Reply {
        match self.dispatch(operation, &body).await {
            Ok(Some(reply)) => reply,
            Ok(None) => unknown_operation(operation),
            Err(error) => error.reply(),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    Ok(serde_json::from_slice(body)?)
}

fn nothing() -> Reply {
    Reply::ok(&json!({}))
}
