//! The first sheet: what was read, from where, and what to know about it.

use super::words::Words;
use crate::Summary;
use crate::summary::SheetSummary;
use crate::write::{Book, Cell, WriteError, set_widths};

const LAST_COLUMN: u16 = 6;

pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut sheet = book.free_sheet(words.summary)?;
    let mut widths = [0_usize; LAST_COLUMN as usize + 1];
    book.title(&mut sheet, 0, 0, words.title)?;
    sheet.set_row_height(0, 26)?;

    let period = match (&summary.first_date, &summary.last_date) {
        (Some(first), Some(last)) => format!("{} – {}", day(first), day(last)),
        _ => "–".to_owned(),
    };
    let left_out = summary.rows_totals + summary.rows_repeated_headings;
    let mut facts = vec![
        (words.file, Cell::Text(&summary.file)),
        (words.format, Cell::Text(Words::format(summary.format))),
        (words.period, Cell::Text(&period)),
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
    let mut row = 2;
    for (label, value) in facts {
        widths[0] = widths[0].max(book.label(&mut sheet, row, 0, label)?);
        book.write(&mut sheet, row, 1, value)?;
        row += 1;
    }

    if !summary.warnings.is_empty() {
        row += 1;
        book.heading(&mut sheet, row, 0, words.warnings)?;
        for column in 1..=LAST_COLUMN {
            book.heading(&mut sheet, row, column, "")?;
        }
        row += 1;
        for warning in &summary.warnings {
            book.paragraph(&mut sheet, row, 0, LAST_COLUMN, &warning.text)?;
            let lines = unicode_width::UnicodeWidthStr::width(warning.text.as_str()) / 100 + 1;
            sheet.set_row_height(row, u32::try_from(lines * 17).unwrap_or(17))?;
            row += 1;
        }
    }

    row += 1;
    let headings = [
        words.totals,
        words.count,
        words.product_count,
        words.minimum,
        words.maximum,
        words.mean,
    ];
    row = head(book, &mut sheet, row, &headings, &mut widths)?;
    for one in &summary.currencies {
        let code = one.currency.map_or("–", |currency| currency.code());
        let cells = [
            Cell::Text(code),
            Cell::Count(one.count),
            Cell::Count(one.products),
            Cell::Amount(one.minimum, one.currency),
            Cell::Amount(one.maximum, one.currency),
            Cell::Computed(one.mean, one.currency),
        ];
        row = line(book, &mut sheet, row, &cells, &mut widths)?;
    }

    if !summary.rejected_by_reason.is_empty() {
        row += 1;
        row = head(
            book,
            &mut sheet,
            row,
            &[words.by_reason, words.rows],
            &mut widths,
        )?;
        for one in &summary.rejected_by_reason {
            let cells = [
                Cell::Text(one.reason.sentence(summary.language)),
                Cell::Count(one.count),
            ];
            row = line(book, &mut sheet, row, &cells, &mut [0; 2])?;
        }
    }

    row += 1;
    let headings = [
        words.sheets,
        words.used,
        words.header_row,
        words.rows_read,
        words.rows_used,
        words.rows_rejected,
        words.columns,
    ];
    row = head(book, &mut sheet, row, &headings, &mut widths)?;
    for one in summary.sheets.iter().take(200) {
        row = sheet_line(book, &mut sheet, row, one, words, &mut widths)?;
    }
    widths[0] = widths[0].min(44);
    widths[6] = widths[6].max(40);
    set_widths(&mut sheet, &widths)?;
    sheet.set_landscape();
    book.add(sheet);
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
        Cell::Text(&columns),
    ];
    line(book, sheet, row, &cells, widths)
}

fn day(date: &str) -> &str {
    date.split('T').next().unwrap_or(date)
}

fn head(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    row: u32,
    headings: &[&str],
    widths: &mut [usize],
) -> Result<u32, WriteError> {
    for ((column, heading), width) in (0..).zip(headings).zip(widths) {
        *width = (*width).max(book.heading(sheet, row, column, heading)?);
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
