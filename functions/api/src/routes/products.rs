//! `/products/{id}`: what is followed, and the prices found.

use anyhow::Result;
use model::{Observation, Outcome, Product, ProductId};
use serde_json::{Value, json};

use crate::answer::{Answer, problem};
use crate::{Api, Request};

/// How many prices are given when the request names no number.
const DEFAULT_LIMIT: u16 = 100;
/// How many prices are given at the most.
const MAX_LIMIT: u16 = 1_000;

/// Follows a product, or changes how: the body is its definition.
pub(crate) async fn put(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let id = match id(request) {
        Ok(id) => id,
        Err(bad) => return Ok(bad),
    };
    let mut body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(error) => return Ok(problem(400, format!("The body is not JSON: {error}."))),
    };
    if let Value::Object(fields) = &mut body {
        let named = fields.entry("id").or_insert_with(|| json!(id));
        if *named != json!(id) {
            return Ok(problem(
                400,
                format!("The body names the id {named}, the address {id}."),
            ));
        }
    }
    let product: Product = match serde_json::from_value(body) {
        Ok(product) => product,
        Err(error) => {
            return Ok(problem(400, format!("The body is not a product: {error}.")));
        }
    };
    if let Err(detail) = product.check() {
        return Ok(problem(400, detail.to_string()));
    }
    api.products.define(&product).await?;
    Ok(Answer::json(200, &product)?)
}

/// A product and its last price.
pub(crate) async fn get(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let id = match id(request) {
        Ok(id) => id,
        Err(bad) => return Ok(bad),
    };
    let Some(stored) = api.products.get(&id).await? else {
        return Ok(problem(404, format!("There is no product {id}.")));
    };
    let last = stored.last.map(|last| {
        json!({
            "price": last.price,
            "availability": last.availability,
            "slot": last.slot,
        })
    });
    let (definition, unreadable) = match stored.definition {
        Ok(product) => (Some(product), None),
        Err(failure) => (None, Some(failure)),
    };
    Ok(Answer::json(
        200,
        &json!({"product": definition, "unreadable": unreadable, "last": last}),
    )?)
}

/// The newest outcomes of a product, newest first.
pub(crate) async fn prices(api: &Api, request: &Request<'_>) -> Result<Answer> {
    let id = match id(request) {
        Ok(id) => id,
        Err(bad) => return Ok(bad),
    };
    let limit = match request.query.get("limit").map(|limit| limit.parse()) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => {
            return Ok(problem(
                400,
                format!("limit is a number from 1 to {MAX_LIMIT}."),
            ));
        }
    };
    let history = api.observations.history(&id, limit).await?;
    let prices: Vec<Value> = history.iter().map(outcome).collect();
    Ok(Answer::json(
        200,
        &json!({"product": id, "prices": prices}),
    )?)
}

fn id(request: &Request<'_>) -> Result<ProductId, Answer> {
    let id = request.path.get("id").map_or("", String::as_str);
    ProductId::new(id).map_err(|invalid| problem(400, invalid.to_string()))
}

fn outcome(observation: &Observation) -> Value {
    let mut value = match &observation.outcome {
        Outcome::Price(offer) => json!({
            "amount": offer.price.amount.to_string(),
            "currency": offer.price.currency,
            "availability": offer.availability,
            "found_in": offer.found_in,
        }),
        Outcome::Failure(failure) => json!({
            "failure": failure.reason,
            "sentence": failure.reason.sentence(),
            "detail": failure.detail,
        }),
    };
    value["run"] = json!(observation.run);
    value["slot"] = json!(observation.run.slot);
    value["fetched_at"] = json!(observation.fetched_at);
    if let Some(unconfirmed) = observation.unconfirmed {
        value["unconfirmed"] = json!(unconfirmed);
    }
    value
}
