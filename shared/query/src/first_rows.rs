//! The first rows of an answer, as a page shows them before anybody downloads the file.

use serde::Serialize;
use serde_json::Value;

use crate::{Cell, Column, Kind};

/// Where an answer's first rows end, whatever it has: so many rows, or bytes of cells.
const ROWS: usize = 200;
const BYTES: usize = 200_000;

/// The columns of an answer and its first rows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FirstRows {
    columns: Vec<Named>,
    rows: Vec<Vec<Value>>,
    #[serde(skip)]
    bytes: usize,
}

/// A column by its name, and what it holds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Named {
    name: String,
    kind: Kind,
}

/// The columns as JSON says them.
pub(crate) fn headings(columns: &[Column]) -> Vec<Named> {
    let named = columns.iter().map(|column| Named {
        name: column.name.clone(),
        kind: column.kind,
    });
    named.collect()
}

impl FirstRows {
    pub(crate) fn begin(&mut self, columns: &[Column]) {
        self.columns = headings(columns);
    }

    /// Keeps a row if it is one of the first.
    pub(crate) fn add(&mut self, cells: &[Cell]) {
        // Once one is too much, none is kept any more: what is shown has no holes.
        if self.rows.len() >= ROWS || self.bytes > BYTES {
            return;
        }
        self.bytes += cells.iter().map(|cell| cell.text().len()).sum::<usize>();
        if self.bytes <= BYTES {
            let cells = cells.iter().map(cell).collect();
            self.rows.push(cells);
        }
    }
}

/// A cell with the sign of its currency: `["12.50", "USD"]` for money.
fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Money(amount, currency) => serde_json::json!([amount.to_string(), currency.code()]),
        Cell::Count(count) => Value::from(*count),
        Cell::Empty => Value::Null,
        other => Value::from(other.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_rows_are_kept() {
        let mut first = FirstRows::default();
        for count in 0..1_000 {
            first.add(&[Cell::Count(count)]);
        }
        assert_eq!(first.rows.len(), ROWS);
        assert_eq!(first.rows.last().unwrap(), &[Value::from(199)]);
    }

    #[test]
    fn a_row_that_is_too_much_ends_them() {
        let mut first = FirstRows::default();
        first.add(&[Cell::Count(1)]);
        first.add(&[Cell::Text("x".repeat(BYTES))]);
        first.add(&[Cell::Count(3)]);
        assert_eq!(first.rows.len(), 1);
    }
}
