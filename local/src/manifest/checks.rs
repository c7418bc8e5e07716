//! What neither the framework's schema nor CloudFormation notices before a deployment has
//! failed or, worse, has worked and misbehaves: references to nothing, queues that hide their
//! messages too briefly, triggers that AWS refuses together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::iam;

use super::functions::{Function, Trigger};
use super::reader::{Problems, join};
use super::resources::Resources;
use super::{Manifest, naming};

/// A queue must hide a message for so many times the function's time-out: Lambda may retry while
/// a batch waits for a free sandbox (AWS's own advice).
const VISIBILITY_TO_TIMEOUT: u64 = 6;

/// Fewer receives send a message to the dead letters because Lambda was throttled.
const LEAST_RECEIVES: u32 = 5;

pub(super) fn check(manifest: &Manifest, document: &Value, problems: &Problems) {
    let declared = declared(manifest, document);
    references(document, "", &declared, problems);
    for function in manifest.functions.values() {
        roles(function, &manifest.resources, problems);
        on_error(function, &manifest.resources, problems);
        sqs(function, &manifest.resources, problems);
    }
    dead_letter_queues(&manifest.resources, problems);
    one_reader_per_queue(manifest, problems);
    s3(manifest, problems);
    routes(manifest, problems);
    names(manifest, problems);
}

/// Every logical id that can be referred to.
fn declared(manifest: &Manifest, document: &Value) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = manifest.resources.buckets.keys().cloned().collect();
    if let Some(Value::Object(resources)) = document.pointer("/resources/Resources") {
        ids.extend(resources.keys().cloned());
    }
    for function in manifest.functions.values() {
        ids.extend(naming::generated(&function.key, function.triggers.len()));
    }
    ids.insert(naming::HTTP_API.to_owned());
    ids
}

const PSEUDO_PARAMETERS: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Walks the whole document, also what is otherwise passed over.
fn references(value: &Value, path: &str, declared: &BTreeSet<String>, problems: &Problems) {
    let known = |id: &str| {
        if !declared.contains(id) && !PSEUDO_PARAMETERS.contains(&id) {
            problems.add(path, format!("refers to `{id}`, which nothing declares"));
        }
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(id)) => known(id),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        if let Some(Value::String(id)) = parts.first() {
                            known(id);
                        }
                    }
                    ("Fn::Sub", Value::String(text)) => substituted(text, &[]).for_each(known),
                    ("Fn::Sub", Value::Array(parts)) => {
                        if let [Value::String(text), Value::Object(own)] = parts.as_slice() {
                            let own: Vec<&str> = own.keys().map(String::as_str).collect();
                            substituted(text, &own).for_each(known);
                        }
                    }
                    ("DependsOn", Value::Array(ids)) => {
                        ids.iter().filter_map(Value::as_str).for_each(known);
                    }
                    // A role is named by its logical id.
                    ("role", Value::String(id)) if !id.contains(':') => known(id),
                    _ => {}
                }
                references(value, &join(path, key), declared, problems);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                references(item, &format!("{path}[{index}]"), declared, problems);
            }
        }
        _ => {}
    }
}

/// The ids in a `!Sub` text, without those that it defines itself.
fn substituted<'a>(text: &'a str, own: &'a [&str]) -> impl Iterator<Item = &'a str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(inside, _)| inside)
        .filter(|inside| !inside.starts_with('!'))
        .map(|inside| inside.split_once('.').map_or(inside, |(id, _)| id))
        .filter(|id| !own.contains(id))
}

/// Every function and every schedule needs a role that its service may take on.
fn roles(function: &Function, resources: &Resources, problems: &Problems) {
    let check = |id: &str, service: &str, path: String| match resources.roles.get(id) {
        // That it is lacking was said where it was looked for.
        _ if id.is_empty() => {}
        None => problems.add(path, format!("`{id}` is not a role of this file")),
        Some(role) if !role.services.contains(service) => {
            problems.add(path, format!("`{id}` cannot be taken on by {service}"));
        }
        Some(_) => {}
    };
    let path = format!("functions.{}", function.key);
    check(&function.role, iam::LAMBDA, format!("{path}.role"));
    for (index, trigger) in function.triggers.iter().enumerate() {
        if let Trigger::Schedule(schedule) = trigger {
            let path = format!("{path}.events[{index}].schedule.roleArn");
            check(&schedule.role, iam::SCHEDULER, path);
        }
    }
}

fn on_error(function: &Function, resources: &Resources, problems: &Problems) {
    if let Some(queue) = &function.on_error
        && !resources.queues.contains_key(queue)
    {
        problems.add(
            format!("functions.{}.onError", function.key),
            format!("`{queue}` is not a queue of this file"),
        );
    }
}

