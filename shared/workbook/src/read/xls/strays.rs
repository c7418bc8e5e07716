//! Stray cells of an old workbook: one at the very end of a sheet makes its rectangle as large as
//! the sheet can be, and the reader of such files makes room for all of it.

use super::{u16_at, u32_at};
use crate::Limits;

/// How many cells of a sheet may be strays.
const MOST: usize = 8;
/// How far from all others a stray cell lies: rows, columns.
const FAR: (u64, u64) = (1_000, 100);

/// Blank cells, which are no content.
const BLANK: [u8; 2] = [0x01, 0x02];

struct Found {
    offset: usize,
    row: u64,
    column: u64,
}

/// Makes stray cells blank in every sheet whose rectangle is beyond the limit with them.
pub(super) fn blank_out(stream: &mut [u8], starts: &[u64], limits: &Limits) {
    for start in starts {
        let Ok(start) = usize::try_from(*start) else {
            continue;
        };
        let (cells, dimensions) = cells(stream, start);
        let Some((rows, columns)) = without_strays(&cells, limits) else {
            continue;
        };
        for cell in &cells {
            if cell.row > rows || cell.column > columns {
                stream[cell.offset..cell.offset + 2].copy_from_slice(&BLANK);
            }
        }
        // The rectangle that the sheet claims, with the rows in four bytes and the columns in two.
        if let Some((offset, 14..)) = dimensions {
            let [row, column] = [rows + 1, columns + 1]
                .map(|end| u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
            if u32_at(stream, offset + 8) > rows {
                stream[offset + 8..offset + 12].copy_from_slice(&row);
            }
            if u16_at(stream, offset + 14) > columns {
                stream[offset + 14..offset + 16].copy_from_slice(&column[..2]);
            }
        }
    }
}

/// The cells of the sheet that begins at a place of the stream, and where its dimensions stand and
/// how long they are.
fn cells(stream: &[u8], start: usize) -> (Vec<Found>, Option<(usize, usize)>) {
    let mut found = Vec::new();
    let mut dimensions = None;
    let mut depth = 0_u32;
    let mut offset = start;
    while let Some(head) = stream.get(offset..offset + 4) {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let Some(payload) = stream.get(offset + 4..offset + 4 + length) else {
            break;
        };
        match kind {
            0x809 => depth += 1,
            0x0a if depth <= 1 => break,
            0x0a => depth -= 1,
            0x200 if depth == 1 => dimensions = Some((offset, length)),
            0x06 | 0xfd | 0xd6 | 0x203 | 0x204 | 0x205 | 0x27e | 0xbd => found.push(Found {
                offset,
                row: u16_at(payload, 0),
                column: u16_at(payload, 2),
            }),
            _ => {}
        }
        offset += 4 + length;
    }
    (found, dimensions)
}

/// The last row and the last column of all cells but strays; `None` where the rectangle of all is
/// within the limit, or nothing in it is a stray.
fn without_strays(cells: &[Found], limits: &Limits) -> Option<(u64, u64)> {
    let last = |of: fn(&Found) -> u64| cells.iter().map(of).max().unwrap_or(0);
    let whole = (last(|cell| cell.row) + 1) * (last(|cell| cell.column) + 1);
    if whole <= limits.cells || cells.len() <= MOST * 2 {
        return None;
    }
    let end = |of: fn(&Found) -> u64, far: u64| {
        let mut places: Vec<u64> = cells.iter().map(of).collect();
        places.sort_unstable();
        let tail = places.len() - MOST;
        let gap = (tail..places.len()).find(|at| places[*at] > places[*at - 1] + far);
        gap.map_or(places[places.len() - 1], |at| places[at - 1])
    };
    let (rows, columns) = (end(|cell| cell.row, FAR.0), end(|cell| cell.column, FAR.1));
    ((rows + 1) * (columns + 1) < whole).then_some((rows, columns))
}
