//! What was started under an `Idempotency-Key`: the first request decides, every repetition gets
//! what it decided.
//!
//! `REQUEST#key` / `META`, for a day.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use crate::Table;
use crate::item::{n, s, text};

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
        let result = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .item("PK", s(format!("REQUEST#{key}")))
            .item("SK", s("META"))
            .item("value", s(value))
            .item("expires_at", n(expires))
            .condition_expression("attribute_not_exists(PK)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(value.to_owned()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => failed
                    .item()
                    .and_then(|item| text(item, "value"))
                    .map(str::to_owned)
                    .context("a remembered request has no value"),
                _ => Err(error).context("remember a request"),
            },
        }
    }
}
