//! Finding the row of headings: below title rows, on one row or two, with merged cells.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use iso_currency::Currency;

use crate::explain::Note;
use crate::header::headings::{
    Headings, Role, heading_currency, is_unit, money_unit, stated_currency,
};
use crate::values::cell::{Cells, Held, Stop, Value};
use crate::values::number::Number;

mod dates;
mod long;
mod outside;
mod totals;

pub(crate) use long::LongPeek;
pub(crate) use outside::Outside;

/// How many rows with content are looked at from the top of a sheet.
const PEEK_ROWS: usize = 60;
/// How many columns are looked at.
const PEEK_COLUMNS: u32 = 1_024;
/// How many empty rows may stand above the header.
const PEEK_DEPTH: u32 = 2_000;

/// Where the columns of a sheet are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The last row of the header, counted from 0.
    pub(crate) last_header_row: u32,
    /// Each column's role.
    pub(crate) columns: Vec<(u32, Role, String)>,
    /// The currency that the price's heading names.
    pub(crate) currency: Option<Currency>,
    /// What its prices are multiplied by: 1,000 in a column `가격(천원)`.
    pub(crate) times: i64,
    /// The heading of a column of codes that are no product's key.
    pub(crate) unused_code: Option<String>,
    /// The headings of further prices.
    pub(crate) other_prices: Vec<String>,
    /// How many columns have a known heading, also those of a role that is taken.
    pub(crate) named: usize,
    /// Whether anything stands below the header.
    pub(crate) has_rows: bool,
    /// What stands above the table or in the sheet's name and holds for every row.
    pub(crate) outside: Outside,
    /// Headings of columns that are named like dates and hold none.
    pub(crate) not_dates: Vec<String>,
    /// Further columns with a known heading.
    pub(crate) spare: Vec<(u32, Role, String)>,
}

impl Layout {
    pub(crate) fn has(&self, role: Role) -> bool {
        self.column_of(role).is_some()
    }

    pub(crate) fn column_of(&self, role: Role) -> Option<u32> {
        let mut columns = self.columns.iter();
        columns.find_map(|(column, one, _)| (*one == role).then_some(*column))
    }

    /// The layout of a table that is turned, of which only the columns are known.
    pub(crate) fn turned(last_header_row: u32, columns: Vec<(u32, Role, String)>) -> Self {
        Self {
            last_header_row,
            named: columns.len(),
            columns,
            currency: None,
            times: 1,
            unused_code: None,
            other_prices: Vec::new(),
            has_rows: false,
            outside: Outside::default(),
            not_dates: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn names_a_product(&self) -> bool {
        self.has(Role::Product) || self.has(Role::Sku)
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.has(Role::Price) && self.names_a_product()
    }

    /// How much of a table this is.
    pub(crate) fn score(&self) -> usize {
        self.columns.len()
            + 4 * usize::from(self.has(Role::Price))
            + 3 * usize::from(self.names_a_product())
    }

    /// What makes a sheet the one to read: prices over time, rather than a list of products
    /// with more columns or a form that nobody filled in.
    pub(crate) fn merit(&self) -> (bool, bool, usize) {
        (self.has_rows, self.has(Role::Date), self.score())
    }

    /// The roles in order, to know a sheet of the same kind.
    pub(crate) fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.columns.iter().map(|(_, role, _)| *role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Whether another sheet holds prices of the same kind: with the same roles, or dated prices
    /// with a column more or less that is neither product nor price.
    pub(crate) fn is_kin(&self, other: &Self) -> bool {
        let is_dated = |layout: &Self| layout.has(Role::Date) || layout.outside.at.is_some();
        let heading = |layout: &Self| {
            let mut columns = layout.columns.iter();
            let price = columns.find(|(_, role, _)| *role == Role::Price);
            price.map(|(_, _, heading)| heading.trim().to_lowercase())
        };
        let differ_little = || {
            is_dated(self)
                && is_dated(other)
                && other.is_usable()
                && other.has_rows
                && self.has(Role::Product) == other.has(Role::Product)
                && heading(self) == heading(other)
        };
        self.roles() == other.roles() || differ_little()
    }

    /// What of it a reader of the figures would not expect.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if let (Some(at), false) = (self.outside.at, self.has(Role::Date)) {
            notes.push(Note::DayOutside { at });
        }
        let not_dates = self.not_dates.iter().cloned();
        notes.extend(not_dates.map(|heading| Note::NotDates { heading }));
        notes
    }

    pub(crate) fn headings(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|(_, _, heading)| heading.clone())
            .collect()
    }
}

/// The first rows of a sheet.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Peek {
    pub(crate) rows: Vec<PeekedRow>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct PeekedRow {
    pub(crate) row: u32,
    pub(crate) cells: Vec<(u32, Held)>,
}

