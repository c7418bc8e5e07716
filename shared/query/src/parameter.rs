//! The parameters of a template: what they are, and which values they take.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use crate::QueryError;

/// The longest value, in bytes.
const MAX_VALUE: usize = 1_000;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// A day: `2026-11-21`, `today` or `today - 30`.
    Date,
}

/// A parameter as a template declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name, without the colon.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: Type,
    /// What it is without a value; empty is NULL.
    pub default: String,
    /// The values that it takes, if they are listed.
    pub one_of: Vec<String>,
    /// What it is for.
    pub about: String,
}

/// A value that is bound; never text that is put into the statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// NULL.
    Nothing,
    /// A text, a day among them.
    Text(String),
    /// A whole number.
    Whole(i64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Whole(number) => number.fmt(f),
        }
    }
}

impl Parameter {
    /// The value that a given text means, or the default's; `today` is the day where the owner is.
    pub fn value(&self, given: Option<&str>, today: Date) -> Result<Value, QueryError> {
        let text = given.unwrap_or(&self.default);
        let refuse = |reason: String| QueryError::Parameter {
            name: self.name.clone(),
            reason,
        };
        if text.is_empty() {
            return Ok(Value::Nothing);
        }
        if text.len() > MAX_VALUE {
            return Err(refuse(format!("it is longer than {MAX_VALUE} bytes")));
        }
        if text.chars().any(|c| c.is_control() || is_noncharacter(c)) {
            return Err(refuse("it has control characters".to_owned()));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|listed| listed == text) {
            let listed = self.one_of.join(", ");
            return Err(refuse(format!("{text:?} is none of {listed}")));
        }
        match self.kind {
            Type::Text => Ok(Value::Text(text.to_owned())),
            Type::Whole => whole(text)
                .map(Value::Whole)
                .ok_or_else(|| refuse(format!("{text:?} is not a whole number"))),
            Type::Date => date(text, today)
                .map(|date| Value::Text(date.to_string()))
                .ok_or_else(|| refuse(format!("{text:?} is not a day as 2026-11-21"))),
        }
    }
}

/// Code points that are no characters and that no store carries.
pub(crate) fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Digits with at most a minus before them.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

/// `2026-11-21`, `today` or `today - 30`.
fn date(text: &str, today: Date) -> Option<Date> {
    if let Some(rest) = text.strip_prefix("today") {
        let rest = rest.trim();
        if rest.is_empty() {
            return Some(today);
        }
        let days: i32 = rest.strip_prefix('-')?.trim().parse().ok()?;
        return (0..=36_600)
            .contains(&days)
            .then(|| today.checked_sub(days.days()).ok())
            .flatten();
    }
    let date: Date = text.parse().ok()?;
    (text.len() == 10 && date.to_string() == text && date.year() > 0).then_some(date)
}
