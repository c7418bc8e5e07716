//! The rows of a table as the XML of a sheet (ECMA-376, 18.3.1), written as they come.
//!
//! `rust_xlsxwriter` would keep every cell in a tree and every text in a table, and look up each
//! cell's format by its content. Rows that come in order need none of that.

use std::fs::File;
use std::io::{self, Seek, Write};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::cell::float;
use super::shared::Shared;
use crate::values::cell::column_letters;

/// How many bytes are held before they go to the file.
const HELD: usize = 1 << 16;

/// Rows on their way to a temporary file.
pub(super) struct Rows {
    file: File,
    held: Vec<u8>,
    /// `A`, `B`, …: the columns that were written so far.
    letters: Vec<String>,
    /// The number of the row, from 1, in digits.
    number: Vec<u8>,
    /// What stands behind each row's number.
    attributes: String,
}

/// Rows that are complete.
pub(super) struct Body {
    /// The file, at its beginning.
    pub(super) file: File,
    /// How long it is, in bytes.
    pub(super) length: u64,
}

impl Rows {
    /// Rows of a height in points, or as high as a program makes them.
    pub(super) fn new(height: Option<f64>) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            held: Vec::with_capacity(HELD),
            letters: Vec::new(),
            number: Vec::new(),
            attributes: height.map_or_else(String::new, |height| {
                format!(r#" ht="{height}" customHeight="1""#)
            }),
        })
    }

    /// Begins a row, counted from 0.
    pub(super) fn begin(&mut self, row: u32) {
        self.number.clear();
        push_digits(&mut self.number, u64::from(row) + 1);
        self.push(br#"<row r=""#);
        self.held.extend_from_slice(&self.number);
        self.push(b"\"");
        self.held.extend_from_slice(self.attributes.as_bytes());
        self.push(b">");
    }

    /// Ends a row.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.push(b"</row>");
        if self.held.len() >= HELD {
            self.file.write_all(&self.held)?;
            self.held.clear();
        }
        Ok(())
    }

    /// Writes a text: the number of a shared one, or the text itself.
    pub(super) fn text(&mut self, column: u16, text: &str, shared: &mut Shared) {
        self.cell(column);
        if let Some(number) = shared.number(text) {
            self.push(br#" t="s"><v>"#);
            push_digits(&mut self.held, number.into());
            self.push(b"</v></c>");
        } else {
            self.push(br#" t="inlineStr"><is>"#);
            push_t(&mut self.held, text);
            self.push(b"</is></c>");
        }
    }

    /// Writes a number in a style.
    pub(super) fn number(&mut self, column: u16, number: Decimal, style: u32) {
        self.styled(column, style);
        push_decimal(&mut self.held, number);
        self.push(b"</v></c>");
    }

    /// Writes a number of floating point in a style.
    pub(super) fn float(&mut self, column: u16, number: f64, style: u32) {
        self.styled(column, style);
        push_float(&mut self.held, number);
        self.push(b"</v></c>");
    }

    /// Everything that was written.
    pub(super) fn finish(mut self) -> io::Result<Body> {
        self.file.write_all(&self.held)?;
        let length = self.file.stream_position()?;
        self.file.rewind()?;
        Ok(Body {
            file: self.file,
            length,
        })
    }

    fn styled(&mut self, column: u16, style: u32) {
        self.cell(column);
        self.push(br#" s=""#);
        push_digits(&mut self.held, style.into());
        self.push(br#""><v>"#);
    }

    fn cell(&mut self, column: u16) {
        let column = usize::from(column);
        while let Ok(next) = u32::try_from(self.letters.len())
            && self.letters.len() <= column
        {
            self.letters.push(column_letters(next));
        }
        self.push(br#"<c r=""#);
        self.held.extend_from_slice(self.letters[column].as_bytes());
        self.held.extend_from_slice(&self.number);
        self.push(b"\"");
    }

    fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }
}

fn push_digits(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// A number with every digit it has, as long as they are those of its nearest floating point
/// number, which is what a program reads them as.
fn push_decimal(out: &mut Vec<u8>, number: Decimal) {
    const EXACT: u64 = 100_000_000_000_000_000;
    let mut scale = number.scale();
    let mantissa = u64::try_from(number.mantissa().unsigned_abs());
    let Some(mut mantissa) = mantissa.ok().filter(|mantissa| *mantissa < EXACT) else {
        return push_float(out, float(number));
    };
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if number.is_sign_negative() && mantissa != 0 {
        out.push(b'-');
    }
    let Some(power) = 10_u64.checked_pow(scale) else {
        return push_float(out, float(number.abs()));
    };
    push_digits(out, mantissa / power);
    if scale > 0 {
        // A one in front keeps the zeros behind the point; the point takes its place.
        let point = out.len();
        push_digits(out, mantissa % power + power);
        out[point] = b'.';
    }
}

fn push_float(out: &mut Vec<u8>, number: f64) {
    if let Some(whole) = number.to_u64().filter(|_| number.fract() == 0.0) {
        return push_digits(out, whole);
    }
    out.extend_from_slice(number.to_string().as_bytes());
}

/// A shared text.
pub(super) fn push_si(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"<si>");
    push_t(out, text);
    out.extend_from_slice(b"</si>");
}

fn push_t(out: &mut Vec<u8>, text: &str) {
    let space = |c| matches!(c, ' ' | '\t' | '\n');
    out.extend_from_slice(if text.starts_with(space) || text.ends_with(space) {
        br#"<t xml:space="preserve">"#
    } else {
        b"<t>"
    });
    push_text(out, text);
    out.extend_from_slice(b"</t>");
}

/// A text with what XML forbids or means otherwise escaped: control characters and non-characters
/// as `_xHHHH_` (ECMA-376, 22.9.2.19), and so the underscore of a text that looks like that. A
/// line ends as lines do in a cell.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let plain = |byte: u8| byte >= b' ' && !matches!(byte, b'&' | b'<' | b'>' | b'_' | 0xef);
    if text.bytes().all(plain) {
        return out.extend_from_slice(text.as_bytes());
    }
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '_' if is_escape(&text.as_bytes()[at..]) => out.extend_from_slice(b"_x005F_"),
            '\r' if text[at + 1..].starts_with('\n') => {}
            '\t' | '\n' => out.push(c as u8),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {
                out.extend_from_slice(format!("_x{:04X}_", u32::from(c)).as_bytes());
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Whether a text begins as `_xHHHH_` does.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x', hex @ .., ] if hex.len() > 4
        && hex[..4].iter().all(u8::is_ascii_hexdigit) && hex[4] == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut out = Vec::new();
        push_text(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    fn decimal(number: &str) -> String {
        let mut out = Vec::new();
        push_decimal(&mut out, number.parse().unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_are_escaped_as_a_workbook_asks() {
        for (plain, escaped) in [
            ("무선 이어폰", "무선 이어폰"),
            ("<b>&\"", "&lt;b&gt;&amp;\""),
            ("a\tb\nc\rd\u{1f}", "a\tb\nc_x000D_d_x001F_"),
            ("a\r\nb\r", "a\nb_x000D_"),
            ("\u{ffff}ｆ", "_xFFFF_ｆ"),
            ("_x0041_ _x_ _x004", "_x005F_x0041_ _x_ _x004"),
            ("snake_case", "snake_case"),
        ] {
            assert_eq!(text(plain), escaped);
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (number, written) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("12900", "12900"),
            ("-12.50", "-12.5"),
            ("0.05", "0.05"),
            ("-0.112026", "-0.112026"),
            ("99999999999999999", "99999999999999999"),
            ("100000000000000000", "100000000000000000"),
            ("0.00000000000000000001", "0.00000000000000000001"),
            (
                "-1234567890123456789012345678",
                "-1234567890123456900000000000",
            ),
        ] {
            assert_eq!(decimal(number), written);
        }
    }

    #[test]
    fn decimals_read_back_as_their_nearest_floating_point_numbers() {
        let mut seed = 7_u64;
        for scale in 0..28 {
            for _ in 0..200 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let number = Decimal::from_i128_with_scale(i128::from(seed >> (seed % 60)), scale);
                let nearest: f64 = number.to_string().parse().unwrap();
                let written: f64 = decimal(&number.to_string()).parse().unwrap();
                let off = (written - nearest).abs();
                assert!(off <= nearest.abs() * f64::EPSILON, "{number}");
            }
        }
    }
}
