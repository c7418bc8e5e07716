//! A template: its header, and the statement below it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use model::Slot;
use sha2::{Digest, Sha256};

use crate::{ENGINE_VERSION, Kind, Parameter, Place, QueryError, Value, header};

/// The days that a template reads, as its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// The whole history.
    All,
    /// So many days, today the last.
    Last(u32),
    /// From the value of one parameter to that of another; without a value on without an end.
    Between(String, String),
}

/// What a result column holds, as the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name in the result.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The result column that names the currency, of a column of money.
    pub currency: Option<String>,
}

/// A query template, read and checked; its statement is checked when it is run or by
/// [`crate::Database::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What people see.
    pub title: String,
    /// The same in Korean, if the template has it.
    pub title_ko: Option<String>,
    /// Its parameters in their order.
    pub parameters: Vec<Parameter>,
    /// The days that it reads.
    pub range: Range,
    /// The columns that are declared; others are texts and plain numbers.
    pub columns: Vec<Column>,
    /// Whether the answer ends with totals.
    pub totals: bool,
    /// The whole text, header and statement.
    pub(crate) text: String,
}

/// The days that are read, both with their ends; `None` has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Option<Date>,
    /// The last.
    pub to: Option<Date>,
}

impl Days {
    /// Whether a day is one of them.
    pub fn contains(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// A template with the values that it is asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The value of every parameter of the statement, `today` and `slot` among them.
    pub values: BTreeMap<String, Value>,
    /// The days that are read.
    pub days: Days,
}

impl Template {
    /// The longest template, in bytes.
    pub const MAX_BYTES: usize = 65_536;

    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let wrong = |byte, reason: &str| QueryError::Template {
            place: Place::of(text, byte),
            reason: reason.to_owned(),
        };
        if text.len() > Self::MAX_BYTES {
            return Err(wrong(0, "it is longer than 65536 bytes"));
        }
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if let Some(at) = text.find(control) {
            return Err(wrong(at, "a control character"));
        }
        header::read(text)
    }

    /// What people see of it, in their language where it has that.
    pub fn title_in(&self, korean: bool) -> &str {
        let title = self.title_ko.as_ref().filter(|_| korean);
        title.unwrap_or(&self.title)
    }

    /// Reads a template as a file has it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, QueryError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let before = String::from_utf8_lossy(before);
                Err(QueryError::Template {
                    place: Place::of(&before, before.len()),
                    reason: "it is not UTF-8".to_owned(),
                })
            }
        }
    }

    /// Settles the values of its parameters and the days that it reads. `today` is the day where
    /// the owner is, `slot` the instant it is asked for.
    pub fn resolve(
        &self,
        given: &BTreeMap<String, String>,
        today: Date,
        slot: Slot,
    ) -> Result<Question, QueryError> {
        for name in given.keys() {
            if !self.parameters.iter().any(|known| known.name == *name) {
                return Err(QueryError::Parameter {
                    name: name.clone(),
                    reason: "the template has no such parameter".to_owned(),
                });
            }
        }
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let value = parameter.value(given.get(&parameter.name).map(String::as_str), today)?;
            values.insert(parameter.name.clone(), value);
        }
        let days = self.days(&values, today)?;
        values.insert("today".to_owned(), Value::Text(today.to_string()));
        values.insert("slot".to_owned(), Value::Text(slot.to_string()));
        Ok(Question { values, days })
    }

    fn days(&self, values: &BTreeMap<String, Value>, today: Date) -> Result<Days, QueryError> {
        let day = |name: &str| match values.get(name) {
            Some(Value::Text(text)) => text.parse().ok(),
            _ => None,
        };
        Ok(match &self.range {
            Range::All => Days {
                from: None,
                to: None,
            },
            Range::Last(days) => Days {
                from: today
                    .checked_sub(i64::from(days.saturating_sub(1)).days())
                    .ok(),
                to: Some(today),
            },
            Range::Between(from, to) => {
                let days = Days {
                    from: day(from),
                    to: day(to),
                };
                if days.from.zip(days.to).is_some_and(|(from, to)| from > to) {
                    return Err(QueryError::Parameter {
                        name: to.clone(),
                        reason: format!("the range ends before it begins ({from})"),
                    });
                }
                days
            }
        })
    }

    /// What two questions share that have the same answer: the template, the values, the files
    /// that are read (each of one generation) and the engine. 64 hexadecimal digits.
    pub fn cache_key<'a>(
        &self,
        question: &Question,
        files: impl IntoIterator<Item = &'a archive::Key>,
    ) -> String {
        let mut hash = Sha256::new();
        // Every part begins with its length, so that no two lists of parts look alike.
        let mut part = |text: &str| {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        };
        part(&ENGINE_VERSION.to_string());
        part(&self.text);
        for (name, value) in &question.values {
            let is_clock = matches!(name.as_str(), "today" | "slot");
            if is_clock && !self.text.contains(&format!(":{name}")) {
                continue;
            }
            part(name);
            part(&serde_json::to_string(value).unwrap_or_default());
        }
        for file in files {
            part(&file.to_string());
        }
        hex::encode(hash.finalize())
    }
}
