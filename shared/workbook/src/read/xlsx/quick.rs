//! A sheet by its bytes, at the speed of the inflater.
//!
//! The scanner knows what spreadsheet programs write: `<row r="2">`, `<c r="A2" s="1">`, `<v>`,
//! `<f>`, `<is><t>`, in this order, in UTF-8, without prefixes, comments or CDATA. Anything
//! else is [`Stop::Unsure`]; nothing is guessed. Every place is checked: rows and columns
//! ascend, a cell lies in its row, an index is within the shared strings.

use std::io::Read;

use memchr::memchr;

use super::Context;
use super::careful::{self, MAX_COLUMN, MAX_ROW};
use super::strings::push_unescaped;
use super::window::Window;
use crate::cell::{Cells, Stop, Value, a1};
use crate::number::Number;
use crate::{Measure, ReadError};

pub(super) fn read(
    part: impl Read,
    name: &str,
    context: &Context,
    cells: &mut impl Cells,
) -> Result<(), Stop> {
    let mut window = Window::new(part, name);
    if !window.prolog()? {
        return Ok(());
    }
    let mut scan = Scan {
        context,
        cells,
        name,
        row: Row::default(),
        next_row: 0,
        scratch: String::new(),
    };
    let most = usize::try_from(context.limits.text_bytes)
        .unwrap_or(usize::MAX)
        .saturating_mul(8)
        .max(1 << 20);
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

/// The row that is being read.
#[derive(Default)]
struct Row {
    open: bool,
    index: u32,
    /// Its number as the cells' references repeat it.
    digits: [u8; 7],
    width: usize,
    next_column: u32,
}

struct Scan<'a, C> {
    context: &'a Context,
    cells: &'a mut C,
    name: &'a str,
    row: Row,
    next_row: u32,
    scratch: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Date,
}

