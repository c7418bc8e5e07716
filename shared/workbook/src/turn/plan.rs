//! What the first rows of a sheet say of its tables.

use std::collections::HashMap;

use crate::explain::Note;
use crate::header::find::{Layout, Outside, Peek, PeekedRow};
use crate::header::headings::{Headings, Role};
use crate::values::cell::Held;
use crate::values::date::Seconds;
use crate::values::price::{NotAPrice, read_price};

use super::above::stand_above;
use super::bands::{are_bands, line, share_products};
use super::blocks::{Below, Block, Kind, blocks, blocks_again};
use super::fill::{Fill, Merge, fills, has_blanks};
use super::heading::{Near, When, when};

/// How a sheet is turned into one row a price.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) blocks: Vec<Block>,
    /// The last row of the first header.
    pub(crate) header: u32,
    pub(crate) fills: Vec<[Fill; 7]>,
    /// As what lines name the rows below them, if they do: a vendor, or else a category unless a
    /// line is like a shop's name.
    pub(crate) bands: Option<Role>,
    /// Whether a line above the first table is of its rows.
    pub(crate) first_line: Option<Held>,
    pub(crate) near: Near,
    /// Whether each group of rows has its total above it.
    pub(crate) totals_above: bool,
    /// Whether the options of a product are products of their own.
    pub(crate) with_options: bool,
    /// Whether reading the sheet without it would go wrong.
    pub(crate) is_needed: bool,
}

/// The values of the first rows.
struct Values<'a> {
    rows: Vec<&'a PeekedRow>,
}

impl Values<'_> {
    fn numbers(&self, column: u32) -> impl Iterator<Item = Option<f64>> {
        self.rows
            .iter()
            .map(move |row| row.cell(column).and_then(amount))
    }
}

/// Whether a cell says that there is no price.
pub(super) fn is_missing(cell: &Held) -> bool {
    let text = cell.text();
    text.is_some_and(|text| read_price(text, None) == Err(NotAPrice::Missing))
}

/// About how much a cell is.
fn amount(cell: &Held) -> Option<f64> {
    let number = match cell {
        Held::Number(number) | Held::Money(number, _) => *number,
        // An address is no price, and without a digit there is none.
        Held::Text(text) if text.len() <= 40 && text.contains(char::is_numeric) => {
            read_price(text, None).ok()?.value
        }
        _ => return None,
    };
    number.to_decimal().try_into().ok()
}

impl Below for Values<'_> {
    fn has_amounts(&self, column: u32) -> bool {
        let cells = || self.rows.iter().filter_map(|row| row.cell(column));
        let amounts = cells().filter(|cell| amount(cell).is_some()).count();
        // What says that there is no price is asked last: nearly all columns are settled before.
        amounts > 0 && {
            let others = cells().filter(|cell| amount(cell).is_none() && !is_missing(cell));
            amounts * 5 >= (amounts + others.count()) * 3
        }
    }

    fn are_alike(&self, one: u32, other: u32) -> bool {
        let pairs = self.numbers(one).zip(self.numbers(other));
        let (mut alike, mut all) = (0, 0);
        for (one, other) in pairs.filter_map(|(one, other)| Some((one?, other?))) {
            if one > 0.0 && other > 0.0 {
                all += 1;
                alike += usize::from((0.25..=4.0).contains(&(one / other)));
            }
        }
        alike * 5 >= all * 4
    }

    fn is_within(&self, column: u32, least: i32, most: i32) -> bool {
        let mut numbers = self
            .rows
            .iter()
            .filter_map(|row| row.cell(column))
            .map(amount);
        let (least, most) = (f64::from(least), f64::from(most));
        let mut any = false;
        numbers.all(|number| {
            any = true;
            number.is_some_and(|number| (least..=most).contains(&number) && number.fract() == 0.0)
        }) && any
    }
}

/// Where nothing of a table but its headings is known.
pub(super) struct Unseen;

impl Below for Unseen {
    fn has_amounts(&self, _: u32) -> bool {
        true
    }
    fn are_alike(&self, _: u32, _: u32) -> bool {
        true
    }
    fn is_within(&self, _: u32, _: i32, _: i32) -> bool {
        true
    }
}

/// Rows from the top of a sheet that may be its first header.
const HEADER_ROWS: usize = 40;

