//! Why a value was refused.

/// A value that is not what its type promises: which kind of value, what was given, and what
/// is accepted instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {what}: {expected}")]
pub struct Invalid {
    /// The kind of value, in a person's words ("product id").
    pub what: &'static str,
    /// What was given, cut to 80 characters.
    pub given: String,
    /// What is accepted.
    pub expected: &'static str,
}

impl Invalid {
    /// An error for `given`, quoting at most its first 80 characters.
    pub fn new(what: &'static str, given: &str, expected: &'static str) -> Self {
        Self {
            what,
            given: given.chars().take(80).collect(),
            expected,
        }
    }
}
