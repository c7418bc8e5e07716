//! The workbook of a run: its prices, and what failed.

use std::path::Path;

use anyhow::Result;
use jiff::tz::TimeZone;
use model::{Failure, Observation, Offer, Outcome, ProductId, RunId};
use workbook::write::{Book, Cell, ChangeColors, Table};

use crate::jobs::EndedJob;

const PRICES: [&str; 10] = [
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

const FAILURES: [&str; 7] = [
    "Product",
    "Name",
    "Category",
    "Vendor",
    "Reason",
    "What it means",
    "Detail",
];

/// A workbook that is being written: a sheet *Prices* with a row a price, and, when something
/// failed, a sheet *Failures* with a row a failure or missing outcome. Rows go to the disk as they
/// come, in their order, so that the same outcomes give the same rows.
pub(crate) struct DailyWorkbook {
    book: Book,
    prices: Table,
    failures: Option<Table>,
    timezone: TimeZone,
}

impl DailyWorkbook {
    /// The workbook of a run, without rows.
    pub(crate) fn new(run: &RunId, timezone: &TimeZone) -> Result<Self> {
        let local = run.slot.instant().to_zoned(timezone.clone());
        let title = format!("Prices of {}", local.strftime("%Y-%m-%d %H:%M"));
        let mut book = Book::new(&title, ChangeColors::GreenUp);
        let prices = book.table("Prices", &PRICES)?;
        Ok(Self {
            book,
            prices,
            failures: None,
            timezone: timezone.clone(),
        })
    }

    /// Appends a job.
    pub(crate) fn row(&mut self, job: &EndedJob) -> Result<()> {
        match &job.outcome {
            None => self.missing(&job.product),
            Some(seen) => match &seen.outcome {
                Outcome::Price(offer) => self.price(seen, offer),
                Outcome::Failure(failure) => self.failure(seen, failure),
            },
        }
    }

    /// Writes the file.
    pub(crate) fn save(mut self, to: &Path) -> Result<()> {
        self.book.end(self.prices)?;
        if let Some(failures) = self.failures {
            self.book.end(failures)?;
        }
        Ok(self.book.save(to)?)
    }

    fn price(&mut self, seen: &Observation, offer: &Offer) -> Result<()> {
        let fetched_at = seen.fetched_at.to_zoned(self.timezone.clone()).datetime();
        let [product, name, category, vendor] = identity(&seen.product, seen);
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
        Ok(self.book.row(&mut self.prices, &row)?)
    }

    fn failure(&mut self, seen: &Observation, failure: &Failure) -> Result<()> {
        let Failure { reason, detail } = failure;
        let [product, name, category, vendor] = identity(&seen.product, seen);
        self.failed(&[
            product,
            name,
            category,
            vendor,
            Cell::Text(reason.name()),
            Cell::Text(reason.sentence()),
            Cell::Text(detail),
        ])
    }

    fn missing(&mut self, product: &ProductId) -> Result<()> {
        self.failed(&[
            Cell::Text(product.as_str()),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Text("missing"),
            Cell::Text("The run was closed before this job had an outcome."),
            Cell::Empty,
        ])
    }

    fn failed(&mut self, row: &[Cell<'_>]) -> Result<()> {
        if self.failures.is_none() {
            self.failures = Some(self.book.table("Failures", &FAILURES)?);
        }
        if let Some(failures) = &mut self.failures {
            self.book.row(failures, row)?;
        }
        Ok(())
    }
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
