//! Reaching a running pipeline from another process.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::pipeline::environment_file;
use crate::private;

/// A pipeline that runs in another process.
#[derive(Debug)]
pub(crate) struct Remote {
    variables: HashMap<String, String>,
    client: Client,
}

impl Remote {
    /// The pipeline of this data folder.
    pub(crate) fn of(data: &Path) -> Result<Self> {
        let path = environment_file(data);
        let text = private::read(&path)?.with_context(|| {
            format!(
                "no pipeline has run in {}: start one with `pricetide up`",
                data.display()
            )
        })?;
        let variables = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(16))
            .build()?;
        Ok(Self { variables, client })
    }

    /// Sends a request to the HTTP API.
    pub(crate) async fn api(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        self.send("API", method, path, body).await
    }

    /// Fetches what lies at a signed address.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let answer = self.client.get(url).send().await;
        let answer = answer.context("the pipeline does not answer: is `pricetide up` running?")?;
        let answer = answer.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// Invokes a function.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        self.send("CONTROL", Method::POST, &path, Some(event)).await
    }

    async fn send(
        &self,
        part: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let variable = |name: &str| {
            let name = format!("PRICETIDE_{part}_{name}");
            let value = self.variables.get(&name);
            value.with_context(|| format!("the data folder's environment has no {name}"))
        };
        let mut request = self
            .client
            .request(method, format!("{}{path}", variable("URL")?))
            .bearer_auth(variable("TOKEN")?);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request
            .send()
            .await
            .context("the pipeline does not answer: is `pricetide up` running?")?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            let problem: Value = serde_json::from_str(&text).unwrap_or_default();
            let detail = problem["detail"].as_str().or(problem["message"].as_str());
            bail!("{status}: {}", detail.unwrap_or(&text));
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&text)?)
    }
}

/// Text as one segment of an address's path.
pub(super) fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
