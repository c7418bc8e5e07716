//! `/api/alerts/rules`: alert rules of items, categories, tags and everything. A product's own rules are
//! part of its definition.

use model::{AlertRule, RuleId, Scope, ScopedRule, misplaced_array};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Done, Json, Request};

/// The rules beside the products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRulesView {
    /// By scope and id.
    rules: Vec<ScopedRule>,
}

pub(crate) async fn list(api: &Api, _: &Request) -> Result<Json<AlertRulesView>, ApiError> {
    let rules = api.alert_rules.all().await?;
    Ok(Json(AlertRulesView { rules }))
}

pub(crate) async fn get(api: &Api, request: &Request) -> Result<Json<ScopedRule>, ApiError> {
    let (scope, id) = named(request)?;
    let rule = api.alert_rules.get(&scope, &id).await?;
    rule.map(Json).ok_or_else(|| unknown(&scope, &id))
}

pub(crate) async fn put(api: &Api, request: &Request) -> Result<Json<ScopedRule>, ApiError> {
    let (scope, id) = named(request)?;
    let mut body: Map<String, Value> = request.body()?;
    let named = body.entry("id").or_insert_with(|| json!(id));
    if *named != json!(id) {
        let detail = format!("The body names the id {named}, the address {id}.");
        return Err(ApiError::field("id", detail));
    }
    let body = Value::Object(body);
    let rule: AlertRule = serde_path_to_error::deserialize(&body).map_err(|error| {
        let detail = format!("The body is not an alert rule: {}.", error.inner());
        ApiError::field(error.path().to_string(), detail)
    })?;
    if let Some(place) = misplaced_array(&body, &json!(rule)) {
        let field = place.trim_start_matches('/').replace('/', ".");
        let detail = "It is an array and should be an object.";
        return Err(ApiError::field(field, detail));
    }
    rule.check()?;
    if let Scope::Item(item) = &scope {
        let offers = api.products.of_item(item).await?;
        let packs = offers.iter().map(|offer| (&offer.id, offer.pack));
        let mixed = pricing::check_units(packs).err();
        if let Some(mixed) = mixed.filter(|_| pricing::alert::is_of_unit_price(&rule)) {
            return Err(ApiError::field("when.basis", format!("{mixed}.")));
        }
    }
    let rule = ScopedRule { scope, rule };
    let standing = api.alert_rules.all().await?;
    let is_new = !standing
        .iter()
        .any(|one| one.scope == rule.scope && one.rule.id == rule.rule.id);
    if is_new && standing.len() >= ScopedRule::MOST {
        let most = ScopedRule::MOST;
        let detail = format!(
            "There are {most} rules beside the products already, and each is looked at for every \
             product that it covers: remove one first."
        );
        return Err(ApiError::bad(detail));
    }
    api.alert_rules.put(&rule).await?;
    Ok(Json(rule))
}

pub(crate) async fn delete(api: &Api, request: &Request) -> Result<Done, ApiError> {
    let (scope, id) = named(request)?;
    if api.alert_rules.delete(&scope, &id).await? {
        Ok(Done)
    } else {
        Err(unknown(&scope, &id))
    }
}

fn named(request: &Request) -> Result<(Scope, RuleId), ApiError> {
    let scope: Scope = request.id("scope")?;
    if let Scope::Product(id) = scope {
        let detail = format!(
            "A product's rules are part of its definition: `alerts` of PUT /api/products/{id}."
        );
        return Err(ApiError::field("scope", detail));
    }
    Ok((scope, request.id("rule")?))
}

fn unknown(scope: &Scope, id: &RuleId) -> ApiError {
    ApiError::not_found(format!(
        "There is no rule {id} of {scope}. GET /api/alerts/rules lists those that there are."
    ))
}
