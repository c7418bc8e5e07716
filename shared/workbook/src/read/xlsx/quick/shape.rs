//! What cells look like up to their values. Programs write a column's cells alike, row after
//! row: bytes that were understood once need not be taken apart again, only compared.

use super::{Kind, Row};
use crate::read::formats::NumberKind;
use crate::values::eight::eight;

/// Columns whose cells are remembered.
const MANY: usize = 256;
/// The longest head, `<c r="AA`, and the longest rest of a tag.
const HEAD: usize = 8;
const TAIL: usize = 32;

/// What a cell's tag says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub(super) column: u32,
    pub(super) style: Option<usize>,
    pub(super) kind: Kind,
    /// What the style makes of a number.
    pub(super) number: NumberKind,
    /// Whether the column's values matter.
    pub(super) wanted: bool,
}

/// The shapes of the cells seen last, in the order of their columns.
#[derive(Default)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    /// The one that the next cell probably has.
    next: usize,
}

/// The bytes of a tag around the number of its row: `<c r="B` and `" t="s"><v>`.
struct Shape {
    head: u64,
    head_mask: u64,
    head_length: usize,
    tail: [u128; 2],
    tail_mask: [u128; 2],
    tail_length: usize,
    tag: Tag,
}

impl Shapes {
    /// The next cell is the first of a row.
    pub(super) fn begin_row(&mut self) {
        self.next = 0;
    }

    /// What the cell's tag says and where its value starts, if its column had such a cell
    /// before.
    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    pub(super) fn find(&mut self, bytes: &[u8], row: &Row) -> Option<(Tag, usize)> {
        // A cell may be missing.
        for at in self.next..self.next + 2 {
            let shape = self.shapes.get(at)?;
            if let Some(start) = shape.matches(bytes, row) {
                self.next = at + 1;
                return Some((shape.tag, start));
            }
        }
        None
    }

    /// Remembers a cell of `row` by its bytes up to the value.
    #[cold]
    pub(super) fn learn(&mut self, bytes: &[u8], row: &Row, tag: Tag) {
        let Some(shape) = Shape::of(bytes, row, tag) else {
            return;
        };
        let place = self
            .shapes
            .binary_search_by_key(&tag.column, |shape| shape.tag.column);
        match place {
            Ok(at) => self.shapes[at] = shape,
            Err(at) if self.shapes.len() < MANY => self.shapes.insert(at, shape),
            Err(_) => return,
        }
        self.next = place.unwrap_or_else(|at| at) + 1;
    }
}

impl Shape {
    fn of(bytes: &[u8], row: &Row, tag: Tag) -> Option<Self> {
        let letters = bytes
            .strip_prefix(b"<c r=\"")?
            .iter()
            .take_while(|byte| byte.is_ascii_uppercase())
            .count();
        let (head, rest) = bytes.split_at_checked(6 + letters)?;
        let tail = rest.get(row.width..)?;
        if head.len() > HEAD || tail.len() > TAIL {
            return None;
        }
        let (start, end) = tail.split_at(tail.len().min(16));
        Some(Self {
            head: u64::from_le_bytes(padded(head)),
            head_mask: u64::from_le_bytes(ones(head.len())),
            head_length: head.len(),
            tail: [start, end].map(|half| u128::from_le_bytes(padded(half))),
            tail_mask: [start, end].map(|half| u128::from_le_bytes(ones(half.len()))),
            tail_length: tail.len(),
            tag,
        })
    }

    /// Where the value starts.
    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    fn matches(&self, bytes: &[u8], row: &Row) -> Option<usize> {
        let mut differs = (eight(bytes, 0)? ^ self.head) & self.head_mask;
        differs |= (eight(bytes, self.head_length)? ^ row.digits) & row.mask;
        let at = self.head_length + row.width;
        let tail = (sixteen(bytes, at)? ^ self.tail[0]) & self.tail_mask[0];
        if differs != 0 || tail != 0 {
            return None;
        }
        if self.tail_length > 16
            && (sixteen(bytes, at + 16)? ^ self.tail[1]) & self.tail_mask[1] != 0
        {
            return None;
        }
        Some(at + self.tail_length)
    }
}

#[inline]
fn sixteen(bytes: &[u8], at: usize) -> Option<u128> {
    let sixteen = bytes.get(at..)?.first_chunk()?;
    Some(u128::from_le_bytes(*sixteen))
}

fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0))
}

fn ones<const N: usize>(length: usize) -> [u8; N] {
    std::array::from_fn(|at| if at < length { 0xff } else { 0 })
}
