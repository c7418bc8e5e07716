//! The API's token: who has it may do everything the API does.

use std::time::{Duration, Instant};

use anyhow::Result;
use aws::Secrets;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

/// How long the secret is kept before it is read again, so that a new one counts soon.
const KEPT: Duration = Duration::from_mins(5);

/// Checks tokens against the secret.
#[derive(Debug)]
pub(crate) struct Token {
    secrets: Secrets,
    secret: String,
    known: Mutex<Option<(Instant, Digested)>>,
}

/// Tokens are compared by their digest: how long it takes says nothing about the token.
type Digested = [u8; 32];

impl Token {
    /// The token is the text of the secret of this name or ARN.
    pub(crate) fn new(secrets: Secrets, secret: String) -> Self {
        Self {
            secrets,
            secret,
            known: Mutex::new(None),
        }
    }

    /// Whether an `Authorization` header carries the token.
    pub(crate) async fn accepts(&self, authorization: Option<&str>) -> Result<bool> {
        let Some(given) = authorization.and_then(bearer) else {
            return Ok(false);
        };
        Ok(digest(given) == self.expected().await?)
    }

    async fn expected(&self) -> Result<Digested> {
        let mut known = self.known.lock().await;
        if let Some((read_at, digested)) = *known
            && read_at.elapsed() < KEPT
        {
            return Ok(digested);
        }
        let digested = digest(self.secrets.get(&self.secret).await?.trim());
        *known = Some((Instant::now(), digested));
        Ok(digested)
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn digest(token: &str) -> Digested {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_read() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
