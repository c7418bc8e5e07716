//! What every workbook of Pricetide shares: typed cells, number formats by currency, widths
//! that fit Korean, and sheets of any length in little memory.
//!
//! A [`Book`] makes [`Table`]s, each a header and rows that are written in order; the rows go
//! to a temporary file as they come. A table goes on on a further sheet above 1,048,576 rows.
//! A text is always a text, whatever it begins with.

mod look;

use std::cmp::Ordering;
use std::path::Path;

use hashbrown::HashMap;
use iso_currency::Currency;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet};
use unicode_width::UnicodeWidthStr;

use look::{Look, format};

pub use look::ChangeColors;
pub use rust_xlsxwriter;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct WriteError(#[from] rust_xlsxwriter::XlsxError);

/// The most rows of a sheet, with its header.
pub const MAX_ROWS: u32 = 1_048_576;

/// The most UTF-16 units of a text in a cell; what is longer is cut.
pub const MAX_TEXT: usize = 32_767;

/// How high a line of Hangul is, in points.
const LINE: u32 = 17;

/// The value of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A text, never a formula.
    Text(&'a str),
    /// A whole number.
    Count(u64),
    /// An amount with every digit it has, in the format of its currency.
    Amount(Decimal, Option<Currency>),
    /// A computed amount (a mean, a deviation), shown with two digits after the point or as
    /// many as its currency has.
    Computed(Decimal, Option<Currency>),
    /// A plain number with up to two digits after the point.
    Number(Decimal),
    /// A change in percent: 12.5 is shown as +12.50%.
    Percent(Decimal),
    /// A day.
    Date(Date),
    /// A day and a time of day.
    DateTime(DateTime),
}

/// The heading of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading<'a> {
    text: &'a str,
    right: bool,
}

impl<'a> Heading<'a> {
    /// The heading of numbers or dates: at the right, as they are.
    pub const fn right(text: &'a str) -> Self {
        Self { text, right: true }
    }
}

impl<'a> From<&'a str> for Heading<'a> {
    /// The heading of texts.
    fn from(text: &'a str) -> Self {
        Self { text, right: false }
    }
}

/// A workbook that is being written.
pub struct Book {
    workbook: Workbook,
    looks: HashMap<Look, Format>,
    names: Vec<String>,
    colors: ChangeColors,
    high_rows: bool,
}

/// A sheet with a header and rows.
pub struct Table {
    sheet: Worksheet,
    name: String,
    part: u32,
    headings: Vec<(String, bool)>,
    widths: Vec<usize>,
    next_row: u32,
    max_rows: u32,
    printed: Option<u16>,
}

impl Book {
    /// A workbook with a title in its properties.
    pub fn new(title: &str, colors: ChangeColors) -> Self {
        let mut workbook = Workbook::new();
        workbook.set_properties(
            &DocProperties::new()
                .set_title(title)
                .set_author("Pricetide")
                .set_company("Pricetide"),
        );
        // Level 3 halves the time of the default level for a tenth more bytes.
        workbook.set_zip_compression_level(3);
        Self {
            workbook,
            looks: HashMap::new(),
            names: Vec::new(),
            colors,
            high_rows: false,
        }
    }

    /// The same with tables whose rows are as high as Hangul needs in every program, which costs
    /// some bytes a row.
    #[must_use]
    pub fn with_high_rows(mut self) -> Self {
        self.high_rows = true;
        self
    }