/// The value, or an end of the function because more bytes are needed.
macro_rules! need {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

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
                match rest {
                    [b'<', b'c', b' ', ..] => self.cell(rest)?,
                    [b'<', b'/', b'r', b'o', b'w', b'>', ..] => {
                        self.row.open = false;
                        Some(6)
                    }
                    [b' ' | b'\n' | b'\r' | b'\t', ..] => Some(1),
                    _ if rest.len() < 6 => None,
                    _ => return unsure("inside a row"),
                }
            } else {
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
        self.next_row = index + 1;
        self.row.index = index;
        self.row.next_column = 0;
        self.row.set_digits();
        Ok(Some(at + 1))
    }

    /// `<c r="A2" s="1" t="s"><v>5</v></c>`
    #[inline]
    fn cell(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let mut at = 3;
        let mut column = self.row.next_column;
        let mut style = None;
        let mut kind = Kind::Number;
        // Each attribute once, with a space before it.
        let mut seen = 0_u8;
        loop {
            let first = *need!(bytes.get(at));
            if matches!(first, b'r' | b's' | b't') {
                let bit = 1 << (first - b'r');
                if seen & bit != 0 || bytes[at - 1] != b' ' {
                    return unsure("attributes of a cell");
                }
                seen |= bit;
            }
            match first {
                b'r' => (column, at) = need!(self.reference(bytes, at + 1)?),
                b's' => {
                    let (value, end) = need!(digits(bytes, need!(after_quote(bytes, at + 1)?))?);
                    if *need!(bytes.get(end)) != b'"' {
                        return unsure("style");
                    }
                    style = Some(value as usize);
                    at = end + 1;
                }
                b't' => {
                    let start = need!(after_quote(bytes, at + 1)?);
                    let end = need!(memchr(b'"', &bytes[start..])) + start;
                    kind = match &bytes[start..end] {
                        b"s" => Kind::Shared,
                        b"n" => Kind::Number,
                        b"str" => Kind::Text,
                        b"inlineStr" => Kind::Inline,
                        b"b" => Kind::Bool,
                        b"e" => Kind::Error,
                        b"d" => Kind::Date,
                        _ => return unsure("type of a cell"),
                    };
                    at = end + 1;
                }
                b' ' => at += 1,
                b'>' => break,
                b'/' => {
                    if *need!(bytes.get(at + 1)) != b'>' {
                        return unsure("cell tag");
                    }
                    self.row.next_column = column + 1;
                    return Ok(Some(at + 2));
                }
                _ => return unsure("attribute of a cell"),
            }
        }
        let length = need!(self.content(bytes, at + 1, column, style, kind)?);
        self.row.next_column = column + 1;
        Ok(Some(length))
    }

    /// `="B12"`: the column, which must come after the last one; the row must be this one.
    #[inline]
    fn reference(&self, bytes: &[u8], at: usize) -> Result<Option<(u32, usize)>, Stop> {
        let mut at = need!(after_quote(bytes, at)?);
        let mut column = 0_u32;
        loop {
            let letter = (*need!(bytes.get(at))).wrapping_sub(b'A');
            if letter > 25 {
                break;
            }
            column = column * 26 + u32::from(letter) + 1;
            if column > MAX_COLUMN + 1 {
                return unsure("column");
            }
            at += 1;
        }
        let end = at + self.row.width;
        if *need!(bytes.get(end)) != b'"' || bytes[at..end] != self.row.digits[..self.row.width] {
            return unsure("place of a cell");
        }
        if column <= self.row.next_column {
            return unsure("columns do not ascend");
        }
        Ok(Some((column - 1, end + 1)))
    }

    /// From behind `<c …>` to behind `</c>`.
    #[inline]
    fn content(
        &mut self,
        bytes: &[u8],
        at: usize,
        column: u32,
        style: Option<usize>,
        kind: Kind,
    ) -> Result<Option<usize>, Stop> {
        if u64::from(column) >= self.context.limits.columns {
            let limit = self.context.limits.columns;
            return Err(ReadError::TooLarge {
                what: Measure::Columns,
                limit,
                place: Some(self.place()),
            }
            .into());
        }
        let mut at = at;
        if need!(bytes.get(at..at + 2)) == b"<f" {
            at = need!(formula(bytes, at)?);
        }
        let tag = need!(bytes.get(at..at + 3));
        if tag == b"<v>" {
            let start = at + 3;
            if kind == Kind::Inline {
                return unsure("value of an inline text");
            }
            let end = need!(value_end(bytes, start));
            let close = need!(bytes.get(end..end + 8));
            if close != b"</v></c>" {
                return unsure("end of a value");
            }
            if self.cells.wants(column) {
                self.value(&bytes[start..end], column, style, kind)?;
            }
            Ok(Some(end + 8))
        } else if tag == b"</c" {
            if *need!(bytes.get(at + 3)) != b'>' {
                return unsure("end of a cell");
            }
            Ok(Some(at + 4))
        } else if kind == Kind::Inline && tag == b"<is" {
            self.inline(bytes, at, column)
        } else {
            unsure("content of a cell")
        }
    }

    #[inline]
    fn value(
        &mut self,
        text: &[u8],
        column: u32,
        style: Option<usize>,
        kind: Kind,
    ) -> Result<(), Stop> {
        let row = self.row.index;
        match kind {
            Kind::Shared => {
                let Some((index, end)) = digits(text, 0)? else {
                    return unsure("index");
                };
                if end != text.len() || index as usize >= self.context.strings.len() {
                    return unsure("index of a shared text");
                }
                self.cells
                    .cell(row, column, Value::Shared(index, &self.context.strings))
            }
            Kind::Number => match Number::from_plain(text) {
                Some(number) => {
                    let value = careful::typed(self.context, style, number);
                    self.cells.cell(row, column, value)
                }
                None => self.other(text, column, style, None),
            },
            Kind::Text => {
                self.check_length(text)?;
                let text = decode(text, &mut self.scratch)?;
                if text.is_empty() {
                    Ok(())
                } else {
                    self.cells.cell(row, column, Value::Text(text))
                }
            }
            Kind::Bool => self.other(text, column, style, Some("b")),
            Kind::Error => self.other(text, column, style, Some("e")),
            Kind::Date => self.other(text, column, style, Some("d")),
            Kind::Inline => unsure("value of an inline text"),
        }
    }

    /// The careful reader says what is too long.
    fn check_length(&self, text: &[u8]) -> Result<(), Stop> {
        if text.len() as u64 > self.context.limits.text_bytes {
            return unsure("length of a text");
        }
        Ok(())
    }

    /// What is rare goes through the careful reader's own function.
    #[cold]
    fn other(
        &mut self,
        text: &[u8],
        column: u32,
        style: Option<usize>,
        kind: Option<&str>,
    ) -> Result<(), Stop> {
        self.check_length(text)?;
        if memchr::memchr2(b'&', b'\r', text).is_some() {
            return unsure("entity in a value");
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return unsure("encoding");
        };
        let (row, cells) = (self.row.index, &mut *self.cells);
        careful::value(self.context, style, kind, text, &mut |value| {
            cells.cell(row, column, value)
        })
    }

    /// `<is><t>…</t></is></c>`
    fn inline(&mut self, bytes: &[u8], at: usize, column: u32) -> Result<Option<usize>, Stop> {
        const PRESERVED: &[u8] = b"<is><t xml:space=\"preserve\">";
        let (start, preserve) = if need!(bytes.get(at..at + 7)) == b"<is><t>" {
            (at + 7, false)
        } else if need!(bytes.get(at..at + PRESERVED.len())) == PRESERVED {
            (at + PRESERVED.len(), true)
        } else {
            return unsure("inline text");
        };
        let end = need!(memchr(b'<', &bytes[start..])) + start;
        let close = need!(bytes.get(end..end + 13));
        if close != b"</t></is></c>" {
            return unsure("end of an inline text");
        }
        if self.cells.wants(column) {
            let raw = &bytes[start..end];
            self.check_length(raw)?;
            // White space written as an entity would not be trimmed by everyone alike.
            let raw = if preserve { raw } else { raw.trim_ascii() };
            let text = decode(raw, &mut self.scratch)?;
            if !preserve && text.trim_matches([' ', '\t', '\r', '\n']).len() != text.len() {
                return unsure("white space in an inline text");
            }
            if !text.is_empty() {
                self.cells.cell(self.row.index, column, Value::Text(text))?;
            }
        }
        Ok(Some(end + 13))
    }
}

