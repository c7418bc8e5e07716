//! The `OpenAPI` 3.1 document, made of the table of routes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::access::Access;
use crate::error::Problem;
use crate::route::{Described, Route, Schemas};

/// The document of these routes.
pub(crate) fn document<'a>(routes: impl Iterator<Item = &'a Route>) -> Value {
    let mut schemas: Schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        for described in route.body.iter().chain(&route.answer) {
            (described.schemas)(&mut schemas);
        }
        // OpenAPI knows no parameter that takes the rest of a path.
        let path = paths.entry(route.path()).or_default();
        path.insert(route.method().to_lowercase(), operation(route));
    }
    let paths: BTreeMap<String, _> = paths
        .into_iter()
        .map(|(path, methods)| (path.replace("+}", "}"), methods))
        .collect();
    let schemas: BTreeMap<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, json!(schema)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pricetide",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The owner's token, one that `pricetide tokens` made, or a share link's.",
            }},
        },
    })
}

const DESCRIPTION: &str = "Prices that are followed. Amounts are exact decimals in strings, \
    instants are RFC 3339 in UTC. A parameter of a path can be sent as `~` and its Base64 (URL \
    alphabet, no padding): some gateways cut a decoded `?` or `#`. What is refused is refused \
    with a problem document (RFC 9457). Answers carry an ETag; send it back as If-None-Match.";

fn operation(route: &Route) -> Value {
    let access = match route.access {
        Access::Open => "Open to all.".to_owned(),
        Access::Known => "For all; every token and share link is told who it is.".to_owned(),
        Access::Product => "For viewers, and a share link of the product.".to_owned(),
        Access::Item => "For viewers, and a share link of the item.".to_owned(),
        Access::File => "For viewers, and whoever has a signed link.".to_owned(),
        Access::Viewer => "For viewers.".to_owned(),
        Access::Editor => "For editors.".to_owned(),
        Access::Owner => "For the owner.".to_owned(),
    };
    let mut operation = json!({
        "summary": route.summary,
        "description": access,
        "operationId": operation_id(route),
        "tags": [route.path().split('/').nth(2).unwrap_or_default().trim_end_matches(".json")],
        "responses": responses(route),
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = &route.body {
        operation["requestBody"] = json!({"required": true, "content": content(body)});
    }
    if route.access == Access::Open {
        operation["security"] = json!([]);
    }
    operation
}

/// `get_products_id_prices`.
fn operation_id(route: &Route) -> String {
    let words = route.path().trim_start_matches("/api/");
    let words = words
        .replace(['{', '}', '+'], "")
        .replace(['/', '.', '-'], "_");
    format!("{}_{words}", route.method().to_lowercase())
}

fn content(described: &Described) -> Value {
    let reference = format!("#/components/schemas/{}", (described.name)());
    json!({"application/json": {"schema": {"$ref": reference}}})
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path().split('/').filter_map(|part| {
        let name = part
            .strip_prefix('{')?
            .trim_end_matches('}')
            .trim_end_matches('+');
        Some(json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": {"type": "string", "minLength": 1},
        }))
    });
    let query = route.query.map(|query| query()).unwrap_or_default();
    let mut parameters: Vec<Value> = in_path.collect();
    parameters.extend(query.into_iter().map(|parameter| json!(parameter)));
    if route.idempotent_by_key {
        parameters.push(json!({
            "name": "idempotency-key",
            "in": "header",
            "description": "The same key within a day starts nothing again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }));
    }
    parameters
}

fn responses(route: &Route) -> Value {
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
            }},
        })
    };
    let mut success = json!({"description": route.summary});
    if let Some(answer) = &route.answer {
        success["content"] = content(answer);
    }
    let mut all = Map::new();
    all.insert(route.status.to_string(), success);
    if route.method() == "GET" && route.answer.is_some() {
        let same = "It is what If-None-Match names.";
        all.insert("304".to_owned(), json!({"description": same}));
    }
    all.insert("400".to_owned(), problem("The request is wrong."));
    if route.access != Access::Open {
        all.insert(
            "401".to_owned(),
            problem("The token is missing or not known."),
        );
        all.insert("403".to_owned(), problem("The token may not do this."));
    }
    all.insert("404".to_owned(), problem("There is no such thing."));
    all.insert("413".to_owned(), problem("The body is too large."));
    all.insert("500".to_owned(), problem("Something failed on this side."));
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.push(reference);
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_nothing_is_nullable() {
        let table = table();
        let document = document(table.iter());
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        assert!(!document.to_string().contains("\"nullable\""));
    }

    #[test]
    fn every_operation_has_an_id_of_its_own() {
        let table = table();
        let mut ids: Vec<String> = table.iter().map(operation_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), table.len(), "{ids:?}");
    }
}
