//! What a reader hands on, cell by cell, whatever the file's format.

use crate::ReadError;
use crate::values::number::Number;
use crate::values::padded::Padding;
use crate::values::price::Sign;
use crate::values::strings::Strings;

/// The value of one cell. An empty cell is not handed on at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    /// A shared string by its index: whoever has seen the index need not look at the text.
    Shared(u32, &'a Strings),
    Number(Number),
    /// A number that is shown with the sign of a currency.
    Money(Number, Sign),
    /// A number that is shown with zeros or letters before it.
    Code(Number, Padding),
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
            Self::Shared(index, strings) => strings.get(*index).into_owned(),
            Self::Number(number)
            | Self::Money(number, _)
            | Self::Serial(number)
            | Self::Duration(number) => number.to_decimal().to_string(),
            Self::Code(number, padding) => padding.show(*number),
            Self::Huge(number) => number.to_string(),
            Self::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        }
    }

    pub(crate) fn number(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::Huge(value), Self::Number)
    }
}

/// The error of a formula whose value the program that wrote the workbook did not work out.
pub(crate) const UNCOMPUTED: &str = "formula without a value";

/// A value that is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    Text(String),
    Number(Number),
    Money(Number, Sign),
    Serial(Number),
    Duration(Number),
    Huge(f64),
    Bool(bool),
    Error(String),
}

impl Held {
    /// Keeps a value; `None` for a text of nothing but white space.
    pub(crate) fn of(value: Value<'_>) -> Option<Self> {
        let text = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| Self::Text(text.to_owned()))
        };
        Some(match value {
            Value::Text(one) => return text(one),
            Value::Shared(index, strings) => return text(&strings.get(index)),
            Value::Number(number) => Self::Number(number),
            Value::Money(number, sign) => Self::Money(number, sign),
            Value::Code(number, padding) => Self::Text(padding.show(number)),
            Value::Serial(number) => Self::Serial(number),
            Value::Duration(number) => Self::Duration(number),
            Value::Huge(number) => Self::Huge(number),
            Value::Bool(value) => Self::Bool(value),
            Value::Error(error) => Self::Error(error.to_owned()),
        })
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Number(number) => Value::Number(*number),
            Self::Money(number, sign) => Value::Money(*number, *sign),
            Self::Serial(number) => Value::Serial(*number),
            Self::Duration(number) => Value::Duration(*number),
            Self::Huge(number) => Value::Huge(*number),
            Self::Bool(value) => Value::Bool(*value),
            Self::Error(error) => Value::Error(error),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
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
}
