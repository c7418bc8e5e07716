//! What the demo's owner does beside following products: names what several shops sell alike, sets rules,
//! and voids a price.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use model::{Decimal, Money, Product, Scope, ScopedRule};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use store::{AlertRules, Observations, Table};

use super::state::{State, day_of};
use crate::pipeline::Pipeline;
use crate::shop::Shop;

/// Why a price is voided.
const REASON: &str = "the shop showed the price of another article";

/// The products as the owner defines them: what shops call the same is one item, and every product has
/// rules, one of them a target below its first price.
pub(super) fn products(shop: &Shop, state: &State) -> Result<Vec<Product>> {
    let catalogue = shop.catalogue();
    let mut shops: BTreeMap<String, usize> = BTreeMap::new();
    for product in &catalogue {
        *shops.entry(product.name.clone()).or_default() += 1;
    }
    let first = state.first_day()?;
    catalogue
        .into_iter()
        .map(|product| {
            let several = shops.get(&product.name).is_some_and(|count| *count > 1);
            let item = several.then(|| item_of(&product.name)).transpose()?;
            let mut rules = json!([
                {"id": "low", "when": {"kind": "new_low", "days": 30}},
                {"id": "ten", "when": {"kind": "moved", "by": {"percent": "10"}, "against": "previous"}},
                {"id": "back", "when": {"kind": "back_in_stock"}},
                {"id": "sold-out", "when": {"kind": "out_of_stock"}},
                {"id": "no-price", "when": {"kind": "no_price", "runs": 1}},
            ]);
            if let (Some(price), Some(rules)) = (shop.price_on(&product.id, first), rules.as_array_mut())
            {
                let target = below(price, 85);
                rules.push(json!({"id": "target", "when": {"kind": "at_or_below", "price": target}}));
            }
            let alerts = serde_json::from_value(rules)?;
            Ok(Product { item, alerts, ..product })
        })
        .collect()
}

/// Sets a rule for each item: its best offer is well below the first one.
pub(super) async fn set_rules(
    table: &Table,
    products: &[Product],
    shop: &Shop,
    state: &State,
) -> Result<()> {
    let first = state.first_day()?;
    let mut lowest: BTreeMap<&model::ItemId, Money> = BTreeMap::new();
    for product in products {
        let price = shop.price_on(&product.id, first);
        if let (Some(item), Some(price)) = (&product.item, price) {
            let known = lowest.entry(item).or_insert(price);
            if price.currency == known.currency && price.amount < known.amount {
                *known = price;
            }
        }
    }
    let rules = AlertRules::new(table.clone());
    for (item, price) in lowest {
        let target = below(price, 95);
        let rule = json!({"id": "best", "when": {"kind": "at_or_below", "price": target}});
        let rule = ScopedRule {
            scope: Scope::Item(item.clone()),
            rule: serde_json::from_value(rule)?,
        };
        rules.put(&rule).await?;
    }
    Ok(())
}

/// Voids the first price of the first product, unless it is void, and says which.
pub(super) async fn void(pipeline: &Pipeline, table: &Table, state: &State) -> Result<String> {
    let observations = Observations::new(table.clone());
    let Some(run) = state.runs()?.into_iter().next() else {
        return Ok(String::new());
    };
    let seen = observations.of_run(&run).await?;
    let Some(seen) = seen
        .into_values()
        .find(|seen| seen.counted().is_some() || seen.void.is_some())
    else {
        return Ok(String::new());
    };
    if seen.void.is_none() {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let api = pipeline.variable("PRICETIDE_API_URL");
        let (product, run) = (encode(seen.product.as_str()), encode(&run.to_string()));
        let client = Client::builder().no_proxy().build()?;
        let answer = client
            .request(
                Method::PUT,
                format!("{api}/products/{product}/prices/{run}/void"),
            )
            .bearer_auth(pipeline.variable("PRICETIDE_API_TOKEN"))
            .header("content-type", "application/json")
            .body(json!({"reason": REASON}).to_string())
            .send()
            .await?;
        ensure!(
            answer.status().is_success(),
            "the API answers {}",
            answer.status()
        );
    }
    Ok(format!("{} on {}: {REASON}", seen.name, day_of(run.slot)?))
}

/// So many percent of a price, in whole units of its currency.
fn below(price: Money, percent: i64) -> Value {
    let amount = (price.amount * Decimal::new(percent, 2)).trunc();
    json!({"amount": amount.normalize().to_string(), "currency": price.currency.code()})
}

fn item_of(name: &str) -> Result<model::ItemId> {
    let id: String = name.split_whitespace().collect::<Vec<_>>().join("-");
    id.parse()
        .with_context(|| format!("{name:?} names no item"))
}
