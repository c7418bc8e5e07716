//! Office Open XML workbooks (.xlsx, .xlsm), streamed.
//!
//! A sheet is read by [`quick`], which knows exactly the bytes that spreadsheet programs
//! write. Whatever it does not know for certain makes it stop, and [`careful`] reads the sheet
//! through a real XML parser; both hand on the same cells. calamine is not that second reader,
//! because it silently misreads some of the very files that need one: a comment in a value,
//! CDATA, UTF-16, an index of −1.

mod agree;
mod ahead;
mod careful;
mod merges;
mod parts;
mod quick;
mod strings;
#[cfg(test)]
mod tests;
mod window;

use std::path::Path;

use super::SheetInfo;
use super::formats::NumberKind;
use super::package::{Package, Share};
use crate::turn::Merge;
use crate::values::cell::{Cells, Stop};
use crate::values::strings::Strings;
use crate::{Limits, ReadError};

pub use agree::{readers_agree, texts_agree};
pub(crate) use parts::relationships;

/// An open workbook.
pub(crate) struct Xlsx {
    package: Package,
    sheets: Vec<parts::Sheet>,
    context: Context,
    /// Which reader is used; tests hold one against the other.
    pub(crate) reader: ReaderChoice,
    /// Whether a second thread inflates.
    ahead: bool,
}

/// Compressed bytes from which a second thread is worth its start.
const WORTH_A_THREAD: u64 = 1 << 20;

/// What the cells of every sheet refer to.
pub(crate) struct Context {
    pub(crate) strings: Strings,
    pub(crate) kinds: Vec<NumberKind>,
    pub(crate) is_1904: bool,
    pub(crate) limits: Limits,
}

impl Context {
    /// The index of a shared text that there is.
    #[inline]
    fn index(&self, index: Option<u32>) -> Result<u32, Stop> {
        index
            .filter(|index| (*index as usize) < self.strings.len())
            .ok_or(Stop::Unsure("index of a shared text"))
    }
}

/// Which of the two readers reads the sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ReaderChoice {
    /// The quick one as long as it is certain.
    #[default]
    Quick,
    /// The careful one.
    Careful,
}

impl Xlsx {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let package = Package::open(path, limits)?;
        let workbook = parts::workbook(&package, limits)?;
        let kinds = parts::number_kinds(&package, &workbook.styles)?;
        let strings = strings::read(&package, &workbook.strings, limits)?;
        Ok(Self {
            package,
            sheets: workbook.sheets,
            context: Context {
                strings,
                kinds,
                is_1904: workbook.is_1904,
                limits: limits.clone(),
            },
            reader: ReaderChoice::Quick,
            ahead: limits.second_thread,
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets
            .iter()
            .map(|sheet| SheetInfo {
                name: sheet.name.clone(),
                visible: sheet.visible,
            })
            .collect()
    }

    pub(super) fn is_1904(&self) -> bool {
        self.context.is_1904
    }

    pub(super) fn share(&self, sheets: &[usize]) -> Share {
        let names: Vec<&str> = sheets
            .iter()
            .filter_map(|sheet| self.sheets.get(*sheet))
            .map(|sheet| sheet.path.as_str())
            .collect();
        self.package.share(&names)
    }

    pub(super) fn begin_pass(&self) {
        self.package.begin_pass();
    }

    /// The merged cells of a sheet, which stand behind its rows.
    pub(super) fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Stop> {
        let Some(sheet) = self.sheets.get(sheet) else {
            return Ok(Vec::new());
        };
        match self.package.entry(&sheet.path)? {
            Some(part) => merges::read(part, &sheet.name),
            None => Ok(Vec::new()),
        }
    }

    /// Reads a sheet. [`Stop::Unsure`] asks for a new pass, which is then the careful
    /// reader's.
    pub(super) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let Some(sheet) = self.sheets.get(sheet) else {
            return Ok(());
        };
        let Some(part) = self.package.entry(&sheet.path)? else {
            return Err(ReadError::damaged(&sheet.name, "its part is missing").into());
        };
        let (name, context) = (&sheet.name, &self.context);
        match self.reader {
            ReaderChoice::Quick if self.ahead && part.compressed() > WORTH_A_THREAD => {
                ahead::inflate(part, |part| quick::read(part, name, context, cells))??;
            }
            ReaderChoice::Quick => quick::read(part, name, context, cells)?,
            ReaderChoice::Careful => careful::read(part, name, context, cells)?,
        }
        Ok(context.strings.check()?)
    }
}
