//! From cells to typed rows: dates, products, prices and currencies as people write them, and
//! each row that cannot be read with its reason.

mod cells;
mod totals;

use std::sync::Arc;

use iso_currency::Currency;
use rust_decimal::Decimal;

use crate::figures::aggregate::{Aggregate, Row};
use crate::figures::summary::show_date;
use crate::header::find::Layout;
use crate::header::headings::Role;
use crate::header::order::DateOrder;
use crate::limits::Deadline;
use crate::read::package::Share;
use crate::rejection::{RejectReason, Rejection, TotalRow};
use crate::values::cell::{Cells, Stop, Value};
use crate::values::date::{Around, Seconds, ShortYear, from_serial};
use crate::values::known::Known;
use crate::values::labels::{Label, Labels, Tally};
use crate::values::number::Number;
use crate::values::price::Sign;
use crate::values::slots::{CurrencySlot, DateSlot, PriceSlot, Slots, TextSlot};
use crate::values::texts::{NO_TEXT, TextId, Texts};
use crate::{Language, Limits, Measure, Progress, ReadError, Stage};

/// What was counted of one sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) read: u64,
    pub(crate) used: u64,
    pub(crate) rejected: u64,
    pub(crate) totals: u64,
    pub(crate) repeated: u64,
    /// Rows that were used before one that is no row of the table: a line or headings.
    odd_after: Option<u64>,
}

impl Counts {
    /// Whether a line or headings stand among the rows, so that there may be several tables.
    pub(crate) fn has_odd_rows(&self) -> bool {
        self.odd_after.is_some_and(|used| used < self.used)
    }

    #[cold]
    fn note_odd_row(&mut self) {
        self.odd_after = self.odd_after.or(Some(self.used));
    }
}

/// Collects all used sheets of an upload.
pub(crate) struct Ingest<'a> {
    limits: &'a Limits,
    deadline: Deadline,
    progress: &'a mut dyn FnMut(Progress),
    pub(crate) order: DateOrder,
    /// Where the year of short dates stands; the first date that needs it stops the reading.
    pub(crate) short_year: Option<ShortYear>,
    pub(crate) aggregate: Aggregate,
    pub(crate) texts: Texts,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) totals: Vec<TotalRow>,
    pub(crate) counts: Counts,
    pub(crate) needs_order: bool,
    /// How a point before three digits is read in an amount that names no currency.
    pub(crate) points: Points,
    pub(crate) rejected_by_reason: [u64; RejectReason::ALL.len()],
    known: Known,
    labels: Labels,
    /// What was added up before the sheet, and before the group of rows that a total ends.
    before_sheet: Tally,
    before_group: Tally,
    sheet: Sheet,
    /// Whether rows of the sheet leave blank what others say, so that it proves nothing.
    rows_say_less: bool,
    /// The category of the last row that was used.
    last_category: TextId,
    row: u32,
    slots: Slots,
    /// By role, what stands in a cell that is not simply a value.
    raw: [String; 7],
    /// By role, a bit: of the row that is being read, which cells have a formula without a value.
    uncomputed: u8,
    rows_done: u64,
    share: Option<Share>,
}

struct Sheet {
    name: Arc<str>,
    is_1904: bool,
    is_korean: bool,
    roles: Vec<Option<Role>>,
    columns: [u32; 7],
    headings: [String; 7],
    has_date: bool,
    columns_of: ColumnsOf,
    heading_currency: Option<Currency>,
    /// What a price is multiplied by: 1,000 in a column of thousands.
    times: i64,
    first_row: u32,
    /// What the sheet says once, outside its table: of a row that says nothing itself.
    at: Option<Seconds>,
    vendor: TextId,
    category: TextId,
    around: Around,
}

/// Of what there are columns that a total leaves blank.
#[derive(Default)]
struct ColumnsOf {
    category: bool,
    vendor: bool,
}

/// What the amounts of an upload say of their points: `1.234.900` proves that in `12.900`, too, it
/// separates thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Points {
    /// Whether it is known that they separate thousands.
    pub(crate) are_thousands: bool,
    has_single: bool,
    has_several: bool,
}

impl Points {
    /// Whether what was read so far must be read again.
    pub(crate) fn were_misread(self) -> bool {
        !self.are_thousands && self.has_single && self.has_several
    }
}

/// Before the first row.
const NO_ROW: u32 = u32::MAX;

