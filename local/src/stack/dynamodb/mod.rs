//! DynamoDB: a front that checks signatures, over the `dynoxide` engine.
//!
//! The engine's own HTTP server accepts any signature and needs a port without a guard, so the
//! requests are handed to its `Database` here. That also saves it from reading each request
//! three times.

mod access;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::http::StatusCode;
use anyhow::Context;
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::iam;

use super::http::{JsonService, Reply, unknown_operation};
use crate::listener::stopped;

/// How often items past their time to live are deleted. AWS takes up to days.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// The prefixes by which the engine's types mark what kind of error a value is.
///
/// The longer marks come before those they begin with.
const MARKS: [(&str, Mark); 5] = [
    ("SERIALIZATION_AS_READ:", Mark::Serialization),
    ("VALIDATION_AS_READ:", Mark::Validation),
    ("SERIALIZATION:", Mark::Serialization),
    ("VALIDATION_REQUEST:", Mark::Enveloped),
    ("VALIDATION:", Mark::Validation),
];

#[derive(Clone, Copy)]
enum Mark {
    Serialization,
    Validation,
    /// Validation that single-item writes report in an envelope of its own.
    Enveloped,
}

/// The tables, in one SQLite file.
pub(super) struct DynamoDb {
    database: Database,
    region: String,
}

impl DynamoDb {
    pub(super) fn open(path: &Path, region: &str) -> anyhow::Result<Self> {
        let shown = path.display();
        let path = path
            .to_str()
            .context("the data folder's name is not UTF-8")?;
        let database = Database::new(path).with_context(|| format!("{shown} cannot be opened"))?;
        // Despite its name this is what makes every commit one write and no wait for the disk:
        // a tenth of the time, and still nothing is lost when the process is killed.
        database
            .disable_bulk_loading()
            .with_context(|| format!("{shown} cannot be set up"))?;
        Ok(Self {
            database,
            region: region.to_owned(),
        })
    }

    /// Deletes expired items at the start and then once a minute, until the stack stops.
    pub(super) async fn sweep(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        loop {
            let this = Arc::clone(&self);
            let swept = tokio::task::spawn_blocking(move || this.database.sweep_ttl()).await;
            match swept {
                Ok(Ok(0)) => {}
                Ok(Ok(deleted)) => tracing::debug!(deleted, "deleted expired items"),
                Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted"),
                Err(error) => tracing::warn!(%error, "the sweep of expired items broke off"),
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }
}

impl JsonService for DynamoDb {
    const NAME: &'static str = "dynamodb";
    const TARGET: &'static str = "DynamoDB_20120810.";
    const CONTENT_TYPE: &'static str = "application/x-amz-json-1.0";
    const REFUSED: StatusCode = StatusCode::BAD_REQUEST;
    const BODY_LIMIT: usize = 16 * 1024 * 1024;

    async fn needs(&self, operation: &str, body: &[u8]) -> Result<Vec<iam::Request>, Reply> {
        access::needs(operation, body, &self.region)
    }

    async fn call(&self, operation: &str, body: Bytes) -> Reply {
        let database = self.database.clone();
        let operation = operation.to_owned();
        // The engine blocks: it waits for its lock and for SQLite.
        let answer = tokio::task::spawn_blocking(move || dispatch(&database, &operation, &body));
        answer.await.unwrap_or_else(|error| {
            let message = error.to_string();
            Reply::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                &message,
            )
        })
    }
}

fn dispatch(db: &Database, operation: &str, body: &[u8]) -> Reply {
    match operation {
        "PutItem" => run(operation, body, |r| db.put_item(r)),
        "GetItem" => run(operation, body, |r| db.get_item(r)),
        "UpdateItem" => run(operation, body, |r| db.update_item(r)),
        "DeleteItem" => run(operation, body, |r| db.delete_item(r)),
        "Query" => run(operation, body, |r| db.query(r)),
        "Scan" => run(operation, body, |r| db.scan(r)),
        "BatchGetItem" => run(operation, body, |r| db.batch_get_item(r)),
        "BatchWriteItem" => run(operation, body, |r| db.batch_write_item(r)),
        "TransactGetItems" => run(operation, body, |r| db.transact_get_items(r)),
        "TransactWriteItems" => run(operation, body, |r| db.transact_write_items(r)),
        "ExecuteStatement" => run(operation, body, |r| db.execute_statement(r)),
        "BatchExecuteStatement" => run(operation, body, |r| db.batch_execute_statement(r)),
        "ExecuteTransaction" => run(operation, body, |r| db.execute_transaction(r)),
        "CreateTable" => run(operation, body, |r| db.create_table(r)),
        "DescribeTable" => run(operation, body, |r| db.describe_table(r)),
        "UpdateTable" => run(operation, body, |r| db.update_table(r)),
        "DeleteTable" => run(operation, body, |r| db.delete_table(r)),
        "ListTables" => run(operation, body, |r| db.list_tables(r)),
        "UpdateTimeToLive" => run(operation, body, |r| db.update_time_to_live(r)),
        "DescribeTimeToLive" => run(operation, body, |r| db.describe_time_to_live(r)),
        "TagResource" => run(operation, body, |r| db.tag_resource(r)),
        "UntagResource" => run(operation, body, |r| db.untag_resource(r)),
        "ListTagsOfResource" => run(operation, body, |r| db.list_tags_of_resource(r)),
        unknown => unknown_operation(unknown),
    }
}

fn run<I: DeserializeOwned, O: Serialize>(
    operation: &str,
    body: &[u8],
    call: impl FnOnce(I) -> dynoxide::Result<O>,
) -> Reply {
    let answer = serde_json::from_slice(body)
        .map_err(|e| unreadable(&e))
        .and_then(call);
    match answer {
        Ok(output) => Reply::ok(&output),
        Err(error) => {
            let error = as_reported(operation, error);
            let status = StatusCode::from_u16(error.status_code())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Reply::raw(status, error.to_json().into_bytes())
        }
    }
}

/// The error that DynamoDB reports for a request that cannot be read.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let message = match text.rfind(" at line ") {
        Some(position) => &text[..position],
        None => &text,
    };
    for (prefix, mark) in MARKS {
        if let Some(message) = message.strip_prefix(prefix) {
            let message = message.to_owned();
            return match mark {
                Mark::Serialization => DynoxideError::SerializationException(message),
                Mark::Validation => DynoxideError::ValidationException(message),
                Mark::Enveloped => DynoxideError::EnvelopedValidation(message),
            };
        }
    }
    let message = message.to_owned();
    if error.is_data() && !message.starts_with("invalid type") || message.contains("null") {
        DynoxideError::ValidationException(message)
    } else {
        DynoxideError::SerializationException(message)
    }
}

/// The engine leaves two forms to its front: the envelope of single-item writes, and the shape
/// of a failed condition that carries the item in `PartiQL`.
fn as_reported(operation: &str, error: DynoxideError) -> DynoxideError {
    match (operation, error) {
        ("PutItem" | "UpdateItem" | "DeleteItem", DynoxideError::EnvelopedValidation(message)) => {
            let message = format!("1 validation error detected: {message}");
            DynoxideError::ValidationException(message)
        }
        (_, DynoxideError::EnvelopedValidation(message)) => {
            DynoxideError::ValidationException(message)
        }
        (
            "ExecuteStatement",
            DynoxideError::ConditionalCheckFailedException(message, Some(item)),
        ) => DynoxideError::StatementConditionalCheckFailed(message, item),
        (_, error) => error,
    }
}
