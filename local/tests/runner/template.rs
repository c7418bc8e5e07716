//! The runner's reading of serverless.yml against the CloudFormation template that osls makes of
//! it: both must mean the same functions, triggers, environment, queues, table and buckets.
//!
//! `.ci/package` makes the template and names it in `PRICETIDE_TEMPLATE`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use local::iam::Entries;
use local::manifest::{Expression, Key, Manifest, Variables, naming};
use serde_json::{Map, Value, json};

/// The template, or nothing (and a word about it) when there is none to compare with.
pub(crate) fn template() -> Option<Value> {
    let Ok(path) = std::env::var("PRICETIDE_TEMPLATE") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "PRICETIDE_TEMPLATE must name the template that .ci/package makes"
        );
        // Past the test harness, which keeps what a passing test prints to itself.
        let word = "skipped: PRICETIDE_TEMPLATE names no template; .ci/package makes one\n";
        std::io::stderr().write_all(word.as_bytes()).unwrap();
        return None;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Some(serde_json::from_str(&text).unwrap())
}

/// This repository's own file, read with the same (empty) environment as the template.
fn manifest() -> Manifest {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../serverless.yml");
    Manifest::load(&path, &Variables::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Resources of one type, by logical id: their properties.
pub(crate) fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    let resources = template["Resources"].as_object().unwrap();
    resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
        .collect()
}

/// An expression as CloudFormation writes it.
fn written(expression: &Expression) -> Value {
    match expression {
        Expression::Text(text) => text.clone().into(),
        Expression::Ref(id) => json!({ "Ref": id }),
        Expression::Attribute {
            resource,
            attribute,
        } => json!({ "Fn::GetAtt": [resource, attribute] }),
        Expression::Concat(parts) => {
            let parts: String = parts
                .iter()
                .map(|part| match part {
                    Expression::Text(text) => text.clone(),
                    Expression::Ref(id) => format!("${{{id}}}"),
                    Expression::Attribute {
                        resource,
                        attribute,
                    } => format!("${{{resource}.{attribute}}}"),
                    Expression::Concat(_) => panic!("!Sub within !Sub"),
                })
                .collect();
            json!({ "Fn::Sub": parts })
        }
    }
}

fn arn(id: &str) -> Value {
    json!({ "Fn::GetAtt": [id, "Arn"] })
}

#[test]
fn functions_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let deployed = of_type(&template, "AWS::Lambda::Function");
    let mut read = BTreeSet::new();
    for function in manifest.functions.values() {
        let id = naming::function_id(&function.key);
        let properties = deployed[id.as_str()];
        assert_eq!(properties["FunctionName"], function.name);
        assert_eq!(properties["Handler"], function.handler);
        assert_eq!(properties["MemorySize"], function.memory_size, "{id}");
        assert_eq!(properties["Timeout"], function.timeout.as_secs(), "{id}");
        let environment: Map<String, Value> = function
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), written(value)))
            .collect();
        assert_eq!(
            properties["Environment"]["Variables"],
            Value::Object(environment),
            "{id}"
        );
        let dead_letters = function.on_error.as_deref().map(arn).unwrap_or_default();
        assert_eq!(
            properties["DeadLetterConfig"]["TargetArn"], dead_letters,
            "{id}"
        );
        read.insert(id);
    }
    let deployed: BTreeSet<String> = deployed.into_keys().map(str::to_owned).collect();
    assert_eq!(deployed, read);
}

#[test]
fn every_function_has_a_role_of_its_own_and_writes_only_its_own_log() {
    let Some(template) = template() else { return };
    let roles = of_type(&template, "AWS::IAM::Role");
    let mut used = BTreeSet::new();
    for (id, function) in of_type(&template, "AWS::Lambda::Function") {
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        assert!(used.insert(role), "{role} is shared");
        let policies = roles[role]["Policies"].as_array().unwrap();
        let statements: Vec<&Value> = policies
            .iter()
            .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap())
            .collect();
        let group = id.replace("LambdaFunction", "LogGroup");
        assert!(
            statements
                .iter()
                .any(|statement| statement["Resource"] == arn(&group)),
            "{role} cannot write {group}"
        );
        for statement in &statements {
            let text = statement["Action"].to_string();
            assert!(!text.contains('*'), "{role} may do {text}");
            assert_ne!(statement["Resource"], "*", "{role}");
        }
        if let Some(target) = function["DeadLetterConfig"]["TargetArn"].as_object() {
            let target = Value::Object(target.clone());
            let sends = statements.iter().any(|statement| {
                let resource = &statement["Resource"];
                let names = *resource == target
                    || resource.as_array().is_some_and(|all| all.contains(&target));
                names && statement["Action"].to_string().contains("sqs:SendMessage")
            });
            assert!(sends, "{role} cannot send to the dead letters of {id}");
        }
    }
}

