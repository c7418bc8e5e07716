//! The rows of tables put into the sheets that were made for them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Write};
use std::path::Path;

use hashbrown::HashMap;
use rust_xlsxwriter::XlsxError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::rows::Body;
use super::shared::Shared;
use crate::values::cell::a1;

/// Rows below the header of a sheet.
pub(super) struct Part {
    pub(super) body: Body,
    /// The last row and the last column, from 0.
    pub(super) last: (u32, u32),
}

/// Copies a workbook to `output`, with the rows of each sheet that has a part, by the sheet's
/// number from 1, and the texts that they share.
pub(super) fn fill(
    workbook: &[u8],
    mut parts: HashMap<usize, Part>,
    shared: &Shared,
    level: i64,
    output: &Path,
) -> Result<(), XlsxError> {
    let mut workbook = ZipArchive::new(Cursor::new(workbook))?;
    let mut filled = ZipWriter::new(BufWriter::new(File::create(output)?));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .unix_permissions(0o600)
        .last_modified_time(zip::DateTime::default());
    for index in 0..workbook.len() {
        let mut entry = workbook.by_index(index)?;
        let name = entry.name()?.into_owned();
        let sheet = number(&name);
        let texts = name == "xl/sharedStrings.xml" && !shared.is_empty();
        if sheet.is_none() && !texts {
            drop(entry);
            filled.raw_copy_file(workbook.by_index_raw(index)?)?;
            continue;
        }
        let mut xml = String::new();
        entry.read_to_string(&mut xml)?;
        let part = sheet.and_then(|number| parts.remove(&number));
        let length = part.as_ref().map_or(0, |part| part.body.length);
        filled.start_file(name, options.large_file(length > u64::from(u32::MAX) / 2))?;
        if texts {
            shared.write(&xml, &mut filled)?;
            continue;
        }
        let xml = shared.after(&xml);
        let Some(part) = part else {
            filled.write_all(xml.as_bytes())?;
            continue;
        };
        let (head, tail) = split(&xml, part.last)
            .ok_or_else(|| io::Error::other("a sheet without a header cannot be filled"))?;
        filled.write_all(head.as_bytes())?;
        let mut rows = BufReader::with_capacity(1 << 16, part.body.file);
        io::copy(&mut rows, &mut filled)?;
        filled.write_all(tail.as_bytes())?;
    }
    filled.finish()?.flush()?;
    Ok(())
}

/// The number of a sheet, from the name of its entry.
fn number(entry: &str) -> Option<usize> {
    let number = entry.strip_prefix("xl/worksheets/sheet")?;
    number.strip_suffix(".xml")?.parse().ok()
}

/// What of a sheet comes before its further rows and what after them; it then reaches from `A1`
/// to the last row and column.
fn split(sheet: &str, (row, column): (u32, u32)) -> Option<(String, &str)> {
    const REACH: &str = "<dimension ref=\"";
    let end = sheet.find("</sheetData>")?;
    let (head, tail) = sheet.split_at(end);
    let (before, reach) = head.split_once(REACH)?;
    let (_, after) = reach.split_once('"')?;
    let head = format!("{before}{REACH}A1:{}\"{after}", a1(row, column));
    Some((head, tail))
}
