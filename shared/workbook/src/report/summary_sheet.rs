//! The first sheet: what happened, what to know about it, and what was read.

use super::findings::{Finding, findings};
use super::words::Words;
use crate::Summary;
use crate::figures::summary::SheetSummary;
use crate::write::{Book, Cell, Heading, WriteError, set_widths};

const LAST_COLUMN: u16 = 6;
/// How wide the columns are, in digits: those that are not as wide as what is in them.
const FIRST_WIDTH: usize = 26;
const LAST_WIDTH: usize = 56;
/// How wide all of them are together at the least.
const ALL_WIDTHS: usize = 142;

/// How many rows are printed on one page, a little smaller.
const ONE_PAGE: u32 = 58;

/// From when to when the prices are.
pub(super) fn period(summary: &Summary) -> Option<String> {
    let (first, last) = summary
        .first_date
        .as_ref()
        .zip(summary.last_date.as_ref())?;
    Some(format!("{} – {}", day(first), day(last)))
}

pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut sheet = book.free_sheet(words.summary)?;
    let mut widths = [0_usize; LAST_COLUMN as usize + 1];
    book.title(&mut sheet, 0, 0, words.title)?;
    sheet.set_row_height(0, 28)?;
    let about = match period(summary) {
        Some(period) => format!("{}  ·  {period}", summary.file),
        None => summary.file.clone(),
    };
    book.label(&mut sheet, 1, 0, &about)?;

    let mut row = 3;
    band(book, &mut sheet, row, words.findings, LAST_COLUMN)?;
    row += 1;
    for finding in findings(summary, words) {
        found(book, &mut sheet, row, &finding)?;
        row += 1;
    }
    if !summary.warnings.is_empty() {
        row += 1;
        band(book, &mut sheet, row, words.warnings, LAST_COLUMN)?;
        row += 1;
        for warning in &summary.warnings {
            let columns = (0, LAST_COLUMN);
            book.paragraph(&mut sheet, row, columns, ALL_WIDTHS, &warning.text)?;
            row += 1;
        }
    }

    row = what_was_read(book, &mut sheet, row + 1, summary, words, &mut widths)?;

    if !summary.rejected_by_reason.is_empty() {
        const COUNT: u16 = 5;
        row += 1;
        band(book, &mut sheet, row, words.by_reason, COUNT - 1)?;
        book.heading(&mut sheet, row, COUNT, Heading::right(words.rows))?;
        row += 1;
        for one in &summary.rejected_by_reason {
            let sentence = one.reason.sentence(summary.language);
            let width = ALL_WIDTHS - LAST_WIDTH;
            book.paragraph(&mut sheet, row, (0, COUNT - 1), width, sentence)?;
            book.write(&mut sheet, row, COUNT, Cell::Count(one.count))?;
            row += 1;
        }
    }

    row += 1;
    let headings = [
        words.sheets.into(),
        words.used.into(),
        Heading::right(words.header_row),
        Heading::right(words.rows_read),
        Heading::right(words.rows_used),
        Heading::right(words.rows_rejected),
        words.columns.into(),
    ];
    row = head(book, &mut sheet, row, &headings, &mut widths)?;
    for one in summary.sheets.iter().take(200) {
        row = sheet_line(book, &mut sheet, row, one, words, &mut widths)?;
    }
    row += 1;
    band(book, &mut sheet, row, words.how_made, LAST_COLUMN)?;
    for text in [words.products_footer, words.categories_footer] {
        row += 1;
        book.paragraph(&mut sheet, row, (0, LAST_COLUMN), ALL_WIDTHS, text)?;
    }
    widths[0] = FIRST_WIDTH;
    for width in &mut widths[1..usize::from(LAST_COLUMN)] {
        *width = (*width).clamp(12, 16);
    }
    widths[usize::from(LAST_COLUMN)] = LAST_WIDTH;
    set_widths(&mut sheet, &widths)?;
    if row < ONE_PAGE {
        sheet.set_print_fit_to_pages(1, 1);
    }
    book.add(sheet);
    Ok(())
}

