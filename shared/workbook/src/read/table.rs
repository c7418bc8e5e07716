//! Text with separators: encoding and separator are detected.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::SheetInfo;
use super::decoded::Decoded;
use crate::ReadError;
use crate::cell::{Cells, Stop, Value};
use crate::number::Number;

/// An open table of text.
pub(crate) struct Table {
    file: File,
    name: String,
    encoding: &'static Encoding,
    separator: u8,
}

const SAMPLE: u64 = 256 << 10;

/// Whether the first bytes of a file are text in any encoding that is read.
pub(super) fn is_text(start: &[u8]) -> bool {
    if Encoding::for_bom(start).is_some() {
        return true;
    }
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    if zeros > 0 {
        return utf16(start).is_some();
    }
    let controls = start
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c))
        .count();
    let looks_like_markup = start.trim_ascii_start().starts_with(b"<")
        || start.starts_with(b"%PDF")
        || start.starts_with(b"{");
    controls == 0 && !looks_like_markup
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

fn encoding_of(sample: &[u8], is_whole: bool) -> &'static Encoding {
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
    // Korean spreadsheet programs save CP949; it is right whenever it decodes without an error.
    if !EUC_KR.decode_without_bom_handling(sample).1 {
        return EUC_KR;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, is_whole);
    detector.guess(Some(b"kr"), chardetng::Utf8Detection::Allow)
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
    pub(super) fn open(mut file: File, path: &Path) -> Result<Self, ReadError> {
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
        })
    }

    pub(super) fn sheets(&self) -> Vec<SheetInfo> {
        vec![SheetInfo {
            name: self.name.clone(),
            visible: true,
        }]
    }

    pub(super) fn read(&mut self, cells: &mut impl Cells) -> Result<(), Stop> {
        let damaged = |error: &dyn std::fmt::Display| Stop::Failed(ReadError::damaged("", error));
        self.file.rewind().map_err(|error| damaged(&error))?;
        let file = BufReader::with_capacity(64 << 10, &self.file);
        let text = Decoded::new(file, self.encoding);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .buffer_capacity(64 << 10)
            .from_reader(text);
        let mut record = csv::ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(|error| damaged(&error))?
        {
            let line = record.position().map_or(0, csv::Position::line);
            let row = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
            for (column, field) in (0..).zip(&record) {
                let text = String::from_utf8_lossy(field);
                if !text.trim().is_empty() {
                    cells.cell(row, column, typed(&text))?;
                }
            }
        }
        Ok(())
    }
}

/// Plain digits are a number; with a leading zero they are a code.
fn typed(text: &str) -> Value<'_> {
    let plain = text.trim();
    let is_code = plain.len() > 1 && plain.starts_with('0') && !plain.starts_with("0.");
    match Number::from_plain(plain.as_bytes()) {
        Some(number) if !is_code => Value::Number(number),
        _ => Value::Text(text),
    }
}
