//! Who asks, and the document that describes the API.

use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::access::Role;
use crate::error::ApiError;
use crate::http::{Json, Request};
use crate::openapi;
use crate::routes::grants::ScopeView;

/// Who asks, and what a page needs to know before it shows anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// What the token may do; missing without one, where the public may not read. Nobody is
    /// refused here, so that a first visit is no error.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// What its owner calls it.
    name: String,
    /// What a share link shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeView>,
    /// The zone whose dates name days.
    #[schema(example = "Asia/Seoul")]
    timezone: String,
    /// Pricetide's version.
    version: &'static str,
}

/// An `OpenAPI` 3.1 document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct Document(serde_json::Value);

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<SessionView>, ApiError> {
    let caller = &request.caller;
    Ok(Json(SessionView {
        role: caller.role,
        name: caller.name.clone(),
        scope: caller.scope.as_ref().map(ScopeView::of),
        timezone: api.timezone.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }))
}

pub(crate) async fn openapi(api: &Api, _: &Request) -> Result<Json<Document>, ApiError> {
    Ok(Json(Document(openapi::document(api.routes.values()))))
}
