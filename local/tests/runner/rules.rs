//! Rules for the deployed stack that neither cfn-lint nor checkov has, over the CloudFormation
//! template that `.ci/package` makes: what holds data is guarded and outlives the stack, and
//! nothing is kept for ever that nobody asked for. Crons, zones, batch windows and visibility
//! time-outs are the manifest's own checks (`local/src/manifest/checks.rs`); permissions that
//! nothing uses are found by the cross-function tests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::template::{of_type, template};

/// The framework's own bucket, for what it deploys: made and guarded by it.
const OF_THE_FRAMEWORK: &str = "ServerlessDeploymentBucket";

/// What must outlive the stack, since people's data lie in it.
const OUTLIVES: [&str; 3] = ["FilesBucket", "S3BucketInbox", "Table"];

#[test]
fn queues_are_encrypted() {
    let Some(template) = template() else { return };
    let queues = of_type(&template, "AWS::SQS::Queue");
    assert!(!queues.is_empty());
    for (id, queue) in queues {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
    }
}

#[test]
fn buckets_are_private_encrypted_versioned_and_tidied() {
    let Some(template) = template() else { return };
    let mut buckets = of_type(&template, "AWS::S3::Bucket");
    buckets.remove(OF_THE_FRAMEWORK);
    assert!(!buckets.is_empty());
    for (id, bucket) in buckets {
        let private = bucket["PublicAccessBlockConfiguration"].as_object();
        let private = private.unwrap_or_else(|| panic!("{id} may be public"));
        assert_eq!(private.len(), 4, "{id}");
        assert!(private.values().all(|blocked| *blocked == true), "{id}");
        assert!(!bucket["BucketEncryption"].is_null(), "{id}");
        assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
        let rules = bucket["LifecycleConfiguration"]["Rules"].as_array();
        let rules = rules.unwrap_or_else(|| panic!("{id} keeps everything for ever"));
        let has = |keys: &[&str]| {
            rules.iter().any(|rule| {
                rule["Status"] == "Enabled" && keys.iter().any(|key| !rule[key].is_null())
            })
        };
        let versions = [
            "NoncurrentVersionExpiration",
            "NoncurrentVersionExpirationInDays",
        ];
        assert!(has(&versions), "{id} keeps old versions for ever");
        let parts = ["AbortIncompleteMultipartUpload"];
        assert!(has(&parts), "{id} keeps parts of uploads that never ended");
    }
}

/// Each bucket has a policy that denies everything to who comes without TLS.
#[test]
fn buckets_are_reached_by_tls_only() {
    let Some(template) = template() else { return };
    let policies = of_type(&template, "AWS::S3::BucketPolicy");
    let tls_only: BTreeSet<&str> = policies
        .values()
        .filter(|policy| {
            let statements = policy["PolicyDocument"]["Statement"].as_array();
            statements.into_iter().flatten().any(|statement| {
                let plain = &statement["Condition"]["Bool"]["aws:SecureTransport"];
                statement["Effect"] == "Deny"
                    && statement["Action"] == "s3:*"
                    && statement["Principal"] == "*"
                    && (*plain == false || *plain == "false")
                    && statement["Resource"]
                        .as_array()
                        .is_some_and(|of| of.len() == 2)
            })
        })
        .filter_map(|policy| policy["Bucket"]["Ref"].as_str())
        .collect();
    let buckets = of_type(&template, "AWS::S3::Bucket");
    let buckets: BTreeSet<&str> = buckets.into_keys().collect();
    assert_eq!(tls_only, buckets);
}

#[test]
fn what_holds_data_outlives_the_stack_and_nothing_else_does() {
    let Some(template) = template() else { return };
    let resources = template["Resources"].as_object().unwrap();
    let outlives: BTreeSet<&str> = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] != "AWS::Lambda::Version")
        .filter(|(_, resource)| {
            let end = resource["DeletionPolicy"].as_str().unwrap_or("Delete");
            end.starts_with("Retain")
        })
        .map(|(id, resource)| {
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
            id.as_str()
        })
        .collect();
    assert_eq!(outlives, BTreeSet::from(OUTLIVES));
    // A removed stack's names must lead the next one to its data.
    for id in OUTLIVES {
        let properties = &resources[id]["Properties"];
        let name = [&properties["BucketName"], &properties["TableName"]];
        assert!(name.iter().any(|name| name.is_string()), "{id} has no name");
    }
}

