//! Dates that need what stands around them, and periods: `11월 5일` below a title of 2026,
//! `10월 1주`, `3분기`, `2026-10-05 ~ 10-11`, `Oct-26`. A period is its first day.

use super::scan::Scan;
use super::{DAY, Seconds, ShortYear, TextDate, civil, full_year, narrow, read_date, trimmed, ymd};

/// What a title, the name of a sheet or a column beside it says of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Around {
    pub(crate) year: Option<i64>,
    pub(crate) month: Option<i64>,
}

/// Reads a text that is no whole date.
pub(crate) fn read_period(text: &str, around: Around) -> Option<Seconds> {
    if text.len() > 60 {
        return None;
    }
    let narrow = narrow(text);
    let text = trimmed(&narrow);
    let text = text.strip_suffix("부터").unwrap_or(text);
    if let Some((from, to)) = range(text) {
        // Both ends of a range must be dates, or `1~3` is one.
        let of_end = whole(to).and_then(civil).map_or(around, |to| Around {
            year: Some(i64::from(to.year())),
            month: Some(i64::from(to.month())),
        });
        let from = whole(from)
            .or_else(|| part(from, around))
            .or_else(|| part(from, of_end))?;
        let year = civil(from).map(|from| i64::from(from.year()));
        let month = civil(from).map(|from| i64::from(from.month()));
        let within = Around { year, month };
        let to = whole(to).or_else(|| part(to, within))?;
        return (from <= to).then_some(from);
    }
    part(text, around)
}

fn range(text: &str) -> Option<(&str, &str)> {
    let (from, to) = text
        .split_once('~')
        .or_else(|| text.split_once(" - "))
        .or_else(|| text.split_once(" to "))?;
    Some((from.trim(), to.trim()))
}

fn whole(text: &str) -> Option<Seconds> {
    match read_date(text, Some(ShortYear::First))? {
        TextDate::Sure(at) | TextDate::Proof(at, _) => Some(at),
        _ => None,
    }
}

/// A part of a year: a month, a quarter, a week, a day without its year.
fn part(text: &str, around: Around) -> Option<Seconds> {
    let mut scan = Scan { rest: text };
    if let Some(month) = scan.month_name() {
        return named_month(&mut scan, month, around);
    }
    if let Some(at) = quarter(text, around).or_else(|| named_week(text, around)) {
        return Some(at);
    }
    let (mut year, mut month) = (around.year, around.month);
    let mut unit = None;
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('년') {
        let digits = scan.digits()?;
        scan.skip(" ");
        if !scan.skip_suffix(&["년도", "년"]) {
            return None;
        }
        year = Some(full_year(digits)?);
        scan.skip(" ");
        if scan.rest.is_empty() {
            return ymd(year?, 1, 1);
        }
    } else if let Some((four, rest)) = text.split_once("-W").or_else(|| text.split_once('W'))
        && four.len() == 4
    {
        year = four.parse().ok();
        return week_of_year(year?, rest.parse().ok()?);
    }
    let (first, width) = scan.digits()?;
    if width > 2 {
        return None;
    }
    scan.skip(" ");
    for (word, mark) in [
        ("월", b'm'),
        ("일", b'd'),
        ("주차", b'w'),
        ("주", b'w'),
        ("/", b's'),
        (".", b's'),
        ("-", b's'),
    ] {
        if let Some(rest) = scan.rest.strip_prefix(word) {
            scan.rest = rest;
            unit = Some(mark);
            break;
        }
    }
    scan.skip(" ");
    match unit? {
        b'w' if scan.rest.is_empty() => week_of_year(year?, first),
        // `5일`
        b'd' => scan.finish(ymd(year?, month?, first)?),
        b'm' => {
            month = Some(first);
            if scan.rest.is_empty() {
                return ymd(year?, first, 1);
            }
            let (second, 1..=2) = scan.digits()? else {
                return None;
            };
            scan.skip(" ");
            if scan.skip_suffix(&["주차", "주"]) {
                let day = (1..=5).contains(&second).then(|| 7 * second - 6)?;
                return scan.rest.is_empty().then(|| ymd(year?, month?, day))?;
            }
            scan.skip_suffix(&["일", "."]);
            scan.finish(ymd(year?, first, second)?)
        }
        b's' => {
            let (second, 1..=2) = scan.digits()? else {
                return None;
            };
            scan.skip_suffix(&["."]);
            scan.finish(ymd(year?, first, second)?)
        }
        _ => None,
    }
}

