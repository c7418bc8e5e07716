//! Who may do what: the owner's token, tokens with a role, share links, and the public where
//! the owner says so.
//!
//! A token is `pt_<id>_<secret>`, a share link's is `ps_<id>_<secret>`: the id finds the record,
//! of which only the digest of the whole token is stored. Whoever presents wrong ones waits
//! longer each time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Grant, GrantKind, Grants, KeptSecret, Links, Secrets, ShareScope};
use utoipa::ToSchema;

use crate::error::ApiError;

/// What a caller may do at all, from least to most.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Reads one product or item, by a share link.
    Share,
    /// Reads everything but tokens.
    Viewer,
    /// Reads and changes everything but tokens.
    Editor,
    /// Makes and revokes tokens as well.
    Owner,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// What they may do. None: nobody is known, and the route is open to all.
    pub(crate) role: Option<Role>,
    /// The name of their token.
    pub(crate) name: String,
    /// What a share link shows.
    pub(crate) scope: Option<ShareScope>,
}

/// Who may take a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Open,
    /// Everybody: who has a token is known by it.
    Known,
    /// A viewer, and a share link for the product that the path names as `id`.
    Product,
    /// A viewer, and a share link for the item that the path names as `id`.
    Item,
    /// A viewer, and who has a signed link to the file.
    File,
    /// A viewer.
    Viewer,
    /// An editor.
    Editor,
    /// The owner.
    Owner,
}

impl Access {
    /// The role that is always enough.
    pub(crate) fn role(self) -> Option<Role> {
        match self {
            Self::Open | Self::Known => None,
            Self::Product | Self::Item | Self::File | Self::Viewer => Some(Role::Viewer),
            Self::Editor => Some(Role::Editor),
            Self::Owner => Some(Role::Owner),
        }
    }
}

/// Checks tokens, share links and signed links.
#[derive(Debug)]
pub(crate) struct Guard {
    secret: KeptSecret,
    grants: Grants,
    /// Whether who has no token may read.
    public: bool,
    wrong: Mutex<HashMap<Option<IpAddr>, (u32, Instant)>>,
}

/// How long the first wrong token waits; every further one twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest that a wrong token waits.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// After this long without a wrong token, the count begins anew.
const FORGIVEN: Duration = Duration::from_mins(10);
/// How many addresses are remembered.
const REMEMBERED: usize = 1_000;

impl Guard {
    /// The owner's token is the text of the secret of this name or ARN.
    pub(crate) fn new(secrets: Secrets, secret: String, grants: Grants, public: bool) -> Self {
        Self {
            secret: KeptSecret::new(secrets, secret),
            grants,
            public,
            wrong: Mutex::default(),
        }
    }

    /// Who sends this request. A token that is not known is a problem, told after a while.
    pub(crate) async fn caller(&self, event: &ApiGatewayV2httpRequest) -> Result<Caller, ApiError> {
        let nobody = Caller {
            role: self.public.then_some(Role::Viewer),
            name: "public".to_owned(),
            scope: None,
        };
        let authorization = event
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let Some(authorization) = authorization else {
            return Ok(Caller {
                scope: None,
                ..nobody
            });
        };
        let known = match bearer(authorization) {
            Some(token) => self.known(token).await?,
            None => None,
        };
        if let Some(caller) = known {
            return Ok(caller);
        }
        let address = event
            .request_context
            .http
            .source_ip
            .as_deref()
            .and_then(|address| address.parse().ok());
        tokio::time::sleep(self.wait(address)).await;
        Err(ApiError::unauthorized(
            "This token is not known, or it was revoked. Send one as `Authorization: Bearer …`; \
             `pricetide tokens` makes them.",
        )
        .at("authorization"))
    }

    async fn known(&self, token: &str) -> Result<Option<Caller>, ApiError> {
        // Digests are compared: how long it takes says nothing about the token.
        if Sha256::digest(token) == Sha256::digest(self.secret.get().await?) {
            return Ok(Some(Caller {
                role: Some(Role::Owner),
                name: "owner".to_owned(),
                scope: None,
            }));
        }
        let Some(id) = grant_id(token) else {
            return Ok(None);
        };
        let Some(grant) = self.grants.get(id).await? else {
            return Ok(None);
        };
        if !same(&grant.digest, &digest(token)) {
            return Ok(None);
        }
        Ok(Some(Caller::of(grant)))
    }

