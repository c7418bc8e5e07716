//! What a rule decided, in words: why it fired, and why it did not.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Availability, Basis, Money, Slot, Standard};

use super::{Decision, Fact, Outcome};
use crate::Language;
use crate::Language::{English, Korean};
use crate::exact::percent_of;
use crate::words::{date, money, percent};

impl Decision {
    /// The decision in one or two sentences, with its figures.
    pub fn in_words(&self, language: Language, zone: &TimeZone) -> String {
        let why = self.outcome.in_words(language, zone);
        let fact = self.fact.in_words(language, zone);
        if why.is_empty() {
            fact
        } else {
            format!("{why} {fact}")
        }
    }
}

impl Outcome {
    /// Whether the rule fired, and if not, why; empty where the figures say it alone.
    fn in_words(self, language: Language, zone: &TimeZone) -> String {
        let at = |instant: Timestamp| {
            let local = instant.to_zoned(zone.clone());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        };
        let on = |slot: Slot| date(slot, zone);
        match (language, self) {
            (_, Self::Fired) => String::new(),
            (English, Self::NotMet) => "Not met:".to_owned(),
            (Korean, Self::NotMet) => "조건이 맞지 않습니다:".to_owned(),
            (English, Self::ArmedAgain) => "No longer met, and armed again:".to_owned(),
            (Korean, Self::ArmedAgain) => "조건이 풀려 다시 감시합니다:".to_owned(),
            (English, Self::Unknown) => "Nothing can be said:".to_owned(),
            (Korean, Self::Unknown) => "판단할 수 없습니다:".to_owned(),
            (English, Self::Told(slot)) => format!("Told on {} already:", on(slot)),
            (Korean, Self::Told(slot)) => format!("{}에 이미 알렸습니다:", on(slot)),
            (English, Self::Snoozed(until)) => format!("Snoozed until {}:", at(until)),
            (Korean, Self::Snoozed(until)) => format!("{}까지 알림을 미룹니다:", at(until)),
            (English, Self::CoolingDown(until)) => format!("Silent until {}:", at(until)),
            (Korean, Self::CoolingDown(until)) => format!("{}까지 쉽니다:", at(until)),
            (English, Self::DailyMaximum(most)) => {
                format!("Told {most} times on this day already, the most allowed:")
            }
            (Korean, Self::DailyMaximum(most)) => {
                format!("하루 최대 {most}번을 이미 알렸습니다:")
            }
            (English, Self::NotArmed(from)) => format!("Armed only from {} on:", at(from)),
            (Korean, Self::NotArmed(from)) => format!("{}부터 감시합니다:", at(from)),
            (English, Self::Passed(slot)) => format!("Decided on {}:", on(slot)),
            (Korean, Self::Passed(slot)) => format!("{}에 판단했습니다:", on(slot)),
        }
    }
}

impl Fact {
    /// The figures in one sentence.
    pub fn in_words(&self, language: Language, zone: &TimeZone) -> String {
        let m = |amount: Money| money(amount, language);
        match (language, *self) {
            (
                _,
                Self::Target {
                    price,
                    target,
                    basis,
                },
            ) => target_in_words(language, price, target, basis),
            (
                _,
                Self::Compared {
                    price,
                    mark,
                    at,
                    standard,
                },
            ) => {
                let mark_in_words = standard_in_words(language, standard, mark, &date(at, zone));
                compared_in_words(language, price, mark, &mark_in_words)
            }
            (
                _,
                Self::Extreme {
                    price,
                    mark,
                    at,
                    since,
                    standard,
                },
            ) => {
                let before = standard_in_words(language, standard, mark, &date(at, zone));
                let known = match language {
                    English => format!("{before}, known since {}", date(since, zone)),
                    Korean => format!("{before}, {}부터 기록", date(since, zone)),
                };
                compared_in_words(language, price, mark, &known)
            }
            (_, Self::Stock { now, before }) => stock_in_words(language, now, before),
            (English, Self::Failed(reason)) => reason.sentence().to_owned(),
            (Korean, Self::Failed(reason)) => format!("가격을 읽지 못했습니다 ({reason})."),
            (English, Self::Unconfirmed) => "The price was not confirmed.".to_owned(),
            (Korean, Self::Unconfirmed) => "확인되지 않은 가격입니다.".to_owned(),
            (English, Self::Void) => "The price is void.".to_owned(),
            (Korean, Self::Void) => "무효로 처리된 가격입니다.".to_owned(),
            (English, Self::WithoutPrice { runs, of }) => {
                let s = if runs == 1 { "" } else { "s" };
                format!("No price for {runs} run{s} in a row (asked for: {of}).")
            }
            (Korean, Self::WithoutPrice { runs, of }) => {
                format!("연속 {runs}회 가격이 없습니다 (기준 {of}회).")
            }
            (English, Self::Priced { price }) => format!("The price is {}.", m(price)),
            (Korean, Self::Priced { price }) => format!("가격은 {}.", m(price)),
            (English, Self::NothingBefore { price }) => {
                format!("{} has nothing before it to be compared with.", m(price))
            }
            (Korean, Self::NothingBefore { price }) => {
                format!("{}과 비교할 이전 가격이 없습니다.", m(price))
            }
            (English, Self::OtherCurrency { price, mark }) => {
                format!("{} and {} are different currencies.", m(price), m(mark))
            }
            (Korean, Self::OtherCurrency { price, mark }) => {
                format!("{}과 {}은 통화가 다릅니다.", m(price), m(mark))
            }
            (English, Self::NotAvailable { price }) => {
                format!("It cannot be had at {}.", m(price))
            }
            (Korean, Self::NotAvailable { price }) => {
                format!("{}이지만 구매할 수 없습니다.", m(price))
            }
            (English, Self::Unsaid) => "The shop does not say whether it can be had.".to_owned(),
            (Korean, Self::Unsaid) => "상점이 재고를 표시하지 않습니다.".to_owned(),
            (English, Self::NoBasis(Basis::UnitPrice)) => {
                "The product has no pack, so there is no unit price.".to_owned()
            }
            (English, Self::NoBasis(_)) => {
                "The product has no costs, so the total is not known.".to_owned()
            }
            (Korean, Self::NoBasis(Basis::UnitPrice)) => {
                "포장 단위가 없어 단위가격을 알 수 없습니다.".to_owned()
            }
            (Korean, Self::NoBasis(_)) => "배송비를 몰라 총액을 알 수 없습니다.".to_owned(),
            (English, Self::NotReduced { price }) => format!("{} is not reduced.", m(price)),
            (Korean, Self::NotReduced { price }) => {
                format!("{}은 할인 중이 아닙니다.", m(price))
            }
        }
    }
}

