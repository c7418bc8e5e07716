//! `rate(5 minutes)`: again and again after a fixed time, counted from an anchor.

use std::fmt;

use jiff::Timestamp;

use crate::error::{Field, ParseError, Part};

/// A fixed time between two invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    value: u32,
    unit: RateUnit,
}

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateUnit {
    /// 60 seconds.
    Minutes,
    /// 60 minutes.
    Hours,
    /// 24 hours, also where the clock makes a day shorter or longer.
    Days,
}

impl Rate {
    /// How many units lie between two invocations; at least 1.
    pub fn value(self) -> u32 {
        self.value
    }

    /// The unit.
    pub fn unit(self) -> RateUnit {
        self.unit
    }

    /// Seconds between two invocations.
    pub fn seconds(self) -> u64 {
        let unit = match self.unit {
            RateUnit::Minutes => 60,
            RateUnit::Hours => 60 * 60,
            RateUnit::Days => 24 * 60 * 60,
        };
        u64::from(self.value) * unit
    }

    /// The first of `anchor`, `anchor` + 1 × rate, `anchor` + 2 × rate, … that lies after
    /// `instant`.
    pub(crate) fn after(self, anchor: Timestamp, instant: Timestamp) -> Option<Timestamp> {
        if instant < anchor {
            return Some(anchor);
        }
        let step = i128::from(self.seconds()) * 1_000_000_000;
        let passed = instant.as_nanosecond() - anchor.as_nanosecond();
        let due = anchor.as_nanosecond() + (passed / step + 1) * step;
        Timestamp::from_nanosecond(due).ok()
    }

    /// Reads `5 minutes`.
    pub(crate) fn read(part: Part<'_>) -> Result<Self, ParseError> {
        let words: Vec<Part<'_>> = part.words().collect();
        let &[value, unit] = words.as_slice() else {
            return Err(part.refused(
                Field::Expression,
                "rate takes a value and a unit, as in rate(5 minutes)",
            ));
        };
        let digits = !value.text.is_empty() && value.text.bytes().all(|b| b.is_ascii_digit());
        let number = value
            .text
            .parse()
            .ok()
            .filter(|n| digits && !value.text.starts_with('0') && *n > 0_u32);
        let number = number
            .ok_or_else(|| value.refused(Field::Value, "the value is a positive whole number"))?;
        let (kind, plural) = match unit.text {
            "minute" => (RateUnit::Minutes, false),
            "minutes" => (RateUnit::Minutes, true),
            "hour" => (RateUnit::Hours, false),
            "hours" => (RateUnit::Hours, true),
            "day" => (RateUnit::Days, false),
            "days" => (RateUnit::Days, true),
            _ => return Err(unit.refused(Field::Unit, "the unit is minute(s), hour(s) or day(s)")),
        };
        // The EventBridge rule; the Scheduler's own guide writes `rate(1 days)` in one place, but
        // what both services and the deployment tools take is the agreeing form.
        if plural != (number > 1) {
            return Err(unit.refused(
                Field::Unit,
                "the unit is singular with 1 and plural with more: rate(1 hour), rate(5 hours)",
            ));
        }
        Ok(Self {
            value: number,
            unit: kind,
        })
    }
}

/// `5 minutes`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            RateUnit::Minutes => "minute",
            RateUnit::Hours => "hour",
            RateUnit::Days => "day",
        };
        let plural = if self.value == 1 { "" } else { "s" };
        write!(f, "{} {unit}{plural}", self.value)
    }
}
