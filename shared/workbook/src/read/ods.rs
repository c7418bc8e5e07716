//! `OpenDocument` spreadsheets, streamed. calamine would hold every sheet in memory and expand
//! what a file says is repeated before anyone can count it.

use std::path::Path;

use iso_currency::Currency;
use quick_xml::events::{BytesStart, Event};

use self::styles::Styles;
use super::SheetInfo;
use super::package::Package;
use super::xml::{Xml, attribute};
use crate::values::cell::{Cells, Stop, Value};
use crate::values::number::Number;
use crate::values::padded::Padding;
use crate::values::price::{Sign, sign_of};
use crate::{Limits, Measure, ReadError};

mod styles;

const CONTENT: &str = "content.xml";
const STYLES: &str = "styles.xml";
const MAX_ROW: u32 = 1_048_575;
const MAX_COLUMN: u32 = 16_383;

/// An open document.
pub(crate) struct Ods {
    package: Package,
    sheets: Vec<SheetInfo>,
    styles: Styles,
    limits: Limits,
}

/// A cell of the row that is being read; kept because the row may be repeated.
#[derive(Debug)]
struct Held {
    column: u32,
    repeated: u32,
    value: HeldValue,
}

#[derive(Debug)]
enum HeldValue {
    Text(String),
    Float(f64),
    Money(f64, Sign),
    Code(Number, Padding),
    Bool(bool),
}

impl HeldValue {
    fn value(&self) -> Value<'_> {
        match self {
            // An error's text is all that a document keeps of it.
            Self::Text(text)
                if text.starts_with("#N/A")
                    || (text.starts_with('#') && text.ends_with(['!', '?'])) =>
            {
                Value::Error(text)
            }
            Self::Text(text) => Value::Text(text),
            Self::Float(float) => Value::number(*float),
            Self::Money(float, sign) => Number::from_f64(*float)
                .map_or(Value::Huge(*float), |number| Value::Money(number, *sign)),
            Self::Code(number, padding) => Value::Code(*number, *padding),
            Self::Bool(value) => Value::Bool(*value),
        }
    }
}

impl Ods {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let package = Package::open(path, limits)?;
        if let Some(manifest) = package.whole("META-INF/manifest.xml", 4 << 20)?
            && memchr::memmem::find(&manifest, b"encryption-data").is_some()
        {
            return Err(ReadError::Encrypted);
        }
        let sheets = Self::list(&package, limits)?;
        let mut parts = vec![Self::content(&package, limits)?];
        if let Some(part) = package.entry(STYLES)? {
            parts.push(Xml::new(part, STYLES, limits.text_bytes)?);
        }
        let styles = Styles::read(parts)?;
        Ok(Self {
            package,
            sheets,
            styles,
            limits: limits.clone(),
        })
    }

    fn content(package: &Package, limits: &Limits) -> Result<Xml<'static>, ReadError> {
        let part = package.entry(CONTENT)?.ok_or(ReadError::NotAWorkbook)?;
        Xml::new(part, CONTENT, limits.text_bytes)
    }

    fn list(package: &Package, limits: &Limits) -> Result<Vec<SheetInfo>, ReadError> {
        let mut xml = Self::content(package, limits)?;
        let mut sheets = Vec::new();
        let mut is_spreadsheet = false;
        // The styles of tables say which are hidden.
        let mut hidden: Vec<String> = Vec::new();
        let mut style = String::new();
        loop {
            let name = match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "spreadsheet" => {
                        is_spreadsheet = true;
                        None
                    }
                    "style" => {
                        style = attribute(&element, "name").unwrap_or_default();
                        None
                    }
                    "table-properties" => {
                        if attribute(&element, "display").is_some_and(|display| display == "false")
                        {
                            hidden.push(style.clone());
                        }
                        None
                    }
                    "table" if is_spreadsheet => Some((
                        attribute(&element, "name").unwrap_or_default(),
                        attribute(&element, "style-name"),
                    )),
                    _ => None,
                },
                Event::Eof if is_spreadsheet => return Ok(sheets),
                Event::Eof => return Err(ReadError::NotAWorkbook),
                _ => None,
            };
            if let Some((name, style)) = name {
                let visible = style.is_none_or(|style| !hidden.contains(&style));
                sheets.push(SheetInfo { name, visible });
                if sheets.len() as u64 > limits.sheets {
                    return Err(ReadError::TooLarge {
                        what: Measure::Sheets,
                        limit: limits.sheets,
                        place: None,
                    });
                }
                xml.skip()?;
            }
        }
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.clone()
    }

    pub(super) fn begin_pass(&self) {
        self.package.begin_pass();
    }

    pub(super) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let mut xml = Self::content(&self.package, &self.limits)?;
        let mut is_spreadsheet = false;
        let mut index = 0;
        loop {
            let is_table = match xml.next()? {
                Event::Start(element) => {
                    is_spreadsheet |= element.local_name().as_ref() == "spreadsheet";
                    is_spreadsheet && element.local_name().as_ref() == "table"
                }
                Event::Eof => return Ok(()),
                _ => false,
            };
            if is_table && index == sheet {
                let name = self
                    .sheets
                    .get(sheet)
                    .map(|sheet| sheet.name.clone())
                    .unwrap_or_default();
                return Reading {
                    xml,
                    limits: &self.limits,
                    shown: Shown {
                        styles: &self.styles,
                        columns: Vec::new(),
                    },
                    name,
                    row: 0,
                    copies: 0,
                }
                .table(cells);
            }
            if is_table {
                index += 1;
                xml.skip()?;
            }
        }
    }
}

