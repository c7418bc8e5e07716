//! The cells of one row, typed, while it is read.

use iso_currency::Currency;

use crate::values::date::Seconds;
use crate::values::number::Number;
use crate::values::price::Sign;
use crate::values::texts::{NO_TEXT, TextId};

/// The cells of the row that is being read. What cannot be read is kept beside them as text.
#[derive(Clone, Copy)]
pub(crate) struct Slots {
    pub(crate) date: DateSlot,
    pub(crate) product: TextSlot,
    pub(crate) sku: TextSlot,
    pub(crate) category: TextId,
    pub(crate) vendor: TextId,
    pub(crate) price: PriceSlot,
    pub(crate) currency: CurrencySlot,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum DateSlot {
    Empty,
    At(Seconds),
    Ambiguous,
    Bad,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum TextSlot {
    Empty,
    Text(TextId),
    Bad,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum PriceSlot {
    Empty,
    /// A number, and the currency that its format names.
    Price(Number, Option<Sign>),
    Text,
    Bad,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum CurrencySlot {
    Empty,
    Known(Currency),
    Bad,
}

impl Slots {
    pub(crate) const EMPTY: Self = Self {
        date: DateSlot::Empty,
        product: TextSlot::Empty,
        sku: TextSlot::Empty,
        category: NO_TEXT,
        vendor: NO_TEXT,
        price: PriceSlot::Empty,
        currency: CurrencySlot::Empty,
    };

    /// How many cells there are beside the currency's.
    pub(crate) fn filled(&self) -> u32 {
        [
            self.date != DateSlot::Empty,
            self.product != TextSlot::Empty,
            self.sku != TextSlot::Empty,
            self.price != PriceSlot::Empty,
            self.category != NO_TEXT,
            self.vendor != NO_TEXT,
        ]
        .map(u32::from)
        .iter()
        .sum()
    }

    /// A currency alone does not make a row: people fill that column down.
    pub(crate) fn is_empty(&self) -> bool {
        self.date == DateSlot::Empty
            && self.product == TextSlot::Empty
            && self.sku == TextSlot::Empty
            && self.price == PriceSlot::Empty
            && self.category == NO_TEXT
            && self.vendor == NO_TEXT
    }
}

impl TextSlot {
    #[inline]
    pub(crate) fn of(id: TextId) -> Self {
        if id == NO_TEXT {
            Self::Empty
        } else {
            Self::Text(id)
        }
    }

    #[inline]
    pub(crate) fn id(self) -> TextId {
        match self {
            Self::Text(id) => id,
            _ => NO_TEXT,
        }
    }
}
