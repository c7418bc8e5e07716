//! What a DynamoDB operation needs to be allowed.
//!
//! After <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>.

use std::collections::BTreeMap;

use ::http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::iam::Request;
use crate::stack::ACCOUNT;
use crate::stack::http::Reply;

/// The members of a request that tell which tables it touches.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    table_name: Option<String>,
    index_name: Option<String>,
    resource_arn: Option<String>,
    #[expect(
        clippy::zero_sized_map_values,
        reason = "serde reads a map; what is asked of its tables does not matter"
    )]
    request_items: BTreeMap<String, IgnoredAny>,
    transact_items: Vec<BTreeMap<String, Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    table_name: String,
}

/// Each action on each table, or the answer when the request does not tell.
pub(super) fn needs(operation: &str, body: &[u8], region: &str) -> Result<Vec<Request>, Reply> {
    let input: Input = serde_json::from_slice(body).map_err(|error| {
        let message = format!("the request cannot be read: {error}");
        Reply::error(StatusCode::BAD_REQUEST, "SerializationException", &message)
    })?;
    let action = format!("dynamodb:{operation}");
    let arn = |table: &str| table_arn(table, region);
    let one = |resource: String| Ok(vec![Request::new(action.clone(), resource)]);
    match operation {
        "ListTables" => one("*".to_owned()),
        "BatchGetItem" | "BatchWriteItem" => Ok(input
            .request_items
            .keys()
            .map(|table| Request::new(action.clone(), arn(table)))
            .collect()),
        "TransactGetItems" | "TransactWriteItems" => Ok(input
            .transact_items
            .iter()
            .flatten()
            .map(|(kind, target)| {
                // A transaction has no action of its own: `Put` needs PutItem.
                let action = match kind.as_str() {
                    "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                    kind => format!("dynamodb:{kind}Item"),
                };
                Request::new(action, arn(&target.table_name))
            })
            .collect()),
        "TagResource" | "UntagResource" | "ListTagsOfResource" => {
            one(input.resource_arn.unwrap_or_default())
        }
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => {
            let message = "functions cannot use PartiQL here: the embedded stack does not tell \
                           which tables a statement touches";
            Err(Reply::error(
                StatusCode::BAD_REQUEST,
                "AccessDeniedException",
                message,
            ))
        }
        _ => {
            let table = arn(input.table_name.as_deref().unwrap_or_default());
            one(match input.index_name {
                Some(index) => format!("{table}/index/{index}"),
                None => table,
            })
        }
    }
}

/// A request may name its table by ARN already.
fn table_arn(table: &str, region: &str) -> String {
    if table.starts_with("arn:") {
        return table.to_owned();
    }
    format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{table}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(operation: &str, body: &str) -> Vec<String> {
        let needs = needs(operation, body.as_bytes(), "eu-west-1").unwrap();
        let prefix = "arn:aws:dynamodb:eu-west-1:000000000000:table/";
        let shown = needs.iter().map(|request| {
            let resource = request.resource.strip_prefix(prefix);
            format!(
                "{} {}",
                request.action,
                resource.unwrap_or(&request.resource)
            )
        });
        shown.collect()
    }

    #[test]
    fn an_operation_needs_its_action_on_every_table_it_touches() {
        for (operation, body, expected) in [
            (
                "GetItem",
                r#"{"TableName":"t","Key":{}}"#,
                &["dynamodb:GetItem t"][..],
            ),
            (
                "Query",
                r#"{"TableName":"t","IndexName":"run"}"#,
                &["dynamodb:Query t/index/run"],
            ),
            (
                "PutItem",
                r#"{"TableName":"arn:aws:dynamodb:eu-west-1:000000000000:table/t"}"#,
                &["dynamodb:PutItem t"],
            ),
            (
                "BatchGetItem",
                r#"{"RequestItems":{"a":{"Keys":[]},"b":{"Keys":[]}}}"#,
                &["dynamodb:BatchGetItem a", "dynamodb:BatchGetItem b"],
            ),
            (
                "TransactWriteItems",
                r#"{"TransactItems":[{"Put":{"TableName":"t","Item":{}}},
                    {"ConditionCheck":{"TableName":"t"}},{"Update":{"TableName":"u"}},
                    {"Delete":{"TableName":"t"}}]}"#,
                &[
                    "dynamodb:PutItem t",
                    "dynamodb:ConditionCheckItem t",
                    "dynamodb:UpdateItem u",
                    "dynamodb:DeleteItem t",
                ],
            ),
            (
                "TransactGetItems",
                r#"{"TransactItems":[{"Get":{"TableName":"t"}}]}"#,
                &["dynamodb:GetItem t"],
            ),
            ("ListTables", "{}", &["dynamodb:ListTables *"]),
            (
                "DescribeTable",
                r#"{"TableName":"t"}"#,
                &["dynamodb:DescribeTable t"],
            ),
        ] {
            assert_eq!(asked(operation, body), expected, "{operation}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let statement = r#"{"Statement":"SELECT * FROM t"}"#;
        assert!(needs("ExecuteStatement", statement.as_bytes(), "x").is_err());
        assert!(needs("GetItem", b"{", "x").is_err());
    }
}