/// `Oct-26`, `Oct '26` are months, `Oct 5` is a day.
fn named_month(scan: &mut Scan<'_>, month: i64, around: Around) -> Option<Seconds> {
    if scan.rest.is_empty() {
        return ymd(around.year?, month, 1);
    }
    let is_year = scan.rest.starts_with('-') || scan.rest.contains('\'');
    scan.skip(" .,-'");
    let (number, width) = scan.digits()?;
    if is_year && width == 2 {
        return scan
            .rest
            .is_empty()
            .then(|| ymd(2_000 + number, month, 1))?;
    }
    scan.skip_suffix(&["st", "nd", "rd", "th"]);
    let at = ymd(around.year?, month, number)?;
    (width <= 2).then(|| scan.finish(at))?
}

/// `3분기`, `2026년 3분기`, `2026 Q3`, `Q3 2026`, `3Q26`, and halves: `상반기`, `H1 2026`.
fn quarter(text: &str, around: Around) -> Option<Seconds> {
    let upper = text.to_uppercase();
    let is_quarter = upper.contains("분기") || upper.contains('Q');
    let is_half = upper.contains("반기") || upper.contains('H');
    if is_quarter == is_half {
        return None;
    }
    let letter = if is_quarter { 'Q' } else { 'H' };
    let (most, months) = if is_quarter { (4, 3) } else { (2, 6) };
    let letters = upper
        .replace("분기", "Q")
        .replace("상반기", "1H")
        .replace("하반기", "2H")
        .replace(['년', '-', '.', '\'', '/'], " ");
    let (before, after) = letters.split_once(letter)?;
    let (before, after) = (before.trim(), after.trim());
    let number = |text: &str| -> Option<i64> {
        let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| text.parse().ok())?
    };
    let year_of = |text: &str| match text.len() {
        0 => around.year,
        2 | 4 => full_year((number(text)?, text.len())),
        _ => None,
    };
    let (quarter, year) = match before.rsplit_once(' ') {
        // `2026 3Q`
        Some((year, quarter)) if after.is_empty() => (number(quarter)?, year_of(year.trim())?),
        // `3Q26`, `3분기`
        None if before.len() == 1 => (number(before)?, year_of(after)?),
        // `Q3 2026`
        None if before.is_empty() => match after.split_once(' ') {
            Some((quarter, year)) => (number(quarter)?, year_of(year.trim())?),
            None => (number(after)?, around.year?),
        },
        // `2026 Q3`
        None => (number(after)?, year_of(before)?),
        Some(_) => return None,
    };
    (1..=most)
        .contains(&quarter)
        .then(|| ymd(year, (quarter - 1) * months + 1, 1))?
}

/// `Week 41, 2026`, `W41`, `2026 week 41`.
fn named_week(text: &str, around: Around) -> Option<Seconds> {
    let lower = text.to_lowercase();
    let (before, after) = ["week", "wk", "w"]
        .iter()
        .find_map(|word| lower.split_once(word))?;
    let number = |text: &str, most: usize| -> Option<i64> {
        let is_number = (1..=most).contains(&text.len());
        is_number.then(|| text.parse().ok())?
    };
    let after = after.trim_start_matches(['.', ' ']);
    let (week, behind) = match after.split_once([',', ' ', '/']) {
        Some((week, year)) => (week, year.trim()),
        None => (after, ""),
    };
    let year = match (before.trim_end_matches([' ', ',', '-']), behind) {
        ("", "") => around.year?,
        ("", year) | (year, "") if year.len() == 4 => number(year, 4)?,
        _ => return None,
    };
    week_of_year(year, number(week, 2)?)
}

