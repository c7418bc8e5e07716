//! What all workers share about a source, so that together they are one polite visitor.
//!
//! A source is a shop's host (`shop.example`, `shop.example:8443`) or an API (`coupang`).
//!
//! | Key | What |
//! |---|---|
//! | `SOURCE#name` / `QUOTA` | the turns that are given out ([`Sources::reserve`]) |
//! | `SOURCE#name` / `BREAKER` | whether it is left alone for a while ([`Sources::admit`]) |
//! | `SOURCE#name` / `CACHE#run#request` | an answer that several jobs share ([`Sources::ask`]) |
//! | `SOURCE#name` / `ROBOTS` | its robots.txt ([`Sources::robots`]) |
//!
//! All of them expire (`expires_at`).

mod answers;
mod breaker;
mod circuit;
mod robots;
mod turns;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

pub use answers::Shared;
pub use circuit::{Admitted, Calls, Pass};
pub use robots::KnownRobots;
pub use turns::{Quota, Rate};

use crate::Table;
use crate::item::{Item, n, s, text};

/// The sources.
#[derive(Debug, Clone)]
pub struct Sources {
    table: Table,
}

impl Sources {
    /// The sources of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    fn key(source: &str, what: &str) -> [(String, AttributeValue); 2] {
        [
            ("PK".to_owned(), s(format!("SOURCE#{source}"))),
            ("SK".to_owned(), s(what)),
        ]
    }

    /// An update of one of a source's items.
    fn update(
        &self,
        source: &str,
        what: &str,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(Item::from(Self::key(source, what))))
    }

    async fn get(&self, source: &str, what: &str) -> anyhow::Result<Option<Item>> {
        let answer = self
            .table
            .client
            .get_item()
            .table_name(&self.table.name)
            .set_key(Some(Item::from(Self::key(source, what))))
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.item)
    }
}

/// An instant as it is stored: milliseconds since the epoch.
fn millis(instant: Timestamp) -> AttributeValue {
    n(instant.as_millisecond())
}

/// The instant `name` of an item.
fn instant(item: &Item, name: &str) -> Option<Timestamp> {
    let millis = text(item, name)?.parse().ok()?;
    Timestamp::from_millisecond(millis).ok()
}

/// When an item may be forgotten, in seconds since the epoch, as DynamoDB's TTL wants it.
fn expiry(instant: Timestamp) -> AttributeValue {
    n(instant.as_second())
}

/// Whether a condition was not met.
fn is_refused<E>(error: &SdkError<E>, is_condition: impl Fn(&E) -> bool) -> bool {
    error.as_service_error().is_some_and(is_condition)
}
