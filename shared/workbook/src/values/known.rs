//! What was made of a text before: an upload repeats its names, days and currencies, row by row.

use std::borrow::Cow;

use hashbrown::HashMap;
use iso_currency::Currency;

use crate::header::headings::{Role, heading_currency};
use crate::values::cell::Value;
use crate::values::date::{ShortYear, TextDate, read_date};
use crate::values::price::currency_of;
use crate::values::slots::CurrencySlot;
use crate::values::texts::{NO_TEXT, TextId, Texts};

/// What a text says as a date.
#[derive(Clone, Copy)]
pub(crate) enum DateText {
    Empty,
    Date(TextDate),
    Bad,
}

impl DateText {
    fn of(text: &str, short: Option<ShortYear>) -> Self {
        if text.trim().is_empty() {
            return Self::Empty;
        }
        read_date(text, short).map_or(Self::Bad, Self::Date)
    }
}

/// Texts that were read, shared ones by their index, others by being the last of their kind.
pub(crate) struct Known {
    texts: Vec<TextId>,
    /// The last text of each role.
    last: [TextId; 7],
    dates: HashMap<u32, DateText>,
    last_date: (String, DateText),
    currency: (Option<u32>, CurrencySlot),
    last_currency: (String, CurrencySlot),
}

/// How many shared dates are remembered.
const MANY_DATES: usize = 50_000;

const UNSEEN: TextId = TextId::MAX - 1;

impl Default for Known {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            last: [NO_TEXT; 7],
            dates: HashMap::new(),
            last_date: (String::new(), DateText::Empty),
            currency: (None, CurrencySlot::Empty),
            last_currency: (String::new(), CurrencySlot::Empty),
        }
    }
}

impl Known {
    /// The number of a shared text that was seen before.
    #[inline]
    pub(crate) fn text(&self, value: Value<'_>) -> Option<TextId> {
        match value {
            Value::Shared(index, _) => self
                .texts
                .get(index as usize)
                .copied()
                .filter(|id| *id != UNSEEN),
            _ => None,
        }
    }

    /// The number of any text; other values have none. `None` when there is no room for more.
    pub(crate) fn new_text(
        &mut self,
        texts: &mut Texts,
        role: Role,
        value: Value<'_>,
    ) -> Option<TextId> {
        match value {
            Value::Shared(index, strings) => {
                let at = index as usize;
                if self.texts.len() <= at {
                    self.texts.resize(strings.len().max(at + 1), UNSEEN);
                }
                let id = texts.id(&strings.get(index))?;
                self.texts[at] = id;
                Some(id)
            }
            Value::Text(text) => {
                let last = &mut self.last[role as usize];
                *last = texts.id_after(*last, text)?;
                Some(*last)
            }
            _ => Some(NO_TEXT),
        }
    }

    /// A text as a date; `None` for a value that is no text. Where the year of a short date
    /// stands is the same for all dates of an upload.
    pub(crate) fn date(&mut self, value: Value<'_>, short: Option<ShortYear>) -> Option<DateText> {
        match value {
            Value::Text(text) => {
                if *text != self.last_date.0 {
                    self.last_date = (text.to_owned(), DateText::of(text, short));
                }
                Some(self.last_date.1)
            }
            Value::Shared(index, strings) => {
                if let Some(read) = self.dates.get(&index) {
                    return Some(*read);
                }
                let read = DateText::of(&strings.get(index), short);
                // Days repeat; instants may be as many as rows.
                if self.dates.len() < MANY_DATES {
                    self.dates.insert(index, read);
                }
                Some(read)
            }
            _ => None,
        }
    }

    /// The currency of the shared text that was the last one.
    #[inline]
    pub(crate) fn currency(&self, value: Value<'_>) -> Option<CurrencySlot> {
        match value {
            Value::Shared(index, _) if self.currency.0 == Some(index) => Some(self.currency.1),
            _ => None,
        }
    }

    /// The currency that any text names.
    pub(crate) fn new_currency(&mut self, value: Value<'_>) -> CurrencySlot {
        let text = match value {
            Value::Shared(index, strings) => strings.get(index),
            Value::Text(text) if *text == self.last_currency.0 => return self.last_currency.1,
            Value::Text(text) => Cow::Borrowed(text),
            _ => return CurrencySlot::Bad,
        };
        let slot = match text.trim() {
            "" => CurrencySlot::Empty,
            text => currency_of(text)
                .or_else(|| Currency::from_code(&text.to_ascii_uppercase()))
                .or_else(|| heading_currency(text))
                .map_or(CurrencySlot::Bad, CurrencySlot::Known),
        };
        if let Value::Shared(index, _) = value {
            self.currency = (Some(index), slot);
        } else {
            self.last_currency = (text.into_owned(), slot);
        }
        slot
    }
}
