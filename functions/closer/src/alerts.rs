//! Evaluates the alert rules of products at a slot, and keeps what they decide.
//!
//! A rule is decided from the product's history alone, up to the slot, and from what it remembers.
//! The firing is kept before the rule's state moves on, so that whoever dies in between decides the
//! same once more. A rule whose state has come to this slot already is asked again for its figures
//! alone: a run that is closed a second time names the same alerts.

use std::collections::HashMap;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, tz::TimeZone};
use model::{Alert, AlertRule, Message, Notification, Observation, Product, RuleId, Slot};
use pricing::alert::{Outcome, Rule, State};
use pricing::{Language, Point, Terms};
use store::{Alerts, Observations, Queue};
use tracing::{info, warn};

/// How many products' histories are read at once.
const AT_ONCE: usize = 8;
/// How far back a history is read: as far as any rule looks.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24 * AlertRule::MAX_DAYS as i64);

/// Evaluates alert rules.
#[derive(Debug, Clone)]
pub(crate) struct Evaluator {
    pub(crate) alerts: Alerts,
    pub(crate) observations: Observations,
    pub(crate) notifications: Queue,
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
}

impl Evaluator {
    /// What the rules of these products fired at the slot of their settled outcomes, in the order
    /// of the products.
    pub(crate) async fn fired<'a>(
        &self,
        settled: impl Iterator<Item = (&'a Observation, &'a Product)>,
    ) -> Result<Vec<Alert>> {
        let with_rules = settled.filter(|(_, product)| !product.alerts.is_empty());
        let with_rules: Vec<_> = with_rules.collect();
        let fired: Vec<Vec<Alert>> = stream::iter(with_rules)
            .map(|(seen, product)| self.of_product(seen, product))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(fired.into_iter().flatten().collect())
    }

    async fn of_product(&self, seen: &Observation, product: &Product) -> Result<Vec<Alert>> {
        let (states, history) =
            tokio::try_join!(self.alerts.states(&product.id), self.history(seen, product))?;
        let mut fired = Vec::new();
        for definition in &product.alerts {
            let alert = self
                .of_rule(definition, seen, product, &states, &history)
                .await?;
            fired.extend(alert);
        }
        Ok(fired)
    }

    /// What is known of a product up to an outcome. What was read may be older than the outcome,
    /// which is then added.
    async fn history(&self, last: &Observation, product: &Product) -> Result<Vec<Point>> {
        let slot = last.run.slot;
        let from = slot.instant().checked_sub(LOOKS_BACK).ok().map(Slot::at);
        let stored = self.observations.between(&product.id, from, Some(slot));
        let mut seen = stored.await?;
        seen.retain(|seen| seen.run != last.run);
        seen.push(last.clone());
        Ok(pricing::history(&seen, Terms::of(product)))
    }

    async fn of_rule(
        &self,
        definition: &AlertRule,
        seen: &Observation,
        product: &Product,
        states: &HashMap<RuleId, String>,
        history: &[Point],
    ) -> Result<Option<Alert>> {
        let (id, slot) = (&definition.id, seen.run.slot);
        let state = states.get(id).map(|state| read(&product.id, id, state));
        let state = state.transpose()?;
        let rule = Rule::new(definition, &self.zone);
        let Some(decision) = rule.evaluate(state.as_ref(), history) else {
            return Ok(None);
        };
        let fired = match decision.outcome {
            Outcome::Fired => true,
            Outcome::Passed(at) => {
                at == slot
                    && state
                        .as_ref()
                        .is_some_and(|state| state.fired == Some(slot))
            }
            _ => false,
        };
        let alert = fired.then(|| Alert {
            product: product.id.clone(),
            name: seen.name.clone(),
            vendor: seen.vendor.clone(),
            rule: id.clone(),
            run: seen.run.clone(),
            urgent: definition.urgent,
            text: decision.fact.in_words(self.language, &self.zone),
        });
        if let Some(alert) = &alert {
            self.alerts.fired(alert).await?;
            if alert.urgent {
                // Before the state moves on; the notifier tells each alert once.
                let note = Message::from(Notification::Alert(alert.clone()));
                self.notifications
                    .send(note, std::time::Duration::ZERO)
                    .await?;
            }
        }
        if let Some(next) = &decision.next {
            let state = serde_json::to_string(next)?;
            if self.alerts.advance(&product.id, id, slot, &state).await? {
                info!(product = %product.id, rule = %id, %slot, fired, "alert rule moved on");
            } else {
                warn!(product = %product.id, rule = %id, %slot, "alert rule stands further on");
            }
        }
        Ok(alert)
    }
}

fn read(product: &model::ProductId, rule: &RuleId, state: &str) -> Result<State> {
    serde_json::from_str(state)
        .with_context(|| format!("the state of the rule {rule} of {product}"))
}
