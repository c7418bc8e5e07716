//! Access keys: the owner's, which may do everything, and one for each function, which may do
//! what the function's role allows.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::policy::{Decision, Permission, Policy};

/// Refusals beyond this are not kept: the first ones tell what is missing.
const REFUSALS_KEPT: usize = 100;

/// The access keys of one embedded stack. Clones are the same keys.
#[derive(Clone)]
pub struct AccessKeys(Arc<Shared>);

struct Shared {
    account: String,
    owner: Key,
    principals: RwLock<BTreeMap<String, Arc<Principal>>>,
    refusals: Mutex<Vec<Refusal>>,
}

struct Key {
    id: String,
    secret: String,
}

/// A function, or a schedule, under its role.
struct Principal {
    key: Key,
    name: String,
    policy: Policy,
}

/// Who asks.
#[derive(Clone)]
pub struct Caller(Option<Arc<Principal>>, AccessKeys);

/// One action on one resource, as IAM names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `dynamodb:GetItem`.
    pub action: String,
    /// The ARN, or `*` for actions that are not about a resource.
    pub resource: String,
}

impl Request {
    /// An action on a resource.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
        }
    }
}

/// A request that a role does not allow. Its text is AWS's own; [`Refusal::advice`] says what to
/// add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who asked: a function's key in serverless.yml, or `schedule-` and a schedule's name.
    pub name: String,
    /// The role's logical id.
    pub role: String,
    /// What was asked for.
    pub request: Request,
    /// Whether a statement denies it, rather than none allowing it.
    pub denied: bool,
    account: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            role,
            request: Request { action, resource },
            account,
            denied,
        } = self;
        write!(
            f,
            "User: arn:aws:sts::{account}:assumed-role/{role}/{name} is not authorized to \
             perform: {action} on resource: {resource} "
        )?;
        if *denied {
            f.write_str("with an explicit deny in an identity-based policy")
        } else {
            write!(
                f,
                "because no identity-based policy allows the {action} action"
            )
        }
    }
}

impl Refusal {
    /// What to change in serverless.yml.
    pub fn advice(&self) -> String {
        let Self {
            name,
            role,
            request: Request { action, resource },
            denied,
            ..
        } = self;
        if *denied {
            return format!(
                "`{name}` asked for {action} on {resource}, which a Deny of {role} in \
                 serverless.yml forbids"
            );
        }
        format!(
            "`{name}` asked for {action} on {resource}, which {role} in serverless.yml does \
             not allow; if it should, add `{{ Effect: Allow, Action: {action}, Resource: … }}` \
             to its Statement, the resource by !GetAtt or !Sub"
        )
    }
}

impl AccessKeys {
    /// With the owner's key alone.
    pub(crate) fn new(account: &str, id: &str, secret: &str) -> Self {
        Self(Arc::new(Shared {
            account: account.to_owned(),
            owner: Key {
                id: id.to_owned(),
                secret: secret.to_owned(),
            },
            principals: RwLock::default(),
            refusals: Mutex::default(),
        }))
    }

    /// Gives a function (or a schedule) a key, its id and its secret. They follow from the owner's,
    /// so that what a function has signed outlives a restart; an earlier policy is replaced.
    pub fn issue(&self, name: &str, policy: Policy) -> (String, String) {
        let owner = &self.0.owner;
        let id = format!("{}-{name}", owner.id);
        let mut mac = Hmac::<Sha256>::new_from_slice(owner.secret.as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(format!("access key of {name}").as_bytes());
        let secret = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        let principal = Principal {
            key: Key {
                id: id.clone(),
                secret: secret.clone(),
            },
            name: name.to_owned(),
            policy,
        };
        let mut principals = self
            .0
            .principals
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        principals.insert(id.clone(), Arc::new(principal));
        (id, secret)
    }

    /// Who has the key of this id.
    pub(crate) fn caller(&self, id: &str) -> Option<Caller> {
        if id == self.0.owner.id {
            return Some(Caller(None, self.clone()));
        }
        let principals = self
            .0
            .principals
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let principal = principals.get(id)?;
        Some(Caller(Some(Arc::clone(principal)), self.clone()))
    }

    /// What functions were refused, oldest first; at most a hundred are kept.
    pub fn refusals(&self) -> Vec<Refusal> {
        let refusals = self.0.refusals.lock();
        refusals.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every permission of every function, and whether some request was allowed by it and by no
    /// other: that request would have been refused without it.
    pub fn permissions(&self) -> BTreeMap<Permission, bool> {
        let principals = self
            .0
            .principals
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let mut permissions = BTreeMap::new();
        for principal in principals.values() {
            for (permission, needed) in principal.policy.permissions() {
                *permissions.entry(permission.clone()).or_default() |= needed;
            }
        }
        permissions
    }
}

impl fmt::Debug for AccessKeys {
    /// Never a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys").finish_non_exhaustive()
    }
}

impl Caller {
    /// The secret that the caller signs with.
    pub(crate) fn secret(&self) -> &str {
        let Self(principal, keys) = self;
        match principal {
            Some(principal) => &principal.key.secret,
            None => &keys.0.owner.secret,
        }
    }

