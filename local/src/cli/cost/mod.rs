//! `pricetide cost`: what a month costs at AWS, line by line.
//!
//! A line is a number of units (what the pipeline uses, [`usage`]) times a published price
//! ([`prices`]), less what AWS gives every account free each month. All of it is exact decimals;
//! amounts are rounded to cents only where they are shown.

mod prices;
mod usage;

use std::process::ExitCode;

use anyhow::Result;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use prices::Price;
use usage::Workload;

/// Compute what a month costs at AWS, line by line.
#[derive(Debug, clap::Args)]
pub(crate) struct Cost {
    /// How many products are followed.
    #[arg(long)]
    products: u64,
    /// How often a day each is fetched.
    #[arg(long, default_value_t = 1)]
    per_day: u32,
    /// How long a shop takes to answer, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    response_ms: u32,
    /// How many months of history are kept in the table.
    #[arg(long, value_name = "MONTHS", default_value_t = 12)]
    history_months: u32,
    /// How often a day somebody opens the page.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    views_per_day: u32,
    /// Print the lines as JSON.
    #[arg(long)]
    json: bool,
}

/// One line of the bill.
#[derive(Debug, Serialize)]
struct Line {
    /// What is paid for.
    what: &'static str,
    /// How many units a month.
    units: Decimal,
    /// What a unit is.
    unit: &'static str,
    /// What a unit costs, in US dollars.
    price: Decimal,
    /// How many units a month are free.
    free: Decimal,
    /// What it costs, in US dollars, with nothing free.
    list: Decimal,
    /// What it costs less what is free.
    billed: Decimal,
}

impl Line {
    fn new(price: &Price, units: Decimal) -> Self {
        let billed = (units - price.free).max(Decimal::ZERO);
        Self {
            what: price.what,
            units,
            unit: price.unit,
            price: price.dollars,
            free: price.free,
            list: units * price.dollars,
            billed: billed * price.dollars,
        }
    }
}

/// Prints the bill of a month.
pub(crate) fn run(cost: &Cost) -> Result<ExitCode> {
    let lines = bill(&Workload {
        products: cost.products,
        per_day: cost.per_day,
        response_ms: cost.response_ms,
        history_months: cost.history_months,
        views_per_day: cost.views_per_day,
    });
    if cost.json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} products, {} times a day, a shop that answers in {} ms; a month of {} days\n",
        cost.products,
        cost.per_day,
        cost.response_ms,
        usage::DAYS
    );
    println!(
        "{:<34} {:>16}  {:<18} {:>12} {:>10} {:>10}",
        "", "units", "", "$ a unit", "$ listed", "$ billed"
    );
    for line in &lines {
        println!(
            "{:<34} {:>16}  {:<18} {:>12} {:>10} {:>10}",
            line.what,
            significant(line.units),
            line.unit,
            line.price.normalize().to_string(),
            cents(line.list),
            cents(line.billed),
        );
    }
    let total = |amount: fn(&Line) -> Decimal| cents(lines.iter().map(amount).sum());
    println!(
        "{:<34} {:>16}  {:<18} {:>12} {:>10} {:>10}",
        "together",
        "",
        "",
        "",
        total(|line| line.list),
        total(|line| line.billed)
    );
    println!(
        "\n\"Billed\" is less what AWS gives every account free each month, for as long as nothing \
         else in the account uses it.\n{}\n{}",
        prices::DATED,
        usage::ASSUMED
    );
    Ok(ExitCode::SUCCESS)
}

/// The lines of a month's bill.
fn bill(workload: &Workload) -> Vec<Line> {
    usage::of(workload)
        .into_iter()
        .map(|(price, units)| Line::new(price, units))
        .collect()
}

/// Three significant digits; whole numbers stay whole.
fn significant(units: Decimal) -> String {
    let rounded = if units >= Decimal::ONE_THOUSAND {
        units.round()
    } else {
        units.round_sf(3).unwrap_or(units)
    };
    rounded.normalize().to_string()
}

/// Dollars with two places; what is less than half a cent, but not nothing, is `<0.01`.
fn cents(amount: Decimal) -> String {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() && !amount.is_zero() {
        "<0.01".to_owned()
    } else {
        format!("{rounded:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(products: u64) -> Workload {
        Workload {
            products,
            per_day: 1,
            response_ms: 1_000,
            history_months: 12,
            views_per_day: 20,
        }
    }

    fn total(products: u64) -> Decimal {
        bill(&workload(products))
            .iter()
            .map(|line| line.billed)
            .sum()
    }

    #[test]
    fn a_hundred_products_cost_little_and_a_million_cost_more_than_ten_thousand() {
        assert!(total(100) < Decimal::from(5), "{}", total(100));
        assert!(total(100) < total(10_000) && total(10_000) < total(1_000_000));
    }

    #[test]
    fn what_is_free_is_never_paid_back() {
        for line in bill(&workload(1)) {
            assert!(line.billed >= Decimal::ZERO, "{}", line.what);
            assert!(line.billed <= line.list, "{}", line.what);
        }
    }

    /// Beyond what is free, twice the products cost twice as much: no line grows faster.
    #[test]
    fn every_line_grows_at_most_as_the_products_do() {
        let (one, two) = (bill(&workload(1_000_000)), bill(&workload(2_000_000)));
        for (one, two) in one.iter().zip(&two) {
            assert!(two.list <= one.list * Decimal::from(2), "{}", one.what);
        }
    }

    #[test]
    fn the_readme_shows_what_the_command_computes() {
        let readme = include_str!("../../../../README.md");
        for (products, shown) in [(100, "100"), (10_000, "10,000"), (1_000_000, "1,000,000")] {
            let lines = bill(&workload(products));
            let dollars = |amount: fn(&Line) -> Decimal| {
                let total: Decimal = lines.iter().map(amount).sum();
                total.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
            };
            let (list, billed) = (dollars(|line| line.list), dollars(|line| line.billed));
            let row = format!("| {shown} | ${list} | ${billed} |");
            assert!(readme.contains(&row), "README.md lacks {row}");
        }
    }

    /// The alarms are counted where they are declared.
    #[test]
    fn every_alarm_is_paid_for() {
        let wiring = include_str!("../../../../serverless.yml");
        let declared = wiring.matches("Type: AWS::CloudWatch::Alarm").count();
        let lines = bill(&workload(1));
        let alarms = lines.iter().find(|line| line.unit == "alarm");
        assert_eq!(alarms.unwrap().units, Decimal::from(declared));
    }

    #[test]
    fn less_than_half_a_cent_is_not_shown_as_nothing() {
        assert_eq!(cents("0.001".parse().unwrap()), "<0.01");
        assert_eq!(cents(Decimal::ZERO), "0.00");
        assert_eq!(cents("1.005".parse().unwrap()), "1.01");
    }
}
