//! Which days of a month an expression means.

use jiff::civil::Date;

/// What one of the two day fields says; the other is `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Days {
    /// These days of the month: bit 1 is the 1st.
    OfMonth(u64),
    /// So many days before the last of the month, or the weekday nearest to that: `L`, `L-3`,
    /// `LW`, `L-3W`.
    BeforeLast { days: u8, nearest_weekday: bool },
    /// The weekday (Monday to Friday) nearest to this day of the month: `15W`.
    NearestWeekday(u8),
    /// These days of the week: bit 1 is Sunday.
    OfWeek(u64),
    /// The last such day of the month: `FRIL`. 1 is Sunday.
    LastOfWeek(u8),
    /// The n-th such day of the month: `FRI#2`. 1 is Sunday.
    NthOfWeek { day: u8, n: u8 },
}

impl Days {
    /// The days that are meant in the month of `first`, its first day: bit 1 is the 1st.
    pub(crate) fn in_month(&self, first: Date) -> u64 {
        let length = first.days_in_month().unsigned_abs();
        let all = (1_u64 << (length + 1)) - 2;
        // Days until the first `day` (1 is Sunday) of the month.
        let first_day = first.weekday().to_sunday_one_offset().unsigned_abs();
        let first_of = |day: u8| 1 + (day + 7 - first_day) % 7;
        match *self {
            Self::OfMonth(days) => days & all,
            Self::BeforeLast {
                days,
                nearest_weekday,
            } => match length.checked_sub(days) {
                None | Some(0) => 0,
                Some(day) if nearest_weekday => nearest(first, day),
                Some(day) => 1 << day,
            },
            Self::NearestWeekday(day) if day > length => 0,
            Self::NearestWeekday(day) => nearest(first, day),
            Self::OfWeek(week) => (1..=length)
                .filter(|day| week & (1 << (1 + (first_day - 1 + day - 1) % 7)) != 0)
                .fold(0, |days, day| days | 1 << day),
            Self::LastOfWeek(day) => {
                let first = first_of(day);
                1 << (first + (length - first) / 7 * 7)
            }
            Self::NthOfWeek { day, n } => (1 << (first_of(day) + 7 * (n - 1))) & all,
        }
    }
}

/// The Monday to Friday nearest to `day`, without leaving the month.
fn nearest(first: Date, day: u8) -> u64 {
    let length = first.days_in_month().unsigned_abs();
    let monday_first = first.weekday().to_monday_zero_offset().unsigned_abs();
    let day = match (monday_first + day - 1) % 7 {
        5 if day == 1 => 3,
        5 => day - 1,
        6 if day == length => day - 2,
        6 => day + 1,
        _ => day,
    };
    1 << day
}