impl Plan {
    /// The plan for a sheet, with the layout that is said of it; `None` when no headings name a
    /// product and a price. `merges` reads the merged cells, which few sheets need.
    pub(crate) fn of<E>(
        peek: &Peek,
        layout: Option<&Layout>,
        headings: &Headings,
        sheet: &str,
        is_1904: bool,
        merges: impl FnOnce() -> Result<Vec<Merge>, E>,
    ) -> Result<Option<(Self, Layout)>, E> {
        let usable = layout.filter(|layout| layout.is_usable());
        let candidates: Vec<usize> = match usable {
            Some(layout) => peek
                .rows
                .iter()
                .position(|row| row.row == layout.last_header_row)
                .into_iter()
                .collect(),
            None => (0..peek.rows.len().min(HEADER_ROWS)).collect(),
        };
        let mut best: Option<(usize, usize, Vec<Block>, Outside)> = None;
        for at in candidates {
            let row = &peek.rows[at];
            let outside = Outside::of(headings, peek.rows[..at].iter(), sheet, is_1904);
            let near = near(&outside, is_1904);
            let below = Values {
                rows: peek.rows[at + 1..]
                    .iter()
                    .filter(|row| row.cells.len() > 1)
                    .collect(),
            };
            let upper = at.checked_sub(1).map(|upper| &peek.rows[upper]);
            let upper = upper.filter(|upper| upper.row + 1 == row.row && upper.may_group());
            for upper in [None, upper] {
                let found = blocks(headings, upper, row, near, &below);
                let score = found
                    .iter()
                    .map(|block| block.values.len() + block.columns.iter().flatten().count())
                    .sum();
                let most = best.as_ref().map_or(0, |(most, ..)| *most);
                // Tables side by side have a label each above them.
                let are_labelled =
                    found.len() > 1 && found.iter().any(|block| block.label.is_some());
                // Of two rows of headings, the rows begin below the lower one.
                let is_lower =
                    upper.is_some() && best.as_ref().is_some_and(|(_, above, ..)| above + 1 == at);
                if score > most || score == most && score > 0 && (are_labelled || is_lower) {
                    best = Some((score, at, found, outside.clone()));
                }
            }
        }
        let Some((_, at, blocks, outside)) = best else {
            return Ok(None);
        };
        // A turned table must look like one where no row of headings names a price.
        let is_plain = |block: &Block| block.kind == Kind::Plain;
        if usable.is_none() && blocks.iter().all(is_plain) {
            return Ok(None);
        }
        let mut plan = Self::below(peek, at, blocks, near(&outside, is_1904), headings);
        plan.agree_with(usable);
        let rows: Vec<&PeekedRow> = peek.rows[at + 1..].iter().collect();
        plan.with_options = plan.blocks.iter().any(|block| tells_options(block, &rows));
        plan.is_needed |= plan.with_options;
        if let (Some(layout), [block]) = (usable, plan.blocks.as_mut_slice())
            && let (Kind::Plain, [value]) = (block.kind, block.values.as_mut_slice())
        {
            value.quantity = peek.quantity_of_totals(layout);
            plan.is_needed |= value.quantity.is_some();
        }
        if let [block] = plan.blocks.as_slice() {
            plan.totals_above = stand_above(block, &rows, !peek.is_full());
            plan.is_needed |= plan.totals_above;
        }
        let are_blank = plan.blocks.iter().any(|block| has_blanks(block, &rows));
        if are_blank {
            let merges = merges()?;
            plan.fills = plan
                .blocks
                .iter()
                .map(|block| fills(block, &rows, &merges))
                .collect();
        }
        plan.is_needed |= plan.fills.iter().flatten().any(|fill| *fill != Fill::None);
        let layout = plan.layout(peek, usable, outside);
        Ok(Some((plan, layout)))
    }

