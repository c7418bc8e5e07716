//! Pages of cells as files of every format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rust_xlsxwriter::{Format, Workbook};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    /// A serial that is shown as a date.
    Date(i64),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) cells: BTreeMap<(u32, u16), Cell>,
    /// First row and column, last row and column.
    pub(crate) merges: Vec<(u32, u16, u32, u16)>,
}

impl Page {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn text(&mut self, row: u32, column: u16, text: &str) {
        self.cells
            .insert((row, column), Cell::Text(text.to_owned()));
    }

    pub(crate) fn number(&mut self, row: u32, column: u16, number: f64) {
        self.cells.insert((row, column), Cell::Number(number));
    }

    pub(crate) fn date(&mut self, row: u32, column: u16, serial: i64) {
        self.cells.insert((row, column), Cell::Date(serial));
    }

    fn size(&self) -> (u32, u16) {
        let rows = self.cells.keys().map(|(row, _)| row + 1).max().unwrap_or(0);
        let columns = self.cells.keys().map(|(_, column)| column + 1).max();
        (rows, columns.unwrap_or(0))
    }
}

fn day(serial: i64) -> String {
    let date = jiff::civil::date(1899, 12, 30);
    date.checked_add(jiff::Span::new().days(serial))
        .unwrap()
        .to_string()
}

pub(crate) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(serial) => day(*serial),
    }
}

pub(crate) fn xlsx(pages: &[Page]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for page in pages {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&page.name).unwrap();
        for (row, column, last_row, last_column) in &page.merges {
            sheet
                .merge_range(*row, *column, *last_row, *last_column, "", &Format::new())
                .unwrap();
        }
        for ((row, column), cell) in &page.cells {
            match cell {
                Cell::Text(text) => sheet.write_string(*row, *column, text),
                Cell::Number(number) => sheet.write_number(*row, *column, *number),
                Cell::Date(serial) => {
                    sheet.write_number_with_format(*row, *column, *serial as f64, &date)
                }
            }
            .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

pub(crate) fn csv(page: &Page, separator: char) -> String {
    let (rows, columns) = page.size();
    let mut text = String::new();
    for row in 0..rows {
        let cells = (0..columns).map(|column| {
            let shown = page
                .cells
                .get(&(row, column))
                .map(shown)
                .unwrap_or_default();
            if shown.contains([separator, '"', '\n']) {
                format!("\"{}\"", shown.replace('"', "\"\""))
            } else {
                shown
            }
        });
        let line: Vec<String> = cells.collect();
        text.push_str(&line.join(&separator.to_string()));
        text.push_str("\r\n");
    }
    text
}

fn escaped(cell: &Cell) -> String {
    shown(cell).replace('&', "&amp;").replace('<', "&lt;")
}

pub(crate) fn html(page: &Page) -> String {
    let (rows, columns) = page.size();
    let mut text = String::from(
        "<html><head><meta charset=\"utf-8\"><style>td { x: y }</style></head><body><table border=1>",
    );
    for row in 0..rows {
        text.push_str("<tr>");
        for column in 0..columns {
            let merge = page.merges.iter().find(|(top, left, bottom, right)| {
                (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
            });
            let span = match merge {
                Some((top, left, bottom, right)) if (*top, *left) == (row, column) => {
                    format!(
                        " rowspan=\"{}\" colspan=\"{}\"",
                        bottom - top + 1,
                        right - left + 1
                    )
                }
                Some(_) => continue,
                None => String::new(),
            };
            let shown = page
                .cells
                .get(&(row, column))
                .map(escaped)
                .unwrap_or_default();
            write!(text, "<td{span}>{shown}</td>").unwrap();
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table></body></html>");
    text
}

pub(crate) fn xml(pages: &[Page]) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">",
    );
    for page in pages {
        write!(text, "<Worksheet ss:Name=\"{}\"><Table>", page.name).unwrap();
        let (rows, _) = page.size();
        for row in 0..rows {
            write!(text, "<Row ss:Index=\"{}\">", row + 1).unwrap();
            for ((_, column), cell) in page.cells.range((row, 0)..(row + 1, 0)) {
                let merge = page
                    .merges
                    .iter()
                    .find(|merge| (merge.0, merge.1) == (row, *column));
                let span = merge.map_or(String::new(), |(top, left, bottom, right)| {
                    format!(
                        " ss:MergeDown=\"{}\" ss:MergeAcross=\"{}\"",
                        bottom - top,
                        right - left
                    )
                });
                let (kind, value) = match cell {
                    Cell::Text(_) => ("String", escaped(cell)),
                    Cell::Number(_) => ("Number", shown(cell)),
                    Cell::Date(serial) => ("DateTime", format!("{}T00:00:00.000", day(*serial))),
                };
                write!(
                    text,
                    "<Cell ss:Index=\"{}\"{span}><Data ss:Type=\"{kind}\">{value}</Data></Cell>",
                    column + 1
                )
                .unwrap();
            }
            text.push_str("</Row>");
        }
        text.push_str("</Table></Worksheet>");
    }
    text.push_str("</Workbook>");
    text
}
