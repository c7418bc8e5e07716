//! The tables of a web page, as shops and ERP systems export them under the name .xls.
//!
//! Nothing of the page is shown or run: its tags are walked from left to right, tables that stand
//! below one another become one sheet with an empty row between them, and a table inside a cell is
//! a table of its own.

use super::grid::Grid;
use super::table::typed;
use crate::turn::Merge;
use crate::values::cell::Held;
use crate::{Limits, Measure, ReadError};

/// Whether the first bytes of a file are those of a web page with a table.
pub(super) fn is_page(start: &str) -> bool {
    let start = start.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let lower = start.to_ascii_lowercase();
    lower.starts_with('<')
        && ["<html", "<table", "<!doctype html", "<body"]
            .iter()
            .any(|tag| lower.contains(tag))
}

/// Reads the tables of a page into one sheet.
pub(super) fn read(page: &str, name: &str, limits: &Limits) -> Result<Grid, ReadError> {
    let mut page = Page {
        limits,
        grid: Grid::default(),
        next_row: 0,
        tables: Vec::new(),
        text: String::new(),
        struck: 0,
        deep: 0,
        count: 0,
        rest: page,
    };
    page.grid.begin(name, limits)?;
    page.walk()?;
    Ok(page.grid)
}

/// Tables inside one another, beyond which a page is no export.
const MOST_TABLES: usize = 50;

struct Page<'a> {
    limits: &'a Limits,
    grid: Grid,
    /// The first row of the next table.
    next_row: u32,
    /// The open tables, the innermost last.
    tables: Vec<Table>,
    /// The text of the open cell.
    text: String,
    /// How many struck-out elements are open.
    struck: u32,
    /// Tables inside more than [`MOST_TABLES`] others, which are not read.
    deep: usize,
    count: u64,
    rest: &'a str,
}

/// A table whose rows are collected until it ends.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<(u32, Held)>>,
    merges: Vec<Merge>,
    /// By column, the row up to which a cell above reaches.
    taken: Vec<u32>,
    cell: Option<Cell>,
    column: u32,
}

struct Cell {
    columns: u32,
    rows: u32,
    is_text: bool,
    number: Option<String>,
}