#[test]
fn roles_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let many = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let deployed: BTreeMap<&str, Vec<Value>> = of_type(&template, "AWS::IAM::Role")
        .into_iter()
        .map(|(id, properties)| {
            let policies = properties["Policies"].as_array().into_iter().flatten();
            let statements =
                policies.flat_map(|policy| many(&policy["PolicyDocument"]["Statement"]));
            let statements = statements.map(|statement| {
                json!([
                    statement["Effect"],
                    many(&statement["Action"]),
                    many(&statement["Resource"]),
                ])
            });
            (id, statements.collect())
        })
        .collect();
    let any = |entries: &Entries<Value>| match entries {
        Entries::Any(entries) => Value::Array(entries.clone()),
        Entries::AllBut(_) => panic!("no role of this file excepts something"),
    };
    let read: BTreeMap<&str, Vec<Value>> = manifest
        .resources
        .roles
        .iter()
        .map(|(id, role)| {
            let statements = role.statements.iter().map(|statement| {
                let actions = statement
                    .actions
                    .try_map(|action| Ok::<_, ()>(action.as_str().into()));
                let resources = statement
                    .resources
                    .try_map(|resource| Ok::<_, ()>(written(resource)));
                json!([
                    format!("{:?}", statement.effect),
                    any(&actions.unwrap()),
                    any(&resources.unwrap()),
                ])
            });
            (id.as_str(), statements.collect())
        })
        .collect();
    assert!(read.len() > manifest.functions.len());
    assert_eq!(deployed, read);
    for function in manifest.functions.values() {
        let id = naming::function_id(&function.key);
        let properties = of_type(&template, "AWS::Lambda::Function")[id.as_str()];
        assert_eq!(properties["Role"], arn(&function.role), "{id}");
    }
    let starters: BTreeSet<String> = of_type(&template, "AWS::Scheduler::Schedule")
        .into_values()
        .map(|properties| properties["Target"]["RoleArn"].to_string())
        .collect();
    let read: BTreeSet<String> = manifest
        .schedules()
        .map(|(_, schedule)| arn(&schedule.role).to_string())
        .collect();
    assert_eq!(starters, read);
}

#[test]
fn queues_that_start_functions_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let source = |properties: &Value| {
        json!({
            "queue": properties["EventSourceArn"],
            "function": properties["FunctionName"],
            "batch": properties["BatchSize"],
            "window": properties.get("MaximumBatchingWindowInSeconds").cloned().unwrap_or(json!(0)),
            "concurrency": properties["ScalingConfig"]["MaximumConcurrency"],
            "reports": properties["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"]),
            "enabled": properties["Enabled"],
        })
        .to_string()
    };
    let deployed: BTreeSet<String> = of_type(&template, "AWS::Lambda::EventSourceMapping")
        .into_values()
        .map(source)
        .collect();
    let read: BTreeSet<String> = manifest
        .sqs_triggers()
        .map(|(function, trigger)| {
            json!({
                "queue": arn(&trigger.queue),
                "function": arn(&naming::function_id(&function.key)),
                "batch": trigger.batch_size,
                "window": trigger.window.as_secs(),
                "concurrency": trigger.maximum_concurrency,
                "reports": trigger.reports_failures,
                "enabled": trigger.enabled,
            })
            .to_string()
        })
        .collect();
    assert!(!read.is_empty());
    assert_eq!(deployed, read);
}

