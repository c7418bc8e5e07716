//! The report workbook.

mod compare;
mod findings;
mod how_read;
mod movers;
mod summary_sheet;
mod tables;
mod trend;
mod words;

use std::path::Path;

use crate::write::{Book, ChangeColors, WriteError};
use crate::{Language, ReadError, Summary};
use words::Words;

/// Writes the report workbook of a summary to `output`, which is replaced if it exists.
pub fn write(summary: &Summary, output: &Path) -> Result<(), ReadError> {
    let failed = |detail: String| ReadError::Output {
        path: output.to_owned(),
        detail,
    };
    // A reader never sees half a report: it is written beside and then put in its place.
    let folder = output
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-").suffix(".xlsx");
    #[cfg(unix)]
    {
        // A temporary file is only its owner's; a report is as any file, less the umask.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let unfinished = builder
        .tempfile_in(folder)
        .map_err(|error| failed(error.to_string()))?;
    book(summary)
        .and_then(|book| book.save(unfinished.path()))
        .map_err(|error| failed(error.to_string()))?;
    unfinished
        .persist(output)
        .map_err(|error| failed(error.to_string()))?;
    Ok(())
}

fn book(summary: &Summary) -> Result<Book, WriteError> {
    let words = Words::of(summary.language);
    let colors = if summary.language == Language::Ko {
        ChangeColors::RedUp
    } else {
        ChangeColors::GreenUp
    };
    let title = format!("{} – {}", words.title, summary.file);
    let above = match summary_sheet::period(summary) {
        Some(period) => format!("{}  ·  {period}", summary.file),
        None => summary.file.clone(),
    };
    let mut book = Book::new(&title, colors)
        .with_page_header(&above)
        .with_high_rows()
        .with_quick_compression();
    summary_sheet::write(&mut book, summary, words)?;
    movers::write(&mut book, summary, words)?;
    compare::write(&mut book, summary, words)?;
    tables::products(&mut book, summary, words)?;
    trend::write(&mut book, summary, words)?;
    tables::categories(&mut book, summary, words)?;
    tables::vendors(&mut book, summary, words)?;
    tables::history(&mut book, summary, words)?;
    tables::rejected(&mut book, summary, words)?;
    tables::left_out(&mut book, summary, words)?;
    how_read::write(&mut book, summary, words)?;
    Ok(book)
}
