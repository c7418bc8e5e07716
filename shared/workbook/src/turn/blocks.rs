//! From a row of headings to the tables below it.

use crate::header::find::PeekedRow;
use crate::header::headings::{Headings, Role};
use crate::values::cell::Held;
use crate::values::date::Seconds;

use super::heading::{Near, When, is_figure, is_shop, when};

/// One table: where its columns are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Block {
    /// By role, its column; that of the price is among the values.
    pub(crate) columns: [Option<u32>; 7],
    pub(crate) headings: [String; 7],
    /// The columns of year, month and day.
    pub(crate) parts: Option<[Option<u32>; 3]>,
    pub(crate) values: Vec<ValueColumn>,
    pub(crate) kind: Kind,
    /// The columns of options: a color, a size.
    pub(crate) options: Vec<u32>,
    /// Whom or what the whole block is of, from a label above it.
    pub(crate) label: Option<String>,
}

/// What tells the columns of prices apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// There is one.
    #[default]
    Plain,
    Periods,
    Shops,
}

/// A column of prices.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueColumn {
    pub(crate) column: u32,
    pub(crate) heading: String,
    pub(crate) at: Option<Seconds>,
    pub(crate) vendor: Option<String>,
    /// The column of quantities by which amounts are divided.
    pub(crate) quantity: Option<u32>,
}

/// What a column of options is called.
const OPTIONS: [&str; 18] = [
    "옵션",
    "옵션명",
    "옵션값",
    "색상",
    "컬러",
    "사이즈",
    "용량",
    "규격",
    "크기",
    "맛",
    "option",
    "variant",
    "color",
    "colour",
    "size",
    "capacity",
    "volume",
    "flavor",
];

fn is_option(heading: &str) -> bool {
    let name = heading
        .split(['(', '['])
        .next()
        .unwrap_or(heading)
        .trim()
        .to_lowercase();
    OPTIONS.contains(&name.as_str())
}

impl Block {
    pub(crate) fn has(&self, role: Role) -> bool {
        self.columns[role as usize].is_some()
    }

    pub(crate) fn is_dated(&self) -> bool {
        self.has(Role::Date)
            || self.parts.is_some()
            || self.values.iter().any(|one| one.at.is_some())
    }
}

/// What is known of the values below the headings.
pub(crate) trait Below {
    /// Whether a column holds amounts and nothing else.
    fn has_amounts(&self, column: u32) -> bool;
    /// Whether two columns hold amounts of the same order.
    fn are_alike(&self, one: u32, other: u32) -> bool;
    /// Whether a column holds whole numbers within these bounds.
    fn is_within(&self, column: u32, least: i32, most: i32) -> bool;
}

/// One heading and what it says.
struct Headed<'a> {
    column: u32,
    text: String,
    role: Option<(Role, usize)>,
    when: Option<When>,
    cell: &'a Held,
}

/// The tables below a row of headings, and perhaps a row above it that groups its columns; empty
/// when the headings name no product or no price.
pub(crate) fn blocks(
    headings: &Headings,
    upper: Option<&PeekedRow>,
    row: &PeekedRow,
    near: Near,
    below: &impl Below,
) -> Vec<Block> {
    let mut all: Vec<Headed<'_>> = row
        .cells
        .iter()
        .map(|(column, cell)| headed(headings, *column, cell, near))
        .collect();
    // `상품명` merged over both rows stands in the upper one.
    for (column, cell) in upper.iter().flat_map(|row| &row.cells) {
        let is_below = all.iter().any(|one| one.column == *column);
        let one = headed(headings, *column, cell, near);
        if !is_below && one.role.is_some_and(|(role, _)| role != Role::Price) {
            all.push(one);
        }
    }
    all.sort_by_key(|one| one.column);
    let mut found: Vec<Block> = Vec::new();
    for side in sides(&all) {
        let block = block(headings, side, upper, near, below);
        match (
            block.has(Role::Product) || block.has(Role::Sku),
            found.last_mut(),
        ) {
            (true, _) if !block.values.is_empty() => found.push(block),
            _ => {}
        }
    }
    // A column of dates before all of them.
    if let Some((first, rest)) = found.split_first_mut() {
        for block in rest {
            for role in [Role::Date, Role::Category] {
                if !block.is_dated() && role == Role::Date
                    || !block.has(role) && role == Role::Category
                {
                    block.columns[role as usize] = first.columns[role as usize];
                    block.headings[role as usize].clone_from(&first.headings[role as usize]);
                }
            }
        }
    }
    found
}