fn sqs(function: &Function, resources: &Resources, problems: &Problems) {
    for (index, trigger) in function.triggers.iter().enumerate() {
        let Trigger::Sqs(trigger) = trigger else {
            continue;
        };
        let path = format!("functions.{}.events[{index}].sqs", function.key);
        let Some(queue) = resources.queues.get(&trigger.queue) else {
            problems.add(
                path,
                format!("`{}` is not a queue of this file", trigger.queue),
            );
            continue;
        };
        let needed = function.timeout.as_secs() * VISIBILITY_TO_TIMEOUT + trigger.window.as_secs();
        if u64::from(queue.visibility_timeout) < needed {
            problems.add(
                format!(
                    "resources.Resources.{}.Properties.VisibilityTimeout",
                    trigger.queue
                ),
                format!(
                    "{} s is less than {needed} s: {VISIBILITY_TO_TIMEOUT} times the time-out of \
                     `{}`, and its batching window",
                    queue.visibility_timeout, function.key
                ),
            );
        }
        let told = function.environment.get("MAX_RECEIVES");
        if let (Some(redrive), Some(told)) = (&queue.redrive, told)
            && told.literal() != Some(&redrive.max_receive_count.to_string())
        {
            problems.add(
                format!("functions.{}.environment.MAX_RECEIVES", function.key),
                format!(
                    "is not {}, the maxReceiveCount of `{}`",
                    redrive.max_receive_count, trigger.queue
                ),
            );
        }
        if let Some(redrive) = &queue.redrive
            && redrive.max_receive_count < LEAST_RECEIVES
        {
            problems.add(
                format!(
                    "resources.Resources.{}.Properties.RedrivePolicy.maxReceiveCount",
                    trigger.queue
                ),
                format!(
                    "{} is less than {LEAST_RECEIVES}: throttled batches would become dead letters",
                    redrive.max_receive_count
                ),
            );
        }
    }
}

fn dead_letter_queues(resources: &Resources, problems: &Problems) {
    for (id, queue) in &resources.queues {
        let Some(redrive) = &queue.redrive else {
            continue;
        };
        let path = format!("resources.Resources.{id}.Properties.RedrivePolicy");
        match resources.queues.get(&redrive.queue) {
            None => problems.add(
                path,
                format!("`{}` is not a queue of this file", redrive.queue),
            ),
            // A dead letter keeps the age it had: with a shorter time it would be gone at once.
            Some(dead) if dead.retention < queue.retention => problems.add(
                path,
                format!(
                    "`{}` keeps messages for less time than this queue",
                    redrive.queue
                ),
            ),
            Some(_) if redrive.queue == *id => {
                problems.add(path, "a queue cannot be its own dead-letter queue");
            }
            Some(_) => {}
        }
    }
}

fn one_reader_per_queue(manifest: &Manifest, problems: &Problems) {
    let mut readers: BTreeMap<&str, &str> = BTreeMap::new();
    for (function, trigger) in manifest.sqs_triggers() {
        if let Some(other) = readers.insert(&trigger.queue, &function.key) {
            problems.add(
                format!("functions.{}.events", function.key),
                format!("`{}` is read by `{other}` already", trigger.queue),
            );
        }
    }
}

/// S3 refuses two notifications of a bucket that one key could match.
fn s3(manifest: &Manifest, problems: &Problems) {
    let triggers: Vec<_> = manifest.s3_triggers().collect();
    for (index, (function, one)) in triggers.iter().enumerate() {
        for (other_function, other) in &triggers[..index] {
            let prefixes =
                one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix);
            let suffixes =
                one.suffix.ends_with(&other.suffix) || other.suffix.ends_with(&one.suffix);
            if one.bucket == other.bucket && prefixes && suffixes {
                problems.add(
                    format!("functions.{}.events", function.key),
                    format!(
                        "the prefix `{}` overlaps with `{}` of `{}` on the same bucket",
                        one.prefix, other.prefix, other_function.key
                    ),
                );
            }
        }
    }
}

fn routes(manifest: &Manifest, problems: &Problems) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (function, route) in manifest.routes() {
        // The names of parameters do not tell routes apart.
        let shape: Vec<&str> = route
            .path
            .split('/')
            .map(|segment| match segment {
                greedy if greedy.ends_with("+}") => "{+}",
                one if one.starts_with('{') => "{}",
                fixed => fixed,
            })
            .collect();
        let shape = format!("{} {}", route.method, shape.join("/"));
        if let Some(other) = seen.insert(shape, &function.key) {
            problems.add(
                format!("functions.{}.events", function.key),
                format!("the route `{}` is `{other}`'s already", route.key()),
            );
        }
    }
}

fn names(manifest: &Manifest, problems: &Problems) {
    let resources = &manifest.resources;
    let kinds: [(&str, Vec<&str>); 4] = [
        (
            "queue",
            resources
                .queues
                .values()
                .map(|queue| &*queue.name)
                .collect(),
        ),
        (
            "table",
            resources
                .tables
                .values()
                .map(|table| &*table.name)
                .collect(),
        ),
        (
            "bucket",
            resources
                .buckets
                .values()
                .map(|bucket| &*bucket.name)
                .collect(),
        ),
        (
            "function",
            manifest
                .functions
                .values()
                .map(|function| &*function.name)
                .collect(),
        ),
    ];
    for (kind, names) in kinds {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                problems.add("", format!("two {kind}s have the name `{name}`"));
            }
            if kind == "function" && name.len() > 64 {
                problems.add(
                    "",
                    format!("the {kind} name `{name}` is longer than 64 characters"),
                );
            }
        }
    }
}
