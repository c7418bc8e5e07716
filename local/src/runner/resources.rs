//! Creates in the embedded stack what serverless.yml declares. Doing it again changes nothing
//! that is stored: what exists is compared and brought up to date where AWS would do the same.

use std::collections::HashMap;
use std::fmt::Debug;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TimeToLiveSpecification,
};
use aws_sdk_s3::types::{
    BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration,
};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::QueueAttributeName;

use store::Clients;

use crate::manifest::{ACCOUNT, Bucket, Index, Key, Manifest, Queue, Secret, SecretValue, Table};

use super::error::{StartError, reason};
use super::outputs::Outputs;

/// Creates everything, and gives the values of `!Ref` and `!GetAtt`.
pub(super) async fn create(manifest: &Manifest, clients: &Clients) -> Result<Outputs, StartError> {
    let sqs = clients.sqs();
    let dynamodb = clients.dynamodb();
    let s3 = clients.s3();
    let secrets = clients.secrets_manager();
    let mut outputs = Outputs::new(manifest);
    let resources = &manifest.resources;
    for (id, queue) in &resources.queues {
        let (url, arn) = create_queue(queue, &sqs).await?;
        let name = queue.name.clone();
        let attributes = [("Arn", arn), ("QueueName", name), ("QueueUrl", url.clone())];
        outputs.set(id, url, attributes);
    }
    for (id, queue) in &resources.queues {
        configure_queue(id, queue, &outputs, &sqs).await?;
    }
    for (id, table) in &resources.tables {
        create_table(table, &dynamodb).await?;
        // As the stack's front names it to roles; the engine behind it knows no regions.
        let (region, name) = (&manifest.region, &table.name);
        let arn = format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}");
        outputs.set(id, table.name.clone(), [("Arn", arn)]);
    }
    for (id, bucket) in &resources.buckets {
        create_bucket(bucket, &manifest.region, &s3).await?;
        let arn = format!("arn:aws:s3:::{}", bucket.name);
        outputs.set(id, bucket.name.clone(), [("Arn", arn)]);
    }
    for (id, secret) in &resources.secrets {
        let arn = create_secret(secret, &secrets).await?;
        outputs.set(id, arn.clone(), [("Id", arn)]);
    }
    Ok(outputs)
}

fn failed<E, R>(what: String) -> impl FnOnce(SdkError<E, R>) -> StartError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    move |error| StartError::Create {
        what,
        reason: reason(&error),
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    error.code().unwrap_or_default()
}

async fn create_queue(
    queue: &Queue,
    sqs: &aws_sdk_sqs::Client,
) -> Result<(String, String), StartError> {
    let what = || format!("the queue {}", queue.name);
    // Without attributes: a queue that exists with others would be an error.
    let created = sqs.create_queue().queue_name(&queue.name).send().await;
    let url = match created {
        Ok(created) => created.queue_url,
        Err(error) => {
            let known = sqs.get_queue_url().queue_name(&queue.name).send().await;
            match known {
                Ok(known) => known.queue_url,
                Err(_) => return Err(failed(what())(error)),
            }
        }
    }
    .unwrap_or_default();
    let attributes = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(failed(what()))?;
    let arn = attributes
        .attributes
        .and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn));
    Ok((url, arn.unwrap_or_default()))
}

async fn configure_queue(
    id: &str,
    queue: &Queue,
    outputs: &Outputs,
    sqs: &aws_sdk_sqs::Client,
) -> Result<(), StartError> {
    use QueueAttributeName as Name;
    let mut attributes = HashMap::from([
        (
            Name::VisibilityTimeout,
            queue.visibility_timeout.to_string(),
        ),
        (Name::MessageRetentionPeriod, queue.retention.to_string()),
        (Name::DelaySeconds, queue.delay.to_string()),
        (
            Name::ReceiveMessageWaitTimeSeconds,
            queue.receive_wait.to_string(),
        ),
    ]);
    if let Some(size) = queue.maximum_message_size {
        attributes.insert(Name::MaximumMessageSize, size.to_string());
    }
    if let Some(redrive) = &queue.redrive {
        let target = outputs.attribute(&redrive.queue, "Arn").unwrap_or_default();
        let policy = serde_json::json!({
            "deadLetterTargetArn": target,
            "maxReceiveCount": redrive.max_receive_count,
        });
        attributes.insert(Name::RedrivePolicy, policy.to_string());
    }
    sqs.set_queue_attributes()
        .queue_url(outputs.reference(id).unwrap_or_default())
        .set_attributes(Some(attributes))
        .send()
        .await
        .map_err(failed(format!("the queue {}", queue.name)))?;
    Ok(())
}

fn key_schema(key: &Key) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .expect("both fields are set")
    };
    let partition = element(&key.partition, KeyType::Hash);
    let sort = key
        .sort
        .as_deref()
        .map(|sort| element(sort, KeyType::Range));
    std::iter::once(partition).chain(sort).collect()
}

fn global_index(index: &Index) -> GlobalSecondaryIndex {
    let included = (!index.included.is_empty()).then(|| index.included.clone());
    let projection = Projection::builder()
        .projection_type(ProjectionType::from(index.projection.as_str()))
        .set_non_key_attributes(included)
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(&index.name)
        .set_key_schema(Some(key_schema(&index.key)))
        .projection(projection)
        .build()
        .expect("name and key are set")
}

