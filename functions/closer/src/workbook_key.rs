//! Where a run's workbook lies.

use jiff::tz::TimeZone;
use model::RunId;

/// The key of a run's own workbook: `exports/daily/2026-11-21/2026-11-21T01-15-00Z.xlsx`, the slot's
/// date where the schedule lives, and the slot in UTC. No two runs share it.
pub(crate) fn of_run(run: &RunId, timezone: &TimeZone) -> String {
    let slot = run.slot.instant().strftime("%Y-%m-%dT%H-%M-%SZ");
    format!(
        "exports/{}/{}/{slot}.xlsx",
        run.schedule,
        date(run, timezone)
    )
}

/// The name that leads to the latest workbook of a day: `exports/daily/2026-11-21.xlsx`.
pub(crate) fn of_day(run: &RunId, timezone: &TimeZone) -> String {
    format!("exports/{}/{}.xlsx", run.schedule, date(run, timezone))
}

fn date(run: &RunId, timezone: &TimeZone) -> jiff::civil::Date {
    run.slot.instant().to_zoned(timezone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(run: &str) -> (String, String) {
        let (run, seoul) = (run.parse().unwrap(), TimeZone::get("Asia/Seoul").unwrap());
        (of_run(&run, &seoul), of_day(&run, &seoul))
    }

    #[test]
    fn every_run_has_its_own_key_and_a_day_has_one_name() {
        let (late, day) = keys("daily@2026-11-20T15:30:00Z");
        assert_eq!(late, "exports/daily/2026-11-21/2026-11-20T15-30-00Z.xlsx");
        assert_eq!(day, "exports/daily/2026-11-21.xlsx");
        let (again, same_day) = keys("daily@2026-11-20T15:30:01Z");
        assert_ne!(late, again);
        assert_eq!(day, same_day);
    }
}
