//! Each row of a turned table, handed on as one row a price.

use crate::figures::ingest::{Counts, Ingest};
use crate::header::headings::{Headings, Role};
use crate::values::cell::{Cells, Held, Stop, Value};
use crate::values::date::{DAY, Seconds, seconds};
use crate::values::labels::{Label, is_total};
use crate::values::number::Number;
use crate::values::price::read_price;

use super::above::{self, Head};
use super::bands::{Band, line};
use super::blocks::{Block, Kind, blocks_again};
use super::heading::serial;
use super::plan::{Plan, is_missing};

/// By role, a value and its column.
type Own = [Option<(u32, Held)>; 7];

/// Turns the rows of a sheet.
pub(crate) struct Turned<'t, 'a> {
    ingest: &'t mut Ingest<'a>,
    headings: &'t Headings,
    plan: &'t Plan,
    blocks: Vec<Block>,
    /// By block and role, the last value and its row.
    above: Vec<[Option<(u32, Held)>; 7]>,
    band: Band,
    /// The headings as they stand in the last header.
    header: Vec<(u32, Held)>,
    /// The row that is perhaps the total of those that follow it.
    head: Option<Head>,
    row: u32,
    cells: Vec<(u32, Held)>,
}

impl<'t, 'a> Turned<'t, 'a> {
    pub(crate) fn new(ingest: &'t mut Ingest<'a>, plan: &'t Plan, headings: &'t Headings) -> Self {
        let band = plan
            .first_line
            .as_ref()
            .map(|cell| Band::of(headings, cell, plan.near, plan.as_vendor()));
        Self {
            ingest,
            headings,
            plan,
            blocks: plan.blocks.clone(),
            above: vec![Default::default(); plan.blocks.len()],
            band: band.unwrap_or_default(),
            header: Vec::new(),
            head: None,
            row: 0,
            cells: Vec::new(),
        }
    }

    /// Ends the sheet and says what was counted.
    pub(crate) fn finish(mut self) -> Result<Counts, Stop> {
        self.end_row()?;
        self.take_head()?;
        Ok(self.ingest.finish()?)
    }

    /// Takes a row among those whose totals stand above them; whether it may be such a total
    /// itself and is kept back.
    fn is_head(&mut self, cells: &[(u32, Held)]) -> Result<bool, Stop> {
        let [block] = self.blocks.as_slice() else {
            return Ok(false);
        };
        let value = block.values.first().map(|value| value.column);
        let amount = value.and_then(|column| above::amount(cells, column));
        let Some(amount) = amount.filter(|_| !above::is_called_total(cells)) else {
            return Ok(false);
        };
        let Some(head) = &mut self.head else {
            self.band.category = above::name(block, cells).map(str::to_owned);
            self.head = Some(Head {
                row: self.row,
                cells: cells.to_vec(),
                amount,
                left: amount,
            });
            return Ok(true);
        };
        head.left = head.left.saturating_sub(amount);
        if head.left.is_zero() {
            let label = above::name(block, &head.cells).unwrap_or_default();
            let (row, amount) = (head.row, head.amount);
            self.ingest.leave_out_total(row, label, Some(amount))?;
            self.head = None;
        } else if head.left.is_sign_negative() {
            self.take_head()?;
        }
        Ok(false)
    }

