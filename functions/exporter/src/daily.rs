//! The workbook of a run: its prices, and what failed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use jiff::tz::TimeZone;
use model::{Failure, Observation, Outcome, ProductId, RunId};
use workbook::write::{Book, Cell, ChangeColors};

/// Writes the workbook: a sheet *Prices* with a row a price, and, when something failed, a
/// sheet *Failures* with a row a failure or missing outcome. Rows are ordered by product id, so
/// that the same outcomes give the same rows.
pub(crate) fn workbook(
    to: &Path,
    run: &RunId,
    timezone: &TimeZone,
    outcomes: &BTreeMap<ProductId, Observation>,
    missing: &BTreeSet<ProductId>,
) -> Result<()> {
    let local = run.slot.instant().to_zoned(timezone.clone());
    let title = format!("Prices of {}", local.strftime("%Y-%m-%d %H:%M"));
    let mut book = Book::new(&title, ChangeColors::GreenUp);
    prices(&mut book, timezone, outcomes)?;
    failures(&mut book, outcomes, missing)?;
    book.save(to)?;
    Ok(())
}

fn prices(
    book: &mut Book,
    timezone: &TimeZone,
    outcomes: &BTreeMap<ProductId, Observation>,
) -> Result<()> {
    let headings = [
        "Product",
        "Name",
        "Category",
        "Vendor",
        "Price",
        "Currency",
        "Availability",
        "Fetched at",
        "Found in",
        "Remark",
    ];
    let mut table = book.table("Prices", &headings)?;
    for (product, seen) in outcomes {
        let Outcome::Price(offer) = &seen.outcome else {
            continue;
        };
        let fetched_at = seen.fetched_at.to_zoned(timezone.clone()).datetime();
        let [product, name, category, vendor] = identity(product, seen);
        let row = [
            product,
            name,
            category,
            vendor,
            Cell::Amount(offer.price.amount, Some(offer.price.currency)),
            Cell::Text(offer.price.currency.code()),
            text(offer.availability.map(model::Availability::name)),
            Cell::DateTime(fetched_at),
            Cell::Text(&offer.found_in),
            text(seen.unconfirmed.map(|_| "unconfirmed")),
        ];
        book.row(&mut table, &row)?;
    }
    Ok(book.end(table)?)
}

fn failures(
    book: &mut Book,
    outcomes: &BTreeMap<ProductId, Observation>,
    missing: &BTreeSet<ProductId>,
) -> Result<()> {
    let failed = outcomes
        .iter()
        .filter_map(|(product, seen)| match &seen.outcome {
            Outcome::Failure(failure) => Some((product, seen, failure)),
            Outcome::Price(_) => None,
        });
    let mut failed = failed.peekable();
    if failed.peek().is_none() && missing.is_empty() {
        return Ok(());
    }
    let headings = [
        "Product",
        "Name",
        "Category",
        "Vendor",
        "Reason",
        "What it means",
        "Detail",
    ];
    let mut table = book.table("Failures", &headings)?;
    for (product, seen, Failure { reason, detail }) in failed {
        let [product, name, category, vendor] = identity(product, seen);
        let row = [
            product,
            name,
            category,
            vendor,
            Cell::Text(reason.name()),
            Cell::Text(reason.sentence()),
            Cell::Text(detail),
        ];
        book.row(&mut table, &row)?;
    }
    for product in missing {
        let row = [
            Cell::Text(product.as_str()),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Text("missing"),
            Cell::Text("The run was closed before this job had an outcome."),
            Cell::Empty,
        ];
        book.row(&mut table, &row)?;
    }
    Ok(book.end(table)?)
}

fn identity<'a>(product: &'a ProductId, seen: &'a Observation) -> [Cell<'a>; 4] {
    [
        Cell::Text(product.as_str()),
        Cell::Text(&seen.name),
        text(seen.category.as_deref()),
        text(seen.vendor.as_deref()),
    ]
}

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, Cell::Text)
}
