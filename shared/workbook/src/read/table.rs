//! Text with separators: encoding and separator are detected.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::SheetInfo;
use super::decoded::Decoded;
use crate::values::cell::{Cells, Stop, Value};
use crate::values::number::Number;
use crate::{Limits, Measure, ReadError};

/// An open table of text.
pub(crate) struct Table {
    file: File,
    name: String,
    encoding: &'static Encoding,
    separator: u8,
    old_mac: bool,
    text_bytes: u64,
}

const SAMPLE: u64 = 256 << 10;

/// Whether the first bytes of a file are text in any encoding that is read.
///
/// A few control characters make no text a binary file: programs leave a Ctrl-Z at the end, a NUL
/// in a name, a block of them after a crash. They are left out of the cells.
pub(super) fn is_text(start: &[u8]) -> bool {
    if Encoding::for_bom(start).is_some() || utf16(start).is_some() {
        return true;
    }
    let start = start.trim_ascii_end();
    let end = start
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    let start = &start[..end];
    let controls = start.iter().filter(|byte| is_control(**byte)).count();
    let looks_like_markup = start.trim_ascii_start().starts_with(b"<")
        || start.starts_with(b"%PDF")
        || start.starts_with(b"{");
    let is_text = controls * 20 <= start.len() && (controls < 3 || is_mostly_text(start));
    !start.is_empty() && is_text && !looks_like_markup
}

/// A byte below a space that is no white space.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Whether most of the bytes are characters of ASCII, and the rest UTF-8.
fn is_mostly_text(start: &[u8]) -> bool {
    let printable = start.iter().filter(|byte| matches!(byte, b' '..=b'~'));
    printable.count() * 2 > start.len() || is_mostly_utf8(start)
}

/// Whether the first bytes are text in UTF-32, with its mark or without.
pub(super) fn is_utf32(start: &[u8]) -> bool {
    let marked = start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]);
    let (quads, _) = start.as_chunks::<4>();
    let ascii = |[a, b, c, d]: &[u8; 4]| {
        let high = [*b, *c] == [0, 0];
        high && ((*a == 0 && d.is_ascii_graphic()) || (*d == 0 && a.is_ascii_graphic()))
    };
    let found = quads.iter().filter(|quad| ascii(quad)).count();
    marked || (quads.len() >= 8 && found * 2 > quads.len())
}

/// UTF-16 without a mark: every other byte of ASCII signs is zero.
fn utf16(start: &[u8]) -> Option<&'static Encoding> {
    let zeros = |odd: usize| {
        start
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let enough = start.len() / 20;
    if odd > enough && even * 10 < odd {
        Some(UTF_16LE)
    } else if even > enough && odd * 10 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

pub(super) fn encoding_of(sample: &[u8], is_whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return encoding;
    }
    if sample.contains(&0)
        && let Some(encoding) = utf16(sample)
    {
        return encoding;
    }
    match std::str::from_utf8(sample) {
        Ok(_) => return UTF_8,
        // The sample may end inside a character.
        Err(error) if error.error_len().is_none() && !is_whole => return UTF_8,
        Err(_) => {}
    }
    if is_mostly_utf8(sample) {
        return UTF_8;
    }
    // Korean spreadsheet programs save CP949.
    let korean = looks_korean(sample);
    if korean && !EUC_KR.decode_without_bom_handling(sample).1 {
        return EUC_KR;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, is_whole);
    let home = korean.then_some(b"kr".as_slice());
    match detector.guess(home, chardetng::Utf8Detection::Allow) {
        guess if guess == EUC_KR && !korean => WINDOWS_1252,
        guess => guess,
    }
}

/// Whether the bytes are UTF-8 in which few are damaged.
fn is_mostly_utf8(sample: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 4
}

/// Whether most pairs of CP949 are the syllables and signs that Korean is written with: `°C` and
/// `Größe` in Latin-1 are pairs as well, of rare syllables and Chinese characters.
fn looks_korean(sample: &[u8]) -> bool {
    let (mut pairs, mut korean) = (0_usize, 0_usize);
    let mut bytes = sample.iter();
    while let Some(lead) = bytes.next() {
        if *lead >= 0x80 {
            let trail = bytes.next();
            pairs += 1;
            let usual = matches!(lead, 0xa1..=0xc8) && trail.is_some_and(|trail| *trail >= 0xa1);
            korean += usize::from(usual);
        }
    }
    korean * 2 >= pairs
}

/// The separator that splits the first lines most evenly.
fn separator_of(sample: &str) -> u8 {
    if let Some(rest) = sample.strip_prefix("sep=")
        && let Some(named) = rest.bytes().next()
    {
        return named;
    }
    let mut best = (0, b',');
    for separator in [b',', b'\t', b';', b'|'] {
        let mut widths: Vec<usize> = Vec::new();
        let (mut width, mut quoted) = (0, false);
        for byte in sample.bytes() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' if !quoted => {
                    widths.push(width);
                    width = 0;
                    if widths.len() == 50 {
                        break;
                    }
                }
                _ if byte == separator && !quoted => width += 1,
                _ => {}
            }
        }
        if widths.is_empty() {
            widths.push(width);
        }
        let filled: Vec<usize> = widths.into_iter().filter(|width| *width > 0).collect();
        let most = filled.iter().copied().max().unwrap_or(0);
        let even = (1..=most)
            .map(|width| (filled.iter().filter(|one| **one == width).count(), width))
            .max()
            .unwrap_or((0, 0));
        let score = even.0 * 100 + even.1.min(99);
        if score > best.0 {
            best = (score, separator);
        }
    }
    best.1
}