    fn below(peek: &Peek, at: usize, blocks: Vec<Block>, near: Near, headings: &Headings) -> Self {
        let header = peek.rows[at].row;
        let rows: Vec<&PeekedRow> = peek.rows[at + 1..].iter().collect();
        let is_header =
            |row: &PeekedRow| row.is_all_text() && !blocks_again(headings, row, near).is_empty();
        // Headings that stand again are turned if a line above them says of what their table is,
        // or if they are in another order.
        let again: Vec<usize> = (0..rows.len()).filter(|at| is_header(rows[*at])).collect();
        let has_line = again.iter().any(|at| {
            at.checked_sub(1)
                .is_some_and(|line_at| line(&rows[line_at].cells).is_some())
        });
        let differ = again.iter().any(|at| {
            let labels = |row: &PeekedRow| {
                row.labels()
                    .map(|(column, text)| (column, text.to_owned()))
                    .collect::<Vec<_>>()
            };
            labels(rows[*at]) != labels(&peek.rows[peek_at(peek, header)])
        });
        let data: Vec<&PeekedRow> = rows.iter().copied().filter(|row| !is_header(row)).collect();
        let bands = are_bands(&data, header) || has_line;
        let product = blocks
            .first()
            .and_then(|block| block.columns[Role::Product as usize]);
        let as_vendor = bands && product.is_some_and(|product| share_products(&data, product));
        let above = at.checked_sub(1).map(|above| &peek.rows[above]);
        let first_line = above
            .filter(|_| has_line)
            .and_then(|row| line(&row.cells))
            .cloned();
        let is_needed = blocks.len() > 1
            || blocks
                .iter()
                .any(|block| block.kind != Kind::Plain || block.parts.is_some())
            || bands
            || differ;
        Self {
            fills: vec![Default::default(); blocks.len()],
            blocks,
            header,
            bands: bands.then_some(if as_vendor {
                Role::Vendor
            } else {
                Role::Category
            }),
            first_line,
            near,
            totals_above: false,
            with_options: false,
            is_needed,
        }
    }

    /// What of it a reader of the figures would not expect.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let columns = |kind: Kind| {
            let blocks = self.blocks.iter().filter(|block| block.kind == kind);
            blocks.map(|block| block.values.len()).sum()
        };
        let (periods, shops) = (columns(Kind::Periods), columns(Kind::Shops));
        if periods > 0 {
            notes.push(Note::Periods { columns: periods });
        }
        if shops > 0 {
            notes.push(Note::Shops { columns: shops });
        }
        if self.blocks.len() > 1 {
            let count = self.blocks.len();
            notes.push(Note::Tables { count });
        }
        if self.blocks.iter().any(|block| block.parts.is_some()) {
            notes.push(Note::DateParts);
        }
        if self.with_options {
            notes.push(Note::Options);
        }
        if self.totals_above {
            notes.push(Note::TotalsAbove);
        }
        let mut values = self.blocks.iter().flat_map(|block| &block.values);
        if let Some(value) = values.find(|value| value.quantity.is_some()) {
            let heading = value.heading.clone();
            notes.push(Note::Divided { heading });
        }
        if self.bands.is_some() {
            let as_vendor = self.as_vendor();
            notes.push(Note::Bands { as_vendor });
        }
        for (block, fills) in self.blocks.iter().zip(&self.fills) {
            for role in Role::ALL {
                let merged = match fills[role as usize] {
                    Fill::None => continue,
                    Fill::Merged(_) => true,
                    Fill::Blank => false,
                };
                let heading = block.headings[role as usize].clone();
                notes.push(Note::Filled { heading, merged });
            }
        }
        notes
    }

    /// Whether lines name vendors.
    pub(crate) fn as_vendor(&self) -> bool {
        self.bands == Some(Role::Vendor)
    }

    /// Whether its columns or lines tell the vendor or the category.
    pub(crate) fn tells(&self, role: Role) -> bool {
        let of_columns = |block: &Block| role == Role::Vendor && block.kind == Kind::Shops;
        let of_lines = self.bands == Some(role);
        of_lines || self.blocks.iter().any(of_columns)
    }

    /// The day and the vendor that the heading of a column of prices says.
    pub(crate) fn value_of(&self, column: u32) -> Option<(Option<Seconds>, Option<&str>)> {
        let mut values = self.blocks.iter().flat_map(|block| &block.values);
        let value = values.find(|value| value.column == column)?;
        Some((value.at, value.vendor.as_deref()))
    }

    /// Keeps to what the layout of a plain table has found out about its columns.
    fn agree_with(&mut self, usable: Option<&Layout>) {
        let Some(layout) = usable else { return };
        if let [block] = self.blocks.as_mut_slice()
            && block.kind == Kind::Plain
        {
            for role in Role::ALL {
                if role == Role::Date && block.parts.is_some() {
                    continue;
                }
                block.columns[role as usize] =
                    layout.column_of(role).filter(|_| role != Role::Price);
            }
            if let (Some(column), Some(value)) =
                (layout.column_of(Role::Price), block.values.first_mut())
            {
                value.column = column;
            }
        }
        if layout.unused_code.is_some() || !layout.not_dates.is_empty() {
            for block in &mut self.blocks {
                if layout.unused_code.is_some() {
                    block.columns[Role::Sku as usize] = None;
                }
                if layout.column_of(Role::Date).is_none() {
                    block.columns[Role::Date as usize] = None;
                }
            }
        }
    }

    /// The layout that stands for the turned table.
    fn layout(&mut self, peek: &Peek, usable: Option<&Layout>, outside: Outside) -> Layout {
        let mut columns: Vec<(u32, Role, String)> = Vec::new();
        for block in &self.blocks {
            for role in Role::ALL {
                if let Some(column) = block.columns[role as usize] {
                    columns.push((column, role, block.headings[role as usize].clone()));
                }
            }
            columns.extend(
                block
                    .values
                    .iter()
                    .map(|one| (one.column, Role::Price, one.heading.clone())),
            );
        }
        columns.sort();
        columns.dedup();
        let mut layout = match usable {
            Some(layout) => Layout {
                columns,
                ..layout.clone()
            },
            None => peek.completed(Layout::turned(self.header, columns), outside),
        };
        if layout.unused_code.is_some() {
            for block in &mut self.blocks {
                block.columns[Role::Sku as usize] = None;
            }
        }
        let is_dated = self
            .blocks
            .iter()
            .any(|block| block.is_dated() && !block.has(Role::Date));
        if is_dated && !layout.has(Role::Date) {
            let first = self.blocks.iter().filter_map(|block| match block.parts {
                Some(parts) => parts.into_iter().flatten().next(),
                None => block.values.first().map(|one| one.column),
            });
            let column = first.min().unwrap_or(0);
            layout.columns.push((column, Role::Date, String::new()));
        }
        if self.blocks.iter().all(|block| block.kind != Kind::Plain) {
            layout.other_prices.clear();
        }
        layout
    }
}

