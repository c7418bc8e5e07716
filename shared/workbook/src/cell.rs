//! What a reader hands on, cell by cell, whatever the file's format.

use crate::number::Number;
use crate::{Limits, Measure, ReadError};

/// The value of one cell. An empty cell is not handed on at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    /// A shared string by its index: whoever has seen the index need not look at the text.
    Shared(u32, &'a Strings),
    Number(Number),
    /// A number that is shown as a date: a serial of the workbook's date system.
    Serial(Number),
    /// A number that is shown as a duration.
    Duration(Number),
    /// A number beyond fifteen digits.
    Huge(f64),
    Bool(bool),
    /// An error value: `#N/A`.
    Error(&'a str),
}

impl Value<'_> {
    /// The value as a person would type it.
    pub(crate) fn display(&self) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => (*text).to_owned(),
            Self::Shared(index, strings) => strings.get(*index).to_owned(),
            Self::Number(number) | Self::Serial(number) | Self::Duration(number) => {
                number.to_decimal().to_string()
            }
            Self::Huge(number) => number.to_string(),
            Self::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        }
    }

    pub(crate) fn number(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::Huge(value), Self::Number)
    }
}

/// Texts in one piece of memory, by index.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Strings {
    bytes: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text; an index beyond the end is an empty text (readers check their indices).
    pub(crate) fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(0) as usize,
        };
        let end = self.ends.get(index).map_or(start, |end| *end as usize);
        self.bytes.get(start..end).unwrap_or("")
    }

    /// Adds to the text that [`Self::end`] will close.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.bytes.push_str(text);
    }

    /// Closes a text. False when the texts together pass 4 GiB.
    pub(crate) fn end(&mut self) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len()) else {
            return false;
        };
        self.ends.push(end);
        true
    }

    /// Adds a text of an upload.
    pub(crate) fn add(&mut self, text: &str, limits: &Limits) -> Result<(), ReadError> {
        let too_large = |what, limit| {
            Err(ReadError::TooLarge {
                what,
                limit,
                place: None,
            })
        };
        if self.ends.len() as u64 >= limits.shared_strings {
            return too_large(Measure::SharedStrings, limits.shared_strings);
        }
        self.push_str(text);
        if !self.end() || self.bytes.len() as u64 > limits.shared_string_bytes {
            return too_large(Measure::SharedStringBytes, limits.shared_string_bytes);
        }
        Ok(())
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// Why a reader stops before the end of a sheet.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The sink has seen what it wanted.
    Enough,
    /// The quick reader met something that it does not know for certain; the careful one
    /// should read the file.
    Unsure(&'static str),
    /// The file cannot be read.
    Failed(ReadError),
}

impl Stop {
    /// The error behind a stop that nobody can answer.
    pub(crate) fn into_error(self) -> ReadError {
        match self {
            Self::Failed(error) => error,
            Self::Unsure(what) => ReadError::damaged("", what),
            Self::Enough => ReadError::damaged("", "reading stopped early"),
        }
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

/// Takes the cells of a sheet, row by row and from left to right, both counted from 0.
pub(crate) trait Cells {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop>;

    /// Whether the values of a column matter; of one that does not, only some cells or none
    /// may be handed on.
    fn wants(&self, _column: u32) -> bool {
        true
    }
}

/// `B12` for row 11, column 1.
pub(crate) fn a1(row: u32, column: u32) -> String {
    format!("{}{}", column_letters(column), u64::from(row) + 1)
}

/// `A`, `B`, … `XFD`.
pub(crate) fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    letters
        .iter()
        .rev()
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, letters) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(column_letters(column), letters);
        }
        assert_eq!(a1(11, 1), "B12");
    }

    #[test]
    fn strings_are_found_by_index() {
        let mut strings = Strings::default();
        for text in ["가격", "", "price"] {
            strings.push_str(text);
            assert!(strings.end());
        }
        assert_eq!(
            ["가격", "", "price", ""].map(str::to_owned),
            [0, 1, 2, 9].map(|at| strings.get(at).to_owned())
        );
        assert_eq!(strings.len(), 3);
    }
}
