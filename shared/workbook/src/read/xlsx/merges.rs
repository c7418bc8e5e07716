//! The merged cells of a sheet: `<mergeCell ref="A2:A5"/>`, looked for as bytes, because nothing
//! else of the sheet matters here.

use std::io::Read;

use memchr::memmem;

use super::careful::parse_reference;
use crate::ReadError;
use crate::turn::Merge;
use crate::values::cell::Stop;

/// How many merged cells are kept of a sheet.
const MOST: usize = 200_000;

const TAG: &[u8] = b"mergeCell ref=\"";

/// The longest reference: `XFD1048576:XFD1048576"`.
const LONGEST: usize = 24;

pub(super) fn read(mut part: impl Read, name: &str) -> Result<Vec<Merge>, Stop> {
    let finder = memmem::Finder::new(TAG);
    let mut merges = Vec::new();
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let chunk = (&mut part).take(64 << 10).read_to_end(&mut bytes);
        chunk.map_err(|error| ReadError::damaged(name, error))?;
        let is_end = bytes.len() == before;
        let mut used = 0;
        while let Some(found) = finder.find(&bytes[used..]) {
            let from = used + found + TAG.len();
            let reference = &bytes[from..bytes.len().min(from + LONGEST)];
            if reference.len() < LONGEST && !is_end {
                used += found;
                break;
            }
            merges.extend(merge(reference));
            used = from;
        }
        if is_end || merges.len() >= MOST {
            return Ok(merges);
        }
        // What may be the start of a tag stays.
        let keep = bytes.len() - used;
        let keep = if memmem::find(&bytes[used..], TAG).is_some() {
            keep
        } else {
            keep.min(TAG.len())
        };
        bytes.drain(..bytes.len() - keep);
    }
}

fn merge(reference: &[u8]) -> Option<Merge> {
    let end = reference.iter().position(|byte| *byte == b'"')?;
    let colon = reference[..end].iter().position(|byte| *byte == b':')?;
    let first = parse_reference(&reference[..colon])?;
    let last = parse_reference(&reference[colon + 1..end])?;
    Some(Merge {
        rows: (first.0, last.0),
        columns: (first.1, last.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_cells_are_found_wherever_the_bytes_are_cut() {
        let filler = "x".repeat((64 << 10) - 20);
        for shift in 0..60 {
            let text = format!(
                "{}{filler}<mergeCells><mergeCell ref=\"A2:A5\"/><mergeCell ref=\"B1:D1\"/></mergeCells>",
                "y".repeat(shift)
            );
            let merges = read(text.as_bytes(), "Sheet1").unwrap();
            let found: Vec<_> = merges.iter().map(|one| (one.rows, one.columns)).collect();
            assert_eq!(found, [((1, 4), (0, 0)), ((0, 0), (1, 3))], "{shift}");
        }
    }
}
