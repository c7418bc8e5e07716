//! DynamoDB through its SDK client.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, GlobalSecondaryIndex,
    KeySchemaElement, KeyType, Projection, ProjectionType, Put, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TimeToLiveSpecification,
    TransactWriteItem,
};

use crate::harness::start;

type Item = HashMap<String, AttributeValue>;

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("a key")
}

/// The product's table: `PK` and `SK`, and an index over `run_shard`.
pub(crate) async fn create_table(client: &Client, name: &str) {
    let attribute = |name| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("an attribute")
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("run")
        .key_schema(key("run_shard", KeyType::Hash))
        .key_schema(key("PK", KeyType::Range))
        .projection(
            Projection::builder()
                .projection_type(ProjectionType::All)
                .build(),
        )
        .build()
        .expect("an index");
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("PK"))
        .attribute_definitions(attribute("SK"))
        .attribute_definitions(attribute("run_shard"))
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .global_secondary_indexes(index)
        .send()
        .await
        .expect("a table");
}

fn s(text: impl Into<String>) -> AttributeValue {
    S(text.into())
}

fn item(pk: &str, sk: &str, more: &[(&str, AttributeValue)]) -> Item {
    let keys = [("PK", s(pk)), ("SK", s(sk))];
    let pairs = keys.into_iter().chain(more.iter().cloned());
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

async fn put(client: &Client, item: Item) {
    client
        .put_item()
        .table_name("prices")
        .set_item(Some(item))
        .send()
        .await
        .expect("the item is stored");
}

#[tokio::test]
async fn a_conditional_put_that_fails_returns_the_old_item() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let first = item("PRODUCT#1", "OBS#1", &[("price", N("12.50".into()))]);
    put(&client, first.clone()).await;

    let again = client
        .put_item()
        .table_name("prices")
        .set_item(Some(item(
            "PRODUCT#1",
            "OBS#1",
            &[("price", N("99".into()))],
        )))
        .condition_expression("attribute_not_exists(PK)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .expect_err("the condition fails")
        .into_service_error();
    assert!(again.is_conditional_check_failed_exception(), "{again:?}");
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = again
    else {
        panic!("not a failed condition");
    };
    let old = failed.item().expect("the old item");
    assert_eq!(
        old["price"],
        N("12.5".into()),
        "numbers are normalised, as in AWS"
    );
    assert_eq!(old["SK"], first["SK"]);
}

#[tokio::test]
async fn a_cancelled_transaction_tells_the_reason_of_each_part() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    put(&client, item("RUN#1", "META", &[("state", s("complete"))])).await;

    let write = TransactWriteItem::builder().put(
        Put::builder()
            .table_name("prices")
            .set_item(Some(item("PRODUCT#1", "META", &[])))
            .build()
            .expect("a put"),
    );
    let check = TransactWriteItem::builder().condition_check(
        ConditionCheck::builder()
            .table_name("prices")
            .set_key(Some(item("RUN#1", "META", &[])))
            .condition_expression("#state = :running")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":running", s("running"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .expect("a check"),
    );
    let error = client
        .transact_write_items()
        .transact_items(write.build())
        .transact_items(check.build())
        .send()
        .await
        .expect_err("the transaction is cancelled")
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}");
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(reasons.len(), 2);
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
    assert_eq!(
        reasons[1].item().expect("the old item")["state"],
        s("complete")
    );

    let get = client.get_item().table_name("prices");
    let get = get
        .set_key(Some(item("PRODUCT#1", "META", &[])))
        .send()
        .await
        .expect("an answer");
    assert!(
        get.item().is_none(),
        "nothing of a cancelled transaction is stored"
    );
}

#[tokio::test]
async fn a_query_page_ends_at_one_megabyte() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let padding = "x".repeat(100_000);
    for number in 0..25 {
        let sk = format!("OBS#{number:02}");
        put(&client, item("PRODUCT#1", &sk, &[("padding", s(&padding))])).await;
    }
    let query = client
        .query()
        .table_name("prices")
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(":pk", s("PRODUCT#1"));
    let page = query.clone().send().await.expect("a page");
    assert!(
        (9..=11).contains(&page.count()),
        "{} items on a page",
        page.count()
    );
    assert!(page.last_evaluated_key().is_some());

    let all = query
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let all = all.expect("all pages");
    let keys: Vec<&str> = all
        .iter()
        .map(|item| item["SK"].as_s().expect("a key").as_str())
        .collect();
    let expected: Vec<String> = (0..25).map(|number| format!("OBS#{number:02}")).collect();
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn an_index_is_queried_by_its_own_keys() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    for number in 0..10 {
        let run = format!("RUN#{}", number % 2);
        let pk = format!("PRODUCT#{number}");
        put(&client, item(&pk, "OBS#1", &[("run_shard", s(run))])).await;
    }
    put(&client, item("PRODUCT#lone", "META", &[])).await;
    let found = client
        .query()
        .table_name("prices")
        .index_name("run")
        .key_condition_expression("run_shard = :run AND PK BETWEEN :low AND :high")
        .expression_attribute_values(":run", s("RUN#1"))
        .expression_attribute_values(":low", s("PRODUCT#3"))
        .expression_attribute_values(":high", s("PRODUCT#9"))
        .scan_index_forward(false)
        .send()
        .await
        .expect("an answer");
    let keys: Vec<&String> = found
        .items()
        .iter()
        .map(|item| item["PK"].as_s().expect("a key"))
        .collect();
    assert_eq!(keys, ["PRODUCT#9", "PRODUCT#7", "PRODUCT#5", "PRODUCT#3"]);
}