/// The file, how many of its rows are in the figures, and what there is in each currency. Says which
/// row is the next.
fn what_was_read(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    mut row: u32,
    summary: &Summary,
    words: &Words,
    widths: &mut [usize],
) -> Result<u32, WriteError> {
    let period = period(summary);
    band(book, sheet, row, words.what_was_read, LAST_COLUMN)?;
    row += 1;
    let left_out = summary.rows_totals + summary.rows_repeated_headings;
    let mut facts = vec![
        (words.file, Cell::Text(&summary.file)),
        (words.format, Cell::Text(Words::format(summary.format))),
        (words.period, Cell::Text(period.as_deref().unwrap_or("–"))),
        (words.rows_read, Cell::Count(summary.rows_read)),
        (words.rows_used, Cell::Count(summary.rows_used)),
        (words.rows_rejected, Cell::Count(summary.rows_rejected)),
    ];
    if left_out > 0 {
        facts.push((words.rows_left_out, Cell::Count(left_out)));
    }
    facts.push((words.products, Cell::Count(summary.products.len() as u64)));
    if let Some(history) = summary.history.as_ref().filter(|one| one.followed > 0) {
        facts.push((words.followed, Cell::Count(history.followed)));
    }
    for (label, value) in facts {
        widths[0] = widths[0].max(book.label(sheet, row, 0, label)?);
        match value {
            Cell::Count(count) => book.left_count(sheet, row, 1, count)?,
            value => book.write(sheet, row, 1, value).map(drop)?,
        }
        row += 1;
    }

    row += 1;
    let headings = [
        words.totals.into(),
        Heading::right(words.count),
        Heading::right(words.product_count),
        Heading::right(words.matched),
        Heading::right(words.change_percent),
    ];
    row = head(book, sheet, row, &headings, widths)?;
    for one in &summary.currencies {
        let code = one.currency.map_or("–", |currency| currency.code());
        let cells = [
            Cell::Text(code),
            Cell::Count(one.count),
            Cell::Count(one.products),
            Cell::Count(one.matched),
            one.change_percent.map_or(Cell::Empty, Cell::Percent),
        ];
        row = line(book, sheet, row, &cells, widths)?;
    }
    Ok(row)
}

/// A finding: what it is about, the change, and the sentence over the other columns.
fn found(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    finding: &Finding,
) -> Result<(), WriteError> {
    let width = ALL_WIDTHS - FIRST_WIDTH - 8;
    let columns = (2, LAST_COLUMN);
    book.paragraph(sheet, row, columns, width, &finding.sentence)?;
    book.label_at_top(sheet, row, 0, &finding.about)?;
    if let Some(change) = finding.change {
        book.write_at_top(sheet, row, 1, Cell::Percent(change))?;
    }
    Ok(())
}

fn sheet_line(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    one: &SheetSummary,
    words: &Words,
    widths: &mut [usize],
) -> Result<u32, WriteError> {
    let columns: Vec<String> = one
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {} = {}",
                column.column,
                column.heading,
                words.role(column.role)
            )
        })
        .collect();
    let columns = columns.join(", ");
    let cells = [
        Cell::Text(&one.name),
        Cell::Text(if one.used { words.yes } else { words.no }),
        one.header_row
            .map_or(Cell::Empty, |row| Cell::Count(row.into())),
        if one.used {
            Cell::Count(one.rows_read)
        } else {
            Cell::Empty
        },
        if one.used {
            Cell::Count(one.rows_used)
        } else {
            Cell::Empty
        },
        if one.used {
            Cell::Count(one.rows_rejected)
        } else {
            Cell::Empty
        },
    ];
    if !columns.is_empty() {
        let last = (LAST_COLUMN, LAST_COLUMN);
        book.paragraph(sheet, row, last, LAST_WIDTH, &columns)?;
    }
    for ((column, cell), width) in (0..).zip(cells).zip(widths) {
        *width = (*width).max(book.write_at_top(sheet, row, column, cell)?);
    }
    Ok(row + 1)
}

/// A heading over several columns.
fn band(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    text: &str,
    last_column: u16,
) -> Result<(), WriteError> {
    book.heading(sheet, row, 0, text)?;
    for column in 1..=last_column {
        book.heading(sheet, row, column, "")?;
    }
    Ok(())
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn head(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    headings: &[Heading<'_>],
    widths: &mut [usize],
) -> Result<u32, WriteError> {
    for ((column, heading), width) in (0..).zip(headings).zip(widths) {
        *width = (*width).max(book.heading(sheet, row, column, *heading)?);
    }
    Ok(row + 1)
}

fn line(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    cells: &[Cell<'_>],
    widths: &mut [usize],
) -> Result<u32, WriteError> {
    for ((column, cell), width) in (0..).zip(cells).zip(widths) {
        *width = (*width).max(book.write(sheet, row, column, *cell)?);
    }
    Ok(row + 1)
}
