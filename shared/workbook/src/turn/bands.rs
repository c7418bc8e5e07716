//! Lines between the rows that name what the rows below them are of: `■ 음향`, `판매처: 가나몰`,
//! `2026-10-05`.

use crate::header::find::PeekedRow;
use crate::header::headings::{Headings, Role};
use crate::values::cell::Held;
use crate::values::date::{Seconds, from_serial};
use crate::values::labels::is_total;

use super::heading::{Near, When, is_shop, when};

/// What holds for the rows below a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Band {
    pub(crate) at: Option<Seconds>,
    pub(crate) vendor: Option<String>,
    pub(crate) category: Option<String>,
}

const MARKS: [char; 24] = [
    '■', '▶', '◆', '●', '○', '◎', '★', '▣', '□', '◇', '▷', '▲', '△', '#', '<', '>', '[', ']', '【',
    '】', '〈', '〉', '-', '=',
];

/// The only cell of a row, if it may name the rows below: a day or a short text that is no total
/// and no footnote.
pub(crate) fn line(cells: &[(u32, Held)]) -> Option<&Held> {
    let [(_, cell)] = cells else { return None };
    match cell {
        Held::Serial(_) => Some(cell),
        Held::Text(text) => {
            let is_note = text.starts_with(['※', '*', '＊', '(', '（'])
                || text.starts_with("주)")
                || text.starts_with("단위");
            let is_short = text.chars().count() <= 40;
            (is_short
                && !is_note
                && !is_total(text, true)
                && text.chars().any(char::is_alphanumeric))
            .then_some(cell)
        }
        _ => None,
    }
}

pub(crate) fn is_marked(cell: &Held) -> bool {
    cell.text()
        .is_some_and(|text| text.starts_with(MARKS) || text.contains([':', '：']))
}

impl Band {
    /// What a line says; `as_vendor` decides of a name that is not like a shop's.
    pub(crate) fn of(headings: &Headings, cell: &Held, near: Near, as_vendor: bool) -> Self {
        let mut band = Self::default();
        let text = match cell {
            Held::Serial(number) => {
                band.at = from_serial(*number, near.is_1904);
                return band;
            }
            Held::Text(text) => {
                text.trim_matches(|c: char| MARKS.contains(&c) || c.is_whitespace())
            }
            _ => return band,
        };
        if let Some((label, name)) = text.split_once([':', '：']) {
            let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
            match headings.role(label.trim()) {
                Some((Role::Vendor, _)) => band.vendor = name,
                Some((Role::Category, _)) => band.category = name,
                Some((Role::Date, _)) => {
                    if let Some(When::At(at)) = name.and_then(|name| when(&Held::Text(name), near))
                    {
                        band.at = Some(at);
                    }
                }
                _ => {}
            }
            return band;
        }
        if let Some(when) = when(&Held::Text(text.to_owned()), near) {
            if let When::At(at) = when {
                band.at = Some(at);
            }
            return band;
        }
        // `1` numbers a table.
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return band;
        }
        // `음향 (12건)`
        let name = match text.split_once(['(', '（']) {
            Some((name, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => name.trim(),
            _ => text,
        };
        if as_vendor || is_shop(name) {
            band.vendor = Some(name.to_owned());
        } else {
            band.category = Some(name.to_owned());
        }
        band
    }

    /// A later line changes what it names.
    pub(crate) fn take(&mut self, later: Self) {
        if later.at.is_some() {
            self.at = later.at;
        }
        if later.vendor.is_some() {
            self.vendor = later.vendor;
        }
        if later.category.is_some() {
            self.category = later.category;
        }
    }
}

/// Whether lines among the first rows below a header name groups of rows, rather than products
/// without a price.
pub(super) fn are_bands(rows: &[&PeekedRow], header: u32) -> bool {
    let lines: Vec<usize> = (0..rows.len())
        .filter(|at| line(&rows[*at].cells).is_some())
        .collect();
    if lines.is_empty() {
        return false;
    }
    let leads = |at: usize| rows.get(at + 1).is_some_and(|next| next.cells.len() > 1);
    // A line at the end is a footnote.
    let inner: Vec<usize> = lines
        .iter()
        .copied()
        .filter(|at| *at + 1 < rows.len())
        .collect();
    if inner.is_empty() || !inner.iter().all(|at| leads(*at)) {
        return false;
    }
    let marked = inner.iter().all(|at| is_marked(&rows[*at].cells[0].1));
    let opens = inner[0] == 0 && rows[0].row == header + 1 && inner.len() > 1;
    let apart = inner.iter().all(|at| {
        let before = at.checked_sub(1).map(|before| rows[before]);
        let is_total_before =
            before.is_some_and(|row| row.labels().any(|(_, text)| is_total(text, true)));
        is_total_before
            || rows[*at].row > before.map_or(header, |row| row.row) + 1
            || before.is_none()
    });
    let widest = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let is_wide = widest > 2;
    marked || (opens || apart && inner.len() > 1) && (is_wide || inner.len() > 1)
}

/// Whether the same products stand below several lines: then each line is a shop.
pub(super) fn share_products(rows: &[&PeekedRow], product: u32) -> bool {
    let mut groups: Vec<Vec<String>> = Vec::new();
    for row in rows {
        if line(&row.cells).is_some() {
            groups.push(Vec::new());
        } else if let (Some(group), Some(cell)) = (groups.last_mut(), row.cell(product)) {
            group.push(cell.value().display());
        }
    }
    groups.retain(|group| !group.is_empty());
    let Some((first, rest)) = groups.split_first() else {
        return false;
    };
    rest.iter()
        .any(|group| group.iter().filter(|name| first.contains(name)).count() * 2 > group.len())
}