#[tokio::test]
async fn numbers_keep_thirty_eight_digits() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let number = "12345678901234567890123456789012345678";
    let fraction = "0.12345678901234567890123456789012345678";
    put(
        &client,
        item(
            "N",
            "1",
            &[("n", N(number.into())), ("f", N(fraction.into()))],
        ),
    )
    .await;
    let added = client
        .update_item()
        .table_name("prices")
        .set_key(Some(item("N", "1", &[])))
        .update_expression("ADD n :one")
        .expression_attribute_values(":one", N("1".into()))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
        .send()
        .await
        .expect("an update");
    let new = added.attributes().expect("the new item");
    assert_eq!(new["n"], N("12345678901234567890123456789012345679".into()));
    assert_eq!(new["f"], N(fraction.into()));

    let too_long = client
        .put_item()
        .table_name("prices")
        .set_item(Some(item("N", "2", &[("n", N(format!("{number}9")))])))
        .send()
        .await
        .expect_err("39 digits are refused");
    let error = too_long.into_service_error();
    assert_eq!(error.meta().code(), Some("ValidationException"));
    let message = error.meta().message().expect("a message");
    assert!(message.contains("38 significant digits"), "{message}");
}

#[tokio::test]
async fn partiql_reads_and_pages() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    for number in 0..5 {
        put(&client, item("PRODUCT#1", &format!("OBS#{number}"), &[])).await;
    }
    let select = client
        .execute_statement()
        .statement("SELECT SK FROM prices WHERE PK = ? AND SK >= 'OBS#1'")
        .parameters(s("PRODUCT#1"))
        .limit(3);
    let first = select.clone().send().await.expect("a page");
    assert_eq!(first.items().len(), 3);
    let token = first.next_token().expect("more follows");
    let second = select
        .next_token(token)
        .send()
        .await
        .expect("the next page");
    let pages = first.items().iter().chain(second.items());
    let mut keys: Vec<&String> = pages
        .map(|item| item["SK"].as_s().expect("a key"))
        .collect();
    keys.sort();
    assert_eq!(keys, ["OBS#1", "OBS#2", "OBS#3", "OBS#4"]);
}

#[tokio::test]
async fn batches_write_and_read_many_items() {
    use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};

    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let writes = (0..25).map(|number| {
        let put = PutRequest::builder()
            .set_item(Some(item(&format!("PRODUCT#{number}"), "META", &[])))
            .build()
            .expect("a put");
        WriteRequest::builder().put_request(put).build()
    });
    let written = client
        .batch_write_item()
        .request_items("prices", writes.collect())
        .send()
        .await
        .expect("a batch");
    assert!(written.unprocessed_items().is_none_or(HashMap::is_empty));
    let keys = (0..30).map(|number| item(&format!("PRODUCT#{number}"), "META", &[]));
    let keys = KeysAndAttributes::builder()
        .set_keys(Some(keys.collect()))
        .build();
    let read = client
        .batch_get_item()
        .request_items("prices", keys.expect("keys"))
        .send()
        .await
        .expect("a batch");
    assert_eq!(read.responses().expect("items")["prices"].len(), 25);
}

#[tokio::test]
async fn consumed_capacity_is_told_for_table_and_index() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let put = client
        .put_item()
        .table_name("prices")
        .set_item(Some(item(
            "PRODUCT#1",
            "OBS#1",
            &[("run_shard", s("RUN#1"))],
        )))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .expect("a put");
    let capacity = put.consumed_capacity().expect("what it cost");
    assert_eq!(capacity.capacity_units(), Some(2.0));
    let index = &capacity.global_secondary_indexes().expect("indexes")["run"];
    assert_eq!(index.capacity_units(), Some(1.0));
}

#[tokio::test]
async fn a_wrong_request_is_a_validation_error_and_an_unknown_table_is_not_found() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let empty_key = client
        .put_item()
        .table_name("prices")
        .set_item(Some(item("", "META", &[])))
        .send()
        .await
        .expect_err("an empty key is refused")
        .into_service_error();
    assert_eq!(
        empty_key.meta().code(),
        Some("ValidationException"),
        "{empty_key:?}"
    );
    let unknown = client
        .get_item()
        .table_name("elsewhere")
        .set_key(Some(item("a", "b", &[])))
        .send()
        .await
        .expect_err("no such table")
        .into_service_error();
    assert!(unknown.is_resource_not_found_exception());
}

#[tokio::test]
async fn expired_items_go_when_the_stack_starts_again() {
    let running = start().await;
    let client = running.dynamodb();
    create_table(&client, "prices").await;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name("expires_at")
        .enabled(true)
        .build()
        .expect("a specification");
    client
        .update_time_to_live()
        .table_name("prices")
        .time_to_live_specification(ttl)
        .send()
        .await
        .expect("a time to live");
    put(
        &client,
        item(
            "NOTE#old",
            "META",
            &[("expires_at", N("1000000000".into()))],
        ),
    )
    .await;
    put(
        &client,
        item(
            "NOTE#new",
            "META",
            &[("expires_at", N("4000000000".into()))],
        ),
    )
    .await;

    let running = running.restart().await;
    let client = running.dynamodb();
    let mut left = HashSet::new();
    for _ in 0..100 {
        let scan = client
            .scan()
            .table_name("prices")
            .send()
            .await
            .expect("the items");
        left = scan
            .items()
            .iter()
            .map(|item| item["PK"].as_s().expect("a key").clone())
            .collect();
        if left.len() == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(left, HashSet::from(["NOTE#new".to_owned()]));
}
