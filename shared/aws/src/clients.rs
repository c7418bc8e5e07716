//! The SDK clients of a function, built once at its start.

use aws_config::{BehaviorVersion, SdkConfig};

/// The configuration that all clients of a process share: credentials, region, endpoints and
/// one HTTP connection pool.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

impl Clients {
    /// Reads the environment as every AWS SDK does. `AWS_ENDPOINT_URL_…` is what points a
    /// function at the embedded stack.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .load()
            .await;
        Self { config }
    }

    /// Clients of this configuration.
    pub fn new(config: SdkConfig) -> Self {
        Self { config }
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// An S3 client. With an endpoint of its own (the embedded stack) it puts the bucket into
    /// the path, because `bucket.127.0.0.1` is no host name.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let own_endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
            .iter()
            .any(|name| std::env::var_os(name).is_some())
            || self.config.endpoint_url().is_some();
        aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&self.config)
                .force_path_style(own_endpoint)
                .build(),
        )
    }

    /// A Secrets Manager client.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }
}
