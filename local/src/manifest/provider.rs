//! The `provider` of serverless.yml: what holds for every function, and the buckets with
//! triggers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::expression::Expression;
use super::functions::read_environment;
use super::reader::{At, Meaningless};
use super::resources::{self, Bucket};

/// What holds for every function.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) service: String,
    pub(super) stage: String,
    pub(super) region: String,
    pub(super) architecture: String,
    pub(super) memory_size: u32,
    pub(super) timeout: Duration,
    pub(super) environment: BTreeMap<String, Expression>,
    pub(super) buckets: BTreeMap<String, Bucket>,
}

const MEANINGLESS: Meaningless = &[
    ("deploymentBucket", "nothing is deployed"),
    ("deploymentMethod", "nothing is deployed"),
    ("endpointType", "there is one endpoint: loopback"),
    (
        "logRetentionInDays",
        "logs are files that grow to a fixed size",
    ),
    ("logs", "access logs are the runner's own"),
    ("stackTags", "for bills"),
    ("tags", "for bills"),
    ("tracing", "there is no X-Ray here"),
    ("versionFunctions", "there is one version: the file's"),
];

pub(super) fn read(at: Option<&At<'_>>, service: String) -> Provider {
    let mut provider = Provider {
        service,
        stage: "dev".to_owned(),
        region: "us-east-1".to_owned(),
        architecture: "x86_64".to_owned(),
        memory_size: 1_024,
        timeout: Duration::from_secs(6),
        environment: BTreeMap::new(),
        buckets: BTreeMap::new(),
    };
    let Some(at) = at else {
        return provider;
    };
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    if let Some(name) = fields.need("name")
        && name.value != "aws"
    {
        name.not_understood();
    }
    if let Some(runtime) = fields.get("runtime") {
        check_runtime(&runtime);
    }
    if let Some(stage) = fields.get("stage") {
        provider.stage = stage.text();
    }
    if let Some(region) = fields.get("region") {
        provider.region = region.text();
    }
    // Functions run on this machine's processor; it matters to what is packaged.
    if let Some(architecture) = fields.get("architecture") {
        provider.architecture = architecture.text();
    }
    if let Some(memory) = fields.get("memorySize") {
        provider.memory_size = memory.whole(128..=10_240);
    }
    if let Some(timeout) = fields.get("timeout") {
        provider.timeout = Duration::from_secs(timeout.whole(1..=900).into());
    }
    if let Some(environment) = fields.get("environment") {
        provider.environment = read_environment(&environment);
    }
    for (key, bucket) in fields.get("s3").map_or_else(Vec::new, |s3| s3.entries()) {
        let id = super::naming::bucket_id(key);
        provider
            .buckets
            .insert(id, resources::read_provider_bucket(key, &bucket));
    }
    if let Some(http_api) = fields.get("httpApi") {
        let mut fields = http_api.fields();
        fields.meaningless(&[
            ("name", "for people"),
            ("metrics", "there is no CloudWatch here"),
            ("disableDefaultEndpoint", "there is one endpoint: loopback"),
        ]);
        if let Some(payload) = fields.get("payload")
            && payload.text() != "2.0"
        {
            payload.not_understood();
        }
        fields.finish();
    }
    fields.finish();
    provider
}

pub(super) fn check_runtime(at: &At<'_>) {
    if !matches!(at.text().as_str(), "provided.al2023" | "provided.al2") {
        at.problem("the local runner understands only the `provided` runtimes");
    }
}
