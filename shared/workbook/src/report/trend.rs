//! The index of each category over time, with a line chart.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Chart, ChartEmptyCells, ChartLegendPosition, ChartMarker};

use super::tables::{category, gridlines};
use super::words::Words;
use crate::Summary;
use crate::figures::finish::months;
use crate::figures::summary::CategoryMonth;
use crate::write::{Book, Cell, Heading, WriteError, set_widths};

/// The row of the headings, beneath the chart.
const TOP: u32 = 20;
/// How many lines a chart can hold before it says nothing.
const LINES: usize = 8;

pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let months = months(&summary.categories);
    if months.is_empty() {
        return Ok(());
    }
    let series = series(&summary.categories);
    let several = summary.currencies.len() > 1;
    let mut sheet = book.free_sheet(words.trend)?;
    let mut widths = vec![book.heading(&mut sheet, TOP, 0, words.month)?];
    for (column, rows) in (1..).zip(&series) {
        let name = category(&rows[0], summary, words);
        let name = match rows[0].currency {
            Some(currency) if several => format!("{name} ({})", currency.code()),
            _ => name.to_owned(),
        };
        let heading = Heading::right(&name);
        let width = book.heading(&mut sheet, TOP, column, heading)?;
        widths.push(width.clamp(10, 24));
    }
    let mut last_row = TOP;
    for (row, month) in (TOP + 1..).zip(&months) {
        book.write(&mut sheet, row, 0, Cell::Text(month))?;
        for (column, rows) in (1..).zip(&series) {
            let index = rows
                .iter()
                .find(|one| one.month.as_ref() == Some(month))
                .and_then(|one| one.index);
            book.write(
                &mut sheet,
                row,
                column,
                index.map_or(Cell::Empty, |index| Cell::Computed(index, None)),
            )?;
        }
        last_row = row;
    }
    let last_column = u16::try_from(series.len()).unwrap_or(1);
    let name = sheet.name();
    let mut chart = Chart::new_line();
    for column in 1..=last_column {
        let mut marker = ChartMarker::new();
        if months.len() > 30 {
            marker.set_none();
        } else {
            marker.set_automatic();
        }
        chart
            .add_series()
            .set_name((name.as_str(), TOP, column))
            .set_categories((name.as_str(), TOP + 1, 0, last_row, 0))
            .set_values((name.as_str(), TOP + 1, column, last_row, column))
            .set_marker(&marker);
    }
    chart.title().set_name(words.index_title);
    chart.legend().set_position(ChartLegendPosition::Bottom);
    chart
        .y_axis()
        .set_num_format("0")
        .set_major_gridlines_line(&gridlines());
    if let Some((low, high, step)) = bounds(&series) {
        let axis = chart.y_axis();
        axis.set_min(low).set_max(high).set_major_unit(step);
    }
    chart
        .x_axis()
        .set_label_interval(u16::try_from(months.len() / 16 + 1).unwrap_or(1));
    chart.show_empty_cells_as(ChartEmptyCells::Connected);
    chart
        .set_width(900)
        .set_height(440)
        .set_alt_text(words.index_title);
    sheet.insert_chart(0, 0, &chart)?;
    set_widths(&mut sheet, &widths)?;
    sheet.set_landscape().set_repeat_rows(TOP, TOP)?;
    book.add(sheet);
    Ok(())
}

/// The categories with the most prices, each with its months.
fn series(categories: &[CategoryMonth]) -> Vec<&[CategoryMonth]> {
    let mut series: Vec<&[CategoryMonth]> = categories
        .chunk_by(|one, next| one.category == next.category && one.currency == next.currency)
        .collect();
    series.sort_by_key(|rows| std::cmp::Reverse(rows.iter().map(|one| one.count).sum::<u64>()));
    series.truncate(LINES);
    series
}

/// The round numbers around all indices, so that the lines use the height of the chart, and the
/// step between its grid lines: as fine as the indices lie close together.
fn bounds(series: &[&[CategoryMonth]]) -> Option<(i32, i32, i32)> {
    let indices = || {
        series
            .iter()
            .flat_map(|rows| rows.iter())
            .filter_map(|one| one.index)
    };
    let (low, high) = (indices().min()?, indices().max()?);
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
    use crate::figures::summary::Text;

    fn month(index: &str) -> CategoryMonth {
        CategoryMonth {
            category: Text::new(&std::sync::Arc::default(), 0),
            month: Some("2026-11".to_owned()),
            currency: None,
            count: 1,
            sum: Decimal::ONE,
            mean: Decimal::ONE,
            minimum: Decimal::ONE,
            maximum: Decimal::ONE,
            matched: 1,
            month_percent: None,
            index: Some(index.parse().unwrap()),
        }
    }

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
            let months = [month(low), month(high)];
            assert_eq!(bounds(&[&months]), Some(axis), "{low} to {high}");
        }
    }
}
