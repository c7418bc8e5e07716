//! The typed cells of an answer.

use jiff::civil::{Date, DateTime};
use model::{Currency, Decimal};
use serde::{Serialize, Serializer};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What the value is: a text, or a number.
    Plain,
    /// A text.
    Text,
    /// A whole number.
    Count,
    /// An exact decimal number.
    Number,
    /// A change in percent.
    Percent,
    /// A day: `2026-11-21`.
    Date,
    /// A day and time where the owner is, given as an instant in UTC.
    Instant,
    /// A web address.
    Link,
    /// An amount, given in minor units; another column names the currency.
    Money,
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// NULL.
    Empty,
    /// A text or a link.
    Text(String),
    /// A whole number.
    Count(i64),
    /// An exact number.
    Number(Decimal),
    /// A change in percent.
    Percent(Decimal),
    /// An amount in units of its currency.
    Money(Decimal, Currency),
    /// A day.
    Date(Date),
    /// A day and time where the owner is.
    DateTime(DateTime),
}

impl Cell {
    /// The text of it in CSV and JSON: every digit, no sign of a currency.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) | Self::Percent(number) | Self::Money(number, _) => {
                number.to_string()
            }
            Self::Date(date) => date.to_string(),
            Self::DateTime(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

/// As JSON: `null`, a number for whole numbers, and texts for all else, so that no reader rounds.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => to.serialize_none(),
            Self::Count(count) => to.serialize_i64(*count),
            other => to.serialize_str(&other.text()),
        }
    }
}
