//! The CloudFormation resources of serverless.yml that hold data: queues, tables, buckets and
//! secrets. Those that only guard or watch are passed over, each for a reason.

mod bucket;
mod queue;
mod secret;
mod table;

use std::collections::BTreeMap;

use super::reader::{At, Fields, Meaningless};
pub(super) use bucket::read_provider_bucket;
pub use bucket::{Bucket, CorsRule};
pub use queue::{Queue, Redrive};
pub use secret::{Secret, SecretValue};
pub use table::{Index, Key, Table};

/// What is created before a function runs, by logical id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// SQS queues.
    pub queues: BTreeMap<String, Queue>,
    /// `DynamoDB` tables.
    pub tables: BTreeMap<String, Table>,
    /// S3 buckets, also those of `provider.s3`.
    pub buckets: BTreeMap<String, Bucket>,
    /// Secrets.
    pub secrets: BTreeMap<String, Secret>,
}

/// Resources that mean nothing on one machine.
const MEANINGLESS_TYPES: Meaningless = &[
    (
        "AWS::IAM::Role",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::IAM::Policy",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::IAM::ManagedPolicy",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::SQS::QueuePolicy",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::S3::BucketPolicy",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::Lambda::Permission",
        "nothing checks permissions on one machine",
    ),
    (
        "AWS::Logs::LogGroup",
        "logs are files that grow to a fixed size",
    ),
    ("AWS::CloudWatch::Alarm", "there is no CloudWatch here"),
    ("AWS::CloudWatch::Dashboard", "there is no CloudWatch here"),
    ("AWS::SNS::Topic", "only alarms tell it"),
    (
        "AWS::Scheduler::Schedule",
        "adds a retry policy to a generated schedule; the local scheduler hands over without a network",
    ),
];

/// What every resource may carry without meaning here.
const MEANINGLESS_ATTRIBUTES: Meaningless = &[
    ("DeletionPolicy", "nothing is deleted"),
    ("UpdateReplacePolicy", "nothing is replaced"),
    ("DependsOn", "the runner knows what must come first"),
    ("Metadata", "for tools"),
];

impl Resources {
    pub(super) fn read(&mut self, at: &At<'_>) {
        for (id, at) in at.entries() {
            self.read_resource(id, &at);
        }
    }

    fn read_resource(&mut self, id: &str, at: &At<'_>) {
        if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            at.problem("a logical id consists of letters and digits");
        }
        let mut fields = at.fields();
        let Some(kind) = fields.need("Type") else {
            return;
        };
        let kind_name = kind.text();
        if MEANINGLESS_TYPES
            .iter()
            .any(|(known, _)| *known == kind_name)
        {
            return;
        }
        fields.meaningless(MEANINGLESS_ATTRIBUTES);
        let Some(properties) = fields.need("Properties") else {
            return;
        };
        fields.finish();
        let id = id.to_owned();
        match kind_name.as_str() {
            "AWS::SQS::Queue" => {
                self.queues.insert(id, queue::read(&properties));
            }
            "AWS::DynamoDB::Table" => {
                self.tables.insert(id, table::read(&properties));
            }
            "AWS::S3::Bucket" => {
                self.buckets.insert(id, bucket::read(&properties));
            }
            "AWS::SecretsManager::Secret" => {
                self.secrets.insert(id, secret::read(&properties));
            }
            _ => kind.not_understood(),
        }
    }
}

/// A name, checked against what AWS accepts.
fn name(fields: &mut Fields<'_>, key: &str, fits: fn(&str) -> bool, rule: &str) -> String {
    let Some(at) = fields.need(key) else {
        return String::new();
    };
    let text = at.text();
    if !fits(&text) {
        at.problem(format!("{text:?} is not a name that AWS accepts: {rule}"));
    }
    text
}
