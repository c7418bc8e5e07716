//! Reading a document strictly: every key is either read, or known to mean nothing locally, or
//! a problem that carries its path. All problems are collected, not only the first.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Problem;
use super::expression::Expression;

/// Keys that mean nothing on one machine, each with the reason.
pub(super) type Meaningless = &'static [(&'static str, &'static str)];

/// The path of `key` below `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn add(&self, path: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// A value and where it stands. Reading one that is of the wrong kind notes a problem and gives
/// an empty value, so that the rest is read as well.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
    problems: &'a Problems,
}

impl<'a> At<'a> {
    pub(super) fn new(value: &'a Value, problems: &'a Problems) -> Self {
        Self {
            path: String::new(),
            value,
            problems,
        }
    }

    pub(super) fn problem(&self, message: impl Into<String>) {
        self.problems.add(&self.path, message);
    }

    pub(super) fn not_understood(&self) {
        self.problem("the local runner does not understand this");
    }

    pub(super) fn key(&self, key: &str) -> Option<At<'a>> {
        self.value.get(key).map(|value| At {
            path: join(&self.path, key),
            value,
            problems: self.problems,
        })
    }

    /// The entries of a mapping; of an absent value, none.
    pub(super) fn entries(&self) -> Vec<(&'a str, At<'a>)> {
        match self.value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| {
                    let path = join(&self.path, key);
                    let problems = self.problems;
                    (
                        key.as_str(),
                        At {
                            path,
                            value,
                            problems,
                        },
                    )
                })
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                self.problem("expected a mapping");
                Vec::new()
            }
        }
    }

    pub(super) fn items(&self) -> Vec<At<'a>> {
        let Value::Array(items) = self.value else {
            self.problem("expected a list");
            return Vec::new();
        };
        items
            .iter()
            .enumerate()
            .map(|(index, value)| At {
                path: format!("{}[{index}]", self.path),
                value,
                problems: self.problems,
            })
            .collect()
    }

    /// The items of a list, or the value itself where one may stand alone.
    pub(super) fn one_or_many(&self) -> Vec<At<'a>> {
        if self.value.is_array() {
            self.items()
        } else {
            vec![self.clone()]
        }
    }

    /// A mapping of which every key must be accounted for.
    pub(super) fn fields(&self) -> Fields<'a> {
        let map = self.value.as_object();
        if map.is_none() {
            self.problem("expected a mapping");
        }
        Fields {
            at: self.clone(),
            map,
            seen: BTreeSet::new(),
        }
    }

    pub(super) fn text(&self) -> String {
        match self.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => {
                self.problem("expected a text");
                String::new()
            }
        }
    }

    /// A whole number within `range`; the framework turns texts of digits into numbers, and so
    /// does this.
    pub(super) fn whole(&self, range: std::ops::RangeInclusive<u32>) -> u32 {
        let number = match self.value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.and_then(|number| u32::try_from(number).ok());
        match number {
            Some(number) if range.contains(&number) => number,
            _ => {
                let (low, high) = (range.start(), range.end());
                self.problem(format!(
                    "expected a whole number from {low} to {high}, found {}",
                    self.value
                ));
                *low
            }
        }
    }

    pub(super) fn flag(&self) -> bool {
        match self.value {
            Value::Bool(flag) => *flag,
            Value::String(text) if text == "true" => true,
            Value::String(text) if text == "false" => false,
            _ => {
                self.problem("expected true or false");
                false
            }
        }
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().map(At::text).collect()
    }

    pub(super) fn expression(&self) -> Expression {
        Expression::read(self)
    }

    /// The logical id of a role: alone, as the framework takes it, or by `!GetAtt X.Arn`.
    pub(super) fn role(&self) -> String {
        match self.value {
            Value::String(id) => id.clone(),
            _ => self.arn_of().unwrap_or_default(),
        }
    }

    /// The logical id that `!GetAtt X.Arn` names.
    pub(super) fn arn_of(&self) -> Option<String> {
        match self.expression() {
            Expression::Attribute {
                resource,
                attribute,
            } if attribute == "Arn" => Some(resource),
            _ => {
                self.problem("the local runner understands only `!GetAtt X.Arn` of a resource of this file here");
                None
            }
        }
    }
}

/// A mapping that is read key by key.
pub(super) struct Fields<'a> {
    pub(super) at: At<'a>,
    map: Option<&'a Map<String, Value>>,
    seen: BTreeSet<String>,
}

impl<'a> Fields<'a> {
    pub(super) fn get(&mut self, key: &str) -> Option<At<'a>> {
        self.seen.insert(key.to_owned());
        self.at.key(key).filter(|at| !at.value.is_null())
    }

    /// A key that must be there; its absence is a problem and reads as an empty value.
    pub(super) fn need(&mut self, key: &str) -> Option<At<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.at.problem(format!("lacks `{key}`"));
        }
        found
    }

    /// Passes over keys that have a reason to mean nothing locally.
    pub(super) fn meaningless(&mut self, keys: Meaningless) {
        for (key, _reason) in keys {
            self.seen.insert((*key).to_owned());
        }
    }

    /// Every key that was neither read nor passed over is a problem.
    pub(super) fn finish(self) {
        let keys = self.map.into_iter().flat_map(Map::keys);
        for key in keys.filter(|key| !self.seen.contains(*key)) {
            if let Some(at) = self.at.key(key) {
                at.not_understood();
            }
        }
    }
}
