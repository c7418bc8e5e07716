//! The tables that templates read, in a file of SQLite, filled from the archive.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use model::{Currency, Decimal};
use rusqlite::{Connection, OpenFlags, Statement, params};

use crate::numbers::minor_units;
use crate::{Limits, QueryError};

/// What the tables hold, for people who write templates; it is the statement that makes them.
pub const SCHEMA: &str = include_str!("schema.sql");

/// The columns of the archive that the tables are made of.
const WANTED: [&str; 24] = [
    "slot",
    "slot_local",
    "product",
    "item",
    "name",
    "category",
    "vendor",
    "url",
    "source",
    "pack_quantity",
    "pack_unit",
    "shipping",
    "free_from",
    "fetched",
    "amount",
    "currency",
    "availability",
    "list_amount",
    "reason",
    "unconfirmed",
    "void",
    "previous_amount",
    "previous_currency",
    "imported",
];

/// A database that is being filled, and then asked.
#[derive(Debug)]
pub struct Database {
    writer: Option<Connection>,
    path: PathBuf,
    pub(crate) zone: TimeZone,
    /// What is stored of each product, as a hash: most rows change nothing about it.
    products: HashMap<String, u64>,
    rows: u64,
}

impl Database {
    /// Makes an empty one in a new file. The owner is in `zone`.
    pub fn create(path: &Path, zone: TimeZone) -> Result<Self, QueryError> {
        let writer = Connection::open(path).map_err(QueryError::Database)?;
        // Whoever dies while filling begins anew with another file.
        let pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
            PRAGMA cache_size = -8000; PRAGMA locking_mode = EXCLUSIVE;";
        writer
            .execute_batch(&format!("{pragmas} {SCHEMA} BEGIN;"))
            .map_err(QueryError::Database)?;
        Ok(Self {
            writer: Some(writer),
            path: path.to_owned(),
            zone,
            products: HashMap::new(),
            rows: 0,
        })
    }

    /// The observations so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds an archive file of a schedule. Files come in the order of their slots, so that what is
    /// known of a product is what was known last.
    pub fn fill(&mut self, schedule: &str, file: impl Read) -> Result<(), QueryError> {
        let Some(writer) = &self.writer else {
            return Err(QueryError::Failed(
                "the database is filled already".to_owned(),
            ));
        };
        let mut reader = archive::Reader::new(file, WANTED)?;
        let mut insert = writer
            .prepare_cached(
                "INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .map_err(QueryError::Database)?;
        let mut upsert = writer
            .prepare_cached(
                "INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .map_err(QueryError::Database)?;
        while let Some(row) = reader.next_row()? {
            insert_price(&mut insert, schedule, &row)?;
            self.rows += 1;
            let mut hasher = DefaultHasher::new();
            (&row[3..13], row[15]).hash(&mut hasher);
            let hash = hasher.finish();
            if self.products.get(row[2]) != Some(&hash) {
                upsert_product(&mut upsert, &row)?;
                self.products.insert(row[2].to_owned(), hash);
            }
        }
        Ok(())
    }

    /// Ends filling: from here on it is only read.
    pub(crate) fn finish(&mut self) -> Result<(), QueryError> {
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        self.products = HashMap::new();
        writer
            .execute_batch(
                "INSERT INTO items SELECT item, count(*) FROM products
                   WHERE item IS NOT NULL GROUP BY item;
                 COMMIT;
                 CREATE INDEX prices_of_product ON prices (product, slot);
                 ANALYZE;",
            )
            .map_err(QueryError::Database)?;
        writer
            .close()
            .map_err(|(_, error)| QueryError::Database(error))
    }

    /// A connection that only reads.
    pub(crate) fn reader(&self, limits: &Limits) -> Result<Connection, QueryError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let reader = Connection::open_with_flags(&self.path, flags)?;
            reader.execute_batch("PRAGMA cache_size = -8000; PRAGMA temp_store = FILE;")?;
            crate::functions::add(&reader, &self.zone, limits.median_values)?;
            Ok(reader)
        };
        open().map_err(QueryError::Database)
    }
}

fn insert_price(
    insert: &mut Statement<'_>,
    schedule: &str,
    row: &[&str; WANTED.len()],
) -> Result<(), QueryError> {
    let [
        slot,
        slot_local,
        product,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        fetched,
        amount,
        currency,
        availability,
        list_amount,
        reason,
        unconfirmed,
        void,
        previous,
        previous_currency,
        imported,
    ] = *row;
    let units = minor(amount, currency)?;
    let counted = !amount.is_empty() && unconfirmed.is_empty() && void.is_empty();
    insert
        .execute(params![
            slot,
            slot_local.get(..10).unwrap_or(slot_local),
            schedule,
            product,
            fetched,
            counted,
            units,
            some(amount),
            some(currency),
            some(availability),
            minor(list_amount, currency)?,
            some(reason),
            some(unconfirmed),
            some(void),
            // A change is one within a currency.
            (previous_currency == currency)
                .then(|| minor(previous, currency))
                .transpose()?
                .flatten(),
            some(previous_currency),
            imported == "true",
        ])
        .map_err(QueryError::Database)?;
    Ok(())
}

fn upsert_product(
    upsert: &mut Statement<'_>,
    row: &[&str; WANTED.len()],
) -> Result<(), QueryError> {
    let [
        _,
        _,
        product,
        item,
        name,
        category,
        vendor,
        url,
        source,
        quantity,
        unit,
        shipping,
        free_from,
        ..,
    ] = *row;
    upsert
        .execute(params![
            product,
            some(item),
            name,
            some(category),
            some(vendor),
            some(url),
            some(source),
            some(quantity),
            some(unit),
            some(shipping),
            some(free_from),
        ])
        .map_err(QueryError::Database)?;
    Ok(())
}

/// An empty cell is a value that is not there.
fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn minor(amount: &str, currency: &str) -> Result<Option<i64>, QueryError> {
    if amount.is_empty() {
        return Ok(None);
    }
    let wrong = |value: &str, expected| QueryError::ArchiveCell {
        value: value.chars().take(80).collect(),
        expected,
    };
    let code = Currency::from_code(currency).ok_or_else(|| wrong(currency, "a currency"))?;
    let exact = Decimal::from_str_exact(amount).map_err(|_| wrong(amount, "a decimal number"))?;
    Ok(minor_units(exact, code))
}
