//! What alert rules remember, and what they told.
//!
//! `PRODUCT#id` / `ALERT#rule` is a rule's state: `slot`, up to which it has come, and `state`, which
//! only the crate `pricing` reads. `PRODUCT#id` / `FIRED#slot#rule` is a firing, put once before the
//! state moves on: who dies in between finds the state as it was, decides the same and puts the same
//! firing again. A state moves only forward by slot, so that a late or repeated look changes nothing.

use std::collections::HashMap;

use anyhow::{Context, Result};
use model::{Alert, ProductId, RuleId, Slot};

use crate::item::{self, Item, s, text};
use crate::listing::Listing;
use crate::{Cursor, Page, Table};

/// The alerts.
#[derive(Debug, Clone)]
pub struct Alerts {
    table: Table,
}

impl Alerts {
    /// The alerts of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The states of a product's rules, as they were kept, by rule; as the latest write left them.
    pub async fn states(&self, product: &ProductId) -> Result<HashMap<RuleId, String>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p AND begins_with(SK, :a)")
            .expression_attribute_values(":p", s(partition(product)))
            .expression_attribute_values(":a", s("ALERT#"))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut states = HashMap::new();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the alerts of {product}"))?;
            let rule = text(&item, "SK").and_then(|key| key.strip_prefix("ALERT#"));
            let rule = rule.context("a state is of no rule")?.parse()?;
            let state = text(&item, "state").context("a rule's state is empty")?;
            states.insert(rule, state.to_owned());
        }
        Ok(states)
    }

    /// Puts a firing, unless it is there.
    pub async fn fired(&self, alert: &Alert) -> Result<()> {
        let Alert {
            product, rule, run, ..
        } = alert;
        let sort = format!("FIRED#{}#{rule}", run.slot);
        let mut item = item::key(partition(product), &sort);
        item.insert("alert".to_owned(), s(serde_json::to_string(alert)?));
        let id = format_args!("{product}#{rule}");
        for (name, value) in Listing::Alerts.by_time(run.slot, id) {
            item.insert(name.to_owned(), s(value));
        }
        let put = self.table.put_once(item).await;
        put.with_context(|| format!("keep the alert {rule} of {product}"))?;
        Ok(())
    }

    /// Moves a rule's state on; false when it stands at this slot or a later one already.
    pub async fn advance(
        &self,
        product: &ProductId,
        rule: &RuleId,
        slot: Slot,
        state: &str,
    ) -> Result<bool> {
        let update = self
            .table
            .update(partition(product), &format!("ALERT#{rule}"))
            .update_expression("SET slot = :slot, #state = :state")
            .condition_expression("attribute_not_exists(slot) OR slot < :slot")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":slot", s(slot.to_string()))
            .expression_attribute_values(":state", s(state));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("move the rule {rule} of {product} on"))?;
        Ok(written.is_applied())
    }

    /// A page of what fired, the newest slot first. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<Alert>> {
        let page = self.table.page_of_items(Listing::Alerts, cursor, limit);
        page.await?.try_map(|item| read(&item))
    }
}

fn partition(product: &ProductId) -> String {
    format!("PRODUCT#{product}")
}

fn read(item: &Item) -> Result<Alert> {
    let alert = text(item, "alert").context("a firing says nothing")?;
    serde_json::from_str(alert).context("read a firing")
}
