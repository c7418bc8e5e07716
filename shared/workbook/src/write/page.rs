//! How sheets are printed, and what tables have beside their cells.

use rust_xlsxwriter::{Color, Sparkline, Worksheet};

use super::{Table, WriteError};

/// How long a text above a page may be, so that it leaves room for the sheet's name.
const LONGEST: usize = 90;

/// What every printed page has.
#[derive(Debug, Default)]
pub(super) struct Page {
    header: String,
}

impl Page {
    pub(super) fn new(text: &str) -> Self {
        let mut short: String = text.chars().take(LONGEST).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Self {
            // A single ampersand begins a command.
            header: format!("&L{}", short.replace('&', "&&")),
        }
    }

    /// A4 in landscape, as wide as the page, with the sheet's name and the number of the page
    /// above it.
    pub(super) fn set<'a>(&self, sheet: &'a mut Worksheet) -> &'a mut Worksheet {
        let header = if self.header.is_empty() {
            "&L&A&R&P / &N".to_owned()
        } else {
            format!("{}&C&A&R&D   &P / &N", self.header)
        };
        sheet
            .set_paper_size(9)
            .set_landscape()
            .set_print_fit_to_pages(1, 0)
            .set_margins(0.5, 0.5, 0.75, 0.6, 0.3, 0.3)
            .set_header(header)
    }
}

impl Table {
    /// Rows below the header on the sheet that is being written.
    pub fn rows(&self) -> u32 {
        self.next_row - 1
    }

    /// Prints only so many of its columns, so that what is printed can be read.
    pub fn print_columns(&mut self, columns: u16) {
        self.extent.printed = Some(columns);
    }

    /// Prints only so many of its rows: nobody reads a thousand pages.
    pub fn print_rows(&mut self, rows: u32) {
        self.extent.printed_rows = Some(rows);
    }

    /// Shows only so many of its columns; the others hold what small charts show.
    pub fn show_columns(&mut self, columns: u16) {
        self.extent.seen = Some(columns);
    }

    /// Keeps so many columns in sight when a person scrolls to the right.
    pub fn freeze_columns(&mut self, columns: u16) -> Result<(), WriteError> {
        self.sheet.set_freeze_panes(1, columns)?;
        Ok(())
    }

    /// Says below every printed page how the table is made.
    pub fn footer(&mut self, text: &str) {
        let text: String = text.chars().take(240).collect();
        self.sheet
            .set_footer(format!("&L{}", text.replace('&', "&&")));
    }

    /// Makes a column at least so wide.
    pub fn widen(&mut self, column: u16, width: usize) {
        if let Some(widest) = self.widths.get_mut(usize::from(column)) {
            *widest = width.max(*widest);
        }
    }

    /// Draws small columns in the row that comes next, of what stands in the columns from `first`
    /// to `last` of it. Only on the first sheet of a long table.
    pub fn course(&mut self, column: u16, (first, last): (u16, u16)) -> Result<(), WriteError> {
        if self.part > 1 || self.next_row >= self.max_rows {
            return Ok(());
        }
        let (row, name) = (self.next_row, self.sheet.name());
        // Columns, because some programs print no small lines.
        let course = Sparkline::new()
            .set_range((name.as_str(), row, first, row, last))
            .set_type(rust_xlsxwriter::SparklineType::Column)
            .set_sparkline_color(Color::RGB(0x009D_B8D9))
            .set_last_point_color(Color::RGB(0x001F_4E78))
            .show_last_point(true)
            .show_hidden_data(true)
            .show_empty_cells_as(rust_xlsxwriter::ChartEmptyCells::Connected);
        self.sheet.add_sparkline(row, column, &course)?;
        Ok(())
    }
}
