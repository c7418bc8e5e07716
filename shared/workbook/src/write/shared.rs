//! The texts that cells share (ECMA-376, 18.4): each stands in the workbook once.

use std::fmt::Write as _;
use std::hash::BuildHasher;
use std::io::{self, Write};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::rows::push_si;
use crate::values::strings::Arena;

/// How many texts are shared, and how many bytes they have together: those that come later stand
/// in their cells, so that memory has an end.
const TEXTS: usize = 1 << 16;
const BYTES: usize = 4 << 20;

/// The shared texts of tables, numbered from 0.
#[derive(Default)]
pub(super) struct Shared {
    texts: Arena,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
    uses: u64,
}

impl Shared {
    /// The number of a text; none when it stands in its cell.
    pub(super) fn number(&mut self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        let texts = &self.texts;
        if let Some(number) = self.table.find(hash, |number| texts.get(*number) == text) {
            self.uses += 1;
            return Some(*number);
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        if self.texts.len() == TEXTS || self.bytes + text.len() > BYTES || !self.texts.push(text) {
            return None;
        }
        self.bytes += text.len();
        self.uses += 1;
        let Self { texts, hasher, .. } = self;
        let hash_of = |number: &u32| hasher.hash_one(texts.get(*number));
        self.table.insert_unique(hash, number, hash_of);
        Some(number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.len() == 0
    }

    /// A sheet of other shared texts that come after these.
    pub(super) fn after(&self, sheet: &str) -> String {
        const REFERENCE: &str = r#" t="s"><v>"#;
        let mut parts = sheet.split(REFERENCE);
        let mut moved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            moved.push_str(REFERENCE);
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let number = number.parse::<usize>().unwrap_or(0) + self.texts.len();
            let _ = write!(moved, "{number}{rest}");
        }
        moved
    }

    /// Writes the shared texts of a workbook: these, and then those of `others`.
    pub(super) fn write(&self, others: &str, to: &mut impl Write) -> io::Result<()> {
        let broken = || io::Error::other("a workbook without shared texts cannot be filled");
        let (head, items) = others.split_once("<si>").ok_or_else(broken)?;
        let attribute = |name: &str| {
            let (_, value) = head.split_once(name)?;
            value.split('"').nth(1)?.parse::<u64>().ok()
        };
        let uses = attribute(" count=").ok_or_else(broken)? + self.uses;
        let texts = attribute(" uniqueCount=").ok_or_else(broken)? + self.texts.len() as u64;
        let (head, _) = head.split_once(" count=").ok_or_else(broken)?;
        write!(to, r#"{head} count="{uses}" uniqueCount="{texts}">"#)?;
        let mut buffer = Vec::new();
        for number in 0..u32::try_from(self.texts.len()).unwrap_or(0) {
            push_si(&mut buffer, self.texts.get(number));
            if buffer.len() > 1 << 15 {
                to.write_all(&buffer)?;
                buffer.clear();
            }
        }
        to.write_all(&buffer)?;
        write!(to, "<si>{items}")
    }
}