impl PeekedRow {
    /// Takes the next cell; a long text is cut.
    fn push(&mut self, column: u32, value: Value<'_>) {
        let Some(mut peeked) = Held::of(value) else {
            return;
        };
        if let Held::Text(text) = &mut peeked
            && let Some((end, _)) = text.char_indices().nth(200)
        {
            text.truncate(end);
        }
        self.cells.push((column, peeked));
    }
}

impl Cells for Peek {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if row > PEEK_DEPTH {
            return Err(Stop::Enough);
        }
        if column >= PEEK_COLUMNS {
            return Ok(());
        }
        let is_full = self.rows.len() == PEEK_ROWS;
        if let Some(last) = self.rows.last_mut().filter(|last| last.row == row) {
            last.push(column, value);
            return Ok(());
        }
        let mut next = PeekedRow {
            row,
            cells: Vec::new(),
        };
        next.push(column, value);
        if next.cells.is_empty() {
            return Ok(());
        }
        if is_full {
            return Err(Stop::Enough);
        }
        self.rows.push(next);
        Ok(())
    }
}

impl Peek {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there may be more rows than were looked at.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= PEEK_ROWS
    }

    /// The best row of headings, or of two rows together; `None` when no row names a price or
    /// a product beside another column.
    pub(crate) fn layout(&self, headings: &Headings, sheet: &str, is_1904: bool) -> Option<Layout> {
        let mut best: Option<((usize, usize, usize), Layout)> = None;
        for (at, row) in self.rows.iter().enumerate() {
            if row.texts() * 2 < row.cells.len() {
                continue;
            }
            let labels: Vec<_> = row
                .labels()
                .map(|(column, text)| (column, vec![text.to_owned()]))
                .collect();
            let one = layout_of(headings, row.row, &labels);
            let below = self.rows.get(at + 1).filter(|next| {
                next.row == row.row + 1 && next.is_all_text() && row.can_stand_above()
            });
            let two = below.map(|next| layout_of(headings, next.row, &merge(headings, row, next)));
            // A row of units or of nothing but headings belongs to the header; any other second
            // row must name another column, else it is data.
            let bonus = usize::from(below.is_some_and(|next| next.is_all_headings(headings)));
            let candidates = [Some((1, one)), two.map(|two| (2 * bonus, two))];
            for (bonus, layout) in candidates.into_iter().flatten() {
                if layout.columns.len() < 2 {
                    continue;
                }
                let is_data = bonus == 0 && below.is_some_and(|next| !next.can_stand_above());
                let named = if is_data { 0 } else { layout.named };
                let score = (layout.score(), named, bonus);
                if best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, layout));
                }
            }
        }
        let (_, layout) = best?;
        let header = layout.last_header_row;
        let above = self.rows.iter().take_while(|row| row.row < header);
        let outside = Outside::of(headings, above, sheet, is_1904);
        Some(self.completed(layout, outside))
    }

    /// What the rows around the header say of it.
    pub(crate) fn completed(&self, mut layout: Layout, outside: Outside) -> Layout {
        let header = layout.last_header_row;
        layout.outside = outside;
        self.choose_dates(&mut layout);
        self.choose_unit_price(&mut layout);
        // `(단위: 천원)` above the table
        if layout.times == 1 {
            let above = self.rows.iter().take_while(|row| row.row < header);
            let mut units =
                above.filter_map(|row| row.labels().find_map(|(_, text)| money_unit(text)));
            if let Some((times, currency)) = units.next() {
                layout.times = times;
                layout.currency = layout.currency.or(currency);
            }
        }
        // `(단위: 원)`
        if layout.currency.is_none() {
            let above = self.rows.iter().take_while(|row| row.row < header);
            layout.currency = above.into_iter().find_map(|row| {
                let labels: Vec<&str> = row.labels().map(|(_, text)| text).collect();
                stated_currency(&labels)
            });
        }
        layout.has_rows = self.rows.iter().any(|row| row.row > header);
        if let Some(product) = layout.column_of(Role::Product) {
            let code = layout.columns.iter().position(|(column, role, heading)| {
                *role == Role::Sku
                    && (self.numbers_rows(header, *column, *role, heading)
                        || self.disagrees(&layout, *column, product, heading))
            });
            layout.unused_code = code.map(|at| layout.columns.remove(at).2);
        }
        layout
    }

    /// Whether a column of codes does not tell products apart: each of several names has the same
    /// code (barcodes that a spreadsheet wrote as 8.80123E+12), or the code is different in every
    /// row though names come again, in a column *ID* or on other days alone.
    fn disagrees(&self, layout: &Layout, column: u32, product: u32, heading: &str) -> bool {
        let header = layout.last_header_row;
        let rows = self.rows.iter().filter(|row| row.row > header);
        let pairs: Vec<(String, String)> = rows
            .filter_map(|row| Some((row.shown(column)?, row.shown(product)?)))
            .collect();
        let codes: BTreeSet<&str> = pairs.iter().map(|(code, _)| code.as_str()).collect();
        let names: BTreeSet<&str> = pairs.iter().map(|(_, name)| name.as_str()).collect();
        // A name that comes again behind another one is no other spelling of it.
        let comes_again = pairs.iter().enumerate().any(|(at, (_, name))| {
            let before = pairs[..at].iter().rposition(|(_, one)| one == name);
            before.is_some_and(|before| before + 1 < at)
        });
        let is_one = codes.len() == 1 && (names.len() > 2 || names.len() == 2 && comes_again);
        let numbers_records = pairs.len() > 2
            && codes.len() == pairs.len()
            && names.len() < pairs.len()
            && (is_record_number(heading) || self.names_come_another_day(layout, product));
        is_one || numbers_records
    }

    /// Whether every name that comes again does so on another day: then it is the same product.
    fn names_come_another_day(&self, layout: &Layout, product: u32) -> bool {
        let Some(date) = layout.column_of(Role::Date) else {
            return false;
        };
        let rows = self.rows.iter();
        let rows = rows.filter(|row| row.row > layout.last_header_row);
        let mut seen = BTreeSet::new();
        rows.filter_map(|row| Some((row.shown(product)?, row.cell(date)?.value().display())))
            .all(|row| seen.insert(row))
    }

    /// Whether a column *ID* only numbers the rows: it would make every row its own product.
    fn numbers_rows(&self, header: u32, column: u32, role: Role, heading: &str) -> bool {
        if role != Role::Sku || !heading.trim().eq_ignore_ascii_case("id") {
            return false;
        }
        let rows = self.rows.iter().filter(|row| row.row > header);
        let numbers: Vec<Option<Number>> = rows.map(|row| row.number(column)).collect();
        numbers.len() > 2
            && numbers.windows(2).all(|pair| {
                matches!(pair, [Some(one), Some(next)]
                    if one.scale() == 0 && next.scale() == 0 && next.mantissa() == one.mantissa() + 1)
            })
    }
}