    /// Takes the row that was kept back as one like any other.
    fn take_head(&mut self) -> Result<(), Stop> {
        if let Some(head) = self.head.take() {
            let row = std::mem::replace(&mut self.row, head.row);
            self.band.category = None;
            self.block_row(0, &head.cells)?;
            self.row = row;
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Stop> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        if self.row <= self.plan.header {
            if self.row == self.plan.header {
                self.header = cells;
            }
            return Ok(());
        }
        if cells.len() > 1
            && cells.iter().all(|(_, cell)| matches!(cell, Held::Text(_)))
            && self.is_header(&cells)?
        {
            return Ok(());
        }
        if self.plan.bands.is_some()
            && let Some(cell) = line(&cells)
        {
            let band = Band::of(self.headings, cell, self.plan.near, self.plan.as_vendor());
            self.band.take(band);
            return Ok(());
        }
        if self.plan.totals_above && self.is_head(&cells)? {
            return Ok(());
        }
        for at in 0..self.blocks.len() {
            self.block_row(at, &cells)?;
        }
        Ok(())
    }

    /// Takes the headings of a next table.
    fn is_header(&mut self, cells: &[(u32, Held)]) -> Result<bool, Stop> {
        if cells == self.header.as_slice() {
            self.ingest.leave_out_headings()?;
            return Ok(true);
        }
        let row = crate::header::find::PeekedRow {
            row: self.row,
            cells: cells.to_vec(),
        };
        let found = blocks_again(self.headings, &row, self.plan.near);
        if found.is_empty() {
            return Ok(false);
        }
        self.ingest.leave_out_headings()?;
        self.above = vec![Default::default(); found.len()];
        self.blocks = found;
        self.header = row.cells;
        Ok(true)
    }

    /// What a row says of itself, beside its prices, and what stands above it or in its table's
    /// line or label.
    fn own(&mut self, at: usize, cells: &[(u32, Held)], adds_up: bool) -> Own {
        let find = |column: u32| cell(cells, column);
        let block = &self.blocks[at];
        let mut own = Own::default();
        for role in Role::ALL {
            let Some(column) = block.columns[role as usize] else {
                continue;
            };
            let above = &mut self.above[at][role as usize];
            if let Some(cell) = find(column) {
                own[role as usize] = Some((column, cell.clone()));
                if !adds_up {
                    *above = Some((self.row, cell.clone()));
                }
            } else if let Some((row, cell)) = above
                && !adds_up
                && self
                    .plan
                    .fills
                    .get(at)
                    .is_some_and(|fills| fills[role as usize].reaches(*row, self.row))
            {
                own[role as usize] = Some((column, cell.clone()));
            }
        }
        if self.plan.with_options {
            with_options(&mut own, block, cells);
        }
        let is_1904 = self.plan.near.is_1904;
        if let Some(parts) = block.parts
            && !adds_up
        {
            let day = date_of_parts(
                parts.map(|column| column.and_then(find)),
                self.plan.near.around.year,
            );
            let column = parts.into_iter().flatten().next().unwrap_or(0);
            own[Role::Date as usize] = day.map(|at| (column, serial(at, is_1904)));
        }
        for (role, text) in [
            (Role::Vendor, &self.band.vendor),
            (Role::Category, &self.band.category),
        ] {
            if let (None, Some(text)) = (&own[role as usize], text) {
                own[role as usize] = Some((0, Held::Text(text.clone())));
            }
        }
        if let (Some(label), Kind::Plain) = (&block.label, block.kind)
            && self.blocks.len() > 1
        {
            let band = Band::of(
                self.headings,
                &Held::Text(label.clone()),
                self.plan.near,
                false,
            );
            for (role, text) in [(Role::Vendor, band.vendor), (Role::Category, band.category)] {
                if let (None, Some(text)) = (&own[role as usize], text) {
                    own[role as usize] = Some((0, Held::Text(text)));
                }
            }
        }
        if let (None, Some(at), false) = (&own[Role::Date as usize], self.band.at, adds_up) {
            own[Role::Date as usize] = Some((0, serial(at, is_1904)));
        }
        own
    }

    fn block_row(&mut self, at: usize, cells: &[(u32, Held)]) -> Result<(), Stop> {
        let find = |column: u32| cell(cells, column);
        let block = &self.blocks[at];
        let columns = block.columns.iter().flatten().copied();
        let all = columns.chain(block.values.iter().map(|value| value.column));
        if !all.into_iter().any(|column| find(column).is_some()) {
            return Ok(());
        }
        let label = Role::ALL.iter().find_map(|role| {
            let cell = block.columns[*role as usize].and_then(find);
            let text = cell.and_then(Held::text)?;
            (is_total(text, true) || Label::of(text) == Label::Total).then_some(text)
        });
        let adds_up = label.is_some();
        if let (Some(label), true) = (label, block.kind != Kind::Plain) {
            return Ok(self.ingest.leave_out_total(self.row, label, None)?);
        }
        let own = self.own(at, cells, adds_up);
        let block = &self.blocks[at];
        let is_1904 = self.plan.near.is_1904;
        let mut any = false;
        for value in &block.values {
            let price = find(value.column);
            let divided = value
                .quantity
                .filter(|_| !adds_up)
                .and_then(|quantity| divided(price?, find(quantity)));
            let price = divided.as_ref().or(price);
            if block.kind != Kind::Plain && price.is_none_or(is_missing) {
                continue;
            }
            any = true;
            let day = value.at.map(|at| serial(at, is_1904));
            let vendor = value.vendor.clone().map(Held::Text);
            let mut row: Vec<(Role, u32, Value<'_>)> = Vec::with_capacity(7);
            for role in Role::ALL {
                let of_value = match role {
                    Role::Price => price,
                    Role::Date => day.as_ref(),
                    Role::Vendor => vendor.as_ref(),
                    _ => None,
                };
                let (column, cell) = match (&own[role as usize], of_value) {
                    (_, Some(cell)) => (value.column, Some(cell)),
                    (Some((column, cell)), None) => (*column, Some(cell)),
                    (None, None) => (value.column, None),
                };
                if let Some(cell) = cell {
                    row.push((role, column, cell.value()));
                }
            }
            self.ingest.take(self.row, &row)?;
        }
        // A product with no price in any column.
        if !any && let Some((column, cell)) = &own[Role::Product as usize] {
            self.ingest
                .take(self.row, &[(Role::Product, *column, cell.value())])?;
        }
        Ok(())
    }
}

fn cell(cells: &[(u32, Held)], column: u32) -> Option<&Held> {
    let at = cells.binary_search_by_key(&column, |(at, _)| *at).ok()?;
    Some(&cells[at].1)
}

/// Names a product with its options, and leaves out a code that its options share.
fn with_options(own: &mut Own, block: &Block, cells: &[(u32, Held)]) {
    let options = block
        .options
        .iter()
        .filter_map(|column| cell(cells, *column));
    let options: Vec<String> = options.map(|cell| cell.value().display()).collect();
    let role = if own[Role::Product as usize].is_some() {
        Role::Product
    } else {
        Role::Sku
    };
    if let (false, Some((_, name))) = (options.is_empty(), &mut own[role as usize]) {
        *name = Held::Text(format!(
            "{} ({})",
            name.value().display(),
            options.join(", ")
        ));
        if role == Role::Product {
            own[Role::Sku as usize] = None;
        }
    }
}

/// The price of a piece; what no number of pieces divides exactly is no price.
fn divided(amount: &Held, quantity: Option<&Held>) -> Option<Held> {
    let number = |cell: &Held| match cell {
        Held::Number(number) | Held::Money(number, _) => Some(number.to_decimal()),
        Held::Text(text) => Some(read_price(text, None).ok()?.value.to_decimal()),
        _ => None,
    };
    let no_price = || {
        Held::Error(format!(
            "{} / {}",
            amount.value().display(),
            quantity.map_or(String::new(), |one| one.value().display())
        ))
    };
    let sum = number(amount)?;
    let Some(count) = quantity.and_then(number) else {
        return Some(no_price());
    };
    let price = sum
        .checked_div(count)
        .filter(|price| price.checked_mul(count) == Some(sum));
    let exact =
        price.and_then(|price| Number::from_plain(price.normalize().to_string().as_bytes()));
    Some(match (exact, amount) {
        (Some(price), Held::Money(_, sign)) => Held::Money(price, *sign),
        (Some(price), _) => Held::Number(price),
        (None, _) => no_price(),
    })
}

fn date_of_parts(parts: [Option<&Held>; 3], year: Option<i64>) -> Option<Seconds> {
    let number = |cell: Option<&Held>| match cell? {
        Held::Number(number) if number.scale() == 0 => Some(number.mantissa()),
        Held::Text(text) => {
            let digits = text.trim().trim_end_matches(['년', '월', '일', '.']);
            (digits.len() <= 4).then(|| digits.parse().ok())?
        }
        _ => None,
    };
    let year = number(parts[0]).or(year)?;
    let year = if year < 100 { year + 2_000 } else { year };
    let month = number(parts[1])?;
    let day = match parts[2] {
        Some(_) => number(parts[2])?,
        None => 1,
    };
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let at = seconds(date.ok()?);
    debug_assert_eq!(at % DAY, 0);
    Some(at)
}

impl Cells for Turned<'_, '_> {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if row != self.row {
            self.end_row()?;
            self.row = row;
        }
        self.cells
            .extend(Held::of(value).map(|held| (column, held)));
        Ok(())
    }
}
