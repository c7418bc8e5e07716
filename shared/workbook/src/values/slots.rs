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

const TOTAL_ENDINGS: [&str; 7] = ["합계", "소계", "총계", "누계", "평균", "총액", "subtotal"];

/// Labels of rows that add up others. In a row `without_date` of a table with dates, which is no
/// data anyway, also `이어폰 소계`, `합계 (4건)` and `October total`.
pub(crate) fn is_total(label: &str, without_date: bool) -> bool {
    if label.is_empty() || label.len() > 60 {
        return false;
    }
    let open = |c| matches!(c, '(' | '[' | '（');
    // `=SUM(A1)` is a text like any other.
    let is_odd = |c| open(c) || c == '=';
    let outside = if without_date && !label.starts_with(is_odd) {
        label.split(open).next().unwrap_or(label)
    } else {
        label
    };
    let plain: String = outside
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let last_word = outside.rsplit(' ').next().unwrap_or(outside);
    if without_date
        && (TOTAL_ENDINGS.iter().any(|ending| plain.ends_with(ending))
            || last_word.eq_ignore_ascii_case("total"))
    {
        return true;
    }
    matches!(
        plain.as_str(),
        "합계"
            | "총계"
            | "소계"
            | "누계"
            | "계"
            | "총합계"
            | "총합"
            | "평균"
            | "전체합계"
            | "total"
            | "totals"
            | "subtotal"
            | "grandtotal"
            | "sum"
            | "average"
            | "avg"
            | "mean"
            | "합"
            // What Excel calls the last row of a table in Korean.
            | "요약"
    )
}

#[cfg(test)]
mod tests {
    use super::is_total;

    #[test]
    fn rows_that_add_up_others_are_known_by_their_labels() {
        for label in ["합계", "합 계", "[합계]", "요약", "Total:", "Sub-total"] {
            assert!(is_total(label, false), "{label}");
            assert!(is_total(label, true), "{label}");
        }
        for label in [
            "이어폰 소계",
            "합계 (4건)",
            "October total",
            "TOTAL (KRW)",
            "전체 평균",
        ] {
            assert!(is_total(label, true), "{label}");
            assert!(!is_total(label, false), "{label}");
        }
        for label in ["", "=SUM(A1)", "Total War", "합계기", "평균대"] {
            assert!(!is_total(label, true), "{label}");
        }
    }
}
