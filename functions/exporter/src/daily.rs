//! The workbook of a run: its prices, and what failed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use jiff::tz::TimeZone;
use model::{Currency, Failure, Money, Observation, Outcome, ProductId, RunId};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet};

/// Writes the workbook: a sheet *Prices* with a row a price, and, when something failed, a
/// sheet *Failures* with a row a failure or missing outcome. Rows are ordered by product id, so
/// that the same outcomes give the same workbook.
pub(crate) fn workbook(
    run: &RunId,
    timezone: &TimeZone,
    outcomes: &BTreeMap<ProductId, Observation>,
    missing: &BTreeSet<ProductId>,
) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let local = run.slot.instant().to_zoned(timezone.clone());
    let created = ExcelDateTime::from_timestamp(run.slot.instant().as_second())?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(format!("Prices of {}", local.strftime("%Y-%m-%d %H:%M")))
            .set_subject(run.to_string())
            .set_author("Pricetide")
            .set_creation_datetime(&created),
    );
    prices(workbook.add_worksheet(), timezone, outcomes)?;
    let failed = |seen: &&Observation| matches!(seen.outcome, Outcome::Failure(_));
    if !missing.is_empty() || outcomes.values().any(|seen| failed(&seen)) {
        failures(workbook.add_worksheet(), outcomes, missing)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn prices(
    sheet: &mut Worksheet,
    timezone: &TimeZone,
    outcomes: &BTreeMap<ProductId, Observation>,
) -> Result<()> {
    let columns = [
        ("Product", 28.0),
        ("Name", 40.0),
        ("Category", 16.0),
        ("Vendor", 20.0),
        ("Price", 14.0),
        ("Currency", 10.0),
        ("Availability", 16.0),
        ("Fetched at", 20.0),
        ("Found in", 14.0),
    ];
    head(sheet, "Prices", &columns)?;
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let mut row = 0;
    for (product, seen) in outcomes {
        let Outcome::Price(offer) = &seen.outcome else {
            continue;
        };
        row += 1;
        identity(sheet, row, product, seen)?;
        price(sheet, row, 4, offer.price)?;
        sheet.write_string(row, 5, offer.price.currency.code())?;
        if let Some(availability) = offer.availability {
            sheet.write_string(row, 6, availability.name())?;
        }
        let fetched = seen.fetched_at.to_zoned(timezone.clone()).datetime();
        let fetched =
            ExcelDateTime::parse_from_str(&fetched.strftime("%Y-%m-%dT%H:%M:%S").to_string())?;
        sheet.write_datetime_with_format(row, 7, &fetched, &time)?;
        sheet.write_string(row, 8, &offer.found_in)?;
    }
    finish(sheet, row, columns.len())
}

fn failures(
    sheet: &mut Worksheet,
    outcomes: &BTreeMap<ProductId, Observation>,
    missing: &BTreeSet<ProductId>,
) -> Result<()> {
    let columns = [
        ("Product", 28.0),
        ("Name", 40.0),
        ("Category", 16.0),
        ("Vendor", 20.0),
        ("Reason", 18.0),
        ("What it means", 50.0),
        ("Detail", 60.0),
    ];
    head(sheet, "Failures", &columns)?;
    let mut row = 0;
    for (product, seen) in outcomes {
        let Outcome::Failure(Failure { reason, detail }) = &seen.outcome else {
            continue;
        };
        row += 1;
        identity(sheet, row, product, seen)?;
        sheet.write_string(row, 4, reason.name())?;
        sheet.write_string(row, 5, reason.sentence())?;
        sheet.write_string(row, 6, detail)?;
    }
    for product in missing {
        row += 1;
        sheet.write_string(row, 0, product.as_str())?;
        sheet.write_string(row, 4, "missing")?;
        sheet.write_string(row, 5, "The run was closed before this job had an outcome.")?;
    }
    finish(sheet, row, columns.len())
}

fn head(sheet: &mut Worksheet, name: &str, columns: &[(&str, f64)]) -> Result<()> {
    let bold = Format::new().set_bold().set_align(FormatAlign::Left);
    sheet.set_name(name)?;
    for (column, (title, width)) in (0..).zip(columns) {
        sheet.write_string_with_format(0, column, *title, &bold)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn finish(sheet: &mut Worksheet, last_row: u32, columns: usize) -> Result<()> {
    let last_column = u16::try_from(columns.saturating_sub(1))?;
    sheet.autofilter(0, 0, last_row, last_column)?;
    Ok(())
}

fn identity(
    sheet: &mut Worksheet,
    row: u32,
    product: &ProductId,
    seen: &Observation,
) -> Result<()> {
    sheet.write_string(row, 0, product.as_str())?;
    sheet.write_string(row, 1, &seen.name)?;
    sheet.write_string(row, 2, seen.category.as_deref().unwrap_or_default())?;
    sheet.write_string(row, 3, seen.vendor.as_deref().unwrap_or_default())?;
    Ok(())
}

/// A price as a number with its currency's decimals. A cell holds 15 digits; a price with more
/// is written as text rather than rounded.
fn price(sheet: &mut Worksheet, row: u32, column: u16, price: Money) -> Result<()> {
    let digits = price
        .amount
        .normalize()
        .mantissa()
        .unsigned_abs()
        .to_string()
        .len();
    match price.amount.to_f64().filter(|_| digits <= 15) {
        Some(number) => {
            let format = Format::new().set_num_format(number_format(price.currency));
            sheet.write_number_with_format(row, column, number, &format)?;
        }
        None => {
            sheet.write_string(row, column, price.amount.to_string())?;
        }
    }
    Ok(())
}

/// `#,##0` for won and yen, `#,##0.00` for dollars: as many decimals as the currency's minor
/// unit has (ISO 4217).
fn number_format(currency: Currency) -> String {
    match currency.exponent().unwrap_or(2) {
        0 => "#,##0".to_owned(),
        decimals => format!("#,##0.{}", "0".repeat(usize::from(decimals))),
    }
}
