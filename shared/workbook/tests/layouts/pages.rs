//! The same prices in the layouts that people use.

use crate::data::{DAYS, FIRST_DAY, Price, Words, calendar};
use crate::files::Page;

/// A long table from a row on: its columns in the order of `columns`, of which each writes a cell.
pub(crate) type Column<'a> = (&'a str, &'a dyn Fn(&mut Page, u32, u16, &Price));

fn table<'p>(
    page: &mut Page,
    (top, left): (u32, u16),
    columns: &[Column<'_>],
    prices: impl IntoIterator<Item = &'p Price>,
) -> u32 {
    for (at, (heading, _)) in (left..).zip(columns) {
        page.text(top, at, heading);
    }
    let mut row = top + 1;
    for price in prices {
        for (at, (_, write)) in (left..).zip(columns) {
            write(page, row, at, price);
        }
        row += 1;
    }
    row
}

fn serial(price: &Price) -> i64 {
    FIRST_DAY + 7 * price.day as i64
}

pub(crate) fn date(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.date(row, column, serial(price));
}

pub(crate) fn product(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.text(row, column, &price.product);
}

pub(crate) fn category(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.text(row, column, price.category);
}

pub(crate) fn vendor(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.text(row, column, price.vendor);
}

pub(crate) fn amount(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.number(row, column, price.amount as f64);
}

pub(crate) fn thousands(page: &mut Page, row: u32, column: u16, price: &Price) {
    page.number(row, column, price.amount as f64 / 1_000.0);
}

/// The columns that every long table has, with its own dates and prices.
pub(crate) fn long(
    words: &Words,
    prices: &[Price],
    top: u32,
    dates: Column<'_>,
    amounts: Column<'_>,
) -> Page {
    let mut page = Page::new("Sheet1");
    let columns: [Column<'_>; 5] = [
        dates,
        (words.product, &product),
        (words.category, &category),
        (words.vendor, &vendor),
        amounts,
    ];
    table(&mut page, (top, 0), &columns, prices);
    page
}

pub(crate) fn plain(words: &Words, prices: &[Price]) -> Page {
    long(
        words,
        prices,
        0,
        (words.date, &date),
        (words.price, &amount),
    )
}

/// Dates as texts of any kind.
pub(crate) fn text_dates(
    words: &Words,
    prices: &[Price],
    top: u32,
    show: impl Fn(i64, i64) -> String,
) -> Page {
    let write = |page: &mut Page, row: u32, column: u16, price: &Price| {
        let (month, day) = calendar(price.day);
        page.text(row, column, &show(month, day));
    };
    long(
        words,
        prices,
        top,
        (words.date, &write),
        (words.price, &amount),
    )
}

pub(crate) fn text_prices(words: &Words, prices: &[Price], show: impl Fn(i64) -> String) -> Page {
    let write = |page: &mut Page, row: u32, column: u16, price: &Price| {
        page.text(row, column, &show(price.amount));
    };
    long(words, prices, 0, (words.date, &date), (words.price, &write))
}

/// Year, month and day in columns of their own.
pub(crate) fn date_parts(words: &Words, prices: &[Price]) -> Page {
    let part = |at: usize| {
        move |page: &mut Page, row: u32, column: u16, price: &Price| {
            let (month, day) = calendar(price.day);
            page.number(row, column, [2_026, month, day][at] as f64);
        }
    };
    let headings = if words.korean {
        ["년", "월", "일"]
    } else {
        ["Year", "Month", "Day"]
    };
    let (year, month, day) = (part(0), part(1), part(2));
    let mut page = Page::new("Sheet1");
    let columns: [Column<'_>; 7] = [
        (headings[0], &year),
        (headings[1], &month),
        (headings[2], &day),
        (words.product, &product),
        (words.category, &category),
        (words.vendor, &vendor),
        (words.price, &amount),
    ];
    table(&mut page, (0, 0), &columns, prices);
    page
}

