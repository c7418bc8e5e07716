//! The index of all products and of each category over time, with a line chart.

use std::collections::HashMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Chart, ChartEmptyCells, ChartLegendPosition, ChartMarker};

use super::movers::gridlines;
use super::tables::category;
use super::words::Words;
use crate::figures::finish::months;
use crate::figures::summary::CategoryMonth;
use crate::write::{Book, Cell, Heading, WriteError, set_widths};
use crate::{Language, Summary};

/// The row of the headings, beneath the chart and what is said about it.
const TOP: u32 = 19;
/// How many lines of categories a chart can hold before it says nothing.
const LINES: usize = 8;
/// How many of those that a chart leaves out are named.
const NAMED: usize = 30;
/// How many categories the table has.
const COLUMNS: usize = 60;
/// How wide what is said about the chart is, in digits.
const WIDTH: usize = 120;

/// The index of one column: its heading and the index by month.
struct Series<'a> {
    name: String,
    index: HashMap<&'a str, Decimal>,
}

/// The sheet; none for an upload without two months.
pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let months = months(&summary.categories);
    if months.len() < 2 {
        return Ok(());
    }
    let (totals, categories) = (totals(summary, words), series(summary, words));
    let lines = totals.len() + categories.len().min(LINES);
    let (in_table, left_out) = categories.split_at(categories.len().min(COLUMNS));
    let all: Vec<&Series<'_>> = totals.iter().chain(in_table).collect();
    let mut sheet = book.free_sheet(words.trend)?;
    let note = note(&categories, left_out.len(), words);
    book.paragraph(&mut sheet, TOP - 3, (0, 8), WIDTH, words.categories_footer)?;
    if !note.is_empty() {
        book.paragraph(&mut sheet, TOP - 2, (0, 8), WIDTH, &note)?;
    }
    let mut widths = vec![book.heading(&mut sheet, TOP, 0, words.month)?.max(10)];
    for (column, series) in (1..).zip(&all) {
        let heading = Heading::right(&series.name);
        let width = book.heading(&mut sheet, TOP, column, heading)?;
        widths.push(width.clamp(14, 24));
    }
    let mut last_row = TOP;
    for (row, month) in (TOP + 1..).zip(&months) {
        book.write(&mut sheet, row, 0, Cell::Text(month))?;
        for (column, series) in (1..).zip(&all) {
            let index = series.index.get(month.as_str());
            let cell = index.map_or(Cell::Empty, |index| Cell::Computed(*index, None));
            book.write(&mut sheet, row, column, cell)?;
        }
        last_row = row;
    }
    let chart = chart(&sheet.name(), &all, lines, last_row, words);
    sheet.insert_chart(0, 0, &chart)?;
    // As wide as what is said above the table, even if it has few columns.
    widths.resize(widths.len().max(9), 14);
    set_widths(&mut sheet, &widths)?;
    let printed = u16::try_from(lines.max(8)).unwrap_or(8);
    sheet
        .set_print_area(0, 0, last_row, printed)?
        .set_repeat_rows(TOP, TOP)?;
    book.add(sheet);
    Ok(())
}

/// A chart of the first columns.
fn chart(name: &str, all: &[&Series<'_>], lines: usize, last_row: u32, words: &Words) -> Chart {
    let mut chart = Chart::new_line();
    let months = last_row - TOP;
    for column in (1..).take(lines) {
        let mut marker = ChartMarker::new();
        if months > 30 {
            marker.set_none();
        } else {
            marker.set_automatic();
        }
        chart
            .add_series()
            .set_name((name, TOP, column))
            .set_categories((name, TOP + 1, 0, last_row, 0))
            .set_values((name, TOP + 1, column, last_row, column))
            .set_marker(&marker);
    }
    chart.title().set_name(words.index_title);
    chart.legend().set_position(ChartLegendPosition::Bottom);
    chart
        .y_axis()
        .set_num_format("0")
        .set_major_gridlines_line(&gridlines());
    let charted = all.iter().take(lines).flat_map(|one| one.index.values());
    if let Some((low, high, step)) = bounds(charted.copied()) {
        let axis = chart.y_axis();
        axis.set_min(low).set_max(high).set_major_unit(step);
    }
    chart
        .x_axis()
        .set_label_interval(u16::try_from(months / 16 + 1).unwrap_or(1));
    chart.show_empty_cells_as(ChartEmptyCells::Connected);
    chart
        .set_width(900)
        .set_height(360)
        .set_alt_text(words.index_title);
    chart
}

/// All products of each currency, where there are several categories to set beside them.
fn totals<'a>(summary: &'a Summary, words: &Words) -> Vec<Series<'a>> {
    let first = summary.categories.first();
    let is_other = |one: &CategoryMonth| first.is_some_and(|first| first.category != one.category);
    if !summary.categories.iter().any(is_other) {
        return Vec::new();
    }
    let of_currency = summary.currencies.iter().map(|one| {
        let points = one.months.iter();
        Series {
            name: named(words.all, one.currency, summary),
            index: points
                .filter_map(|point| Some((point.month.as_str(), point.index?)))
                .collect(),
        }
    });
    of_currency.collect()
}

