//! The formats that calamine reads.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use calamine::{
    Data, DataRef, ExcelDateTime, ExcelDateTimeType, Ods, Reader, SheetType, SheetVisible, Xls,
    Xlsb, Xlsx,
};

use super::{Format, SheetInfo};
use crate::cell::{Cells, Stop, Value};
use crate::number::{Number, POWERS};
use crate::{Limits, Measure, ReadError};

/// A workbook opened by calamine.
pub(crate) struct Old {
    sheets: Vec<SheetInfo>,
    columns: u64,
    inner: Inner,
}

enum Inner {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Xls(Box<Xls<BufReader<File>>>),
    Ods(Box<Ods<BufReader<File>>>),
}

/// Whether a compound file is an .xls or an encrypted workbook.
pub(super) fn compound_format(file: &mut File, length: u64) -> Result<Format, ReadError> {
    // The directory's names are UTF-16; they lie in the first or the last part of the file.
    let utf16 = |name: &str| {
        name.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let mut bytes = Vec::new();
    let mut look = |from: u64, bytes: &mut Vec<u8>| -> std::io::Result<()> {
        file.seek(SeekFrom::Start(from))?;
        file.take(8 << 20).read_to_end(bytes)?;
        Ok(())
    };
    look(0, &mut bytes).map_err(|_| ReadError::Truncated)?;
    if length > 8 << 20 {
        look(length.saturating_sub(8 << 20), &mut bytes).map_err(|_| ReadError::Truncated)?;
    }
    file.rewind().map_err(|_| ReadError::Truncated)?;
    let has = |name: &str| memchr::memmem::find(&bytes, &utf16(name)).is_some();
    if has("EncryptedPackage") {
        Err(ReadError::Encrypted)
    } else if has("Workbook") || has("Book") {
        Ok(Format::Xls)
    } else {
        Err(ReadError::NotAWorkbook)
    }
}

impl Old {
    pub(super) fn open(file: File, format: Format, limits: &Limits) -> Result<Self, ReadError> {
        let file = BufReader::new(file);
        let damaged = |error: &dyn std::fmt::Display| ReadError::damaged("", error);
        let inner = match format {
            Format::Xlsb => {
                Inner::Xlsb(Box::new(Xlsb::new(file).map_err(|error| damaged(&error))?))
            }
            Format::Xls => Inner::Xls(Box::new(Xls::new(file).map_err(|error| match error {
                calamine::XlsError::Password => ReadError::Encrypted,
                error => damaged(&error),
            })?)),
            Format::Ods => Inner::Ods(Box::new(Ods::new(file).map_err(|error| match error {
                calamine::OdsError::Password => ReadError::Encrypted,
                error => damaged(&error),
            })?)),
            Format::Xlsx | Format::Csv => {
                Inner::Xlsx(Box::new(Xlsx::new(file).map_err(|error| match error {
                    calamine::XlsxError::Password => ReadError::Encrypted,
                    error => damaged(&error),
                })?))
            }
        };
        let metadata = match &inner {
            Inner::Xlsx(book) => book.sheets_metadata(),
            Inner::Xlsb(book) => book.sheets_metadata(),
            Inner::Xls(book) => book.sheets_metadata(),
            Inner::Ods(book) => book.sheets_metadata(),
        };
        let sheets: Vec<SheetInfo> = metadata
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| SheetInfo {
                name: sheet.name.clone(),
                visible: sheet.visible == SheetVisible::Visible,
            })
            .collect();
        if sheets.len() as u64 > limits.sheets {
            return Err(ReadError::TooLarge {
                what: Measure::Sheets,
                limit: limits.sheets,
                place: None,
            });
        }
        Ok(Self {
            sheets,
            columns: limits.columns,
            inner,
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.clone()
    }

    pub(super) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let Some(info) = self.sheets.get(sheet) else {
            return Ok(());
        };
        let name = info.name.as_str();
        let damaged = |error: &dyn std::fmt::Display| Stop::Failed(ReadError::damaged(name, error));
        let columns = self.columns;
        let check = |column: u32| {
            if u64::from(column) >= columns {
                return Err(ReadError::TooLarge {
                    what: Measure::Columns,
                    limit: columns,
                    place: Some(name.to_owned()),
                });
            }
            Ok(())
        };
        match &mut self.inner {
            Inner::Xlsx(book) => {
                let mut reader = book
                    .worksheet_cells_reader(name)
                    .map_err(|error| damaged(&error))?;
                while let Some(cell) = reader.next_cell().map_err(|error| damaged(&error))? {
                    let (row, column) = cell.get_position();
                    check(column)?;
                    hand_on(cells, row, column, cell.get_value())?;
                }
            }
            Inner::Xlsb(book) => {
                let mut reader = book
                    .worksheet_cells_reader(name)
                    .map_err(|error| damaged(&error))?;
                while let Some(cell) = reader.next_cell().map_err(|error| damaged(&error))? {
                    let (row, column) = cell.get_position();
                    check(column)?;
                    hand_on(cells, row, column, cell.get_value())?;
                }
            }
            Inner::Xls(book) => hand_on_range(
                cells,
                &book
                    .worksheet_range(name)
                    .map_err(|error| damaged(&error))?,
            )?,
            Inner::Ods(book) => hand_on_range(
                cells,
                &book
                    .worksheet_range(name)
                    .map_err(|error| damaged(&error))?,
            )?,
        }
        Ok(())
    }
}

fn hand_on_range(cells: &mut impl Cells, range: &calamine::Range<Data>) -> Result<(), Stop> {
    let (top, left) = range.start().unwrap_or((0, 0));
    for (row, column, value) in range.used_cells() {
        let at = |offset: usize, from: u32| {
            u32::try_from(offset)
                .unwrap_or(u32::MAX)
                .saturating_add(from)
        };
        hand_on(cells, at(row, top), at(column, left), &borrowed(value))?;
    }
    Ok(())
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Empty => DataRef::Empty,
        Data::String(text) => DataRef::SharedString(text),
        Data::Float(value) => DataRef::Float(*value),
        Data::Int(value) => DataRef::Int(*value),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
    }
}