/// The headings of months or days of a table that could be turned if anything named their year.
pub(crate) fn without_year(peek: &Peek, headings: &Headings) -> Option<Vec<String>> {
    let rows = peek.rows.iter().take(HEADER_ROWS).enumerate();
    rows.filter(|(_, row)| {
        let mut labels = row.labels();
        labels.any(|(_, text)| {
            headings
                .role(text)
                .is_some_and(|(role, _)| role == Role::Product)
        })
    })
    .find_map(|(at, row)| {
        let below = Values {
            rows: peek.rows[at + 1..].iter().collect(),
        };
        let lacking = row.labels().filter(|(column, text)| {
            let text = Held::Text((*text).to_owned());
            when(&text, Near::default()) == Some(When::Unknown) && below.has_amounts(*column)
        });
        let lacking: Vec<String> = lacking.map(|(_, text)| text.to_owned()).collect();
        (lacking.len() > 1).then_some(lacking)
    })
}

/// Whether the same thing has several prices on a day at a shop, told apart by an option alone.
fn tells_options(block: &Block, rows: &[&PeekedRow]) -> bool {
    let shown = |row: &PeekedRow, column: u32| row.cell(column).map(|cell| cell.value().display());
    let of = |row: &PeekedRow, role: Role| shown(row, block.columns[role as usize]?);
    let mut seen: HashMap<[Option<String>; 3], Vec<Option<String>>> = HashMap::new();
    rows.iter().any(|row| {
        let name = of(row, Role::Sku).or_else(|| of(row, Role::Product));
        let options: Vec<Option<String>> = block
            .options
            .iter()
            .map(|column| shown(row, *column))
            .collect();
        if name.is_none() || options.iter().all(Option::is_none) {
            return false;
        }
        let key = [of(row, Role::Date), of(row, Role::Vendor), name];
        if let Some(before) = seen.get(&key) {
            return *before != options;
        }
        seen.insert(key, options);
        false
    })
}

fn peek_at(peek: &Peek, row: u32) -> usize {
    peek.rows.iter().position(|one| one.row == row).unwrap_or(0)
}

fn near(outside: &Outside, is_1904: bool) -> Near {
    Near {
        around: outside.around,
        today: outside.at,
        is_1904,
    }
}
