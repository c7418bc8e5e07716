//! The settings of a queue: the attributes that can be set, their defaults and ranges.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::error::SqsError;

/// The largest message, and the largest batch, in bytes.
pub(super) const SIZE_LIMIT: usize = 1_048_576;

/// Attributes that are kept and shown but change nothing here.
const KEPT: [&str; 5] = [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

/// How a queue treats its messages. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) delay: u32,
    pub(super) size_limit: u32,
    pub(super) retention: u32,
    pub(super) wait: u32,
    pub(super) visibility: u32,
    pub(super) redrive: Option<Redrive>,
    kept: BTreeMap<String, String>,
}

/// When a message is given up, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) target_arn: String,
    pub(super) max_receives: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay: 0,
            size_limit: 1_048_576,
            retention: 4 * 24 * 3600,
            wait: 0,
            visibility: 30,
            redrive: None,
            kept: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Changes what `attributes` names and leaves the rest as it is.
    pub(super) fn with(&self, attributes: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        let mut new = self.clone();
        for (name, value) in attributes {
            match name.as_str() {
                "DelaySeconds" => new.delay = number("DelaySeconds", value, 0..=900)?,
                "MaximumMessageSize" => {
                    new.size_limit = number("MaximumMessageSize", value, 1024..=1_048_576)?;
                }
                "MessageRetentionPeriod" => {
                    new.retention = number("MessageRetentionPeriod", value, 60..=1_209_600)?;
                }
                "ReceiveMessageWaitTimeSeconds" => {
                    new.wait = number("ReceiveMessageWaitTimeSeconds", value, 0..=20)?;
                }
                "VisibilityTimeout" => {
                    new.visibility = number("VisibilityTimeout", value, 0..=43_200)?;
                }
                "RedrivePolicy" if value.is_empty() => new.redrive = None,
                "RedrivePolicy" => new.redrive = Some(Redrive::parse(value)?),
                "FifoQueue" if value == "false" => {}
                "FifoQueue"
                | "ContentBasedDeduplication"
                | "DeduplicationScope"
                | "FifoThroughputLimit" => {
                    let message = "The embedded stack has no FIFO queues.";
                    return Err(SqsError::Unsupported(message));
                }
                name if KEPT.contains(&name) => {
                    if value.is_empty() {
                        new.kept.remove(name);
                    } else {
                        new.kept.insert(name.to_owned(), value.clone());
                    }
                }
                _ => return Err(SqsError::UnknownAttribute(name.clone())),
            }
        }
        Ok(new)
    }

    /// Whether a queue can have this setting, set or not.
    pub(super) fn knows(name: &str) -> bool {
        name == "RedrivePolicy" || KEPT.contains(&name)
    }

    /// As `GetQueueAttributes` shows them; [`with`](Self::with) reads them back.
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        let mut all = self.kept.clone();
        for (name, value) in [
            ("DelaySeconds", self.delay),
            ("MaximumMessageSize", self.size_limit),
            ("MessageRetentionPeriod", self.retention),
            ("ReceiveMessageWaitTimeSeconds", self.wait),
            ("VisibilityTimeout", self.visibility),
        ] {
            all.insert(name.to_owned(), value.to_string());
        }
        if let Some(redrive) = &self.redrive {
            let policy = json!({
                "deadLetterTargetArn": redrive.target_arn,
                "maxReceiveCount": redrive.max_receives,
            });
            all.insert("RedrivePolicy".to_owned(), policy.to_string());
        }
        all
    }

    /// The first attribute that `attributes` wants to be something else.
    pub(super) fn difference(&self, wanted: &Self) -> Option<String> {
        let (ours, theirs) = (self.attributes(), wanted.attributes());
        let mut names = ours.keys().chain(theirs.keys());
        names
            .find(|name| ours.get(*name) != theirs.get(*name))
            .cloned()
    }
}

impl Redrive {
    /// AWS takes `maxReceiveCount` as a number and as a string; the Serverless Framework and
    /// CloudFormation write both.
    fn parse(policy: &str) -> Result<Self, SqsError> {
        let invalid = |reason: &str| {
            SqsError::InvalidParameter(format!(
                "Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}."
            ))
        };
        let value: Value = serde_json::from_str(policy).map_err(|_| invalid("it is not JSON"))?;
        let target = value["deadLetterTargetArn"]
            .as_str()
            .ok_or_else(|| invalid("it has no deadLetterTargetArn"))?;
        let count = match &value["maxReceiveCount"] {
            Value::Number(count) => count.as_u64(),
            Value::String(count) => count.parse().ok(),
            _ => None,
        };
        let max_receives = count
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| (1..=1000).contains(count))
            .ok_or_else(|| invalid("maxReceiveCount must be from 1 to 1000"))?;
        Ok(Self {
            target_arn: target.to_owned(),
            max_receives,
        })
    }
}

fn number(name: &'static str, value: &str, range: RangeInclusive<u32>) -> Result<u32, SqsError> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or(SqsError::InvalidAttribute(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<Settings, SqsError> {
        let attributes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Settings::default().with(&attributes)
    }

    #[test]
    fn a_redrive_policy_takes_its_count_as_a_number_or_a_string() {
        for count in ["5", "\"5\""] {
            let policy =
                format!(r#"{{"deadLetterTargetArn":"arn:dead","maxReceiveCount":{count}}}"#);
            let settings = set("RedrivePolicy", &policy).expect("accepted");
            let redrive = settings.redrive.expect("a policy");
            assert_eq!(redrive.max_receives, 5);
            assert_eq!(redrive.target_arn, "arn:dead");
        }
    }

    #[test]
    fn values_out_of_range_and_unknown_names_are_refused() {
        for (name, value) in [
            ("DelaySeconds", "901"),
            ("DelaySeconds", "-1"),
            ("MaximumMessageSize", "1023"),
            ("VisibilityTimeout", "43201"),
            ("VisibilityTimeout", "soon"),
            ("RedrivePolicy", "{}"),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"a","maxReceiveCount":0}"#,
            ),
            (
                "RedrivePolicy",
                r#"{"deadLetterTargetArn":"a","maxReceiveCount":1001}"#,
            ),
            ("FifoQueue", "true"),
            ("Colour", "blue"),
        ] {
            assert!(set(name, value).is_err(), "{name} = {value}");
        }
    }

    #[test]
    fn settings_read_back_what_they_show() {
        let policy = r#"{"deadLetterTargetArn":"arn:dead","maxReceiveCount":"3"}"#;
        let settings = set("RedrivePolicy", policy).expect("accepted");
        let again = Settings::default()
            .with(&settings.attributes())
            .expect("accepted");
        assert_eq!(settings, again);
    }
}