struct Reading<'a> {
    xml: Xml<'static>,
    limits: &'a Limits,
    shown: Shown<'a>,
    name: String,
    row: u32,
    /// Cells that were handed on as copies.
    copies: u64,
}

/// The signs that cells show beside their digits.
struct Shown<'a> {
    styles: &'a Styles,
    /// Those of cells without a style: each entry up to its column.
    columns: Vec<(u32, Option<Sign>)>,
}

impl Shown<'_> {
    /// What a cell shows beside its digits: its own style says so, else that of its row, else
    /// that of its column.
    fn sign(&self, column: u32, cell: Option<&str>, row: Option<&str>) -> Option<Sign> {
        if let Some(style) = cell.or(row) {
            return self.styles.sign(style);
        }
        let at = self.columns.partition_point(|(end, _)| *end <= column);
        self.columns.get(at).and_then(|(_, sign)| *sign)
    }
}

fn repeated(element: &BytesStart<'_>, name: &str, most: u32) -> u32 {
    attribute(element, name)
        .and_then(|count| count.parse::<u64>().ok())
        .map_or(1, |count| {
            u32::try_from(count.clamp(1, u64::from(most))).unwrap_or(most)
        })
}

impl Reading<'_> {
    fn table(mut self, cells: &mut impl Cells) -> Result<(), Stop> {
        let mut depth = 0_u32;
        loop {
            enum Next {
                Row(u32, Option<String>),
                Skip,
                Other,
            }
            let next = match self.xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "table-row" => Next::Row(
                        repeated(&element, "number-rows-repeated", MAX_ROW + 1),
                        attribute(&element, "default-cell-style-name"),
                    ),
                    "table-column" => {
                        let count = repeated(&element, "number-columns-repeated", MAX_COLUMN + 1);
                        let from = self.shown.columns.last().map_or(0, |(end, _)| *end);
                        let sign = attribute(&element, "default-cell-style-name")
                            .and_then(|style| self.shown.styles.sign(&style));
                        if from <= MAX_COLUMN {
                            self.shown.columns.push((from.saturating_add(count), sign));
                        }
                        Next::Skip
                    }
                    "table-header-rows"
                    | "table-row-group"
                    | "table-rows"
                    | "table-columns"
                    | "table-header-columns"
                    | "table-column-group" => {
                        depth += 1;
                        Next::Other
                    }
                    _ => Next::Skip,
                },
                Event::End(_) if depth == 0 => return Ok(()),
                Event::End(_) => {
                    depth -= 1;
                    Next::Other
                }
                Event::Eof => {
                    return Err(ReadError::damaged(&self.name, "the sheet does not end").into());
                }
                _ => Next::Other,
            };
            match next {
                Next::Row(count, style) => {
                    let held = self.row(style.as_deref())?;
                    self.hand_on(&held, count, cells)?;
                }
                Next::Skip => self.xml.skip()?,
                Next::Other => {}
            }
        }
    }

    fn hand_on(&mut self, held: &[Held], count: u32, cells: &mut impl Cells) -> Result<(), Stop> {
        if !held.is_empty() {
            for copy in 0..count {
                let row = self.row.saturating_add(copy);
                if row > MAX_ROW {
                    break;
                }
                for one in held {
                    for column in
                        one.column..one.column.saturating_add(one.repeated).min(MAX_COLUMN + 1)
                    {
                        cells.cell(row, column, one.value.value())?;
                        self.copies += u64::from(copy > 0 || column > one.column);
                    }
                }
                if self.copies > self.limits.cells {
                    let limit = self.limits.cells;
                    return Err(ReadError::TooLarge {
                        what: Measure::Cells,
                        limit,
                        place: Some(self.name.clone()),
                    }
                    .into());
                }
            }
        }
        self.row = self.row.saturating_add(count);
        Ok(())
    }

    fn row(&mut self, row_style: Option<&str>) -> Result<Vec<Held>, ReadError> {
        let mut held = Vec::new();
        let mut column = 0_u32;
        loop {
            enum Next {
                Cell {
                    repeated: u32,
                    kind: Option<String>,
                    value: Option<String>,
                    sign: Option<Sign>,
                },
                Covered(u32),
                Skip,
                End,
                Other,
            }
            let next = match self.xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "table-cell" => {
                        let kind = attribute(&element, "value-type");
                        let value = match kind.as_deref() {
                            Some("date") => attribute(&element, "date-value"),
                            Some("time") => attribute(&element, "time-value"),
                            Some("boolean") => attribute(&element, "boolean-value"),
                            Some("string") => attribute(&element, "string-value"),
                            Some(_) => attribute(&element, "value"),
                            None => None,
                        };
                        Next::Cell {
                            repeated: repeated(&element, "number-columns-repeated", MAX_COLUMN + 1),
                            sign: kind
                                .as_deref()
                                .filter(|kind| *kind == "currency")
                                .and_then(|_| attribute(&element, "currency"))
                                .and_then(|code| named_sign(&code))
                                .or_else(|| {
                                    let style = attribute(&element, "style-name");
                                    self.shown.sign(column, style.as_deref(), row_style)
                                }),
                            kind,
                            value,
                        }
                    }
                    "covered-table-cell" => Next::Covered(repeated(
                        &element,
                        "number-columns-repeated",
                        MAX_COLUMN + 1,
                    )),
                    _ => Next::Skip,
                },
                Event::End(_) => Next::End,
                Event::Eof => return Err(ReadError::damaged(&self.name, "a row does not end")),
                _ => Next::Other,
            };
            match next {
                Next::Cell {
                    repeated,
                    kind,
                    value,
                    sign,
                } => {
                    let text = self.paragraphs()?;
                    if let Some(value) = cell_value(kind.as_deref(), value, sign, text) {
                        if u64::from(column) >= self.limits.columns {
                            let limit = self.limits.columns;
                            return Err(ReadError::TooLarge {
                                what: Measure::Columns,
                                limit,
                                place: Some(self.name.clone()),
                            });
                        }
                        held.push(Held {
                            column,
                            repeated,
                            value,
                        });
                    }
                    column = column.saturating_add(repeated);
                }
                Next::Covered(repeated) => {
                    self.xml.skip()?;
                    column = column.saturating_add(repeated);
                }
                Next::Skip => self.xml.skip()?,
                Next::End => return Ok(held),
                Next::Other => {}
            }
        }
    }

    /// The text of a cell whose start was read: its paragraphs, one per line.
    fn paragraphs(&mut self) -> Result<String, ReadError> {
        let mut text = String::new();
        let mut depth = 0_u32;
        let mut paragraphs = 0_u32;
        loop {
            enum Next {
                Skip,
                Entity(String),
                Other,
            }
            let next = match self.xml.next()? {
                Event::Start(element) => {
                    let mut skip = false;
                    match element.local_name().as_ref() {
                        "p" => {
                            if paragraphs > 0 {
                                text.push('\n');
                            }
                            paragraphs += 1;
                        }
                        "s" => {
                            let count = repeated(&element, "c", 1_000);
                            (0..count).for_each(|_| text.push(' '));
                        }
                        "tab" => text.push('\t'),
                        "line-break" => text.push('\n'),
                        "annotation" | "shapes" | "frame" => skip = true,
                        _ => {}
                    }
                    if skip {
                        Next::Skip
                    } else {
                        depth += 1;
                        Next::Other
                    }
                }
                Event::End(_) if depth == 0 => return Ok(text),
                Event::End(_) => {
                    depth -= 1;
                    Next::Other
                }
                Event::Text(piece) if depth > 0 => {
                    text.push_str(&piece.xml10_content());
                    Next::Other
                }
                Event::CData(piece) if depth > 0 => {
                    text.push_str(&piece.xml10_content());
                    Next::Other
                }
                Event::GeneralRef(entity) if depth > 0 => {
                    Next::Entity(super::xml::entity(&entity, CONTENT)?)
                }
                Event::Eof => return Err(ReadError::damaged(&self.name, "a cell does not end")),
                _ => Next::Other,
            };
            match next {
                Next::Skip => self.xml.skip()?,
                Next::Entity(piece) => text.push_str(&piece),
                Next::Other => {}
            }
            if text.len() as u64 > self.limits.text_bytes {
                let limit = self.limits.text_bytes;
                return Err(ReadError::TooLarge {
                    what: Measure::TextBytes,
                    limit,
                    place: Some(self.name.clone()),
                });
            }
        }
    }
}

