//! When a schedule is due: the expressions of Amazon EventBridge Scheduler, `cron(…)`,
//! `rate(…)` and `at(…)`, in a time zone.
//!
//! The local runner fires schedules with this crate and `pricetide next` shows them, so that a
//! schedule can be tried before it is deployed. It follows the EventBridge Scheduler user guide
//! ([schedule types][types]) and, for the wildcards, the EventBridge [cron reference][cron].
//! Where both are silent it does what Quartz, the origin of the dialect, does:
//!
//! - `L-3` is three days before the last day of the month, `LW` the last weekday of the month,
//!   `L-3W` the weekday nearest to `L-3`, `FRIL` or `6L` the last Friday, and `L` alone in the
//!   day-of-week field Saturday.
//! - Ranges wrap, except those of years: `FRI-MON`, `22-2`, `NOV-FEB`.
//! - `L`, `W` and `#` stand alone in their field, never in a list.
//!
//! Two things are decided here, since neither source settles them: `31W` does not run in a month
//! without a 31st, as `31` does not, and a step of 0 is refused.
//!
//! Daylight saving time, by the user guide's section of that name: a local time that is skipped
//! when the clock moves forward is not invoked, one that the clock shows twice is invoked once,
//! the first time; `rate(1 day)` is 24 hours, whatever the clock does.
//!
//! [types]: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
//! [cron]: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html

mod cron;
mod days;
mod error;
mod expression;
mod field;
mod rate;
mod zone;

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, civil};

pub use cron::Cron;
pub use error::{Field, ParseError};
pub use expression::Expression;
pub use rate::{Rate, RateUnit};
pub use zone::{UnknownTimeZone, time_zone};

/// An expression where and from when it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// When it is due.
    pub expression: Expression,
    /// The zone whose clock `cron` and `at` mean.
    pub timezone: TimeZone,
    /// The first instant of a `rate`, from which the others are counted. The other expressions
    /// do not look at it.
    pub anchor: Timestamp,
}

impl Schedule {
    /// The first instant after `instant` (never `instant` itself) at which the schedule is due,
    /// or none when it never is again.
    pub fn after(&self, instant: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            Expression::Cron(cron) => self.cron_after(cron, instant),
            Expression::Rate(rate) => rate.after(self.anchor, instant),
            Expression::At(local) => self.instant_of(*local).filter(|due| *due > instant),
        }
    }

    /// Every instant after `from` at which the schedule is due, in order.
    pub fn upcoming(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.after(from), |last| self.after(*last))
    }

    fn cron_after(&self, cron: &Cron, instant: Timestamp) -> Option<Timestamp> {
        // The clock can show a later minute first and an earlier one again (autumn), but never
        // an earlier one for the first time: what is due after `instant` is later on the clock.
        let mut local = self.timezone.to_datetime(instant);
        loop {
            local = cron.after(local)?;
            if let Some(due) = self.instant_of(local).filter(|due| *due > instant) {
                return Some(due);
            }
        }
    }

    /// When the zone's clock shows `local` for the first time; none if it skips it.
    fn instant_of(&self, local: civil::DateTime) -> Option<Timestamp> {
        let candidate = self.timezone.to_ambiguous_timestamp(local);
        match candidate.offset() {
            AmbiguousOffset::Gap { .. } => None,
            _ => candidate.earlier().ok(),
        }
    }
}
