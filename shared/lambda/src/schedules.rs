//! The schedules that serverless.yml declares, as the environment tells them.

use anyhow::{Context, Result};
use jiff::Timestamp;
use model::ScheduleName;
use schedule::Schedule;
use serde::Deserialize;

/// One schedule.
#[derive(Debug, Clone)]
pub struct ScheduleEntry {
    /// Its name.
    pub name: ScheduleName,
    /// Its expression: `cron(…)`, `rate(…)`.
    pub expression: String,
    /// The name of its time zone.
    pub timezone: String,
    /// When it is due.
    pub schedule: Schedule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: ScheduleName,
    expression: String,
    timezone: String,
}

/// Reads `[{"name": "daily", "expression": "cron(…)", "timezone": "Asia/Seoul"}]`.
pub fn read(json: &str) -> Result<Vec<ScheduleEntry>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_schedule_is_refused() {
        let json =
            r#"[{"name": "daily", "expression": "cron(15 10 * * ? *)", "timezone": "Asia/Seoul"}]"#;
        assert_eq!(read(json).unwrap().remove(0).name.as_str(), "daily");
        assert!(read("[{}]").is_err());
    }
}
