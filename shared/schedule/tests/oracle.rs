//! Random expressions against an oracle that shares nothing with the crate: it walks through
//! time minute by minute, looks at the clock, and asks of each minute whether it is meant. What
//! is meant comes from how the expression was made, not from reading its text.

use std::collections::HashSet;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use schedule::{Schedule, time_zone};

const ZONES: &[&str] = &[
    "UTC",
    "Asia/Seoul",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Antarctica/Troll",
];

/// An entry of a list, by its numbers.
#[derive(Debug, Clone, Copy)]
enum Item {
    All,
    One(i16),
    Range(i16, i16),
    AllStep(i16),
    FromStep(i16, i16),
    RangeStep(i16, i16, i16),
}

/// A field with a list of entries over `first..=last`.
#[derive(Debug, Clone)]
struct List {
    first: i16,
    last: i16,
    items: Vec<Item>,
}

impl List {
    fn text(&self) -> String {
        let items = self.items.iter().map(|item| match item {
            Item::All => "*".to_owned(),
            Item::One(n) => n.to_string(),
            Item::Range(a, b) => format!("{a}-{b}"),
            Item::AllStep(s) => format!("*/{s}"),
            Item::FromStep(a, s) => format!("{a}/{s}"),
            Item::RangeStep(a, b, s) => format!("{a}-{b}/{s}"),
        });
        items.collect::<Vec<_>>().join(",")
    }

    /// Steps through the entry one by one and sees whether it comes by `n`.
    fn has(&self, n: i16) -> bool {
        let passes = |from: i16, to: i16, step: i16| {
            let (mut at, mut since) = (from, 0);
            loop {
                if since % step == 0 && at == n {
                    return true;
                }
                if at == to {
                    return false;
                }
                at = if at == self.last { self.first } else { at + 1 };
                since += 1;
            }
        };
        self.items.iter().any(|item| match *item {
            Item::All => true,
            Item::One(a) => a == n,
            Item::Range(a, b) => passes(a, b, 1),
            Item::AllStep(s) => passes(self.first, self.last, s),
            Item::FromStep(a, s) => passes(a, self.last, s),
            Item::RangeStep(a, b, s) => passes(a, b, s),
        })
    }
}

#[derive(Debug, Clone)]
enum Days {
    OfMonth(List),
    Last(i8),
    LastNearest(i8),
    Nearest(i8),
    OfWeek(List),
    Saturday,
    LastOfWeek(i8),
    Nth(i8, i8),
}

const NAMES: [&str; 7] = ["SUN", "Mon", "tue", "WED", "thU", "FRI", "sat"];

fn name(day: i8) -> &'static str {
    NAMES[usize::try_from(day - 1).unwrap()]
}

impl Days {
    /// The two day fields.
    fn text(&self) -> (String, String) {
        let month = |text: String| (text, "?".to_owned());
        let week = |text: String| ("?".to_owned(), text);
        match self {
            Self::OfMonth(list) => month(list.text()),
            Self::Last(0) => month("L".to_owned()),
            Self::Last(n) => month(format!("L-{n}")),
            Self::LastNearest(0) => month("LW".to_owned()),
            Self::LastNearest(n) => month(format!("L-{n}W")),
            Self::Nearest(n) => month(format!("{n}W")),
            Self::OfWeek(list) => week(list.text()),
            Self::Saturday => week("L".to_owned()),
            Self::LastOfWeek(day) => week(format!("{}L", name(*day))),
            Self::Nth(day, n) => week(format!("{}#{n}", name(*day))),
        }
    }

    fn has(&self, date: Date) -> bool {
        let number = |date: Date| match date.weekday() {
            Weekday::Sunday => 1,
            Weekday::Monday => 2,
            Weekday::Tuesday => 3,
            Weekday::Wednesday => 4,
            Weekday::Thursday => 5,
            Weekday::Friday => 6,
            Weekday::Saturday => 7,
        };
        let week_away =
            |weeks: i64| date.saturating_add((7 * weeks).days()).month() == date.month();
        match self {
            Self::OfMonth(list) => list.has(i16::from(date.day())),
            Self::Last(n) => date.last_of_month().day() - n == date.day(),
            Self::LastNearest(n) => is_nearest(date, date.last_of_month().day() - n),
            Self::Nearest(day) => is_nearest(date, *day),
            Self::OfWeek(list) => list.has(number(date)),
            Self::Saturday => date.weekday() == Weekday::Saturday,
            Self::LastOfWeek(day) => number(date) == i16::from(*day) && !week_away(1),
            Self::Nth(day, n) => number(date) == i16::from(*day) && (date.day() - 1) / 7 + 1 == *n,
        }
    }
}

/// Whether no other Monday to Friday of this month is as near to `day`.
fn is_nearest(date: Date, day: i8) -> bool {
    let works = |date: Date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let days =
        (1..=date.days_in_month()).filter_map(|n| Date::new(date.year(), date.month(), n).ok());
    let nearest = days
        .filter(|date| works(*date))
        .min_by_key(|date| (date.day() - day).abs());
    (1..=date.days_in_month()).contains(&day) && nearest == Some(date)
}

#[derive(Debug, Clone)]
struct Meant {
    minute: List,
    hour: List,
    days: Days,
    month: List,
    year: List,
}

impl Meant {
    fn text(&self) -> String {
        let (of_month, of_week) = self.days.text();
        let (minute, hour) = (self.minute.text(), self.hour.text());
        let (month, year) = (self.month.text(), self.year.text());
        format!("cron({minute} {hour} {of_month} {month} {of_week} {year})")
    }

