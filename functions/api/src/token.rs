//! The API's token: who has it may do everything the API does. Who has a link that was signed
//! with it may read one file.

use anyhow::Result;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{KeptSecret, Links, Secrets};

/// Checks tokens and links against the secret.
#[derive(Debug)]
pub(crate) struct Token {
    secret: KeptSecret,
}

impl Token {
    /// The token is the text of the secret of this name or ARN.
    pub(crate) fn new(secrets: Secrets, secret: String) -> Self {
        Self {
            secret: KeptSecret::new(secrets, secret),
        }
    }

    /// Whether an `Authorization` header carries the token. Tokens are compared by their
    /// digest: how long it takes says nothing about the token.
    pub(crate) async fn accepts(&self, authorization: Option<&str>) -> Result<bool> {
        let Some(given) = authorization.and_then(bearer) else {
            return Ok(false);
        };
        Ok(Sha256::digest(given) == Sha256::digest(self.secret.get().await?))
    }

    /// Whether a link to the file of this key was signed here and has not expired.
    pub(crate) async fn signed(&self, key: &str, expires: &str, signature: &str) -> Result<bool> {
        let links = Links::new(&self.secret.get().await?);
        Ok(links.accepts(key, expires, signature, Timestamp::now()))
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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