impl<'a> Ingest<'a> {
    pub(crate) fn new(
        limits: &'a Limits,
        deadline: Deadline,
        order: DateOrder,
        progress: &'a mut dyn FnMut(Progress),
        share: Option<Share>,
    ) -> Self {
        Self {
            limits,
            deadline,
            progress,
            order,
            short_year: None,
            aggregate: Aggregate::default(),
            texts: Texts::new(limits.kept_text_bytes),
            rejected: Vec::new(),
            totals: Vec::new(),
            counts: Counts::default(),
            needs_order: false,
            points: Points::default(),
            rejected_by_reason: [0; RejectReason::ALL.len()],
            known: Known::default(),
            labels: Labels::default(),
            before_sheet: Tally::default(),
            before_group: Tally::default(),
            sheet: Sheet {
                name: Arc::from(""),
                is_1904: false,
                is_korean: false,
                roles: Vec::new(),
                columns: [0; 7],
                headings: Default::default(),
                has_date: false,
                columns_of: ColumnsOf::default(),
                heading_currency: None,
                times: 1,
                first_row: 0,
                at: None,
                vendor: NO_TEXT,
                category: NO_TEXT,
                around: Around::default(),
            },
            rows_say_less: false,
            last_category: NO_TEXT,
            row: 0,
            slots: Slots::EMPTY,
            raw: Default::default(),
            uncomputed: 0,
            rows_done: 0,
            share,
        }
    }

