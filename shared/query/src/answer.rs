//! Runs a statement and types what it gives.

use std::sync::PoisonError;
use std::time::Instant;

use jiff::Timestamp;
use model::{Currency, Decimal};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, Row, Statement};

use crate::guard::{self, Refused};
use crate::numbers::from_minor_units;
use crate::{
    Cell, Column, Database, Kind, Limits, Output, Place, QueryError, Question, Template, Value,
};

/// Where a column's currency stands, if it has one.
struct Typed {
    column: Column,
    currency: Option<usize>,
}

impl Database {
    /// Answers a question: every row goes to `output` as it comes. Gives the number of rows. The
    /// database can be asked again, but no longer filled.
    pub fn answer(
        &mut self,
        template: &Template,
        question: &Question,
        limits: &Limits,
        output: &mut Output,
    ) -> Result<u64, QueryError> {
        self.finish()?;
        let reader = self.reader(limits)?;
        let refused = guard::confine(&reader, limits).map_err(QueryError::Database)?;
        guard::stop_at(&reader, Instant::now() + limits.time);
        let context = Context {
            template,
            limits,
            refused: &refused,
        };
        let mut statement = context.prepare(&reader)?;
        context.bind(&mut statement, question)?;
        let columns = context.columns(&statement)?;
        output.begin(columns.iter().map(|typed| &typed.column))?;
        let mut rows = statement.raw_query();
        let mut count = 0;
        while let Some(row) = rows.next().map_err(|error| context.explain(error))? {
            count += 1;
            if count > limits.rows {
                return Err(QueryError::TooManyRows(limits.rows));
            }
            let cells = columns
                .iter()
                .enumerate()
                .map(|(at, typed)| {
                    cell(row, at, typed, self).map_err(|reason| QueryError::Answer {
                        row: count,
                        column: typed.column.name.clone(),
                        reason,
                    })
                })
                .collect::<Result<Vec<Cell>, QueryError>>()?;
            output.row(&cells)?;
        }
        Ok(count)
    }

    /// Checks a template's statement without any data: what [`Self::answer`] would refuse at once.
    pub fn check(
        &mut self,
        template: &Template,
        limits: &Limits,
    ) -> Result<Vec<Column>, QueryError> {
        self.finish()?;
        let reader = self.reader(limits)?;
        let refused = guard::confine(&reader, limits).map_err(QueryError::Database)?;
        guard::stop_at(&reader, Instant::now() + limits.time);
        let context = Context {
            template,
            limits,
            refused: &refused,
        };
        let statement = context.prepare(&reader)?;
        context.parameters(&statement)?;
        let columns = context.columns(&statement)?;
        Ok(columns.into_iter().map(|typed| typed.column).collect())
    }
}

/// What messages are made of.
struct Context<'a> {
    template: &'a Template,
    limits: &'a Limits,
    refused: &'a Refused,
}

