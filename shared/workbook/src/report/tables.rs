//! The report's tables: products, categories, vendors, movers, rejected rows.

use iso_currency::Currency;
use rust_xlsxwriter::{
    Chart, ChartAxisLabelPosition, ChartFormat, ChartPoint, ChartSolidFill, Color,
};

use super::words::Words;
use crate::summary::ProductSummary;
use crate::write::{Book, Cell, WriteError, set_widths};
use crate::{Language, Summary};

/// How many movers a chart shows in each direction.
const CHARTED: usize = 10;

fn date(at: Option<i64>) -> Cell<'static> {
    at.and_then(crate::date::civil).map_or(Cell::Empty, |at| {
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
    let headings = [
        words.product,
        words.sku,
        words.category,
        words.currency,
        words.count,
        words.first,
        words.last,
        words.change,
        words.change_percent,
        words.minimum,
        words.maximum,
        words.mean,
        words.median,
        words.deviation,
        words.first_date,
        words.last_date,
        words.minimum_date,
        words.maximum_date,
        words.presence,
    ];
    let mut table = book.table(words.products, &headings)?;
    for one in &summary.products {
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
            Cell::Computed(one.mean, one.currency),
            Cell::Computed(one.median, one.currency),
            one.deviation.map_or(Cell::Empty, |deviation| {
                Cell::Computed(deviation, one.currency)
            }),
            date(one.first_date),
            date(one.last_date),
            date(one.minimum_date),
            date(one.maximum_date),
            Cell::Text(words.presence(one.presence)),
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
        words.product,
        words.sku,
        words.last,
        words.currency,
        words.last_date,
        words.stored,
        words.currency,
        words.stored_at,
        words.difference,
        words.difference_percent,
        words.note,
    ];
    let mut table = book.table(words.history, &headings)?;
    for one in compared {
        let code = |currency: Option<Currency>| Cell::Text(currency.map_or("", |one| one.code()));
        let note = match (one.stored, one.difference) {
            (None, _) => words.no_price,
            (_, None) => words.other_currency,
            _ => "",
        };
        let cells = [
            Cell::Text(&one.product),
            Cell::Text(&one.id),
            Cell::Amount(one.last, one.currency),
            code(one.currency),
            date(one.last_date),
            one.stored.map_or(Cell::Empty, |stored| {
                Cell::Amount(stored, one.stored_currency)
            }),
            code(one.stored_currency),
            one.stored_at.map_or(Cell::Empty, Cell::DateTime),
            one.difference.map_or(Cell::Empty, |difference| {
                Cell::Amount(difference, one.currency)
            }),
            one.difference_percent.map_or(Cell::Empty, Cell::Percent),
            Cell::Text(note),
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
        words.category,
        words.month,
        words.currency,
        words.count,
        words.mean,
        words.minimum,
        words.maximum,
        words.sum,
        words.index,
    ];
    let mut table = book.table(words.categories, &headings)?;
    for one in &summary.categories {
        let category: &str = if one.category.is_empty() {
            words.all
        } else {
            &one.category
        };
        let cells = [
            Cell::Text(category),
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

pub(super) fn vendors(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let headings = [
        words.vendor,
        words.currency,
        words.count,
        words.product_count,
        words.mean,
        words.minimum,
        words.maximum,
        words.first_date,
        words.last_date,
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
            words.sheet,
            words.row,
            words.cell,
            words.value,
            words.reason,
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

/// The products that rose and fell most, with a bar chart.
pub(super) fn movers(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut sheet = book.free_sheet(words.movers)?;
    let headings = [
        words.product,
        words.category,
        words.currency,
        words.first,
        words.last,
        words.change,
        words.change_percent,
    ];
    let mut widths = [0_usize; 7];
    let mut charted: Vec<&ProductSummary> = Vec::new();
    let mut row = 0;
    for (title, positions) in [
        (words.up, &summary.movers.up),
        (words.down, &summary.movers.down),
    ] {
        book.title(&mut sheet, row, 0, title)?;
        row += 1;
        for ((column, heading), width) in (0..).zip(headings).zip(&mut widths) {
            *width = (*width).max(book.heading(&mut sheet, row, column, heading)?);
        }
        row += 1;
        let movers: Vec<&ProductSummary> = positions
            .iter()
            .filter_map(|at| summary.products.get(*at))
            .collect();
        for one in &movers {
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
        charted.extend(movers.into_iter().take(CHARTED));
    }
    set_widths(&mut sheet, &widths)?;
    sheet.set_landscape();
    if !charted.is_empty() {
        chart(book, &mut sheet, &mut charted, words)?;
    }
    book.add(sheet);
    Ok(())
}

/// A bar chart needs its values in one place: they stand beneath the chart, the most fallen
/// first, because a bar chart begins at the bottom.
fn chart(
    book: &mut Book,
    sheet: &mut rust_xlsxwriter::Worksheet,
    charted: &mut [&ProductSummary],
    words: &Words,
) -> Result<(), WriteError> {
    const NAMES: u16 = 9;
    charted.sort_by_key(|product| product.change_percent);
    book.heading(sheet, 1, NAMES, words.product)?;
    book.heading(sheet, 1, NAMES + 1, words.change_percent)?;
    let mut row = 2;
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
        .set_categories((name.as_str(), 2, NAMES, row - 1, NAMES))
        .set_values((name.as_str(), 2, NAMES + 1, row - 1, NAMES + 1))
        .set_gap(40)
        .set_points(&points);
    chart.title().set_name(words.movers_title);
    chart.legend().set_hidden();
    // Which axis is the horizontal one in a bar chart differs between programs.
    for axis in [Chart::x_axis, Chart::y_axis] {
        axis(&mut chart)
            .set_num_format("0%")
            .set_label_position(ChartAxisLabelPosition::Low);
    }
    chart
        .set_width(760)
        .set_height(u32::try_from(charted.len() * 26 + 120).unwrap_or(640))
        .set_alt_text(words.movers_title);
    sheet.insert_chart(1, 8, &chart)?;
    Ok(())
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(28).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