impl Table {
    pub(super) fn open(mut file: File, path: &Path, limits: &Limits) -> Result<Self, ReadError> {
        let input = |source| ReadError::Input {
            path: path.to_owned(),
            source,
        };
        let mut sample = Vec::new();
        (&mut file)
            .take(SAMPLE)
            .read_to_end(&mut sample)
            .map_err(input)?;
        file.rewind().map_err(input)?;
        let encoding = encoding_of(&sample, (sample.len() as u64) < SAMPLE);
        let (text, _, _) = encoding.decode(&sample);
        let old_mac = text.contains('\r') && !text.contains('\n');
        let text = if old_mac {
            text.replace('\r', "\n")
        } else {
            text.into_owned()
        };
        let separator = separator_of(&text);
        let name = path.file_stem().map_or_else(
            || "csv".to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        );
        Ok(Self {
            file,
            name,
            encoding,
            separator,
            old_mac,
            text_bytes: limits.text_bytes,
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        vec![SheetInfo {
            name: self.name.clone(),
            visible: true,
        }]
    }

    fn failed(&self, error: csv::Error) -> ReadError {
        if let csv::ErrorKind::Io(io) = error.kind()
            && io
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLong>)
        {
            let (what, limit) = (Measure::TextBytes, self.text_bytes);
            return ReadError::TooLarge {
                what,
                limit,
                place: None,
            };
        }
        ReadError::damaged("", error)
    }

    pub(super) fn read(&mut self, cells: &mut impl Cells) -> Result<(), Stop> {
        self.file
            .rewind()
            .map_err(|error| ReadError::damaged("", error))?;
        let file = BufReader::with_capacity(64 << 10, &self.file);
        let text = Decoded::new(file, self.encoding);
        // A last line end, so that every record ends with one.
        let text = Lines {
            inner: text,
            old_mac: self.old_mac,
            separator: self.separator,
            most: self.text_bytes.saturating_mul(16),
            length: 0,
            quote: Quote::FieldStart,
        }
        .chain(&b"\n"[..]);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(64 << 10)
            .from_reader(text);
        let mut record = csv::ByteRecord::new();
        let mut extra_lines = 0;
        while reader
            .read_byte_record(&mut record)
            .map_err(|error| self.failed(error))?
        {
            // Behind the record's line end. A line end inside quotes makes no new row.
            let line = reader.position().line();
            let breaks = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
            extra_lines += breaks;
            let row = u32::try_from(line.saturating_sub(2 + extra_lines)).unwrap_or(u32::MAX);
            let last = record.len().saturating_sub(1);
            for (column, field) in record.iter().enumerate() {
                let field = if column == last {
                    field.strip_suffix(b"\r").unwrap_or(field)
                } else {
                    field
                };
                if field.len() as u64 > self.text_bytes {
                    let (what, limit) = (Measure::TextBytes, self.text_bytes);
                    return Err(ReadError::TooLarge {
                        what,
                        limit,
                        place: None,
                    }
                    .into());
                }
                let column = u32::try_from(column).unwrap_or(u32::MAX);
                let text = String::from_utf8_lossy(field);
                let text = if field.iter().any(|byte| is_control(*byte)) {
                    text.replace(|c: char| u8::try_from(c).is_ok_and(is_control), "")
                        .into()
                } else {
                    text
                };
                if !text.trim().is_empty() {
                    cells.cell(row, column, typed(&text))?;
                }
            }
        }
        Ok(())
    }
}

/// Text whose lines may end in carriage returns alone, as on old Macs, and whose records may
/// not be longer than a limit, because a record is held in memory.
struct Lines<R> {
    inner: R,
    old_mac: bool,
    separator: u8,
    most: u64,
    /// Bytes of the record so far.
    length: u64,
    quote: Quote,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    FieldStart,
    Plain,
    Inside,
    /// Behind a quote that ends the field or escapes the next one.
    Closed,
}

#[derive(Debug, thiserror::Error)]
#[error("a record is too long")]
struct TooLong;

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for byte in &mut buffer[..read] {
            if self.old_mac && *byte == b'\r' {
                *byte = b'\n';
            }
            self.length += 1;
            self.quote = match (*byte, self.quote) {
                (b'"', Quote::Inside) => Quote::Closed,
                (b'"', Quote::FieldStart | Quote::Closed) | (_, Quote::Inside) => Quote::Inside,
                (b'\n', _) => {
                    self.length = 0;
                    Quote::FieldStart
                }
                (byte, _) if byte == self.separator => Quote::FieldStart,
                _ => Quote::Plain,
            };
            if self.length > self.most {
                return Err(std::io::Error::other(TooLong));
            }
        }
        Ok(read)
    }
}

/// Plain digits are a number. What may be more than that stays a text until its column is known:
/// with a leading zero, as `007`, or an idle one, as `1.10`, it may be a code, with three places,
/// as `12.900`, an amount whose point separates thousands, and `2026.01` is a month.
pub(super) fn typed(text: &str) -> Value<'_> {
    let plain = text.trim();
    let is_code = plain.len() > 1 && plain.starts_with('0') && !plain.starts_with("0.");
    let is_text = match plain.split_once('.') {
        Some((whole, places)) => {
            let is_year =
                whole.len() == 4 && matches!(whole.as_bytes(), [b'1', b'9', ..] | [b'2', b'0', ..]);
            let is_month = is_year && places.len() <= 2;
            places.len() == 3 || is_month || (places.len() > 1 && places.ends_with('0'))
        }
        None => false,
    };
    match Number::from_plain(plain.as_bytes()) {
        Some(number) if !is_code && !is_text => Value::Number(number),
        _ => Value::Text(text),
    }
}