/// A day without its year whose order nobody knows, with a year: `5/10` is 5 October below English
/// headings as well as 10 May.
pub(crate) fn with_year(text: &str, year: i64) -> Option<String> {
    let (first, second) = text.trim().split_once(['/', '-', '.'])?;
    let separator = text
        .trim()
        .as_bytes()
        .get(first.len())
        .copied()
        .map(char::from)?;
    let is_number =
        |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
    (is_number(first) && is_number(second))
        .then(|| format!("{first}{separator}{second}{separator}{year}"))
}

/// The Monday of an ISO week.
fn week_of_year(year: i64, week: i64) -> Option<Seconds> {
    if !(1..=53).contains(&week) {
        return None;
    }
    let fourth = ymd(year, 1, 4)?;
    // 1970-01-01 was a Thursday.
    let weekday = (fourth / DAY + 3).rem_euclid(7);
    Some(fourth + (7 * (week - 1) - weekday) * DAY)
}

/// The only date or month that stands somewhere in a text: `2026년 10월 5일 현재`,
/// `기준일: 2026.10.05`, `2026년 10월 가격 조사`. Of a range it is the first.
pub(crate) fn date_within(text: &str) -> (Option<Seconds>, Around) {
    let narrow = narrow(text);
    let mut around = Around::default();
    let mut found: Vec<(Seconds, bool)> = Vec::new();
    let mut rest: &str = &narrow;
    let mut before = ' ';
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        before = rest[..at].chars().next_back().unwrap_or(before);
        rest = &rest[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if !before.is_ascii_alphanumeric()
            && let Some((date, used)) = date_at(rest, &mut around)
        {
            found.extend(date);
            rest = &rest[used..];
        } else {
            rest = &rest[end..];
        }
        before = '0';
    }
    if found.is_empty()
        && let Some((at, is_day)) = in_words(&narrow).or_else(|| short_day(&narrow))
    {
        found.push((at, is_day));
        around = civil(at).map_or(around, |at| Around {
            year: Some(i64::from(at.year())),
            month: Some(i64::from(at.month())),
        });
    }
    let is_range = narrow.contains('~');
    let days: Vec<Seconds> = found
        .iter()
        .filter(|(_, day)| *day)
        .map(|(at, _)| *at)
        .collect();
    let one = match (days.as_slice(), found.as_slice()) {
        ([at], _) | ([], [(at, _)]) => Some(*at),
        ([from, ..], _) if is_range || days.iter().all(|day| day == from) => Some(*from),
        _ => None,
    };
    (one, around)
}

/// The only date with the name of a month in a text, and whether it has a day: `Quotation, October
/// 5, 2026`, `Jan 2026`.
fn in_words(text: &str) -> Option<(Seconds, bool)> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ':'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_month = |word: &str| Scan { rest: word }.month_name().is_some();
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    for width in [3, 2] {
        let mut dates = words.windows(width).filter_map(|words| {
            let one = |is: &dyn Fn(&str) -> bool| words.iter().filter(|word| is(word)).count() == 1;
            let is_date = one(&is_month) && one(&is_year);
            is_date.then(|| whole(&words.join(" ")))?
        });
        if let Some(at) = dates.next() {
            return dates.next().is_none().then_some((at, width == 3));
        }
    }
    None
}

/// The only short day in a Korean text, which begins with the year: `가격표 26.10.05`.
fn short_day(text: &str) -> Option<(Seconds, bool)> {
    if text.is_ascii() {
        return None;
    }
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    let mut days = words.filter_map(|word| {
        let word = word.trim_start_matches('\'').trim_end_matches('.');
        let parts: Vec<&str> = word.split(['.', '-', '/']).collect();
        let are_pairs = parts.len() == 3
            && parts[0].len() == 2
            && parts
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        are_pairs.then(|| whole(word))?
    });
    let at = days.next()?;
    days.next().is_none().then_some((at, true))
}