impl<'a> Page<'a> {
    fn walk(&mut self) -> Result<(), ReadError> {
        while let Some(at) = self.rest.find('<') {
            let (text, rest) = self.rest.split_at(at);
            self.take_text(text);
            self.rest = rest;
            if let Some(comment) = self.rest.strip_prefix("<!--") {
                self.rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let is_tag = self.rest[1..]
                .starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
            if !is_tag {
                self.take_text("<");
                self.rest = &self.rest[1..];
                continue;
            }
            let end = tag_end(self.rest);
            let tag = &self.rest[1..end];
            self.rest = self.rest.get(end + 1..).unwrap_or("");
            self.tag(tag)?;
        }
        let rest = self.rest;
        self.take_text(rest);
        while !self.tables.is_empty() {
            self.end_table()?;
        }
        Ok(())
    }

    fn take_text(&mut self, text: &str) {
        let is_open = self.tables.last().is_some_and(|table| table.cell.is_some());
        if is_open
            && self.struck == 0
            && self.deep == 0
            && self.text.len() as u64 <= self.limits.text_bytes
        {
            unescape(text, &mut self.text);
        }
    }

    fn tag(&mut self, tag: &'a str) -> Result<(), ReadError> {
        let (is_end, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let length = tag
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(length);
        let name = name.to_ascii_lowercase();
        match (name.as_str(), is_end) {
            ("script" | "style" | "head" | "title", false) if !attributes.ends_with('/') => {
                self.skip_to_end(&name);
            }
            ("table", false) => {
                if self.tables.len() >= MOST_TABLES {
                    self.deep += 1;
                } else {
                    self.text.clear();
                    self.tables.push(Table::default());
                }
            }
            ("table", true) if self.deep > 0 => self.deep -= 1,
            ("table", true) => self.end_table()?,
            _ if self.deep > 0 => {}
            ("tr", false) => {
                self.end_cell();
                self.count()?;
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                    table.column = 0;
                }
            }
            ("td" | "th", false) => {
                self.end_cell();
                self.count()?;
                self.begin_cell(attributes);
            }
            ("td" | "th" | "tr", true) => self.end_cell(),
            ("br" | "p" | "div" | "li", _) => self.take_text(" "),
            ("del" | "s" | "strike", false) => self.struck += 1,
            ("del" | "s" | "strike", true) => self.struck = self.struck.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    /// Rows and cells are held in memory until their table ends.
    fn count(&mut self) -> Result<(), ReadError> {
        self.count += 1;
        if self.count > self.limits.cells {
            return Err(ReadError::TooLarge {
                what: Measure::Cells,
                limit: self.limits.cells,
                place: None,
            });
        }
        Ok(())
    }

    fn skip_to_end(&mut self, name: &str) {
        let mut rest = self.rest;
        while let Some(at) = rest.find("</") {
            rest = &rest[at + 2..];
            let is_it = rest
                .get(..name.len())
                .is_some_and(|end| end.eq_ignore_ascii_case(name));
            if is_it {
                self.rest = rest.find('>').map_or("", |end| &rest[end + 1..]);
                return;
            }
        }
        self.rest = "";
    }

    fn begin_cell(&mut self, attributes: &str) {
        self.text.clear();
        self.struck = 0;
        let Some(table) = self.tables.last_mut() else {
            return;
        };
        if table.rows.is_empty() {
            table.rows.push(Vec::new());
        }
        let span = |name, most| {
            let value = attribute(attributes, name).and_then(|value| value.parse::<u32>().ok());
            value.unwrap_or(1).clamp(1, most)
        };
        let row = u32::try_from(table.rows.len() - 1).unwrap_or(u32::MAX);
        while table
            .taken
            .get(table.column as usize)
            .is_some_and(|until| *until > row)
        {
            table.column += 1;
        }
        table.cell = Some(Cell {
            columns: span("colspan", 1_000),
            rows: span("rowspan", 1_000_000),
            is_text: attributes.contains("mso-number-format") && attributes.contains("\\@"),
            number: attribute(attributes, "x:num").map(str::to_owned),
        });
    }

    fn end_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else {
            return;
        };
        let Some(cell) = table.cell.take() else {
            return;
        };
        let row = u32::try_from(table.rows.len() - 1).unwrap_or(u32::MAX);
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.text.clear();
        let held = match &cell.number {
            Some(number) if !number.is_empty() => Held::of(typed(number)),
            _ if cell.is_text => Held::of(crate::values::cell::Value::Text(&text)),
            _ => Held::of(typed(&text)),
        };
        let column = table.column;
        if let (Some(held), Some(cells)) = (held, table.rows.last_mut()) {
            cells.push((column, held));
        }
        table.column = column.saturating_add(cell.columns);
        if cell.rows > 1 && u64::from(table.column) <= self.limits.columns {
            let end = table.column as usize;
            if table.taken.len() < end {
                table.taken.resize(end, 0);
            }
            for taken in &mut table.taken[column as usize..end] {
                *taken = row.saturating_add(cell.rows);
            }
        }
        if cell.rows > 1 || cell.columns > 1 {
            table.merges.push(Merge {
                rows: (row, row.saturating_add(cell.rows - 1)),
                columns: (column, column.saturating_add(cell.columns - 1)),
            });
        }
    }

    /// Puts the rows of the innermost table below those of the last one.
    fn end_table(&mut self) -> Result<(), ReadError> {
        self.end_cell();
        let Some(table) = self.tables.pop() else {
            return Ok(());
        };
        self.text.clear();
        if table.rows.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let first = self.next_row;
        let height = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        for (row, cells) in (first..).zip(table.rows) {
            for (column, cell) in cells {
                self.grid.put(row, column, cell, self.limits)?;
            }
        }
        for merge in table.merges {
            self.grid.merge(Merge {
                rows: (
                    first.saturating_add(merge.rows.0),
                    first.saturating_add(merge.rows.1),
                ),
                columns: merge.columns,
            });
        }
        self.next_row = first.saturating_add(height).saturating_add(1);
        Ok(())
    }
}

/// The most bytes of a tag that are looked at for the end of a quote.
const LONGEST_TAG: usize = 64 << 10;

/// Where a tag ends; a `>` within quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().take(LONGEST_TAG) {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'>', None) => return at,
            _ => {}
        }
    }
    // A quote that is not closed.
    text.find('>').unwrap_or(text.len())
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let lower = attributes.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find(name) {
        let at = from + found;
        from = at + name.len();
        let is_name = attributes[..at]
            .chars()
            .next_back()
            .is_none_or(|c| c.is_whitespace() || c == '"' || c == '\'');
        let Some(value) = attributes[from..].trim_start().strip_prefix('=') else {
            continue;
        };
        if !is_name {
            continue;
        }
        let value = value.trim_start();
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_whitespace() || c == '/').next(),
        };
    }
    None
}

