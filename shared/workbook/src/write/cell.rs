//! The values of cells: what of them is written, how it looks and how wide it is.

use std::cmp::Ordering;

use iso_currency::Currency;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{ExcelDateTime, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::look::Look;

/// The most UTF-16 units of a text in a cell; what is longer is cut.
pub const MAX_TEXT: usize = 32_767;

/// The value of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A text, never a formula.
    Text(&'a str),
    /// A whole number.
    Count(u64),
    /// An amount with every digit it has, in the format of its currency.
    Amount(Decimal, Option<Currency>),
    /// A computed amount (a mean, a deviation), shown with two digits after the point or as
    /// many as its currency has.
    Computed(Decimal, Option<Currency>),
    /// A plain number with up to two digits after the point.
    Number(Decimal),
    /// An amount that stands out among those beside it.
    Marked(Decimal, Option<Currency>),
    /// An amount that is out of date.
    Faded(Decimal, Option<Currency>),
    /// A change in percent: 12.5 is shown as +12.50%.
    Percent(Decimal),
    /// A difference in percent that is no change, in no colour: -5 is shown as -5.00%.
    Difference(Decimal),
    /// A part in percent: 12.5 is shown as 12.5%.
    Share(Decimal),
    /// A day.
    Date(Date),
    /// A day and a time of day.
    DateTime(DateTime),
}

/// What a cell holds, once its kind is only a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Content<'a> {
    Nothing,
    Text(&'a str),
    Number(Decimal, Look),
    /// A day as a workbook counts days, with the time of day as a fraction.
    Serial(f64, Look),
}

impl<'a> Cell<'a> {
    /// What is written, and how wide it is, in columns of a digit.
    pub(super) fn content(self) -> Result<(Content<'a>, usize), XlsxError> {
        Ok(match self {
            Cell::Empty | Cell::Text("") => (Content::Nothing, 0),
            Cell::Text(text) => {
                let text = cut(text);
                (Content::Text(text), width(text) + 1)
            }
            Cell::Count(count) => number(count.into(), Look::Places(0)),
            Cell::Amount(amount, currency) => {
                number(amount, Look::Places(places_of(amount, currency)))
            }
            Cell::Marked(amount, currency) => {
                number(amount, Look::Marked(places_of(amount, currency)))
            }
            Cell::Faded(amount, currency) => {
                number(amount, Look::Faded(places_of(amount, currency)))
            }
            Cell::Computed(amount, currency) => {
                number(amount, Look::Places(exponent(currency).max(2)))
            }
            Cell::Number(amount) => number(amount, Look::Plain),
            Cell::Percent(percent) => {
                let look = match percent.cmp(&Decimal::ZERO) {
                    Ordering::Greater => Look::Rise,
                    Ordering::Less => Look::Fall,
                    Ordering::Equal => Look::Level,
                };
                number(hundredth(percent), look)
            }
            Cell::Difference(percent) => number(hundredth(percent), Look::Level),
            Cell::Share(percent) => number(hundredth(percent), Look::Share),
            Cell::Date(date) => (Content::Serial(excel_date(date)?.to_excel(), Look::Day), 12),
            Cell::DateTime(at) => {
                let time = at.time();
                let hour = u16::try_from(time.hour()).unwrap_or(0);
                let minute = u8::try_from(time.minute()).unwrap_or(0);
                let at = excel_date(at.date())?.and_hms(hour, minute, f64::from(time.second()))?;
                (Content::Serial(at.to_excel(), Look::Minute), 18)
            }
        })
    }
}

/// How many digits after the point are shown: those of the currency, or more if the amount has
/// them.
fn places_of(amount: Decimal, currency: Option<Currency>) -> u32 {
    let places = exponent(currency);
    if amount.scale() > places {
        places.max(amount.normalize().scale().min(6))
    } else {
        places
    }
}

/// An amount as its cell shows it, with its thousands separated.
pub fn amount_text(amount: Decimal, currency: Option<Currency>) -> String {
    let places = places_of(amount, currency) as usize;
    let text = format!("{amount:.places$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut grouped = sign.to_owned();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

fn hundredth(percent: Decimal) -> Decimal {
    let mut share = percent;
    if share.set_scale(percent.scale() + 2).is_err() {
        share = percent / Decimal::ONE_HUNDRED;
    }
    share
}

/// A number and its width: its digits with their separators, and the space of its format.
fn number(value: Decimal, look: Look) -> (Content<'static>, usize) {
    let mantissa = value.mantissa().unsigned_abs();
    let whole = match u64::try_from(mantissa) {
        Ok(mantissa) => mantissa / 10_u64.checked_pow(value.scale()).unwrap_or(u64::MAX),
        Err(_) => value.trunc().abs().to_u64().unwrap_or(u64::MAX),
    };
    let digits = whole
        .checked_ilog10()
        .map_or(1, |log| log as usize + 1)
        .min(18);
    let places = match look {
        Look::Places(0) | Look::Marked(0) | Look::Faded(0) => 0,
        Look::Places(places) | Look::Marked(places) | Look::Faded(places) => places as usize + 1,
        Look::Rise | Look::Fall | Look::Level => 6,
        _ => 3,
    };
    (
        Content::Number(value, look),
        digits + digits / 3 + places + 2,
    )
}

/// How wide a text is, in columns of a digit.
pub(super) fn width(text: &str) -> usize {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        text.len()
    } else {
        text.width()
    }
}

fn excel_date(date: Date) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(date.year()).unwrap_or(1900);
    let month = u8::try_from(date.month()).unwrap_or(1);
    let day = u8::try_from(date.day()).unwrap_or(1);
    ExcelDateTime::from_ymd(year, month, day)
}

/// A workbook stores floating point: the nearest to the exact decimal. By way of its digits,
/// because `to_f64` misses the nearest for long ones.
pub(super) fn float(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(0.0)
}

pub(super) fn exponent(currency: Option<Currency>) -> u32 {
    currency.and_then(Currency::exponent).map_or(0, u32::from)
}

/// The beginning of a text that a cell can hold.
pub(super) fn cut(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        text
    } else {
        cut_to(text, MAX_TEXT)
    }
}

/// The beginning of a text in at most so many UTF-16 units.
pub(super) fn cut_to(text: &str, most: usize) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > most {
            return &text[..at];
        }
    }
    text
}