/// The currency of a cell: `KRW`; LibreOffice also writes `₩`.
fn named_sign(name: &str) -> Option<Sign> {
    let code = Currency::from_code(&name.to_ascii_uppercase());
    code.map(|currency| Sign {
        currency,
        is_shared: false,
    })
    .or_else(|| sign_of(name))
}

fn cell_value(
    kind: Option<&str>,
    value: Option<String>,
    sign: Option<Sign>,
    text: String,
) -> Option<HeldValue> {
    let shown = |text: String| (!text.is_empty()).then_some(HeldValue::Text(text));
    match (kind, value) {
        (Some("float" | "percentage" | "currency"), Some(value)) => {
            // An error keeps a value of zero beside its text.
            if text.starts_with('#') && text.parse::<f64>().is_err() {
                return shown(text);
            }
            match value.parse() {
                Ok(float) if sign.is_none() && text.starts_with('0') => {
                    let code = Number::from_f64(float).and_then(|number| {
                        Some(HeldValue::Code(number, Padding::between(number, &text)?))
                    });
                    Some(code.unwrap_or(HeldValue::Float(float)))
                }
                Ok(float) => Some(sign.map_or(HeldValue::Float(float), |sign| {
                    HeldValue::Money(float, sign)
                })),
                Err(_) => shown(value),
            }
        }
        (Some("boolean"), Some(value)) => Some(HeldValue::Bool(value == "true")),
        (Some("date" | "time" | "string"), Some(value)) if !value.is_empty() => shown(value),
        (None, _) if text.is_empty() => None,
        _ => shown(text),
    }
}
