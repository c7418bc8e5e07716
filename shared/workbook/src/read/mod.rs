//! Opening an upload, whatever its format, and handing on its cells row by row.

mod decoded;
mod formats;
mod grid;
mod html;
mod ods;
pub(crate) mod package;
mod spreadsheet_ml;
mod table;
mod xls;
mod xlsb;
pub(crate) mod xlsx;
mod xml;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Serialize;

use crate::turn::Merge;
use crate::values::cell::{Cells, Stop};
use crate::{Limits, Measure, ReadError};
use package::Share;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Office Open XML (.xlsx, .xlsm).
    Xlsx,
    /// Binary workbook in a zip (.xlsb).
    Xlsb,
    /// Excel 97 to 2003 (.xls).
    Xls,
    /// `OpenDocument` (.ods).
    Ods,
    /// Text with separators.
    Csv,
    /// A web page with a table.
    Html,
    /// XML Spreadsheet 2003.
    Xml,
}

/// A sheet as the workbook lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetInfo {
    pub(crate) name: String,
    pub(crate) visible: bool,
}

/// An open upload.
pub(crate) enum Workbook {
    Xlsx(Box<xlsx::Xlsx>),
    Xlsb(Box<xlsb::Xlsb>),
    Ods(Box<ods::Ods>),
    Xls(xls::Xls),
    Table(table::Table),
    Grid(grid::Grid),
}

/// What the first bytes of a file and, in a zip, its entries say it is. The name of a file is
/// never asked.
fn format_of(path: &Path, file: &mut File, limits: &Limits) -> Result<Format, ReadError> {
    let input = |source| ReadError::Input {
        path: path.to_owned(),
        source,
    };
    if file.metadata().map_err(input)?.is_dir() {
        return Err(input(std::io::ErrorKind::IsADirectory.into()));
    }
    let length = file.seek(SeekFrom::End(0)).map_err(input)?;
    file.rewind().map_err(input)?;
    if length > limits.file_bytes {
        return Err(ReadError::TooLarge {
            what: Measure::FileBytes,
            limit: limits.file_bytes,
            place: None,
        });
    }
    let mut start = Vec::new();
    file.take(4_096).read_to_end(&mut start).map_err(input)?;
    file.rewind().map_err(input)?;
    if start.is_empty() {
        return Err(ReadError::Empty);
    }
    if start.starts_with(b"PK") {
        return zip_format(file, limits);
    }
    if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Ok(Format::Xls);
    }
    if table::is_utf32(&start) {
        return Err(ReadError::Utf32);
    }
    let text = String::from_utf8_lossy(&start);
    if spreadsheet_ml::is_workbook(&text) {
        return Ok(Format::Xml);
    }
    let (text, _, _) = table::encoding_of(&start, false).decode(&start);
    if spreadsheet_ml::is_workbook(&text) {
        return Ok(Format::Xml);
    }
    if html::is_page(&text) {
        return Ok(Format::Html);
    }
    if table::is_text(&start) {
        Ok(Format::Csv)
    } else {
        Err(ReadError::NotAWorkbook)
    }
}

fn zip_format(file: &mut File, limits: &Limits) -> Result<Format, ReadError> {
    let archive =
        zip::ZipArchive::new(BufReader::new(&mut *file)).map_err(|_| ReadError::Truncated)?;
    if archive.len() as u64 > limits.entries {
        return Err(ReadError::TooLarge {
            what: Measure::Entries,
            limit: limits.entries,
            place: None,
        });
    }
    let mut found = None;
    for name in archive.file_names() {
        let Ok(name) = name else { continue };
        let name = name.replace('\\', "/").to_ascii_lowercase();
        match name.as_str() {
            "[content_types].xml" => found = found.or(Some(Format::Xlsx)),
            "mimetype" | "content.xml" => found = found.or(Some(Format::Ods)),
            _ if name.ends_with("workbook.bin") => found = Some(Format::Xlsb),
            _ => {}
        }
    }
    drop(archive);
    file.rewind().map_err(|_| ReadError::Truncated)?;
    found.ok_or(ReadError::NotAWorkbook)
}

