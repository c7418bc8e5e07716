//! Where the file of a run lies.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{RunId, ScheduleName, Slot};

/// The key of one writing of a run's file:
/// `archive/schedule=daily/date=2026-11-21/20261121T011500Z.1.csv.gz`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The schedule of the run.
    pub schedule: ScheduleName,
    /// The date of its slot where the owner is.
    pub date: Date,
    /// The slot.
    pub slot: Slot,
    /// Which writing of it, from 1.
    pub generation: u32,
}

/// A text that is not the key of an archive file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the key of an archive file")]
pub struct NotAKey;

impl Key {
    /// What the keys of all archive files begin with.
    pub const FOLDER: &'static str = "archive/";

    /// The key of a generation of a run, the owner being in a zone.
    pub fn of(run: &RunId, generation: u32, zone: &TimeZone) -> Self {
        Self {
            schedule: run.schedule.clone(),
            date: run.slot.instant().to_zoned(zone.clone()).date(),
            slot: run.slot,
            generation,
        }
    }

    /// The run whose outcomes it has.
    pub fn run(&self) -> RunId {
        RunId::new(self.schedule.clone(), self.slot)
    }

    /// What the keys of all generations of its run begin with.
    pub fn run_prefix(&self) -> String {
        format!(
            "{}schedule={}/date={}/{}.",
            Self::FOLDER,
            self.schedule,
            self.date,
            self.slot.instant().strftime("%Y%m%dT%H%M%SZ")
        )
    }

    /// What the keys of a day of a schedule begin with.
    pub fn day_prefix(schedule: &ScheduleName, date: Date) -> String {
        format!("{}schedule={schedule}/date={date}/", Self::FOLDER)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}.csv.gz", self.run_prefix(), self.generation)
    }
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let parse = || {
            let rest = text.strip_prefix(Self::FOLDER)?.strip_prefix("schedule=")?;
            let (schedule, rest) = rest.split_once("/date=")?;
            let (date, file) = rest.split_once('/')?;
            let (slot, generation) = file.strip_suffix(".csv.gz")?.split_once('.')?;
            let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", slot).ok()?;
            let instant = TimeZone::UTC.to_timestamp(civil).ok()?;
            Some(Self {
                schedule: schedule.parse().ok()?,
                date: date.parse().ok()?,
                slot: Slot::at(instant),
                generation: generation.parse().ok()?,
            })
        };
        // What is not written as keys are written is none: `+1` as a number, another date format.
        parse()
            .filter(|key| key.generation > 0 && key.to_string() == text)
            .ok_or(NotAKey)
    }
}

/// The files that count: of each run the one of the highest generation, in the order of their
/// slots.
pub fn current(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let mut runs: BTreeMap<(Slot, ScheduleName), Key> = BTreeMap::new();
    for key in keys {
        let run = (key.slot, key.schedule.clone());
        match runs.get(&run) {
            Some(known) if known.generation >= key.generation => {}
            _ => {
                runs.insert(run, key);
            }
        }
    }
    runs.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "archive/schedule=daily/date=2026-11-21/20261120T231500Z.1.csv.gz";

    #[test]
    fn a_key_has_the_date_where_the_owner_is() {
        let run: RunId = "daily@2026-11-20T23:15:00Z".parse().unwrap();
        let key = Key::of(&run, 1, &TimeZone::fixed(jiff::tz::offset(9)));
        assert_eq!(key.to_string(), TEXT);
        assert_eq!(TEXT.parse(), Ok(key.clone()));
        assert_eq!(key.run(), run);
        let day = Key::day_prefix(&run.schedule, key.date);
        assert!(TEXT.starts_with(&key.run_prefix()) && TEXT.starts_with(&day));
    }

    #[test]
    fn what_is_written_otherwise_is_no_key() {
        for bad in [
            "",
            "archive/schedule=daily/date=2026-11-21/",
            "archive/schedule=daily/date=2026-11-21/20261120T231500Z.csv.gz",
            "archive/schedule=daily/date=2026-11-21/20261120T231500Z.0.csv.gz",
            "archive/schedule=daily/date=2026-11-21/20261120T231500Z.+1.csv.gz",
            "archive/schedule=daily/date=2026-11-21/20261120T231500Z.01.csv.gz",
            "archive/schedule=daily/date=20261121/20261120T231500Z.1.csv.gz",
            "archive/schedule=Daily/date=2026-11-21/20261120T231500Z.1.csv.gz",
            "archive/schedule=daily/date=2026-11-31/20261120T231500Z.1.csv.gz",
        ] {
            assert_eq!(bad.parse::<Key>(), Err(NotAKey), "{bad}");
        }
    }

    #[test]
    fn the_highest_generation_of_each_run_counts() {
        let key = |day: i8, generation| Key {
            generation,
            slot: format!("2026-11-{day}T01:15:00Z").parse().unwrap(),
            ..TEXT.parse().unwrap()
        };
        let keys = [key(22, 1), key(21, 9), key(21, 10), key(21, 2)];
        assert_eq!(current(keys), [key(21, 10), key(22, 1)]);
    }
}
