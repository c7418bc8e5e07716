//! `cron(15 10 * * ? *)`: the six fields, and the next local minute that they name.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};

use crate::days::Days;
use crate::error::{Field, ParseError, Part};
use crate::field::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, Spec, YEAR, number};

/// The six fields of a cron expression. It names minutes of a calendar and a clock; the zone is
/// the schedule's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    /// Bit n is minute n; so for hours and months.
    minutes: u64,
    hours: u64,
    months: u64,
    days: Days,
    /// In ascending order.
    years: Vec<i16>,
}

/// As it was written, without `cron(…)` around it.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cron {
    /// The first minute after `local` that the fields name.
    pub(crate) fn after(&self, local: DateTime) -> Option<DateTime> {
        // The clock's seconds do not matter: what is after 10:15:30 is after 10:15.
        let (today, now) = (local.date(), local.time());
        if self.names(today)
            && let Some(time) = self.time_after(now)
        {
            return Some(today.to_datetime(time));
        }
        let day = self.days_from(today.tomorrow().ok()?).next()?;
        Some(day.to_datetime(self.first_time()))
    }

    /// Whether that day is one of the days.
    fn names(&self, day: Date) -> bool {
        self.years.binary_search(&day.year()).is_ok()
            && self.months & (1 << day.month()) != 0
            && self.days.in_month(day.first_of_month()) & (1 << day.day()) != 0
    }

    /// The days that are named, from `start` on.
    fn days_from(&self, start: Date) -> impl Iterator<Item = Date> {
        let years = self
            .years
            .iter()
            .copied()
            .filter(move |year| *year >= start.year());
        let months = years.flat_map(|year| bits(self.months).map(move |month| (year, month)));
        months
            .filter(move |(year, month)| (*year, *month) >= (start.year(), start.month()))
            .filter_map(|(year, month)| Date::new(year, month, 1).ok())
            .flat_map(|first| bits(self.days.in_month(first)).map(move |day| (first, day)))
            .filter_map(|(first, day)| first.with().day(day).build().ok())
            .skip_while(move |day| *day < start)
    }

    fn time_after(&self, now: Time) -> Option<Time> {
        let later_in = |minutes: u64, than: i8| bits(minutes).find(|n| *n > than);
        if self.hours & (1 << now.hour()) != 0
            && let Some(minute) = later_in(self.minutes, now.minute())
        {
            return Time::new(now.hour(), minute, 0, 0).ok();
        }
        let hour = later_in(self.hours, now.hour())?;
        Time::new(hour, self.first_time().minute(), 0, 0).ok()
    }

    fn first_time(&self) -> Time {
        let first = |set: u64| bits(set).next().unwrap_or(0);
        Time::constant(first(self.hours), first(self.minutes), 0, 0)
    }

    /// Reads the six fields.
    pub(crate) fn read(part: Part<'_>) -> Result<Self, ParseError> {
        let words: Vec<Part<'_>> = part.words().collect();
        let &[minute, hour, day_of_month, month, day_of_week, year] = words.as_slice() else {
            let expected = "cron takes six fields: minute hour day-of-month month day-of-week year, as in cron(15 10 * * ? *)";
            return Err(part.refused(Field::Expression, expected));
        };
        let set = |spec: &Spec, part| Ok(mask(&spec.values(part)?));
        Ok(Self {
            text: part.text.to_owned(),
            minutes: set(&MINUTE, minute)?,
            hours: set(&HOUR, hour)?,
            days: days(day_of_month, day_of_week)?,
            months: set(&MONTH, month)?,
            years: years(year)?,
        })
    }
}

fn years(part: Part<'_>) -> Result<Vec<i16>, ParseError> {
    let years = YEAR.values(part)?.into_iter();
    let mut years: Vec<i16> = years.filter_map(|year| year.try_into().ok()).collect();
    years.sort_unstable();
    years.dedup();
    Ok(years)
}