/// Quantity, price and amount.
pub(crate) fn with_amounts(words: &Words, prices: &[Price]) -> Page {
    let quantity = |price: &Price| (price.amount / 10 % 4 + 1) as f64;
    let write_quantity = |page: &mut Page, row: u32, column: u16, price: &Price| {
        page.number(row, column, quantity(price));
    };
    let write_amount = |page: &mut Page, row: u32, column: u16, price: &Price| {
        page.number(row, column, quantity(price) * price.amount as f64);
    };
    let headings = if words.korean {
        ["수량", "단가", "금액"]
    } else {
        ["Qty", "Rate", "Value"]
    };
    let mut page = Page::new("Sheet1");
    let columns: [Column<'_>; 7] = [
        (words.date, &date),
        (words.product, &product),
        (words.category, &category),
        (words.vendor, &vendor),
        (headings[0], &write_quantity),
        (headings[1], &amount),
        (headings[2], &write_amount),
    ];
    table(&mut page, (0, 0), &columns, prices);
    page
}

/// A number a record before everything else.
pub(crate) fn with_record_numbers(words: &Words, prices: &[Price]) -> Page {
    let next = std::cell::Cell::new(1_000_i64);
    let number = |page: &mut Page, row: u32, column: u16, _: &Price| {
        next.set(next.get() + if next.get() % 7 == 0 { 3 } else { 1 });
        page.number(row, column, next.get() as f64);
    };
    let mut page = Page::new("Sheet1");
    let columns: [Column<'_>; 6] = [
        ("ID", &number),
        (words.date, &date),
        (words.product, &product),
        (words.category, &category),
        (words.vendor, &vendor),
        (words.price, &amount),
    ];
    table(&mut page, (0, 0), &columns, prices);
    page
}

/// Rows of product and shop, a column a day.
pub(crate) fn wide_by_day(
    words: &Words,
    prices: &[Price],
    only: Option<&str>,
    heading: &dyn Fn(&mut Page, u16, usize),
) -> Page {
    let mut page = Page::new("Sheet1");
    let names = [words.product, words.category, words.vendor];
    let names = if only.is_some() {
        &names[..2]
    } else {
        &names[..]
    };
    let first = names.len() as u16;
    for (column, name) in (0..).zip(names) {
        page.text(0, column, name);
    }
    for day in 0..DAYS {
        heading(&mut page, first + day as u16, day);
    }
    let first_day = prices
        .iter()
        .filter(|price| price.day == 0 && only.is_none_or(|only| only == price.vendor));
    for (row, one) in (1..).zip(first_day) {
        product(&mut page, row, 0, one);
        category(&mut page, row, 1, one);
        if only.is_none() {
            vendor(&mut page, row, 2, one);
        }
        for price in prices
            .iter()
            .filter(|price| price.product == one.product && price.vendor == one.vendor)
        {
            amount(&mut page, row, first + price.day as u16, price);
        }
    }
    page
}

/// Rows of day and product, columns of each shop; with `over` also a row above and further
/// columns of each shop.
pub(crate) fn wide_by_vendor(words: &Words, prices: &[Price], over: bool) -> Page {
    let mut page = Page::new("Sheet1");
    let (head, width) = if over { (1, 2) } else { (0, 1) };
    for (column, name) in (0..).zip([words.date, words.product, words.category]) {
        page.text(head, column, name);
    }
    let of = |vendor: &str| {
        words.vendors.iter().position(|one| *one == vendor).unwrap() as u16 * width + 3
    };
    let delivery = if words.korean {
        "배송비"
    } else {
        "Delivery"
    };
    for name in words.vendors {
        let column = of(name);
        page.text(0, column, name);
        if over {
            page.merges.push((0, column, 0, column + 1));
            page.text(1, column, words.price);
            page.text(1, column + 1, delivery);
        }
    }
    let mut row = head;
    for price in prices {
        let column = of(price.vendor);
        if column == 3 {
            row += 1;
            date(&mut page, row, 0, price);
            product(&mut page, row, 1, price);
            category(&mut page, row, 2, price);
        }
        amount(&mut page, row, column, price);
        if over {
            page.number(row, column + 1, 3_000.0);
        }
    }
    page
}

