//! What every workbook of Pricetide shares: typed cells, number formats by currency, widths
//! that fit Korean, and sheets of any length in little memory.
//!
//! A [`Book`] makes [`Table`]s, each a header and rows that are written in order; the rows go
//! to a temporary file as they come. A table goes on on a further sheet above 1,048,576 rows.
//! A text is always a text, whatever it begins with.

mod cell;
mod look;
mod package;
mod page;
mod rows;
mod shared;

use std::path::Path;

use hashbrown::HashMap;
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use cell::{Content, cut, cut_to, float};
use look::{Look, format};
use package::Part;
use page::Page;
use rows::Rows;
use shared::Shared;

pub use cell::{Cell, MAX_TEXT, amount_text};
pub use look::ChangeColors;
pub use rust_xlsxwriter;

/// Why a workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written: {0}")]
pub struct WriteError(#[from] XlsxError);

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        Self(error.into())
    }
}

/// The most rows of a sheet, with its header.
pub const MAX_ROWS: u32 = 1_048_576;

/// How hard to compress: half the time of the default level for a tenth more bytes.
const LEVEL: u8 = 3;

/// The same where time counts more: two thirds of the time, a tenth to a fifth more bytes.
const QUICK_LEVEL: u8 = 2;

/// How high a line of Hangul is, in points.
const LINE: u32 = 17;

/// The same in whole pixels, three quarters of a point each, as a sheet holds it.
const LINE_PIXELS: f64 = 17.25;

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
    /// The format of each look and its number in the workbook.
    looks: HashMap<Look, (Format, u32)>,
    names: Vec<String>,
    colors: ChangeColors,
    high_rows: bool,
    level: u8,
    /// What stands above every printed page, beside the sheet's name.
    page: Page,
    sheets: usize,
    /// The rows of tables, by the number of their sheet.
    parts: HashMap<usize, Part>,
    shared: Shared,
}

/// A sheet with a header and rows.
pub struct Table {
    /// The sheet with its header only; its rows are put in when the workbook is saved.
    sheet: Worksheet,
    rows: Rows,
    name: String,
    part: u32,
    headings: Vec<(String, bool)>,
    widths: Vec<usize>,
    next_row: u32,
    max_rows: u32,
    extent: Extent,
}