    /// Begins a table. The name is made fit for a sheet and different from the others.
    pub fn table<'a>(
        &mut self,
        name: &str,
        headings: &[impl Into<Heading<'a>> + Copy],
    ) -> Result<Table, WriteError> {
        let headings: Vec<(String, bool)> = headings
            .iter()
            .map(|heading| (*heading).into())
            .map(|heading: Heading<'_>| (heading.text.to_owned(), heading.right))
            .collect();
        let sheet = self.table_sheet(name, &headings)?;
        let widths = headings.iter().map(|(text, _)| text.width() + 3).collect();
        Ok(Table {
            sheet,
            name: name.to_owned(),
            part: 1,
            headings,
            widths,
            next_row: 1,
            max_rows: MAX_ROWS,
            printed: None,
        })
    }

    fn table_sheet(
        &mut self,
        name: &str,
        headings: &[(String, bool)],
    ) -> Result<Worksheet, WriteError> {
        let mut sheet = self.workbook.new_worksheet_with_low_memory()?;
        sheet.set_name(self.sheet_name(name))?;
        sheet.set_freeze_panes(1, 0)?;
        page(&mut sheet).set_landscape().set_repeat_rows(0, 0)?;
        if self.high_rows {
            sheet.set_default_row_height(LINE);
        }
        for (column, (text, right)) in (0..).zip(headings) {
            let heading = Heading {
                text,
                right: *right,
            };
            self.heading(&mut sheet, 0, column, heading)?;
        }
        Ok(sheet)
    }

    /// Appends a row.
    pub fn row(&mut self, table: &mut Table, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        if table.next_row == table.max_rows {
            self.continue_table(table)?;
        }
        let row = table.next_row;
        table.next_row += 1;
        for (column, cell) in (0..).zip(cells) {
            let width = self.write(&mut table.sheet, row, column, *cell)?;
            if let Some(widest) = table.widths.get_mut(usize::from(column)) {
                *widest = width.max(*widest);
            }
        }
        Ok(())
    }

    fn continue_table(&mut self, table: &mut Table) -> Result<(), WriteError> {
        table.part += 1;
        let name = format!("{} {}", table.name, table.part);
        let sheet = self.table_sheet(&name, &table.headings)?;
        let full = std::mem::replace(&mut table.sheet, sheet);
        self.close(full, &table.widths, table.next_row, table.printed)?;
        table.next_row = 1;
        Ok(())
    }

    /// Ends a table.
    pub fn end(&mut self, table: Table) -> Result<(), WriteError> {
        self.close(table.sheet, &table.widths, table.next_row, table.printed)
    }

    fn close(
        &mut self,
        mut sheet: Worksheet,
        widths: &[usize],
        rows: u32,
        printed: Option<u16>,
    ) -> Result<(), WriteError> {
        set_widths(&mut sheet, widths)?;
        if let Some(last) = printed.and_then(|columns| columns.checked_sub(1)) {
            sheet.set_print_area(0, 0, rows.saturating_sub(1), last)?;
        }
        if let Some(last) = u16::try_from(widths.len())
            .ok()
            .and_then(|count| count.checked_sub(1))
        {
            sheet.autofilter(0, 0, rows.saturating_sub(1), last)?;
        }
        self.workbook.push_worksheet(sheet);
        Ok(())
    }

    /// A sheet of free form, held in memory: for summaries and charts.
    pub fn free_sheet(&mut self, name: &str) -> Result<Worksheet, WriteError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.sheet_name(name))?;
        page(&mut sheet).set_default_row_height(LINE);
        Ok(sheet)
    }

    /// Adds a sheet of free form.
    pub fn add(&mut self, sheet: Worksheet) {
        self.workbook.push_worksheet(sheet);
    }

    /// Writes a cell of a sheet of free form; says how wide it is, in columns of a digit.
    pub fn write(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        cell: Cell<'_>,
    ) -> Result<usize, WriteError> {
        Ok(match cell {
            Cell::Empty | Cell::Text("") => 0,
            Cell::Text(text) => {
                let text = cut(text);
                sheet.write_string(row, column, text)?;
                text.width() + 1
            }
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            Cell::Count(count) => self.number(sheet, row, column, count as f64, Look::Places(0))?,
            Cell::Amount(amount, currency) => {
                let places = exponent(currency).max(amount.normalize().scale().min(6));
                self.number(sheet, row, column, float(amount), Look::Places(places))?
            }
            Cell::Computed(amount, currency) => {
                let places = exponent(currency).max(2);
                self.number(sheet, row, column, float(amount), Look::Places(places))?
            }
            Cell::Number(number) => self.number(sheet, row, column, float(number), Look::Plain)?,
            Cell::Percent(percent) => {
                let share = float(percent / Decimal::ONE_HUNDRED);
                {
                    let look = match percent.cmp(&Decimal::ZERO) {
                        Ordering::Greater => Look::Rise,
                        Ordering::Less => Look::Fall,
                        Ordering::Equal => Look::Level,
                    };
                    self.number(sheet, row, column, share, look)?
                }
            }
            Cell::Date(date) => {
                let look = self.look(Look::Day);
                sheet.write_datetime_with_format(row, column, excel_date(date)?, look)?;
                12
            }
            Cell::DateTime(at) => {
                let look = self.look(Look::Minute);
                let time = at.time();
                let hour = u16::try_from(time.hour()).unwrap_or(0);
                let minute = u8::try_from(time.minute()).unwrap_or(0);
                let at = excel_date(at.date())?.and_hms(hour, minute, f64::from(time.second()))?;
                sheet.write_datetime_with_format(row, column, at, look)?;
                18
            }
        })
    }

    fn number(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        value: f64,
        look: Look,
    ) -> Result<usize, WriteError> {
        sheet.write_number_with_format(row, column, value, self.look(look))?;
        let mut digits = 1;
        let mut rest = value.abs();
        while rest >= 10.0 && digits < 18 {
            rest /= 10.0;
            digits += 1;
        }
        let places = match look {
            Look::Places(0) => 0,
            Look::Places(places) => places as usize + 1,
            Look::Rise | Look::Fall | Look::Level => 6,
            _ => 3,
        };
        Ok(digits + digits / 3 + places + 2)
    }

    /// Writes a large heading.
    pub fn title(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        text: &str,
    ) -> Result<(), WriteError> {
        let look = self.look(Look::Title);
        sheet.write_string_with_format(row, column, cut(text), look)?;
        Ok(())
    }

    /// Writes the heading of a column; says how wide it is.
    pub fn heading<'a>(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        heading: impl Into<Heading<'a>>,
    ) -> Result<usize, WriteError> {
        let Heading { text, right } = heading.into();
        let look = self.look(if right {
            Look::RightHeading
        } else {
            Look::Heading
        });
        sheet.write_string_with_format(row, column, cut(text), look)?;
        Ok(text.width() + 2)
    }

    /// Writes a whole number where texts stand below and above it: at the left.
    pub fn left_count(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        count: u64,
    ) -> Result<usize, WriteError> {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        self.number(sheet, row, column, count as f64, Look::LeftCount)
    }

    /// Writes the label of a value.
    pub fn label(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        text: &str,
    ) -> Result<usize, WriteError> {
        let look = self.look(Look::Label);
        sheet.write_string_with_format(row, column, cut(text), look)?;
        Ok(text.width() + 2)
    }

    /// Writes a long text over the cells up to `last_column`, which are so wide together, and
    /// makes the row as high as its lines.
    pub fn paragraph(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        (column, last_column): (u16, u16),
        width: usize,
        text: &str,
    ) -> Result<(), WriteError> {
        let look = self.look(Look::Wrapped);
        let text = cut(text);
        if column == last_column {
            sheet.write_string_with_format(row, column, text, look)?;
        } else {
            sheet.merge_range(row, column, row, last_column, text, look)?;
        }
        // Words do not fill their lines to the end.
        let lines = (text.width() * 10).div_ceil(width.max(2) * 9).clamp(1, 24);
        sheet.set_row_height(row, LINE * u32::try_from(lines).unwrap_or(1))?;
        Ok(())
    }

    /// Writes the file; a file of that name is replaced once everything is written.
    pub fn save(mut self, path: &Path) -> Result<(), WriteError> {
        self.workbook.save(path)?;
        Ok(())
    }

    fn look(&mut self, look: Look) -> &Format {
        let colors = self.colors;
        self.looks
            .entry(look)
            .or_insert_with(|| format(look, colors))
    }

    /// A name that a sheet may have: at most 31 UTF-16 units, none of `[]:*?/\`, no
    /// apostrophe at its ends, not yet taken in any case.
    fn sheet_name(&mut self, wanted: &str) -> String {
        let clean: String = wanted
            .chars()
            .map(|c| {
                if "[]:*?/\\".contains(c) || c.is_control() {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        let clean = clean.trim().trim_matches('\'');
        let clean = if clean.is_empty() { "Sheet" } else { clean };
        let mut number = 1;
        loop {
            let suffix = if number == 1 {
                String::new()
            } else {
                format!(" ({number})")
            };
            let name = format!(
                "{}{suffix}",
                cut_to(clean, 31 - suffix.len()).trim_end_matches('\'')
            );
            let lower = name.to_lowercase();
            if !self.names.contains(&lower) {
                self.names.push(lower);
                return name;
            }
            number += 1;
        }
    }
}

/// A4, as wide as the page, with the sheet's name and the number of the page above it.
fn page(sheet: &mut Worksheet) -> &mut Worksheet {
    sheet
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.5, 0.5, 0.75, 0.6, 0.3, 0.3)
        .set_header("&L&A&R&P / &N")
}

impl Table {
    /// Rows below the header on the sheet that is being written.
    pub fn rows(&self) -> u32 {
        self.next_row - 1
    }

    /// Prints only so many of its columns, so that what is printed can be read.
    pub fn print_columns(&mut self, columns: u16) {
        self.printed = Some(columns);
    }

    /// Its sheet, to add what is not a row: a chart, a note.
    pub fn sheet(&mut self) -> &mut Worksheet {
        &mut self.sheet
    }
}

/// Sets widths, in columns of a digit, between 8 and 60.
pub fn set_widths(sheet: &mut Worksheet, widths: &[usize]) -> Result<(), WriteError> {
    for (column, width) in (0..).zip(widths) {
        let width = u32::try_from((*width).clamp(8, 60)).unwrap_or(60);
        sheet.set_column_width(column, width)?;
    }
    Ok(())
}

fn excel_date(date: Date) -> Result<rust_xlsxwriter::ExcelDateTime, WriteError> {
    let year = u16::try_from(date.year()).unwrap_or(1900);
    let month = u8::try_from(date.month()).unwrap_or(1);
    let day = u8::try_from(date.day()).unwrap_or(1);
    Ok(rust_xlsxwriter::ExcelDateTime::from_ymd(year, month, day)?)
}

/// A workbook stores floating point: the nearest to the exact decimal.
fn float(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or(0.0)
}

fn exponent(currency: Option<Currency>) -> u32 {
    currency.and_then(Currency::exponent).map_or(0, u32::from)
}

fn cut(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        text
    } else {
        cut_to(text, MAX_TEXT)
    }
}

/// The beginning of a text in at most so many UTF-16 units.
fn cut_to(text: &str, most: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > most {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests;
