//! Writes an archive file, row by row.

use std::fmt::Display;
use std::io::{Error, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use jiff::civil::DateTime;
use model::Outcome;

use crate::row::whole_seconds;
use crate::{COLUMNS, Row};

/// Writes rows as gzipped CSV (RFC 4180) into `W`. The same rows give the same bytes.
pub struct Writer<W: Write> {
    csv: csv::Writer<GzEncoder<W>>,
    cell: String,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file with its header.
    pub fn new(to: W) -> Result<Self, Error> {
        // No time and no name in the header of the stream.
        let gzip = GzBuilder::new().mtime(0).write(to, Compression::new(5));
        let mut csv = csv::Writer::from_writer(gzip);
        csv.write_record(COLUMNS.iter().map(|column| column.name))?;
        Ok(Self {
            csv,
            cell: String::new(),
            rows: 0,
        })
    }

    /// Appends a row.
    pub fn write(&mut self, row: &Row) -> Result<(), Error> {
        let seen = &row.observation;
        let offer = row.price();
        let failure = match &seen.outcome {
            Outcome::Failure(failure) => Some(failure),
            Outcome::Price(_) => None,
        };
        self.value(Some(seen.run.slot))?;
        self.value(Some(local(row.slot_local)))?;
        self.value(Some(row.generation))?;
        self.value(Some(&seen.product))?;
        self.value(row.item.as_ref())?;
        self.text(Some(&seen.name))?;
        self.text(seen.category.as_deref())?;
        self.text(seen.vendor.as_deref())?;
        self.text(row.url.as_deref())?;
        self.text(row.source.as_deref())?;
        self.value(row.pack.map(|pack| pack.quantity))?;
        self.value(row.pack.map(|pack| pack.unit))?;
        self.value(row.costs.map(|costs| costs.shipping))?;
        self.value(row.costs.and_then(|costs| costs.free_from))?;
        self.value(Some(whole_seconds(seen.fetched_at)))?;
        self.value(Some(local(row.fetched_local)))?;
        self.text(Some(if offer.is_some() { "price" } else { "failure" }))?;
        self.value(offer.map(|offer| offer.price.amount))?;
        self.text(offer.map(|offer| offer.price.currency.code()))?;
        self.text(
            offer
                .and_then(|offer| offer.availability)
                .map(model::Availability::name),
        )?;
        self.value(row.list_amount.filter(|_| offer.is_some()))?;
        self.text(failure.map(|failure| failure.reason.name()))?;
        self.text(failure.map(|failure| failure.detail.as_str()))?;
        self.text(row.unconfirmed().map(model::Unconfirmed::name))?;
        self.text(seen.void.as_ref().map(|void| void.reason.as_str()))?;
        self.value(row.previous().map(|previous| previous.price.amount))?;
        self.text(
            row.previous()
                .map(|previous| previous.price.currency.code()),
        )?;
        self.value(row.previous().map(|previous| previous.slot))?;
        self.value(Some(row.imported))?;
        self.csv.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }

    /// The rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file and gives back what it was written into.
    pub fn finish(self) -> Result<W, Error> {
        self.csv
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?
            .finish()
    }

    fn text(&mut self, text: Option<&str>) -> Result<(), Error> {
        Ok(self.csv.write_field(text.unwrap_or_default())?)
    }

    fn value(&mut self, value: Option<impl Display>) -> Result<(), Error> {
        use std::fmt::Write as _;
        self.cell.clear();
        if let Some(value) = value {
            write!(self.cell, "{value}").map_err(Error::other)?;
        }
        Ok(self.csv.write_field(&self.cell)?)
    }
}

fn local(at: DateTime) -> impl Display {
    at.strftime("%Y-%m-%d %H:%M:%S")
}
