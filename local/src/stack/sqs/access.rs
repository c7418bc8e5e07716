//! What an SQS operation needs to be allowed.
//!
//! After <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>:
//! a batch needs the action of its single form.

use serde::Deserialize;

use super::error::SqsError;
use super::read;
use crate::iam::Request;
use crate::stack::ACCOUNT;

/// The members of a request that tell which queue it is about.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    queue_url: Option<String>,
    queue_name: Option<String>,
}

pub(super) fn needs(operation: &str, body: &[u8], region: &str) -> Result<Vec<Request>, SqsError> {
    let input: Input = read(body)?;
    let action = operation.strip_suffix("Batch").unwrap_or(operation);
    let url = input.queue_url.as_deref();
    let by_url = url.and_then(|url| url.rsplit('/').next());
    let resource = match by_url.or(input.queue_name.as_deref()) {
        Some(name) => format!("arn:aws:sqs:{region}:{ACCOUNT}:{name}"),
        None => "*".to_owned(),
    };
    Ok(vec![Request::new(format!("sqs:{action}"), resource)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_needs_the_action_of_its_single_form() {
        let url = br#"{"QueueUrl":"http://127.0.0.1:1/000000000000/jobs"}"#;
        let jobs = "arn:aws:sqs:eu-west-1:000000000000:jobs";
        for (operation, body, action, resource) in [
            ("SendMessage", &url[..], "sqs:SendMessage", jobs),
            ("SendMessageBatch", url, "sqs:SendMessage", jobs),
            ("DeleteMessageBatch", url, "sqs:DeleteMessage", jobs),
            (
                "ChangeMessageVisibilityBatch",
                url,
                "sqs:ChangeMessageVisibility",
                jobs,
            ),
            (
                "GetQueueUrl",
                br#"{"QueueName":"jobs"}"#,
                "sqs:GetQueueUrl",
                jobs,
            ),
            ("ListQueues", b"{}", "sqs:ListQueues", "*"),
        ] {
            let needs = needs(operation, body, "eu-west-1").unwrap();
            assert_eq!(needs, [Request::new(action, resource)]);
        }
    }
}
