//! A column that is named like a price may hold the amount of a line: quantity × price = amount
//! proves it, whatever the headings are.

use rust_decimal::Decimal;

use super::{Layout, Peek, PeekedRow};
use crate::header::headings::{Role, heading_currency, money_unit};
use crate::values::cell::Held;
use crate::values::price::read_price;

/// What a column of quantities is called.
const QUANTITIES: [&str; 14] = [
    "수량",
    "개수",
    "갯수",
    "매수",
    "주문량",
    "구매량",
    "판매량",
    "qty",
    "quantity",
    "units",
    "pcs",
    "pieces",
    "ea",
    "count",
];

/// Columns that are looked at.
const MOST_COLUMNS: usize = 40;

impl Peek {
    /// Takes the price of a piece where the column that is named like a price holds amounts, or
    /// where none is named like one and a quantity times a column makes another.
    pub(super) fn choose_unit_price(&self, layout: &mut Layout) {
        let header = layout.last_header_row;
        let rows: Vec<&PeekedRow> = self.rows.iter().filter(|row| row.row > header).collect();
        let headings: Vec<(u32, &str)> = self
            .rows
            .iter()
            .filter(|row| row.row == header)
            .flat_map(PeekedRow::labels)
            .take(MOST_COLUMNS)
            .collect();
        let Some(quantity) = headings.iter().find(|(_, text)| is_quantity(text)) else {
            return;
        };
        let Some(price) = layout.column_of(Role::Price) else {
            let pairs = headings.iter().flat_map(|unit| {
                let amounts = headings.iter().map(|(amount, _)| *amount);
                amounts.map(move |amount| (*unit, amount))
            });
            let is_free = |column| layout.columns.iter().all(|(taken, _, _)| *taken != column);
            let unit = pairs.into_iter().find(|((unit, _), amount)| {
                *unit != *amount
                    && *unit != quantity.0
                    && *amount != quantity.0
                    && is_free(*unit)
                    && multiplies(&rows, quantity.0, *unit, *amount)
            });
            if let Some(((column, heading), _)) = unit {
                let (times, currency) = (money_unit(heading), heading_currency(heading));
                layout.times = times.map_or(1, |(times, _)| times);
                layout.currency = currency.or(times.and_then(|(_, currency)| currency));
                layout
                    .columns
                    .push((column, Role::Price, heading.to_owned()));
                layout
                    .columns
                    .sort_unstable_by_key(|(column, _, _)| *column);
            }
            return;
        };
        let unit = headings.iter().find(|(column, _)| {
            *column != price
                && *column != quantity.0
                && multiplies(&rows, quantity.0, *column, price)
        });
        if let Some((column, heading)) = unit {
            for one in &mut layout.columns {
                if one.1 == Role::Price {
                    layout.other_prices.push(one.2.clone());
                    *one = (*column, Role::Price, (*heading).to_owned());
                }
            }
            layout.other_prices.retain(|other| other != heading);
            layout
                .columns
                .sort_unstable_by_key(|(column, _, _)| *column);
        }
    }
}

/// Words of a heading that is the amount of a line.
const AMOUNTS: [&str; 7] = ["금액", "합계", "총액", "총가격", "amount", "total", "value"];

impl Peek {
    /// The column of quantities by which the amounts of a layout must be divided, because no
    /// column holds the price of a piece.
    pub(crate) fn quantity_of_totals(&self, layout: &Layout) -> Option<u32> {
        let mut columns = layout.columns.iter();
        let (price, _, heading) = columns.find(|(_, role, _)| *role == Role::Price)?;
        let lower = heading.to_lowercase();
        if !AMOUNTS.iter().any(|word| lower.contains(word)) {
            return None;
        }
        let header = self
            .rows
            .iter()
            .find(|row| row.row == layout.last_header_row)?;
        let (quantity, _) = header
            .labels()
            .find(|(column, text)| column != price && is_quantity(text))?;
        let rows = self.rows.iter().filter(|row| row.row > header.row);
        let mut quantities = rows.filter_map(|row| row.cell(quantity));
        let differs = quantities.any(|cell| match cell {
            Held::Number(number) => number.to_decimal() != Decimal::ONE,
            _ => false,
        });
        differs.then_some(quantity)
    }
}

fn is_quantity(heading: &str) -> bool {
    let plain: String = heading
        .split(['(', '['])
        .next()
        .unwrap_or(heading)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    QUANTITIES
        .iter()
        .any(|word| plain == *word || (word.len() > 2 && plain.ends_with(word)))
}

/// Whether quantity × price = amount in every row that has all three, and not only because every
/// quantity is one.
fn multiplies(rows: &[&PeekedRow], quantity: u32, price: u32, amount: u32) -> bool {
    let number = |row: &PeekedRow, column: u32| -> Option<Decimal> {
        match row.cell(column)? {
            Held::Number(number) | Held::Money(number, _) => Some(number.to_decimal()),
            Held::Text(text) => Some(read_price(text, None).ok()?.value.to_decimal()),
            _ => None,
        }
    };
    let mut proven = false;
    let all = rows.iter().filter_map(|row| {
        Some((
            number(row, quantity)?,
            number(row, price)?,
            number(row, amount)?,
        ))
    });
    all.into_iter().all(|(quantity, price, amount)| {
        proven |= quantity != Decimal::ONE && !price.is_zero();
        quantity.checked_mul(price).map(|one| one.normalize()) == Some(amount.normalize())
    }) && proven
}
