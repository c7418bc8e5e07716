//! A column of dates is chosen by its values as well as by its heading: `ExpDate` may hold flags,
//! and `요일` weekdays.

use super::{Layout, Peek};
use crate::header::headings::Role;
use crate::values::cell::Held;

impl Peek {
    /// Takes the next column that is named like a date while one holds something else.
    pub(super) fn choose_dates(&self, layout: &mut Layout) {
        while let Some(at) = layout.columns.iter().position(|(column, role, _)| {
            *role == Role::Date && self.holds_no_dates(layout.last_header_row, *column)
        }) {
            let (_, _, heading) = layout.columns.remove(at);
            layout.not_dates.push(heading);
            let next = layout
                .spare
                .iter()
                .position(|(_, role, _)| *role == Role::Date);
            if let Some(next) = next {
                let next = layout.spare.remove(next);
                layout.columns.push(next);
                layout
                    .columns
                    .sort_unstable_by_key(|(column, _, _)| *column);
            }
        }
    }

    /// Whether all that the first rows hold in a column are flags, weekdays, times of day or
    /// quantities.
    fn holds_no_dates(&self, header: u32, column: u32) -> bool {
        let rows = self.rows.iter().filter(|row| row.row > header);
        let cells = rows.flat_map(|row| row.cells.iter());
        let mut held = cells.filter(|(at, _)| *at == column).map(|(_, cell)| cell);
        let mut any = false;
        held.all(|cell| {
            any = true;
            is_no_date(cell)
        }) && any
    }
}

/// Whether a value can be no date, not even a damaged one.
fn is_no_date(cell: &Held) -> bool {
    match cell {
        Held::Bool(_) => true,
        // A time of day, or a quantity.
        Held::Serial(number) | Held::Duration(number) => number.to_decimal().abs() < 1.into(),
        Held::Number(number) => number.to_decimal().abs() < 1_000.into(),
        Held::Text(text) => is_flag(text) || is_weekday(text) || is_time(text),
        Held::Money(..) | Held::Huge(_) | Held::Error(_) => false,
    }
}

fn is_flag(text: &str) -> bool {
    const FLAGS: [&str; 14] = [
        "y",
        "n",
        "yes",
        "no",
        "true",
        "false",
        "o",
        "x",
        "t",
        "f",
        "예",
        "아니오",
        "유",
        "무",
    ];
    FLAGS.iter().any(|flag| text.eq_ignore_ascii_case(flag))
}

fn is_weekday(text: &str) -> bool {
    const SHORT: [&str; 7] = ["월", "화", "수", "목", "금", "토", "일"];
    const LONG: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let korean = text.strip_suffix("요일").unwrap_or(text);
    let lower = text.to_lowercase();
    SHORT.contains(&korean)
        || LONG
            .iter()
            .any(|day| *day == lower || (lower.len() == 3 && day.starts_with(&lower)))
}

/// `10:15`, `오후 3:05`.
fn is_time(text: &str) -> bool {
    let plain = text
        .strip_prefix("오전")
        .or_else(|| text.strip_prefix("오후"));
    let text = plain.unwrap_or(text).trim();
    let mut parts = text.split(':');
    let (Some(hour), Some(minute)) = (parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str| {
        part.len() <= 2 && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
    };
    digits(hour) && minute.get(..2).is_some_and(digits)
}
