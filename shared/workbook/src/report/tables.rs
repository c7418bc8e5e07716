//! The report's tables: products, categories, vendors, movers, rejected rows.

use rust_xlsxwriter::{
    Chart, ChartAxisLabelPosition, ChartFormat, ChartLine, ChartPoint, ChartSolidFill, Color,
};

use super::words::Words;
use crate::figures::summary::{CategoryMonth, Moment, ProductSummary};
use crate::write::{Book, Cell, Heading, WriteError, set_widths};
use crate::{Language, Summary};

/// How many movers a chart shows in each direction.
const CHARTED: usize = 10;
/// How many rows the title and the axis of a chart take.
const CHART_ROWS: u32 = 5;
/// How high a row of a sheet of free form is, in pixels: 17 points.
const ROW_PIXELS: u32 = 23;

fn date(at: Option<Moment>) -> Cell<'static> {
    at.and_then(Moment::civil).map_or(Cell::Empty, |at| {
        if at.time() == jiff::civil::Time::midnight() {
            Cell::Date(at.date())
        } else {
            Cell::DateTime(at)
        }
    })
}

pub(super) fn products(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    // What is printed comes first.
    let headings = [
        words.product.into(),
        words.sku.into(),
        words.category.into(),
        words.currency.into(),
        Heading::right(words.count),
        Heading::right(words.first),
        Heading::right(words.last),
        Heading::right(words.change),
        Heading::right(words.change_percent),
        Heading::right(words.minimum),
        Heading::right(words.maximum),
        words.presence.into(),
        Heading::right(words.mean),
        Heading::right(words.median),
        Heading::right(words.deviation),
        Heading::right(words.first_date),
        Heading::right(words.last_date),
        Heading::right(words.minimum_date),
        Heading::right(words.maximum_date),
    ];
    let mut table = book.table(words.products, &headings)?;
    table.print_columns(12);
    for one in summary.products.iter() {
        let cells = [
            Cell::Text(&one.product),
            Cell::Text(&one.sku),
            Cell::Text(&one.category),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Count(one.count),
            Cell::Amount(one.first, one.currency),
            Cell::Amount(one.last, one.currency),
            Cell::Amount(one.change, one.currency),
            one.change_percent.map_or(Cell::Empty, Cell::Percent),
            Cell::Amount(one.minimum, one.currency),
            Cell::Amount(one.maximum, one.currency),
            Cell::Text(words.presence(one.presence)),
            Cell::Computed(one.mean, one.currency),
            Cell::Computed(one.median, one.currency),
            one.deviation.map_or(Cell::Empty, |deviation| {
                Cell::Computed(deviation, one.currency)
            }),
            date(one.first_date),
            date(one.last_date),
            date(one.minimum_date),
            date(one.maximum_date),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

/// The followed products beside their stored prices; no sheet when none is followed.
pub(super) fn history(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let compared = summary.history.iter().flat_map(|history| &history.products);
    let mut compared = compared.peekable();
    if compared.peek().is_none() {
        return Ok(());
    }
    let headings = [
        words.product.into(),
        words.sku.into(),
        words.currency.into(),
        Heading::right(words.last),
        Heading::right(words.last_date),
        Heading::right(words.stored),
        Heading::right(words.stored_at),
        Heading::right(words.difference),
        Heading::right(words.difference_percent),
        words.note.into(),
    ];
    let mut table = book.table(words.history, &headings)?;
    for one in compared {
        let note = match (one.stored_currency, one.difference) {
            (None, _) => words.no_price.to_owned(),
            (Some(stored), None) => format!("{} {}", words.stored_in, stored.code()),
            _ => String::new(),
        };
        let cells = [
            Cell::Text(&one.product),
            Cell::Text(&one.id),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Amount(one.last, one.currency),
            date(one.last_date),
            one.stored.map_or(Cell::Empty, |stored| {
                Cell::Amount(stored, one.stored_currency)
            }),
            one.stored_at.map_or(Cell::Empty, Cell::DateTime),
            one.difference.map_or(Cell::Empty, |difference| {
                Cell::Amount(difference, one.currency)
            }),
            one.difference_percent.map_or(Cell::Empty, Cell::Percent),
            Cell::Text(&note),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

pub(super) fn categories(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    let headings = [
        words.category.into(),
        words.month.into(),
        words.currency.into(),
        Heading::right(words.count),
        Heading::right(words.mean),
        Heading::right(words.minimum),
        Heading::right(words.maximum),
        Heading::right(words.sum),
        Heading::right(words.index),
    ];
    let mut table = book.table(words.categories, &headings)?;
    for one in &summary.categories {
        let cells = [
            Cell::Text(category(one, summary, words)),
            one.month.as_deref().map_or(Cell::Empty, Cell::Text),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Count(one.count),
            Cell::Computed(one.mean, one.currency),
            Cell::Amount(one.minimum, one.currency),
            Cell::Amount(one.maximum, one.currency),
            Cell::Amount(one.sum, one.currency),
            one.index
                .map_or(Cell::Empty, |index| Cell::Computed(index, None)),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

/// The name of a category. Rows without one are all products only when there are no others.
pub(super) fn category<'a>(one: &'a CategoryMonth, summary: &Summary, words: &'a Words) -> &'a str {
    let is_named = |one: &CategoryMonth| !one.category.is_empty();
    if is_named(one) {
        &one.category
    } else if summary.categories.iter().any(is_named) {
        words.no_category
    } else {
        words.all
    }
}

pub(super) fn vendors(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let headings = [
        words.vendor.into(),
        words.currency.into(),
        Heading::right(words.count),
        Heading::right(words.product_count),
        Heading::right(words.mean),
        Heading::right(words.minimum),
        Heading::right(words.maximum),
        Heading::right(words.first_date),
        Heading::right(words.last_date),
    ];
    let mut table = book.table(words.vendors, &headings)?;
    for one in &summary.vendors {
        let cells = [
            Cell::Text(&one.vendor),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Count(one.count),
            Cell::Count(one.products),
            Cell::Computed(one.mean, one.currency),
            Cell::Amount(one.minimum, one.currency),
            Cell::Amount(one.maximum, one.currency),
            date(one.first_date),
            date(one.last_date),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

pub(super) fn rejected(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    let mut table = book.table(
        words.rejected,
        &[
            words.sheet.into(),
            Heading::right(words.row),
            words.cell.into(),
            words.value.into(),
            words.reason.into(),
        ],
    )?;
    for one in &summary.rejected {
        let cells = [
            Cell::Text(&one.sheet),
            Cell::Count(one.row.into()),
            Cell::Text(&one.cell),
            Cell::Text(&one.value),
            Cell::Text(one.reason.sentence(summary.language)),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

/// The products that rose and fell most, beneath a bar chart of them.
pub(super) fn movers(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut sheet = book.free_sheet(words.movers)?;
    let headings = [
        words.product.into(),
        words.category.into(),
        words.currency.into(),
        Heading::right(words.first),
        Heading::right(words.last),
        Heading::right(words.change),
        Heading::right(words.change_percent),
    ];
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
    let mut widths = [0_usize; 7];
    for (title, movers) in [(words.up, &up), (words.down, &down)] {
        if movers.is_empty() {
            continue;
        }
        book.title(&mut sheet, row, 0, title)?;
        sheet.set_row_height(row, 24)?;
        row += 1;
        for ((column, heading), width) in (0..).zip(headings).zip(&mut widths) {
            *width = (*width).max(book.heading(&mut sheet, row, column, heading)?);
        }
        row += 1;
        for one in movers {
            let cells = [
                Cell::Text(&one.product),
                Cell::Text(&one.category),
                Cell::Text(one.currency.map_or("", |currency| currency.code())),
                Cell::Amount(one.first, one.currency),
                Cell::Amount(one.last, one.currency),
                Cell::Amount(one.change, one.currency),
                one.change_percent.map_or(Cell::Empty, Cell::Percent),
            ];
            for ((column, cell), width) in (0..).zip(cells).zip(&mut widths) {
                *width = (*width).max(book.write(&mut sheet, row, column, cell)?);
            }
            row += 1;
        }
        row += 1;
    }
    set_widths(&mut sheet, &widths)?;
    sheet.set_print_fit_to_pages(1, 1);
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