/// A web page or a workbook in XML, which are read as a whole.
fn grid_of(
    file: File,
    path: &Path,
    format: Format,
    limits: &Limits,
) -> Result<grid::Grid, ReadError> {
    let mut bytes = Vec::new();
    let read = file.take(grid::MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Input {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() as u64 > grid::MOST_BYTES {
        return Err(ReadError::TooLarge {
            what: Measure::FileBytes,
            limit: grid::MOST_BYTES,
            place: None,
        });
    }
    let (text, _, _) = table::encoding_of(&bytes, true).decode(&bytes);
    if format == Format::Xml {
        return spreadsheet_ml::read(&text, limits);
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy());
    html::read(&text, name.as_deref().unwrap_or("html"), limits)
}

impl Workbook {
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<(Self, Format), ReadError> {
        let mut file = File::open(path).map_err(|source| ReadError::Input {
            path: path.to_owned(),
            source,
        })?;
        let format = format_of(path, &mut file, limits)?;
        let workbook = match format {
            Format::Xlsx => Self::Xlsx(Box::new(xlsx::Xlsx::open(path, limits)?)),
            Format::Xlsb => Self::Xlsb(Box::new(xlsb::Xlsb::open(path, limits)?)),
            Format::Ods => Self::Ods(Box::new(ods::Ods::open(path, limits)?)),
            Format::Csv => Self::Table(table::Table::open(file, path, limits)?),
            Format::Html | Format::Xml => Self::Grid(grid_of(file, path, format, limits)?),
            Format::Xls => Self::Xls(xls::Xls::open(file, limits)?),
        };
        Ok((workbook, format))
    }

    pub(crate) fn sheets(&self) -> Vec<SheetInfo> {
        match self {
            Self::Xlsx(workbook) => workbook.sheets(),
            Self::Xlsb(workbook) => workbook.sheets(),
            Self::Ods(workbook) => workbook.sheets(),
            Self::Xls(workbook) => workbook.sheets(),
            Self::Table(table) => table.sheets(),
            Self::Grid(grid) => grid.sheets(),
        }
    }

    /// Whether dates count from 1904; readers that resolve that themselves say false.
    pub(crate) fn is_1904(&self) -> bool {
        match self {
            Self::Xlsx(workbook) => workbook.is_1904(),
            Self::Xlsb(workbook) => workbook.is_1904(),
            _ => false,
        }
    }

    /// How far the reading of these sheets is, where that is known.
    pub(crate) fn share(&self, sheets: &[usize]) -> Option<Share> {
        match self {
            Self::Xlsx(workbook) => Some(workbook.share(sheets)),
            _ => None,
        }
    }

    /// Begins a new pass over the sheets: the limits count from zero.
    pub(crate) fn begin_pass(&self) {
        match self {
            Self::Xlsx(workbook) => workbook.begin_pass(),
            Self::Xlsb(workbook) => workbook.begin_pass(),
            Self::Ods(workbook) => workbook.begin_pass(),
            Self::Xls(_) | Self::Table(_) | Self::Grid(_) => {}
        }
    }

    /// Answers [`Stop::Unsure`]: from now on the careful reader reads. False when it already
    /// did.
    pub(crate) fn be_careful(&mut self) -> bool {
        match self {
            Self::Xlsx(workbook) if workbook.reader == xlsx::ReaderChoice::Quick => {
                workbook.reader = xlsx::ReaderChoice::Careful;
                true
            }
            _ => false,
        }
    }

    /// The merged cells of a sheet, where the format's reader knows them.
    pub(crate) fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Stop> {
        match self {
            Self::Xlsx(workbook) => workbook.merges(sheet),
            Self::Xls(workbook) => Ok(workbook.merges(sheet)),
            Self::Grid(grid) => Ok(grid.merges(sheet)),
            _ => Ok(Vec::new()),
        }
    }

    /// Hands on the cells of a sheet; [`Stop::Enough`] from the sink ends it without an error.
    pub(crate) fn read(&mut self, sheet: usize, cells: &mut impl Cells) -> Result<(), Stop> {
        let done = match self {
            Self::Xlsx(workbook) => workbook.read(sheet, cells),
            Self::Xlsb(workbook) => workbook.read(sheet, cells),
            Self::Ods(workbook) => workbook.read(sheet, cells),
            Self::Xls(workbook) => workbook.read(sheet, cells),
            Self::Table(table) => table.read(cells),
            Self::Grid(grid) => grid.read(sheet, cells),
        };
        match done {
            Err(Stop::Enough) => Ok(()),
            other => other,
        }
    }
}