impl PeekedRow {
    pub(crate) fn labels(&self) -> impl Iterator<Item = (u32, &str)> {
        let cells = self.cells.iter();
        cells.filter_map(|(column, cell)| Some((*column, cell.text()?)))
    }

    fn texts(&self) -> usize {
        self.labels().count()
    }

    /// Whether every cell is a heading, or a unit such as `(원)`, `[USD]`, `KRW`.
    fn is_all_headings(&self, headings: &Headings) -> bool {
        // A lone text in brackets may as well be a line above the rows: `[주방]`.
        let is_lone = self.cells.len() == 1;
        self.labels().all(|(_, text)| {
            let is_unit = is_unit(text) && (!is_lone || is_money_unit(text));
            is_unit || headings.role(text).is_some()
        })
    }

    /// Whether this can be the upper of two header rows: above a table stand also pairs of a
    /// name and a value, as `작성일` and `2026-11-30`.
    fn can_stand_above(&self) -> bool {
        let is_value = |c: char| c.is_ascii_digit() || matches!(c, ':' | '：');
        self.is_all_text() && self.labels().all(|(_, text)| !text.contains(is_value))
    }

    pub(crate) fn cell(&self, column: u32) -> Option<&Held> {
        let at = self
            .cells
            .binary_search_by_key(&column, |(at, _)| *at)
            .ok()?;
        Some(&self.cells[at].1)
    }

    /// Whether this may be the upper of two header rows, of shops or days.
    pub(crate) fn may_group(&self) -> bool {
        let may_be = |cell: &Held| matches!(cell, Held::Text(_) | Held::Serial(_));
        self.cells.len() > 1 && self.cells.iter().all(|(_, cell)| may_be(cell))
    }

    fn number(&self, column: u32) -> Option<Number> {
        self.cells.iter().find_map(|(at, cell)| match cell {
            Held::Number(number) if *at == column => Some(*number),
            _ => None,
        })
    }

    fn shown(&self, column: u32) -> Option<String> {
        self.cells.iter().find_map(|(at, cell)| match cell {
            Held::Text(text) if *at == column => Some(text.clone()),
            Held::Number(number) if *at == column => Some(number.to_decimal().to_string()),
            _ => None,
        })
    }

    pub(crate) fn is_all_text(&self) -> bool {
        self.texts() == self.cells.len()
    }
}

/// Whether a unit is one of money, or of tax.
fn is_money_unit(text: &str) -> bool {
    heading_currency(text).is_some()
        || money_unit(text).is_some()
        || ["VAT", "vat", "부가세", "단위"]
            .iter()
            .any(|word| text.contains(word))
}