#[test]
fn tables_are_guarded() {
    let Some(template) = template() else { return };
    for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
        let recovery = &table["PointInTimeRecoverySpecification"];
        assert_eq!(recovery["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(table["DeletionProtectionEnabled"], true, "{id}");
        assert_eq!(table["TimeToLiveSpecification"]["Enabled"], true, "{id}");
        // Else its protection would stop the way back from a stack that could not be made.
        let whole = &template["Resources"][id];
        assert_eq!(whole["DeletionPolicy"], "Retain", "{id}");
    }
}

#[test]
fn logs_end() {
    let Some(template) = template() else { return };
    let groups = of_type(&template, "AWS::Logs::LogGroup");
    let functions = of_type(&template, "AWS::Lambda::Function");
    // One for each function, and one for what the API was asked.
    assert_eq!(groups.len(), functions.len() + 1);
    for (id, group) in groups {
        assert!(group["RetentionInDays"].is_u64(), "{id} is kept for ever");
    }
}

#[test]
fn schedules_have_a_window_tries_and_dead_letters() {
    let Some(template) = template() else { return };
    let schedules = of_type(&template, "AWS::Scheduler::Schedule");
    assert!(!schedules.is_empty());
    for (id, schedule) in schedules {
        let window = &schedule["FlexibleTimeWindow"];
        assert_eq!(window["Mode"], "FLEXIBLE", "{id}");
        assert!(window["MaximumWindowInMinutes"].is_u64(), "{id}");
        let target = &schedule["Target"];
        assert!(target["RetryPolicy"]["MaximumRetryAttempts"].is_u64());
        assert!(!target["DeadLetterConfig"]["Arn"].is_null(), "{id}");
    }
}

/// Whatever a queue starts runs at most so often at once.
#[test]
fn queues_that_work_is_sent_to_have_a_limit_of_concurrency() {
    let Some(template) = template() else { return };
    let queues = of_type(&template, "AWS::SQS::Queue");
    for (id, source) in of_type(&template, "AWS::Lambda::EventSourceMapping") {
        let queue = source["EventSourceArn"]["Fn::GetAtt"][0].as_str().unwrap();
        if queues[queue]["RedrivePolicy"].is_null() {
            // A queue of dead letters.
            continue;
        }
        let most = &source["ScalingConfig"]["MaximumConcurrency"];
        assert!(most.as_u64() >= Some(2), "{id}: {most}");
    }
}

/// The page's bucket is read by the distribution alone, and all answers carry headers that guard
/// who reads them.
#[test]
fn the_distribution_alone_reads_the_page() {
    let Some(template) = template() else { return };
    let distributions = of_type(&template, "AWS::CloudFront::Distribution");
    assert_eq!(distributions.len(), 1);
    for (id, distribution) in distributions {
        let config = &distribution["DistributionConfig"];
        for origin in config["Origins"].as_array().unwrap() {
            if origin.get("S3OriginConfig").is_some() {
                let access = origin["OriginAccessControlId"]["Fn::GetAtt"][0].as_str();
                let access = access.unwrap_or_else(|| panic!("{id} needs an open bucket"));
                let access = of_type(&template, "AWS::CloudFront::OriginAccessControl")[access];
                let signs = &access["OriginAccessControlConfig"]["SigningBehavior"];
                assert_eq!(*signs, "always");
            } else {
                let plain = &origin["CustomOriginConfig"]["OriginProtocolPolicy"];
                assert_eq!(*plain, "https-only");
            }
        }
        let behaviors = config["CacheBehaviors"].as_array().into_iter().flatten();
        for behavior in behaviors.chain([&config["DefaultCacheBehavior"]]) {
            assert_ne!(behavior["ViewerProtocolPolicy"], "allow-all");
            let policy = behavior["ResponseHeadersPolicyId"]["Ref"].as_str().unwrap();
            let policy = of_type(&template, "AWS::CloudFront::ResponseHeadersPolicy")[policy];
            let headers = &policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
            for header in ["ContentTypeOptions", "StrictTransportSecurity"] {
                assert!(!headers[header].is_null(), "{header}");
            }
        }
    }
    let allowed: Vec<&Value> = of_type(&template, "AWS::S3::BucketPolicy")
        .into_values()
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap())
        .filter(|statement| statement["Effect"] == "Allow")
        .collect();
    assert_eq!(allowed.len(), 1);
    assert_eq!(
        allowed[0]["Principal"],
        json!({ "Service": "cloudfront.amazonaws.com" })
    );
    assert!(!allowed[0]["Condition"]["StringEquals"]["AWS:SourceArn"].is_null());
}

/// Whoever is woken by an alarm finds what to do, and nothing is told of alarms that do not exist.
#[test]
fn the_runbook_has_a_section_with_a_command_for_each_alarm() {
    let wiring = include_str!("../../../serverless.yml");
    let runbook = include_str!("../../../docs/operating.md");
    let alarms: BTreeSet<&str> = wiring
        .split("AlarmName: ${self:custom.name}-")
        .skip(1)
        .filter_map(|rest| rest.lines().next())
        .collect();
    let sections: BTreeSet<&str> = runbook
        .split("### `NAME-")
        .skip(1)
        .map(|section| {
            let (name, text) = section.split_once('`').unwrap();
            let text = text.split("\n## ").next().unwrap_or_default();
            assert!(text.contains("```sh\n"), "{name} has no command");
            name
        })
        .collect();
    assert!(alarms.len() > 10);
    assert_eq!(alarms, sections);
}