    fn has(&self, local: DateTime) -> bool {
        self.minute.has(i16::from(local.minute()))
            && self.hour.has(i16::from(local.hour()))
            && self.month.has(i16::from(local.month()))
            && self.year.has(local.year())
            && self.days.has(local.date())
    }
}

/// One to three entries; `wraps` allows ranges that go over the end.
fn list(first: i16, last: i16, wraps: bool) -> impl Strategy<Value = List> {
    let n = || first..=last;
    let step = || 1..=(last - first).min(12);
    let order = move |a: i16, b: i16| if wraps { (a, b) } else { (a.min(b), a.max(b)) };
    let item = prop_oneof![
        2 => Just(Item::All),
        3 => n().prop_map(Item::One),
        2 => (n(), n()).prop_map(move |(a, b)| { let (a, b) = order(a, b); Item::Range(a, b) }),
        1 => step().prop_map(Item::AllStep),
        2 => (n(), step()).prop_map(|(a, s)| Item::FromStep(a, s)),
        2 => (n(), n(), step()).prop_map(move |(a, b, s)| { let (a, b) = order(a, b); Item::RangeStep(a, b, s) }),
    ];
    prop::collection::vec(item, 1..=3).prop_map(move |items| List { first, last, items })
}

fn days() -> impl Strategy<Value = Days> {
    let all = |first, last| List {
        first,
        last,
        items: vec![Item::All],
    };
    prop_oneof![
        3 => Just(Days::OfMonth(all(1, 31))),
        1 => Just(Days::OfWeek(all(1, 7))),
        3 => list(1, 31, true).prop_map(Days::OfMonth),
        3 => list(1, 7, true).prop_map(Days::OfWeek),
        1 => (0_i8..=30).prop_map(Days::Last),
        1 => (0_i8..=30).prop_map(Days::LastNearest),
        2 => (1_i8..=31).prop_map(Days::Nearest),
        1 => Just(Days::Saturday),
        1 => (1_i8..=7).prop_map(Days::LastOfWeek),
        2 => (1_i8..=7, 1_i8..=5).prop_map(|(day, n)| Days::Nth(day, n)),
    ]
}

fn meant() -> impl Strategy<Value = Meant> {
    let any_month = List {
        first: 1,
        last: 12,
        items: vec![Item::All],
    };
    let any_year = List {
        first: 1970,
        last: 2199,
        items: vec![Item::All],
    };
    let month = prop_oneof![2 => Just(any_month), 1 => list(1, 12, true)];
    let year = prop_oneof![4 => Just(any_year), 1 => list(1970, 2199, false)];
    (list(0, 59, true), list(0, 23, true), days(), month, year).prop_map(
        |(minute, hour, days, month, year)| Meant {
            minute,
            hour,
            days,
            month,
            year,
        },
    )
}

/// An instant, more often than not a few hours before the zone's clock changes.
fn instant(zone: &'static str) -> impl Strategy<Value = Timestamp> {
    let any = 0_i64..7_200_000_000;
    (any, prop::bool::weighted(0.7), -90_000_i64..40_000).prop_map(move |(second, near, off)| {
        let instant = Timestamp::from_second(second).unwrap();
        let zone = time_zone(zone).unwrap();
        let change = zone.following(instant).next();
        match change {
            Some(change) if near => change.timestamp() + SignedDuration::from_secs(off),
            _ => instant,
        }
    })
}

/// Every minute in `(from, from + hours]` that is meant, by looking at each.
fn walk(meant: &Meant, zone: &str, from: Timestamp, hours: i64) -> Vec<Timestamp> {
    let zone = time_zone(zone).unwrap();
    let minute = SignedDuration::from_mins(1);
    let end = from + SignedDuration::from_hours(hours);
    // What the clock has shown before, from well before `from` on: a minute counts once.
    let mut at = from - SignedDuration::from_hours(30);
    at = Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap();
    let (mut shown, mut due) = (HashSet::new(), Vec::new());
    while at <= end {
        let local = zone.to_datetime(at);
        if local.second() == 0 && shown.insert(local) && at > from && meant.has(local) {
            due.push(at);
        }
        at += minute;
    }
    due
}

fn check(meant: &Meant, zone: &str, from: Timestamp, hours: i64) -> Result<(), TestCaseError> {
    let schedule = Schedule {
        expression: meant
            .text()
            .parse()
            .map_err(|e| TestCaseError::fail(format!("{e}")))?,
        timezone: time_zone(zone).unwrap(),
        anchor: from,
    };
    let end = from + SignedDuration::from_hours(hours);
    let found: Vec<Timestamp> = schedule
        .upcoming(from)
        .take_while(|due| *due <= end)
        .collect();
    let expected = walk(meant, zone, from, hours);
    prop_assert_eq!(
        found,
        expected,
        "{} in {} after {}",
        meant.text(),
        zone,
        from
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn around_the_changes_of_the_clock(
        meant in meant(),
        (zone, from) in prop::sample::select(ZONES).prop_flat_map(|zone| (Just(zone), instant(zone))),
    ) {
        check(&meant, zone, from, 60)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20) })]

    #[test]
    fn over_the_months(
        meant in meant(),
        zone in prop::sample::select(ZONES),
        second in 0_i64..7_200_000_000,
    ) {
        check(&meant, zone, Timestamp::from_second(second).unwrap(), 75 * 24)?;
    }
}
