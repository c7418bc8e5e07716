//! What an owner wants to be told: alert rules. How they are evaluated is the crate `pricing`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::exact;
use crate::{Invalid, Money, RuleId};

/// One alert rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlertRule {
    /// Its id, unique within its scope.
    pub id: RuleId,
    /// What it waits for.
    pub when: Condition,
    /// How far a price has to be beyond a mark: a smaller change is none, a new low undercuts
    /// the old one by at least this, and a target is left only by more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Margin>,
    /// How many hours it is silent after it fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_down_hours: Option<u32>,
    /// How often it fires on one local day, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_maximum: Option<u32>,
    /// It is silent for slots before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub snooze_until: Option<Timestamp>,
    /// When a rule about a state (at or below a target, no price for days) fires again.
    #[serde(default, skip_serializing_if = "Rearm::is_default")]
    pub rearm: Rearm,
    /// The owner armed it anew at this instant: what it told before is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub rearmed_at: Option<Timestamp>,
    /// Whether it is told at once, in a message of its own, rather than in the run's digest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
}

/// What a rule waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// The price is at or below a target.
    AtOrBelow {
        /// The target; of a unit price, for the quantity that it is shown for.
        price: Money,
        /// Which price.
        #[serde(default)]
        basis: Basis,
    },
    /// The price is at or above a target.
    AtOrAbove {
        /// The target; of a unit price, for the quantity that it is shown for.
        price: Money,
        /// Which price.
        #[serde(default)]
        basis: Basis,
    },
    /// The price moved by at least this.
    Moved {
        /// By how much.
        by: Margin,
        /// Compared with what.
        against: Standard,
        /// Which way.
        #[serde(default)]
        direction: Direction,
    },
    /// The price is below every price of the days before. Fires again at each new low.
    NewLow {
        /// How many days.
        days: u16,
    },
    /// The price is above every price of the days before. Fires again at each new high.
    NewHigh {
        /// How many days.
        days: u16,
    },
    /// It can be had again.
    BackInStock,
    /// It can no longer be had.
    OutOfStock,
    /// The shop says that it no longer exists.
    Gone,
    /// So many runs in a row brought no price that counts.
    NoPrice {
        /// How many.
        runs: u16,
    },
    /// The price changed.
    AnyChange {
        /// Which way.
        #[serde(default)]
        direction: Direction,
    },
}

/// Which price of an offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What the shop asks.
    #[default]
    Price,
    /// With shipping.
    Total,
    /// For the quantity that the pack's unit is shown for.
    UnitPrice,
}

/// What a move is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standard {
    /// The price before.
    Previous,
    /// The lowest price of so many days before.
    Low(u16),
    /// The highest price of so many days before.
    High(u16),
    /// The lowest price of the 30 days before the current reduction.
    Reference,
}

/// Which way a price moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It falls.
    Down,
    /// It rises.
    Up,
    /// Either.
    #[default]
    Either,
}

/// A part of a price, or an amount in its currency: `{"percent": "5"}`, `{"amount": "1000"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// In percent of the price that is compared with.
    Percent(#[serde(with = "exact")] Decimal),
    /// In units of the currency.
    Amount(#[serde(with = "exact")] Decimal),
}

/// When a rule about a state that lasts fires again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rearm {
    /// After the state ended.
    #[default]
    WhenLeft,
    /// After it ended, and while it lasts whenever the price goes further than when it was last
    /// told.
    Further,
    /// At every slot while it lasts.
    Always,
    /// Never, until the owner arms it anew.
    Never,
}

impl Rearm {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl AlertRule {
    /// The most days a rule looks back.
    pub const MAX_DAYS: u16 = 400;
    /// The most runs in a row without a price.
    pub const MAX_RUNS: u16 = 400;

