//! What a sheet says once, outside its table: in a title, in the lines of a form above it
//! (`견적일자 | 2026-10-05`, `공급자: 가나상사`), in its name.

use super::PeekedRow;
use crate::header::headings::{Headings, Role};
use crate::values::cell::Held;
use crate::values::date::{
    Around, Seconds, ShortYear, TextDate, date_within, from_serial, read_date, read_period,
};

/// What holds for every row that says nothing else itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outside {
    /// The day of its prices.
    pub(crate) at: Option<Seconds>,
    pub(crate) vendor: Option<String>,
    pub(crate) category: Option<String>,
    /// The year and the month that its short dates are of.
    pub(crate) around: Around,
}

/// Words beside a date that is not the day of the prices.
const OTHER_DAYS: [&str; 14] = [
    "유효", "납기", "납품", "출력", "인쇄", "만료", "설립", "출시", "제정", "개정", "valid",
    "printed", "expir", "deliver",
];

impl Outside {
    /// What the rows above a table and the sheet's name say.
    pub(crate) fn of<'a>(
        headings: &Headings,
        above: impl Iterator<Item = &'a PeekedRow>,
        sheet: &str,
        is_1904: bool,
    ) -> Self {
        let mut found = Found {
            is_1904,
            ..Found::default()
        };
        for row in above {
            found.line(headings, row);
        }
        let mut outside = found.outside;
        let (_, named) = date_within(sheet);
        let years = found.arounds.iter().map(|one| one.year);
        let months = found.arounds.iter().map(|one| one.month);
        outside.around = Around {
            year: only(years).or(named.year),
            month: only(months).or(named.month),
        };
        outside.at = only(found.labelled.into_iter().map(Some))
            .or_else(|| only(found.other.into_iter().map(Some)))
            .or_else(|| day_of_name(sheet, outside.around));
        outside
    }
}

/// The day or the period that a sheet's name is.
pub(crate) fn day_of_name(name: &str, around: Around) -> Option<Seconds> {
    // `10월 (2)` is a copy.
    let name = name.split(" (").next().unwrap_or(name).trim();
    date_within(name)
        .0
        .or_else(|| read_period(name, around))
        .or_else(|| {
            let is_number =
                matches!(name.len(), 6 | 8) && name.bytes().all(|byte| byte.is_ascii_digit());
            match is_number.then(|| read_date(name, Some(ShortYear::First)))?? {
                TextDate::Sure(at) | TextDate::Proof(at, _) => Some(at),
                _ => None,
            }
        })
}

#[derive(Default)]
struct Found {
    is_1904: bool,
    outside: Outside,
    /// Days with a label that names the day of prices, and others.
    labelled: Vec<Seconds>,
    other: Vec<Seconds>,
    arounds: Vec<Around>,
}

impl Found {
    fn line(&mut self, headings: &Headings, row: &PeekedRow) {
        let mut label: Option<Role> = None;
        let mut is_other = false;
        // `2026년 | 10월 | 5일`
        if row.labels().count() > 1 && row.labels().any(|(_, text)| text.ends_with('년')) {
            let texts: Vec<&str> = row.labels().map(|(_, text)| text).collect();
            let (at, around) = date_within(&texts.join(" "));
            if at.is_some() && !texts.iter().any(|text| is_other_day(text)) {
                self.arounds.push(around);
                self.day(at, None);
            }
        }
        for (_, cell) in &row.cells {
            let (text, role) = match cell {
                Held::Text(text) => match text.split_once([':', '：']) {
                    Some((before, after)) if !after.trim().is_empty() => {
                        let role = headings.role(before.trim_start_matches(['※', '*', '-', ' ']));
                        is_other = is_other_day(before);
                        (after.trim(), role.map(|(role, _)| role))
                    }
                    _ => {
                        is_other |= is_other_day(text);
                        let text = text.trim_end_matches([':', '：']).trim();
                        let role = headings.role(text).filter(|(role, _)| {
                            matches!(role, Role::Date | Role::Vendor | Role::Category)
                        });
                        if let Some((role, _)) = role {
                            label = Some(role);
                            is_other = false;
                            continue;
                        }
                        (text, label.take())
                    }
                },
                Held::Serial(number) => {
                    let at = from_serial(*number, self.is_1904);
                    self.day(at.filter(|_| !is_other), label.take());
                    continue;
                }
                _ => {
                    label = None;
                    continue;
                }
            };
            match role {
                Some(Role::Vendor) => {
                    self.outside.vendor = self.outside.vendor.take().or(name(text));
                }
                Some(Role::Category) => {
                    self.outside.category = self.outside.category.take().or(name(text));
                }
                role if !is_other => {
                    let (at, around) = date_within(text);
                    if around.year.is_some() {
                        self.arounds.push(around);
                    }
                    self.day(at, role);
                }
                _ => {}
            }
        }
    }

    fn day(&mut self, at: Option<Seconds>, role: Option<Role>) {
        let days = match role {
            Some(Role::Date) => &mut self.labelled,
            _ => &mut self.other,
        };
        days.extend(at);
    }
}

fn is_other_day(text: &str) -> bool {
    let lower = text.to_lowercase();
    OTHER_DAYS.iter().any(|word| lower.contains(word))
}

fn name(text: &str) -> Option<String> {
    (text.chars().count() <= 40).then(|| text.to_owned())
}

/// The value of all that have one, if it is the same.
fn only<T: PartialEq>(all: impl Iterator<Item = Option<T>>) -> Option<T> {
    let mut all = all.flatten();
    let first = all.next()?;
    all.all(|one| one == first).then_some(first)
}