fn stock_in_words(language: Language, now: Availability, before: Option<bool>) -> String {
    let now = availability_in_words(language, now);
    let before = match (language, before) {
        (English, None) => "the shop had not said before",
        (English, Some(true)) => "it could be had before",
        (English, Some(false)) => "it could not be had before",
        (Korean, None) => "이전 상태 모름",
        (Korean, Some(true)) => "이전에는 구매 가능",
        (Korean, Some(false)) => "이전에는 구매 불가",
    };
    match language {
        English => format!("The shop says {now}; {before}."),
        Korean => format!("상점 표시: {now} ({before})."),
    }
}

/// What a shop says of its stock, as people say it.
fn availability_in_words(language: Language, availability: Availability) -> &'static str {
    use Availability as A;
    match (language, availability) {
        (English, A::BackOrder) => "on back order",
        (English, A::Discontinued) => "discontinued",
        (English, A::InStock) => "in stock",
        (English, A::InStoreOnly) => "in stores only",
        (English, A::LimitedAvailability) => "few left",
        (English, A::MadeToOrder) => "made to order",
        (English, A::OnlineOnly) => "online only",
        (English, A::OutOfStock) => "out of stock",
        (English, A::PreOrder | A::PreSale) => "to be ordered in advance",
        (English, A::Reserved) => "reserved",
        (English, A::SoldOut) => "sold out",
        (Korean, A::BackOrder) => "입고 대기",
        (Korean, A::Discontinued) => "단종",
        (Korean, A::InStock) => "구매 가능",
        (Korean, A::InStoreOnly) => "매장 전용",
        (Korean, A::LimitedAvailability) => "소량 남음",
        (Korean, A::MadeToOrder) => "주문 제작",
        (Korean, A::OnlineOnly) => "온라인 전용",
        (Korean, A::OutOfStock) => "품절",
        (Korean, A::PreOrder | A::PreSale) => "예약 판매",
        (Korean, A::Reserved) => "예약됨",
        (Korean, A::SoldOut) => "매진",
    }
}

fn target_in_words(language: Language, price: Money, target: Money, basis: Basis) -> String {
    let (price, target) = (money(price, language), money(target, language));
    match (language, basis) {
        (English, Basis::Price) => format!("{price} against a target of {target}."),
        (English, Basis::Total) => {
            format!("{price} with shipping against a target of {target}.")
        }
        (English, Basis::UnitPrice) => format!("Unit price {price} against a target of {target}."),
        (Korean, Basis::Price) => format!("{price} (목표 {target})."),
        (Korean, Basis::Total) => format!("배송비 포함 {price} (목표 {target})."),
        (Korean, Basis::UnitPrice) => format!("단위가격 {price} (목표 {target})."),
    }
}

fn standard_in_words(language: Language, standard: Standard, mark: Money, at: &str) -> String {
    let mark = money(mark, language);
    match (language, standard) {
        (English, Standard::Previous) => format!("the previous price is {mark} ({at})"),
        (English, Standard::Low(days)) => {
            format!("the lowest of the {days} days before is {mark} ({at})")
        }
        (English, Standard::High(days)) => {
            format!("the highest of the {days} days before is {mark} ({at})")
        }
        (English, Standard::Reference) => {
            format!("the lowest of the 30 days before the reduction of {at} is {mark}")
        }
        (Korean, Standard::Previous) => format!("이전 가격 {mark} ({at})"),
        (Korean, Standard::Low(days)) => format!("이전 {days}일 최저가 {mark} ({at})"),
        (Korean, Standard::High(days)) => format!("이전 {days}일 최고가 {mark} ({at})"),
        (Korean, Standard::Reference) => format!("인하({at}) 전 30일 최저가 {mark}"),
    }
}

fn compared_in_words(language: Language, price: Money, mark: Money, before: &str) -> String {
    let by = percent_of(price.amount, mark.amount).map(percent);
    let by = match (price.amount.cmp(&mark.amount), by) {
        (std::cmp::Ordering::Equal, _) | (_, None) => String::new(),
        (std::cmp::Ordering::Less, Some(by)) => format!(" (−{by} %)"),
        (std::cmp::Ordering::Greater, Some(by)) => format!(" (+{by} %)"),
    };
    format!("{}{by}; {before}.", money(price, language))
}
