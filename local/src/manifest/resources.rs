//! The CloudFormation resources of serverless.yml that hold data: queues, tables, buckets and
//! secrets. Those that only guard or watch are passed over, each for a reason.

use std::collections::BTreeMap;

use super::reader::{At, Fields, Meaningless};

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

/// A standard queue. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How long a received message stays invisible.
    pub visibility_timeout: u32,
    /// How long a message is kept.
    pub retention: u32,
    /// How long a new message waits before it can be received.
    pub delay: u32,
    /// How long an empty receive waits by default.
    pub receive_wait: u32,
    /// The largest message, in bytes.
    pub maximum_message_size: Option<u32>,
    /// Where a message goes that was received too often.
    pub redrive: Option<Redrive>,
}

/// The redrive policy of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The logical id of the dead-letter queue.
    pub queue: String,
    /// After so many receives.
    pub max_receive_count: u32,
}

/// A table on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Attributes that keys use: name and type (`S`, `N`, `B`).
    pub attributes: BTreeMap<String, String>,
    /// Its key.
    pub key: Key,
    /// Its global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that says when an item expires.
    pub ttl_attribute: Option<String>,
}

/// A partition key and perhaps a sort key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// The partition key.
    pub partition: String,
    /// The sort key.
    pub sort: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// With `INCLUDE`: which attributes.
    pub included: Vec<String>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its key under `provider.s3`, when it stands there: only such buckets can have triggers.
    pub provider_key: Option<String>,
    /// Which web pages may use it.
    pub cors: Vec<CorsRule>,
}

/// One CORS rule of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    /// `GET`, `PUT`, …
    pub methods: Vec<String>,
    /// `https://…` or `*`.
    pub origins: Vec<String>,
    /// Which request headers.
    pub headers: Vec<String>,
    /// Which response headers a page may read.
    pub exposed_headers: Vec<String>,
    /// How long a browser remembers, in seconds.
    pub max_age: Option<u32>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What it holds at first.
    pub value: SecretValue,
}