/// The tables below headings that stand among the rows, of which nothing below is known: a row of
/// texts with a day in it is no headings yet.
pub(crate) fn blocks_again(headings: &Headings, row: &PeekedRow, near: Near) -> Vec<Block> {
    let mut found = blocks(headings, None, row, near, &super::plan::Unseen);
    found.retain(|block| block.kind != Kind::Periods || block.values.len() > 1);
    found
}

fn headed<'a>(headings: &Headings, column: u32, cell: &'a Held, near: Near) -> Headed<'a> {
    let text = cell.value().display();
    Headed {
        column,
        role: cell.text().and_then(|text| headings.role(text)),
        when: when(cell, near),
        text,
        cell,
    }
}

/// Tables side by side: the heading of the product stands there again.
fn sides<'h, 'a>(all: &'h [Headed<'a>]) -> Vec<&'h [Headed<'a>]> {
    let is_product = |one: &Headed<'_>| one.role.is_some_and(|(role, _)| role == Role::Product);
    let Some(first) = all.iter().position(is_product) else {
        return vec![all];
    };
    let mut starts = vec![0];
    for (at, one) in all.iter().enumerate().skip(first + 1) {
        if is_product(one) && one.text == all[first].text {
            let is_value = |one: &Headed<'_>| {
                one.when.is_some() || one.role.is_some_and(|(role, _)| role == Role::Price)
            };
            let last_value = all[..at].iter().rposition(is_value);
            let start = last_value.map_or(at, |value| value + 1);
            if start > *starts.last().unwrap_or(&0) {
                starts.push(start);
            }
        }
    }
    let ends = starts.iter().skip(1).copied().chain([all.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &all[*start..end])
        .collect()
}

fn block(
    headings: &Headings,
    side: &[Headed<'_>],
    upper: Option<&PeekedRow>,
    near: Near,
    below: &impl Below,
) -> Block {
    let mut block = Block::default();
    let mut ranks = [usize::MAX; 7];
    let is_date = |one: &Headed<'_>| {
        one.when.is_none() && one.role.is_some_and(|(role, _)| role == Role::Date)
    };
    // The only price of dated rows is not all of one day: `10월 가격`.
    let is_dated =
        side.iter().any(is_date) && side.iter().filter(|one| one.when.is_some()).count() == 1;
    for one in side {
        if let Some((role, rank)) = one.role
            && (one.when.is_none() || is_dated && role == Role::Price)
            && rank < ranks[role as usize]
        {
            ranks[role as usize] = rank;
            block.columns[role as usize] = Some(one.column);
            one.text
                .trim()
                .clone_into(&mut block.headings[role as usize]);
        }
    }
    let options = side
        .iter()
        .filter(|one| one.role.is_none() && is_option(&one.text));
    block.options = options.map(|one| one.column).collect();
    block.parts = parts(side, near, below);
    if let (Some(parts), Some(date)) = (block.parts, block.columns[Role::Date as usize]) {
        if parts.contains(&Some(date)) {
            block.columns[Role::Date as usize] = None;
        } else {
            // Whole dates say more.
            block.parts = None;
        }
    }
    let price = block.columns[Role::Price as usize].take();
    grouped(side, upper, near, &mut block);
    if block.values.is_empty() {
        let periods = if is_dated && price.is_some() {
            Vec::new()
        } else {
            periods(side, price, below)
        };
        if periods.len() > 1 || periods.len() == 1 && price.is_none() {
            block.kind = Kind::Periods;
            block.values = periods;
        }
    }
    if block.values.is_empty() {
        shops(side, price, below, &mut block);
    }
    if block.kind != Kind::Plain && come_twice(&block.values) {
        block.values = told_apart(headings, std::mem::take(&mut block.values), upper, near);
    }
    if block.values.is_empty()
        && let Some(column) = price
    {
        let heading = block.headings[Role::Price as usize].clone();
        block.values.push(ValueColumn {
            column,
            heading,
            at: None,
            vendor: None,
            quantity: None,
        });
    }
    if block.kind == Kind::Periods {
        block.columns[Role::Date as usize] = None;
    }
    if block.kind == Kind::Plain
        && let Some(first) = block
            .columns
            .iter()
            .flatten()
            .chain(block.values.iter().map(|one| &one.column))
            .min()
    {
        let upper = upper.and_then(|upper| upper.labels().find(|(at, _)| at == first));
        block.label = upper.map(|(_, text)| text.to_owned());
    }
    block
}

