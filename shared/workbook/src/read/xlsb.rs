//! Binary workbooks (.xlsb), streamed: records of [MS-XLSB] 2.1.4, each a type, a length and
//! a payload. Every payload is checked before it is looked into.

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::path::Path;

use super::SheetInfo;
use super::formats::{NumberKind, builtin_kind, kind_of_code};
use super::package::{Inflater, Package, from_io};
use super::xlsx::relationships;
use crate::values::cell::{Cells, Stop, Value, a1};
use crate::values::number::Number;
use crate::values::strings::Strings;
use crate::{Limits, Measure, ReadError};

const BEGIN_SHEET_DATA: u32 = 0x91;
const END_SHEET_DATA: u32 = 0x92;

/// An open workbook.
pub(crate) struct Xlsb {
    package: Package,
    sheets: Vec<(SheetInfo, String)>,
    strings: Strings,
    kinds: Vec<NumberKind>,
    is_1904: bool,
    limits: Limits,
}

/// The records of a part.
struct Records<'a> {
    part: BufReader<Inflater>,
    place: &'a str,
    limits: &'a Limits,
    payload: Vec<u8>,
}

impl<'a> Records<'a> {
    fn open(
        package: &Package,
        part: &'a str,
        limits: &'a Limits,
    ) -> Result<Option<Self>, ReadError> {
        let Some(entry) = package.entry(part)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            part: BufReader::with_capacity(32 << 10, entry),
            place: part,
            limits,
            payload: Vec::new(),
        }))
    }

    fn byte(&mut self) -> Result<Option<u8>, ReadError> {
        let mut byte = [0];
        match self.part.read(&mut byte) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(byte[0])),
            Err(error) => Err(from_io(error, self.place)),
        }
    }

    /// Seven bits a byte, the low ones first.
    fn variable(&mut self, first: u8, most: u32) -> Result<u32, ReadError> {
        let mut value = u32::from(first & 0x7f);
        let mut byte = first;
        let mut at = 1;
        while byte & 0x80 != 0 && at < most {
            byte = self.byte()?.ok_or(ReadError::Truncated)?;
            value |= u32::from(byte & 0x7f) << (7 * at);
            at += 1;
        }
        Ok(value)
    }

    /// Reads to the end, so that a wrong checksum is found.
    fn drain(&mut self) -> Result<(), ReadError> {
        std::io::copy(&mut self.part, &mut std::io::sink())
            .map_err(|error| from_io(error, self.place))?;
        Ok(())
    }

    /// The next record's type; its payload is in [`Self::payload`].
    fn next(&mut self) -> Result<Option<u32>, ReadError> {
        let Some(first) = self.byte()? else {
            return Ok(None);
        };
        // The type keeps its continuation bit: 0x1D5 is written D5 03.
        let kind = self.variable(first, 2)?;
        let first = self.byte()?.ok_or(ReadError::Truncated)?;
        let length = u64::from(self.variable(first, 4)?);
        if length
            > self
                .limits
                .text_bytes
                .saturating_mul(2)
                .saturating_add(4_096)
        {
            let limit = self.limits.text_bytes;
            return Err(ReadError::TooLarge {
                what: Measure::TextBytes,
                limit,
                place: Some(self.place.to_owned()),
            });
        }
        self.payload.clear();
        (&mut self.part)
            .take(length)
            .read_to_end(&mut self.payload)
            .map_err(|error| from_io(error, self.place))?;
        if (self.payload.len() as u64) < length {
            return Err(ReadError::Truncated);
        }
        Ok(Some(kind))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// An `XLWideString` and where it ends; a null one is empty.
fn wide(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let length = u32_at(bytes, at)?;
    if length == u32::MAX {
        return Some((String::new(), at + 4));
    }
    let end = usize::try_from(length)
        .ok()?
        .checked_mul(2)?
        .checked_add(at + 4)?;
    let units = bytes
        .get(at + 4..end)?
        .chunks_exact(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Some((
        char::decode_utf16(units)
            .map(|c| c.unwrap_or('\u{fffd}'))
            .collect(),
        end,
    ))
}

impl Xlsb {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let package = Package::open(path, limits)?;
        let main = relationships(&package, "", "")?
            .and_then(|found| found.into_values().find(|one| one.kind == "officeDocument"))
            .map_or_else(|| "xl/workbook.bin".to_owned(), |one| one.target);
        let (folder, file) = main
            .rsplit_once('/')
            .map_or((String::new(), main.as_str()), |(folder, file)| {
                (format!("{folder}/"), file)
            });
        let related = relationships(&package, &folder, file)?.unwrap_or_default();
        let part = |kind: &str, default: &str| {
            related
                .values()
                .find(|one| one.kind == kind)
                .map_or_else(|| format!("{folder}{default}"), |one| one.target.clone())
        };

        let mut sheets = Vec::new();
        let mut is_1904 = false;
        let mut records = Records::open(&package, &main, limits)?.ok_or(ReadError::NotAWorkbook)?;
        let broken = || ReadError::damaged(&main, "a record is too short");
        while let Some(kind) = records.next()? {
            let payload = &records.payload;
            match kind {
                0x99 => is_1904 = u32_at(payload, 0).ok_or_else(broken)? & 1 == 1,
                0x9c => {
                    let state = u32_at(payload, 0).ok_or_else(broken)?;
                    let (relation, end) = wide(payload, 8).ok_or_else(broken)?;
                    let (name, _) = wide(payload, end).ok_or_else(broken)?;
                    if let Some(relation) = related.get(&relation)
                        && relation.kind == "worksheet"
                    {
                        sheets.push((
                            SheetInfo {
                                name,
                                visible: state == 0,
                            },
                            relation.target.clone(),
                        ));
                    }
                    if sheets.len() as u64 > limits.sheets {
                        return Err(ReadError::TooLarge {
                            what: Measure::Sheets,
                            limit: limits.sheets,
                            place: None,
                        });
                    }
                }
                _ => {}
            }
        }
        let kinds = number_kinds(&package, &part("styles", "styles.bin"), limits)?;
        let strings = shared_strings(
            &package,
            &part("sharedStrings", "sharedStrings.bin"),
            limits,
        )?;
        Ok(Self {
            package,
            sheets,
            strings,
            kinds,
            is_1904,
            limits: limits.clone(),
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    pub(super) fn is_1904(&self) -> bool {
        self.is_1904
    }

    pub(super) fn begin_pass(&self) {
        self.package.begin_pass();
    }

    pub(super) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let Some((info, part)) = self.sheets.get(sheet) else {
            return Ok(());
        };
        let name = info.name.as_str();
        let mut records = Records::open(&self.package, part, &self.limits)?
            .ok_or_else(|| ReadError::damaged(name, "its part is missing"))?;
        let mut in_data = false;
        let mut row = 0;
        while let Some(kind) = records.next()? {
            match kind {
                BEGIN_SHEET_DATA => in_data = true,
                END_SHEET_DATA => {
                    records.drain()?;
                    return Ok(self.strings.check()?);
                }
                0 if in_data => {
                    row = u32_at(&records.payload, 0)
                        .filter(|row| *row <= 1_048_575)
                        .ok_or_else(|| {
                            ReadError::damaged(name, "a row has an impossible number")
                        })?;
                }
                1..=0x0b | 0x3e if in_data => {
                    self.cell(kind, &records.payload, name, row, cells)?;
                }
                _ => {}
            }
        }
        if in_data {
            Err(ReadError::Truncated.into())
        } else {
            Ok(())
        }
    }

    /// A cell: column, format, then the value ([MS-XLSB] 2.5.9).
    fn cell(
        &self,
        kind: u32,
        payload: &[u8],
        name: &str,
        row: u32,
        cells: &mut impl Cells,
    ) -> Result<(), Stop> {
        let broken = || ReadError::damaged(name, "a record of a cell is too short");
        let column = u32_at(payload, 0).ok_or_else(broken)?;
        let style = u32_at(payload, 4).ok_or_else(broken)? & 0x00ff_ffff;
        if column > 16_383 {
            return Err(ReadError::damaged(name, "a cell has an impossible column").into());
        }
        if u64::from(column) >= self.limits.columns {
            let limit = self.limits.columns;
            return Err(ReadError::TooLarge {
                what: Measure::Columns,
                limit,
                place: Some(format!("{name}!{}", a1(row, column))),
            }
            .into());
        }
        let number = |float: f64| {
            let Some(number) = Number::from_f64(float) else {
                return Value::Huge(float);
            };
            let kind = self.kinds.get(style as usize);
            kind.map_or(Value::Number(number), |kind| kind.of(number))
        };
        match kind {
            2 => cells.cell(
                row,
                column,
                number(rk(u32_at(payload, 8).ok_or_else(broken)?)),
            ),
            3 | 0x0b => cells.cell(
                row,
                column,
                Value::Error(error(*payload.get(8).ok_or_else(broken)?)),
            ),
            4 | 0x0a => cells.cell(
                row,
                column,
                Value::Bool(*payload.get(8).ok_or_else(broken)? != 0),
            ),
            5 | 9 => cells.cell(row, column, number(f64_at(payload, 8).ok_or_else(broken)?)),
            6 | 8 | 0x3e => {
                let start = if kind == 0x3e { 9 } else { 8 };
                let (text, _) = wide(payload, start).ok_or_else(broken)?;
                if text.is_empty() {
                    Ok(())
                } else {
                    cells.cell(row, column, Value::Text(&text))
                }
            }
            7 => {
                let index = u32_at(payload, 8).ok_or_else(broken)?;
                if index as usize >= self.strings.len() {
                    return cells.cell(row, column, Value::Error(&format!("#STRING {index}")));
                }
                cells.cell(row, column, Value::Shared(index, &self.strings))
            }
            _ => Ok(()),
        }
    }
}

/// An `RkNumber`: an integer of 30 bits or the upper half of a float, perhaps in hundredths.
fn rk(raw: u32) -> f64 {
    let value = if raw & 2 == 2 {
        f64::from(raw.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(raw & 0xffff_fffc) << 32)
    };
    if raw & 1 == 1 { value / 100.0 } else { value }
}

fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        0x2b => "#GETTING_DATA",
        _ => "#ERROR",
    }
}

fn shared_strings(package: &Package, part: &str, limits: &Limits) -> Result<Strings, ReadError> {
    let mut strings = Strings::default();
    let Some(mut records) = Records::open(package, part, limits)? else {
        return Ok(strings);
    };
    while let Some(kind) = records.next()? {
        if kind != 0x13 {
            continue;
        }
        let (text, _) = wide(&records.payload, 1)
            .ok_or_else(|| ReadError::damaged(part, "a text is too short"))?;
        strings.add(&text, limits)?;
    }
    strings.shrink();
    Ok(strings)
}

fn number_kinds(
    package: &Package,
    part: &str,
    limits: &Limits,
) -> Result<Vec<NumberKind>, ReadError> {
    let mut custom: HashMap<u16, NumberKind> = HashMap::new();
    let mut kinds = Vec::new();
    let Some(mut records) = Records::open(package, part, limits)? else {
        return Ok(kinds);
    };
    let mut in_cell_formats = false;
    while let Some(kind) = records.next()? {
        let payload = &records.payload;
        match kind {
            0x2c => {
                if let (Some(id), Some((code, _))) = (u16_at(payload, 0), wide(payload, 2)) {
                    custom.insert(id, kind_of_code(&code));
                }
            }
            0x269 => in_cell_formats = true,
            0x26a => in_cell_formats = false,
            0x2f if in_cell_formats && kinds.len() < 200_000 => {
                let id = u16_at(payload, 2).unwrap_or(0);
                kinds.push(
                    custom
                        .get(&id)
                        .copied()
                        .unwrap_or_else(|| builtin_kind(u32::from(id))),
                );
            }
            _ => {}
        }
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rk_numbers() {
        assert!((rk((12_900 << 2) | 2) - 12_900.0).abs() < 1e-9);
        assert!((rk((1_299 << 2) | 3) - 12.99).abs() < 1e-9);
        assert!((rk(u32::from_le_bytes((-5_i32 << 2 | 2).to_le_bytes())) + 5.0).abs() < 1e-9);
        assert!((rk(0x3ff0_0000) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_text_that_lies_about_its_length_is_none() {
        assert_eq!(
            wide(&[2, 0, 0, 0, 0x41, 0, 0x42, 0], 0),
            Some(("AB".into(), 8))
        );
        assert_eq!(wide(&[3, 0, 0, 0, 0x41, 0, 0x42, 0], 0), None);
        assert_eq!(wide(&[0xfe, 0xff, 0xff, 0xff, 0x41, 0], 0), None);
        assert_eq!(wide(&[0xff, 0xff, 0xff, 0xff], 0), Some((String::new(), 4)));
    }
}