/// Headings of a column that may number the records rather than the products.
fn is_record_number(heading: &str) -> bool {
    let heading = heading.trim();
    ["id", "no", "no.", "번호", "연번", "순번", "record id"]
        .iter()
        .any(|name| heading.eq_ignore_ascii_case(name))
}

/// The labels of two header rows: of each column the lower one, then the upper one unless
/// something that is no heading stands below. An upper label reaches to the right over several lower ones, as merged cells
/// do: *List* and *Sale* below *Price* are a list price and a sale price.
fn merge(headings: &Headings, upper: &PeekedRow, lower: &PeekedRow) -> Vec<(u32, Vec<String>)> {
    let [upper, lower] = [upper, lower].map(|row| row.labels().collect::<BTreeMap<u32, &str>>());
    // Two cells above a table may as well be a name and its value.
    let is_whole = upper.len() > 2;
    let columns: BTreeSet<u32> = upper.keys().chain(lower.keys()).copied().collect();
    columns
        .into_iter()
        .map(|column| {
            let below = lower.get(&column).copied();
            let both = below
                .zip(group(&upper, &lower, column, is_whole))
                .map(|(below, above)| format!("{below} {above}"));
            let is_open = is_whole
                || below.is_none_or(|below| is_unit(below) || headings.role(below).is_some());
            let above = upper.get(&column).filter(|_| is_open);
            let below = below.map(str::to_owned);
            let above = above.map(|above| (*above).to_owned());
            (column, below.into_iter().chain(both).chain(above).collect())
        })
        .collect()
}

/// The upper label over a column, and unless it `may_be_one` over at least one more.
fn group<'a>(
    upper: &BTreeMap<u32, &'a str>,
    lower: &BTreeMap<u32, &str>,
    column: u32,
    may_be_one: bool,
) -> Option<&'a str> {
    let (from, text) = upper.range(..=column).next_back()?;
    let end = upper.range(column + 1..).next();
    let end = end.map_or(u32::MAX, |(end, _)| *end);
    let is_wide = || lower.range(*from..end).nth(1).is_some();
    (may_be_one || is_wide()).then_some(*text)
}

/// Gives each role to the column that is named for it best. Of columns with the same name, that
/// of the widest block is meant: a small table may stand beside the large one.
fn layout_of(headings: &Headings, last_header_row: u32, labels: &[(u32, Vec<String>)]) -> Layout {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut block = 0;
    let mut before = None;
    for (column, texts) in labels {
        if before.is_some_and(|before| before + 1 < *column) {
            block += 1;
        }
        before = Some(*column);
        let best = texts
            .iter()
            .find_map(|text| headings.role(text).map(|(role, rank)| (role, rank, text)));
        if let Some((role, rank, text)) = best {
            found.push(Found {
                rank,
                block,
                column: *column,
                role,
                text,
            });
        }
    }
    let named = found.len();
    let mut widths = vec![0_u32; block + 1];
    for one in &found {
        widths[one.block] += 1;
    }
    found.sort_unstable_by_key(|one| (one.rank, Reverse(widths[one.block]), one.column));
    let mut columns: Vec<(u32, Role, String)> = Vec::new();
    let mut other_prices = Vec::new();
    let mut spare = Vec::new();
    for one in found {
        let is_taken = columns.iter().any(|(_, taken, _)| *taken == one.role);
        if is_taken && one.role == Role::Price {
            other_prices.push(one.text.to_owned());
        }
        let list = if is_taken { &mut spare } else { &mut columns };
        list.push((one.column, one.role, one.text.to_owned()));
    }
    columns.sort_unstable_by_key(|(column, _, _)| *column);
    let price = columns
        .iter()
        .find(|(_, role, _)| *role == Role::Price)
        .map(|(column, _, _)| *column);
    let of_price = || {
        let columns = labels.iter().filter(|(column, _)| Some(*column) == price);
        columns.flat_map(|(_, texts)| texts.iter())
    };
    let unit = of_price().find_map(|text| money_unit(text));
    let currency = of_price().find_map(|text| heading_currency(text));
    Layout {
        last_header_row,
        columns,
        currency: currency.or(unit.and_then(|(_, currency)| currency)),
        times: unit.map_or(1, |(times, _)| times),
        unused_code: None,
        other_prices,
        named,
        has_rows: false,
        outside: Outside::default(),
        not_dates: Vec::new(),
        spare,
    }
}

/// A column whose heading is known.
struct Found<'a> {
    rank: usize,
    /// The number of the block of neighbouring columns that it stands in.
    block: usize,
    column: u32,
    role: Role,
    text: &'a str,
}

#[cfg(test)]
mod tests;
