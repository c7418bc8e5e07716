//! Products by vendors: what each asks for the same thing.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::words::{PRINTED_ROWS, Words};
use crate::figures::finish::percent;
use crate::figures::summary::{OfferPrice, ProductSummary};
use crate::write::{Book, Cell, Heading, WriteError};
use crate::{Language, Summary};

/// How many vendors have a column, and how many of them are printed.
const VENDORS: usize = 200;
const PRINTED: usize = 9;

/// The sheet; none when no product has several vendors.
pub(super) fn write(book: &mut Book, summary: &Summary, words: &Words) -> Result<(), WriteError> {
    let mut compared: Vec<(Option<Decimal>, usize)> = Vec::new();
    for (at, one) in summary.products.iter().enumerate() {
        if one.offers.len() > 1 {
            compared.push((spread(&one).map(|(_, spread)| spread), at));
        }
    }
    if compared.is_empty() {
        return Ok(());
    }
    compared.sort_by(|(one, at), (other, other_at)| other.cmp(one).then(at.cmp(other_at)));
    let vendors = vendors(summary);
    let has_currency = summary.currencies.iter().any(|one| one.currency.is_some());
    let mut headings: Vec<Heading<'_>> = vec![words.product.into()];
    if has_currency {
        headings.push(words.currency.into());
    }
    headings.extend([
        Heading::right(words.lowest_price),
        words.lowest_vendor.into(),
        Heading::right(words.spread),
    ]);
    let fixed = headings.len();
    headings.extend(vendors.iter().map(|vendor| Heading::right(vendor)));
    let mut table = book.table(words.compare, &headings)?;
    table.freeze_columns(1)?;
    table.print_rows(PRINTED_ROWS);
    let mut footer = words.compare_footer.to_owned();
    footer.push_str(&words.printed_rows(compared.len()));
    let all = vendors.len();
    if all > PRINTED {
        let _ = if words.language == Language::Ko {
            write!(footer, " 인쇄: 판매처 {all}곳 중 {PRINTED}곳.")
        } else {
            write!(footer, " Printed: {PRINTED} of {all} vendors.")
        };
        table.print_columns(u16::try_from(fixed + PRINTED).unwrap_or(u16::MAX));
    }
    table.footer(&footer);
    for (_, at) in compared {
        let Some(one) = summary.products.get(at) else {
            continue;
        };
        let (lowest, spread) = match spread(&one) {
            Some((lowest, spread)) => (Some(lowest), Some(spread)),
            None => (None, None),
        };
        let cheapest: Vec<&str> = one
            .offers
            .iter()
            .filter(|offer| offer.is_current && Some(offer.price) == lowest)
            .map(|offer| &*offer.vendor)
            .collect();
        let cheapest = cheapest.join(", ");
        let mut cells = vec![Cell::Text(&one.product)];
        if has_currency {
            let code = one.currency.map_or("", |currency| currency.code());
            cells.push(Cell::Text(code));
        }
        cells.extend([
            lowest.map_or(Cell::Empty, |lowest| Cell::Amount(lowest, one.currency)),
            Cell::Text(&cheapest),
            spread.map_or(Cell::Empty, Cell::Share),
        ]);
        cells.resize(headings.len(), Cell::Empty);
        for offer in &one.offers {
            let column = vendors.iter().position(|vendor| **vendor == *offer.vendor);
            if let Some(cell) = column.and_then(|column| cells.get_mut(fixed + column)) {
                *cell = price(offer, lowest, &one);
            }
        }
        book.row(&mut table, &cells)?;
    }
    book.end(table)
}

fn price(offer: &OfferPrice, lowest: Option<Decimal>, one: &ProductSummary) -> Cell<'static> {
    if !offer.is_current {
        Cell::Faded(offer.price, one.currency)
    } else if Some(offer.price) == lowest {
        Cell::Marked(offer.price, one.currency)
    } else {
        Cell::Amount(offer.price, one.currency)
    }
}

/// The lowest last price and how much higher the highest one is, in percent; none unless two
/// vendors still have the product.
fn spread(one: &ProductSummary) -> Option<(Decimal, Decimal)> {
    let current = || one.offers.iter().filter(|offer| offer.is_current);
    let prices = || current().map(|offer| offer.price);
    let (lowest, highest) = (prices().min()?, prices().max()?);
    if current().count() < 2 {
        return None;
    }
    Some((lowest, percent(highest.checked_sub(lowest)?, lowest)?))
}

/// The vendors, first those with most products to compare.
fn vendors(summary: &Summary) -> Vec<&str> {
    let mut counts: Vec<(u64, &str)> = Vec::new();
    for one in &summary.vendors {
        // They are sorted by name: a vendor in two currencies stands there twice in a row.
        match counts.last_mut() {
            Some((count, vendor)) if **vendor == *one.vendor => *count += one.compared,
            _ => counts.push((one.compared, &one.vendor)),
        }
    }
    counts.retain(|(count, _)| *count > 0);
    counts.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    counts.truncate(VENDORS);
    counts.into_iter().map(|(_, vendor)| vendor).collect()
}
