//! `/api/tokens`, `/api/shares`, `/api/grants`: who else may use the API.

use jiff::Timestamp;
use model::{ItemId, ProductId};
use serde::{Deserialize, Serialize};
use store::{Grant, GrantKind, ShareScope};
use utoipa::ToSchema;

use crate::Api;
use crate::access::{Role, new_token};
use crate::error::ApiError;
use crate::http::{Done, Json, Request};

/// The longest name of a grant, in bytes.
const MAX_NAME: usize = 100;

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it, at most 100 bytes.
    #[schema(example = "the dashboard", min_length = 1, max_length = 100)]
    name: String,
    /// What it may do.
    role: TokenRole,
}

/// What a token that is given out may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenRole {
    /// Reads everything.
    Viewer,
    /// Reads and changes everything.
    Editor,
}

/// A share link to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// What it shows.
    scope: ScopeView,
}

/// What a share link shows: `{"product": "airpods-pro-2"}` or `{"item": "airpods-pro"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeView {
    /// One product.
    Product(ProductId),
    /// One item, with the products that are its offers.
    Item(ItemId),
}

/// A grant as it is shown: without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// What it allows.
    role: Role,
    /// What a share link shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// All grants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantsView {
    /// Newest first.
    grants: Vec<GrantView>,
}

/// A grant that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeGrant {
    /// The grant.
    grant: GrantView,
    /// What its holder sends as `Authorization: Bearer …`. It is shown this once.
    token: String,
}

impl ScopeView {
    pub(crate) fn of(scope: &ShareScope) -> Self {
        match scope {
            ShareScope::Product(id) => Self::Product(id.clone()),
            ShareScope::Item(id) => Self::Item(id.clone()),
        }
    }
}

impl GrantView {
    fn of(grant: &Grant) -> Self {
        let (role, scope) = match &grant.kind {
            GrantKind::Viewer => (Role::Viewer, None),
            GrantKind::Editor => (Role::Editor, None),
            GrantKind::Share(scope) => (Role::Share, Some(ScopeView::of(scope))),
        };
        Self {
            id: grant.id.clone(),
            name: grant.name.clone(),
            role,
            scope,
            created_at: grant.created_at,
        }
    }
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<GrantsView>, ApiError> {
    let mut grants = api.grants.all().await?;
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
    Ok(Json(GrantsView {
        grants: grants.iter().map(GrantView::of).collect(),
    }))
}

pub(crate) async fn make_token(api: &Api, request: &Request) -> Result<Json<MadeGrant>, ApiError> {
    let NewToken { name, role } = request.body()?;
    let fits = (1..=MAX_NAME).contains(&name.trim().len()) && !name.chars().any(unstorable);
    if !fits {
        let detail = "A name has 1 to 100 bytes of text, without control characters.";
        return Err(ApiError::field("name", detail));
    }
    let kind = match role {
        TokenRole::Viewer => GrantKind::Viewer,
        TokenRole::Editor => GrantKind::Editor,
    };
    make(api, name.trim().to_owned(), kind).await
}

pub(crate) async fn make_share(api: &Api, request: &Request) -> Result<Json<MadeGrant>, ApiError> {
    let NewShare { scope } = request.body()?;
    let (name, scope) = match scope {
        ScopeView::Product(id) => {
            let Some(product) = api.products.get(&id).await? else {
                return Err(ApiError::not_found(format!("There is no product {id}.")));
            };
            let name = product
                .definition
                .map_or_else(|_| id.to_string(), |it| it.name);
            (name, ShareScope::Product(id))
        }
        ScopeView::Item(id) => (id.to_string(), ShareScope::Item(id)),
    };
    make(api, name, GrantKind::Share(scope)).await
}

async fn make(api: &Api, name: String, kind: GrantKind) -> Result<Json<MadeGrant>, ApiError> {
    let (token, id, digest) = new_token(&kind)?;
    let grant = Grant {
        id,
        name,
        kind,
        digest,
        created_at: Timestamp::now(),
    };
    api.grants.put(&grant).await?;
    Ok(Json(MadeGrant {
        grant: GrantView::of(&grant),
        token,
    }))
}

pub(crate) async fn revoke(api: &Api, request: &Request) -> Result<Done, ApiError> {
    let id = request.path("id");
    let missing = || ApiError::not_found(format!("There is no token or share link {id:?}."));
    let grant = if id.is_empty() {
        None
    } else {
        api.grants.get(id).await?
    };
    let grant = grant.ok_or_else(missing)?;
    if !matches!(grant.kind, GrantKind::Share(_)) {
        request.caller.needs(Role::Owner)?;
    }
    api.grants.revoke(id).await?;
    Ok(Done)
}

/// Characters that a table, a queue or a header cannot carry.
fn unstorable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')
}