impl Context<'_> {
    fn prepare<'c>(&self, reader: &'c Connection) -> Result<Statement<'c>, QueryError> {
        let refuse = |reason: &str| QueryError::Refused {
            place: None,
            reason: reason.to_owned(),
        };
        let statement = reader
            .prepare(&self.template.text)
            .map_err(|error| self.located(self.explain(error)))?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(refuse("it has no statement that reads, a SELECT"));
        }
        if statement.is_explain() != 0 {
            return Err(refuse("EXPLAIN is not allowed"));
        }
        Ok(statement)
    }

    /// The names of the statement's parameters, each of which the template has.
    fn parameters(&self, statement: &Statement<'_>) -> Result<Vec<String>, QueryError> {
        (1..=statement.parameter_count())
            .map(|at| {
                let given = statement.parameter_name(at).unwrap_or("?");
                let name = given.strip_prefix(':').unwrap_or_default();
                let known = matches!(name, "today" | "slot")
                    || self
                        .template
                        .parameters
                        .iter()
                        .any(|known| known.name == name);
                known.then(|| name.to_owned()).ok_or_else(|| {
                    let reason = format!("the parameter {given} is not declared in the header");
                    QueryError::Template {
                        place: self.place_of(given).unwrap_or(Place { line: 1, column: 1 }),
                        reason,
                    }
                })
            })
            .collect()
    }

    fn bind(&self, statement: &mut Statement<'_>, question: &Question) -> Result<(), QueryError> {
        for (at, name) in (1..).zip(self.parameters(statement)?) {
            match question.values.get(&name) {
                None | Some(Value::Nothing) => statement.raw_bind_parameter(at, None::<i64>),
                Some(Value::Text(text)) => statement.raw_bind_parameter(at, text),
                Some(Value::Whole(number)) => statement.raw_bind_parameter(at, number),
            }
            .map_err(|error| self.explain(error))?;
        }
        Ok(())
    }

    fn columns(&self, statement: &Statement<'_>) -> Result<Vec<Typed>, QueryError> {
        let names = statement.column_names();
        let wrong = |reason: String| QueryError::Template {
            place: Place { line: 1, column: 1 },
            reason,
        };
        let find = |name: &str| {
            names
                .iter()
                .position(|known| *known == name)
                .ok_or_else(|| {
                    wrong(format!(
                        "the header names the column {name:?}, which the statement does not give"
                    ))
                })
        };
        for declared in &self.template.columns {
            find(&declared.name)?;
        }
        names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                if names[..at].contains(name) {
                    return Err(wrong(format!("two columns have the name {name:?}")));
                }
                let declared = self
                    .template
                    .columns
                    .iter()
                    .find(|known| known.name == *name);
                let column = declared.cloned().unwrap_or(Column {
                    name: (*name).to_owned(),
                    kind: Kind::Plain,
                    currency: None,
                });
                let currency = column.currency.as_deref().map(find).transpose()?;
                Ok(Typed { column, currency })
            })
            .collect()
    }

    /// What an error of SQLite means for the one who wrote the template.
    fn explain(&self, error: Error) -> QueryError {
        let refusal = self
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(refusal) = refusal {
            return QueryError::Refused {
                place: refusal.word.and_then(|word| self.place_of(&word)),
                reason: refusal.reason,
            };
        }
        match error {
            Error::MultipleStatement => QueryError::Refused {
                place: None,
                reason: "it has more than one statement".to_owned(),
            },
            Error::SqlInputError { msg, offset, .. } => QueryError::Template {
                place: Place::of(&self.template.text, usize::try_from(offset).unwrap_or(0)),
                reason: msg,
            },
            Error::SqliteFailure(code, message) => match code.code {
                ErrorCode::OperationInterrupted => {
                    QueryError::TooSlow(self.limits.time.as_millis())
                }
                ErrorCode::OutOfMemory => QueryError::TooMuchMemory,
                _ => QueryError::Failed(message.unwrap_or_else(|| code.to_string())),
            },
            other => QueryError::Failed(other.to_string()),
        }
    }

    /// What SQLite says of a statement without saying where, with the place of the word that it
    /// ends with: `no such table: users`.
    fn located(&self, error: QueryError) -> QueryError {
        let QueryError::Failed(reason) = error else {
            return error;
        };
        let word = reason.rsplit(' ').next().unwrap_or_default();
        QueryError::Template {
            place: self.place_of(word).unwrap_or(Place { line: 1, column: 1 }),
            reason,
        }
    }

    /// Where a word first stands in the statement.
    fn place_of(&self, word: &str) -> Option<Place> {
        let text = self.template.text.to_ascii_lowercase();
        let mut line_start = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim_start().starts_with("--")
                && let Some(at) = line.find(&word.to_ascii_lowercase())
            {
                return Some(Place::of(&self.template.text, line_start + at));
            }
            line_start += line.len();
        }
        None
    }
}

/// The typed value of a column in a row.
fn cell(row: &Row<'_>, at: usize, typed: &Typed, database: &Database) -> Result<Cell, String> {
    let value = row.get_ref(at).map_err(|error| error.to_string())?;
    let text = match value {
        ValueRef::Null => return Ok(Cell::Empty),
        ValueRef::Text(text) => Some(std::str::from_utf8(text).map_err(|_| "it is not UTF-8")?),
        ValueRef::Blob(_) => return Err("it is a blob".to_owned()),
        ValueRef::Real(_) => {
            return Err(
                "it is a binary fraction; mean(), percent() and whole numbers are exact".into(),
            );
        }
        ValueRef::Integer(_) => None,
    };
    let whole = match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    };
    let number = || {
        whole
            .map(Decimal::from)
            .or_else(|| text.and_then(|text| Decimal::from_str_exact(text).ok()))
            .ok_or_else(|| format!("{:?} is not a number", text.unwrap_or_default()))
    };
    let shown = || text.map_or_else(|| whole.unwrap_or_default().to_string(), str::to_owned);
    Ok(match typed.column.kind {
        Kind::Plain => whole.map_or_else(|| Cell::Text(shown()), Cell::Count),
        Kind::Text | Kind::Link => Cell::Text(shown()),
        Kind::Count => Cell::Count(whole.ok_or("it is not a whole number")?),
        Kind::Number => Cell::Number(number()?),
        Kind::Percent => Cell::Percent(number()?),
        Kind::Date => {
            let text = shown();
            let date = text.parse().map_err(|_| format!("{text:?} is not a day"))?;
            Cell::Date(date)
        }
        Kind::Instant => {
            let text = shown();
            let at: Timestamp = text
                .parse()
                .map_err(|_| format!("{text:?} is not an instant"))?;
            Cell::DateTime(database.zone.to_datetime(at))
        }
        Kind::Money => {
            let code = typed.currency.and_then(|at| row.get_ref(at).ok());
            let currency = code
                .and_then(|code| code.as_str().ok())
                .and_then(Currency::from_code)
                .ok_or("its row names no currency")?;
            let amount = from_minor_units(number()?, currency).ok_or("it has too many digits")?;
            Cell::Money(amount, currency)
        }
    })
}
