//! One cell: its tag, its place, its value.

use memchr::memchr;

use super::shape::Tag;
use super::text::{decode, formula, shown, text_end};
use super::{Kind, Scan, unsure};
use crate::read::formats::NumberKind;
use crate::read::xlsx::careful::{self, MAX_COLUMN};
use crate::values::cell::{Cells, Stop, UNCOMPUTED, Value};
use crate::values::eight::{all, eight, first_zero, short_digits};
use crate::values::number::Number;
use crate::{Measure, ReadError};

/// Behind a value.
const END: &[u8; 8] = b"</v></c>";

impl<C: Cells> Scan<'_, C> {
    /// Takes cells as long as their tags are those of their columns' last cells. Says how many
    /// bytes they are.
    #[inline]
    pub(super) fn same_cells(&mut self, bytes: &[u8]) -> Result<usize, Stop> {
        let mut at = 0;
        while let Some(length) = self.same_cell(&bytes[at..])? {
            at += length;
        }
        Ok(at)
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    fn same_cell(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let (tag, start) = need!(self.shapes.find(bytes, &self.row));
        if tag.column < self.row.next_column {
            return Ok(None);
        }
        let length = match tag.kind {
            Kind::Empty => start,
            Kind::Inline => need!(self.inline(bytes, start, tag, false)?),
            _ => match self.short_value(bytes, start, tag)? {
                Some(length) => length,
                None => need!(self.long_value(bytes, start, tag)?),
            },
        };
        self.row.next_column = tag.column + 1;
        Ok(Some(length))
    }

    /// `<c r="A2" s="1" t="s"><v>5</v></c>`
    pub(super) fn cell(&mut self, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let mut at = 2;
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
                    kind = Kind::Empty;
                    break;
                }
                _ => return unsure("attribute of a cell"),
            }
        }
        let tag = self.tag(column, style, kind)?;
        let length = if kind == Kind::Empty {
            self.shapes.learn(&bytes[..at + 2], &self.row, tag);
            at + 2
        } else {
            need!(self.content(bytes, at + 1, tag)?)
        };
        self.row.next_column = column + 1;
        Ok(Some(length))
    }

    fn tag(&self, column: u32, style: Option<usize>, kind: Kind) -> Result<Tag, Stop> {
        let limit = self.context.limits.columns;
        if u64::from(column) >= limit {
            return Err(ReadError::TooLarge {
                what: Measure::Columns,
                limit,
                place: Some(self.place()),
            }
            .into());
        }
        Ok(Tag {
            column,
            style,
            kind,
            number: style
                .and_then(|style| self.context.kinds.get(style))
                .copied()
                .unwrap_or(NumberKind::Number),
            wanted: self.cells.wants(column),
        })
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
        let differs = (need!(eight(bytes, at)) ^ self.row.digits) & self.row.mask;
        if *need!(bytes.get(end)) != b'"' || differs != 0 {
            return unsure("place of a cell");
        }
        if column <= self.row.next_column {
            return unsure("columns do not ascend");
        }
        Ok(Some((column - 1, end + 1)))
    }

    /// From behind `<c …>` to behind `</c>`.
    fn content(&mut self, bytes: &[u8], at: usize, tag: Tag) -> Result<Option<usize>, Stop> {
        let mut at = at;
        let has_formula = need!(bytes.get(at..at + 2)) == b"<f";
        if has_formula {
            at = need!(formula(bytes, at)?);
        }
        let is_inline = tag.kind == Kind::Inline;
        let (start, preserve) = match need!(bytes.get(at..at + 3)) {
            b"<v>" if !is_inline => (at + 3, false),
            b"<is" if is_inline => need!(inline_start(bytes, at)?),
            b"<v/" | b"<v " if !is_inline && tag.kind != Kind::Error => {
                let end = need!(empty_value(bytes, at)?);
                if has_formula && tag.kind == Kind::Number {
                    self.uncomputed(tag)?;
                }
                return Ok(Some(end));
            }
            b"</c" => {
                if *need!(bytes.get(at + 3)) != b'>' {
                    return unsure("end of a cell");
                }
                if has_formula {
                    self.uncomputed(tag)?;
                }
                return Ok(Some(at + 4));
            }
            _ => return unsure("content of a cell"),
        };
        let length = if is_inline {
            need!(self.inline(bytes, start, tag, preserve)?)
        } else if has_formula && tag.kind == Kind::Number {
            let end = need!(memchr(b'<', &bytes[start..])) + start;
            if careful::is_blank(&bytes[start..end]) {
                if need!(bytes.get(end..end + END.len())) != END {
                    return unsure("end of a value");
                }
                self.uncomputed(tag)?;
                return Ok(Some(end + END.len()));
            }
            need!(self.long_value(bytes, start, tag)?)
        } else {
            need!(self.long_value(bytes, start, tag)?)
        };
        if !has_formula && !preserve {
            self.shapes.learn(&bytes[..start], &self.row, tag);
        }
        Ok(Some(length))
    }

    /// Hands on a formula of which nobody has worked out the value.
    #[cold]
    fn uncomputed(&mut self, tag: Tag) -> Result<(), Stop> {
        if tag.wanted {
            hand_on(self.cells, self.row.index, tag, Value::Error(UNCOMPUTED))?;
        }
        Ok(())
    }

    /// From behind `<v>` to behind `</c>`, for a value of at most eight bytes.
    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    fn short_value(&mut self, bytes: &[u8], start: usize, tag: Tag) -> Result<Option<usize>, Stop> {
        let text = need!(eight(bytes, start));
        let width = first_zero(text ^ all(b'<'));
        let end = start + width;
        if need!(eight(bytes, end)) != u64::from_le_bytes(*END) {
            return Ok(None);
        }
        if tag.wanted {
            let row = self.row.index;
            if tag.kind == Kind::Shared {
                let index = self.context.index(short_digits(text, width))?;
                let value = Value::Shared(index, &self.context.strings);
                self.cells.cell(row, tag.column, value)?;
            } else if tag.kind == Kind::Number
                && let Some(number) = Number::from_short(text, width)
            {
                let value = tag.number.of(number);
                self.cells.cell(row, tag.column, value)?;
            } else {
                self.any_value(&bytes[start..end], tag)?;
            }
        }
        Ok(Some(end + END.len()))
    }

    /// The same for any value.
    fn long_value(&mut self, bytes: &[u8], start: usize, tag: Tag) -> Result<Option<usize>, Stop> {
        let end = need!(memchr(b'<', &bytes[start..])) + start;
        if need!(bytes.get(end..end + END.len())) != END {
            return unsure("end of a value");
        }
        if tag.wanted {
            self.any_value(&bytes[start..end], tag)?;
        }
        Ok(Some(end + END.len()))
    }

    fn any_value(&mut self, text: &[u8], tag: Tag) -> Result<(), Stop> {
        let value = match tag.kind {
            Kind::Shared => {
                let index = digits(text, 0)?.filter(|(_, end)| *end == text.len());
                let index = self.context.index(index.map(|(index, _)| index))?;
                Value::Shared(index, &self.context.strings)
            }
            Kind::Number => match Number::from_plain(text) {
                Some(number) => tag.number.of(number),
                None => return self.other(text, tag, None),
            },
            Kind::Text => {
                self.check_length(text)?;
                match decode(text, &mut self.scratch)? {
                    "" => return Ok(()),
                    text => Value::Text(text),
                }
            }
            Kind::Bool => return self.other(text, tag, Some("b")),
            Kind::Error => return self.other(text, tag, Some("e")),
            Kind::Date => return self.other(text, tag, Some("d")),
            Kind::Inline | Kind::Empty => return unsure("value of a cell without one"),
        };
        hand_on(self.cells, self.row.index, tag, value)
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
    fn other(&mut self, text: &[u8], tag: Tag, kind: Option<&str>) -> Result<(), Stop> {
        self.check_length(text)?;
        if memchr::memchr2(b'&', b'\r', text).is_some() {
            return unsure("entity in a value");
        }
        let Ok(text) = std::str::from_utf8(text) else {
            return unsure("encoding");
        };
        let (row, cells) = (self.row.index, &mut *self.cells);
        careful::value(self.context, tag.style, kind, text, &mut |value| {
            hand_on(cells, row, tag, value)
        })
    }

    /// From behind `<is><t>` to behind `</c>`.
    fn inline(
        &mut self,
        bytes: &[u8],
        start: usize,
        tag: Tag,
        preserve: bool,
    ) -> Result<Option<usize>, Stop> {
        const END: &[u8; 13] = b"</t></is></c>";
        let (end, is_plain) = need!(text_end(bytes, start));
        if need!(bytes.get(end..end + END.len())) != END {
            return unsure("end of an inline text");
        }
        if tag.wanted {
            let raw = &bytes[start..end];
            self.check_length(raw)?;
            let text = match std::str::from_utf8(raw) {
                Ok(text) if is_plain => text,
                _ => shown(raw, preserve, &mut self.scratch)?,
            };
            if !text.is_empty() {
                let value = Value::Text(text);
                self.cells.cell(self.row.index, tag.column, value)?;
            }
        }
        Ok(Some(end + END.len()))
    }
}

/// Hands on a cell of a kind of which there are few.
#[inline(never)]
fn hand_on<C: Cells>(cells: &mut C, row: u32, tag: Tag, value: Value<'_>) -> Result<(), Stop> {
    cells.cell(row, tag.column, value)
}

/// Behind `<is><t>`, and whether white space around the text counts.
fn inline_start(bytes: &[u8], at: usize) -> Result<Option<(usize, bool)>, Stop> {
    const PLAIN: &[u8] = b"<is><t>";
    const PRESERVED: &[u8] = b"<is><t xml:space=\"preserve\">";
    if need!(bytes.get(at..at + PLAIN.len())) == PLAIN {
        Ok(Some((at + PLAIN.len(), false)))
    } else if need!(bytes.get(at..at + PRESERVED.len())) == PRESERVED {
        Ok(Some((at + PRESERVED.len(), true)))
    } else {
        unsure("inline text")
    }
}

/// From `<v/>` to behind `</c>`.
fn empty_value(bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
    for form in [&b"<v/></c>"[..], b"<v /></c>"] {
        if need!(bytes.get(at..at + form.len())) == form {
            return Ok(Some(at + form.len()));
        }
    }
    unsure("value without an end")
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
