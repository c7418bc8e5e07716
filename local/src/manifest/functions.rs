//! The `functions` of serverless.yml: what each may use, and what starts it.

use std::collections::BTreeMap;
use std::time::Duration;

use schedule::Expression as ScheduleExpression;
use serde_json::Value;

use super::expression::Expression;
use super::provider::Provider;
use super::reader::{At, Meaningless};
use super::resources::Bucket;

/// One function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its key in serverless.yml: `worker`.
    pub key: String,
    /// Its name in AWS: `pricetide-dev-worker`.
    pub name: String,
    /// The `handler`, which custom runtimes only pass on.
    pub handler: String,
    /// In MiB. Locally told to the function, not enforced.
    pub memory_size: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// The provider's environment and the function's own.
    pub environment: BTreeMap<String, Expression>,
    /// The logical id of the role under which it runs.
    pub role: String,
    /// The logical id of the queue that takes events whose every try failed (`onError`).
    pub on_error: Option<String>,
    /// How often an asynchronous event is tried again after it failed (`maximumRetryAttempts`).
    pub retries: u32,
    /// At most so many invocations at once (`reservedConcurrency`).
    pub reserved_concurrency: Option<u32>,
    /// What starts it.
    pub triggers: Vec<Trigger>,
}

/// What starts a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// `EventBridge` Scheduler.
    Schedule(ScheduleTrigger),
    /// An SQS event source.
    Sqs(SqsTrigger),
    /// Objects created in a bucket.
    S3(S3Trigger),
    /// A route of the HTTP API.
    HttpApi(Route),
}

/// A schedule whose expressions are due in one time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleTrigger {
    /// The schedule's name; without one, made of the function's and the trigger's position.
    pub name: String,
    /// When it is due; several count as one schedule each.
    pub rates: Vec<ScheduleExpression>,
    /// The IANA name of the zone: `Asia/Seoul`.
    pub timezone: String,
    /// The event's payload; without one, the scheduler's own event.
    pub input: Option<Value>,
    /// The logical id of the role under which it starts its function.
    pub role: String,
    /// Whether it fires at all.
    pub enabled: bool,
}

/// A queue whose messages come to the function in batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqsTrigger {
    /// The queue's logical id.
    pub queue: String,
    /// At most so many messages a batch.
    pub batch_size: u32,
    /// How long to gather a batch.
    pub window: Duration,
    /// At most so many batches at once.
    pub maximum_concurrency: Option<u32>,
    /// Whether the function answers with the messages that failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
    /// Whether it is polled at all.
    pub enabled: bool,
}

/// Objects created in a bucket, by the start and the end of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Trigger {
    /// The bucket's logical id.
    pub bucket: String,
    /// What the key begins with.
    pub prefix: String,
    /// What the key ends with.
    pub suffix: String,
}

/// A route: `GET /products/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method in capitals, or `ANY`.
    pub method: String,
    /// The path with its parameters: `/files/{key+}`.
    pub path: String,
}

impl Route {
    /// As API Gateway writes it: `GET /products/{id}`, or `$default` for what is left.
    pub fn key(&self) -> String {
        if self.path == "$default" {
            return self.path.clone();
        }
        format!("{} {}", self.method, self.path)
    }
}

const MEANINGLESS: Meaningless = &[
    ("description", "for people"),
    ("package", "the function runs from this executable"),
    (
        "architecture",
        "the function runs on this machine's processor",
    ),
    (
        "logRetentionInDays",
        "logs are files that grow to a fixed size",
    ),
    ("tags", "for bills"),
    ("tracing", "there is no X-Ray here"),
    ("ephemeralStorageSize", "the machine's own disk is used"),
    ("versionFunction", "there is one version: the file's"),
    ("provisionedConcurrency", "sandboxes start in milliseconds"),
];

/// Names that Lambda sets itself and refuses in a function's environment.
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

pub(super) fn read_all(
    at: &At<'_>,
    provider: &Provider,
    buckets: &BTreeMap<String, Bucket>,
) -> BTreeMap<String, Function> {
    at.entries()
        .into_iter()
        .map(|(key, at)| (key.to_owned(), read(key, &at, provider, buckets)))
        .collect()
}

