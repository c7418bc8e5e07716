//! Alert rules as a state machine over a product's history.
//!
//! A rule looks at one slot after the other. What it finds there ([`condition`]) is that its
//! condition holds, does not hold, or that nothing can be said: without a price nothing changes.
//! A condition is an *event* (a new low, back in stock), which fires whenever it happens, or a
//! *lasting* one (at or below a target), which fires when it begins and, by default, again only
//! after it ended. What is silenced (snoozed, cooling down, the day's maximum) is lost if it was
//! an event; a lasting condition fires afterwards, if it still holds.
//!
//! The state holds only what the history does not say: what was told. It changes when a rule
//! fires or is armed again, and moves only forward by slot, so that a second look at a slot
//! changes nothing.

mod condition;
mod words;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{AlertRule, Decimal, Invalid, Rearm, Slot};
use serde::{Deserialize, Serialize};

pub use condition::Fact;
use condition::{Finding, Further};

use crate::Point;

/// A rule, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Rule<'a> {
    /// The rule.
    pub definition: &'a AlertRule,
    /// The zone of the owner's days.
    pub zone: &'a TimeZone,
    fingerprint: u32,
}

/// What a rule remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Which definition of the rule it is of: a rule whose condition changed begins anew.
    pub fingerprint: u32,
    /// The slot of its last change.
    pub slot: Slot,
    /// When the condition that still lasts was last told, and at which price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// When it last fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<Slot>,
    /// The local day on which it last fired, and how often it did on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<(Date, u32)>,
}

/// What a rule told last about a condition that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// At which slot.
    pub slot: Slot,
    /// At which price, where the condition is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
}

/// What a rule decided at a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The slot.
    pub slot: Slot,
    /// What it decided.
    pub outcome: Outcome,
    /// What it rests on.
    pub fact: Fact,
    /// Whether the condition holds at the slot, told or not; `None` if nothing can be said.
    pub holds: Option<bool>,
    /// The state afterwards, if it changed.
    pub next: Option<State>,
}

/// Whether a rule fired, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It fired.
    Fired,
    /// Its condition does not hold.
    NotMet,
    /// Its condition does not hold any more: it is armed again.
    ArmedAgain,
    /// Nothing can be said at this slot.
    Unknown,
    /// The condition still lasts, and was told at this slot.
    Told(Slot),
    /// The rule is snoozed until this instant.
    Snoozed(Timestamp),
    /// The rule fired not long ago and is silent until this instant.
    CoolingDown(Timestamp),
    /// The rule fired this often on this day already.
    DailyMaximum(u32),
    /// The rule was armed only after this slot.
    NotArmed(Timestamp),
    /// The rule's state is of a later slot, or of this one: it was looked at already.
    Passed(Slot),
}

impl<'a> Rule<'a> {
    /// The rule of this definition, for an owner whose days are those of `zone`.
    pub fn new(definition: &'a AlertRule, zone: &'a TimeZone) -> Self {
        Self {
            definition,
            zone,
            fingerprint: fingerprint(definition),
        }
    }

    /// What the rule decides at the slot of the last point of `history`, which holds what was
    /// seen before in the order of the slots, and to which the rule came with `state`. `None`
    /// for an empty history.
    pub fn evaluate(&self, state: Option<&State>, history: &[Point]) -> Option<Decision> {
        let point = history.last()?;
        let (slot, rule) = (point.slot, self.definition);
        let finding = condition::find(rule, history)?;
        let decide = |outcome, next| {
            Some(Decision {
                slot,
                outcome,
                fact: finding.fact,
                holds: finding.holds,
                next,
            })
        };
        if let Some(state) = state
            && state.slot >= slot
        {
            return decide(Outcome::Passed(state.slot), None);
        }
        if let Some(armed) = rule.rearmed_at
            && slot.instant() < armed
        {
            return decide(Outcome::NotArmed(armed), None);
        }
        let state = state.filter(|state| state.fingerprint == self.fingerprint);
        match finding.holds {
            None => decide(Outcome::Unknown, None),
            Some(false) => {
                let told = state.filter(|state| state.told.is_some());
                match told {
                    Some(state) if finding.left => {
                        let next = State {
                            slot,
                            told: None,
                            ..state.clone()
                        };
                        decide(Outcome::ArmedAgain, Some(next))
                    }
                    _ => decide(Outcome::NotMet, None),
                }
            }
            Some(true) => match self.silenced(state, slot, &finding) {
                Some(outcome) => decide(outcome, None),
                None => decide(Outcome::Fired, Some(self.fired(state, slot, &finding))),
            },
        }
    }

    /// Every decision over a history, from the state that the rule begins with; and the state it
    /// ends with.
    pub fn replay(
        &self,
        state: Option<&State>,
        history: &[Point],
    ) -> (Option<State>, Vec<Decision>) {
        let mut state = state.cloned();
        let mut decisions = Vec::with_capacity(history.len());
        for end in 1..=history.len() {
            let Some(decision) = self.evaluate(state.as_ref(), &history[..end]) else {
                continue;
            };
            if decision.next.is_some() {
                state.clone_from(&decision.next);
            }
            decisions.push(decision);
        }
        (state, decisions)
    }