impl Row {
    fn set_digits(&mut self) {
        let mut number = self.index + 1;
        let mut digits = [0_u8; 7];
        let mut at = digits.len();
        while number > 0 && at > 0 {
            at -= 1;
            let digit = (number % 10) as u8;
            digits[at] = b'0' + digit;
            number /= 10;
        }
        self.width = digits.len() - at;
        self.digits[..self.width].copy_from_slice(&digits[at..]);
    }
}

/// Behind `="`.
#[inline]
fn after_quote(bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
    let signs = need!(bytes.get(at..at + 2));
    if signs == b"=\"" {
        Ok(Some(at + 2))
    } else {
        unsure("attribute")
    }
}

/// A number of at most nine digits, and where it ends. At the end of the bytes it has ended.
#[inline]
fn digits(bytes: &[u8], start: usize) -> Result<Option<(u32, usize)>, Stop> {
    let mut value = 0_u32;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u32::from(digit));
        at += 1;
    }
    if at == start || at - start > 9 {
        return if at == bytes.len() && at == start {
            Ok(None)
        } else {
            unsure("digits")
        };
    }
    Ok(Some((value, at)))
}

/// Where `<` ends a value: most are short.
#[inline]
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let near = bytes.get(start..)?;
    for (at, byte) in near.iter().take(16).enumerate() {
        if *byte == b'<' {
            return Some(start + at);
        }
    }
    memchr(b'<', near).map(|at| start + at)
}

/// Behind `<f …>…</f>` or `<f …/>`.
#[cold]
fn formula(bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
    if !matches!(*need!(bytes.get(at + 2)), b'>' | b' ' | b'/') {
        return unsure("formula");
    }
    let tag = need!(memchr(b'>', &bytes[at..])) + at;
    let inside = &bytes[at + 1..tag];
    // The tag does not end inside quotes.
    let quotes = memchr::memchr_iter(b'"', inside).count();
    if quotes % 2 == 1 || inside.contains(&b'\'') || !is_plain(inside) {
        return unsure("formula tag");
    }
    if bytes[tag - 1] == b'/' {
        return Ok(Some(tag + 1));
    }
    let end = need!(memchr(b'<', &bytes[tag..])) + tag;
    let text = &bytes[tag + 1..end];
    if memchr(b'&', text).is_some() || !is_plain(text) {
        decode(text, &mut String::new())?;
    }
    if need!(bytes.get(end..end + 4)) != b"</f>" {
        return unsure("end of a formula");
    }
    Ok(Some(end + 4))
}

/// The name of an attribute.
fn is_name(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.'))
}

/// Visible ASCII and spaces without markup: what cannot be wrong in a tag.
fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'&'))
}

/// A text as it is meant: entities and `_x000D_` undone.
fn decode<'a>(raw: &'a [u8], scratch: &'a mut String) -> Result<&'a str, Stop> {
    let Ok(text) = std::str::from_utf8(raw) else {
        return unsure("encoding");
    };
    if memchr::memchr3(b'&', b'\r', b'_', raw).is_none() {
        return Ok(text);
    }
    if raw.contains(&b'\r') {
        return unsure("line end");
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let Some((entity, after)) = rest[at + 1..].split_once(';') else {
            return unsure("entity");
        };
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return unsure("entity"),
        });
        rest = after;
    }
    plain.push_str(rest);
    scratch.clear();
    push_unescaped(&plain, scratch);
    Ok(scratch)
}