    /// Whether it is the owner, who may do everything.
    pub(crate) fn is_owner(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the caller may do all of this; the first that it may not is kept and logged.
    pub(crate) fn authorize(&self, requests: &[Request]) -> Result<(), Box<Refusal>> {
        let Self(Some(principal), keys) = self else {
            return Ok(());
        };
        for request in requests {
            let decision = principal.policy.decide(&request.action, &request.resource);
            if decision == Decision::Allowed {
                continue;
            }
            let refusal = Refusal {
                name: principal.name.clone(),
                role: principal.policy.role().to_owned(),
                request: request.clone(),
                denied: decision == Decision::Denied,
                account: keys.0.account.clone(),
            };
            tracing::error!("{}", refusal.advice());
            let refusals = keys.0.refusals.lock();
            let mut refusals = refusals.unwrap_or_else(PoisonError::into_inner);
            if refusals.len() < REFUSALS_KEPT {
                refusals.push(refusal.clone());
            }
            return Err(Box::new(refusal));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Effect, Entries, Resource, Statement};
    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:eu-west-1:000000000000:table/prices";

    fn policy() -> Policy {
        let table = Resource {
            arn: TABLE.to_owned(),
            written: "!GetAtt Table.Arn".to_owned(),
        };
        let get = Statement {
            effect: Effect::Allow,
            actions: Entries::Any(vec!["dynamodb:GetItem".to_owned()]),
            resources: Entries::Any(vec![table]),
        };
        Policy::new("WorkerRole", &[get], None)
    }

    #[test]
    fn the_owner_may_do_what_no_function_may() {
        let keys = AccessKeys::new("000000000000", "owner", "secret");
        let (id, _) = keys.issue("worker", policy());
        let put = [Request::new("dynamodb:PutItem", TABLE)];
        let owner = keys.caller("owner").unwrap();
        assert!(owner.is_owner() && owner.authorize(&put).is_ok());
        let worker = keys.caller(&id).unwrap();
        assert!(
            worker
                .authorize(&[Request::new("dynamodb:GetItem", TABLE)])
                .is_ok()
        );
        let refusal = worker.authorize(&put).unwrap_err();
        let text = refusal.to_string();
        assert!(text.contains("assumed-role/WorkerRole/worker"), "{text}");
        assert!(
            text.contains("dynamodb:PutItem on resource: arn:"),
            "{text}"
        );
        assert!(refusal.advice().contains("Action: dynamodb:PutItem"));
        assert_eq!(keys.refusals(), [*refusal]);
        assert!(keys.caller("somebody").is_none());
    }

    #[test]
    fn a_functions_key_is_its_own_and_the_same_after_a_restart() {
        let issue = |secret: &str, function: &str| {
            AccessKeys::new("0", "owner", secret).issue(function, policy())
        };
        assert_eq!(issue("a", "worker"), issue("a", "worker"));
        assert_ne!(issue("a", "worker").1, issue("a", "api").1);
        assert_ne!(issue("a", "worker").1, issue("b", "worker").1);
    }
}