#[test]
fn schedules_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let deployed: BTreeSet<String> = of_type(&template, "AWS::Scheduler::Schedule")
        .into_values()
        .map(|properties| {
            let target = &properties["Target"];
            assert!(
                !target["DeadLetterConfig"]["Arn"].is_null(),
                "no dead letters: {target}"
            );
            assert!(
                !target["RetryPolicy"].is_null(),
                "no retry policy: {target}"
            );
            let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
            // Only whether both read the same: the schedule crate knows what it means.
            let expression = properties["ScheduleExpression"].as_str().unwrap();
            let expression: schedule::Expression = expression.parse().unwrap();
            format!(
                "{} {} {:?} {} {input} {}",
                target["Arn"],
                properties["Name"],
                expression,
                properties["ScheduleExpressionTimezone"],
                properties["State"] == "ENABLED"
            )
        })
        .collect();
    let read: BTreeSet<String> = manifest
        .schedules()
        .flat_map(|(function, trigger)| {
            trigger.rates.iter().map(|rate| {
                format!(
                    "{} {} {:?} {} {} {}",
                    arn(&naming::function_id(&function.key)),
                    json!(trigger.name),
                    rate,
                    json!(trigger.timezone),
                    trigger.input.clone().unwrap_or_default(),
                    trigger.enabled
                )
            })
        })
        .collect();
    assert!(!read.is_empty());
    assert_eq!(deployed, read);
}

#[test]
fn routes_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let functions: BTreeMap<&str, &Value> = of_type(&template, "AWS::ApiGatewayV2::Integration")
        .into_iter()
        .map(|(id, properties)| {
            assert_eq!(properties["PayloadFormatVersion"], "2.0");
            (id, &properties["IntegrationUri"])
        })
        .collect();
    let deployed: BTreeSet<String> = of_type(&template, "AWS::ApiGatewayV2::Route")
        .into_values()
        .map(|properties| {
            let integration = properties["Target"]["Fn::Join"][1][1]["Ref"]
                .as_str()
                .unwrap();
            format!("{} {}", properties["RouteKey"], functions[integration])
        })
        .collect();
    let read: BTreeSet<String> = manifest
        .routes()
        .map(|(function, route)| {
            format!(
                "{} {}",
                json!(route.key()),
                arn(&naming::function_id(&function.key))
            )
        })
        .collect();
    assert!(!read.is_empty());
    assert_eq!(deployed, read);
}

#[test]
fn queues_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let deployed: BTreeMap<&str, Value> = of_type(&template, "AWS::SQS::Queue")
        .into_iter()
        .map(|(id, properties)| {
            let or = |name: &str, usual: u32| properties.get(name).cloned().unwrap_or(json!(usual));
            let queue = json!({
                "name": properties["QueueName"],
                "visibility": or("VisibilityTimeout", 30),
                "retention": or("MessageRetentionPeriod", 345_600),
                "delay": or("DelaySeconds", 0),
                "dead": properties["RedrivePolicy"]["deadLetterTargetArn"],
                "receives": properties["RedrivePolicy"]["maxReceiveCount"],
            });
            (id, queue)
        })
        .collect();
    let read: BTreeMap<&str, Value> = manifest
        .resources
        .queues
        .iter()
        .map(|(id, queue)| {
            let redrive = queue.redrive.as_ref();
            let read = json!({
                "name": queue.name,
                "visibility": queue.visibility_timeout,
                "retention": queue.retention,
                "delay": queue.delay,
                "dead": redrive.map(|redrive| arn(&redrive.queue)),
                "receives": redrive.map(|redrive| redrive.max_receive_count),
            });
            (id.as_str(), read)
        })
        .collect();
    assert!(!read.is_empty());
    assert_eq!(deployed, read);
}

fn key(key: &Key) -> Value {
    let mut schema = vec![json!({ "AttributeName": key.partition, "KeyType": "HASH" })];
    if let Some(sort) = &key.sort {
        schema.push(json!({ "AttributeName": sort, "KeyType": "RANGE" }));
    }
    schema.into()
}

