//! The three kinds of expression, and how each is read.

use std::fmt;
use std::str::FromStr;

use jiff::civil;

use crate::error::{Field, ParseError, Part};
use crate::{Cron, Rate};

/// What EventBridge Scheduler takes as a `ScheduleExpression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// At every minute that the six fields name.
    Cron(Cron),
    /// Again and again after a fixed time.
    Rate(Rate),
    /// Once.
    At(civil::DateTime),
}

impl Expression {
    /// The longest expression that the API takes, in characters.
    pub const MAX_LENGTH: usize = 256;
}

const KINDS: &str = "an expression is cron(…), rate(…) or at(…)";

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let whole = Part { text, position: 0 };
        if text.chars().count() > Self::MAX_LENGTH {
            let expected = format!("at most {} characters are taken", Self::MAX_LENGTH);
            return Err(whole.refused(Field::Expression, expected));
        }
        let (kind, rest) = whole
            .split_once('(')
            .ok_or_else(|| whole.refused(Field::Expression, KINDS))?;
        let (fields, beyond) = rest.split_once(')').ok_or_else(|| {
            whole.refused(Field::Expression, "the closing parenthesis is missing")
        })?;
        if !beyond.text.is_empty() {
            return Err(
                beyond.refused(Field::Expression, "nothing follows the closing parenthesis")
            );
        }
        match kind.text {
            "cron" => Cron::read(fields).map(Self::Cron),
            "rate" => Rate::read(fields).map(Self::Rate),
            "at" => at(fields).map(Self::At),
            _ => Err(kind.refused(Field::Expression, KINDS)),
        }
    }
}

/// As it was written (a rate: with one space between its two words).
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(cron) => write!(f, "cron({cron})"),
            Self::Rate(rate) => write!(f, "rate({rate})"),
            Self::At(local) => write!(f, "at({local:.0})"),
        }
    }
}

/// `yyyy-mm-ddThh:mm:ss`, every digit of it.
fn at(part: Part<'_>) -> Result<civil::DateTime, ParseError> {
    let refused = |expected: &str| part.refused(Field::DateTime, expected);
    let shape = b"0000-00-00T00:00:00";
    let given = part.text.as_bytes();
    let fits = given.len() == shape.len()
        && given.iter().zip(shape).all(|(given, shape)| match shape {
            b'0' => given.is_ascii_digit(),
            sign => given == sign,
        });
    if !fits {
        return Err(refused(
            "at takes yyyy-mm-ddThh:mm:ss, as in at(2026-11-21T10:15:00)",
        ));
    }
    let number = |from: usize, to: usize| {
        given[from..to]
            .iter()
            .fold(0, |n, d| n * 10 + i16::from(d - b'0'))
    };
    let two = |from: usize| i8::try_from(number(from, from + 2)).unwrap_or(i8::MAX);
    civil::DateTime::new(number(0, 4), two(5), two(8), two(11), two(14), two(17), 0)
        .map_err(|_| refused("there is no such date and time in the calendar"))
}
