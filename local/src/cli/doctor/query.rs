//! Signed questions to AWS services for which the product needs no SDK otherwise.
//!
//! A deployment's check asks three of them one question each; their clients would add minutes to
//! every build. `AWS_ENDPOINT_URL` leads the questions elsewhere, as it does with the SDKs.

use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

/// Who asks, and where.
pub(super) struct Asker {
    pub(super) credentials: Credentials,
    pub(super) region: String,
    client: reqwest::Client,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Asker {
    pub(super) fn new(credentials: Credentials, region: String) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(20))
            .build()?;
        Ok(Self {
            credentials,
            region,
            client,
        })
    }

    /// Sends `GET path` to a service (`lambda`, `cloudformation`), signed with Signature
    /// Version 4. An answer of any status is an answer.
    pub(super) async fn get(&self, service: &str, path: &str) -> Result<Answer> {
        let url = format!("{}{path}", self.endpoint(service));
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let mut request = http::Request::get(&url).body(reqwest::Body::default())?;
        let host = request
            .uri()
            .authority()
            .map(ToString::to_string)
            .context("the endpoint has no host")?;
        let signable = SignableRequest::new(
            "GET",
            &url,
            std::iter::once(("host", host.as_str())),
            SignableBody::Bytes(&[]),
        )?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        signature.apply_to_request_http1x(&mut request);
        let response = self
            .client
            .execute(request.try_into()?)
            .await
            .with_context(|| format!("ask {service}"))?;
        let status = response.status().as_u16();
        let body = response.text().await?;
        if matches!(status, 401 | 403) {
            bail!("{service} refuses the question: {}", first_line(&body));
        }
        Ok(Answer { status, body })
    }

    fn endpoint(&self, service: &str) -> String {
        std::env::var("AWS_ENDPOINT_URL").unwrap_or_else(|_| {
            let suffix = if self.region.starts_with("cn-") {
                "amazonaws.com.cn"
            } else {
                "amazonaws.com"
            };
            format!("https://{service}.{}.{suffix}", self.region)
        })
    }
}

/// What an error says, short.
fn first_line(body: &str) -> String {
    body.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}
