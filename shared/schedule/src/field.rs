//! One field of a cron expression: lists, ranges, steps and names over a span of numbers.

use crate::error::{Field, ParseError, Part};

/// What a field may hold.
pub(crate) struct Spec {
    pub(crate) field: Field,
    pub(crate) first: u16,
    pub(crate) last: u16,
    /// Names of the values from `first` on; empty where there are none.
    pub(crate) names: &'static [&'static str],
    /// What is accepted, for a person.
    pub(crate) expected: &'static str,
}

pub(crate) const MINUTE: Spec = Spec {
    field: Field::Minute,
    first: 0,
    last: 59,
    names: &[],
    expected: "minutes are 0 to 59 with , - * /",
};
pub(crate) const HOUR: Spec = Spec {
    field: Field::Hour,
    first: 0,
    last: 23,
    names: &[],
    expected: "hours are 0 to 23 with , - * /",
};
pub(crate) const DAY_OF_MONTH: Spec = Spec {
    field: Field::DayOfMonth,
    first: 1,
    last: 31,
    names: &[],
    expected: "days of the month are 1 to 31 with , - * / or one of ? L LW L-3 15W",
};
pub(crate) const MONTH: Spec = Spec {
    field: Field::Month,
    first: 1,
    last: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    expected: "months are 1 to 12 or JAN to DEC with , - * /",
};
pub(crate) const DAY_OF_WEEK: Spec = Spec {
    field: Field::DayOfWeek,
    first: 1,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    expected: "days of the week are 1 (Sunday) to 7 or SUN to SAT with , - * / or one of ? L FRIL FRI#2",
};
pub(crate) const YEAR: Spec = Spec {
    field: Field::Year,
    first: 1970,
    last: 2199,
    names: &[],
    expected: "years are 1970 to 2199 with , - * /",
};

impl Spec {
    /// The values that the field's text names, in the order in which they are written.
    pub(crate) fn values(&self, part: Part<'_>) -> Result<Vec<u16>, ParseError> {
        let mut values = Vec::new();
        for item in part.split(',') {
            self.item(item, &mut values)?;
        }
        Ok(values)
    }

    /// One value: a number of the span, or a name.
    pub(crate) fn value(&self, part: Part<'_>) -> Result<u16, ParseError> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(part.text));
        let named = named
            .and_then(|index| u16::try_from(index).ok())
            .map(|index| self.first + index);
        named
            .or_else(|| number(part.text).filter(|n| (self.first..=self.last).contains(n)))
            .ok_or_else(|| part.refused(self.field, self.expected))
    }

    /// One entry of a list: `5`, `5-10`, `*`, `5/10`, `5-10/2`, `*/2`, `/2`.
    fn item(&self, item: Part<'_>, values: &mut Vec<u16>) -> Result<(), ParseError> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (item, None),
        };
        let (from, to) = if range.text == "*" || (range.text.is_empty() && step.is_some()) {
            (self.first, self.last)
        } else if let Some((from, to)) = range.split_once('-') {
            (self.value(from)?, self.value(to)?)
        } else {
            let from = self.value(range)?;
            (from, if step.is_some() { self.last } else { from })
        };
        let span = self.last - self.first + 1;
        if from > to && self.field == Field::Year {
            return Err(range.refused(
                self.field,
                "the first year of a range comes before its last",
            ));
        }
        // `FRI-MON` goes on at the beginning of the span.
        let length = (to + span - from) % span;
        for offset in (0..=length).step_by(usize::from(step.unwrap_or(1))) {
            values.push(self.first + (from - self.first + offset) % span);
        }
        Ok(())
    }

    fn step(&self, part: Part<'_>) -> Result<u16, ParseError> {
        let largest = self.last.min(self.last - self.first + 1);
        number(part.text)
            .filter(|step| (1..=largest).contains(step))
            .ok_or_else(|| {
                part.refused(
                    self.field,
                    format!("a step is a whole number from 1 to {largest}"),
                )
            })
    }
}

/// Decimal digits only, without a sign.
pub(crate) fn number(text: &str) -> Option<u16> {
    let digits = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