    /// Checks what the types do not: days and runs within their limits, percentages and amounts
    /// above zero.
    pub fn check(&self) -> Result<(), Invalid> {
        self.when.check()?;
        self.tolerance.map_or(Ok(()), Margin::check)?;
        if self.daily_maximum == Some(0) {
            return Err(Invalid::new("daily maximum", "0", "at least 1"));
        }
        if let Some(hours) = self.cool_down_hours
            && hours > 24 * 366
        {
            let expected = "at most 8784 hours";
            return Err(Invalid::new("cool-down", &hours.to_string(), expected));
        }
        Ok(())
    }
}

impl Condition {
    fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Moved { by, against, .. } => {
                by.check()?;
                match against {
                    Standard::Low(days) | Standard::High(days) => check_days(*days),
                    Standard::Previous | Standard::Reference => Ok(()),
                }
            }
            Self::NewLow { days } | Self::NewHigh { days } => check_days(*days),
            Self::NoPrice { runs } if !(1..=AlertRule::MAX_RUNS).contains(runs) => {
                let given = runs.to_string();
                Err(Invalid::new("number of runs", &given, "1 to 400"))
            }
            _ => Ok(()),
        }
    }
}

fn check_days(days: u16) -> Result<(), Invalid> {
    if (1..=AlertRule::MAX_DAYS).contains(&days) {
        Ok(())
    } else {
        Err(Invalid::new(
            "number of days",
            &days.to_string(),
            "1 to 400",
        ))
    }
}

impl Margin {
    fn check(self) -> Result<(), Invalid> {
        let (what, number, most) = match self {
            Self::Percent(number) => ("percentage", number, Decimal::from(1_000_000)),
            Self::Amount(number) => ("amount", number, Decimal::MAX),
        };
        if number > Decimal::ZERO && number <= most {
            Ok(())
        } else {
            Err(Invalid::new(what, &number.to_string(), "a number above 0"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<AlertRule, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn every_kind_of_rule_reads_back_as_it_was_written() {
        for when in [
            r#"{"kind":"at_or_below","price":{"amount":"10000","currency":"KRW"},"basis":"price"}"#,
            r#"{"kind":"at_or_above","price":{"amount":"9.99","currency":"EUR"},"basis":"unit_price"}"#,
            r#"{"kind":"moved","by":{"percent":"5"},"against":"previous","direction":"down"}"#,
            r#"{"kind":"moved","by":{"amount":"1000"},"against":{"low":30},"direction":"up"}"#,
            r#"{"kind":"moved","by":{"percent":"12.5"},"against":"reference","direction":"either"}"#,
            r#"{"kind":"new_low","days":90}"#,
            r#"{"kind":"new_high","days":90}"#,
            r#"{"kind":"back_in_stock"}"#,
            r#"{"kind":"out_of_stock"}"#,
            r#"{"kind":"gone"}"#,
            r#"{"kind":"no_price","runs":3}"#,
            r#"{"kind":"any_change","direction":"either"}"#,
        ] {
            let json = format!(r#"{{"id":"a","when":{when}}}"#);
            let rule = read(&json).unwrap();
            assert_eq!(rule.check(), Ok(()));
            assert_eq!(serde_json::to_string(&rule).unwrap(), json);
        }
    }

    #[test]
    fn a_rule_that_cannot_hold_is_refused() {
        for when in [
            r#"{"kind":"new_low","days":0}"#,
            r#"{"kind":"new_high","days":401}"#,
            r#"{"kind":"no_price","runs":0}"#,
            r#"{"kind":"moved","by":{"percent":"0"},"against":"previous"}"#,
            r#"{"kind":"moved","by":{"amount":"-5"},"against":"previous"}"#,
            r#"{"kind":"moved","by":{"percent":"5"},"against":{"high":0}}"#,
        ] {
            let rule = read(&format!(r#"{{"id":"a","when":{when}}}"#)).unwrap();
            assert!(rule.check().is_err(), "{when}");
        }
        assert!(read(r#"{"id":"a","when":{"kind":"new_low","days":9,"dayz":1}}"#).is_err());
        assert!(read(r#"{"id":"a b","when":{"kind":"gone"}}"#).is_err());
        let none = read(r#"{"id":"a","when":{"kind":"gone"},"daily_maximum":0}"#).unwrap();
        assert!(none.check().is_err());
    }
}
