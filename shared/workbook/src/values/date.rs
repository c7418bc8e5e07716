//! Dates as people and programs write them. An instant is civil time without a zone, in
//! seconds since 1970-01-01, because a sheet knows no zones.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};

use self::scan::Scan;
use crate::values::number::{Number, POWERS};

mod period;
mod scan;

pub(crate) use period::{Around, date_within, read_period, with_year};

/// Civil seconds since 1970-01-01T00:00:00.
pub(crate) type Seconds = i64;

pub(crate) const DAY: i64 = 86_400;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Day and month in which order, in texts such as `3/4/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayMonth {
    DayFirst,
    MonthFirst,
}

/// Where the year stands in texts such as `26.11.21` and `21/11/26`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShortYear {
    First,
    Last,
}

/// What a text says about a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextDate {
    /// Exactly one date.
    Sure(Seconds),
    /// `21/11/2026` or `11/21/2026`: one date, and proof of the column's order.
    Proof(Seconds, DayMonth),
    /// `3/4/2026`: read day first, read month first, and the separator.
    Either {
        day_first: Seconds,
        month_first: Seconds,
        separator: u8,
    },
    /// `21.11.26`: the year may stand first or last.
    Short,
}

/// Two digits, one or two, and two digits, as they stand in a short date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShortDate {
    pub(crate) first: i64,
    second: i64,
    pub(crate) last: i64,
    pub(crate) separator: u8,
}

impl ShortDate {
    /// The short date that a text begins with.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let narrow = narrow(text);
        let mut scan = Scan {
            rest: trimmed(&narrow),
        };
        let (first, 2) = scan.digits()? else {
            return None;
        };
        scan.skip(" ");
        let separator = scan.separator().filter(|separator| *separator != b'y')?;
        scan.skip(" ");
        let second = scan.number(2)?;
        scan.skip(" ");
        if scan.separator()? != separator {
            return None;
        }
        scan.skip(" ");
        let (last, 2) = scan.digits()? else {
            return None;
        };
        Some(Self {
            first,
            second,
            last,
            separator,
        })
    }

    fn with_year_first(self) -> Option<Seconds> {
        ymd(2_000 + self.first, self.second, self.last)
    }

    /// Whether it is a date with the year at this end.
    pub(crate) fn can_be(self, year: ShortYear) -> bool {
        match year {
            ShortYear::First => self.with_year_first().is_some(),
            ShortYear::Last => full_year((self.last, 2)).is_some_and(|year| {
                ymd(year, self.second, self.first).is_some()
                    || ymd(year, self.first, self.second).is_some()
            }),
        }
    }
}

/// Whether a text begins like `26.10.5`, with a year of two digits and a day of one.
pub(crate) fn has_year_first(text: &str) -> bool {
    let narrow = narrow(text);
    let mut parts = trimmed(&narrow).splitn(3, ['.', '-', '/']);
    let digits = |part: Option<&str>| {
        let part = part.unwrap_or_default();
        part.bytes().take_while(u8::is_ascii_digit).count()
    };
    digits(parts.next()) == 2 && matches!(digits(parts.next()), 1 | 2) && digits(parts.next()) == 1
}

pub(crate) fn seconds(date: Date) -> Seconds {
    i64::from((date - EPOCH).get_days()) * DAY
}

pub(crate) fn civil(at: Seconds) -> Option<DateTime> {
    let day = i32::try_from(at.div_euclid(DAY)).ok()?;
    let date = EPOCH
        .checked_add(jiff::Span::new().try_days(day).ok()?)
        .ok()?;
    let second = i8::try_from(at.rem_euclid(60)).ok()?;
    let minute = i8::try_from(at.rem_euclid(3_600) / 60).ok()?;
    let hour = i8::try_from(at.rem_euclid(DAY) / 3_600).ok()?;
    Some(date.at(hour, minute, second, 0))
}

/// A serial of the 1900 or 1904 date system. Serials below 60 are a day later than they say,
/// because the 1900 system counts a 29 February 1900 that never was (ECMA-376, 18.17.4.1).
#[inline]
pub(crate) fn from_serial(serial: Number, is_1904: bool) -> Option<Seconds> {
    let (mut day, seconds) = match serial.scale() {
        0 => (serial.mantissa(), 0),
        _ => day_and_seconds(serial)?,
    };
    if is_1904 {
        day += 1_462;
    } else if (1..60).contains(&day) {
        day += 1;
    }
    // 1900-01-01 to 9999-12-31.
    (1..=2_958_465)
        .contains(&day)
        .then(|| (day - 25_569) * DAY + seconds)
}

#[inline(never)]
fn day_and_seconds(serial: Number) -> Option<(i64, Seconds)> {
    let power = POWERS[usize::from(serial.scale())];
    let exact = i128::from(serial.mantissa().rem_euclid(power)) * i128::from(DAY);
    let seconds = (exact + i128::from(power) / 2) / i128::from(power);
    Some((
        serial.mantissa().div_euclid(power),
        i64::try_from(seconds).ok()?,
    ))
}

/// A number without a date format in a date column: a serial of 1954 to 2119, `20261121`,
/// `261121`, or the month `202611` or `2026.11`.
pub(crate) fn from_bare_number(number: Number, is_1904: bool) -> Option<Seconds> {
    if number.scale() == 0 && (19_000_101..=21_991_231).contains(&number.mantissa()) {
        return ymd(
            number.mantissa() / 10_000,
            number.mantissa() / 100 % 100,
            number.mantissa() % 100,
        );
    }
    if number.scale() == 0 && (100_101..=991_231).contains(&number.mantissa()) {
        return six_digits(number.mantissa());
    }
    if number.scale() == 2 && (190_001..=219_912).contains(&number.mantissa()) {
        // 2026.01; of 2026.1 nobody knows whether it was 2026.10.
        return ymd(number.mantissa() / 100, number.mantissa() % 100, 1);
    }
    let day = number.mantissa() / POWERS[usize::from(number.scale())];
    (20_000..80_000)
        .contains(&day)
        .then(|| from_serial(number, is_1904))
        .flatten()
}

fn ymd(year: i64, month: i64, day: i64) -> Option<Seconds> {
    if !(1900..=2199).contains(&year) {
        return None;
    }
    let date = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    Some(seconds(date))
}

/// `202611` or `261121`, when it can be only one of them.
fn six_digits(digits: i64) -> Option<Seconds> {
    let month = ymd(digits / 100, digits % 100, 1);
    let day = ymd(2_000 + digits / 10_000, digits / 100 % 100, digits % 100);
    month.xor(day)
}

/// Reads a date, with or without a time of day; nothing may be left over. Without `short`, a
/// text whose year may stand first or last is [`TextDate::Short`].
pub(crate) fn read_date(text: &str, short: Option<ShortYear>) -> Option<TextDate> {
    if text.len() > 100 {
        return None;
    }
    let narrow = narrow(text);
    let text = trimmed(&narrow);
    let mut scan = Scan { rest: text };
    scan.skip_weekday();
    if let Some(month) = scan.month_name() {
        return scan.after_month_name(month).map(TextDate::Sure);
    }
    let (first, width) = scan.digits()?;
    match width {
        6 if scan.rest.is_empty() => return six_digits(first).map(TextDate::Sure),
        8 => {
            let at = ymd(first / 10_000, first / 100 % 100, first % 100)?;
            // 20261121101530
            if scan.rest.starts_with(|c: char| c.is_ascii_digit()) {
                return scan.compact_time(at).map(TextDate::Sure);
            }
            return scan.finish(at).map(TextDate::Sure);
        }
        _ => {}
    }
    let spaced = scan.skip(" ");
    if width <= 2 {
        // 21 Nov 2026, 21-Nov-26
        let mut ahead = Scan { rest: scan.rest };
        ahead.skip_suffix(&["st", "nd", "rd", "th"]);
        ahead.skip(" .-/");
        if let Some(month) = ahead.month_name() {
            ahead.skip(" .,-/");
            let year = full_year(ahead.digits()?)?;
            return ahead.finish(ymd(year, month, first)?).map(TextDate::Sure);
        }
    }
    let separator = scan.separator().or(spaced.then_some(b' '))?;
    scan.skip(" ");
    if width == 4
        && let Some(month) = scan.month_name()
    {
        // 2026-Nov-21
        scan.skip(" .,-/");
        let day = scan.number(2)?;
        return scan.finish(ymd(first, month, day)?).map(TextDate::Sure);
    }
    let (second, second_width) = scan.digits()?;
    if second_width > 2 {
        return None;
    }
    if width == 4 || separator == b'y' {
        let year = full_year((first, width))?;
        return scan
            .after_year_and_month(year, second, separator)
            .map(TextDate::Sure);
    }
    if width > 2 {
        return None;
    }
    scan.skip(" ");
    if scan.separator()? != separator {
        return None;
    }
    scan.skip(" ");
    let (third, third_width) = scan.digits()?;
    scan.skip_suffix(&["."]);
    if third_width == 1 && width == 2 && separator != b' ' {
        // 26.10.5: no year has one digit.
        let year = full_year((first, width))?;
        return scan.finish(ymd(year, second, third)?).map(TextDate::Sure);
    }
    let is_short = third_width == 2 && width == 2 && separator != b' ';
    if is_short {
        let date = ShortDate {
            first,
            second,
            last: third,
            separator,
        };
        // An apostrophe before it is that of a year.
        let is_year = text.len() < narrow.trim().len();
        let year_first = date.with_year_first();
        if year_first.is_some() && (is_year || !date.can_be(ShortYear::Last)) {
            return scan.finish(year_first?).map(TextDate::Sure);
        }
        match (short, year_first) {
            (Some(ShortYear::First), Some(at)) => return scan.finish(at).map(TextDate::Sure),
            (None, Some(at)) => return scan.finish(at).map(|_| TextDate::Short),
            _ => {}
        }
    }
    let year = full_year((third, third_width))?;
    let time = scan.finish(0)?;
    let day_first = ymd(year, second, first).map(|at| at + time);
    let month_first = ymd(year, first, second).map(|at| at + time);
    match (day_first, month_first) {
        (Some(one), Some(other)) if one == other => Some(TextDate::Sure(one)),
        (Some(day_first), Some(month_first)) => Some(TextDate::Either {
            day_first,
            month_first,
            separator,
        }),
        (Some(at), None) => Some(TextDate::Proof(at, DayMonth::DayFirst)),
        (None, Some(at)) => Some(TextDate::Proof(at, DayMonth::MonthFirst)),
        (None, None) => None,
    }
}

/// A text without white space around it, and without the apostrophe that stands for the century:
/// `'26.11.21`.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}')
        .trim_start_matches(['\'', '’', '‘'])
}