    /// Begins a sheet.
    pub(crate) fn start(
        &mut self,
        name: &str,
        layout: &Layout,
        is_1904: bool,
    ) -> Result<(), ReadError> {
        let width = layout
            .columns
            .iter()
            .map(|(column, _, _)| *column as usize + 1)
            .max()
            .unwrap_or(0);
        let mut roles = vec![None; width];
        let mut columns = [0; 7];
        let mut headings: [String; 7] = Default::default();
        for (column, role, heading) in &layout.columns {
            roles[*column as usize] = Some(*role);
            columns[*role as usize] = *column;
            heading.trim().clone_into(&mut headings[*role as usize]);
        }
        let outside = &layout.outside;
        let [vendor, category] = [
            (Role::Vendor, &outside.vendor),
            (Role::Category, &outside.category),
        ]
        .map(|(role, text)| match text {
            Some(text) => self.text(role, Value::Text(text)).map(TextSlot::id),
            None => Ok(NO_TEXT),
        });
        let (vendor, category) = (vendor?, category?);
        self.counts = Counts::default();
        self.sheet = Sheet {
            name: Arc::from(name),
            is_1904,
            is_korean: Language::of(&headings.concat()) == Language::Ko,
            roles,
            columns,
            headings,
            has_date: layout.has(Role::Date),
            columns_of: ColumnsOf {
                category: layout.has(Role::Category),
                vendor: layout.has(Role::Vendor),
            },
            heading_currency: layout.currency,
            times: layout.times,
            first_row: layout.last_header_row + 1,
            at: outside.at.filter(|_| !layout.has(Role::Date)),
            vendor,
            category,
            around: outside.around,
        };
        self.before_sheet = self.aggregate.tally();
        self.before_group = self.before_sheet;
        self.rows_say_less = false;
        self.row = NO_ROW;
        self.slots = Slots::EMPTY;
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    fn slot(&mut self, role: Role, value: Value<'_>) -> Result<(), Stop> {
        match role {
            Role::Date => self.slots.date = self.date(value)?,
            Role::Product => self.slots.product = self.text(role, value)?,
            Role::Sku => self.slots.sku = self.text(role, value)?,
            Role::Category => self.slots.category = self.text(role, value)?.id(),
            Role::Vendor => self.slots.vendor = self.text(role, value)?.id(),
            Role::Price => self.slots.price = self.price(value),
            Role::Currency => self.slots.currency = self.currency(value),
        }
        Ok(())
    }

    /// Takes a whole row of a table that was turned: each value with its role and its column.
    pub(crate) fn take(&mut self, row: u32, values: &[(Role, u32, Value<'_>)]) -> Result<(), Stop> {
        self.end_row()?;
        self.row = row;
        for (role, column, value) in values {
            self.sheet.columns[*role as usize] = *column;
            self.slot(*role, *value)?;
        }
        Ok(())
    }

    /// Counts a row that adds up others.
    pub(crate) fn leave_out_total(
        &mut self,
        row: u32,
        label: &str,
        amount: Option<Decimal>,
    ) -> Result<(), ReadError> {
        self.end_row()?;
        self.counts.read += 1;
        self.counts.totals += 1;
        if (self.totals.len() as u64) < self.limits.rejected_listed {
            let amount = amount.and_then(|amount| amount.checked_mul(self.sheet.times.into()));
            let total = TotalRow::new(&self.sheet.name, row, label, amount);
            self.totals.push(total);
        }
        self.before_group = self.aggregate.tally();
        Ok(())
    }

    /// Counts headings that stand again among the rows.
    pub(crate) fn leave_out_headings(&mut self) -> Result<(), ReadError> {
        self.end_row()?;
        self.counts.read += 1;
        self.counts.repeated += 1;
        Ok(())
    }

    /// Ends a sheet and says what was counted.
    pub(crate) fn finish(&mut self) -> Result<Counts, ReadError> {
        self.end_row()?;
        Ok(self.counts)
    }

    fn end_row(&mut self) -> Result<(), ReadError> {
        if self.slots.is_empty() {
            // A currency alone does not begin the next row.
            self.slots.currency = CurrencySlot::Empty;
            self.uncomputed = 0;
            return Ok(());
        }
        let done = self.take_row();
        self.slots = Slots::EMPTY;
        self.uncomputed = 0;
        done
    }

    #[inline]
    fn take_row(&mut self) -> Result<(), ReadError> {
        self.counts.read += 1;
        self.rows_done += 1;
        if self.rows_done > self.limits.rows {
            return Err(ReadError::TooLarge {
                what: Measure::Rows,
                limit: self.limits.rows,
                place: Some(self.sheet.name.to_string()),
            });
        }
        if self.rows_done.is_multiple_of(8_192) {
            self.deadline.check()?;
            (self.progress)(Progress {
                stage: Stage::Reading,
                rows: self.rows_done,
                permille: self.share.as_ref().map_or(0, Share::permille),
            });
        }
        let slots = self.slots;
        if let Some(kind) = self.is_not_data(&slots) {
            match kind {
                NotData::Total => {
                    self.counts.totals += 1;
                    self.before_group = self.aggregate.tally();
                    self.list_total();
                }
                NotData::Heading => {
                    self.counts.repeated += 1;
                    self.counts.note_odd_row();
                }
            }
            return Ok(());
        }
        match self.typed(&self.slots) {
            Ok(row) => {
                self.counts.used += 1;
                self.last_category = slots.category;
                self.aggregate.add(&row, self.limits)
            }
            Err((role, reason)) => {
                let slots = self.slots;
                if self.is_note(&slots) {
                    self.counts.read -= 1;
                    self.counts.note_odd_row();
                } else {
                    self.reject(&slots, role, reason);
                }
                Ok(())
            }
        }
    }

    #[cold]
    fn reject(&mut self, slots: &Slots, role: Role, reason: RejectReason) {
        use RejectReason::{NoDate, NoPrice, NoProduct, NotComputed};
        let is_uncomputed = self.uncomputed & 1 << role as u8 != 0;
        let reason = match reason {
            NoDate | NoPrice | NoProduct if is_uncomputed => NotComputed,
            reason => reason,
        };
        let is_heading = slots.price == PriceSlot::Text
            && self
                .sheet
                .headings
                .iter()
                .any(|one| one == self.raw(Role::Price).trim());
        if is_heading || slots.filled() == 1 {
            self.counts.note_odd_row();
        }
        self.counts.rejected += 1;
        self.rejected_by_reason[reason as usize] += 1;
        if self.rejected.len() as u64 >= self.limits.rejected_listed {
            return;
        }
        let number;
        let value = match (reason, slots.price) {
            (NoDate | NoProduct | NotComputed, _) | (NoPrice, PriceSlot::Empty) => "",
            (
                RejectReason::NegativePrice | RejectReason::AmbiguousUnit,
                PriceSlot::Price(price, _),
            ) => {
                number = price.to_decimal().to_string();
                &number
            }
            _ => self.raw(role),
        };
        let column = self.sheet.columns[role as usize];
        self.rejected.push(Rejection::new(
            &self.sheet.name,
            self.row,
            column,
            [value, self.product(slots)],
            reason,
        ));
    }

    fn raw(&self, role: Role) -> &str {
        &self.raw[role as usize]
    }

    /// Keeps what stands in a cell.
    #[cold]
    fn keep(&mut self, role: Role, value: Value<'_>) {
        self.raw[role as usize] = self.shown(value);
    }

    /// The value as a person sees it.
    fn shown(&self, value: Value<'_>) -> String {
        let date = match value {
            Value::Serial(number) => from_serial(number, self.sheet.is_1904).and_then(show_date),
            _ => None,
        };
        date.unwrap_or_else(|| value.display())
    }

    #[inline]
    fn typed(&self, slots: &Slots) -> Result<Row, (Role, RejectReason)> {
        let at = match slots.date {
            DateSlot::At(at) => Some(at),
            DateSlot::Empty if self.sheet.has_date => {
                return Err((Role::Date, RejectReason::NoDate));
            }
            DateSlot::Empty => self.sheet.at,
            DateSlot::Ambiguous => return Err((Role::Date, RejectReason::AmbiguousDate)),
            DateSlot::Bad => return Err((Role::Date, RejectReason::UnreadableDate)),
        };
        if slots.sku == TextSlot::Bad {
            return Err((Role::Sku, RejectReason::UnreadableProduct));
        }
        if slots.product == TextSlot::Bad {
            return Err((Role::Product, RejectReason::UnreadableProduct));
        }
        let (mut sku, name) = (slots.sku.id(), slots.product.id());
        if self.labels.any() && name != NO_TEXT && self.labels.get(sku) == Label::NoCode {
            sku = NO_TEXT;
        }
        let key = if sku == NO_TEXT { name } else { sku };
        if key == NO_TEXT {
            let unnamed = self.sheet.headings[Role::Product as usize].is_empty();
            return Err((
                if unnamed { Role::Sku } else { Role::Product },
                RejectReason::NoProduct,
            ));
        }
        let named = match slots.currency {
            CurrencySlot::Empty => None,
            CurrencySlot::Known(currency) => Some(currency),
            CurrencySlot::Bad => return Err((Role::Currency, RejectReason::UnknownCurrency)),
        };
        let (price, sign) = match slots.price {
            PriceSlot::Price(price, sign) => (price, sign),
            PriceSlot::Empty => return Err((Role::Price, RejectReason::NoPrice)),
            PriceSlot::Bad => return Err((Role::Price, RejectReason::UnreadablePrice)),
            PriceSlot::Text => self.text_price(named.or(self.sheet.heading_currency))?,
        };
        if price.mantissa() < 0 {
            return Err((Role::Price, RejectReason::NegativePrice));
        }
        let price = if self.sheet.times == 1 {
            price
        } else {
            self.multiplied(price, sign)?
        };
        let name = if name == NO_TEXT { key } else { name };
        Ok(Row {
            at,
            key,
            name,
            sku,
            category: or(slots.category, self.sheet.category),
            vendor: or(slots.vendor, self.sheet.vendor),
            price,
            currency: Sign::settle(named, sign, self.sheet.heading_currency),
        })
    }

    /// A price of a column in thousands. One that names a currency itself (`12,900원`) may be
    /// meant as it stands.
    #[cold]
    fn multiplied(
        &self,
        price: Number,
        sign: Option<Sign>,
    ) -> Result<Number, (Role, RejectReason)> {
        match (price.times(self.sheet.times), sign) {
            (Some(price), None) => Ok(price),
            (_, Some(_)) => Err((Role::Price, RejectReason::AmbiguousUnit)),
            (None, None) => Err((Role::Price, RejectReason::UnreadablePrice)),
        }
    }
}

#[inline]
fn or(text: TextId, other: TextId) -> TextId {
    if text == NO_TEXT { other } else { text }
}

enum NotData {
    Total,
    Heading,
}

impl Cells for Ingest<'_> {
    #[inline]
    fn wants(&self, column: u32) -> bool {
        self.sheet
            .roles
            .get(column as usize)
            .is_some_and(Option::is_some)
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if row != self.row {
            if row < self.sheet.first_row {
                return Ok(());
            }
            self.end_row()?;
            self.row = row;
        }
        let Some(&Some(role)) = self.sheet.roles.get(column as usize) else {
            return Ok(());
        };
        self.slot(role, value)
    }
}