async fn create_table(
    table: &Table,
    dynamodb: &aws_sdk_dynamodb::Client,
) -> Result<(), StartError> {
    let what = || format!("the table {}", table.name);
    let definitions = table.attributes.iter().map(|(name, kind)| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::from(kind.as_str()))
            .build()
            .expect("both fields are set")
    });
    let indexes: Vec<_> = table.indexes.iter().map(global_index).collect();
    let created = dynamodb
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.collect()))
        .set_key_schema(Some(key_schema(&table.key)))
        .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if code(&error).contains("ResourceInUse") => {}
        Err(error) => return Err(failed(what())(error)),
    }
    let described = dynamodb
        .describe_table()
        .table_name(&table.name)
        .send()
        .await
        .map_err(failed(what()))?;
    let description = described
        .table
        .unwrap_or_else(|| TableDescription::builder().build());
    compare_table(table, &description)?;
    expire_items(table, dynamodb).await
}

/// A table that has another key or lacks an index cannot serve the functions; silently going on
/// would end in puzzling failures later.
fn compare_table(table: &Table, found: &TableDescription) -> Result<(), StartError> {
    let differs = |difference: String| StartError::Differs {
        what: format!("the table {}", table.name),
        difference,
    };
    if found.key_schema() != key_schema(&table.key) {
        return Err(differs("its key is another".to_owned()));
    }
    for index in &table.indexes {
        let exists = found.global_secondary_indexes().iter().any(|known| {
            known.index_name() == Some(&index.name) && known.key_schema() == key_schema(&index.key)
        });
        if !exists {
            return Err(differs(format!("it lacks the index `{}`", index.name)));
        }
    }
    Ok(())
}

async fn expire_items(
    table: &Table,
    dynamodb: &aws_sdk_dynamodb::Client,
) -> Result<(), StartError> {
    let Some(attribute) = &table.ttl_attribute else {
        return Ok(());
    };
    let what = || format!("the time to live of the table {}", table.name);
    let described = dynamodb
        .describe_time_to_live()
        .table_name(&table.name)
        .send()
        .await
        .map_err(failed(what()))?;
    let current = described
        .time_to_live_description
        .and_then(|ttl| ttl.attribute_name);
    if current.as_ref() == Some(attribute) {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(attribute)
        .enabled(true)
        .build()
        .expect("both fields are set");
    dynamodb
        .update_time_to_live()
        .table_name(&table.name)
        .time_to_live_specification(specification)
        .send()
        .await
        .map_err(failed(what()))?;
    Ok(())
}

async fn create_bucket(
    bucket: &Bucket,
    region: &str,
    s3: &aws_sdk_s3::Client,
) -> Result<(), StartError> {
    let what = || format!("the bucket {}", bucket.name);
    // S3 refuses to be told the region that is the default.
    let location = (region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    let created = s3
        .create_bucket()
        .bucket(&bucket.name)
        .set_create_bucket_configuration(location)
        .send()
        .await;
    if let Err(error) = created
        && !matches!(
            code(&error),
            "BucketAlreadyOwnedByYou" | "BucketAlreadyExists"
        )
    {
        return Err(failed(what())(error));
    }
    if bucket.cors.is_empty() {
        return Ok(());
    }
    let rules = bucket.cors.iter().map(|rule| {
        let exposed = (!rule.exposed_headers.is_empty()).then(|| rule.exposed_headers.clone());
        let headers = (!rule.headers.is_empty()).then(|| rule.headers.clone());
        CorsRule::builder()
            .set_allowed_methods(Some(rule.methods.clone()))
            .set_allowed_origins(Some(rule.origins.clone()))
            .set_allowed_headers(headers)
            .set_expose_headers(exposed)
            .set_max_age_seconds(rule.max_age.and_then(|age| i32::try_from(age).ok()))
            .build()
            .expect("methods and origins are set")
    });
    let configuration = CorsConfiguration::builder()
        .set_cors_rules(Some(rules.collect()))
        .build()
        .expect("rules are set");
    s3.put_bucket_cors()
        .bucket(&bucket.name)
        .cors_configuration(configuration)
        .send()
        .await
        .map_err(failed(what()))?;
    Ok(())
}

async fn create_secret(
    secret: &Secret,
    secrets: &aws_sdk_secretsmanager::Client,
) -> Result<String, StartError> {
    let what = || format!("the secret {}", secret.name);
    let created = secrets
        .create_secret()
        .name(&secret.name)
        .set_secret_string(
            initial_value(&secret.value).map_err(|error| StartError::Create {
                what: what(),
                reason: error.to_string(),
            })?,
        )
        .send()
        .await;
    match created {
        Ok(created) => Ok(created.arn.unwrap_or_default()),
        // It keeps the value it has: the file's is only the first.
        Err(error) if code(&error).contains("ResourceExists") => {
            let known = secrets
                .describe_secret()
                .secret_id(&secret.name)
                .send()
                .await
                .map_err(failed(what()))?;
            Ok(known.arn.unwrap_or_default())
        }
        Err(error) => Err(failed(what())(error)),
    }
}

/// What a new secret holds; fails only when the system has no random numbers.
fn initial_value(value: &SecretValue) -> Result<Option<String>, getrandom::Error> {
    let (length, alphabet, template) = match value {
        SecretValue::Empty => return Ok(None),
        SecretValue::Text(text) => return Ok(Some(text.clone())),
        SecretValue::Generated {
            length,
            alphabet,
            template,
        } => (*length, alphabet, template),
    };
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut text = String::new();
    for _ in 0..length {
        // An alphabet has at most 95 characters: 64 bits leave no bias to speak of.
        let pick = getrandom::u64()?.checked_rem(alphabet.len() as u64);
        let pick = pick.and_then(|pick| usize::try_from(pick).ok());
        text.extend(pick.and_then(|pick| alphabet.get(pick)));
    }
    Ok(Some(match template {
        Some((template, key)) => {
            let object: Option<serde_json::Map<_, _>> = serde_json::from_str(template).ok();
            let mut object = object.unwrap_or_default();
            object.insert(key.clone(), text.into());
            serde_json::Value::Object(object).to_string()
        }
        None => text,
    }))
}
