//! Totals above the rows that they add up, as pivot tables and outlines have them: only arithmetic
//! tells them from products.

use std::collections::HashSet;

use rust_decimal::Decimal;

use crate::header::find::PeekedRow;
use crate::header::headings::Role;
use crate::values::cell::Held;
use crate::values::labels::is_total;
use crate::values::price::read_price;

use super::blocks::{Block, Kind};

/// A row that is perhaps the total of those below it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) row: u32,
    pub(super) cells: Vec<(u32, Held)>,
    pub(super) amount: Decimal,
    /// What of its amount the rows below it have not yet made up.
    pub(super) left: Decimal,
}

/// How much a cell is.
pub(super) fn amount(cells: &[(u32, Held)], column: u32) -> Option<Decimal> {
    let at = cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
    let number = match &cells[at].1 {
        Held::Number(number) | Held::Money(number, _) => *number,
        Held::Text(text) => read_price(text, None).ok()?.value,
        _ => return None,
    };
    Some(number.to_decimal())
}

/// What a row is called: its product, or else its category.
pub(super) fn name<'a>(block: &Block, cells: &'a [(u32, Held)]) -> Option<&'a str> {
    [Role::Product, Role::Category].iter().find_map(|role| {
        let column = block.columns[*role as usize]?;
        let at = cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
        cells[at].1.text()
    })
}

/// Whether a row calls itself a total, which is left out anyway.
pub(super) fn is_called_total(cells: &[(u32, Held)]) -> bool {
    let mut texts = cells.iter().filter_map(|(_, cell)| cell.text());
    texts.any(|text| is_total(text, true))
}

/// Whether the rows fall into groups of which each begins with its total, without a rest. One
/// such group may be chance, as two prices that make a third one are.
pub(super) fn stand_above(block: &Block, rows: &[&PeekedRow], are_all: bool) -> bool {
    let (Kind::Plain, [value]) = (block.kind, block.values.as_slice()) else {
        return false;
    };
    let lines: Vec<(Decimal, &PeekedRow)> = rows
        .iter()
        .filter(|row| !is_called_total(&row.cells))
        .filter_map(|row| Some((amount(&row.cells, value.column)?, *row)))
        .collect();
    let mut heads = HashSet::new();
    let mut members = HashSet::new();
    let (mut pairs, mut most) = (0, 0);
    let mut rest = lines.as_slice();
    while let Some(((total, head), below)) = rest.split_first() {
        let mut sum = Decimal::ZERO;
        let end = below.iter().position(|(amount, _)| {
            sum = sum.saturating_add(*amount);
            sum >= *total
        });
        let Some(end) = end else {
            if are_all || sum >= *total {
                return false;
            }
            break;
        };
        if sum != *total {
            return false;
        }
        heads.extend(name(block, &head.cells));
        members.extend(
            below[..=end]
                .iter()
                .filter_map(|(_, row)| name(block, &row.cells)),
        );
        pairs += usize::from(end > 0);
        most = most.max(end + 1);
        rest = &below[end + 1..];
    }
    (pairs > 1 || most > 2) && !heads.is_empty() && heads.is_disjoint(&members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::blocks::ValueColumn;
    use crate::values::number::Number;

    fn stand(prices: &[(&str, i64)], are_all: bool) -> bool {
        let block = Block {
            columns: {
                let mut columns = [None; 7];
                columns[Role::Product as usize] = Some(0);
                columns
            },
            values: vec![ValueColumn {
                column: 1,
                heading: String::new(),
                at: None,
                vendor: None,
                quantity: None,
            }],
            ..Block::default()
        };
        let rows: Vec<PeekedRow> = (1..)
            .zip(prices)
            .map(|(row, (name, price))| PeekedRow {
                row,
                cells: vec![
                    (0, Held::Text((*name).to_owned())),
                    (1, Held::Number(Number::whole(*price))),
                ],
            })
            .collect();
        stand_above(&block, &rows.iter().collect::<Vec<_>>(), are_all)
    }

    #[test]
    fn groups_without_a_rest_are_totals_and_their_rows() {
        let two = [("A", 5), ("a", 2), ("b", 3), ("B", 9), ("c", 4), ("d", 5)];
        assert!(stand(&two, true));
        assert!(stand(&[("A", 9), ("a", 2), ("b", 3), ("c", 4)], true));
        let grand = [&two[..], &[("합계", 14)]].concat();
        assert!(stand(&grand, true));
        // The last group goes on below the rows that are looked at.
        let more = [&two[..], &[("C", 50), ("e", 7)]].concat();
        assert!(stand(&more, false));
        assert!(!stand(&more, true));
    }

    #[test]
    fn prices_that_happen_to_add_up_are_no_totals() {
        for prices in [
            &[("a", 5), ("b", 2), ("c", 3)][..],
            &[("a", 5), ("b", 2), ("c", 3), ("d", 7)],
            &[("a", 5), ("b", 5), ("c", 3), ("d", 3)],
            // The same product again.
            &[("a", 5), ("b", 2), ("c", 3), ("b", 9), ("a", 4), ("d", 5)],
            &[],
        ] {
            assert!(!stand(prices, true), "{prices:?}");
        }
    }
}
