//! The requests and answers of SQS, and the digests by which clients check what arrived.
//!
//! Shapes after <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::error::SqsError;

/// Message attributes by name. Sorted, because their digest is taken in this order.
pub(super) type Attributes = BTreeMap<String, Attribute>;

/// The most attributes a message can have.
const ATTRIBUTES_LIMIT: usize = 10;

/// One message attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    pub(super) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) string_value: Option<String>,
    /// Base64, as it is on the wire.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) binary_value: Option<String>,
}

/// What a sender gives of one message.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Outgoing {
    /// Only in a batch.
    pub(super) id: String,
    pub(super) message_body: Option<String>,
    pub(super) delay_seconds: Option<i64>,
    pub(super) message_attributes: Option<Attributes>,
    pub(super) message_system_attributes: Option<Attributes>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Send {
    pub(super) queue_url: String,
    #[serde(flatten)]
    pub(super) message: Outgoing,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<T> {
    pub(super) queue_url: String,
    pub(super) entries: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive {
    pub(super) queue_url: String,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
    pub(super) max_number_of_messages: Option<i64>,
    pub(super) visibility_timeout: Option<i64>,
    pub(super) wait_time_seconds: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    pub(super) queue_url: String,
    pub(super) receipt_handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteEntry {
    pub(super) id: String,
    pub(super) receipt_handle: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeVisibility {
    pub(super) queue_url: String,
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeVisibilityEntry {
    pub(super) id: String,
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateQueue {
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
    /// Lower case on the wire, unlike everything else.
    #[serde(rename = "tags", default)]
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueName {
    pub(super) queue_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueUrl {
    pub(super) queue_url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAttributes {
    pub(super) queue_url: String,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetAttributes {
    pub(super) queue_url: String,
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagQueue {
    pub(super) queue_url: String,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagQueue {
    pub(super) queue_url: String,
    pub(super) tag_keys: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListQueues {
    pub(super) queue_name_prefix: Option<String>,
    pub(super) max_results: Option<usize>,
    pub(super) next_token: Option<String>,
}

/// The answer for one message that was accepted.
#[derive(Debug, Serialize)]
pub(super) struct Sent {
    #[serde(rename = "Id", skip_serializing_if = "String::is_empty")]
    pub(super) id: String,
    #[serde(rename = "MessageId")]
    pub(super) message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    pub(super) md5_of_body: String,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) md5_of_attributes: Option<String>,
    #[serde(
        rename = "MD5OfMessageSystemAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) md5_of_system_attributes: Option<String>,
}

/// The answer for one entry of a batch that failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Failed {
    id: String,
    code: &'static str,
    message: String,
    sender_fault: bool,
}

impl Failed {
    pub(super) fn new(id: String, error: &SqsError) -> Self {
        Self {
            id,
            code: error.entry_code(),
            message: error.to_string(),
            sender_fault: error.is_senders_fault(),
        }
    }
}

/// The answer to a batch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchAnswer<T> {
    pub(super) successful: Vec<T>,
    pub(super) failed: Vec<Failed>,
}

impl<T> Default for BatchAnswer<T> {
    fn default() -> Self {
        Self {
            successful: Vec::new(),
            failed: Vec::new(),
        }
    }
}

/// The id of an entry of a batch that succeeded.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Succeeded {
    pub(super) id: String,
}

/// A message as a consumer gets it.
#[derive(Debug, Serialize)]
pub(super) struct Received {
    #[serde(rename = "MessageId")]
    pub(super) message_id: String,
    #[serde(rename = "ReceiptHandle")]
    pub(super) receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    pub(super) md5_of_body: String,
    #[serde(rename = "Body")]
    pub(super) body: String,
    #[serde(rename = "Attributes", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<&'static str, String>,
    #[serde(
        rename = "MD5OfMessageAttributes",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) md5_of_attributes: Option<String>,
    #[serde(
        rename = "MessageAttributes",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(super) message_attributes: Attributes,
}

impl Outgoing {
    /// The size that counts against the limits: the body and the attributes.
    pub(super) fn size(&self) -> usize {
        let attributes = self.message_attributes.iter().flatten();
        let attributes: usize = attributes
            .map(|(name, attribute)| {
                let value = attribute.string_value.as_deref().unwrap_or("").len();
                let binary = attribute.binary_value.as_deref().unwrap_or("").len() / 4 * 3;
                name.len() + attribute.data_type.len() + value + binary
            })
            .sum();
        self.message_body.as_deref().unwrap_or("").len() + attributes
    }

    /// Refuses what SQS refuses.
    pub(super) fn check(&self, size_limit: usize) -> Result<(), SqsError> {
        let body = match self.message_body.as_deref() {
            None | Some("") => return Err(SqsError::MissingParameter("MessageBody")),
            Some(body) => body,
        };
        if let Some(c) = body.chars().find(|&c| !is_allowed(c)) {
            return Err(SqsError::InvalidContents(format!(
                "Invalid binary character '#x{:X}' was found in the message body, the set of \
                 allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | \
                 #x10000 to #x10FFFF",
                u32::from(c)
            )));
        }
        if self.size() > size_limit {
            return Err(SqsError::InvalidParameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than \
                 {size_limit} bytes."
            )));
        }
        if self
            .delay_seconds
            .is_some_and(|delay| !(0..=900).contains(&delay))
        {
            return Err(SqsError::InvalidParameter(
                "Value for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 \
                 and <= 900."
                    .to_owned(),
            ));
        }
        if self.message_deduplication_id.is_some() || self.message_group_id.is_some() {
            return Err(SqsError::InvalidParameter(
                "MessageGroupId and MessageDeduplicationId are of FIFO queues, which the embedded \
                 stack does not have."
                    .to_owned(),
            ));
        }
        let system = self.message_system_attributes.iter().flatten();
        if let Some((name, _)) = system.into_iter().find(|(name, _)| *name != TRACE_HEADER) {
            return Err(SqsError::InvalidParameter(format!(
                "Message system attribute name '{name}' is invalid."
            )));
        }
        match &self.message_attributes {
            Some(attributes) => check_attributes(attributes),
            None => Ok(()),
        }
    }
}

/// The one system attribute that a sender can give.
pub(super) const TRACE_HEADER: &str = "AWSTraceHeader";

fn check_attributes(attributes: &Attributes) -> Result<(), SqsError> {
    if attributes.len() > ATTRIBUTES_LIMIT {
        let count = attributes.len();
        return Err(SqsError::InvalidParameter(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [10]."
        )));
    }
    for (name, attribute) in attributes {
        let letters = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if name.is_empty() || name.len() > 256 || !letters {
            return Err(SqsError::InvalidParameter(format!(
                "The message attribute name '{name}' is invalid."
            )));
        }
        let base = attribute.data_type.split('.').next().unwrap_or("");
        let filled = match base {
            "String" | "Number" => attribute
                .string_value
                .as_deref()
                .is_some_and(|value| !value.is_empty() && value.chars().all(is_allowed)),
            "Binary" => attribute
                .binary_value
                .as_deref()
                .is_some_and(|value| STANDARD.decode(value).is_ok_and(|bytes| !bytes.is_empty())),
            _ => {
                return Err(SqsError::InvalidParameter(format!(
                    "The message attribute '{name}' has an invalid message attribute type, the \
                     set of supported type prefixes is Binary, Number, and String."
                )));
            }
        };
        if !filled {
            return Err(SqsError::InvalidParameter(format!(
                "The message attribute '{name}' must contain a non-empty message attribute value \
                 for message attribute type '{base}'."
            )));
        }
    }
    Ok(())
}

/// The characters of XML 1.0.
fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

pub(super) fn md5_of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// The digest over all attributes, after "Calculating the MD5 message digest for message
/// attributes" of the SQS developer guide.
pub(super) fn md5_of_attributes(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    let field = |digest: &mut Md5, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        digest.update(length.to_be_bytes());
        digest.update(bytes);
    };
    for (name, attribute) in attributes {
        field(&mut digest, name.as_bytes());
        field(&mut digest, attribute.data_type.as_bytes());
        if let Some(value) = &attribute.string_value {
            digest.update([1]);
            field(&mut digest, value.as_bytes());
        } else if let Some(value) = &attribute.binary_value {
            digest.update([2]);
            field(&mut digest, &STANDARD.decode(value).unwrap_or_default());
        }
    }
    Some(hex::encode(digest.finalize()))
}