#[test]
fn tables_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let deployed = of_type(&template, "AWS::DynamoDB::Table");
    let tables = &manifest.resources.tables;
    assert_eq!(deployed.len(), tables.len());
    for (id, table) in tables {
        let properties = deployed[id.as_str()];
        assert_eq!(properties["TableName"], table.name);
        assert_eq!(properties["KeySchema"], key(&table.key));
        let attributes: BTreeMap<String, String> = properties["AttributeDefinitions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let text = |name: &str| one[name].as_str().unwrap().to_owned();
                (text("AttributeName"), text("AttributeType"))
            })
            .collect();
        assert_eq!(attributes, table.attributes);
        let indexes: Vec<Value> = table
            .indexes
            .iter()
            .map(|index| {
                let mut projection = json!({ "ProjectionType": index.projection });
                if !index.included.is_empty() {
                    projection["NonKeyAttributes"] = json!(index.included);
                }
                json!({ "IndexName": index.name, "KeySchema": key(&index.key), "Projection": projection })
            })
            .collect();
        assert_eq!(properties["GlobalSecondaryIndexes"], Value::from(indexes));
        let ttl = &properties["TimeToLiveSpecification"];
        assert_eq!(
            ttl["AttributeName"].as_str(),
            table.ttl_attribute.as_deref()
        );
        assert_eq!(ttl["Enabled"] == true, table.ttl_attribute.is_some());
    }
}

#[test]
fn buckets_and_their_triggers_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let mut deployed = of_type(&template, "AWS::S3::Bucket");
    // The framework's own, for what it deploys.
    deployed.remove("ServerlessDeploymentBucket");
    assert_eq!(deployed.len(), manifest.resources.buckets.len());
    for (id, bucket) in &manifest.resources.buckets {
        let properties = deployed[id.as_str()];
        assert_eq!(properties["BucketName"], bucket.name);
        let rules: Vec<Value> = bucket
            .cors
            .iter()
            .map(|rule| {
                let mut read = json!({
                    "AllowedMethods": rule.methods,
                    "AllowedOrigins": rule.origins,
                });
                let lists = [
                    ("AllowedHeaders", &rule.headers),
                    ("ExposedHeaders", &rule.exposed_headers),
                ];
                for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                    read[name] = json!(list);
                }
                if let Some(age) = rule.max_age {
                    read["MaxAge"] = age.into();
                }
                read
            })
            .collect();
        let cors = properties["CorsConfiguration"]["CorsRules"].as_array();
        assert_eq!(cors.cloned().unwrap_or_default(), rules, "{id}");
        let triggers = properties["NotificationConfiguration"]["LambdaConfigurations"].as_array();
        let triggers: BTreeSet<String> = triggers
            .into_iter()
            .flatten()
            .map(|trigger| {
                assert_eq!(trigger["Event"], "s3:ObjectCreated:*");
                let rules = trigger["Filter"]["S3Key"]["Rules"].as_array();
                let rules = rules.into_iter().flatten();
                let rule = |name: &str| {
                    let named = |rule: &&Value| rule["Name"] == name;
                    let rule = rules.clone().find(named);
                    rule.map_or(json!(""), |rule| rule["Value"].clone())
                };
                format!(
                    "{} {} {}",
                    trigger["Function"],
                    rule("prefix"),
                    rule("suffix")
                )
            })
            .collect();
        let read: BTreeSet<String> = manifest
            .s3_triggers()
            .filter(|(_, trigger)| trigger.bucket == *id)
            .map(|(function, trigger)| {
                let function = arn(&naming::function_id(&function.key));
                format!(
                    "{function} {} {}",
                    json!(trigger.prefix),
                    json!(trigger.suffix)
                )
            })
            .collect();
        assert_eq!(triggers, read, "{id}");
    }
}

#[test]
fn secrets_are_the_same() {
    let Some(template) = template() else { return };
    let manifest = manifest();
    let deployed: BTreeSet<String> = of_type(&template, "AWS::SecretsManager::Secret")
        .into_iter()
        .map(|(id, properties)| format!("{id} {}", properties["Name"]))
        .collect();
    let read: BTreeSet<String> = manifest
        .resources
        .secrets
        .iter()
        .map(|(id, secret)| format!("{id} {}", json!(secret.name)))
        .collect();
    assert_eq!(deployed, read);
}
