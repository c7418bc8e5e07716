//! Secrets by name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
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
    keep: Duration,
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
            keep: KEPT,
            known: Mutex::new(None),
        }
    }

    /// Its text without white space around it; none while there is no such secret or it is
    /// empty.
    pub async fn find(&self) -> Result<Option<String>> {
        let mut known = self.known.lock().await;
        if let Some((read_at, text)) = &*known
            && read_at.elapsed() < self.keep
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

/// Secrets whose names come with the work, each read once in a while.
#[derive(Debug)]
pub struct KeptSecrets {
    secrets: Secrets,
    known: std::sync::Mutex<HashMap<String, Arc<KeptSecret>>>,
}

impl KeptSecrets {
    /// Of how many secrets the texts are kept.
    const MOST: usize = 1_000;

    /// These secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            known: std::sync::Mutex::default(),
        }
    }

    /// The text of the secret of this name or ARN, without white space around it; none while
    /// there is no such secret or it is empty. Who asks for it while it is read waits for that
    /// answer.
    pub async fn find(&self, id: &str) -> Result<Option<String>> {
        self.kept(id).find().await
    }

    fn kept(&self, id: &str) -> Arc<KeptSecret> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = known.get(id) {
            return Arc::clone(kept);
        }
        if known.len() >= Self::MOST {
            known.clear();
        }
        let kept = Arc::new(KeptSecret::new(self.secrets.clone(), id));
        known.insert(id.to_owned(), Arc::clone(&kept));
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A Secrets Manager whose every secret is the number of the request; `missing` is not there.
    fn secrets() -> (KeptSecrets, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let mut request = Vec::new();
                while !request.ends_with(b"}") {
                    let mut piece = [0; 4_096];
                    let length = stream.read(&mut piece).unwrap();
                    assert!(length > 0, "the request has an end");
                    request.extend_from_slice(&piece[..length]);
                }
                let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
                let (status, body) = if request.ends_with(b"\"missing\"}") {
                    let kind = r#"{"__type":"ResourceNotFoundException"}"#;
                    ("400 Bad Request", kind.to_owned())
                } else {
                    ("200 OK", format!(r#"{{"SecretString":" {number}\n"}}"#))
                };
                let head = format!("HTTP/1.1 {status}\r\nconnection: close");
                let length = body.len();
                write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "ap-northeast-2"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets = Secrets::new(&Clients::of_stack(&variables));
        (KeptSecrets::new(secrets), requests)
    }

    #[tokio::test]
    async fn a_secret_that_many_ask_for_is_read_once() {
        let (secrets, requests) = secrets();
        let found = futures::future::join_all((0..20).map(|_| secrets.find("key"))).await;
        for text in found {
            assert_eq!(text.unwrap().as_deref(), Some("1"));
        }
        assert_eq!(secrets.find("other").await.unwrap().as_deref(), Some("2"));
        assert_eq!(secrets.find("key").await.unwrap().as_deref(), Some("1"));
        assert_eq!(requests.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_kept_secret_is_read_again_when_its_time_is_over() {
        let (secrets, _) = secrets();
        let mut secret = KeptSecret::new(secrets.secrets, "key");
        assert_eq!(secret.get().await.unwrap(), "1");
        assert_eq!(secret.get().await.unwrap(), "1");
        secret.keep = Duration::ZERO;
        assert_eq!(secret.get().await.unwrap(), "2");
    }

    #[tokio::test]
    async fn a_missing_secret_is_looked_for_each_time() {
        let (secrets, requests) = secrets();
        assert_eq!(secrets.find("missing").await.unwrap(), None);
        assert_eq!(secrets.find("missing").await.unwrap(), None);
        assert_eq!(requests.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn no_text_is_shown_where_a_secret_is_logged() {
        let (secrets, _) = secrets();
        secrets.find("key").await.unwrap();
        let shown = format!("{secrets:?}");
        assert!(
            shown.contains("\"key\"") && !shown.contains("\"1\""),
            "{shown}"
        );
    }
}