/// What a secret holds when it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretValue {
    /// Nothing yet.
    Empty,
    /// A text that stands in the file.
    Text(String),
    /// A random text (`GenerateSecretString`).
    Generated {
        /// So many characters.
        length: u32,
        /// The characters to choose from.
        alphabet: String,
        /// The JSON object that takes the text under a key; without one, the text alone.
        template: Option<(String, String)>,
    },
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
                self.queues.insert(id, read_queue(&properties));
            }
            "AWS::DynamoDB::Table" => {
                self.tables.insert(id, read_table(&properties));
            }
            "AWS::S3::Bucket" => {
                self.buckets.insert(id, read_bucket(&properties));
            }
            "AWS::SecretsManager::Secret" => {
                self.secrets.insert(id, read_secret(&properties));
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

fn read_queue(at: &At<'_>) -> Queue {
    const MEANINGLESS: Meaningless = &[
        ("Tags", "for bills"),
        (
            "SqsManagedSseEnabled",
            "nothing is encrypted on one machine",
        ),
        ("KmsMasterKeyId", "nothing is encrypted on one machine"),
        (
            "KmsDataKeyReusePeriodSeconds",
            "nothing is encrypted on one machine",
        ),
        ("RedriveAllowPolicy", "there are no queues but these"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let queue = Queue {
        name: name(
            &mut fields,
            "QueueName",
            |text| {
                (1..=80).contains(&text.len())
                    && text
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            },
            "1 to 80 letters, digits, '-' and '_'",
        ),
        visibility_timeout: fields
            .get("VisibilityTimeout")
            .map_or(30, |at| at.whole(0..=43_200)),
        retention: fields
            .get("MessageRetentionPeriod")
            .map_or(345_600, |at| at.whole(60..=1_209_600)),
        delay: fields.get("DelaySeconds").map_or(0, |at| at.whole(0..=900)),
        receive_wait: fields
            .get("ReceiveMessageWaitTimeSeconds")
            .map_or(0, |at| at.whole(0..=20)),
        maximum_message_size: fields
            .get("MaximumMessageSize")
            .map(|at| at.whole(1_024..=1_048_576)),
        redrive: fields.get("RedrivePolicy").and_then(|at| {
            let mut fields = at.fields();
            let queue = fields
                .need("deadLetterTargetArn")
                .and_then(|at| at.arn_of());
            let max = fields.need("maxReceiveCount").map(|at| at.whole(1..=1_000));
            fields.finish();
            Some(Redrive {
                queue: queue?,
                max_receive_count: max?,
            })
        }),
    };
    fields.finish();
    queue
}

fn read_key(at: &At<'_>, attributes: &BTreeMap<String, String>) -> Key {
    let mut key = Key::default();
    for part in at.items() {
        let mut fields = part.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let kind = fields.need("KeyType").map(|at| at.text());
        fields.finish();
        let (Some(attribute), Some(kind)) = (attribute, kind) else {
            continue;
        };
        if !attributes.contains_key(&attribute) {
            part.problem(format!("AttributeDefinitions lack `{attribute}`"));
        }
        match kind.as_str() {
            "HASH" => key.partition = attribute,
            "RANGE" => key.sort = Some(attribute),
            _ => part.problem("expected HASH or RANGE"),
        }
    }
    if key.partition.is_empty() {
        at.problem("lacks a HASH key");
    }
    key
}

fn read_table(at: &At<'_>) -> Table {
    const MEANINGLESS: Meaningless = &[
        ("BillingMode", "nothing is billed"),
        ("ProvisionedThroughput", "nothing is throttled"),
        ("OnDemandThroughput", "nothing is throttled"),
        (
            "PointInTimeRecoverySpecification",
            "a backup is a copy of the data folder",
        ),
        ("SSESpecification", "nothing is encrypted on one machine"),
        ("DeletionProtectionEnabled", "nothing is deleted"),
        ("TableClass", "for bills"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let mut attributes = BTreeMap::new();
    for part in fields
        .need("AttributeDefinitions")
        .map_or_else(Vec::new, |at| at.items())
    {
        let mut fields = part.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let kind = fields.need("AttributeType").map(|at| at.text());
        fields.finish();
        if let (Some(attribute), Some(kind)) = (attribute, kind) {
            if !matches!(kind.as_str(), "S" | "N" | "B") {
                part.problem("expected S, N or B");
            }
            attributes.insert(attribute, kind);
        }
    }
    let key = fields
        .need("KeySchema")
        .map_or_else(Key::default, |at| read_key(&at, &attributes));
    let indexes: Vec<Index> = fields
        .get("GlobalSecondaryIndexes")
        .map_or_else(Vec::new, |at| at.items())
        .iter()
        .map(|at| read_index(at, &attributes))
        .collect();
    for unused in attributes.keys().filter(|attribute| {
        !std::iter::once(&key)
            .chain(indexes.iter().map(|index| &index.key))
            .any(|key| key.partition == **attribute || key.sort.as_ref() == Some(attribute))
    }) {
        at.problem(format!(
            "no key uses the attribute `{unused}`, which AWS refuses"
        ));
    }
    let ttl_attribute = fields.get("TimeToLiveSpecification").and_then(|at| {
        let mut fields = at.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let enabled = fields.need("Enabled").is_some_and(|at| at.flag());
        fields.finish();
        attribute.filter(|_| enabled)
    });
    let name = name(
        &mut fields,
        "TableName",
        |text| {
            (3..=255).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        },
        "3 to 255 letters, digits, '-', '_' and '.'",
    );
    fields.finish();
    Table {
        name,
        attributes,
        key,
        indexes,
        ttl_attribute,
    }
}

fn read_index(at: &At<'_>, attributes: &BTreeMap<String, String>) -> Index {
    const MEANINGLESS: Meaningless = &[
        ("ProvisionedThroughput", "nothing is throttled"),
        ("OnDemandThroughput", "nothing is throttled"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let index_name = fields
        .need("IndexName")
        .map_or_else(String::new, |at| at.text());
    let key = fields
        .need("KeySchema")
        .map_or_else(Key::default, |at| read_key(&at, attributes));
    let (mut projection, mut included) = (String::new(), Vec::new());
    if let Some(at) = fields.need("Projection") {
        let mut fields = at.fields();
        if let Some(kind) = fields.need("ProjectionType") {
            projection = kind.text();
            if !matches!(projection.as_str(), "ALL" | "KEYS_ONLY" | "INCLUDE") {
                kind.problem("expected ALL, KEYS_ONLY or INCLUDE");
            }
        }
        included = fields
            .get("NonKeyAttributes")
            .map_or_else(Vec::new, |at| at.texts());
        fields.finish();
    }
    fields.finish();
    Index {
        name: index_name,
        key,
        projection,
        included,
    }
}

fn is_bucket_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&text.len())
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}

const BUCKET_RULE: &str = "3 to 63 of a-z, 0-9, '-' and '.', a letter or digit at both ends";

fn read_bucket(at: &At<'_>) -> Bucket {
    const MEANINGLESS: Meaningless = &[
        (
            "PublicAccessBlockConfiguration",
            "nothing but this machine can reach it",
        ),
        ("BucketEncryption", "nothing is encrypted on one machine"),
        ("OwnershipControls", "there is one owner"),
        ("LifecycleConfiguration", "nothing is deleted"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let name = name(&mut fields, "BucketName", is_bucket_name, BUCKET_RULE);
    let cors = fields
        .get("CorsConfiguration")
        .map_or_else(Vec::new, |at| read_cors(&at));
    fields.finish();
    Bucket {
        name,
        provider_key: None,
        cors,
    }
}

/// A bucket under `provider.s3`, where the framework spells the first letters small.
pub(super) fn read_provider_bucket(key: &str, at: &At<'_>) -> Bucket {
    const MEANINGLESS: Meaningless = &[
        (
            "publicAccessBlockConfiguration",
            "nothing but this machine can reach it",
        ),
        ("bucketEncryption", "nothing is encrypted on one machine"),
        ("ownershipControls", "there is one owner"),
        ("lifecycleConfiguration", "nothing is deleted"),
        ("tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let name = name(&mut fields, "name", is_bucket_name, BUCKET_RULE);
    let cors = fields
        .get("corsConfiguration")
        .map_or_else(Vec::new, |at| read_cors(&at));
    fields.finish();
    Bucket {
        name,
        provider_key: Some(key.to_owned()),
        cors,
    }
}

fn read_cors(at: &At<'_>) -> Vec<CorsRule> {
    let mut fields = at.fields();
    let rules = fields
        .need("CorsRules")
        .map_or_else(Vec::new, |at| at.items());
    fields.finish();
    rules
        .iter()
        .map(|at| {
            let mut fields = at.fields();
            fields.meaningless(&[("Id", "for people")]);
            let mut texts = |key: &str| fields.get(key).map_or_else(Vec::new, |at| at.texts());
            let rule = CorsRule {
                methods: texts("AllowedMethods"),
                origins: texts("AllowedOrigins"),
                headers: texts("AllowedHeaders"),
                exposed_headers: texts("ExposedHeaders"),
                max_age: fields.get("MaxAge").map(|at| at.whole(0..=86_400)),
            };
            if rule.methods.is_empty() || rule.origins.is_empty() {
                at.problem("a CORS rule needs AllowedMethods and AllowedOrigins");
            }
            fields.finish();
            rule
        })
        .collect()
}

fn read_secret(at: &At<'_>) -> Secret {
    const MEANINGLESS: Meaningless = &[
        ("Description", "for people"),
        ("KmsKeyId", "nothing is encrypted on one machine"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let secret_name = name(
        &mut fields,
        "Name",
        |text| {
            (1..=512).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
        },
        "1 to 512 letters, digits and /_+=.@-",
    );
    let text = fields.get("SecretString").map(|at| at.text());
    let generated = fields
        .get("GenerateSecretString")
        .map(|at| read_generated(&at));
    if text.is_some() && generated.is_some() {
        at.problem("SecretString and GenerateSecretString exclude each other");
    }
    fields.finish();
    Secret {
        name: secret_name,
        value: text
            .map(SecretValue::Text)
            .or(generated)
            .unwrap_or(SecretValue::Empty),
    }
}

fn read_generated(at: &At<'_>) -> SecretValue {
    let mut fields = at.fields();
    let length = fields
        .get("PasswordLength")
        .map_or(32, |at| at.whole(8..=4_096));
    let mut without = |key: &str| fields.get(key).is_some_and(|at| at.flag());
    let mut alphabet = String::new();
    for (key, characters) in [
        ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
        ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("ExcludeNumbers", "0123456789"),
        ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ] {
        if !without(key) {
            alphabet.push_str(characters);
        }
    }
    if without("IncludeSpace") {
        alphabet.push(' ');
    }
    if let Some(excluded) = fields.get("ExcludeCharacters") {
        let excluded = excluded.text();
        alphabet.retain(|c| !excluded.contains(c));
    }
    fields.meaningless(&[(
        "RequireEachIncludedType",
        "any text of the alphabet is as good a secret here",
    )]);
    let template = fields.get("SecretStringTemplate").map(|at| at.text());
    let key = fields.get("GenerateStringKey").map(|at| at.text());
    if template.is_some() != key.is_some() {
        at.problem("SecretStringTemplate and GenerateStringKey need each other");
    }
    if alphabet.is_empty() {
        at.problem("no character is left to choose from");
    }
    fields.finish();
    SecretValue::Generated {
        length,
        alphabet,
        template: template.zip(key),
    }
}