/// A date at the start of a text, whether it has a day, and how long it is.
fn date_at(text: &str, around: &mut Around) -> Option<(Option<(Seconds, bool)>, usize)> {
    let mut scan = Scan { rest: text };
    let (year, width) = scan.digits()?;
    scan.skip(" ");
    let is_korean = scan.rest.starts_with('년');
    if width != 4 && !(width == 2 && is_korean) || !(width == 2 || (1990..=2099).contains(&year)) {
        return None;
    }
    let year = full_year((year, width))?;
    if scan.separator().is_none() {
        // `Prices 2026`
        let stands_alone = !scan
            .rest
            .starts_with(|c: char| c.is_alphanumeric() || c == ',');
        if width == 4 && stands_alone {
            around.year = around.year.or(Some(year));
        }
        return None;
    }
    around.year = Some(year);
    let after_year = text.len() - scan.rest.len();
    scan.skip(" ");
    let Some((month, 1..=2)) = scan.digits() else {
        return is_korean.then_some((None, after_year));
    };
    let Some(first) = ymd(year, month, 1) else {
        return Some((None, after_year));
    };
    around.month = Some(month);
    scan.skip(" ");
    let after_month = text.len() - scan.rest.len();
    let separated = scan.skip_suffix(&["월"]) || scan.separator().is_some();
    scan.skip(" ");
    let ahead = text.len() - scan.rest.len();
    match separated.then(|| scan.digits()).flatten() {
        Some((day, 1..=2)) if let Some(at) = ymd(year, month, day) => {
            Some((Some((at, true)), text.len() - scan.rest.len()))
        }
        _ => Some((Some((first, false)), ahead.max(after_month))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, year: Option<i64>, month: Option<i64>) -> String {
        let at = read_period(text, Around { year, month });
        at.map_or("no".into(), |at| civil(at).unwrap().date().to_string())
    }

    #[test]
    fn a_period_is_its_first_day() {
        for (text, day) in [
            ("2026-10-05 ~ 10-11", "2026-10-05"),
            ("2026.10.05~2026.10.11", "2026-10-05"),
            ("10/5 ~ 10/11", "2026-10-05"),
            ("10월 1주", "2026-10-01"),
            ("2025년 10월 2주차", "2025-10-08"),
            ("3분기", "2026-07-01"),
            ("2025년 3분기", "2025-07-01"),
            ("2025 Q3", "2025-07-01"),
            ("Q3 2025", "2025-07-01"),
            ("3Q25", "2025-07-01"),
            ("2025-Q1", "2025-01-01"),
            ("Oct-26", "2026-10-01"),
            ("Oct", "2026-10-01"),
            ("Nov 5", "2026-11-05"),
            ("10월", "2026-10-01"),
            ("2025년", "2025-01-01"),
            ("11월 5일", "2026-11-05"),
            ("11/8", "2026-11-08"),
            ("11.12(목)", "2026-11-12"),
            ("2026-W41", "2026-10-05"),
            ("41주", "2026-10-05"),
            ("13/5", "no"),
            ("1.2.3", "no"),
            ("5일", "no"),
            ("12,900", "no"),
            ("1~3", "no"),
            ("음향", "no"),
            ("", "no"),
        ] {
            assert_eq!(read(text, Some(2026), None), day, "{text}");
        }
        assert_eq!(read("5일", Some(2026), Some(11)), "2026-11-05");
        for text in ["11/8", "10월", "3분기", "11월 5일", "41주"] {
            assert_eq!(read(text, None, None), "no", "{text}");
        }
    }

    #[test]
    fn a_date_stands_in_a_title() {
        let within = |text: &str| {
            let (at, around) = date_within(text);
            let day = at.map(|at| civil(at).unwrap().date().to_string());
            (day.unwrap_or_default(), around.year)
        };
        for (text, day, year) in [
            ("2026년 10월 5일 현재", "2026-10-05", Some(2026)),
            ("견적일: 2026.10.05", "2026-10-05", Some(2026)),
            ("2026년 11월 가격 조사", "2026-11-01", Some(2026)),
            ("(2026-10-01 ~ 2026-10-31)", "2026-10-01", Some(2026)),
            ("2026년 가격표", "", Some(2026)),
            ("전화 02-123-4567", "", None),
            ("사업자 123-45-67890", "", None),
            ("2026-1005-22호", "", Some(2026)),
            ("가격표", "", None),
        ] {
            assert_eq!(within(text), (day.into(), year), "{text}");
        }
    }
}