fn read(
    key: &str,
    at: &At<'_>,
    provider: &Provider,
    buckets: &BTreeMap<String, Bucket>,
) -> Function {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if key.is_empty() || !key.chars().all(plain) {
        at.problem("a function's name is letters, digits, '-' and '_'");
    }
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    if let Some(runtime) = fields.get("runtime") {
        super::provider::check_runtime(&runtime);
    }
    let mut environment = provider.environment.clone();
    if let Some(own) = fields.get("environment") {
        environment.extend(read_environment(&own));
    }
    let triggers = fields.get("events").map_or_else(Vec::new, |events| {
        events
            .items()
            .iter()
            .enumerate()
            .filter_map(|(index, event)| read_trigger(key, index, event, provider, buckets))
            .collect()
    });
    let function = Function {
        key: key.to_owned(),
        name: fields.get("name").map_or_else(
            || format!("{}-{}-{key}", provider.service, provider.stage),
            |name| name.text(),
        ),
        handler: fields
            .need("handler")
            .map_or_else(String::new, |h| h.text()),
        memory_size: fields
            .get("memorySize")
            .map_or(provider.memory_size, |m| m.whole(128..=10_240)),
        timeout: fields.get("timeout").map_or(provider.timeout, |seconds| {
            Duration::from_secs(seconds.whole(1..=900).into())
        }),
        environment,
        role: fields.need("role").map_or_else(String::new, |r| r.role()),
        on_error: fields.get("onError").and_then(|queue| queue.arn_of()),
        retries: fields
            .get("maximumRetryAttempts")
            .map_or(2, |retries| retries.whole(0..=2)),
        reserved_concurrency: fields
            .get("reservedConcurrency")
            .map(|limit| limit.whole(1..=1_000)),
        triggers,
    };
    fields.finish();
    function
}

pub(super) fn read_environment(at: &At<'_>) -> BTreeMap<String, Expression> {
    at.entries()
        .into_iter()
        .map(|(name, value)| {
            let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain {
                value.problem("Lambda refuses this name: letters, digits and _, first a letter");
            }
            if RESERVED.contains(&name) || name.starts_with("AWS_LAMBDA_") {
                value.problem("Lambda sets this variable itself and refuses it here");
            }
            (name.to_owned(), value.expression())
        })
        .collect()
}

fn read_trigger(
    function: &str,
    index: usize,
    event: &At<'_>,
    provider: &Provider,
    buckets: &BTreeMap<String, Bucket>,
) -> Option<Trigger> {
    let entries = event.entries();
    let [(kind, at)] = entries.as_slice() else {
        event.problem("expected one trigger");
        return None;
    };
    match *kind {
        "schedule" => Some(Trigger::Schedule(read_schedule(
            function, index, at, provider,
        ))),
        "sqs" => read_sqs(at).map(Trigger::Sqs),
        "s3" => read_s3(at, buckets).map(Trigger::S3),
        "httpApi" => read_route(at).map(Trigger::HttpApi),
        _ => {
            at.not_understood();
            None
        }
    }
}