/// A row a product, columns of each shop and day: with shops over days, or with days over shops.
pub(crate) fn wide_by_both(words: &Words, prices: &[Price], days_over: bool) -> Page {
    let mut page = Page::new("Sheet1");
    page.text(1, 0, words.product);
    page.text(1, 1, words.category);
    let mut rows: Vec<&str> = Vec::new();
    for price in prices {
        let shop = words
            .vendors
            .iter()
            .position(|one| *one == price.vendor)
            .unwrap();
        let (outer, inner, width) = if days_over {
            (price.day, shop, words.vendors.len())
        } else {
            (shop, price.day, DAYS)
        };
        let column = 2 + (outer * width + inner) as u16;
        let (day_row, shop_row) = if days_over { (0, 1) } else { (1, 0) };
        if days_over == (inner == 0) || day_row == 1 {
            date(&mut page, day_row, column, price);
        }
        if days_over != (inner == 0) || shop_row == 1 {
            page.text(shop_row, column, price.vendor);
        }
        let row = rows
            .iter()
            .position(|one| *one == price.product)
            .unwrap_or_else(|| {
                rows.push(&price.product);
                rows.len() - 1
            });
        let row = row as u32 + 2;
        product(&mut page, row, 0, price);
        category(&mut page, row, 1, price);
        amount(&mut page, row, column, price);
    }
    if days_over {
        page.cells
            .retain(|(row, column), _| *row != 0 || (column - 2).is_multiple_of(4));
    } else {
        page.cells
            .retain(|(row, column), _| *row != 0 || (column - 2).is_multiple_of(DAYS as u16));
    }
    page
}

/// The prices of each of several groups, in the order in which they come.
pub(crate) fn groups(
    prices: &[Price],
    of: impl Fn(&Price) -> String,
) -> Vec<(String, Vec<&Price>)> {
    let mut groups: Vec<(String, Vec<&Price>)> = Vec::new();
    for price in prices {
        let name = of(price);
        match groups.iter_mut().find(|(one, _)| *one == name) {
            Some((_, group)) => group.push(price),
            None => groups.push((name, vec![price])),
        }
    }
    groups
}

/// Every column but one, which a sheet's name, a band or a label says.
pub(crate) fn columns_without<'a>(words: &'a Words, without: &str) -> Vec<Column<'a>> {
    let all: [Column<'a>; 5] = [
        (words.date, &date),
        (words.product, &product),
        (words.category, &category),
        (words.vendor, &vendor),
        (words.price, &amount),
    ];
    all.into_iter()
        .filter(|(heading, _)| *heading != without)
        .collect()
}

/// A sheet a group.
pub(crate) fn sheets(
    words: &Words,
    without: &str,
    groups: &[(String, Vec<&Price>)],
    title: bool,
) -> Vec<Page> {
    let one = |(at, (name, prices)): (usize, &(String, Vec<&Price>))| {
        let sheet = if title {
            format!("Sheet{}", at + 1)
        } else {
            name.clone()
        };
        let mut page = Page::new(&sheet);
        if title {
            page.text(0, 0, name);
        }
        let top = if title { 2 } else { 0 };
        table(
            &mut page,
            (top, 0),
            &columns_without(words, without),
            prices.iter().copied(),
        );
        page
    };
    groups.iter().enumerate().map(one).collect()
}

