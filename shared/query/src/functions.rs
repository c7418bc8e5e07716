//! The functions that statements have beside SQLite's: of days where the owner is, and exact
//! percentages. NULL in gives NULL; what is no day or no number is an error that says so.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use crate::numbers::{decimal, divide};
use crate::statistics::failed;

/// Gives a connection all functions of ours.
pub(crate) fn add(database: &Connection, zone: &TimeZone, median_values: usize) -> Result<()> {
    crate::statistics::add(database, median_values)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    database.create_scalar_function("percent", 2, flags, percent)?;
    let owner = zone.clone();
    database.create_scalar_function("local_date", 1, flags, move |context| {
        Ok(instant(context)?.map(|at| owner.to_datetime(at).date().to_string()))
    })?;
    let owner = zone.clone();
    database.create_scalar_function("local_time", 1, flags, move |context| {
        let local = instant(context)?.map(|at| owner.to_datetime(at));
        Ok(local.map(|local| local.strftime("%Y-%m-%d %H:%M:%S").to_string()))
    })?;
    database.create_scalar_function("date_add", 2, flags, |context| {
        let (Some(date), ValueRef::Integer(days)) = (day(context, 0)?, context.get_raw(1)) else {
            return Ok(None);
        };
        // Jiff refuses spans beyond what a calendar has.
        let moved = Span::new()
            .try_days(days)
            .and_then(|days| date.checked_add(days))
            .map_err(|_| failed("date_add() leaves the calendar"))?;
        Ok(Some(moved.to_string()))
    })?;
    database.create_scalar_function("days_between", 2, flags, |context| {
        let days = day(context, 0)?.zip(day(context, 1)?);
        Ok(days.map(|(from, to)| i64::from((to - from).get_days())))
    })?;
    database.create_scalar_function("month", 1, flags, |context| {
        Ok(day(context, 0)?.map(|date| date.strftime("%Y-%m").to_string()))
    })?;
    database.create_scalar_function("weekday", 1, flags, |context| {
        Ok(day(context, 0)?.map(|date| i64::from(date.weekday().to_monday_one_offset())))
    })
}

/// `percent(new, old)`: the change in percent, rounded half to even to two digits, as a decimal
/// text; NULL from zero.
fn percent(context: &Context<'_>) -> Result<Option<String>> {
    let number = |at: usize| match context.get_raw(at) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(i128::from(number))),
        _ => Err(failed("percent() takes whole numbers: minor units")),
    };
    let (Some(new), Some(old)) = (number(0)?, number(1)?) else {
        return Ok(None);
    };
    if old == 0 {
        return Ok(None);
    }
    let change = divide((new - old) * old.signum() * 10_000, old.abs());
    Ok(decimal(change, 2).map(|change| change.to_string()))
}

fn text<'a>(context: &'a Context<'_>, at: usize) -> Result<Option<&'a str>> {
    match context.get_raw(at) {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(Some)
            .map_err(|_| failed("a text is not UTF-8")),
        _ => Err(failed("a day or an instant is a text")),
    }
}

fn day(context: &Context<'_>, at: usize) -> Result<Option<Date>> {
    let Some(text) = text(context, at)? else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| failed(format!("{text:?} is not a day as 2026-11-21")))
}

fn instant(context: &Context<'_>) -> Result<Option<Timestamp>> {
    let Some(text) = text(context, 0)? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        failed(format!(
            "{text:?} is not an instant as 2026-11-21T01:15:00Z"
        ))
    })
}
