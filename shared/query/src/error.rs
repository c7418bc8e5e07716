//! Why a question has no answer, in words for the one who asked.

use std::fmt;

/// Where in a template something stands; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    /// Where a byte of a text stands.
    pub(crate) fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The template is wrong.
    #[error("the template is wrong at {place}: {reason}")]
    Template {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// The template asks for something that no template may have.
    #[error("the template is refused{}: {reason}", at(.place.as_ref()))]
    Refused {
        /// Where, if it can be told.
        place: Option<Place>,
        /// What it asks for.
        reason: String,
    },
    /// A value does not fit its parameter.
    #[error("the parameter {name:?} is refused: {reason}")]
    Parameter {
        /// The parameter.
        name: String,
        /// Why.
        reason: String,
    },
    /// A value of the answer does not fit its column.
    #[error("row {row} of the answer, column {column:?}: {reason}")]
    Answer {
        /// The row, from 1.
        row: u64,
        /// The column's name.
        column: String,
        /// Why.
        reason: String,
    },
    /// The statement failed while it ran.
    #[error("the query failed: {0}")]
    Failed(String),
    /// It took longer than allowed.
    #[error("the query was stopped: it took longer than {0} ms")]
    TooSlow(u128),
    /// It needs more memory than allowed.
    #[error("the query was stopped: it needs more memory than allowed")]
    TooMuchMemory,
    /// It gives more rows than allowed.
    #[error("the query was stopped: it gives more than {0} rows")]
    TooManyRows(u64),
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Unreadable),
    /// A cell of the archive is not what its column says.
    #[error("the archive has {value:?} where {expected} belongs")]
    ArchiveCell {
        /// What stands there.
        value: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// The database file failed.
    #[error("the database of the query failed: {0}")]
    Database(rusqlite::Error),
    /// The file of the answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Output(String),
}

fn at(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!(" at {place}"))
}