/// A line above the rows of each group; with `headings` each group has its own.
pub(crate) fn bands(
    words: &Words,
    without: &str,
    groups: &[(String, Vec<&Price>)],
    headings: bool,
    mark: &str,
) -> Page {
    let mut page = Page::new("Sheet1");
    let columns = columns_without(words, without);
    let mut row = 0;
    for (at, (name, prices)) in groups.iter().enumerate() {
        if at == 0 && !headings {
            for (column, (heading, _)) in (0..).zip(&columns) {
                page.text(row, column, heading);
            }
            row += 1;
        }
        page.text(row, 0, &format!("{mark}{name}"));
        row += 1;
        let mut part = Page::new("");
        let end = table(&mut part, (row, 0), &columns, prices.iter().copied());
        for ((at, column), cell) in part.cells {
            if headings {
                page.cells.insert((at, column), cell);
            } else if at > row {
                page.cells.insert((at - 1, column), cell);
            }
        }
        row = if headings { end + 1 } else { end - 1 };
    }
    page
}

/// A table a group side by side, each below its label.
pub(crate) fn side_by_side(words: &Words, without: &str, groups: &[(String, Vec<&Price>)]) -> Page {
    let mut page = Page::new("Sheet1");
    let columns = columns_without(words, without);
    for (at, (name, prices)) in groups.iter().enumerate() {
        let left = at as u16 * (columns.len() as u16 + 1);
        page.text(0, left, name);
        table(&mut page, (1, left), &columns, prices.iter().copied());
    }
    page
}

/// The dates and perhaps the categories only in the first row of each group, merged or not.
pub(crate) fn above(words: &Words, prices: &[Price], columns: &[u16], merged: bool) -> Page {
    let mut page = plain(words, prices);
    for column in columns {
        let mut first = 1;
        for row in 2..=prices.len() as u32 + 1 {
            let day = |row: u32| page.cells.get(&(row, 0)).cloned();
            let same = page.cells.get(&(row, *column)).is_some_and(|cell| {
                Some(cell) == page.cells.get(&(first, *column)) && day(row) == day(first)
            });
            if !same {
                if merged && row - first > 1 {
                    page.merges.push((first, *column, row - 1, *column));
                }
                first = row;
            }
        }
    }
    let full = page.clone();
    for column in columns {
        for row in 2..=prices.len() as u32 {
            let same =
                |column: u16| full.cells.get(&(row, column)) == full.cells.get(&(row - 1, column));
            if same(*column) && same(0) {
                page.cells.remove(&(row, *column));
            }
        }
    }
    page
}

/// A total below each day, and one of all.
pub(crate) fn with_totals(words: &Words, prices: &[Price], dated: bool) -> Page {
    let mut page = Page::new("Sheet1");
    let mut row = 1;
    for (at, column) in columns_without(words, "").iter().enumerate() {
        page.text(0, at as u16, column.0);
    }
    for (name, group) in groups(prices, |price| price.day.to_string()) {
        for price in &group {
            for (at, column) in columns_without(words, "").iter().enumerate() {
                column.1(&mut page, row, at as u16, price);
            }
            row += 1;
        }
        if dated {
            date(&mut page, row, 0, group[0]);
            page.text(row, 1, words.total);
        } else {
            page.text(
                row,
                0,
                &format!("{} {}", name.parse::<i64>().unwrap() + 1, words.total),
            );
        }
        page.number(
            row,
            4,
            group.iter().map(|price| price.amount).sum::<i64>() as f64,
        );
        row += 1;
    }
    let label = if words.korean {
        "합계"
    } else {
        "Grand Total"
    };
    page.text(row, 0, label);
    page.number(
        row,
        4,
        prices.iter().map(|price| price.amount).sum::<i64>() as f64,
    );
    page
}

/// The headings again every 40 rows, as pages that were pasted have them.
pub(crate) fn headings_again(words: &Words, prices: &[Price]) -> Page {
    let mut page = Page::new("Sheet1");
    let mut row = 0;
    for part in prices.chunks(40) {
        row = table(&mut page, (row, 0), &columns_without(words, ""), part);
    }
    page
}
