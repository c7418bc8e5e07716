//! XML Spreadsheet 2003, which Excel opens under the name .xls and many programs write.

use std::collections::HashMap;
use std::io::Cursor;

use quick_xml::events::Event;

use super::formats::{NumberKind, kind_of_code};
use super::grid::Grid;
use super::xml::{Xml, attribute};
use crate::turn::Merge;
use crate::values::cell::{Held, Value};
use crate::values::number::Number;
use crate::{Limits, ReadError};

const NAMESPACE: &str = "urn:schemas-microsoft-com:office:spreadsheet";

/// Whether the first bytes of a file are those of such a workbook.
pub(super) fn is_workbook(start: &str) -> bool {
    start
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with("<?xml")
        && (start.contains(NAMESPACE) || start.contains("progid=\"Excel.Sheet\""))
}

/// The number formats whose names are their code.
const NAMED: [(&str, &str); 7] = [
    ("Short Date", "yyyy-mm-dd"),
    ("Medium Date", "d-mmm-yy"),
    ("Long Date", "yyyy-mm-dd"),
    ("General Date", "yyyy-mm-dd hh:mm"),
    ("Short Time", "h:mm"),
    ("Currency", "General"),
    ("Euro Currency", "[$€-2] #,##0.00"),
];

#[derive(Default)]
struct Place {
    row: u32,
    next_row: u32,
    next_column: u32,
}

/// Reads all sheets of a workbook.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Grid, ReadError> {
    let mut xml = Xml::new(Cursor::new(text.as_bytes()), "", limits.text_bytes)?;
    let mut grid = Grid::default();
    let mut styles: HashMap<String, NumberKind> = HashMap::new();
    let mut style = String::new();
    let mut place = Place::default();
    let mut cell: Option<(u32, Option<NumberKind>)> = None;
    loop {
        let data_type = match xml.next()? {
            Event::Eof => return Ok(grid),
            Event::Start(element) => {
                let of = |name| attribute(&element, name);
                let number = |name| of(name).and_then(|text| text.trim().parse::<u32>().ok());
                match element.local_name().as_ref() {
                    "Style" => {
                        style = of("ID").unwrap_or_default();
                        None
                    }
                    "NumberFormat" => {
                        if let Some(code) = of("Format") {
                            let named = NAMED.iter().find(|(name, _)| *name == code);
                            let code = named.map_or(code.as_str(), |(_, code)| code);
                            styles.insert(style.clone(), kind_of_code(code));
                        }
                        None
                    }
                    "Worksheet" => {
                        grid.begin(&of("Name").unwrap_or_default(), limits)?;
                        place = Place::default();
                        None
                    }
                    "Row" => {
                        place.row = number("Index")
                            .and_then(|index| index.checked_sub(1))
                            .unwrap_or(place.next_row);
                        place.next_row = place.row.saturating_add(1);
                        place.next_column = 0;
                        None
                    }
                    "Cell" => {
                        let index = number("Index").and_then(|index| index.checked_sub(1));
                        let column = index
                            .filter(|index| *index >= place.next_column)
                            .unwrap_or(place.next_column);
                        let across = number("MergeAcross").unwrap_or(0).min(16_383);
                        let down = number("MergeDown").unwrap_or(0).min(1_048_575);
                        place.next_column = column.saturating_add(1).saturating_add(across);
                        if across > 0 || down > 0 {
                            grid.merge(Merge {
                                rows: (place.row, place.row.saturating_add(down)),
                                columns: (column, column.saturating_add(across)),
                            });
                        }
                        cell = Some((
                            column,
                            of("StyleID").and_then(|style| styles.get(&style).copied()),
                        ));
                        None
                    }
                    "Data" => Some(of("Type").unwrap_or_default()),
                    // Comments of a cell have a text of their own.
                    "Comment" => Some("Comment".to_owned()),
                    _ => None,
                }
            }
            _ => None,
        };
        let Some(data_type) = data_type else { continue };
        if data_type == "Comment" {
            xml.skip()?;
            continue;
        }
        let mut text = String::new();
        rich_text(&mut xml, &mut text, limits)?;
        if let Some((column, kind)) = cell.take()
            && let Some(held) = held(&data_type, &text, kind)
        {
            grid.put(place.row, column, held, limits)?;
        }
    }
}

/// All text of an element: that of a rich text stands in elements of HTML.
fn rich_text(xml: &mut Xml<'_>, out: &mut String, limits: &Limits) -> Result<(), ReadError> {
    let mut depth = 0_u32;
    loop {
        match xml.next()? {
            Event::Text(text) => out.push_str(&text.xml10_content()),
            Event::CData(text) => out.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => out.push_str(&super::xml::entity(&entity, "")?),
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Ok(()),
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(ReadError::Truncated),
            _ => {}
        }
        if out.len() as u64 > limits.text_bytes {
            return Err(ReadError::TooLarge {
                what: crate::Measure::TextBytes,
                limit: limits.text_bytes,
                place: None,
            });
        }
    }
}

fn held(data_type: &str, text: &str, kind: Option<NumberKind>) -> Option<Held> {
    match data_type {
        "Number" => {
            let plain = text.trim();
            let number = Number::from_plain(plain.as_bytes());
            let value = match (number, kind) {
                (Some(number), Some(kind)) => kind.of(number),
                (Some(number), None) => Value::Number(number),
                (None, _) => Value::number(plain.parse().ok()?),
            };
            Held::of(value)
        }
        "Boolean" => Some(Held::Bool(text.trim() == "1")),
        "Error" => Some(Held::Error(text.trim().to_owned())),
        // 2026-10-05T00:00:00.000
        "DateTime" => {
            let text = text.trim();
            let day = text.strip_suffix(".000").unwrap_or(text);
            Held::of(Value::Text(day.strip_suffix("T00:00:00").unwrap_or(day)))
        }
        _ => Held::of(Value::Text(text)),
    }
}
