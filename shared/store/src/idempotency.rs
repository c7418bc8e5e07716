//! What was started under an `Idempotency-Key`: the first request decides, every repetition gets
//! what it decided.
//!
//! `REQUEST#key` / `META`, for a day.

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::Table;
use crate::item::{self, n, s, text};

/// How long a key is remembered, in seconds.
const REMEMBERED: i64 = 24 * 60 * 60;

/// The requests that were made under a key.
#[derive(Debug, Clone)]
pub struct Requests {
    table: Table,
}

impl Requests {
    /// The requests of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Remembers `value` under a key, and returns what stands there: this value, or that of the
    /// first request with the key.
    pub async fn remember(&self, key: &str, value: &str) -> Result<String> {
        let expires = Timestamp::now().as_second() + REMEMBERED;
        let mut item = item::key(format!("REQUEST#{key}"), "META");
        item.insert("value".to_owned(), s(value));
        item.insert("expires_at".to_owned(), n(expires));
        match self
            .table
            .put_once(item)
            .await
            .context("remember a request")?
        {
            None => Ok(value.to_owned()),
            Some(standing) => text(&standing, "value")
                .map(str::to_owned)
                .context("a remembered request has no value"),
        }
    }
}