/// Year, month and day in columns of their own.
fn parts(side: &[Headed<'_>], near: Near, below: &impl Below) -> Option<[Option<u32>; 3]> {
    let find = |names: &[&str], least, most| {
        let one = side.iter().find(|one| {
            let plain: String = one.text.split_whitespace().collect();
            names.iter().any(|name| plain.eq_ignore_ascii_case(name))
        })?;
        below
            .is_within(one.column, least, most)
            .then_some(one.column)
    };
    let year = find(&["년", "년도", "연도", "해", "year"], 1_990, 2_099);
    let month = find(&["월", "month", "mm"], 1, 12)?;
    let day = find(&["일", "day", "dd"], 1, 31);
    (year.is_some() || near.around.year.is_some()).then_some([year, Some(month), day])
}

/// A price below each of several labels: a shop or a day over 가격 and 배송비.
fn grouped(side: &[Headed<'_>], upper: Option<&PeekedRow>, near: Near, block: &mut Block) {
    let Some(upper) = upper else { return };
    let mut best: Vec<(usize, ValueColumn)> = Vec::new();
    let mut shops = 0;
    for one in side {
        let Some((Role::Price, rank)) = one.role else {
            continue;
        };
        let Some((_, label)) = upper
            .cells
            .iter()
            .rev()
            .find(|(column, _)| *column <= one.column)
        else {
            return;
        };
        let at = match when(label, near) {
            Some(When::At(at)) => Some(at),
            Some(When::Unknown) => return,
            Some(When::Today) | None => None,
        };
        let vendor = match (at, label.text()) {
            (Some(_), _) => None,
            (None, Some(text)) => Some(text.to_owned()),
            (None, None) => return,
        };
        shops += usize::from(vendor.as_deref().is_some_and(is_shop));
        let value = ValueColumn {
            column: one.column,
            heading: one.text.trim().to_owned(),
            at,
            vendor,
            quantity: None,
        };
        match best
            .iter_mut()
            .find(|(_, other)| other.at == value.at && other.vendor == value.vendor)
        {
            Some(other) if rank < other.0 => *other = (rank, value),
            Some(_) => {}
            None => best.push((rank, value)),
        }
    }
    let dated = best.iter().filter(|(_, one)| one.at.is_some()).count();
    if best.len() > 1 && (dated == best.len() || dated == 0 && shops > 0) {
        block.kind = if dated > 0 {
            Kind::Periods
        } else {
            Kind::Shops
        };
        block.values = best.into_iter().map(|(_, one)| one).collect();
    }
}

/// The columns of days or months, unless they hold quantities beside a price.
fn periods(side: &[Headed<'_>], price: Option<u32>, below: &impl Below) -> Vec<ValueColumn> {
    let columns: Vec<(&Headed<'_>, When)> = side
        .iter()
        .filter_map(|one| Some((one, one.when?)))
        .filter(|(one, _)| below.has_amounts(one.column))
        .filter(|(one, _)| price.is_none_or(|price| below.are_alike(one.column, price)))
        .collect();
    let known = columns
        .iter()
        .filter(|(_, when)| matches!(when, When::At(_)))
        .count();
    // A number among headings is a day only beside others that are.
    if known == 0
        || columns
            .iter()
            .all(|(one, _)| matches!(one.cell, Held::Number(_)))
            && columns.len() < 2
    {
        return columns
            .into_iter()
            .filter(|(_, when)| *when == When::Today)
            .map(|(one, _)| value(one, None))
            .collect();
    }
    columns
        .into_iter()
        .filter_map(|(one, when)| match when {
            When::At(at) => Some(value(one, Some(at))),
            _ => None,
        })
        .collect()
}

/// Whether two columns say the same of their prices.
fn come_twice(values: &[ValueColumn]) -> bool {
    let alike =
        |one: &ValueColumn, other: &ValueColumn| one.at == other.at && one.vendor == other.vendor;
    (1..values.len()).any(|at| values[..at].iter().any(|one| alike(one, &values[at])))
}

/// The columns with what the row above says of them: a shop over days, a day over shops, or prices
/// beside quantities. None if that tells them not apart.
fn told_apart(
    headings: &Headings,
    values: Vec<ValueColumn>,
    upper: Option<&PeekedRow>,
    near: Near,
) -> Vec<ValueColumn> {
    let label = |column: u32| {
        let cells = upper.into_iter().flat_map(|row| row.cells.iter().rev());
        cells
            .filter(|(at, _)| *at <= column)
            .map(|(_, cell)| cell)
            .next()
    };
    let is_price = |column: u32| {
        let role = label(column)
            .and_then(Held::text)
            .and_then(|text| headings.role(text));
        role.is_some_and(|(role, _)| role == Role::Price)
    };
    let some_are_prices = values.iter().any(|value| is_price(value.column));
    let told: Vec<ValueColumn> = values
        .into_iter()
        .filter(|value| !some_are_prices || is_price(value.column))
        .map(|mut value| {
            match label(value.column) {
                Some(cell)
                    if value.at.is_none() && matches!(when(cell, near), Some(When::At(_))) =>
                {
                    if let Some(When::At(at)) = when(cell, near) {
                        value.at = Some(at);
                    }
                }
                Some(Held::Text(text)) if value.vendor.is_none() && !some_are_prices => {
                    value.vendor = Some(text.clone());
                }
                _ => {}
            }
            value
        })
        .collect();
    if come_twice(&told) { Vec::new() } else { told }
}

fn value(one: &Headed<'_>, at: Option<Seconds>) -> ValueColumn {
    ValueColumn {
        column: one.column,
        heading: one.text.trim().to_owned(),
        at,
        vendor: None,
        quantity: None,
    }
}

/// The columns of shops: at least two of amounts of one order, of which one is named like a shop.
fn shops(side: &[Headed<'_>], price: Option<u32>, below: &impl Below, block: &mut Block) {
    let is_lowest = |one: &Headed<'_>| Some(one.column) == price && is_figure(&one.text);
    let free = side.iter().filter(|one| {
        let is_free = one.role.is_none() && one.when.is_none() && !is_figure(&one.text);
        is_free && one.cell.text().is_some() && below.has_amounts(one.column)
    });
    let columns: Vec<&Headed<'_>> = free.collect();
    let named = columns.iter().filter(|one| is_shop(&one.text)).count();
    let Some(first) = columns.first().map(|one| one.column) else {
        return;
    };
    let are_alike = columns.iter().all(|one| below.are_alike(first, one.column));
    let has_price = price.is_some() && !side.iter().any(is_lowest);
    let needed = if has_price { 2 } else { 1 };
    if columns.len() > 1 && named >= needed && are_alike {
        block.kind = Kind::Shops;
        block.values = columns
            .into_iter()
            .map(|one| ValueColumn {
                vendor: Some(one.text.trim().to_owned()),
                ..value(one, None)
            })
            .collect();
        block.columns[Role::Vendor as usize] = None;
    }
}
