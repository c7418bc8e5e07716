//! Evaluates alert rules at a slot, and keeps what they decide.
//!
//! A rule is decided from the history alone, up to the slot, and from what it remembers: a product's own
//! rules and those of its category, its tags and everything from the product's history, an item's rule
//! from its best offer. The firing is kept before the rule's state moves on, so that whoever dies in
//! between decides the same once more. A rule whose state has come to this slot already is asked again
//! for its figures alone: a run that is closed a second time names the same alerts.
//!
//! When a price is voided, or a failure becomes a price, what the rules remember is made anew from the
//! history ([`Evaluator::correct`]).

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, tz::TimeZone};
use model::{
    Alert, AlertRule, ItemId, Message, Notification, Observation, Product, ProductId, RunId, Scope,
    ScopedRule, Slot,
};
use pricing::alert::{Decision, Outcome, Rule, State, history_of_item};
use pricing::{Language, Point, Terms};
use store::{AlertRules, Alerts, Observations, Products, Queue, RuleStates, Runs, Subject};
use tracing::{info, warn};

/// How many products' histories are read at once.
const AT_ONCE: usize = 8;
/// How far back a history is read: as far as any rule looks.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24 * AlertRule::MAX_DAYS as i64);

/// Evaluates alert rules.
#[derive(Debug, Clone)]
pub(crate) struct Evaluator {
    pub(crate) alerts: Alerts,
    pub(crate) rules: AlertRules,
    pub(crate) products: Products,
    pub(crate) observations: Observations,
    pub(crate) runs: Runs,
    pub(crate) notifications: Queue,
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
}

/// What an alert of a rule would name: the run, and the product as it was then.
struct About<'a> {
    subject: &'a Subject,
    product: &'a ProductId,
    name: &'a str,
    vendor: Option<&'a str>,
    run: &'a RunId,
}

impl Evaluator {
    /// The rules that are kept beside the products.
    pub(crate) async fn scoped_rules(&self) -> Result<Vec<ScopedRule>> {
        self.rules.all().await
    }

