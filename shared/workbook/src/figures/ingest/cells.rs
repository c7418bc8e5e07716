//! One cell as its role needs it: a date, a name, a currency, a price.

use std::borrow::Cow;

use super::Ingest;
use iso_currency::Currency;

use crate::header::headings::Role;
use crate::header::order::DateOrder;
use crate::values::cell::{Stop, UNCOMPUTED, Value};
use crate::values::date::{
    DayMonth, TextDate, from_bare_number, from_serial, read_date, read_period, with_year,
};
use crate::values::known::DateText;
use crate::values::number::Number;
use crate::values::price::{NotAPrice, Sign, read_price};
use crate::values::slots::{CurrencySlot, DateSlot, PriceSlot, TextSlot};
use crate::values::texts::NO_TEXT;
use crate::{Measure, ReadError, RejectReason};

impl Ingest<'_> {
    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    pub(super) fn date(&mut self, value: Value<'_>) -> Result<DateSlot, Stop> {
        if let Value::Serial(number) = value
            && let Some(at) = from_serial(number, self.sheet.is_1904)
        {
            return Ok(DateSlot::At(at));
        }
        self.other_date(value)
    }

    #[inline(never)]
    fn other_date(&mut self, value: Value<'_>) -> Result<DateSlot, Stop> {
        if let Some(read) = self.known.date(value, self.short_year) {
            return self.text_date(read, value);
        }
        if self.is_uncomputed(Role::Date, value) {
            return Ok(DateSlot::Empty);
        }
        if let Value::Code(number, padding) = value {
            return self.other_date(Value::Text(&padding.show(number)));
        }
        let at = match value {
            Value::Number(number) | Value::Money(number, _) => {
                from_bare_number(number, self.sheet.is_1904)
            }
            _ => None,
        };
        if let Some(at) = at {
            return Ok(DateSlot::At(at));
        }
        self.keep(Role::Date, value);
        Ok(DateSlot::Bad)
    }

    /// Whether a value is a formula's that nobody has worked out, which is noted.
    fn is_uncomputed(&mut self, role: Role, value: Value<'_>) -> bool {
        let is_uncomputed = matches!(value, Value::Error(UNCOMPUTED));
        self.uncomputed |= u8::from(is_uncomputed) << role as u8;
        is_uncomputed
    }

    fn text_date(&mut self, read: DateText, value: Value<'_>) -> Result<DateSlot, Stop> {
        let read = match read {
            DateText::Empty => return Ok(DateSlot::Empty),
            DateText::Date(read) => read,
            DateText::Bad => {
                self.keep(Role::Date, value);
                // In Korean the month always stands first.
                let year = self.sheet.around.year.filter(|_| !self.sheet.is_korean);
                let whole = year.and_then(|year| with_year(self.raw(Role::Date), year));
                if let Some(read) = whole.and_then(|whole| read_date(&whole, None)) {
                    return self.text_date(DateText::Date(read), value);
                }
                let at = read_period(self.raw(Role::Date), self.sheet.around);
                return Ok(at.map_or(DateSlot::Bad, DateSlot::At));
            }
        };
        Ok(match (read, self.order) {
            (TextDate::Sure(at) | TextDate::Proof(at, _), _) => DateSlot::At(at),
            (TextDate::Short, _) | (TextDate::Either { .. }, DateOrder::Unknown) => {
                self.needs_order = true;
                return Err(Stop::Enough);
            }
            (TextDate::Either { .. }, DateOrder::Mixed) => {
                self.keep(Role::Date, value);
                DateSlot::Ambiguous
            }
            (TextDate::Either { day_first, .. }, DateOrder::Known(DayMonth::DayFirst)) => {
                DateSlot::At(day_first)
            }
            (TextDate::Either { month_first, .. }, DateOrder::Known(DayMonth::MonthFirst)) => {
                DateSlot::At(month_first)
            }
        })
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    pub(super) fn text(&mut self, role: Role, value: Value<'_>) -> Result<TextSlot, ReadError> {
        match self.known.text(value) {
            Some(id) => Ok(TextSlot::of(id)),
            None => self.new_text(role, value),
        }
    }

    #[inline(never)]
    fn new_text(&mut self, role: Role, value: Value<'_>) -> Result<TextSlot, ReadError> {
        if self.is_uncomputed(role, value) {
            return Ok(TextSlot::Empty);
        }
        if let Value::Error(_) = value {
            self.keep(role, value);
            return Ok(TextSlot::Bad);
        }
        let shown = match value {
            Value::Text(_) | Value::Shared(..) => String::new(),
            _ => self.shown(value),
        };
        let value = if shown.is_empty() {
            value
        } else {
            Value::Text(&shown)
        };
        let id = self.known.new_text(&mut self.texts, role, value);
        if let Some(id) = id.filter(|id| *id != NO_TEXT) {
            self.labels.note(id, self.texts.get(id));
        }
        id.map(TextSlot::of).ok_or(ReadError::TooLarge {
            what: Measure::KeptTextBytes,
            limit: self.limits.kept_text_bytes,
            place: None,
        })
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    pub(super) fn currency(&mut self, value: Value<'_>) -> CurrencySlot {
        match self.known.currency(value) {
            Some(slot) if slot != CurrencySlot::Bad => slot,
            _ => self.new_currency(value),
        }
    }

    #[inline(never)]
    fn new_currency(&mut self, value: Value<'_>) -> CurrencySlot {
        if self.is_uncomputed(Role::Currency, value) {
            return CurrencySlot::Empty;
        }
        let slot = self.known.new_currency(value);
        if slot == CurrencySlot::Bad {
            self.keep(Role::Currency, value);
        }
        slot
    }

    #[expect(clippy::inline_always, reason = "millions of calls that do little")]
    #[inline(always)]
    pub(super) fn price(&mut self, value: Value<'_>) -> PriceSlot {
        match value {
            Value::Number(number) => PriceSlot::Price(number, None),
            Value::Money(number, sign) => PriceSlot::Price(number, Some(sign)),
            _ => self.other_price(value),
        }
    }

    #[inline(never)]
    fn other_price(&mut self, value: Value<'_>) -> PriceSlot {
        let text = match value {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Shared(index, strings) => strings.get(index),
            Value::Code(number, _) => return PriceSlot::Price(number, None),
            other if self.is_uncomputed(Role::Price, other) => return PriceSlot::Empty,
            other => {
                self.keep(Role::Price, other);
                return PriceSlot::Bad;
            }
        };
        if text.trim().is_empty() {
            return PriceSlot::Empty;
        }
        let raw = &mut self.raw[Role::Price as usize];
        raw.clear();
        raw.push_str(&text);
        if text.contains('.') {
            match points(&text) {
                Some(1) => self.points.has_single = true,
                Some(_) => self.points.has_several = true,
                None => {}
            }
        }
        PriceSlot::Text
    }

    pub(super) fn text_price(
        &self,
        hint: Option<Currency>,
    ) -> Result<(Number, Option<Sign>), (Role, RejectReason)> {
        let text = self.raw(Role::Price);
        let without;
        let text = if hint.is_none() && self.points.are_thousands && points(text) == Some(1) {
            without = text.replace('.', "");
            &without
        } else {
            text
        };
        match read_price(text, hint) {
            Ok(price) => Ok((price.value, price.sign)),
            Err(NotAPrice::Missing) => Err((Role::Price, RejectReason::NoPrice)),
            Err(NotAPrice::Ambiguous) => Err((Role::Price, RejectReason::AmbiguousPrice)),
            Err(NotAPrice::Unreadable) => Err((Role::Price, RejectReason::UnreadablePrice)),
        }
    }
}

/// How many points separate three digits each in an amount: one in `12.900`, two in `1.234.900`.
fn points(text: &str) -> Option<usize> {
    let digits = text.trim_matches(|c: char| !c.is_ascii_digit());
    let (first, rest) = digits.split_once('.')?;
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_first = (1..=3).contains(&first.len()) && are_digits(first) && !first.starts_with('0');
    let are_threes = rest
        .split('.')
        .all(|part| part.len() == 3 && are_digits(part));
    (is_first && are_threes).then(|| rest.split('.').count())
}
