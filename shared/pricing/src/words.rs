//! Figures and sentences for people, in English and Korean.

use jiff::tz::TimeZone;
use model::{Currency, Decimal, Money, Slot};
use serde::{Deserialize, Serialize};

use crate::{Statement, Verdict};

/// The language of what people are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Korean.
    #[serde(rename = "ko")]
    Korean,
}

impl std::str::FromStr for Language {
    type Err = model::Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::English),
            "ko" => Ok(Self::Korean),
            other => Err(model::Invalid::new("language", other, "en or ko")),
        }
    }
}

/// A number with a comma between each three digits before the point.
pub fn grouped(number: Decimal) -> String {
    let text = number.to_string();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// An amount of money with the places of its currency, and more where it has them: `12,900원`,
/// `12,900 KRW`, `9.90 EUR`.
pub fn money(money: Money, language: Language) -> String {
    let places = money.currency.exponent().map_or(0, u32::from);
    let mut amount = money.amount.normalize();
    if amount.scale() < places {
        amount.rescale(places);
    }
    let number = grouped(amount);
    match (language, money.currency) {
        (Language::Korean, Currency::KRW) => format!("{number}원"),
        (Language::English | Language::Korean, currency) => {
            format!("{number} {}", currency.code())
        }
    }
}

/// The local date of a slot: `2026-11-21`.
pub fn date(slot: Slot, zone: &TimeZone) -> String {
    let local = slot.instant().to_zoned(zone.clone());
    local.strftime("%Y-%m-%d").to_string()
}

/// A percentage without a needless `.0`.
pub(crate) fn percent(number: Decimal) -> String {
    number.normalize().to_string()
}

impl Verdict {
    /// The verdict in one sentence or more, the most telling first.
    pub fn in_words(&self, language: Language, zone: &TimeZone) -> Vec<String> {
        let statements = self.statements.iter();
        statements
            .map(|statement| statement.in_words(language, zone))
            .collect()
    }
}

impl Statement {
    /// The statement in one sentence, with the figures it rests on.
    pub fn in_words(&self, language: Language, zone: &TimeZone) -> String {
        let m = |amount: &Money| money(*amount, language);
        let d = |slot: &Slot| date(*slot, zone);
        let p = |number: &Decimal| percent(*number);
        match (language, self) {
            (Language::English, Self::NoPrice) => "No price is known.".to_owned(),
            (Language::Korean, Self::NoPrice) => "알려진 가격이 없습니다.".to_owned(),
            (Language::English, Self::TooEarly { since, prices }) => {
                let s = if *prices == 1 { "" } else { "s" };
                format!("Too early to tell: {prices} price{s} since {}.", d(since))
            }
            (Language::Korean, Self::TooEarly { since, prices }) => {
                format!("판단하기 이릅니다: {}부터 가격 {prices}건.", d(since))
            }
            (Language::English, Self::Lowest { days, high }) => {
                format!("Lowest in {days} days (highest {}).", m(high))
            }
            (Language::Korean, Self::Lowest { days, high }) => {
                format!("최근 {days}일 중 최저가 (최고 {}).", m(high))
            }
            (
                Language::English,
                Self::RealDiscount {
                    percent,
                    reference,
                    since,
                },
            ) => format!(
                "Real discount of {} %: the lowest price of the 30 days before {} was {}.",
                p(percent),
                d(since),
                m(reference)
            ),
            (
                Language::Korean,
                Self::RealDiscount {
                    percent,
                    reference,
                    since,
                },
            ) => format!(
                "실제 할인 {} %: {} 전 30일 최저가는 {}.",
                p(percent),
                d(since),
                m(reference)
            ),
            (Language::English, Self::NoDiscount { reference, since }) => format!(
                "Reduced since {}, but not below the {} of the 30 days before.",
                d(since),
                m(reference)
            ),
            (Language::Korean, Self::NoDiscount { reference, since }) => format!(
                "{}부터 인하되었지만 그 전 30일 최저가 {}보다 싸지 않습니다.",
                d(since),
                m(reference)
            ),
            (Language::English, Self::NearLowest { percent, low, at }) => format!(
                "Good price: {} % above the lowest in 90 days ({} on {}).",
                p(percent),
                m(low),
                d(at)
            ),
            (Language::Korean, Self::NearLowest { percent, low, at }) => format!(
                "좋은 가격: 90일 최저가({}, {})보다 {} % 높습니다.",
                m(low),
                d(at),
                p(percent)
            ),
            (Language::English, Self::Dearer { percent, median }) => format!(
                "Dearer than usual: {} % above the median of 90 days ({}).",
                p(percent),
                m(median)
            ),
            (Language::Korean, Self::Dearer { percent, median }) => format!(
                "평소보다 비쌉니다: 90일 중앙값({})보다 {} % 높습니다.",
                m(median),
                p(percent)
            ),
            (Language::English, Self::Usual { median }) => {
                format!("A usual price: the median of 90 days is {}.", m(median))
            }
            (Language::Korean, Self::Usual { median }) => {
                format!("평소 가격입니다: 90일 중앙값은 {}.", m(median))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_its_currency_is() {
        let of = |text: &str, currency| Money::new(text.parse().unwrap(), currency);
        for (amount, language, text) in [
            (
                of("1234567", Currency::KRW),
                Language::Korean,
                "1,234,567원",
            ),
            (of("900", Currency::KRW), Language::English, "900 KRW"),
            (
                of("1234.5", Currency::EUR),
                Language::English,
                "1,234.50 EUR",
            ),
            (of("0.125", Currency::EUR), Language::Korean, "0.125 EUR"),
            (
                of("-1234.50", Currency::USD),
                Language::English,
                "-1,234.50 USD",
            ),
            (
                of("12900.00", Currency::KRW),
                Language::English,
                "12,900 KRW",
            ),
        ] {
            assert_eq!(money(amount, language), text);
        }
    }

    #[test]
    fn a_date_is_the_local_one() {
        let slot: Slot = "2026-11-20T23:15:00Z".parse().unwrap();
        let seoul = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(date(slot, &seoul), "2026-11-21");
        assert_eq!(date(slot, &TimeZone::UTC), "2026-11-20");
    }
}
