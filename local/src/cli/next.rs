//! `pricetide next`: when a schedule is due.

use std::process::ExitCode;

use anyhow::{Context, Result};
use jiff::Timestamp;
use schedule::{Expression, Schedule};

/// Show when a schedule is due.
#[derive(Debug, clap::Args)]
pub(crate) struct Next {
    /// `cron(15 10 * * ? *)`, `rate(12 hours)` or `at(2026-11-21T10:15:00)`, as EventBridge
    /// Scheduler reads them.
    expression: String,
    /// The time zone, an IANA name.
    #[arg(long, value_name = "ZONE", default_value = "Asia/Seoul")]
    tz: String,
    /// The instant after which to look, and from which a rate counts; now, if not given.
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,
    /// How many instants to show.
    #[arg(short = 'n', value_name = "COUNT", default_value_t = 5)]
    count: usize,
}

/// Prints the next instants, a line each, with the zone's offset.
pub(crate) fn run(next: &Next) -> Result<ExitCode> {
    let expression: Expression = match next.expression.parse() {
        Ok(expression) => expression,
        Err(error) => {
            let error: schedule::ParseError = error;
            eprintln!("{}\n{error}", error.pointer(&next.expression));
            return Ok(ExitCode::from(2));
        }
    };
    let timezone = schedule::time_zone(&next.tz)?;
    let from: Timestamp = match &next.from {
        Some(text) => text.parse().with_context(|| {
            format!("--from {text:?} is not an instant as 2026-11-21T00:00:00Z")
        })?,
        None => Timestamp::now(),
    };
    let schedule = Schedule {
        expression,
        timezone: timezone.clone(),
        anchor: from,
    };
    let due: Vec<Timestamp> = schedule.upcoming(from).take(next.count).collect();
    for instant in &due {
        println!(
            "{}",
            instant
                .to_zoned(timezone.clone())
                .strftime("%Y-%m-%dT%H:%M:%S%:z")
        );
    }
    if due.is_empty() && next.count > 0 {
        eprintln!("never again");
    }
    Ok(ExitCode::SUCCESS)
}
