//! A sheet that was copied within its workbook: the same rows twice would count twice.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::header::headings::Role;
use crate::read::Workbook;
use crate::values::cell::{Cells, Held, Stop, Value};

use super::choose::ChosenSheet;
use super::names;

/// Leaves out sheets that are named like a copy of another one and hold the same cells; gives
/// their number in the workbook and the name of the other.
pub(super) fn leave_out(
    workbook: &mut Workbook,
    sheets: &mut Vec<ChosenSheet>,
) -> Result<Vec<(usize, String)>, Stop> {
    let mut copies = Vec::new();
    let mut at = 0;
    while at < sheets.len() {
        let one = &sheets[at];
        let original = sheets.iter().enumerate().find(|(other, sheet)| {
            let is_copied = is_copy(&one.info.name, &sheet.info.name)
                || *other < at && says_all(one) && says_all(sheet);
            *other != at && is_copied && one.peek == sheet.peek
        });
        let original = original.map(|(_, sheet)| (sheet.index, sheet.info.name.clone()));
        if let Some((index, name)) = original
            && fingerprint(workbook, one.index)? == fingerprint(workbook, index)?
        {
            copies.push((one.index, name));
            sheets.remove(at);
        } else {
            at += 1;
        }
    }
    Ok(copies)
}

/// Whether the rows of a sheet say themselves of which day and which shop they are, so that the
/// sheet's name adds nothing.
fn says_all(sheet: &ChosenSheet) -> bool {
    let has = |role| sheet.layout.has(role);
    has(Role::Date) && (has(Role::Vendor) || !names::is_name(&sheet.info.name))
}

/// Whether a name is what programs and people call the copy of a sheet: `10월 (2)`, `10월의 사본`,
/// `Copy of October`.
fn is_copy(name: &str, original: &str) -> bool {
    let rest = |name: &str| -> Option<String> {
        let (before, after) = name.split_once(original)?;
        let words = format!("{before} {after}").to_lowercase();
        Some(words.chars().filter(|c| c.is_alphanumeric()).collect())
    };
    rest(name).is_some_and(|rest| {
        let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_numbered = name.trim_end().ends_with(')') && digits.is_empty();
        let word = [
            "사본",
            "의사본",
            "복사본",
            "의복사본",
            "복사",
            "copyof",
            "copy",
            "duplicate",
        ]
        .contains(&digits);
        !rest.is_empty() && (is_numbered || word)
    })
}

fn fingerprint(workbook: &mut Workbook, sheet: usize) -> Result<(u64, u64), Stop> {
    let mut print = Fingerprint::default();
    workbook.read(sheet, &mut print)?;
    Ok((print.cells, print.hasher.finish()))
}

#[derive(Default)]
struct Fingerprint {
    cells: u64,
    hasher: DefaultHasher,
}

impl Cells for Fingerprint {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        if let Some(held) = Held::of(value) {
            self.cells += 1;
            (row, column, held.value().display()).hash(&mut self.hasher);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_copy;

    #[test]
    fn a_copy_is_known_by_its_name() {
        for (name, original) in [
            ("10월 (2)", "10월"),
            ("10월의 사본", "10월"),
            ("10월 - 복사본", "10월"),
            ("Copy of October", "October"),
            ("October copy", "October"),
            ("Sheet1 (3)", "Sheet1"),
        ] {
            assert!(is_copy(name, original), "{name}");
            assert!(!is_copy(original, name), "{name}");
        }
        for (name, original) in [
            ("10월", "10월"),
            ("Sheet12", "Sheet1"),
            ("가나몰", "가나"),
            ("다라샵", "가나몰"),
        ] {
            assert!(!is_copy(name, original), "{name}");
        }
    }
}
