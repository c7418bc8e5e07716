//! A sheet by its bytes, at the speed of the inflater.
//!
//! The scanner knows what spreadsheet programs write: `<row r="2">`, `<c r="A2" s="1">`, `<v>`,
//! `<f>`, `<is><t>`, in this order, in UTF-8, without prefixes, comments or CDATA. Anything
//! else is [`Stop::Unsure`]; nothing is guessed. Every place is checked: rows and columns
//! ascend, a cell lies in its row, an index is within the shared strings.

/// The value, or an end of the function because more bytes are needed.
macro_rules! need {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

mod cell;
mod shape;
mod strings;
mod text;

use std::io::Read;

use memchr::memchr;

use shape::Shapes;
use text::{is_name, is_plain};

use super::Context;
use super::careful::MAX_ROW;
use super::window::Window;
use crate::values::cell::{Cells, Stop, a1};
use crate::values::eight::{all, eight, first_zero, short_digits};
use crate::{Limits, Measure, ReadError};

pub(super) use strings::read as strings;

pub(super) fn read(
    part: impl Read,
    name: &str,
    context: &Context,
    cells: &mut impl Cells,
) -> Result<(), Stop> {
    let mut window = Window::new(part, name);
    let has_data = window.enter(b"<sheetData", |before, attributes| {
        if !before.starts_with(b"<worksheet") {
            return unsure("root element");
        }
        if !attributes.trim_ascii().is_empty() {
            return unsure("attributes of the data");
        }
        Ok(())
    })?;
    if !has_data {
        return Ok(());
    }
    let mut scan = Scan {
        context,
        cells,
        name,
        row: Row::default(),
        next_row: 0,
        row_tail: Vec::new(),
        shapes: Shapes::default(),
        scratch: String::new(),
    };
    let most = most_bytes(&context.limits);
    loop {
        let (used, ended) = scan.tokens(window.rest())?;
        window.used(used);
        if ended {
            return window.drain();
        }
        if window.rest().len() > most {
            let (what, limit) = (Measure::TextBytes, context.limits.text_bytes);
            return Err(ReadError::TooLarge {
                what,
                limit,
                place: Some(scan.place()),
            }
            .into());
        }
        if !window.fill()? {
            return Err(Stop::Unsure("the sheet ends inside its data"));
        }
    }
}

/// The bytes that one row's tag, one cell or one shared text may have: entities and
/// `_x000D_` make a text up to eight times as long.
fn most_bytes(limits: &Limits) -> usize {
    usize::try_from(limits.text_bytes)
        .unwrap_or(usize::MAX)
        .saturating_mul(8)
        .max(1 << 20)
}

/// The row that is being read.
#[derive(Default)]
struct Row {
    open: bool,
    index: u32,
    /// Its number as the cells' references repeat it, the first of its digits in the lowest
    /// bits, and ones where the digits are.
    digits: u64,
    mask: u64,
    width: usize,
    next_column: u32,
}

struct Scan<'a, C> {
    context: &'a Context,
    cells: &'a mut C,
    name: &'a str,
    row: Row,
    next_row: u32,
    /// What followed the number in the last row's tag.
    row_tail: Vec<u8>,
    shapes: Shapes,
    scratch: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Date,
    /// A cell without content: `<c r="A1" s="1"/>`.
    Empty,
}

/// How the tag of a row begins.
const ROW: &[u8; 8] = b"<row r=\"";

const fn unsure<T>(what: &'static str) -> Result<T, Stop> {
    Err(Stop::Unsure(what))
}