    /// What the rules about these products fired at the slot of their settled outcomes, in the order
    /// of the products. `scoped` are the rules beside the products.
    pub(crate) async fn fired<'a>(
        &self,
        scoped: &[ScopedRule],
        settled: impl Iterator<Item = (&'a Observation, &'a Product)>,
    ) -> Result<Vec<Alert>> {
        let with_rules = settled.filter_map(|(seen, product)| {
            let rules = rules_of(product, scoped);
            (!rules.is_empty()).then_some((seen, product, rules))
        });
        let with_rules: Vec<_> = with_rules.collect();
        let fired: Vec<Vec<Alert>> = stream::iter(with_rules)
            .map(|(seen, product, rules)| self.of_product(seen, product, rules))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(fired.into_iter().flatten().collect())
    }

    async fn of_product(
        &self,
        seen: &Observation,
        product: &Product,
        rules: Vec<ScopedRule>,
    ) -> Result<Vec<Alert>> {
        let subject = Subject::Product(product.id.clone());
        let (states, history) = tokio::try_join!(
            self.alerts.states(&subject),
            self.history(Some(seen), product, seen.run.slot)
        )?;
        let about = About {
            subject: &subject,
            product: &product.id,
            name: &seen.name,
            vendor: seen.vendor.as_deref(),
            run: &seen.run,
        };
        let mut fired = Vec::new();
        for rule in &rules {
            fired.extend(self.of_rule(rule, &about, &states, &history).await?);
        }
        Ok(fired)
    }

    /// What the rules of an item fired at the slot of its offers' settled outcomes in a run.
    pub(crate) async fn fired_of_item(
        &self,
        scoped: &[ScopedRule],
        item: &ItemId,
        seen: &[(Observation, Product)],
        run: &RunId,
    ) -> Result<Vec<Alert>> {
        let slot = run.slot;
        let mut offers = self.products.of_item(item).await?;
        for (_, product) in seen {
            if offers.iter().all(|offer| offer.id != product.id) {
                offers.push(product.clone());
            }
        }
        if self.is_open_elsewhere(&offers, run).await? {
            // Whichever of the runs is the last to see everything settled decides.
            return Ok(Vec::new());
        }
        let histories = self.histories(&offers, seen, slot).await?;
        let subject = Subject::Item(item.clone());
        let states = self.alerts.states(&subject).await?;
        let mut fired = Vec::new();
        for rule in scoped {
            if rule.scope != Scope::Item(item.clone()) {
                continue;
            }
            let history = match history_of_item(&rule.rule, &histories) {
                Ok(Some(history)) => history,
                Ok(None) => continue,
                Err(mixed) => {
                    warn!(%item, rule = %rule.rule.id, "the rule cannot be decided: {mixed}");
                    continue;
                }
            };
            let best = history.best.as_ref();
            let named = offers.iter().find(|offer| Some(&offer.id) == best);
            let Some(named) = named.or(offers.first()) else {
                continue;
            };
            let about = About {
                subject: &subject,
                product: &named.id,
                name: &named.name,
                vendor: named.vendor.as_deref(),
                run,
            };
            let alert = self.of_rule(rule, &about, &states, &history.points);
            fired.extend(alert.await?);
        }
        Ok(fired)
    }

    /// Whether another schedule has a run at the same slot in which an offer is not settled yet.
    async fn is_open_elsewhere(&self, offers: &[Product], run: &RunId) -> Result<bool> {
        let schedules: BTreeSet<_> = offers.iter().map(|offer| &offer.schedule).collect();
        for schedule in schedules {
            if *schedule == run.schedule {
                continue;
            }
            let other = RunId::new(schedule.clone(), run.slot);
            let standing = self.runs.get(&other).await?;
            if standing.is_none_or(|standing| standing.status.is_closed()) {
                continue;
            }
            for offer in offers.iter().filter(|offer| offer.schedule == *schedule) {
                let seen = self.observations.get(&offer.id, &other).await?;
                if seen.is_none_or(|seen| !seen.is_settled()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn histories(
        &self,
        offers: &[Product],
        seen: &[(Observation, Product)],
        slot: Slot,
    ) -> Result<Vec<(ProductId, Vec<Point>)>> {
        stream::iter(offers)
            .map(|offer| async move {
                let last = seen.iter().find(|(_, product)| product.id == offer.id);
                let last = last.map(|(seen, _)| seen);
                let history = self.history(last, offer, slot).await?;
                anyhow::Ok((offer.id.clone(), history))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// What is known of a product up to a slot. What was read may be older than its `last` outcome,
    /// which is then added.
    async fn history(
        &self,
        last: Option<&Observation>,
        product: &Product,
        slot: Slot,
    ) -> Result<Vec<Point>> {
        let from = slot.instant().checked_sub(LOOKS_BACK).ok().map(Slot::at);
        let stored = self.observations.between(&product.id, from, Some(slot));
        let mut seen = stored.await?;
        if let Some(last) = last {
            seen.retain(|seen| seen.run != last.run);
            seen.push(last.clone());
        }
        Ok(pricing::history(&seen, Terms::of(product)))
    }

    async fn of_rule(
        &self,
        rule: &ScopedRule,
        about: &About<'_>,
        states: &RuleStates,
        history: &[Point],
    ) -> Result<Option<Alert>> {
        let (id, slot) = (&rule.rule.id, about.run.slot);
        let subject = about.subject;
        let kept = states.of(rule);
        let state = kept.map(|state| read(subject, rule, state)).transpose()?;
        let evaluated = Rule::new(&rule.rule, &self.zone);
        let Some(decision) = evaluated.evaluate(state.as_ref(), history) else {
            return Ok(None);
        };
        let told = state.as_ref().is_some_and(|it| it.fired == Some(slot));
        if decision.outcome == Outcome::Passed(slot)
            && told
            && decision.holds == Some(false)
            && let (Some(kept), Some(state)) = (kept, &state)
        {
            // It fired for an outcome that was replaced since.
            let rebuilt = evaluated.rebuilt(state, history);
            self.put_right(subject, rule, kept, &rebuilt).await?;
            return Ok(None);
        }
        let fired = match decision.outcome {
            Outcome::Fired => true,
            Outcome::Passed(at) => at == slot && told,
            _ => false,
        };
        let alert = fired.then(|| self.alert(rule, about, &decision));
        if let Some(alert) = &alert {
            self.alerts.fired(alert).await?;
            if alert.urgent {
                // Before the state moves on; the notifier tells each alert once.
                let note = Message::from(Notification::Alert(alert.clone()));
                self.notifications.send(note, Duration::ZERO).await?;
            }
        }
        if let Some(next) = &decision.next {
            let state = serde_json::to_string(next)?;
            if self.alerts.advance(subject, rule, slot, &state).await? {
                info!(%subject, rule = %id, %slot, fired, "alert rule moved on");
            } else {
                warn!(%subject, rule = %id, %slot, "alert rule stands further on");
            }
        }
        Ok(alert)
    }

    fn alert(&self, rule: &ScopedRule, about: &About<'_>, decision: &Decision) -> Alert {
        Alert {
            product: about.product.clone(),
            name: about.name.to_owned(),
            vendor: about.vendor.map(str::to_owned),
            scope: match &rule.scope {
                Scope::Product(_) => None,
                scope => Some(scope.clone()),
            },
            rule: rule.rule.id.clone(),
            run: about.run.clone(),
            urgent: rule.rule.urgent,
            text: decision.fact.in_words(self.language, &self.zone),
        }
    }

    /// Makes anew what the rules about a product, and about its item, remember, after its history
    /// changed: a price was voided or counts again. Nothing fires, and no state moves back: what
    /// comes next is decided by the history as it now is.
    pub(crate) async fn correct(&self, id: &ProductId) -> Result<()> {
        let stored = self.products.get(id).await?;
        let Some(product) = stored.and_then(|stored| stored.definition.ok()) else {
            return Ok(());
        };
        let scoped = self.scoped_rules().await?;
        let now = Slot::at(jiff::Timestamp::now());
        let subject = Subject::Product(id.clone());
        let states = self.alerts.states(&subject).await?;
        let history = self.history(None, &product, now).await?;
        for rule in rules_of(&product, &scoped) {
            self.rebuild(&subject, &rule, &states, &history).await?;
        }
        let Some(item) = &product.item else {
            return Ok(());
        };
        let scope = Scope::Item(item.clone());
        let rules: Vec<&ScopedRule> = scoped.iter().filter(|one| one.scope == scope).collect();
        if rules.is_empty() {
            return Ok(());
        }
        let subject = Subject::Item(item.clone());
        let states = self.alerts.states(&subject).await?;
        let offers = self.products.of_item(item).await?;
        let histories = self.histories(&offers, &[], now).await?;
        for rule in rules {
            if let Ok(Some(history)) = history_of_item(&rule.rule, &histories) {
                self.rebuild(&subject, rule, &states, &history.points)
                    .await?;
            }
        }
        Ok(())
    }

    async fn rebuild(
        &self,
        subject: &Subject,
        rule: &ScopedRule,
        states: &RuleStates,
        history: &[Point],
    ) -> Result<()> {
        let Some(kept) = states.of(rule) else {
            return Ok(());
        };
        let state = read(subject, rule, kept)?;
        let rebuilt = Rule::new(&rule.rule, &self.zone).rebuilt(&state, history);
        if rebuilt == state {
            return Ok(());
        }
        self.put_right(subject, rule, kept, &rebuilt).await
    }

    async fn put_right(
        &self,
        subject: &Subject,
        rule: &ScopedRule,
        kept: &str,
        rebuilt: &State,
    ) -> Result<()> {
        let state = serde_json::to_string(rebuilt)?;
        let corrected = self.alerts.correct(subject, rule, kept, &state).await?;
        info!(%subject, rule = %rule.rule.id, corrected, "alert rule made anew");
        Ok(())
    }
}

/// The rules that are decided over a product's own history: its own, then those of its category, its
/// tags and everything.
fn rules_of(product: &Product, scoped: &[ScopedRule]) -> Vec<ScopedRule> {
    let own = product.alerts.iter().map(|rule| ScopedRule {
        scope: Scope::Product(product.id.clone()),
        rule: rule.clone(),
    });
    let others = scoped
        .iter()
        .filter(|rule| !matches!(rule.scope, Scope::Item(_)) && rule.scope.covers(product));
    own.chain(others.cloned()).collect()
}

fn read(subject: &Subject, rule: &ScopedRule, state: &str) -> Result<State> {
    serde_json::from_str(state)
        .with_context(|| format!("the state of the rule {} of {subject}", rule.rule.id))
}
