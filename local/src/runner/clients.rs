//! The SDK clients with which the runner itself reaches the embedded stack.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};

/// One client for each service.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) secrets: aws_sdk_secretsmanager::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients of what `environment` names: `AWS_ENDPOINT_URL_SQS` and the like, else
    /// `AWS_ENDPOINT_URL`; `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. They speak plain
    /// HTTP, which needs no certificates.
    pub(super) fn new(environment: &[(String, String)], region: &str) -> Self {
        let get = |name: &str| {
            environment
                .iter()
                .rev()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let credentials = Credentials::new(
            get("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            get("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            get("AWS_SESSION_TOKEN"),
            None,
            "embedded stack",
        );
        let region = get("AWS_REGION").unwrap_or_else(|| region.to_owned());
        let http = aws_smithy_http_client::Builder::new().build_http();
        let config = |service: &str| -> SdkConfig {
            let mut config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region.clone()))
                .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
                .http_client(http.clone());
            let endpoint = get(&format!("AWS_ENDPOINT_URL_{service}"));
            if let Some(endpoint) = endpoint.or_else(|| get("AWS_ENDPOINT_URL")) {
                config = config.endpoint_url(endpoint);
            }
            config.build()
        };
        let s3 = aws_sdk_s3::config::Builder::from(&config("S3"))
            .force_path_style(true)
            .build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config("DYNAMODB")),
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::new(&config("SECRETS_MANAGER")),
            sqs: aws_sdk_sqs::Client::new(&config("SQS")),
        }
    }
}