fn named(name: &str, currency: Option<iso_currency::Currency>, summary: &Summary) -> String {
    match currency {
        Some(currency) if summary.currencies.len() > 1 => format!("{name} ({})", currency.code()),
        _ => name.to_owned(),
    }
}

/// The categories, first those with most prices.
fn series<'a>(summary: &'a Summary, words: &Words) -> Vec<Series<'a>> {
    let mut series: Vec<&[CategoryMonth]> = summary
        .categories
        .chunk_by(|one, next| one.category == next.category && one.currency == next.currency)
        .collect();
    series.sort_by_key(|rows| std::cmp::Reverse(rows.iter().map(|one| one.count).sum::<u64>()));
    let series = series.into_iter().filter_map(|rows| {
        let first = rows.first()?;
        Some(Series {
            name: named(category(first, summary, words), first.currency, summary),
            index: rows
                .iter()
                .filter_map(|one| Some((one.month.as_deref()?, one.index?)))
                .collect(),
        })
    });
    series.collect()
}

/// What the chart leaves out, and the table.
fn note(categories: &[Series<'_>], not_in_table: usize, words: &Words) -> String {
    let Some(left_out) = categories.get(LINES..).filter(|rest| !rest.is_empty()) else {
        return String::new();
    };
    let names = left_out.iter().take(NAMED).map(|one| one.name.as_str());
    let mut names = names.collect::<Vec<_>>().join(", ");
    if left_out.len() > NAMED {
        names.push_str(", …");
    }
    let count = left_out.len();
    let korean = words.language == Language::Ko;
    let mut note = if korean {
        format!(
            "그래프에는 가격이 많은 카테고리 {LINES}개만 있습니다. 빠진 카테고리 {count}개: {names}."
        )
    } else {
        format!(
            "The chart has the {LINES} categories with most prices; not these {count}: {names}."
        )
    };
    if not_in_table > 0 && korean {
        let _ = write!(
            note,
            " 아래 표에는 {not_in_table}개가 빠져 있으며, 카테고리 시트에는 모두 있습니다."
        );
    } else if not_in_table > 0 {
        let _ = write!(
            note,
            " The table below leaves out {not_in_table}; the sheet of categories has all."
        );
    }
    note
}

/// The round numbers around all indices, so that the lines use the height of the chart, and the
/// step between its grid lines: as fine as the indices lie close together.
fn bounds(indices: impl Iterator<Item = Decimal>) -> Option<(i32, i32, i32)> {
    let indices: Vec<Decimal> = indices.collect();
    let (low, high) = (*indices.iter().min()?, *indices.iter().max()?);
    let spread = high - low;
    let mut steps = (0..6).flat_map(|zeros| [1, 2, 5].map(|digit| digit * 10_i32.pow(zeros)));
    let step = steps.find(|step| spread <= Decimal::from(*step) * Decimal::from(8))?;
    let unit = Decimal::from(step);
    let below = (low / unit).floor() * unit - unit;
    let above = (high / unit).ceil() * unit + unit;
    Some((below.max(Decimal::ZERO).to_i32()?, above.to_i32()?, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_fits_what_it_shows() {
        for (low, high, axis) in [
            ("99.94", "100.05", (98, 102, 1)),
            ("100", "100", (99, 101, 1)),
            ("97", "105", (96, 106, 1)),
            ("97", "105.01", (94, 108, 2)),
            ("95", "125", (90, 130, 5)),
            ("80", "202.52", (60, 240, 20)),
            ("0.5", "100", (0, 120, 20)),
            ("50", "10000", (0, 12_000, 2_000)),
        ] {
            let indices = [low, high].map(|index| index.parse().unwrap());
            assert_eq!(bounds(indices.into_iter()), Some(axis), "{low} to {high}");
        }
    }
}
