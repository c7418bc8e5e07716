//! The one DynamoDB table.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::Clients;
use crate::item::Item;

/// How many items a `BatchGetItem` takes.
const BATCH: usize = 100;

/// The table and its client. What is in it is documented where it is written: `products`,
/// `observations`, `runs`, `files`.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Table {
    /// The table of this name.
    pub fn new(clients: &Clients, name: impl Into<String>) -> Self {
        Self {
            client: clients.dynamodb(),
            name: name.into(),
        }
    }

    /// The items of these keys that there are, in any order; of each the attributes that
    /// `projection` names, or all. Eventually consistent.
    pub(crate) async fn batch_get(
        &self,
        keys: Vec<Item>,
        projection: Option<&str>,
    ) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        let mut left = keys;
        let mut pause = Duration::from_millis(20);
        while !left.is_empty() {
            let now = left.split_off(left.len().saturating_sub(BATCH));
            let request = KeysAndAttributes::builder()
                .set_keys(Some(now))
                .set_projection_expression(projection.map(str::to_owned))
                .build()?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.name, request)
                .send()
                .await
                .context("read several items")?;
            found.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let unprocessed = answer.unprocessed_keys.into_iter().flatten();
            let unprocessed: Vec<Item> = unprocessed.flat_map(|(_, keys)| keys.keys).collect();
            if !unprocessed.is_empty() {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(2));
                left.extend(unprocessed);
            }
        }
        Ok(found)
    }
}
