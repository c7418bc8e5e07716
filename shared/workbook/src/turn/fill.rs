//! Cells that hold for the rows below them: merged over several rows, or blank below the first
//! row of a group.

use std::collections::HashSet;

use crate::header::find::PeekedRow;
use crate::header::headings::Role;
use crate::values::cell::Held;
use crate::values::labels::is_total;

use super::blocks::{Block, Kind};

/// Cells merged into one: the first and the last row, the first and the last column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) rows: (u32, u32),
    pub(crate) columns: (u32, u32),
}

/// Which blank cells of a column take the value above them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Fill {
    #[default]
    None,
    /// Those that are merged with it: the first and the last row, in order.
    Merged(Vec<(u32, u32)>),
    /// All.
    Blank,
}

impl Fill {
    /// Whether a blank cell takes the value that stands some rows above.
    pub(crate) fn reaches(&self, above: u32, row: u32) -> bool {
        match self {
            Self::None => false,
            Self::Blank => true,
            Self::Merged(ranges) => {
                let at = ranges.partition_point(|(first, _)| *first <= above);
                at > 0 && ranges[at - 1].0 == above && row <= ranges[at - 1].1
            }
        }
    }
}

/// The roles whose columns may be filled.
const FILLED: [Role; 4] = [Role::Date, Role::Product, Role::Category, Role::Vendor];

/// Whether a column that may be filled has blank cells beside prices.
pub(super) fn has_blanks(block: &Block, rows: &[&PeekedRow]) -> bool {
    FILLED.iter().any(|role| {
        let column = block.columns[*role as usize];
        column.is_some_and(|column| {
            let seen = rows.iter().any(|row| row.cell(column).is_some());
            seen && rows
                .iter()
                .any(|row| is_data(block, row) && row.cell(column).is_none())
        })
    })
}

/// A row with a price that adds up no others.
fn is_data(block: &Block, row: &PeekedRow) -> bool {
    let has_price = block
        .values
        .iter()
        .any(|value| row.cell(value.column).is_some());
    has_price && !row.labels().any(|(_, text)| is_total(text, true))
}

/// How each role's column is filled.
pub(super) fn fills(block: &Block, rows: &[&PeekedRow], merges: &[Merge]) -> [Fill; 7] {
    let mut fills: [Fill; 7] = Default::default();
    let data: Vec<&PeekedRow> = rows
        .iter()
        .copied()
        .filter(|row| is_data(block, row))
        .collect();
    for role in FILLED {
        let Some(column) = block.columns[role as usize] else {
            continue;
        };
        let mut ranges: Vec<(u32, u32)> = merges
            .iter()
            .filter(|merge| merge.columns.0 == column && merge.rows.1 > merge.rows.0)
            .map(|merge| merge.rows)
            .collect();
        ranges.sort_unstable();
        if !ranges.is_empty() {
            fills[role as usize] = Fill::Merged(ranges);
        } else if means_as_above(block, role, column, &data) {
            fills[role as usize] = Fill::Blank;
        }
    }
    fills
}

/// Whether blank cells mean "as above": each value that stands there begins a group, at least one
/// row in three is blank, and within a group nothing is priced twice.
fn means_as_above(block: &Block, role: Role, column: u32, data: &[&PeekedRow]) -> bool {
    let cells: Vec<Option<&Held>> = data.iter().map(|row| row.cell(column)).collect();
    let named: Vec<&Held> = cells.iter().flatten().copied().collect();
    let blanks = cells.len() - named.len();
    let begins = cells.first().is_some_and(Option::is_some);
    let differs = named.windows(2).all(|pair| pair[0] != pair[1]);
    let enough = named.len() > 1 || blanks > 1;
    if !begins || !differs || !enough || blanks * 2 < named.len() {
        return false;
    }
    // Dates of a category's or a shop's own rows may come again.
    let others = match role {
        Role::Date => [Role::Product, Role::Sku, Role::Vendor],
        _ => [Role::Product, Role::Date, Role::Vendor],
    };
    let shown = |row: &PeekedRow, role: Role| {
        block.columns[role as usize]
            .and_then(|column| row.cell(column))
            .map(|cell| cell.value().display())
    };
    if role == Role::Product {
        let told_apart =
            block.has(Role::Date) || block.has(Role::Vendor) || block.kind != Kind::Plain;
        if !told_apart || blanks == 0 {
            return false;
        }
    }
    let is_filled = |other: &Role| *other == role;
    let keys: Vec<Role> = others
        .into_iter()
        .filter(|other| !is_filled(other))
        .collect();
    let mut seen: HashSet<Vec<Option<String>>> = HashSet::new();
    let mut any = false;
    data.iter().zip(&cells).all(|(row, cell)| {
        if cell.is_some() {
            seen.clear();
        }
        let key: Vec<Option<String>> = keys.iter().map(|role| shown(row, *role)).collect();
        any = any || key.iter().any(Option::is_some);
        seen.insert(key)
    }) && any
}
