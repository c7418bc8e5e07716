//! The schedules that serverless.yml declares, as the environment tells them.

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::{ScheduleName, Slot};
use schedule::Schedule;
use serde::Deserialize;

/// How far back runs are looked for, in days.
const DAYS_BACK: i64 = 60;

/// One schedule.
#[derive(Debug)]
pub(crate) struct ScheduleEntry {
    pub(crate) name: ScheduleName,
    pub(crate) expression: String,
    pub(crate) timezone: String,
    pub(crate) schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: ScheduleName,
    expression: String,
    timezone: String,
}

/// Reads `[{"name": "daily", "expression": "cron(…)", "timezone": "Asia/Seoul"}]`.
pub(crate) fn read(json: &str) -> Result<Vec<ScheduleEntry>> {
    let declared: Vec<Declared> = serde_json::from_str(json).context("SCHEDULES is not JSON")?;
    declared
        .into_iter()
        .map(|declared| {
            let expression = declared.expression.parse();
            let expression =
                expression.with_context(|| format!("the schedule {}", declared.name))?;
            Ok(ScheduleEntry {
                schedule: Schedule {
                    expression,
                    timezone: schedule::time_zone(&declared.timezone)?,
                    anchor: Timestamp::UNIX_EPOCH,
                },
                name: declared.name,
                expression: declared.expression,
                timezone: declared.timezone,
            })
        })
        .collect()
}

impl ScheduleEntry {
    /// The last slots before an instant, at most `count`, oldest first.
    pub(crate) fn before(&self, instant: Timestamp, count: usize) -> Vec<Slot> {
        let from = instant - jiff::SignedDuration::from_hours(24 * DAYS_BACK);
        let mut slots: Vec<Slot> = self
            .schedule
            .upcoming(from)
            .take_while(|due| *due <= instant)
            .map(Slot::at)
            .collect();
        slots.drain(..slots.len().saturating_sub(count));
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_knows_its_last_slots() {
        let json =
            r#"[{"name": "daily", "expression": "cron(15 10 * * ? *)", "timezone": "Asia/Seoul"}]"#;
        let daily = read(json).unwrap().remove(0);
        let slots = daily.before("2026-11-21T01:15:00Z".parse().unwrap(), 2);
        let texts: Vec<String> = slots.iter().map(Slot::to_string).collect();
        assert_eq!(texts, ["2026-11-20T01:15:00Z", "2026-11-21T01:15:00Z"]);
        assert!(read("[{}]").is_err());
    }
}
