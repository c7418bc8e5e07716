//! Reading attributes of a table item, with errors that name the attribute.

use std::collections::HashMap;
use std::str::FromStr;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;

/// An item: attribute name to value.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The key of an item.
pub(crate) fn key(partition: impl Into<String>, sort: &str) -> Item {
    Item::from([("PK".to_owned(), s(partition)), ("SK".to_owned(), s(sort))])
}

/// A string attribute value.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute value. DynamoDB keeps 38 digits; a `Decimal` has at most 28.
#[expect(
    clippy::needless_pass_by_value,
    reason = "reads like the other constructors"
)]
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The text or number `name` of an item, if it is there.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name)? {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text),
        _ => None,
    }
}

/// The attribute `name` as a `T`; missing or unreadable is an error.
pub(crate) fn parsed<T>(item: &Item, name: &str) -> Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = text(item, name).with_context(|| format!("the item has no attribute {name}"))?;
    text.parse()
        .with_context(|| format!("the attribute {name} is {text:?}"))
}

/// The attribute `name` as a `T`, if it is there.
pub(crate) fn parsed_if_any<T>(item: &Item, name: &str) -> Result<Option<T>>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text(item, name).map(|_| parsed(item, name)).transpose()
}
