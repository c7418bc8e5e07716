//! Excel 97 to 2003 (.xls), through calamine, which parses every sheet when it opens the file
//! and makes room for whatever its records claim. So the records are counted first, the
//! container is made anew with nothing but the workbook's stream, and a panic is an error.

mod strays;

use std::collections::HashMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    Data, ExcelDateTime, ExcelDateTimeType, Reader, SheetType, SheetVisible, Xls as Calamine,
};

use super::SheetInfo;
use super::formats::{NumberKind, kind_of_code};
use crate::turn::Merge;
use crate::values::cell::{Cells, Stop, Value};
use crate::values::number::Number;
use crate::{Limits, Measure, ReadError};

/// The workbook's stream is held in memory.
const MAX_STREAM: u64 = 128 << 20;

/// An open workbook.
pub(crate) struct Xls {
    sheets: Vec<SheetInfo>,
    /// By sheet.
    shown: Vec<Shown>,
    limits: Limits,
    inner: Box<Calamine<Cursor<Vec<u8>>>>,
}

/// The greatest number of a sector; those above say that there is none.
const MAX_SECTOR: u64 = 0xffff_fffa;

/// The workbook's stream of a compound file; an encrypted workbook is one as well.
fn stream(mut file: File) -> Result<Vec<u8>, ReadError> {
    let cut_off = is_cut_off(&mut file).unwrap_or(true);
    let mut container = cfb::CompoundFile::open(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ReadError::Truncated,
        _ if cut_off => ReadError::Truncated,
        _ => ReadError::damaged("", error),
    })?;
    if container.exists("/EncryptedPackage") {
        return Err(ReadError::Encrypted);
    }
    let Some(path) = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]
        .into_iter()
        .find(|path| container.is_stream(path))
    else {
        return Err(ReadError::NotAWorkbook);
    };
    let part = container
        .open_stream(path)
        .map_err(|error| ReadError::damaged(path, error))?;
    if part.len() > MAX_STREAM {
        return Err(ReadError::TooLarge {
            what: Measure::FileBytes,
            limit: MAX_STREAM,
            place: Some(path.to_owned()),
        });
    }
    let declared = part.len();
    let mut bytes = Vec::new();
    part.take(MAX_STREAM)
        .read_to_end(&mut bytes)
        .map_err(|_| ReadError::Truncated)?;
    if (bytes.len() as u64) < declared {
        return Err(ReadError::Truncated);
    }
    Ok(bytes)
}

/// Whether the header of a compound file names sectors beyond the file's end: its directory or
/// one of its allocation tables ([MS-CFB] 2.2).
fn is_cut_off(file: &mut File) -> std::io::Result<bool> {
    let mut header = [0; 512];
    file.read_exact(&mut header)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let sector = 1_u64 << u16_at(&header, 30).min(20);
    let sectors = (length / sector).saturating_sub(1);
    let mut named = (76..512)
        .step_by(4)
        .chain([48])
        .map(|at| u32_at(&header, at));
    Ok(named.any(|id| id <= MAX_SECTOR && id >= sectors))
}

