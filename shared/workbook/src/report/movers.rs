//! The products that moved most, with a bar chart of them.

use rust_xlsxwriter::{
    Chart, ChartAxisLabelPosition, ChartFormat, ChartLine, ChartPoint, ChartSolidFill, Color,
};

use super::tables::date;
use super::words::Words;
use crate::figures::summary::ProductSummary;
use crate::write::{Book, Cell, Heading, WriteError, set_widths};
use crate::{Language, Summary};

/// How many movers a chart shows in each direction.
const CHARTED: usize = 10;
/// How many rows are printed on one page, a little smaller.
const ONE_PAGE: u32 = 58;
/// How many rows the title and the axis of a chart take.
const CHART_ROWS: u32 = 5;
/// How high a row of a sheet of free form is, in pixels: 17 points.
const ROW_PIXELS: u32 = 23;

/// The products that rose and fell most, beneath a bar chart of them.
pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut sheet = book.free_sheet(words.movers)?;
    let has_currency = summary.currencies.iter().any(|one| one.currency.is_some());
    let columns: [(Heading<'_>, bool); 9] = [
        (words.product.into(), true),
        (words.vendor.into(), !summary.vendors.is_empty()),
        (words.currency.into(), has_currency),
        (Heading::right(words.first), true),
        (
            Heading::right(words.first_date),
            summary.first_date.is_some(),
        ),
        (Heading::right(words.last), true),
        (
            Heading::right(words.last_date),
            summary.first_date.is_some(),
        ),
        (Heading::right(words.change), true),
        (Heading::right(words.change_percent), true),
    ];
    let headings: Vec<Heading<'_>> = super::tables::shown(columns.map(|one| one.0), &columns);
    let product = |at: &usize| summary.products.get(*at);
    let up: Vec<ProductSummary> = summary.movers.up.iter().filter_map(product).collect();
    let down: Vec<ProductSummary> = summary.movers.down.iter().filter_map(product).collect();
    let charted = up.iter().take(CHARTED).chain(down.iter().take(CHARTED));
    let mut charted: Vec<&ProductSummary> = charted.collect();
    if charted.is_empty() {
        book.write(&mut sheet, 0, 0, Cell::Text(words.no_movers))?;
        book.add(sheet);
        return Ok(());
    }
    let mut row = chart(book, &mut sheet, &mut charted, words)?;
    let mut widths = [0_usize; 9];
    for (title, movers) in [(words.up, &up), (words.down, &down)] {
        if movers.is_empty() {
            continue;
        }
        book.title(&mut sheet, row, 0, title)?;
        sheet.set_row_height(row, 24)?;
        row += 1;
        for ((column, heading), width) in (0..).zip(&headings).zip(&mut widths) {
            *width = (*width).max(book.heading(&mut sheet, row, column, *heading)?);
        }
        row += 1;
        for one in movers {
            let cells = [
                Cell::Text(&one.product),
                Cell::Text(&one.compared.vendor),
                Cell::Text(one.currency.map_or("", |currency| currency.code())),
                Cell::Amount(one.compared.first, one.currency),
                date(one.compared.first_date),
                Cell::Amount(one.compared.last, one.currency),
                date(one.compared.last_date),
                Cell::Amount(one.change, one.currency),
                one.change_percent.map_or(Cell::Empty, Cell::Percent),
            ];
            let cells = super::tables::shown(cells, &columns);
            for ((column, cell), width) in (0..).zip(cells).zip(&mut widths) {
                *width = (*width).max(book.write(&mut sheet, row, column, cell)?);
            }
            row += 1;
        }
        row += 1;
    }
    set_widths(&mut sheet, &widths)?;
    // A page without the headings of its table would not be understood.
    if row <= ONE_PAGE {
        sheet.set_print_fit_to_pages(1, 1);
    }
    sheet.set_footer(format!("&L{}", words.products_footer));
    book.add(sheet);
    Ok(())
}

/// A bar chart needs its values in one place: they stand behind the chart, the most fallen
/// first, because a bar chart begins at the bottom. Says which row is the first beneath it.
fn chart(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    charted: &mut [&ProductSummary],
    words: &Words,
) -> Result<u32, WriteError> {
    const NAMES: u16 = 0;
    charted.sort_by_key(|product| product.change_percent);
    book.label(sheet, 0, NAMES, words.product)?;
    book.label(sheet, 0, NAMES + 1, words.change_percent)?;
    let mut row = 1;
    for one in charted.iter() {
        book.write(sheet, row, NAMES, Cell::Text(&short(&one.product)))?;
        book.write(
            sheet,
            row,
            NAMES + 1,
            one.change_percent.map_or(Cell::Empty, Cell::Percent),
        )?;
        row += 1;
    }
    let (up, down) = if words.language == Language::Ko {
        (0x00C0_0000, 0x001F_4ED8)
    } else {
        (0x002E_7D32, 0x00C0_0000)
    };
    let points: Vec<ChartPoint> = charted
        .iter()
        .map(|one| {
            let color = if one.change.is_sign_negative() {
                down
            } else {
                up
            };
            let fill = ChartSolidFill::new().set_color(Color::RGB(color)).clone();
            ChartPoint::new().set_format(ChartFormat::new().set_solid_fill(&fill))
        })
        .collect();
    let name = sheet.name();
    let mut chart = Chart::new_bar();
    chart
        .add_series()
        .set_name(words.change_percent)
        .set_categories((name.as_str(), 1, NAMES, row - 1, NAMES))
        .set_values((name.as_str(), 1, NAMES + 1, row - 1, NAMES + 1))
        .set_gap(40)
        .set_points(&points);
    chart.title().set_name(words.movers_title);
    chart.legend().set_hidden();
    // The horizontal axis of a bar chart is that of the values.
    chart.x_axis().set_major_gridlines_line(&gridlines());
    // For a program that sees it the other way.
    for axis in [Chart::x_axis, Chart::y_axis] {
        axis(&mut chart)
            .set_num_format("0%")
            .set_label_position(ChartAxisLabelPosition::Low);
    }
    let rows = row + CHART_ROWS;
    chart
        .set_width(900)
        .set_height(rows * ROW_PIXELS)
        .set_alt_text(words.movers_title);
    sheet.insert_chart(0, 0, &chart)?;
    Ok(rows + 1)
}

/// Lines that stay behind what a chart shows.
pub(super) fn gridlines() -> ChartLine {
    let mut lines = ChartLine::new();
    lines.set_color(Color::RGB(0x00D9_D9D9)).set_width(0.75);
    lines
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(28).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
