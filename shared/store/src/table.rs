//! The one DynamoDB table, and the few verbs by which everything in it is read and written.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};

use crate::Clients;
use crate::item::{Item, key};

/// How long an index may be behind the table, for certain.
pub const INDEX_DELAY: Duration = Duration::from_secs(5);

/// How many items a `BatchGetItem` takes.
const BATCH: usize = 100;

/// The table and its client. What is in it is documented where it is written: `products`,
/// `observations`, `runs`, `files`.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// What became of a conditional write.
#[derive(Debug)]
pub(crate) enum Written {
    /// The condition held.
    Applied,
    /// The condition did not hold for the item that stands; empty if there is none.
    Refused(Item),
}

impl Written {
    pub(crate) fn is_applied(&self) -> bool {
        matches!(self, Self::Applied)
    }
}

impl Table {
    /// The table of this name.
    pub fn new(clients: &Clients, name: impl Into<String>) -> Self {
        Self {
            client: clients.dynamodb(),
            name: name.into(),
        }
    }

    /// Reads an item. Eventually consistent.
    pub(crate) async fn get(&self, partition: String, sort: &str) -> Result<Option<Item>> {
        self.read(partition, sort, false).await
    }

    /// Reads an item as the latest write left it.
    pub(crate) async fn get_latest(&self, partition: String, sort: &str) -> Result<Option<Item>> {
        self.read(partition, sort, true).await
    }

    async fn read(&self, partition: String, sort: &str, latest: bool) -> Result<Option<Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(partition, sort)))
            .consistent_read(latest)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// Puts an item, unless there is one with its key, which is then returned.
    pub(crate) async fn put_once(&self, item: Item) -> Result<Option<Item>> {
        let put = self
            .put(item)
            .condition_expression("attribute_not_exists(PK)");
        match self.put_if(put).await? {
            Written::Applied => Ok(None),
            Written::Refused(standing) => Ok(Some(standing)),
        }
    }

    /// A put of this item, to be completed.
    pub(crate) fn put(&self, item: Item) -> PutItemFluentBuilder {
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item))
    }

    /// Puts an item if the condition of the put holds.
    pub(crate) async fn put_if(&self, put: PutItemFluentBuilder) -> Result<Written> {
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        written(put.send().await, |error| match error {
            PutItemError::ConditionalCheckFailedException(failed) => failed.item,
            _ => None,
        })
    }

    /// An update of an item, to be completed.
    pub(crate) fn update(&self, partition: String, sort: &str) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(key(partition, sort)))
    }

    /// Updates an item if the condition of the update holds.
    pub(crate) async fn update_if(&self, update: UpdateItemFluentBuilder) -> Result<Written> {
        let update = update
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        written(update.send().await, |error| match error {
            UpdateItemError::ConditionalCheckFailedException(failed) => failed.item,
            _ => None,
        })
    }

    /// Deletes an item; false when there is none.
    pub(crate) async fn delete(&self, partition: String, sort: &str) -> Result<bool> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(partition, sort)))
            .condition_expression("attribute_exists(PK)");
        Ok(written(delete.send().await, |_| None)?.is_applied())
    }

    /// A query of the table, to be completed.
    pub(crate) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
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

/// Tells a condition that did not hold from everything else that can go wrong with a write;
/// `standing` takes the item out of the error.
pub(crate) fn written<T, E>(
    result: Result<T, SdkError<E>>,
    standing: impl FnOnce(E) -> Option<Item>,
) -> Result<Written>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(_) => Ok(Written::Applied),
        Err(SdkError::ServiceError(error))
            if error.err().code() == Some("ConditionalCheckFailedException") =>
        {
            Ok(Written::Refused(
                standing(error.into_err()).unwrap_or_default(),
            ))
        }
        Err(error) => Err(error.into()),
    }
}
