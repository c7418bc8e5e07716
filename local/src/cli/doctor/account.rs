//! The AWS account: who deploys, which names are taken, what the account allows.

use anyhow::{Context, Result};
use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use serde_json::Value;

use super::Finding;
use super::query::Asker;
use crate::manifest::Manifest;

/// What becomes of data that a removed stack left.
const KEPT: &str = "an earlier stack left it: the deployment takes it back with its data; \
                    docs/deploying.md tells how to delete it instead";

/// Asks the account what a deployment would stumble over.
pub(super) async fn check(manifest: &Manifest) -> Vec<Finding> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(manifest.region.clone()))
        .load()
        .await;
    let asker = match asker(&config, &manifest.region).await {
        Ok(asker) => asker,
        Err(error) => {
            return vec![Finding::broken(
                "credentials",
                format!("{error:#}"),
                "`aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )];
        }
    };
    let mut findings = vec![identity(&asker).await];
    if findings[0].advice.is_some() {
        // Without an identity every other question would only be refused.
        return findings;
    }
    let stack = format!("{}-{}", manifest.service, manifest.stage);
    let exists = match stack_exists(&asker, &stack).await {
        Ok(exists) => exists,
        Err(error) => {
            let advice = "the deployment needs cloudformation:DescribeStacks as well";
            findings.push(Finding::broken("stack", format!("{error:#}"), advice));
            return findings;
        }
    };
    let told = if exists {
        "will be updated"
    } else {
        "will be made"
    };
    findings.push(Finding::well(format!("stack {stack}"), told));
    for bucket in manifest.resources.buckets.values() {
        findings.push(taken_bucket(&config, &bucket.name, exists).await);
    }
    for table in manifest.resources.tables.values() {
        findings.push(taken_table(&config, &table.name, exists).await);
    }
    findings.push(concurrency(&asker, manifest).await);
    findings
}

async fn asker(config: &aws_config::SdkConfig, region: &str) -> Result<Asker> {
    let provider = config.credentials_provider().context("there are none")?;
    let credentials = provider.provide_credentials().await?;
    Asker::new(credentials, region.to_owned())
}

/// Whose credentials these are.
async fn identity(asker: &Asker) -> Finding {
    const WHAT: &str = "credentials";
    let path = "/?Action=GetCallerIdentity&Version=2011-06-15";
    match asker.get("sts", path).await {
        Ok(answer) if answer.status == 200 => {
            let who = between(&answer.body, "<Arn>", "</Arn>").unwrap_or("a caller without a name");
            Finding::well(WHAT, format!("{who} in {}", asker.region))
        }
        Ok(answer) => {
            let found = format!("AWS does not take them: HTTP {}", answer.status);
            Finding::broken(WHAT, found, "renew them")
        }
        Err(error) => Finding::broken(WHAT, format!("{error:#}"), "renew them"),
    }
}

async fn stack_exists(asker: &Asker, stack: &str) -> Result<bool> {
    let path = format!("/?Action=DescribeStacks&StackName={stack}&Version=2010-05-15");
    let answer = asker.get("cloudformation", &path).await?;
    // What does not exist is a validation error.
    Ok(answer.status == 200 && !answer.body.contains("DELETE_COMPLETE"))
}

/// A bucket's name belongs to all of AWS: it may be free, ours, or somebody else's.
async fn taken_bucket(config: &aws_config::SdkConfig, name: &str, of_stack: bool) -> Finding {
    let what = format!("bucket {name}");
    let path_style = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(config.endpoint_url().is_some())
        .build();
    let client = aws_sdk_s3::Client::from_conf(path_style);
    let Err(error) = client.head_bucket().bucket(name).send().await else {
        return ours(what, of_stack);
    };
    match error
        .raw_response()
        .map(|response| response.status().as_u16())
    {
        Some(404) => Finding::well(what, "the name is free"),
        Some(403) => Finding::broken(
            what,
            "the name is somebody else's",
            "set PRICETIDE_NAME to a name of your own",
        ),
        Some(301) => Finding::broken(
            what,
            "is in another region",
            "deploy there with --region, or set PRICETIDE_NAME to another name",
        ),
        _ => Finding::doubtful(what, format!("cannot be asked for: {error}"), "try again"),
    }
}

async fn taken_table(config: &aws_config::SdkConfig, name: &str, of_stack: bool) -> Finding {
    let what = format!("table {name}");
    let client = aws_sdk_dynamodb::Client::new(config);
    match client.describe_table().table_name(name).send().await {
        Ok(_) => ours(what, of_stack),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            Finding::well(what, "the name is free")
        }
        Err(error) => Finding::doubtful(what, format!("cannot be asked for: {error}"), "try again"),
    }
}

/// Something of ours that exists: part of the stack, or left by one that was removed.
fn ours(what: String, of_stack: bool) -> Finding {
    if of_stack {
        Finding::well(what, "is there")
    } else {
        Finding::doubtful(what, "is there already, while the stack is not", KEPT)
    }
}

/// A new account may run ten functions at once, which the queues alone would use up.
async fn concurrency(asker: &Asker, manifest: &Manifest) -> Finding {
    const WHAT: &str = "concurrent executions";
    let needed: u64 = manifest
        .sqs_triggers()
        .map(|(_, trigger)| u64::from(trigger.maximum_concurrency.unwrap_or(2)))
        .sum();
    let allowed = match asker.get("lambda", "/2016-08-19/account-settings/").await {
        Ok(answer) => serde_json::from_str::<Value>(&answer.body)
            .ok()
            .and_then(|json| json["AccountLimit"]["UnreservedConcurrentExecutions"].as_u64()),
        Err(error) => return Finding::doubtful(WHAT, format!("{error:#}"), "try again"),
    };
    match allowed {
        Some(allowed) if allowed > needed => {
            Finding::well(WHAT, format!("{allowed} allowed, the queues use {needed}"))
        }
        Some(allowed) => Finding::doubtful(
            WHAT,
            format!("{allowed} allowed, while the queues use up to {needed}"),
            "ask for more in Service Quotas; until then functions are throttled at times, and \
             nothing is lost",
        ),
        None => Finding::doubtful(WHAT, "the account does not tell its limit", "try again"),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}