    /// The state of a rule after its history changed (a price was voided or imported): what it
    /// would be at the slot that it had come to. It never moves back: what was told is not told
    /// again.
    pub fn rebuilt(&self, stored: &State, history: &[Point]) -> State {
        let seen = &history[..history.partition_point(|point| point.slot <= stored.slot)];
        let (state, _) = self.replay(None, seen);
        State {
            slot: stored.slot,
            ..state.unwrap_or(State {
                fingerprint: self.fingerprint,
                slot: stored.slot,
                told: None,
                fired: None,
                day: None,
            })
        }
    }

    /// Why a rule whose condition holds does not fire; `None` if it does.
    fn silenced(&self, state: Option<&State>, slot: Slot, finding: &Finding) -> Option<Outcome> {
        let rule = self.definition;
        let fired = state.and_then(|state| state.fired);
        if let Some(fired) = fired
            && rule.rearm == Rearm::Never
        {
            return Some(Outcome::Told(fired));
        }
        if let Some(told) = state.and_then(|state| state.told)
            && finding.lasts
        {
            let again = match rule.rearm {
                Rearm::Always => true,
                Rearm::Further => finding.is_further(told.price, rule.tolerance),
                Rearm::WhenLeft | Rearm::Never => false,
            };
            if !again {
                return Some(Outcome::Told(told.slot));
            }
        }
        if let Some(until) = rule.snooze_until
            && slot.instant() < until
        {
            return Some(Outcome::Snoozed(until));
        }
        if let (Some(hours), Some(fired)) = (rule.cool_down_hours, fired) {
            let until = fired.instant() + SignedDuration::from_hours(hours.into());
            if slot.instant() < until {
                return Some(Outcome::CoolingDown(until));
            }
        }
        let most = rule.daily_maximum?;
        let (_, fired) = state?.day.filter(|(day, _)| *day == self.day(slot))?;
        (fired >= most).then_some(Outcome::DailyMaximum(most))
    }

    fn fired(&self, state: Option<&State>, slot: Slot, finding: &Finding) -> State {
        let today = self.day(slot);
        let before = state.and_then(|state| state.day);
        let before = before
            .filter(|(day, _)| *day == today)
            .map_or(0, |(_, fired)| fired);
        State {
            fingerprint: self.fingerprint,
            slot,
            told: finding.lasts.then_some(Told {
                slot,
                price: finding.further.map(Further::price),
            }),
            fired: Some(slot),
            day: Some((today, before.saturating_add(1))),
        }
    }

    fn day(&self, slot: Slot) -> Date {
        slot.instant().to_zoned(self.zone.clone()).date()
    }
}

/// Names what of a definition decides whether an earlier state still means anything: its
/// condition, tolerance and way of being armed; not how often and how loud it is. FNV-1a, 32
/// bits, over their JSON.
fn fingerprint(rule: &AlertRule) -> u32 {
    let parts = (&rule.when, rule.tolerance, rule.rearm, rule.rearmed_at);
    let json = serde_json::to_string(&parts).unwrap_or_default();
    json.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Whether a rule is about unit prices.
pub fn is_of_unit_price(rule: &AlertRule) -> bool {
    condition::basis(&rule.when) == Some(model::Basis::UnitPrice)
}

/// The history over which a rule of an item is decided: its best offer slot by slot, on the rule's
/// basis, in the currency of its target or else in the one that most offers have. `None` while
/// nothing has a price.
pub fn history_of_item(
    rule: &AlertRule,
    offers: &[(model::ProductId, Vec<Point>)],
) -> Result<Option<ItemHistory>, crate::MixedUnits> {
    let basis = condition::basis(&rule.when).unwrap_or_default();
    let target = match &rule.when {
        model::Condition::AtOrBelow { price, .. } | model::Condition::AtOrAbove { price, .. } => {
            Some(price.currency)
        }
        _ => None,
    };
    let Some(currency) = target.or_else(|| crate::main_currency(offers)) else {
        return Ok(None);
    };
    let points = crate::item_history(offers, currency, basis, crate::STALE_AFTER)?;
    let last = points.last().map(|point| point.slot);
    let best = match last {
        Some(slot) => crate::best_at(offers, slot, currency, basis, crate::STALE_AFTER)?,
        None => None,
    };
    Ok(Some(ItemHistory { points, best }))
}

/// An item's history as one of its rules sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemHistory {
    /// The best offer's price at every slot of any offer.
    pub points: Vec<Point>,
    /// The best offer at the last slot; `None` if nothing can be had.
    pub best: Option<model::ProductId>,
}

/// Checks a rule whose unit price or total the product cannot have.
pub fn check_basis(rule: &AlertRule, terms: crate::Terms) -> Result<(), Invalid> {
    let missing = match condition::basis(&rule.when) {
        Some(model::Basis::Total) => terms.costs.is_none().then_some("costs"),
        Some(model::Basis::UnitPrice) => terms.pack.is_none().then_some("pack"),
        Some(model::Basis::Price) | None => None,
    };
    missing.map_or(Ok(()), |missing| {
        let expected = "one of a product that has it: give the product its pack or costs";
        Err(Invalid::new("alert rule", missing, expected))
    })
}

#[cfg(test)]
mod tests;
