//! Every text of the data once, known by a small number.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

use crate::values::strings::Arena;

/// The number of a text.
pub(crate) type TextId = u32;

/// The absence of a text.
pub(crate) const NO_TEXT: TextId = TextId::MAX;

#[derive(Default)]
pub(crate) struct Texts {
    /// Bytes that all texts may have together.
    room: u64,
    strings: Arena,
    table: HashTable<TextId>,
    hasher: DefaultHashBuilder,
    /// By text, the one that followed it in its column.
    after: Vec<TextId>,
}

impl Texts {
    pub(crate) fn new(room: u64) -> Self {
        Self {
            room,
            strings: Arena::default(),
            table: HashTable::default(),
            hasher: DefaultHashBuilder::default(),
            after: Vec::new(),
        }
    }

    /// The number of a text, which is first freed of white space around it; an empty text is
    /// [`NO_TEXT`]. `None` when there is no room for more.
    pub(crate) fn id(&mut self, text: &str) -> Option<TextId> {
        let text = trimmed(text);
        if text.is_empty() {
            return Some(NO_TEXT);
        }
        let hash = self.hasher.hash_one(text);
        if let Some(id) = self.table.find(hash, |id| self.strings.get(*id) == text) {
            return Some(*id);
        }
        let id = TextId::try_from(self.strings.len())
            .ok()
            .filter(|id| *id != NO_TEXT)?;
        self.room = self.room.checked_sub(text.len() as u64)?;
        if !self.strings.push(text) {
            return None;
        }
        let Self {
            strings,
            table,
            hasher,
            ..
        } = self;
        table.insert_unique(hash, id, |id| hasher.hash_one(strings.get(*id)));
        Some(id)
    }

    /// The texts by their number, to which none will come.
    pub(crate) fn into_arena(self) -> Arena {
        self.strings
    }

    /// The same for a text that follows another one in its column. Uploads go through their
    /// products in the same order day by day: the text that followed last time is a good guess,
    /// and next to where one has just been in memory.
    pub(crate) fn id_after(&mut self, last: TextId, text: &str) -> Option<TextId> {
        let last = last as usize;
        if let Some(&guess) = self.after.get(last)
            && guess != NO_TEXT
            && self.strings.get(guess) == text
        {
            return Some(guess);
        }
        let id = self.id(text)?;
        self.after.resize(self.strings.len(), NO_TEXT);
        if let Some(after) = self.after.get_mut(last) {
            *after = id;
        }
        Some(id)
    }

    pub(crate) fn get(&self, id: TextId) -> &str {
        if id == NO_TEXT {
            ""
        } else {
            self.strings.get(id)
        }
    }
}

/// A text without the white space around it, also such as cannot be seen at all.
fn trimmed(text: &str) -> &str {
    // A byte of a visible character: of ASCII, or the first of three of Chinese, Japanese or
    // Korean, where no space begins so.
    let visible = |byte: Option<&u8>| matches!(byte, Some(b'!'..=b'~' | 0xe4..=0xed));
    let bytes = text.as_bytes();
    let last = match bytes {
        [.., first, 0x80..=0xbf, 0x80..=0xbf] => Some(first),
        _ => bytes.last(),
    };
    if visible(bytes.first()) && visible(last) {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_number() {
        let mut texts = Texts::new(1_000);
        let one = texts.id("무선 이어폰").unwrap();
        let two = texts.id("cable").unwrap();
        assert_ne!(one, two);
        assert_eq!(texts.id("\u{a0}무선 이어폰 "), Some(one));
        assert_eq!(texts.id("  "), Some(NO_TEXT));
        for _ in 0..3 {
            assert_eq!(texts.id_after(NO_TEXT, "무선 이어폰"), Some(one));
            assert_eq!(texts.id_after(one, " cable"), Some(two));
            assert_eq!(texts.id_after(two, "무선 이어폰"), Some(one));
            assert_eq!(texts.id_after(one, "cable "), Some(two));
            assert_eq!(texts.id_after(two, " "), Some(NO_TEXT));
        }
        for spaced in [
            "\u{3000}가",
            "가\u{3000}",
            "x\u{200b}",
            "\u{feff}é",
            "é\t",
            "\u{2009}값\u{85}",
            "x\u{85}",
            "x\u{a0}",
        ] {
            assert_eq!(trimmed(spaced).chars().count(), 1, "{spaced:?}");
        }
        let mut texts = Texts::new(5);
        assert_eq!(texts.id("12345"), Some(0));
        assert_eq!(texts.id("12345"), Some(0));
        assert_eq!(texts.id("6"), None);
    }

    #[test]
    fn a_number_gives_its_text() {
        let mut texts = Texts::new(1_000);
        let one = texts.id("무선 이어폰").unwrap();
        let two = texts.id("cable").unwrap();
        assert_eq!(
            (texts.get(one), texts.get(two), texts.get(NO_TEXT)),
            ("무선 이어폰", "cable", "")
        );
    }
}
