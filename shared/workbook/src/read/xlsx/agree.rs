//! One reader held against the other, for fuzzing.

use std::io::Read;

use super::{Context, NumberKind, careful, quick, strings};
use crate::Limits;
use crate::read::formats::kind_of_code;
use crate::values::cell::{Cells, Stop, Value};
use crate::values::price::sign_of;
use crate::values::strings::Strings;

/// The bytes of a sheet in pieces, so that tags and values are cut anywhere.
struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let most = self.size.min(out.len());
        self.rest.read(&mut out[..most])
    }
}

#[derive(Debug, Default, PartialEq)]
struct Collect(Vec<(u32, u32, String)>);

impl Cells for Collect {
    fn cell(&mut self, row: u32, column: u32, value: Value<'_>) -> Result<(), Stop> {
        // An error's text and a text are told apart by what they are made of.
        let shown = match value {
            Value::Shared(index, _) => format!("shared {index}"),
            value => format!("{value:?}"),
        };
        self.0.push((row, column, shown));
        Ok(())
    }
}

/// Reads a sheet by both readers. Panics when the quick one is certain of cells that the
/// careful one does not see, or sees others when the sheet comes in pieces.
///
/// The first bytes of `input` say how large the pieces are, how many shared texts and formats
/// of cells there are, and the limits; the rest is the sheet.
#[doc(hidden)]
pub fn readers_agree(input: &[u8]) {
    let Some((&[piece, strings, kinds, limits], sheet)) = input.split_first_chunk() else {
        return;
    };
    let context = context(strings, kinds, limits);
    let whole = by_quick(sheet, usize::MAX, &context);
    let pieces = by_quick(sheet, usize::from(piece).max(1), &context);
    let mut seen = Collect::default();
    let careful = careful::read(sheet, "sheet", &context, &mut seen);
    match &whole {
        Ok(cells) => {
            assert!(careful.is_ok(), "{careful:?}");
            assert_eq!(cells, &seen);
        }
        Err(Stop::Unsure(_)) => {}
        Err(stop) => assert!(careful.is_err(), "{stop:?}"),
    }
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("{whole:?}, in pieces {pieces:?}"),
    }
}

/// Reads shared strings by both readers, as [`readers_agree`] does with a sheet.
#[doc(hidden)]
pub fn texts_agree(input: &[u8]) {
    let Some((&[piece, limits], part)) = input.split_first_chunk() else {
        return;
    };
    let limits = Limits {
        text_bytes: 16 << (limits & 0x0f),
        shared_strings: [1_000, 100, 10, 2][usize::from(limits >> 6)],
        ..Limits::default()
    };
    let quick = |size| {
        let texts = quick::strings(Pieces { rest: part, size }, "texts", &limits);
        texts.map(|texts| all(&texts))
    };
    let (whole, pieces) = (quick(usize::MAX), quick(usize::from(piece).max(1)));
    let careful = strings::carefully(part, "texts", &limits).map(|texts| all(&texts));
    match (&whole, &careful) {
        (Ok(quick), Ok(careful)) => assert_eq!(quick, careful),
        (Ok(_), Err(error)) => panic!("{error:?}"),
        (Err(Stop::Unsure(_)), _) => {}
        (Err(stop), careful) => assert!(careful.is_err(), "{stop:?}"),
    }
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("{whole:?}, in pieces {pieces:?}"),
    }
}

fn all(texts: &Strings) -> Vec<String> {
    (0..)
        .take(texts.len())
        .map(|index| texts.get(index).into_owned())
        .collect()
}

fn by_quick(sheet: &[u8], size: usize, context: &Context) -> Result<Collect, Stop> {
    let mut seen = Collect::default();
    let pieces = Pieces { rest: sheet, size };
    quick::read(pieces, "sheet", context, &mut seen)?;
    Ok(seen)
}

pub(super) fn context(texts: u8, kinds: u8, limits: u8) -> Context {
    let mut strings = Strings::default();
    for text in 0..texts {
        strings
            .add(&text.to_string(), &Limits::default())
            .expect("a few short texts");
    }
    let all = [
        NumberKind::Number,
        NumberKind::Date,
        NumberKind::Duration,
        sign_of("₩").map_or(NumberKind::Number, NumberKind::Money),
        kind_of_code("00000"),
    ];
    Context {
        strings,
        kinds: all.into_iter().cycle().take(usize::from(kinds)).collect(),
        is_1904: false,
        limits: Limits {
            text_bytes: 16 << (limits & 0x0f),
            columns: [16_384, 1_000, 26, 3][usize::from(limits >> 6)],
            ..Limits::default()
        },
    }
}