/// Which columns of a table are printed and seen.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    printed: Option<u16>,
    printed_rows: Option<u32>,
    seen: Option<u16>,
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
        Self {
            workbook,
            looks: HashMap::new(),
            names: Vec::new(),
            colors,
            high_rows: false,
            level: LEVEL,
            page: Page::default(),
            sheets: 0,
            parts: HashMap::new(),
            shared: Shared::default(),
        }
    }

    /// The same with tables whose rows are as high as Hangul needs in every program, which costs
    /// some bytes a row.
    #[must_use]
    pub fn with_high_rows(mut self) -> Self {
        self.high_rows = true;
        self
    }

    /// The same with a text above every printed page.
    #[must_use]
    pub fn with_page_header(mut self, text: &str) -> Self {
        self.page = Page::new(text);
        self
    }

    /// The same, compressed more quickly and less.
    #[must_use]
    pub fn with_quick_compression(mut self) -> Self {
        self.level = QUICK_LEVEL;
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
        let (sheet, rows) = self.table_sheet(name, &headings)?;
        let widths = headings.iter().map(|(text, _)| text.width() + 3).collect();
        Ok(Table {
            sheet,
            rows,
            name: name.to_owned(),
            part: 1,
            headings,
            widths,
            next_row: 1,
            max_rows: MAX_ROWS,
            extent: Extent::default(),
        })
    }

    fn table_sheet(
        &mut self,
        name: &str,
        headings: &[(String, bool)],
    ) -> Result<(Worksheet, Rows), WriteError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.sheet_name(name))?;
        sheet.set_freeze_panes(1, 0)?;
        self.page.set(&mut sheet).set_repeat_rows(0, 0)?;
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
        let rows = Rows::new(self.high_rows.then_some(LINE_PIXELS))?;
        Ok((sheet, rows))
    }

    /// Appends a row.
    pub fn row(&mut self, table: &mut Table, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        if table.next_row == table.max_rows {
            self.continue_table(table)?;
        }
        let row = table.next_row;
        table.next_row += 1;
        table.rows.begin(row);
        for (column, cell) in (0..).zip(cells) {
            let (content, width) = cell.content()?;
            match content {
                Content::Nothing => {}
                Content::Text(text) => table.rows.text(column, text, &mut self.shared),
                Content::Number(number, look) => {
                    table.rows.number(column, number, self.style(look));
                }
                Content::Serial(serial, look) => {
                    table.rows.float(column, serial, self.style(look));
                }
            }
            if let Some(widest) = table.widths.get_mut(usize::from(column)) {
                *widest = width.max(*widest);
            }
        }
        table.rows.end()?;
        Ok(())
    }

    fn continue_table(&mut self, table: &mut Table) -> Result<(), WriteError> {
        table.part += 1;
        let name = format!("{} {}", table.name, table.part);
        let (sheet, rows) = self.table_sheet(&name, &table.headings)?;
        let sheet = std::mem::replace(&mut table.sheet, sheet);
        let rows = std::mem::replace(&mut table.rows, rows);
        self.close(sheet, rows, &table.widths, table.next_row, table.extent)?;
        table.next_row = 1;
        Ok(())
    }

    /// Ends a table.
    pub fn end(&mut self, table: Table) -> Result<(), WriteError> {
        let (widths, extent) = (&table.widths, table.extent);
        self.close(table.sheet, table.rows, widths, table.next_row, extent)
    }

    fn close(
        &mut self,
        mut sheet: Worksheet,
        rows: Rows,
        widths: &[usize],
        next_row: u32,
        extent: Extent,
    ) -> Result<(), WriteError> {
        set_widths(&mut sheet, widths)?;
        let last_row = next_row.saturating_sub(1);
        let last_of = |columns: u16| columns.checked_sub(1);
        let last_column = u16::try_from(widths.len()).ok().and_then(last_of);
        let printed_rows = extent.printed_rows.unwrap_or(last_row);
        let printed = extent.printed.and_then(last_of);
        if let Some(last) = printed.or(last_column.filter(|_| printed_rows < last_row)) {
            sheet.set_print_area(0, 0, last_row.min(printed_rows), last)?;
        }
        if let (Some(last), Some(seen)) = (last_column, extent.seen)
            && seen <= last
        {
            sheet.set_column_range_hidden(seen, last)?;
        }
        if let Some(last) = extent.seen.and_then(last_of).or(last_column) {
            sheet.autofilter(0, 0, last_row, last)?;
        }
        self.add(sheet);
        let body = rows.finish()?;
        if body.length > 0 {
            let last = (last_row, last_column.unwrap_or(0).into());
            self.parts.insert(self.sheets, Part { body, last });
        }
        Ok(())
    }

    /// A sheet of free form, held in memory: for summaries and charts.
    pub fn free_sheet(&mut self, name: &str) -> Result<Worksheet, WriteError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(self.sheet_name(name))?;
        self.page.set(&mut sheet).set_default_row_height(LINE);
        Ok(sheet)
    }

    /// Adds a sheet of free form.
    pub fn add(&mut self, sheet: Worksheet) {
        self.sheets += 1;
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
        self.put(sheet, row, column, cell, false)
    }

    /// Writes a text, a whole number or a change at the top of a cell, where a paragraph stands
    /// beside it; says how wide it is.
    pub fn write_at_top(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        cell: Cell<'_>,
    ) -> Result<usize, WriteError> {
        self.put(sheet, row, column, cell, true)
    }

    fn put(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        cell: Cell<'_>,
        at_top: bool,
    ) -> Result<usize, WriteError> {
        let (content, width) = cell.content()?;
        let (number, look) = match content {
            Content::Nothing => return Ok(width),
            Content::Text(text) => {
                if at_top {
                    sheet.write_string_with_format(row, column, text, self.look(Look::Top))?;
                } else {
                    sheet.write_string(row, column, text)?;
                }
                return Ok(width);
            }
            Content::Number(number, look) => (float(number), look),
            Content::Serial(serial, look) => (serial, look),
        };
        let look = self.look(if at_top { look.at_top() } else { look });
        sheet.write_number_with_format(row, column, number, look)?;
        Ok(width)
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
    ) -> Result<(), WriteError> {
        let look = self.look(Look::LeftCount);
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        sheet.write_number_with_format(row, column, count as f64, look)?;
        Ok(())
    }

    /// Writes the label of a value.
    pub fn label(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        text: &str,
    ) -> Result<usize, WriteError> {
        self.label_with(sheet, row, column, text, Look::Label)
    }

    /// The same where a paragraph stands beside it.
    pub fn label_at_top(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        text: &str,
    ) -> Result<usize, WriteError> {
        self.label_with(sheet, row, column, text, Look::TopLabel)
    }

    fn label_with(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        text: &str,
        look: Look,
    ) -> Result<usize, WriteError> {
        let look = self.look(look);
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
        self.workbook.set_zip_compression_level(self.level);
        let workbook = self.workbook.save_to_buffer()?;
        package::fill(&workbook, self.parts, &self.shared, self.level.into(), path)?;
        Ok(())
    }

    fn look(&mut self, look: Look) -> &Format {
        &self.format(look).0
    }

    fn style(&mut self, look: Look) -> u32 {
        self.format(look).1
    }

    /// The format of a look and its number, which the workbook gives formats in their order; the
    /// number 0 is that of cells without a format.
    fn format(&mut self, look: Look) -> &(Format, u32) {
        let next = u32::try_from(self.looks.len() + 1).unwrap_or(u32::MAX);
        let Self {
            workbook, colors, ..
        } = self;
        self.looks.entry(look).or_insert_with(|| {
            let format = format(look, *colors);
            workbook.register_format(&format);
            (format, next)
        })
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

/// Sets widths, in columns of a digit, between 8 and 60.
pub fn set_widths(sheet: &mut Worksheet, widths: &[usize]) -> Result<(), WriteError> {
    for (column, width) in (0..).zip(widths) {
        let width = u32::try_from((*width).clamp(8, 60)).unwrap_or(60);
        sheet.set_column_width(column, width)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
