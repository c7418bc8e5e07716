//! What of a whole sheet tells its tables apart: the first rows, and later ones that are nothing but
//! text, each with its neighbours.

use super::{PEEK_COLUMNS, PEEK_ROWS, Peek, PeekedRow};
use crate::values::cell::{Cells, Held, Stop, Value};

/// How many rows are kept of a sheet.
const MOST_ROWS: usize = 2_000;
/// How many rows are kept behind one that is nothing but text.
const BEHIND: u32 = 3;

/// A look at a whole sheet.
#[derive(Default)]
pub(crate) struct LongPeek {
    peek: Peek,
    /// The row that is being read, and the one before it if that is not kept.
    row: Option<PeekedRow>,
    before: Option<PeekedRow>,
    /// How many of the next rows are kept.
    keep: u32,
}

impl LongPeek {
    /// The rows that are kept.
    pub(crate) fn finish(mut self) -> Peek {
        self.end_row();
        self.peek
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.take().filter(|row| !row.cells.is_empty()) else {
            return;
        };
        let texts = row
            .cells
            .iter()
            .all(|(_, cell)| matches!(cell, Held::Text(_)));
        let is_odd = texts || row.cells.len() == 1;
        if is_odd {
            self.keep = BEHIND + 1;
            self.peek.rows.extend(self.before.take());
        }
        if self.keep > 0 || self.peek.rows.len() < PEEK_ROWS {
            self.keep = self.keep.saturating_sub(1);
            self.before = None;
            self.peek.rows.push(row);
        } else {
            self.before = Some(row);
        }
    }
}

impl Cells for LongPeek {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if self.row.as_ref().is_none_or(|current| current.row != row) {
            self.end_row();
            if self.peek.rows.len() >= MOST_ROWS {
                return Err(Stop::Enough);
            }
            self.row = Some(PeekedRow {
                row,
                cells: Vec::new(),
            });
        }
        if column < PEEK_COLUMNS
            && let Some(current) = &mut self.row
        {
            current.push(column, value);
        }
        Ok(())
    }
}
