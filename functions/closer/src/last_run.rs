//! The run before a run: what a digest compares with, and what should have been between them.

use anyhow::Result;
use lambda::schedules::ScheduleEntry;
use model::RunId;
use store::{Run, Runs};

/// How many of the newest runs are looked through for the one before.
const LOOKED_THROUGH: u16 = 100;
/// How many skipped runs are counted; more are that many.
const MOST_SKIPPED: usize = 1_000;

/// The last closed run of the same schedule with an earlier slot, if it is among the newest runs.
pub(crate) async fn before(runs: &Runs, run: &RunId) -> Result<Option<Run>> {
    let newest = runs.list(None, LOOKED_THROUGH).await?.items;
    let before = newest.into_iter().find(|other| {
        other.id.schedule == run.schedule && other.id.slot < run.slot && other.status.is_closed()
    });
    Ok(before)
}

/// How many runs the schedule should have started between the run before and this one, and did
/// not. A run that a person started at another time is none of the schedule's.
pub(crate) fn skipped(schedules: &[ScheduleEntry], before: Option<&Run>, run: &RunId) -> u64 {
    let Some((before, entry)) =
        before.zip(schedules.iter().find(|entry| entry.name == run.schedule))
    else {
        return 0;
    };
    let due = entry.schedule.upcoming(before.id.slot.instant());
    let due = due
        .take(MOST_SKIPPED)
        .skip_while(|at| *at <= before.id.slot.instant());
    due.take_while(|at| *at < run.slot.instant()).count() as u64
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use store::RunStatus;

    use super::*;

    fn run(id: &str) -> Run {
        Run {
            id: id.parse().unwrap(),
            status: RunStatus::Complete,
            created_at: Timestamp::UNIX_EPOCH,
            expected: None,
            totals: None,
            workbook: None,
            stalled: None,
            failing: Vec::new(),
            redrives: 0,
            reopened_at: None,
        }
    }

    #[test]
    fn days_without_a_run_are_counted() {
        let schedules = lambda::schedules::read(
            r#"[{"name": "daily", "expression": "cron(15 10 * * ? *)", "timezone": "Asia/Seoul"}]"#,
        )
        .unwrap();
        for (before, now, skipped) in [
            (
                "daily@2026-11-20T01:15:00Z",
                "daily@2026-11-21T01:15:00Z",
                0,
            ),
            (
                "daily@2026-11-18T01:15:00Z",
                "daily@2026-11-21T01:15:00Z",
                2,
            ),
            (
                "daily@2026-11-21T01:15:00Z",
                "daily@2026-11-21T05:00:00Z",
                0,
            ),
            (
                "other@2026-11-01T01:15:00Z",
                "other@2026-11-21T05:00:00Z",
                0,
            ),
        ] {
            let (before, now) = (run(before), run(now));
            let found = super::skipped(&schedules, Some(&before), &now.id);
            assert_eq!(found, skipped, "{} {}", before.id, now.id);
            assert_eq!(super::skipped(&schedules, None, &now.id), 0);
        }
    }
}
