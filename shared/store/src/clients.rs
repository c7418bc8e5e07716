//! The SDK clients of a process, made of one configuration.

use std::collections::HashMap;

use crate::post::Signer;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};

/// The configuration that all clients of a process share: credentials, region, endpoints and
/// one HTTP connection pool. A client is made when it is asked for, so that a function pays for
/// the services it uses.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
    /// Endpoints by the variable that named them; those of `SdkConfig` come from the process.
    endpoints: HashMap<String, String>,
}

impl Clients {
    /// Reads the environment as every AWS SDK does. `AWS_ENDPOINT_URL_…` is what points a
    /// function at the embedded stack.
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .load()
            .await;
        let endpoints = ENDPOINTS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
            .collect();
        Self { config, endpoints }
    }

    /// Clients of the embedded stack whose environment `variables` is, in a process that has
    /// an environment of its own. They speak plain HTTP, which needs no certificates.
    pub fn of_stack(variables: &[(String, String)]) -> Self {
        let endpoints: HashMap<String, String> = variables.iter().cloned().collect();
        let get = |name: &str| endpoints.get(name).cloned().unwrap_or_default();
        let credentials = Credentials::new(
            get("AWS_ACCESS_KEY_ID"),
            get("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "embedded stack",
        );
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(get("AWS_REGION")))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self { config, endpoints }
    }

    fn endpoint(&self, name: &str) -> Option<String> {
        self.endpoints
            .get(name)
            .or_else(|| self.endpoints.get(ANY_ENDPOINT))
            .cloned()
    }

    /// Who signs forms; `None` without credentials.
    pub(crate) fn signer(&self) -> Option<Signer> {
        Some(Signer {
            credentials: self.config.credentials_provider()?,
            region: self.config.region()?.clone(),
        })
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_endpoint_url(self.endpoint(ENDPOINTS[0]));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// An S3 client. With an endpoint of its own (the embedded stack) it puts the bucket into
    /// the path, because `bucket.127.0.0.1` is no host name.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let endpoint = self.endpoint(ENDPOINTS[1]);
        let mut config = aws_sdk_s3::config::Builder::from(&self.config);
        config
            .set_force_path_style(Some(endpoint.is_some()))
            .set_endpoint_url(endpoint);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.config);
        config.set_endpoint_url(self.endpoint(ENDPOINTS[2]));
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// A Secrets Manager client.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        config.set_endpoint_url(self.endpoint(ENDPOINTS[3]));
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }
}

/// The variables that name the endpoint of one service.
const ENDPOINTS: [&str; 5] = [
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    ANY_ENDPOINT,
];

/// The variable that names the endpoint of every service without one of its own.
const ANY_ENDPOINT: &str = "AWS_ENDPOINT_URL";