/// Puts a text out with what its references stand for.
fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let stands_for = end.and_then(|end| character(&rest[..end]));
        match (stands_for, end) {
            (Some(c), Some(end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            _ => out.push('&'),
        }
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        },
        None => None,
    };
    if let Some(number) = number {
        return char::from_u32(number);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "middot" => '·',
        "yen" => '¥',
        "euro" => '€',
        "pound" => '£',
        "cent" => '¢',
        "times" => '×',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "deg" => '°',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::cell::{Cells, Stop, Value};

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Cells for Seen {
        fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
            self.0.push(format!(
                "{} {}",
                crate::values::cell::a1(row, column),
                value.display()
            ));
            Ok(())
        }
    }

    fn cells(page: &str) -> Vec<String> {
        let mut seen = Seen::default();
        let grid = super::read(page, "page", &Limits::default()).unwrap();
        grid.read(0, &mut seen).unwrap();
        seen.0
    }

    #[test]
    fn tables_of_a_page_are_one_sheet() {
        assert_eq!(
            cells(
                "<html><style>td{}</style><table><tr><th colspan=2>A&amp;B</th><th>C</table>text<TABLE><TR><TD>1<br>2</TD><TD x:num=\"12.5\">12½</TD></TABLE>"
            ),
            ["A1 A&B", "C1 C", "A3 1 2", "B3 12.5"]
        );
    }

    #[test]
    fn a_cell_over_several_rows_moves_the_next_rows() {
        let page = "<table><tr><td rowspan=2>x</td><td>1</td></tr><tr><td><s>9</s> 2</td></tr><tr><td>y</td></tr></table>";
        assert_eq!(cells(page), ["A1 x", "B1 1", "B2 2", "A3 y"]);
        let grid = super::read(page, "page", &Limits::default()).unwrap();
        assert_eq!(
            grid.merges(0),
            [Merge {
                rows: (0, 1),
                columns: (0, 0)
            }]
        );
    }

    #[test]
    fn damaged_pages_are_read_as_far_as_they_go() {
        for page in [
            "<table><tr><td>1",
            "<table",
            "<table><td a=\"",
            "</td></table>",
            "<td>x",
            "<table><tr></table>&#xffffffff;",
            "<!--",
            "<style>",
            "<table><td>a < b &lt; c</table>",
        ] {
            let _ = cells(page);
        }
        assert_eq!(cells("<table><td>a < b &lt; c</table>"), ["A1 a < b < c"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(page in "(<(/?(table|tr|td|th|s|br|style)( (rowspan|colspan|x:num)=\"?[0-9]{1,9}\"?)?>?)|[가a0&;# <>\"'!-]){0,60}") {
            let _ = cells(&page);
        }
    }
}