fn read_schedule(
    function: &str,
    index: usize,
    at: &At<'_>,
    provider: &Provider,
) -> ScheduleTrigger {
    const MEANINGLESS: Meaningless = &[
        ("description", "for people"),
        ("groupName", "groups are for permissions and bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    match fields.need("method") {
        Some(method) if method.value == "scheduler" => {}
        Some(method) => method.problem("the local runner understands only `scheduler`"),
        None => {}
    }
    let mut rates = Vec::new();
    if let Some(rate) = fields.need("rate") {
        let each = if rate.value.is_array() {
            rate.items()
        } else {
            vec![rate]
        };
        for rate in each {
            match rate.text().parse::<ScheduleExpression>() {
                Ok(expression) => rates.push(expression),
                Err(error) => rate.problem(error.to_string()),
            }
        }
    }
    let timezone = fields.get("timezone").map_or_else(
        || "UTC".to_owned(),
        |zone| {
            let name = zone.text();
            if let Err(error) = schedule::time_zone(&name) {
                zone.problem(error.to_string());
            }
            name
        },
    );
    let name = fields.get("name").map_or_else(
        || format!("{}-{}-{function}-{index}", provider.service, provider.stage),
        |name| {
            let text = name.text();
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !(1..=64).contains(&text.len()) || !text.chars().all(fits) {
                name.problem("a schedule's name is 1 to 64 letters, digits, '-', '_' and '.'");
            }
            text
        },
    );
    let schedule = ScheduleTrigger {
        name,
        rates,
        timezone,
        input: fields.get("input").map(|input| input.value.clone()),
        role: fields
            .need("roleArn")
            .and_then(|role| role.arn_of())
            .unwrap_or_default(),
        enabled: fields.get("enabled").is_none_or(|enabled| enabled.flag()),
    };
    fields.finish();
    schedule
}

fn read_sqs(at: &At<'_>) -> Option<SqsTrigger> {
    let intrinsic = at
        .value
        .as_object()
        .is_some_and(|map| map.len() == 1 && map.contains_key("Fn::GetAtt"));
    if intrinsic {
        return Some(SqsTrigger {
            queue: at.arn_of()?,
            batch_size: 10,
            window: Duration::ZERO,
            maximum_concurrency: None,
            reports_failures: false,
            enabled: true,
        });
    }
    let mut fields = at.fields();
    let queue = fields.need("arn").and_then(|arn| arn.arn_of());
    let batch_size = fields.get("batchSize");
    let window = fields
        .get("maximumBatchingWindow")
        .map_or(0, |window| window.whole(0..=300));
    if let Some(size) = &batch_size
        && size.whole(1..=10_000) > 10
        && window == 0
    {
        size.problem("a batch of more than 10 needs a maximumBatchingWindow of at least 1");
    }
    let reports_failures = fields.get("functionResponseType").is_some_and(|kind| {
        let known = kind.value == "ReportBatchItemFailures";
        if !known {
            kind.not_understood();
        }
        known
    });
    let maximum_concurrency = fields
        .get("maximumConcurrency")
        .map(|limit| limit.whole(2..=1_000));
    let enabled = fields.get("enabled").is_none_or(|enabled| enabled.flag());
    fields.finish();
    Some(SqsTrigger {
        queue: queue?,
        batch_size: batch_size.map_or(10, |size| size.whole(1..=10_000)),
        window: Duration::from_secs(window.into()),
        maximum_concurrency,
        reports_failures,
        enabled,
    })
}

fn read_s3(at: &At<'_>, buckets: &BTreeMap<String, Bucket>) -> Option<S3Trigger> {
    let known = |bucket: &At<'_>| {
        let key = bucket.text();
        let found = buckets
            .iter()
            .find(|(_, bucket)| bucket.provider_key.as_deref() == Some(&key));
        if found.is_none() {
            bucket.problem(format!("declare the bucket as provider.s3.{key}"));
        }
        found.map(|(id, _)| id.clone())
    };
    if at.value.is_string() {
        let (prefix, suffix) = (String::new(), String::new());
        return known(at).map(|bucket| S3Trigger {
            bucket,
            prefix,
            suffix,
        });
    }
    let mut fields = at.fields();
    let bucket = fields.need("bucket").and_then(|bucket| known(&bucket));
    if let Some(event) = fields.get("event")
        && event.value != "s3:ObjectCreated:*"
    {
        event.problem("the local runner understands only `s3:ObjectCreated:*`");
    }
    let (mut prefix, mut suffix) = (None, None);
    for rule in fields.get("rules").map_or_else(Vec::new, |at| at.items()) {
        for (kind, value) in rule.entries() {
            let slot = match kind {
                "prefix" => &mut prefix,
                "suffix" => &mut suffix,
                _ => {
                    value.not_understood();
                    continue;
                }
            };
            if slot.replace(value.text()).is_some() {
                value.problem("a trigger has one prefix and one suffix");
            }
        }
    }
    fields.finish();
    Some(S3Trigger {
        bucket: bucket?,
        prefix: prefix.unwrap_or_default(),
        suffix: suffix.unwrap_or_default(),
    })
}

fn read_route(at: &At<'_>) -> Option<Route> {
    let (method, path) = match at.value {
        Value::String(text) if text == "*" => return Some(default_route()),
        Value::String(text) => {
            let mut words = text.split_whitespace();
            let (Some(method), Some(path), None) = (words.next(), words.next(), words.next())
            else {
                at.problem("expected `METHOD /path`");
                return None;
            };
            (method.to_owned(), path.to_owned())
        }
        _ => {
            let mut fields = at.fields();
            let path = fields.need("path").map(|path| path.text());
            let method = fields.get("method").map(|method| method.text());
            fields.finish();
            match (path?, method) {
                (path, _) if path == "*" => return Some(default_route()),
                (path, method) => (method.unwrap_or_else(|| "*".to_owned()), path),
            }
        }
    };
    let method = if method == "*" {
        "ANY".to_owned()
    } else {
        method.to_uppercase()
    };
    let methods = [
        "ANY", "GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE",
    ];
    if !methods.contains(&method.as_str()) || !path.starts_with('/') {
        at.problem("expected `METHOD /path`");
        return None;
    }
    let inner_greedy = path
        .split('/')
        .rev()
        .skip(1)
        .any(|segment| segment.ends_with("+}"));
    if inner_greedy {
        at.problem("only the last segment of a path can take the rest, as {name+}");
    }
    Some(Route { method, path })
}

fn default_route() -> Route {
    Route {
        method: "ANY".to_owned(),
        path: "$default".to_owned(),
    }
}
