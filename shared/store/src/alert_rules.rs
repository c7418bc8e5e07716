//! Alert rules that are kept beside the products: of items, categories, tags and everything.
//!
//! `ALERTS` / `RULE#scope#rule`: they are few ([`ScopedRule::MOST`]), and whoever evaluates reads them
//! all. A product's own rules are part of its definition.

use anyhow::{Context, Result};
use model::{RuleId, Scope, ScopedRule, rule_name};

use crate::Table;
use crate::item::{self, Item, s, text};

const PARTITION: &str = "ALERTS";

/// The rules beside the products.
#[derive(Debug, Clone)]
pub struct AlertRules {
    table: Table,
}

impl AlertRules {
    /// The rules of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Stores a rule, new or changed.
    pub async fn put(&self, rule: &ScopedRule) -> Result<()> {
        let mut item = item::key(PARTITION.to_owned(), &sort_key(&rule.scope, &rule.rule.id));
        item.insert("rule".to_owned(), s(serde_json::to_string(rule)?));
        let put = self.table.put(item).send().await;
        put.with_context(|| format!("store the rule {}", rule.rule.id))?;
        Ok(())
    }

    /// Looks a rule up.
    pub async fn get(&self, scope: &Scope, rule: &RuleId) -> Result<Option<ScopedRule>> {
        let sort = sort_key(scope, rule);
        let item = self.table.get_latest(PARTITION.to_owned(), &sort).await;
        let item = item.with_context(|| format!("read the rule {rule} of {scope}"))?;
        item.as_ref().map(read).transpose()
    }

    /// Removes a rule; false when there is none. What it told stays.
    pub async fn delete(&self, scope: &Scope, rule: &RuleId) -> Result<bool> {
        let sort = sort_key(scope, rule);
        let deleted = self.table.delete(PARTITION.to_owned(), &sort).await;
        deleted.with_context(|| format!("delete the rule {rule} of {scope}"))
    }

    /// Every rule, by scope and id, as the latest write left them.
    pub async fn all(&self) -> Result<Vec<ScopedRule>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p")
            .expression_attribute_values(":p", s(PARTITION))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut rules = Vec::new();
        while let Some(item) = items.next().await {
            rules.push(read(&item.context("read the alert rules")?)?);
        }
        Ok(rules)
    }
}

fn sort_key(scope: &Scope, rule: &RuleId) -> String {
    format!("RULE#{}", rule_name(scope, rule))
}

fn read(item: &Item) -> Result<ScopedRule> {
    let rule = text(item, "rule").context("a rule says nothing")?;
    serde_json::from_str(rule).context("read an alert rule")
}
