//! The report's tables: products, categories, vendors, and the rows that are not in the figures.

use rust_decimal::Decimal;

use super::words::{PRINTED_ROWS, Words};
use crate::figures::summary::{CategoryMonth, Moment};
use crate::write::{Book, Cell, Heading, WriteError};
use crate::{Presence, Summary};

pub(super) fn date(at: Option<Moment>) -> Cell<'static> {
    at.and_then(Moment::civil).map_or(Cell::Empty, |at| {
        if at.time() == jiff::civil::Time::midnight() {
            Cell::Date(at.date())
        } else {
            Cell::DateTime(at)
        }
    })
}

/// What stands in the columns that are shown, of one thing for each column.
pub(super) fn shown<T>(
    all: impl IntoIterator<Item = T>,
    columns: &[(Heading<'_>, bool)],
) -> Vec<T> {
    let all = all.into_iter().zip(columns);
    let shown = all.filter(|(_, (_, shown))| *shown);
    shown.map(|(one, _)| one).collect()
}

/// The products, those that moved most first.
pub(super) fn products(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    let has = Columns::of(summary);
    let right = Heading::right;
    // What is printed comes first; a column in which nothing stands is left out.
    let columns: Vec<(Heading<'_>, bool)> = vec![
        (words.product.into(), true),
        (words.sku.into(), has.sku),
        (words.category.into(), has.category),
        (words.currency.into(), has.currency),
        (words.vendor.into(), has.vendor),
        (right(words.first), true),
        (right(words.first_date), has.date),
        (right(words.last), true),
        (right(words.last_date), has.date),
        (right(words.change), true),
        (right(words.change_percent), true),
        (words.presence.into(), has.presence),
        (words.course.into(), has.course),
    ];
    let printed = columns.iter().filter(|(_, shown)| *shown).count();
    let course_column = columns.iter().take(12).filter(|(_, shown)| *shown).count();
    let more = [
        (right(words.count), true),
        (right(words.minimum), true),
        (right(words.minimum_date), has.date),
        (right(words.maximum), true),
        (right(words.maximum_date), has.date),
        (right(words.mean), true),
        (right(words.median), true),
        (right(words.deviation), has.deviation),
    ];
    let columns: Vec<(Heading<'_>, bool)> = columns.into_iter().chain(more).collect();
    let seen = columns.iter().filter(|(_, shown)| *shown).count();
    let starts: Vec<String> = summary
        .courses
        .starts
        .iter()
        .map(|at| {
            at.civil()
                .map_or_else(String::new, |at| at.date().to_string())
        })
        .collect();
    let mut headings = shown(columns.iter().map(|one| one.0), &columns);
    if has.course {
        headings.extend(starts.iter().map(|start| right(start)));
    }
    let place = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let mut table = book.table(words.products, &headings)?;
    table.print_columns(place(printed));
    table.freeze_columns(1)?;
    table.print_rows(PRINTED_ROWS);
    let printed = words.printed_rows(summary.products.len());
    table.footer(&format!("{}{printed}", words.products_footer));
    if has.course {
        table.show_columns(place(seen));
        table.widen(place(course_column), 18);
    }
    for at in by_change(summary) {
        let Some(one) = summary.products.get(at) else {
            continue;
        };
        let course = summary.products.place_among_several(at);
        let course = course.and_then(|place| summary.courses.prices.get(&place));
        let compared = &one.compared;
        let cells = [
            Cell::Text(&one.product),
            Cell::Text(&one.sku),
            Cell::Text(&one.category),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Text(&compared.vendor),
            Cell::Amount(compared.first, one.currency),
            date(compared.first_date),
            Cell::Amount(compared.last, one.currency),
            date(compared.last_date),
            Cell::Amount(one.change, one.currency),
            one.change_percent.map_or(Cell::Empty, Cell::Percent),
            Cell::Text(words.presence(one.presence)),
            Cell::Empty,
            Cell::Count(one.count),
            Cell::Amount(one.minimum, one.currency),
            date(one.minimum_date),
            Cell::Amount(one.maximum, one.currency),
            date(one.maximum_date),
            Cell::Computed(one.mean, one.currency),
            Cell::Computed(one.median, one.currency),
            one.deviation.map_or(Cell::Empty, |deviation| {
                Cell::Computed(deviation, one.currency)
            }),
        ];
        let mut cells = shown(cells, &columns);
        if let Some(course) = course {
            cells.extend(
                course.iter().map(|price| {
                    price.map_or(Cell::Empty, |price| Cell::Amount(price, one.currency))
                }),
            );
            let last = place(seen + course.len().saturating_sub(1));
            table.course(place(course_column), (place(seen), last))?;
        }
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

/// The places of the products: those that moved, by how far, and then the others by name.
fn by_change(summary: &Summary) -> Vec<usize> {
    let mut moved: Vec<(Decimal, usize)> = summary
        .products
        .moved()
        .map(|(at, percent)| (percent.abs(), at))
        .collect();
    moved.sort_by(|(one, at), (other, other_at)| other.cmp(one).then(at.cmp(other_at)));
    let mut has_moved = vec![false; summary.products.len()];
    for (_, at) in &moved {
        if let Some(moved) = has_moved.get_mut(*at) {
            *moved = true;
        }
    }
    let others = has_moved.iter().enumerate().filter(|(_, moved)| !**moved);
    let others = others.map(|(at, _)| at);
    moved.iter().map(|(_, at)| *at).chain(others).collect()
}

/// In which columns of the products something stands.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each column")]
struct Columns {
    sku: bool,
    category: bool,
    currency: bool,
    vendor: bool,
    date: bool,
    course: bool,
    presence: bool,
    deviation: bool,
}

impl Columns {
    fn of(summary: &Summary) -> Self {
        let mut has = Self {
            date: summary.first_date.is_some(),
            course: summary.courses.starts.len() > 1 && !summary.courses.prices.is_empty(),
            ..Self::default()
        };
        for one in summary.products.iter() {
            has.sku |= !one.sku.is_empty() && *one.sku != *one.product;
            has.category |= !one.category.is_empty();
            has.currency |= one.currency.is_some();
            has.vendor |= !one.compared.vendor.is_empty();
            has.presence |= one.presence != Presence::Steady;
            has.deviation |= one.deviation.is_some();
        }
        has
    }
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

/// Every category in every month, on the products that it has in both of two months.
pub(super) fn categories(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    let has_months = summary.categories.iter().any(|one| one.month.is_some());
    let has_currency = summary.categories.iter().any(|one| one.currency.is_some());
    let columns: [(Heading<'_>, bool); 7] = [
        (words.category.into(), true),
        (words.month.into(), has_months),
        (words.currency.into(), has_currency),
        (Heading::right(words.count), true),
        (Heading::right(words.matched), has_months),
        (Heading::right(words.month_change), has_months),
        (Heading::right(words.index), has_months),
    ];
    let headings = shown(columns.map(|one| one.0), &columns);
    let mut table = book.table(words.categories, &headings)?;
    table.footer(words.categories_footer);
    for one in &summary.categories {
        let change = one
            .month_percent
            .map(|percent| percent - Decimal::ONE_HUNDRED);
        let cells = [
            Cell::Text(category(one, summary, words)),
            one.month.as_deref().map_or(Cell::Empty, Cell::Text),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Count(one.count),
            Cell::Count(one.matched),
            change.map_or(Cell::Empty, Cell::Percent),
            one.index
                .map_or(Cell::Empty, |index| Cell::Computed(index, None)),
        ];
        book.row(&mut table, &shown(cells, &columns))?;
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

/// The vendors, on the products that others have too; no sheet without any.
pub(super) fn vendors(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let all = &summary.vendors;
    if all.is_empty() {
        return Ok(());
    }
    let compares = all.iter().any(|one| one.compared > 0);
    let columns: [(Heading<'_>, bool); 10] = [
        (words.vendor.into(), true),
        (
            words.currency.into(),
            all.iter().any(|one| one.currency.is_some()),
        ),
        (Heading::right(words.count), true),
        (Heading::right(words.product_count), true),
        (Heading::right(words.compared_products), compares),
        (Heading::right(words.lowest_count), compares),
        (Heading::right(words.level), compares),
        (
            Heading::right(words.own_change),
            all.iter().any(|one| one.change_percent.is_some()),
        ),
        (
            Heading::right(words.first_date),
            summary.first_date.is_some(),
        ),
        (
            Heading::right(words.last_date),
            summary.first_date.is_some(),
        ),
    ];
    let headings = shown(columns.map(|one| one.0), &columns);
    let mut table = book.table(words.vendors, &headings)?;
    table.footer(words.vendors_footer);
    for one in all {
        let level = one.level_percent.map(|level| level - Decimal::ONE_HUNDRED);
        let cells = [
            Cell::Text(&one.vendor),
            Cell::Text(one.currency.map_or("", |currency| currency.code())),
            Cell::Count(one.count),
            Cell::Count(one.products),
            Cell::Count(one.compared),
            Cell::Count(one.lowest),
            level.map_or(Cell::Empty, Cell::Difference),
            one.change_percent.map_or(Cell::Empty, Cell::Percent),
            date(one.first_date),
            date(one.last_date),
        ];
        book.row(&mut table, &shown(cells, &columns))?;
    }
    book.end(table)
}

/// The rows that could not be read; no sheet without any.
pub(super) fn rejected(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    if summary.rejected.is_empty() {
        return Ok(());
    }
    let mut table = book.table(
        words.rejected,
        &[
            words.sheet.into(),
            Heading::right(words.row),
            words.cell.into(),
            words.product.into(),
            words.value.into(),
            words.reason.into(),
        ],
    )?;
    for one in &summary.rejected {
        let cells = [
            Cell::Text(&one.sheet),
            Cell::Count(one.row.into()),
            Cell::Text(&one.cell),
            Cell::Text(&one.product),
            Cell::Text(&one.value),
            Cell::Text(one.reason.sentence(summary.language)),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

/// The rows that add up others, which are no prices; no sheet without any.
pub(super) fn left_out(
    book: &mut Book,
    summary: &Summary,
    words: &Words,
) -> Result<(), WriteError> {
    if summary.totals.is_empty() {
        return Ok(());
    }
    let headings = [
        words.sheet.into(),
        Heading::right(words.row),
        words.label.into(),
        Heading::right(words.amount),
    ];
    let mut table = book.table(words.left_out, &headings)?;
    for one in &summary.totals {
        let cells = [
            Cell::Text(&one.sheet),
            Cell::Count(one.row.into()),
            Cell::Text(&one.label),
            one.amount
                .map_or(Cell::Empty, |amount| Cell::Amount(amount, None)),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}
