//! The pieces of a date in a text, from left to right.

use super::{Seconds, full_year, ymd};

/// What of a text is not yet read.
pub(super) struct Scan<'a> {
    pub(super) rest: &'a str,
}

impl Scan<'_> {
    pub(super) fn digits(&mut self) -> Option<(i64, usize)> {
        let width = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        // Of more digits than a date has, a time of day is the rest: `20261121101530`.
        let width = if matches!(width, 12 | 14) { 8 } else { width };
        if width == 0 || width > 8 {
            return None;
        }
        let value = self.rest[..width].parse().ok()?;
        self.rest = &self.rest[width..];
        Some((value, width))
    }

    pub(super) fn number(&mut self, most: usize) -> Option<i64> {
        self.digits()
            .filter(|(_, width)| *width <= most)
            .map(|(value, _)| value)
    }

    pub(super) fn skip(&mut self, any: &str) -> bool {
        let rest = self.rest.trim_start_matches(|c: char| {
            any.contains(c) || (any.contains(' ') && c.is_whitespace())
        });
        let skipped = rest.len() < self.rest.len();
        self.rest = rest;
        skipped
    }

    pub(super) fn skip_suffix(&mut self, any: &[&str]) -> bool {
        for suffix in any {
            if let Some(rest) = self.rest.strip_prefix(suffix) {
                self.rest = rest;
                return true;
            }
        }
        false
    }

    /// `-`, `.`, `/`, or 년 and 월, as one byte.
    pub(super) fn separator(&mut self) -> Option<u8> {
        for (sign, byte) in [
            ("-", b'-'),
            (".", b'.'),
            ("/", b'/'),
            ("_", b'-'),
            ("년", b'y'),
            ("年", b'y'),
        ] {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                return Some(byte);
            }
        }
        None
    }

    /// The letters that come next: how many, and in lower case.
    fn word(&self) -> (usize, String) {
        let letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic);
        let word = letters.count();
        (word, self.rest[..word].to_ascii_lowercase())
    }

    pub(super) fn skip_weekday(&mut self) {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let (word, name) = self.word();
        if DAYS.iter().any(|day| name.starts_with(day)) {
            self.rest = &self.rest[word..];
            self.skip(" ,.");
        }
        // `(월) 2026-10-05`
        if let Some((day, rest)) = self
            .rest
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            && ["월", "화", "수", "목", "금", "토", "일"].contains(&day.trim_end_matches("요일"))
        {
            self.rest = rest.trim_start();
        }
    }

    /// `토`, `토요일`, `Sat`, behind a date.
    fn skip_weekday_behind(&mut self) {
        let mut ahead = Scan { rest: self.rest };
        if ahead.skip_suffix(&["월", "화", "수", "목", "금", "토", "일"]) {
            ahead.skip_suffix(&["요일"]);
            if ahead.rest.is_empty() || ahead.rest.starts_with(char::is_whitespace) {
                self.rest = ahead.rest;
            }
        } else {
            self.skip_weekday();
        }
    }

    /// What stands behind `Nov`: `21, 2026`, `2026`, or as C's ctime has it `21 10:15:30 2026`.
    pub(super) fn after_month_name(&mut self, month: i64) -> Option<Seconds> {
        self.skip(" .,-/");
        let (day, width) = self.digits()?;
        if width == 4 {
            return self.finish(ymd(day, month, 1)?);
        }
        self.skip_suffix(&["st", "nd", "rd", "th"]);
        self.skip(" ,.-/");
        if self.rest.contains(':')
            && let Some((time, year)) = self.rest.rsplit_once(' ')
            && year.len() == 4
            && let Ok(year) = year.parse()
        {
            return Scan { rest: time }.finish(ymd(year, month, day)?);
        }
        let year = full_year(self.digits()?)?;
        self.finish(ymd(year, month, day)?)
    }

    /// The day, which may be missing ("2026-11", "2026년 11월"), and a time of day.
    pub(super) fn after_year_and_month(
        &mut self,
        year: i64,
        month: i64,
        separator: u8,
    ) -> Option<Seconds> {
        let spaced = self.skip(" ");
        let closed = self.skip_suffix(&["월", "月"]);
        let mut ahead = Scan { rest: self.rest };
        let more = closed || ahead.separator().is_some_and(|again| again == separator) || spaced;
        if more {
            ahead.skip(" ");
            if let Some((day, 1..=2)) = ahead.digits()
                && !ahead.rest.starts_with(':')
            {
                ahead.skip(" ");
                ahead.skip_suffix(&["일", "日", "."]);
                return ahead.finish(ymd(year, month, day)?);
            }
        }
        if matches!(separator, b' ') {
            return None;
        }
        self.skip_suffix(&["."]);
        self.finish(ymd(year, month, 1)?)
    }

    pub(super) fn month_name(&mut self) -> Option<i64> {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let (word, name) = self.word();
        if word < 3 {
            return None;
        }
        let month = MONTHS.iter().position(|month| {
            *month == name || name == month[..3] || (name == "sept" && *month == "september")
        })?;
        self.rest = &self.rest[word..];
        i64::try_from(month + 1).ok()
    }

    /// What may follow a date: a weekday in brackets, a time of day, a zone. The time of day
    /// is added; the zone is left, because a sheet's dates are civil.
    pub(super) fn finish(&mut self, at: Seconds) -> Option<Seconds> {
        self.skip(" ");
        if let Some(rest) = self.rest.strip_prefix('(') {
            let (weekday, rest) = rest.split_once(')')?;
            if weekday.chars().count() > 9 || weekday.chars().any(|c| c.is_ascii_digit()) {
                return None;
            }
            self.rest = rest;
        } else {
            self.skip_weekday_behind();
        }
        self.skip(" ");
        let is_iso = self.skip_suffix(&["T", "t"]);
        self.skip_suffix(&[","]);
        self.skip(" ");
        if self.rest.is_empty() {
            return Some(at);
        }
        if is_iso
            && matches!(
                self.rest.bytes().take_while(u8::is_ascii_digit).count(),
                4 | 6
            )
        {
            return self.compact_time(at);
        }
        let mut half = self.half_day();
        self.skip(" ");
        let (mut hour, width) = self.digits()?;
        if width > 2 {
            return None;
        }
        let (mut minute, mut second) = (0, 0);
        if self.skip_suffix(&[":", "시"]) {
            self.skip(" ");
            if let Some((value, 1..=2)) = self.digits() {
                minute = value;
                if self.skip_suffix(&[":", "분"]) {
                    self.skip(" ");
                    if let Some((value, 1..=2)) = self.digits() {
                        second = value;
                        self.skip_suffix(&["초"]);
                        self.skip_fraction();
                    }
                }
            }
        } else if half.is_none() {
            return None;
        }
        self.skip(" ");
        if half.is_none() {
            half = self.half_day();
        }
        if let Some(afternoon) = half {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        self.skip(" ");
        self.skip_zone();
        let valid = self.rest.is_empty() && hour < 24 && minute < 60 && second < 60;
        valid.then_some(at + hour * 3_600 + minute * 60 + second)
    }

    /// `1015` or `101530`, and perhaps a zone.
    pub(super) fn compact_time(&mut self, at: Seconds) -> Option<Seconds> {
        let (digits, width) = self.digits()?;
        let digits = match width {
            4 => digits * 100,
            6 => digits,
            _ => return None,
        };
        self.skip_fraction();
        self.skip_zone();
        let (hour, minute, second) = (digits / 10_000, digits / 100 % 100, digits % 100);
        let valid = self.rest.is_empty() && hour < 24 && minute < 60 && second < 60;
        valid.then_some(at + hour * 3_600 + minute * 60 + second)
    }

    fn skip_fraction(&mut self) {
        if self.skip_suffix(&[".", ","]) {
            let fraction = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            self.rest = &self.rest[fraction..];
        }
    }

    fn half_day(&mut self) -> Option<bool> {
        for (word, afternoon) in [
            ("오전", false),
            ("오후", true),
            ("AM", false),
            ("PM", true),
            ("am", false),
            ("pm", true),
            ("a.m.", false),
            ("p.m.", true),
            ("A.M.", false),
            ("P.M.", true),
        ] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(afternoon);
            }
        }
        None
    }

    fn skip_zone(&mut self) {
        // `Z`, `KST`, `UTC`, and perhaps how far that is off: `UTC+9`.
        let letters = self.rest.bytes().take_while(u8::is_ascii_uppercase).count();
        if letters <= 5 {
            self.rest = &self.rest[letters..];
        } else {
            return;
        }
        self.skip_suffix(&["z"]);
        let bytes = self.rest.as_bytes();
        if let [b'+' | b'-', hour @ ..] = bytes
            && matches!(hour.len(), 1 | 2 | 4 | 5)
            && hour
                .iter()
                .enumerate()
                .all(|(at, b)| b.is_ascii_digit() || (at == 2 && *b == b':'))
        {
            self.rest = "";
        }
    }
}
