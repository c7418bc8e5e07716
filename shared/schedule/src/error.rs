//! What is wrong with an expression, and where exactly.

use std::fmt;

/// The part of an expression that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The whole: `cron(…)`, `rate(…)` or `at(…)`.
    Expression,
    /// First field of `cron`.
    Minute,
    /// Second field of `cron`.
    Hour,
    /// Third field of `cron`.
    DayOfMonth,
    /// Fourth field of `cron`.
    Month,
    /// Fifth field of `cron`.
    DayOfWeek,
    /// Sixth field of `cron`.
    Year,
    /// First field of `rate`.
    Value,
    /// Second field of `rate`.
    Unit,
    /// The date and time of `at`.
    DateTime,
}

impl Field {
    /// The field's name in the EventBridge documentation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expression => "expression",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
            Self::Year => "year",
            Self::Value => "value",
            Self::Unit => "unit",
            Self::DateTime => "date and time",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An expression that EventBridge Scheduler refuses: which field, what stands there, where, and
/// what is accepted instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} (column {}): {given:?} is not accepted: {expected}", position + 1)]
pub struct ParseError {
    /// The field.
    pub field: Field,
    /// The part that is refused, cut to 80 characters.
    pub given: String,
    /// Where that part starts, in characters from the start of the expression.
    pub position: usize,
    /// What is accepted.
    pub expected: String,
}

impl ParseError {
    /// Two lines that show the error in its place: the expression, and carets under the part
    /// that is refused.
    pub fn pointer(&self, expression: &str) -> String {
        // One column a character, and a single line whatever was given.
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let line: String = expression.chars().take(300).map(shown).collect();
        let carets = "^".repeat(self.given.chars().count().max(1));
        format!("{line}\n{:indent$}{carets}", "", indent = self.position)
    }
}

/// A piece of an expression that knows where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) text: &'a str,
    /// Characters before it.
    pub(crate) position: usize,
}

impl<'a> Part<'a> {
    /// The pieces between the separators, each in its place.
    pub(crate) fn split(self, separator: char) -> impl Iterator<Item = Part<'a>> {
        let mut position = self.position;
        self.text.split(separator).map(move |text| {
            let part = Part { text, position };
            position += text.chars().count() + 1;
            part
        })
    }

    /// What stands before and after the first separator.
    pub(crate) fn split_once(self, separator: char) -> Option<(Part<'a>, Part<'a>)> {
        let (before, after) = self.text.split_once(separator)?;
        let position = self.position + before.chars().count() + 1;
        Some((
            Part {
                text: before,
                position: self.position,
            },
            Part {
                text: after,
                position,
            },
        ))
    }

    /// The words between white space.
    pub(crate) fn words(self) -> impl Iterator<Item = Part<'a>> {
        self.split(' ')
            .flat_map(|part| part.split('\t'))
            .filter(|part| !part.text.is_empty())
    }

    /// This part is not accepted.
    pub(crate) fn refused(self, field: Field, expected: impl Into<String>) -> ParseError {
        ParseError {
            field,
            given: self.text.chars().take(80).collect(),
            position: self.position,
            expected: expected.into(),
        }
    }
}