impl<C: Cells> Scan<'_, C> {
    fn place(&self) -> String {
        format!("{}!{}", self.name, a1(self.row.index, self.row.next_column))
    }

    /// Takes as many whole tags and cells as there are. Says how many bytes that were, and
    /// whether the data has ended.
    fn tokens(&mut self, bytes: &[u8]) -> Result<(usize, bool), Stop> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let length = if self.row.open {
                at += self.same_cells(rest)?;
                let rest = &bytes[at..];
                match rest {
                    [b'<', b'c', b' ' | b'>', ..] => self.cell(rest)?,
                    [b'<', b'/', b'r', b'o', b'w', b'>', ..] => {
                        self.row.open = false;
                        Some(6)
                    }
                    [b' ' | b'\n' | b'\r' | b'\t', ..] => Some(1),
                    _ if rest.len() < 6 => None,
                    _ => return unsure("inside a row"),
                }
            } else {
                if let Some(length) = self.same_row(rest) {
                    at += length;
                    continue;
                }
                match rest {
                    [b'<', b'r', b'o', b'w', b' ' | b'>', ..] => self.row(rest)?,
                    [b' ' | b'\n' | b'\r' | b'\t', ..] => Some(1),
                    _ if rest.starts_with(b"</sheetData>") => return Ok((at, true)),
                    _ if rest.len() < 12 => None,
                    _ => return unsure("between rows"),
                }
            };
            match length {
                Some(length) => at += length,
                None => return Ok((at, false)),
            }
        }
    }

    /// `<row r="12" …>`
    fn row(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let mut at = 4;
        let mut number = None;
        loop {
            match *need!(bytes.get(at)) {
                b' ' => at += 1,
                b'>' => {
                    self.row.open = true;
                    break;
                }
                b'/' => {
                    if *need!(bytes.get(at + 1)) != b'>' {
                        return unsure("row tag");
                    }
                    at += 1;
                    self.row.open = false;
                    break;
                }
                _ => {
                    let equals = need!(memchr(b'=', &bytes[at..])) + at;
                    if *need!(bytes.get(equals + 1)) != b'"' {
                        return unsure("row attribute");
                    }
                    let value = equals + 2;
                    let end = need!(memchr(b'"', &bytes[value..])) + value;
                    if &bytes[at..equals] == b"r" && number.replace((value, end)).is_some() {
                        return unsure("row number twice");
                    }
                    if bytes[at - 1] != b' '
                        || !is_name(&bytes[at..equals])
                        || !is_plain(&bytes[value..end])
                    {
                        return unsure("row attribute");
                    }
                    at = end + 1;
                }
            }
        }
        let index = match number {
            None => self.next_row,
            Some((start, end)) => {
                let digits = &bytes[start..end];
                if digits.is_empty()
                    || digits.len() > 7
                    || digits[0] == b'0'
                    || !digits.iter().all(u8::is_ascii_digit)
                {
                    return unsure("row number");
                }
                digits
                    .iter()
                    .fold(0, |index, digit| index * 10 + u32::from(digit - b'0'))
                    - 1
            }
        };
        if index < self.next_row || index > MAX_ROW {
            return unsure("rows do not ascend");
        }
        self.begin(index, Row::digits(index));
        if let (true, Some((start, end))) = (self.row.open, number)
            && bytes.starts_with(b"<row r=\"")
            && start == ROW.len()
        {
            self.row_tail.clear();
            self.row_tail.extend_from_slice(&bytes[end..=at]);
        }
        Ok(Some(at + 1))
    }

    /// A row whose tag is the last one's but for the number.
    #[inline]
    fn same_row(&mut self, bytes: &[u8]) -> Option<usize> {
        if eight(bytes, 0)? != u64::from_le_bytes(*ROW) || self.row_tail.is_empty() {
            return None;
        }
        let digits = eight(bytes, ROW.len())?;
        let width = first_zero(digits ^ all(b'"'));
        if !(1..8).contains(&width) || digits & 0xff == u64::from(b'0') {
            return None;
        }
        let index = short_digits(digits, width)? - 1;
        let tail = bytes.get(ROW.len() + width..)?;
        if index < self.next_row || index > MAX_ROW || !tail.starts_with(&self.row_tail) {
            return None;
        }
        self.row.open = true;
        self.begin(index, (digits, width));
        Some(ROW.len() + width + self.row_tail.len())
    }

    /// The next cells are those of this row.
    #[inline]
    fn begin(&mut self, index: u32, (digits, width): (u64, usize)) {
        self.next_row = index + 1;
        self.row = Row {
            open: self.row.open,
            index,
            mask: !(!0 << (8 * width)),
            digits,
            width,
            next_column: 0,
        };
        self.row.digits &= self.row.mask;
        self.shapes.begin_row();
    }
}

impl Row {
    /// The number of a row by its index: its digits, the first in the lowest bits, and how many
    /// they are.
    fn digits(index: u32) -> (u64, usize) {
        let (mut number, mut digits, mut width) = (index + 1, 0, 0);
        while number > 0 {
            digits = (digits << 8) + u64::from(b'0') + u64::from(number % 10);
            width += 1;
            number /= 10;
        }
        (digits, width)
    }
}