/// Fullwidth digits and signs, and dashes of every kind, as ASCII has them.
fn narrow(text: &str) -> Cow<'_, str> {
    let one = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    };
    if text.is_ascii() || text.chars().all(|c| one(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(one).collect())
}

fn full_year((year, width): (i64, usize)) -> Option<i64> {
    match width {
        4 => Some(year),
        2 if year < 70 => Some(2_000 + year),
        2 => Some(1_900 + year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        read_short(text, Some(ShortYear::First))
    }

    fn read_short(text: &str, short: Option<ShortYear>) -> String {
        let show = |at| civil(at).unwrap().to_string().replace("T00:00:00", "");
        match read_date(text, short) {
            Some(TextDate::Short) => "short".into(),
            None => "no".into(),
            Some(TextDate::Sure(at)) => show(at),
            Some(TextDate::Proof(at, order)) => format!("{} {order:?}", show(at)),
            Some(TextDate::Either {
                day_first,
                month_first,
                ..
            }) => format!("{} or {}", show(day_first), show(month_first)),
        }
    }

    #[test]
    fn dates_as_people_write_them() {
        for (text, date) in [
            ("2026-11-21", "2026-11-21"),
            ("2026/11/21", "2026-11-21"),
            ("2026.11.21", "2026-11-21"),
            ("2026.11.21.", "2026-11-21"),
            ("2026. 11. 21.", "2026-11-21"),
            ("2026. 1. 2", "2026-01-02"),
            ("2026년 11월 21일", "2026-11-21"),
            ("2026년11월21일", "2026-11-21"),
            ("26년 11월 21일", "2026-11-21"),
            ("2026년 11월", "2026-11-01"),
            ("2026-11", "2026-11-01"),
            ("20261121", "2026-11-21"),
            ("26.11.21", "2026-11-21"),
            ("26.11.5", "2026-11-05"),
            ("26-1-5(월)", "2026-01-05"),
            ("2026-11-21 (토)", "2026-11-21"),
            ("2026.11.21(토)", "2026-11-21"),
            ("2026-11-21 10:15", "2026-11-21T10:15:00"),
            ("2026-11-21T10:15:30Z", "2026-11-21T10:15:30"),
            ("2026-11-21T10:15:30.123+09:00", "2026-11-21T10:15:30"),
            ("2026-11-21 오후 3:05", "2026-11-21T15:05:00"),
            ("2026-11-21 12:05 AM", "2026-11-21T00:05:00"),
            ("2026년 11월 21일 10시 15분", "2026-11-21T10:15:00"),
            ("Jan 1 2000", "2000-01-01"),
            ("Nov 21, 2026", "2026-11-21"),
            ("21 November 2026", "2026-11-21"),
            ("21-Nov-26", "2026-11-21"),
            ("Sat, Nov 21st, 2026", "2026-11-21"),
            ("21/11/2026", "2026-11-21 DayFirst"),
            ("11/21/2026", "2026-11-21 MonthFirst"),
            ("3/4/2026", "2026-04-03 or 2026-03-04"),
            ("03-04-2026", "2026-04-03 or 2026-03-04"),
            ("4/4/2026", "2026-04-04"),
            ("11/21/26", "2026-11-21 MonthFirst"),
            ("'26.11.21", "2026-11-21"),
            ("２０２６．１１．２１", "2026-11-21"),
            ("2026‑11‑21", "2026-11-21"),
            ("2026_11_21", "2026-11-21"),
            ("2026年11月21日", "2026-11-21"),
            ("2026년 11월 21일 토요일", "2026-11-21"),
            ("2026-11-21 토", "2026-11-21"),
            ("2026-11-21 Sat 10:15", "2026-11-21T10:15:00"),
            ("20261121T101530", "2026-11-21T10:15:30"),
            ("20261121T1015Z", "2026-11-21T10:15:00"),
            ("20261121101530", "2026-11-21T10:15:30"),
            ("202611211015", "2026-11-21T10:15:00"),
            ("202611", "2026-11-01"),
            ("261121", "2026-11-21"),
            ("2026-11-21 3:05 p.m.", "2026-11-21T15:05:00"),
            ("2026-11-21 10:15:30 UTC+9", "2026-11-21T10:15:30"),
            ("Sat Nov 21 10:15:30 KST 2026", "2026-11-21T10:15:30"),
            ("Sat Nov 21 10:15:30 2026", "2026-11-21T10:15:30"),
            ("2026-Nov-21", "2026-11-21"),
            ("2026 Nov 21", "2026-11-21"),
            ("Nov 2026", "2026-11-01"),
            ("November-2026", "2026-11-01"),
            ("\u{a0}2026-11-21\u{a0}", "2026-11-21"),
        ] {
            assert_eq!(read(text), date, "{text}");
        }
    }

    #[test]
    fn the_year_of_a_short_date_stands_first_or_last() {
        for (text, first, last, unknown) in [
            ("26.11.21", "2026-11-21", "2021-11-26 DayFirst", "short"),
            ("21/11/26", "2021-11-26", "2026-11-21 DayFirst", "short"),
            (
                "26-11-21 10:15",
                "2026-11-21T10:15:00",
                "2021-11-26T10:15:00 DayFirst",
                "short",
            ),
            (
                "11/21/26",
                "2026-11-21 MonthFirst",
                "2026-11-21 MonthFirst",
                "2026-11-21 MonthFirst",
            ),
            ("'26.11.21", "2026-11-21", "2026-11-21", "2026-11-21"),
            ("26.13.00", "no", "no", "no"),
        ] {
            assert_eq!(read_short(text, Some(ShortYear::First)), first, "{text}");
            assert_eq!(read_short(text, Some(ShortYear::Last)), last, "{text}");
            assert_eq!(read_short(text, None), unknown, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "합계",
            "2026-13-01",
            "2026-02-30",
            "31/31/2026",
            "12,900",
            "12.90",
            "1.5",
            "2026-11-21 25:00",
            "2026-11-21x",
            "1/2",
            "2026",
            "Nov 2026 x",
            "2026-11-21 10",
            "١٢/١١/٢٠٢٦",
            "9999-99-99",
            "2026-1-2-3",
            "0000-01-01",
            "201212",
            "2026112110153",
            "20261121250000",
            "2026-11-21 토끼",
            "Nov 21",
        ] {
            assert_eq!(read(text), "no", "{text}");
        }
    }

    #[test]
    fn serials_of_both_systems() {
        let at = |serial: f64, is_1904| {
            from_serial(Number::from_f64(serial).unwrap(), is_1904)
                .map(|at| civil(at).unwrap().to_string())
        };
        assert_eq!(at(46_347.0, false).unwrap(), "2026-11-21T00:00:00");
        assert_eq!(at(44_885.0, true).unwrap(), "2026-11-21T00:00:00");
        assert_eq!(at(46_347.5, false).unwrap(), "2026-11-21T12:00:00");
        assert_eq!(at(1.0, false).unwrap(), "1900-01-01T00:00:00");
        assert_eq!(at(61.0, false).unwrap(), "1900-03-01T00:00:00");
        assert_eq!(at(-1.0, false), None);
        assert_eq!(at(3_000_000.0, false), None);
    }

    #[test]
    fn bare_numbers_are_dates_only_when_they_can_hardly_be_anything_else() {
        let at = |number: i64| {
            from_bare_number(Number::new(number, 0), false).map(|at| civil(at).unwrap().to_string())
        };
        assert_eq!(at(46_347).unwrap(), "2026-11-21T00:00:00");
        assert_eq!(at(20_261_121).unwrap(), "2026-11-21T00:00:00");
        assert_eq!(at(202_611).unwrap(), "2026-11-01T00:00:00");
        assert_eq!(at(261_121).unwrap(), "2026-11-21T00:00:00");
        assert_eq!(at(12_900), None);
        assert_eq!(at(20_261_321), None);
    }
}