/// The two day fields, of which exactly one is `?`.
fn days(of_month: Part<'_>, of_week: Part<'_>) -> Result<Days, ParseError> {
    match (of_month.text, of_week.text) {
        ("?", "?") => Err(of_week.refused(
            Field::DayOfWeek,
            "only one of day-of-month and day-of-week can be ?; the other says which days, * for every day",
        )),
        (_, "?") => days_of_month(of_month),
        ("?", _) => days_of_week(of_week),
        _ => {
            // Both are read first, so that a field that is wrong by itself is what is reported.
            days_of_month(of_month)?;
            days_of_week(of_week)?;
            Err(of_week.refused(
                Field::DayOfWeek,
                "day-of-month and day-of-week cannot both be given: one of them has to be ?",
            ))
        }
    }
}

fn days_of_month(part: Part<'_>) -> Result<Days, ParseError> {
    let text = part.text.to_ascii_uppercase();
    if !text.contains(['L', 'W', '?']) {
        return DAY_OF_MONTH
            .values(part)
            .map(|days| Days::OfMonth(mask(&days)));
    }
    if text.contains(',') {
        return Err(part.refused(Field::DayOfMonth, "L, W and ? stand alone, not in a list"));
    }
    if let Some(offset) = text.strip_prefix('L') {
        let nearest_weekday = offset.ends_with('W');
        let offset = offset.strip_suffix('W').unwrap_or(offset);
        let days = match offset.strip_prefix('-') {
            Some(days) => number(days).filter(|days| *days <= 30),
            None => offset.is_empty().then_some(0),
        };
        if let Some(days) = days.and_then(|days| u8::try_from(days).ok()) {
            return Ok(Days::BeforeLast {
                days,
                nearest_weekday,
            });
        }
        return Err(part.refused(
            Field::DayOfMonth,
            "L is followed by nothing, W, or - and 0 to 30 days: L, LW, L-3",
        ));
    }
    text.strip_suffix('W')
        .and_then(number)
        .filter(|day| (1..=31).contains(day))
        .and_then(|day| u8::try_from(day).ok())
        .map(Days::NearestWeekday)
        .ok_or_else(|| part.refused(Field::DayOfMonth, DAY_OF_MONTH.expected))
}

fn days_of_week(part: Part<'_>) -> Result<Days, ParseError> {
    let text = part.text;
    let alone = || part.refused(Field::DayOfWeek, "L, # and ? stand alone, not in a list");
    let day = |part: Part<'_>| {
        let day = DAY_OF_WEEK.value(part)?;
        u8::try_from(day).map_err(|_| part.refused(Field::DayOfWeek, DAY_OF_WEEK.expected))
    };
    if let Some((before, after)) = part.split_once('#') {
        if text.contains(',') {
            return Err(alone());
        }
        let n = number(after.text)
            .filter(|n| (1..=5).contains(n))
            .and_then(|n| u8::try_from(n).ok());
        let n = n.ok_or_else(|| {
            after.refused(Field::DayOfWeek, "# is followed by 1 to 5, as in FRI#2")
        })?;
        return Ok(Days::NthOfWeek {
            day: day(before)?,
            n,
        });
    }
    if text.contains(['L', 'l', '?']) {
        if text.contains(',') {
            return Err(alone());
        }
        let before = text.strip_suffix(['L', 'l']);
        let before = before.ok_or_else(|| part.refused(Field::DayOfWeek, DAY_OF_WEEK.expected))?;
        return if before.is_empty() {
            Ok(Days::OfWeek(1 << 7))
        } else {
            day(Part {
                text: before,
                position: part.position,
            })
            .map(Days::LastOfWeek)
        };
    }
    DAY_OF_WEEK
        .values(part)
        .map(|days| Days::OfWeek(mask(&days)))
}

fn mask(values: &[u16]) -> u64 {
    values.iter().fold(0, |set, value| set | 1 << value)
}

/// The numbers of the bits that are set, in ascending order.
fn bits(set: u64) -> impl Iterator<Item = i8> {
    (0..64_i8).filter(move |n| set & (1 << n) != 0)
}
