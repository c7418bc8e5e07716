//! The CloudFormation resources of serverless.yml that hold data (queues, tables, buckets and
//! secrets) and the roles that say who may use it. Those that only guard or watch are passed over,
//! each for a reason.

mod bucket;
mod queue;
mod role;
mod secret;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{At, Fields, Meaningless};
pub(super) use bucket::read_provider_bucket;
pub use bucket::{Bucket, CorsRule};
pub use queue::{Queue, Redrive};
pub use role::Role;
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
    /// Roles.
    pub roles: BTreeMap<String, Role>,
    /// `CloudFront` distributions: the local HTTP API stands for each.
    pub distributions: BTreeSet<String>,
}

/// Resources that mean nothing on one machine.
const MEANINGLESS_TYPES: Meaningless = &[
    (
        "AWS::SQS::QueuePolicy",
        "only functions and the owner send here, each under a role or as the owner",
    ),
    (
        "AWS::S3::BucketPolicy",
        "only functions and the owner come here, each under a role or as the owner",
    ),
    (
        "AWS::Lambda::Permission",
        "only the runner and the owner invoke functions here",
    ),
    (
        "AWS::Logs::LogGroup",
        "logs are files that grow to a fixed size",
    ),
    ("AWS::CloudFront::CachePolicy", NO_CLOUDFRONT),
    ("AWS::CloudFront::Function", NO_CLOUDFRONT),
    ("AWS::CloudFront::OriginAccessControl", NO_CLOUDFRONT),
    ("AWS::CloudFront::OriginRequestPolicy", NO_CLOUDFRONT),
    ("AWS::CloudFront::ResponseHeadersPolicy", NO_CLOUDFRONT),
    ("AWS::CloudWatch::Alarm", "there is no CloudWatch here"),
    ("AWS::CloudWatch::Dashboard", "there is no CloudWatch here"),
    ("AWS::SNS::Subscription", "only alarms tell it"),
    ("AWS::SNS::Topic", "only alarms tell it"),
    ("AWS::SNS::TopicPolicy", "only alarms tell it"),
    (
        "AWS::Scheduler::Schedule",
        "adds a retry policy and a window to a generated schedule; the local scheduler hands over \
         at once and without a network",
    ),
];

const NO_CLOUDFRONT: &str = "the local HTTP API serves the page beside its routes";

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

    /// `resources.extensions`: what is added to resources that the framework makes. Only what says
    /// how they end is passed over.
    pub(super) fn read_extensions(at: &At<'_>) {
        for (_, at) in at.entries() {
            let mut fields = at.fields();
            fields.meaningless(MEANINGLESS_ATTRIBUTES);
            fields.finish();
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
        if kind_name == "AWS::CloudFront::Distribution" {
            self.distributions.insert(id.to_owned());
            return;
        }
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
            "AWS::IAM::Role" => {
                self.roles.insert(id, role::read(&properties));
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
