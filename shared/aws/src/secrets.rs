//! Secrets by name.

use anyhow::{Context, Result};
use aws_sdk_secretsmanager::Client;

use crate::Clients;

/// The secrets of the account.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// Secrets Manager.
    pub fn new(clients: &Clients) -> Self {
        Self {
            client: clients.secrets_manager(),
        }
    }

    /// The text of the secret of this name or ARN. The error names the secret, never its text.
    pub async fn get(&self, id: &str) -> Result<String> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(id)
            .send()
            .await
            .with_context(|| format!("read the secret {id}"))?;
        answer
            .secret_string
            .with_context(|| format!("the secret {id} is not text"))
    }
}