fn hand_on(cells: &mut impl Cells, row: u32, column: u32, value: &DataRef<'_>) -> Result<(), Stop> {
    match value {
        DataRef::Empty => Ok(()),
        DataRef::String(text) => text_cell(cells, row, column, text),
        DataRef::SharedString(text) => text_cell(cells, row, column, text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text_cell(cells, row, column, text)
        }
        DataRef::Float(value) => cells.cell(row, column, Value::number(*value)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "beyond 15 digits a sheet's integers are floating point anyway"
        )]
        DataRef::Int(value) => cells.cell(row, column, Value::number(*value as f64)),
        DataRef::Bool(value) => cells.cell(row, column, Value::Bool(*value)),
        DataRef::Error(error) => cells.cell(row, column, Value::Error(&error.to_string())),
        DataRef::DateTime(value) => cells.cell(row, column, serial(value)),
    }
}

fn text_cell(cells: &mut impl Cells, row: u32, column: u32, text: &str) -> Result<(), Stop> {
    if text.is_empty() {
        Ok(())
    } else {
        cells.cell(row, column, Value::Text(text))
    }
}

/// A date as a serial of the 1900 system, whichever the workbook has.
fn serial(value: &ExcelDateTime) -> Value<'static> {
    let serial = value.as_f64();
    let Some(number) = Number::from_f64(serial) else {
        return Value::Huge(serial);
    };
    if value.is_duration() {
        return Value::Duration(number);
    }
    let is_1904 = *value != ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false);
    let shift = if is_1904 {
        1_462 * POWERS[usize::from(number.scale)]
    } else {
        0
    };
    Value::Serial(Number::new(
        number.mantissa.saturating_add(shift),
        number.scale,
    ))
}