    /// How long a wrong token of this address waits.
    fn wait(&self, address: Option<IpAddr>) -> Duration {
        let Ok(mut wrong) = self.wrong.lock() else {
            return LONGEST_WAIT;
        };
        if wrong.len() >= REMEMBERED {
            wrong.clear();
        }
        let now = Instant::now();
        let (count, last) = wrong.entry(address).or_insert((0, now));
        if now.duration_since(*last) > FORGIVEN {
            *count = 0;
        }
        let wait = FIRST_WAIT * 2_u32.saturating_pow((*count).min(10));
        (*count, *last) = (count.saturating_add(1), now);
        wait.min(LONGEST_WAIT)
    }

    /// Whether a link to the file of this key was signed here and has not expired.
    pub(crate) async fn signed(
        &self,
        key: &str,
        expires: &str,
        signature: &str,
    ) -> Result<bool, ApiError> {
        let links = Links::new(&self.secret.get().await?);
        Ok(links.accepts(key, expires, signature, jiff::Timestamp::now()))
    }
}

impl Caller {
    fn of(grant: Grant) -> Self {
        let (role, scope) = match grant.kind {
            GrantKind::Viewer => (Role::Viewer, None),
            GrantKind::Editor => (Role::Editor, None),
            GrantKind::Share(scope) => (Role::Share, Some(scope)),
        };
        Self {
            role: Some(role),
            name: grant.name,
            scope,
        }
    }

    /// Refuses who has less than this role.
    pub(crate) fn needs(&self, role: Role) -> Result<(), ApiError> {
        match self.role {
            None => Err(ApiError::unauthorized(
                "Send a token as `Authorization: Bearer …`; `pricetide tokens` makes them.",
            )),
            Some(has) if has >= role => Ok(()),
            Some(Role::Share) => Err(ApiError::forbidden(
                "A share link shows one product or item and nothing else.",
            )),
            Some(Role::Viewer) => Err(ApiError::forbidden(
                "This token may only read. Ask the owner for one of an editor.",
            )),
            Some(_) => Err(ApiError::forbidden(
                "Only the owner's token may do this: it is the secret `api-token`.",
            )),
        }
    }
}

/// A new token: what its holder sends, its id and its digest.
pub(crate) fn new_token(kind: &GrantKind) -> anyhow::Result<(String, String, String)> {
    let mut bytes = [0_u8; 30];
    getrandom::fill(&mut bytes)?;
    let prefix = match kind {
        GrantKind::Share(_) => "ps",
        GrantKind::Viewer | GrantKind::Editor => "pt",
    };
    let id = hex::encode(&bytes[..6]);
    let token = format!("{prefix}_{id}_{}", hex::encode(&bytes[6..]));
    let digest = digest(&token);
    Ok((token, id, digest))
}

fn digest(token: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(token))
}

/// Compares texts in a time that depends on nothing but their length.
fn same(one: &str, other: &str) -> bool {
    let differences = one
        .bytes()
        .zip(other.bytes())
        .fold(0_u8, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differences == 0
}

/// The id in a token of ours.
fn grant_id(token: &str) -> Option<&str> {
    let rest = token
        .strip_prefix("pt_")
        .or_else(|| token.strip_prefix("ps_"))?;
    let (id, secret) = rest.split_once('_')?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (id.len() == 12 && secret.len() == 48 && hex(id) && hex(secret)).then_some(id)
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

    #[test]
    fn a_token_is_found_by_its_id_and_kept_as_its_digest() {
        let (token, id, kept) = new_token(&GrantKind::Viewer).unwrap();
        assert_eq!(grant_id(&token), Some(&*id));
        assert!(same(&kept, &digest(&token)));
        assert!(!kept.contains(&token[16..]));
        for odd in ["", "pt_", "pt_12_34", "xx_000000000000_0", &token[1..]] {
            assert_eq!(grant_id(odd), None, "{odd}");
        }
        let other = new_token(&GrantKind::Viewer).unwrap();
        assert_ne!(token, other.0);
        assert!(!same(&kept, &other.2));
        assert!(!same(&kept, ""));
    }
}
