//! Tables that are held in memory: web pages and XML Spreadsheet 2003, which programs export under
//! the name .xls.

use super::SheetInfo;
use crate::turn::Merge;
use crate::values::cell::{Cells, Held, Stop, a1};
use crate::{Limits, Measure, ReadError};

/// The most bytes of such a file.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// A workbook in memory.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    sheets: Vec<Sheet>,
    cells: u64,
}

#[derive(Debug)]
struct Sheet {
    info: SheetInfo,
    cells: Vec<(u32, u32, Held)>,
    merges: Vec<Merge>,
}

impl Grid {
    pub(super) fn begin(&mut self, name: &str, limits: &Limits) -> Result<(), ReadError> {
        if self.sheets.len() as u64 >= limits.sheets {
            return Err(ReadError::TooLarge {
                what: Measure::Sheets,
                limit: limits.sheets,
                place: None,
            });
        }
        self.sheets.push(Sheet {
            info: SheetInfo {
                name: name.to_owned(),
                visible: true,
            },
            cells: Vec::new(),
            merges: Vec::new(),
        });
        Ok(())
    }

    /// Puts a cell on the last sheet. Cells come row by row and from left to right.
    pub(super) fn put(
        &mut self,
        row: u32,
        column: u32,
        cell: Held,
        limits: &Limits,
    ) -> Result<(), ReadError> {
        let Some(sheet) = self.sheets.last_mut() else {
            return Ok(());
        };
        let too_large = |what, limit| ReadError::TooLarge {
            what,
            limit,
            place: Some(format!("{}!{}", sheet.info.name, a1(row, column))),
        };
        if u64::from(column) >= limits.columns {
            return Err(too_large(Measure::Columns, limits.columns));
        }
        self.cells += 1;
        if self.cells > limits.cells {
            return Err(too_large(Measure::Cells, limits.cells));
        }
        if cell
            .text()
            .is_some_and(|text| text.len() as u64 > limits.text_bytes)
        {
            return Err(too_large(Measure::TextBytes, limits.text_bytes));
        }
        sheet.cells.push((row, column, cell));
        Ok(())
    }

    pub(super) fn merge(&mut self, merge: Merge) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.merges.push(merge);
        }
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.iter().map(|sheet| sheet.info.clone()).collect()
    }

    pub(super) fn merges(&self, sheet: usize) -> Vec<Merge> {
        self.sheets
            .get(sheet)
            .map(|sheet| sheet.merges.clone())
            .unwrap_or_default()
    }

    pub(super) fn read(&self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let Some(sheet) = self.sheets.get(sheet) else {
            return Ok(());
        };
        for (row, column, cell) in &sheet.cells {
            cells.cell(*row, *column, cell.value())?;
        }
        Ok(())
    }
}
