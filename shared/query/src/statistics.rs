//! `mean()`, `median()` and `stddev()` in SQL, exact: no binary fraction on the way.
//!
//! They take whole numbers and decimal texts, leave NULL out, and refuse binary fractions. The
//! result is a decimal text with at most [`PLACES`] digits after the point, rounded half to even;
//! NULL without values.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::Decimal;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use crate::numbers::{decimal, divide, square_root};

/// Digits after the point of a mean and a deviation.
const PLACES: u32 = 6;
const UNITS: i128 = 10_i128.pow(PLACES);

/// What is reported of values that leave the range of 128 bits.
const TOO_LARGE: &str = "the numbers are too large for an exact result";

pub(crate) fn failed(reason: impl Into<String>) -> Error {
    let reason: Box<dyn std::error::Error + Send + Sync> = reason.into().into();
    Error::UserFunctionError(reason)
}

/// The number of an argument, in millionths; `None` of NULL.
fn number(value: ValueRef<'_>, function: &str) -> Result<Option<i128>> {
    let read = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => return Ok(Some(i128::from(number) * UNITS)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| Decimal::from_str_exact(text).ok())
            .map(|number| number.normalize()),
        ValueRef::Real(_) | ValueRef::Blob(_) => None,
    };
    let number = read
        .filter(|number| number.scale() <= PLACES)
        .ok_or_else(|| {
            failed(format!(
                "{function}() takes whole numbers and decimal texts of at most {PLACES} decimals"
            ))
        })?;
    let shift = 10_i128.pow(PLACES - number.scale());
    number
        .mantissa()
        .checked_mul(shift)
        .map(Some)
        .ok_or_else(|| failed(TOO_LARGE))
}

fn text(millionths: i128) -> Result<Option<String>> {
    decimal(millionths, PLACES)
        .map(|number| Some(number.normalize().to_string()))
        .ok_or_else(|| failed(TOO_LARGE))
}

/// The sums of the values and of their squares, both from the first value on, so that they stay
/// small.
#[derive(Debug, Default)]
struct Sums {
    count: i128,
    first: i128,
    sum: i128,
    squares: i128,
    /// The finest unit that all values are multiples of: whole numbers need no millionths.
    unit: i128,
}

/// The mean, and the sample's standard deviation.
struct Moments {
    deviation: bool,
}

impl Aggregate<Sums, Option<String>> for Moments {
    fn init(&self, _: &mut Context<'_>) -> Result<Sums> {
        Ok(Sums {
            unit: UNITS,
            ..Sums::default()
        })
    }

    fn step(&self, context: &mut Context<'_>, sums: &mut Sums) -> Result<()> {
        let function = if self.deviation { "stddev" } else { "mean" };
        let Some(value) = number(context.get_raw(0), function)? else {
            return Ok(());
        };
        if sums.count == 0 {
            sums.first = value;
        }
        let too_large = || failed(TOO_LARGE);
        let offset = value.checked_sub(sums.first).ok_or_else(too_large)?;
        sums.count += 1;
        sums.sum = sums.sum.checked_add(offset).ok_or_else(too_large)?;
        if self.deviation {
            while offset % sums.unit != 0 {
                sums.unit /= 10;
                sums.squares = sums.squares.checked_mul(100).ok_or_else(too_large)?;
            }
            let units = offset / sums.unit;
            sums.squares = units
                .checked_mul(units)
                .and_then(|square| sums.squares.checked_add(square))
                .ok_or_else(too_large)?;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sums: Option<Sums>) -> Result<Option<String>> {
        let Some(sums) = sums.filter(|sums| sums.count > i128::from(self.deviation)) else {
            return Ok(None);
        };
        if !self.deviation {
            // first + sum / count, rounded once.
            let all = sums
                .first
                .checked_mul(sums.count)
                .and_then(|first| first.checked_add(sums.sum))
                .ok_or_else(|| failed(TOO_LARGE))?;
            return text(divide(all, sums.count));
        }
        deviation(&sums)
            .ok_or_else(|| failed(TOO_LARGE))
            .and_then(text)
    }
}

/// √((n·Σd² − (Σd)²) / (n·(n−1))), in millionths.
fn deviation(sums: &Sums) -> Option<i128> {
    let sum = sums.sum / sums.unit;
    let above = sums
        .count
        .checked_mul(sums.squares)?
        .checked_sub(sum.checked_mul(sum)?)?;
    let below = sums.count.checked_mul(sums.count - 1)?;
    // The variance in squared millionths: one unit is `unit` of them.
    let factor = sums.unit.checked_mul(sums.unit)?;
    let whole = (above / below).checked_mul(factor)?;
    let rest = (above % below).checked_mul(factor)? / below;
    let variance = u128::try_from(whole.checked_add(rest)?).ok()?;
    i128::try_from(square_root(variance)).ok()
}

/// The values of a median; what it holds counts against all medians of the statement.
struct Values {
    values: Vec<i128>,
    held: Arc<AtomicUsize>,
}

impl Drop for Values {
    fn drop(&mut self) {
        self.held.fetch_sub(self.values.len(), Ordering::Relaxed);
    }
}

struct Median {
    held: Arc<AtomicUsize>,
    most: usize,
}

impl Aggregate<Values, Option<String>> for Median {
    fn init(&self, _: &mut Context<'_>) -> Result<Values> {
        Ok(Values {
            values: Vec::new(),
            held: Arc::clone(&self.held),
        })
    }

    fn step(&self, context: &mut Context<'_>, kept: &mut Values) -> Result<()> {
        let Some(value) = number(context.get_raw(0), "median")? else {
            return Ok(());
        };
        kept.values.push(value);
        if self.held.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(failed(format!(
                "median() holds more than {} values",
                self.most
            )));
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, kept: Option<Values>) -> Result<Option<String>> {
        let Some(mut kept) = kept else {
            return Ok(None);
        };
        let count = kept.values.len();
        if count == 0 {
            return Ok(None);
        }
        let (below, middle, _) = kept.values.select_nth_unstable(count / 2);
        let middle = *middle;
        if count % 2 == 1 {
            return text(middle);
        }
        let lower = below.iter().max().copied().unwrap_or(middle);
        text(divide(lower + middle, 2))
    }
}

/// Gives a connection the three functions.
pub(crate) fn add(database: &Connection, median_values: usize) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    database.create_aggregate_function("mean", 1, flags, Moments { deviation: false })?;
    database.create_aggregate_function("stddev", 1, flags, Moments { deviation: true })?;
    let median = Median {
        held: Arc::default(),
        most: median_values,
    };
    database.create_aggregate_function("median", 1, flags, median)
}
