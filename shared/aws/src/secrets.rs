//! Secrets by name.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::sync::Mutex;

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
    /// The text of the secret, if there is such a secret and it has one.
    pub async fn find(&self, id: &str) -> Result<Option<String>> {
        let answer = self.client.get_secret_value().secret_id(id).send().await;
        match answer {
            Ok(answer) => Ok(answer.secret_string),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error).with_context(|| format!("read the secret {id}")),
        }
    }
}

/// How long a [`KeptSecret`] is kept before it is read again, so that a new one counts soon.
const KEPT: Duration = Duration::from_mins(5);

/// One secret, read once in a while.
pub struct KeptSecret {
    secrets: Secrets,
    id: String,
    known: Mutex<Option<(Instant, String)>>,
}

impl std::fmt::Debug for KeptSecret {
    /// Its name, never its text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptSecret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl KeptSecret {
    /// The secret of this name or ARN.
    pub fn new(secrets: Secrets, id: impl Into<String>) -> Self {
        Self {
            secrets,
            id: id.into(),
            known: Mutex::new(None),
        }
    }

    /// Its text without white space around it; none while there is no such secret or it is
    /// empty.
    pub async fn find(&self) -> Result<Option<String>> {
        let mut known = self.known.lock().await;
        if let Some((read_at, text)) = &*known
            && read_at.elapsed() < KEPT
        {
            return Ok(Some(text.clone()));
        }
        let text = self.secrets.find(&self.id).await?.unwrap_or_default();
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        *known = Some((Instant::now(), text.to_owned()));
        Ok(Some(text.to_owned()))
    }

    /// Its text; an error while there is none.
    pub async fn get(&self) -> Result<String> {
        let text = self.find().await?;
        text.with_context(|| format!("the secret {} is missing or empty", self.id))
    }
}