/// Records from a place in the stream: type and payload ([MS-XLS] 2.1.4).
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (head, after) = rest.split_at_checked(4)?;
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let (payload, after) = after.split_at_checked(length)?;
        rest = after;
        Some((u16::from_le_bytes([head[0], head[1]]), payload))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u64::from(u16::from_le_bytes([two[0], two[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> u64 {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

/// The cells of each worksheet whose number format names a currency or shows a code, which calamine
/// does not tell: their row and column, ascending.
type Shown = Vec<((u32, u32), NumberKind)>;

/// Reads the formats of cells, of Excel 97 and later: format codes ([MS-XLS] 2.4.126), cell
/// formats (2.4.353), and each cell's.
fn shown(stream: &[u8]) -> Vec<Shown> {
    let mut codes = HashMap::new();
    let mut kinds: Vec<Option<NumberKind>> = Vec::new();
    let mut sheets = Vec::new();
    for (kind, payload) in records(stream).take_while(|(kind, _)| *kind != 0x0a) {
        match kind {
            // An older workbook, whose texts are written in another way.
            0x809 if u16_at(payload, 0) != 0x600 => return Vec::new(),
            0x41e => drop(codes.insert(u16_at(payload, 0), kind_of_code(&text_at(payload, 2)))),
            0xe0 => kinds.push(match codes.get(&u16_at(payload, 2)) {
                Some(kind @ (NumberKind::Money(_) | NumberKind::Code(_))) => Some(*kind),
                _ => None,
            }),
            0x85 if payload.get(5) == Some(&0) => sheets.push(u32_at(payload, 0)),
            _ => {}
        }
    }
    if kinds.iter().all(Option::is_none) {
        return Vec::new();
    }
    let starts = sheets
        .into_iter()
        .map(|start| usize::try_from(start).unwrap_or(usize::MAX));
    starts
        .map(|start| shown_of_sheet(stream.get(start..).unwrap_or_default(), &kinds))
        .collect()
}

fn shown_of_sheet(part: &[u8], kinds: &[Option<NumberKind>]) -> Shown {
    let mut found = Shown::new();
    let mut depth = 0_u32;
    for (kind, payload) in records(part) {
        let at = |offset| u32::try_from(u16_at(payload, offset)).unwrap_or(0);
        let mut cell = |column, format| {
            let kind = usize::try_from(u16_at(payload, format)).ok();
            if let Some(Some(kind)) = kind.and_then(|format| kinds.get(format)) {
                found.push(((at(0), column), *kind));
            }
        };
        match kind {
            0x809 => depth += 1,
            0x0a if depth <= 1 => break,
            0x0a => depth -= 1,
            0x06 | 0x203 | 0x27e => cell(at(2), 4),
            // A row of them: format and number, six bytes each.
            0xbd => {
                let formats = (4..payload.len().saturating_sub(2)).step_by(6);
                (at(2)..)
                    .zip(formats)
                    .for_each(|(column, format)| cell(column, format));
            }
            _ => {}
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found
}

/// A text with its length before it ([MS-XLS] 2.5.294): Latin-1 or UTF-16.
fn text_at(bytes: &[u8], at: usize) -> String {
    let length = usize::try_from(u16_at(bytes, at)).unwrap_or(0);
    let (Some(flags), Some(rest)) = (bytes.get(at + 2), bytes.get(at + 3..)) else {
        return String::new();
    };
    if flags & 1 == 0 {
        return rest
            .iter()
            .take(length)
            .map(|byte| char::from(*byte))
            .collect();
    }
    let units = rest.chunks_exact(2).take(length);
    char::decode_utf16(units.map(|unit| u16::from_le_bytes([unit[0], unit[1]])))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Counts what calamine would make room for: of each sheet the rectangle around its cells.
fn check(stream: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let too_large = |what, limit| {
        Err(ReadError::TooLarge {
            what,
            limit,
            place: None,
        })
    };
    // FILEPASS before the end of the globals: all that follows is encrypted.
    let mut globals = records(stream).take_while(|(kind, _)| *kind != 0x0a);
    if globals.any(|(kind, _)| kind == 0x2f) {
        return Err(ReadError::Encrypted);
    }
    let mut cells = 0_u64;
    let mut sheets = 0_u64;
    let globals: Vec<u64> = records(stream)
        .filter(|(kind, _)| *kind == 0x85)
        .map(|(_, payload)| u32_at(payload, 0))
        .collect();
    for start in globals {
        sheets += 1;
        if sheets > limits.sheets {
            return too_large(Measure::Sheets, limits.sheets);
        }
        let Some(part) = usize::try_from(start)
            .ok()
            .and_then(|start| stream.get(start..))
        else {
            return Err(ReadError::Truncated);
        };
        let mut first: Option<(u64, u64)> = None;
        let mut last = (0, 0);
        let mut depth = 0_u32;
        let mut count = 0_u64;
        for (kind, payload) in records(part) {
            match kind {
                0x809 => depth += 1,
                0x0a => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                // Dimensions: the rows in four bytes, the columns in two, both past the end.
                0x200 => {
                    let (rows, columns) = if payload.len() >= 14 {
                        (
                            u32_at(payload, 4).saturating_sub(u32_at(payload, 0)),
                            u16_at(payload, 10).saturating_sub(u16_at(payload, 8)),
                        )
                    } else {
                        (
                            u16_at(payload, 2).saturating_sub(u16_at(payload, 0)),
                            u16_at(payload, 6).saturating_sub(u16_at(payload, 4)),
                        )
                    };
                    if (rows + 1).saturating_mul(columns + 1) > limits.cells.saturating_mul(4) {
                        return too_large(Measure::Cells, limits.cells);
                    }
                }
                0x06 | 0xfd | 0xd6 | 0x203 | 0x204 | 0x205 | 0x27e | 0xbd => {
                    let (row, column) = (u16_at(payload, 0), u16_at(payload, 2));
                    let end = if kind == 0xbd {
                        u16_at(payload, payload.len().saturating_sub(2)).max(column)
                    } else {
                        column
                    };
                    let (top, left) = first.unwrap_or((row, column));
                    first = Some((top.min(row), left.min(column)));
                    last = (last.0.max(row), last.1.max(end));
                    count += end - column + 1;
                }
                _ => {}
            }
        }
        let (top, left) = first.unwrap_or_default();
        cells += count + (last.0.saturating_sub(top) + 1) * (last.1.saturating_sub(left) + 1);
        if cells > limits.cells.saturating_mul(2) {
            return too_large(Measure::Cells, limits.cells);
        }
    }
    Ok(())
}

/// The same stream in a fresh container.
fn fresh(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut container =
        cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    container.create_stream("/Workbook")?.write_all(stream)?;
    container.flush()?;
    Ok(container.into_inner().into_inner())
}

impl Xls {
    pub(super) fn open(file: File, limits: &Limits) -> Result<Self, ReadError> {
        let mut stream = stream(file)?;
        let starts: Vec<u64> = records(&stream)
            .filter(|(kind, _)| *kind == 0x85)
            .map(|(_, payload)| u32_at(payload, 0))
            .collect();
        strays::blank_out(&mut stream, &starts, limits);
        check(&stream, limits)?;
        let shown = shown(&stream);
        let container = fresh(&stream).map_err(|error| ReadError::damaged("", error))?;
        drop(stream);
        let opened = catch_unwind(AssertUnwindSafe(|| Calamine::new(Cursor::new(container))));
        let inner = match opened {
            Ok(Ok(workbook)) => workbook,
            Ok(Err(calamine::XlsError::Password)) => return Err(ReadError::Encrypted),
            Ok(Err(error)) => return Err(ReadError::damaged("", error)),
            Err(_) => return Err(ReadError::damaged("", "a record is not what it should be")),
        };
        let sheets = inner
            .sheets_metadata()
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| SheetInfo {
                name: sheet.name.clone(),
                visible: sheet.visible == SheetVisible::Visible,
            })
            .collect();
        Ok(Self {
            sheets,
            shown,
            limits: limits.clone(),
            inner: Box::new(inner),
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.clone()
    }

    /// The merged cells of a sheet.
    pub(super) fn merges(&self, sheet: usize) -> Vec<Merge> {
        let name = self.sheets.get(sheet).map_or("", |info| &info.name);
        let merges = self
            .inner
            .merge_cells_by_sheet_name(name)
            .unwrap_or_default();
        let merges = merges.into_iter().map(|one| Merge {
            rows: (one.start.0, one.end.0),
            columns: (one.start.1, one.end.1),
        });
        merges.collect()
    }

    pub(super) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let Some(info) = self.sheets.get(sheet) else {
            return Ok(());
        };
        let range = catch_unwind(AssertUnwindSafe(|| self.inner.worksheet_range(&info.name)))
            .map_err(|_| ReadError::damaged(&info.name, "a record is not what it should be"))?
            .map_err(|error| ReadError::damaged(&info.name, error))?;
        let shown = self.shown.get(sheet).map_or(&[][..], Vec::as_slice);
        hand_on(&range, shown, &self.limits, &info.name, cells)
    }
}

/// Hands on the cells of a range.
pub(super) fn hand_on(
    range: &calamine::Range<Data>,
    shown: &[((u32, u32), NumberKind)],
    limits: &Limits,
    name: &str,
    cells: &mut impl Cells,
) -> Result<(), Stop> {
    let (top, left) = range.start().unwrap_or((0, 0));
    let place = |offset: usize, from: u32| {
        u32::try_from(offset)
            .unwrap_or(u32::MAX)
            .saturating_add(from)
    };
    for (row, column, value) in range.used_cells() {
        let (row, column) = (place(row, top), place(column, left));
        if u64::from(column) >= limits.columns {
            return Err(ReadError::TooLarge {
                what: Measure::Columns,
                limit: limits.columns,
                place: Some(name.to_owned()),
            }
            .into());
        }
        let amount = |value| match (Value::number(value), kind(shown, row, column)) {
            (Value::Number(number), Some(kind)) => kind.of(number),
            (value, _) => value,
        };
        match value {
            Data::Empty => {}
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text)
                if text.is_empty() => {}
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                cells.cell(row, column, Value::Text(text))?;
            }
            Data::Float(value) => cells.cell(row, column, amount(*value))?,
            #[expect(
                clippy::cast_precision_loss,
                reason = "the format's integers have 30 bits"
            )]
            Data::Int(value) => cells.cell(row, column, amount(*value as f64))?,
            Data::Bool(value) => cells.cell(row, column, Value::Bool(*value))?,
            Data::Error(error) => cells.cell(row, column, Value::Error(&error.to_string()))?,
            Data::DateTime(value) => cells.cell(row, column, serial(value))?,
        }
    }
    Ok(())
}

fn kind(shown: &[((u32, u32), NumberKind)], row: u32, column: u32) -> Option<NumberKind> {
    let found = shown.binary_search_by_key(&(row, column), |(place, _)| *place);
    found.ok().map(|at| shown[at].1)
}

/// A date as a serial of the 1900 system, whichever the workbook has.
fn serial(value: &ExcelDateTime) -> Value<'static> {
    let serial = value.as_f64();
    let is_1904 = *value != ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false);
    if value.is_duration() {
        return Number::from_f64(serial).map_or(Value::Huge(serial), Value::Duration);
    }
    let days = if is_1904 { 1_462.0 } else { 0.0 };
    Number::from_f64(serial + days).map_or(Value::Huge(serial), Value::Serial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_before_anything_is_counted() {
        let record = |kind: u16, payload: &[u8]| {
            let length = u16::try_from(payload.len()).unwrap();
            [&kind.to_le_bytes()[..], &length.to_le_bytes(), payload].concat()
        };
        // A sheet that begins beyond the stream, behind FILEPASS.
        let sheet = [&[0xff; 4][..], &[0, 0, 1, 0], b"A"].concat();
        let begin = record(0x809, &[0, 6, 5, 0]);
        let end = record(0x0a, &[]);
        let plain = [&begin[..], &record(0x85, &sheet), &end].concat();
        let locked = [
            &begin[..],
            &record(0x2f, &[1, 0]),
            &record(0x85, &sheet),
            &end,
        ]
        .concat();
        let limits = Limits::default();
        assert!(matches!(check(&plain, &limits), Err(ReadError::Truncated)));
        assert!(matches!(check(&locked, &limits), Err(ReadError::Encrypted)));
    }
}
