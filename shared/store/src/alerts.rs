//! What alert rules remember, and what they told.
//!
//! `PRODUCT#id` / `ALERT#rule` is a rule's state: `slot`, up to which it has come, and `state`, which
//! only the crate `pricing` reads. `PRODUCT#id` / `FIRED#slot#rule` is a firing, put once before the
//! state moves on: who dies in between finds the state as it was, decides the same and puts the same
//! firing again. A state moves only forward by slot, so that a late or repeated look changes nothing.
//! Of an item's rule both lie under `ITEM#id`; a rule of a category, a tag or everything has a state for
//! each product, `ALERT#category:Electronics#rule`.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Context, Result};
use model::{Alert, ItemId, ProductId, RuleId, Scope, ScopedRule, Slot, rule_name};

use crate::item::{self, Item, s, text};
use crate::listing::Listing;
use crate::{Cursor, Page, Table};

/// What a rule's decisions are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A product.
    Product(ProductId),
    /// An item's best offer.
    Item(ItemId),
}

/// What the rules about one product or item remember.
#[derive(Debug, Default)]
pub struct RuleStates(HashMap<String, String>);

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

    /// The states of the rules about a product or item, as the latest write left them.
    pub async fn states(&self, subject: &Subject) -> Result<RuleStates> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p AND begins_with(SK, :a)")
            .expression_attribute_values(":p", s(subject.partition()))
            .expression_attribute_values(":a", s("ALERT#"))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut states = HashMap::new();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the alerts of {subject}"))?;
            let rule = text(&item, "SK").and_then(|key| key.strip_prefix("ALERT#"));
            let rule = rule.context("a state is of no rule")?;
            let state = text(&item, "state").context("a rule's state is empty")?;
            states.insert(rule.to_owned(), state.to_owned());
        }
        Ok(RuleStates(states))
    }

    /// Puts a firing, unless it is there.
    pub async fn fired(&self, alert: &Alert) -> Result<()> {
        let (slot, rule) = (alert.run.slot, alert.rule_name());
        let subject = Subject::of_alert(alert);
        let sort = format!("FIRED#{slot}#{rule}");
        let mut item = item::key(subject.partition(), &sort);
        item.insert("alert".to_owned(), s(serde_json::to_string(alert)?));
        let id = format_args!("{subject}#{rule}");
        for (name, value) in Listing::Alerts.by_time(slot, id) {
            item.insert(name.to_owned(), s(value));
        }
        let put = self.table.put_once(item).await;
        put.with_context(|| format!("keep the alert {rule} of {subject}"))?;
        Ok(())
    }

    /// Moves a rule's state on; false when it stands at this slot or a later one already.
    pub async fn advance(
        &self,
        subject: &Subject,
        rule: &ScopedRule,
        slot: Slot,
        state: &str,
    ) -> Result<bool> {
        let name = kept_name(&rule.scope, &rule.rule.id);
        let update = self
            .table
            .update(subject.partition(), &format!("ALERT#{name}"))
            .update_expression("SET slot = :slot, #state = :state")
            .condition_expression("attribute_not_exists(slot) OR slot < :slot")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":slot", s(slot.to_string()))
            .expression_attribute_values(":state", s(state));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("move the rule {name} of {subject} on"))?;
        Ok(written.is_applied())
    }

    /// Puts `state` in the place of what a rule remembered wrongly; its slot stays. False when it
    /// remembers something else by now.
    pub async fn correct(
        &self,
        subject: &Subject,
        rule: &ScopedRule,
        from: &str,
        state: &str,
    ) -> Result<bool> {
        let name = kept_name(&rule.scope, &rule.rule.id);
        let update = self
            .table
            .update(subject.partition(), &format!("ALERT#{name}"))
            .update_expression("SET #state = :state")
            .condition_expression("#state = :from")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":from", s(from))
            .expression_attribute_values(":state", s(state));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("correct the rule {name} of {subject}"))?;
        Ok(written.is_applied())
    }

    /// A page of what fired, the newest slot first. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<Alert>> {
        let page = self.table.page_of_items(Listing::Alerts, cursor, limit);
        page.await?.try_map(|item| read(&item))
    }
}

impl Subject {
    /// What an alert is about.
    fn of_alert(alert: &Alert) -> Self {
        match &alert.scope {
            Some(Scope::Item(item)) => Self::Item(item.clone()),
            _ => Self::Product(alert.product.clone()),
        }
    }

    fn partition(&self) -> String {
        match self {
            Self::Product(id) => format!("PRODUCT#{id}"),
            Self::Item(id) => format!("ITEM#{id}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => write!(f, "{id}"),
            Self::Item(id) => write!(f, "item:{id}"),
        }
    }
}

impl RuleStates {
    /// What a rule remembers.
    pub fn of(&self, rule: &ScopedRule) -> Option<&str> {
        let name = kept_name(&rule.scope, &rule.rule.id);
        self.0.get(&name).map(String::as_str)
    }
}

/// How a rule is named among those about one product or item.
fn kept_name(scope: &Scope, rule: &RuleId) -> String {
    match scope {
        Scope::Product(_) | Scope::Item(_) => rule.to_string(),
        Scope::Category(_) | Scope::Tag(_) | Scope::All => rule_name(scope, rule),
    }
}

fn read(item: &Item) -> Result<Alert> {
    let alert = text(item, "alert").context("a firing says nothing")?;
    serde_json::from_str(alert).context("read a firing")
}
