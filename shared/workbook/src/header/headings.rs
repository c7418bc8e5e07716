//! Which heading means which column: one table of Korean and English synonyms that an owner
//! can extend.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use self::synonyms::{AMOUNTS, BESIDE_A_PRICE, ENDINGS, NOT_A_PRICE, NOT_THE_DATE, SUMS, SYNONYMS};
use crate::values::price::currency_of;

mod synonyms;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// When the price was seen.
    Date,
    /// The product's name.
    Product,
    /// The product's code.
    Sku,
    /// Its category.
    Category,
    /// Who sells it.
    Vendor,
    /// What it costs.
    Price,
    /// The currency of the price.
    Currency,
}

impl Role {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::Date,
        Self::Product,
        Self::Sku,
        Self::Category,
        Self::Vendor,
        Self::Price,
        Self::Currency,
    ];
}

/// The table of synonyms, with what an owner adds: in configuration
/// `{"price": ["우리 값"], "vendor": ["Source"]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<Role, Vec<String>>")]
pub struct Headings {
    added: Vec<(Role, String)>,
}

impl From<BTreeMap<Role, Vec<String>>> for Headings {
    fn from(added: BTreeMap<Role, Vec<String>>) -> Self {
        let added = added.into_iter().flat_map(|(role, headings)| {
            let headings = headings.into_iter();
            headings.map(move |heading| (role, heading))
        });
        added.fold(Self::default(), |all, (role, heading)| {
            all.with(role, &heading)
        })
    }
}

impl Headings {
    /// Adds a heading for a role. It goes before every built-in synonym and takes a built-in
    /// one away from another role.
    #[must_use]
    pub fn with(mut self, role: Role, heading: &str) -> Self {
        self.added.push((role, normal(heading)));
        self
    }

    /// The role of a heading and how preferred it is (lower is better), or nothing.
    pub(crate) fn role(&self, heading: &str) -> Option<(Role, usize)> {
        let whole = normal(heading);
        if whole.chars().count() > 40 {
            return None;
        }
        if whole.is_empty() {
            // `[가격]`: nothing but brackets. `(원)` is a unit.
            let inside: String = heading.chars().filter(|c| c.is_alphanumeric()).collect();
            return synonym(&inside.to_lowercase());
        }
        if let Some(rank) = self.added.iter().position(|(_, text)| *text == whole) {
            return Some((self.added[rank].0, rank));
        }
        synonym(&whole)
            .map(|(role, rank)| (role, rank + demotion(role, heading)))
            .or_else(|| Some((Role::Price, synonym_of_price(heading)?)))
            .or_else(|| numbered(&whole))
            .or_else(|| ending(&whole))
            // `상품명 / Product`, `날짜/시간`, `품명 및 규격`
            .or_else(|| {
                heading
                    .split(['/', '|', '\n', ',', '&', '·'])
                    .flat_map(|part| part.split(" 및 "))
                    .find_map(|part| synonym(&normal(part)))
                    .map(|(role, rank)| (role, 2_000 + rank))
            })
    }
}

/// Every synonym, with its role and how preferred it is.
static KNOWN: LazyLock<HashMap<&str, (Role, usize)>> = LazyLock::new(|| {
    let all = SYNONYMS.iter().flat_map(|(role, synonyms)| {
        let ranked = synonyms.iter().zip(1_000..);
        ranked.map(|(synonym, rank)| (*synonym, (*role, rank)))
    });
    let amounts = |(synonym, (role, rank))| {
        let is_amount = role == Role::Price && AMOUNTS.contains(&synonym);
        (synonym, (role, if is_amount { rank + 3_000 } else { rank }))
    };
    all.map(amounts).collect()
});

fn synonym(normal: &str) -> Option<(Role, usize)> {
    KNOWN.get(normal).copied()
}

/// `가격(전일)`, `Price (old)`: in brackets a word that makes it the worse choice.
fn demotion(role: Role, heading: &str) -> usize {
    let others: &[&str] = match role {
        Role::Price => &NOT_A_PRICE,
        Role::Date => &NOT_THE_DATE,
        _ => return 0,
    };
    let inside = heading.split_once(['(', '[', '（', '<']);
    let inside = inside.map(|(_, inside)| normal(inside));
    let is_other = inside.is_some_and(|inside| others.iter().any(|word| inside.starts_with(word)));
    if is_other { 3_000 } else { 0 }
}

/// A price beside which a currency or the tax stands: `price_krw`, `Price in USD incl. VAT`.
fn synonym_of_price(heading: &str) -> Option<usize> {
    let mut is_less = false;
    let without: String = words(heading)
        .filter(|word| {
            let is_beside =
                named_currency(word).is_some() || BESIDE_A_PRICE.contains(&&*normal(word));
            is_less |= is_beside;
            !is_beside
        })
        .collect();
    if !is_less {
        return None;
    }
    synonym(&normal(&without))
        .filter(|(role, _)| *role == Role::Price)
        .map(|(_, rank)| rank + 200)
}

/// One of several: `카테고리1`, `1차 분류`, `EAN-13`.
fn numbered(whole: &str) -> Option<(Role, usize)> {
    let plain = whole.trim_matches(|c: char| c.is_ascii_digit());
    let plain = plain.strip_prefix('차').unwrap_or(plain);
    // `9월` is a month itself.
    synonym(plain)
        .filter(|(role, _)| plain.len() < whole.len() && *role != Role::Date)
        .map(|(role, rank)| (role, rank + 400))
}

fn ending(whole: &str) -> Option<(Role, usize)> {
    ENDINGS.iter().find_map(|(role, endings)| {
        let rank = endings.iter().position(|ending| whole.ends_with(ending))?;
        let others: &[&str] = match role {
            Role::Price => &NOT_A_PRICE,
            Role::Date => &NOT_THE_DATE,
            _ => &[],
        };
        if others.iter().any(|word| whole.starts_with(word)) {
            return None;
        }
        // Many pieces cost more than one.
        let is_sum = *role == Role::Price && SUMS.iter().any(|word| whole.starts_with(word));
        Some((*role, if is_sum { 4_000 } else { 2_000 } + rank))
    })
}

/// Letters and digits in lower case; what stands in brackets, usually a unit, is left out.
fn normal(heading: &str) -> String {
    let mut normal = String::with_capacity(heading.len());
    let mut depth = 0_u32;
    for c in heading.chars() {
        match c {
            '(' | '[' | '（' | '［' | '<' => depth += 1,
            ')' | ']' | '）' | '］' | '>' => depth = depth.saturating_sub(1),
            '#' | '№' if depth == 0 => normal.push_str("no"),
            _ if depth == 0 && c.is_alphanumeric() => normal.extend(c.to_lowercase()),
            _ => {}
        }
    }
    normal
}

/// Whether a text is nothing but a unit: in brackets, or a currency.
pub(crate) fn is_unit(text: &str) -> bool {
    normal(text).is_empty() || currency_of(text).is_some()
}

/// The currency that a price heading names: `가격(원)`, `Price [USD]`, `단가 ₩`, `price_eur`.
pub(crate) fn heading_currency(heading: &str) -> Option<Currency> {
    words(heading).find_map(named_currency)
}

/// Units in which a column of prices may be, and what a price of theirs is multiplied by.
const UNITS: [(&str, i64, Option<Currency>); 20] = [
    ("백만원", 1_000_000, Some(Currency::KRW)),
    ("십만원", 100_000, Some(Currency::KRW)),
    ("만원", 10_000, Some(Currency::KRW)),
    ("천원", 1_000, Some(Currency::KRW)),
    ("백원", 100, Some(Currency::KRW)),
    ("억원", 100_000_000, Some(Currency::KRW)),
    ("千원", 1_000, Some(Currency::KRW)),
    ("천달러", 1_000, Some(Currency::USD)),
    ("inthousands", 1_000, None),
    ("inmillions", 1_000_000, None),
    ("thousandwon", 1_000, Some(Currency::KRW)),
    ("millionwon", 1_000_000, Some(Currency::KRW)),
    ("thousands", 1_000, None),
    ("thousand", 1_000, None),
    ("million", 1_000_000, None),
    ("millions", 1_000_000, None),
    ("000", 1_000, None),
    ("1000", 1_000, None),
    ("1000000", 1_000_000, None),
    ("000s", 1_000, None),
];

/// The unit of money that a heading or a line above the table states: `가격(천원)`,
/// `(단위: 만 원)`, `Price (1,000 KRW)`, `USD in thousands`.
pub(crate) fn money_unit(text: &str) -> Option<(i64, Option<Currency>)> {
    let parts = text.split(['(', ')', '[', ']', '（', '）', ':', '：']);
    parts.flat_map(|part| part.split('/')).find_map(|part| {
        let plain: String = part
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let named = heading_currency(part);
        // What remains beside a currency's code: `1,000 KRW`, `KRW thousands`.
        let code = named.map_or(String::new(), |currency| currency.code().to_lowercase());
        let without = plain.strip_suffix(&*code).unwrap_or(&plain);
        let without = without.strip_prefix(&*code).unwrap_or(without);
        let without = without.strip_prefix("단위").unwrap_or(without);
        let without = without.strip_suffix("단위").unwrap_or(without);
        let without = without
            .strip_suffix('원')
            .filter(|rest| rest.starts_with('1'))
            .unwrap_or(without);
        UNITS
            .iter()
            .find(|(unit, _, _)| *unit == without)
            .map(|(_, times, currency)| (*times, currency.or(named)))
    })
}

/// The currency that a row above the table states: `(단위: 원)`, or `통화` and `KRW` side by side.
pub(crate) fn stated_currency(labels: &[&str]) -> Option<Currency> {
    const STATES: [&str; 4] = ["단위", "통화", "currency", "unit"];
    let states = |text: &str| {
        let text = text.trim_start_matches(['(', '[', '（', '※', '*', ' ']);
        let lower = text.to_lowercase();
        STATES.iter().any(|word| lower.starts_with(word))
    };
    let (at, text) = labels.iter().enumerate().find(|(_, text)| states(text))?;
    heading_currency(text).or_else(|| heading_currency(labels.get(at + 1)?))
}

fn words(heading: &str) -> impl Iterator<Item = &str> {
    heading.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '(' | ')' | '[' | ']' | '（' | '）' | ',' | '/' | ':' | '_'
            )
    })
}

/// What a word of a heading says about the currency. In lower case only the codes that are
/// no English words: `cup`, `pen` and `top` are currencies as well.
fn named_currency(word: &str) -> Option<Currency> {
    const LOWER: [&str; 14] = [
        "krw", "usd", "eur", "jpy", "cny", "gbp", "cad", "aud", "chf", "hkd", "twd", "sgd", "inr",
        "vnd",
    ];
    let is_word = word.len() == 3
        && word.bytes().all(|b| b.is_ascii_lowercase())
        && !LOWER.contains(&word)
        && word != "won";
    if is_word || word == "VAT" {
        return None;
    }
    currency_of(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_as_people_write_them() {
        let headings = Headings::default();
        for (heading, role) in [
            ("날짜", Role::Date),
            (" Date ", Role::Date),
            ("판매가 (원)", Role::Price),
            ("상품 판매가격", Role::Price),
            ("Unit\nPrice", Role::Price),
            ("unit_price", Role::Price),
            ("PRODUCT NAME", Role::Product),
            ("상품 코드", Role::Sku),
            ("쇼핑몰", Role::Vendor),
            ("통화", Role::Currency),
            ("Category", Role::Category),
            ("[가격]", Role::Price),
            ("price_krw", Role::Price),
            ("Price in USD, incl. VAT", Role::Price),
            ("가격 VAT포함", Role::Price),
            ("KRW Price", Role::Price),
            ("정상가", Role::Price),
            ("상품명 / Product", Role::Product),
            ("품명 및 규격", Role::Product),
            ("Item #", Role::Sku),
            ("EAN-13", Role::Sku),
            ("1차 카테고리", Role::Category),
            ("상품 카테고리", Role::Category),
            ("Date/Time (KST)", Role::Date),
            ("조회 시각", Role::Date),
            ("판매 사이트", Role::Vendor),
            ("Price Currency", Role::Currency),
        ] {
            assert_eq!(
                headings.role(heading).map(|(role, _)| role),
                Some(role),
                "{heading}"
            );
        }
        for other in [
            "",
            "비고",
            "URL",
            "이전 가격",
            "Previous price",
            "Release date",
            "유통기한",
            "()",
            "(원)",
            "USD",
            "Stock",
        ] {
            assert_eq!(headings.role(other), None, "{other}");
        }
    }

    #[test]
    fn the_selling_price_is_preferred_to_the_list_price() {
        let headings = Headings::default();
        let rank = |heading| headings.role(heading).unwrap().1;
        assert!(rank("판매가") < rank("정가"));
        assert!(rank("price") < rank("list price"));
        assert!(rank("price") < rank("lowest price"));
        assert!(rank("도서 판매단가") < rank("금액"));
        assert!(rank("Item price") < rank("Total price"));
        assert!(rank("가격(당일)") < rank("가격(전일)"));
        assert_eq!(headings.role("어제 최저가"), None);
    }

    #[test]
    fn the_day_of_looking_is_preferred_to_the_day_of_recording() {
        let headings = Headings::default();
        let rank = |heading| headings.role(heading).unwrap().1;
        assert!(rank("조회일시") < rank("등록일"));
        assert!(rank("Scraped at") < rank("Updated at"));
    }

    #[test]
    fn an_owner_adds_headings() {
        let headings = Headings::default()
            .with(Role::Price, "우리 값")
            .with(Role::Vendor, "Source");
        assert_eq!(headings.role("우리값"), Some((Role::Price, 0)));
        assert_eq!(headings.role("source").unwrap().0, Role::Vendor);
    }

    #[test]
    fn headings_are_added_by_configuration() {
        let json = r#"{"price": ["우리 값", "our value"], "vendor": ["Source"]}"#;
        let headings: Headings = serde_json::from_str(json).unwrap();
        assert_eq!(headings.role("우리값").unwrap().0, Role::Price);
        assert_eq!(headings.role("Our value").unwrap().0, Role::Price);
        assert_eq!(headings.role("source").unwrap().0, Role::Vendor);
        assert!(serde_json::from_str::<Headings>(r#"{"prices": []}"#).is_err());
    }

    #[test]
    fn a_heading_names_the_unit_of_money() {
        use Currency::{KRW, USD};
        for (text, times, currency) in [
            ("가격(천원)", 1_000, Some(KRW)),
            ("가격 (천 원)", 1_000, Some(KRW)),
            ("판매가[만원]", 10_000, Some(KRW)),
            ("(단위: 백만원)", 1_000_000, Some(KRW)),
            ("(단위 : 천원)", 1_000, Some(KRW)),
            ("단위:천원", 1_000, Some(KRW)),
            ("Price (1,000 KRW)", 1_000, Some(KRW)),
            ("Price (in thousands)", 1_000, None),
            ("Price (USD thousands)", 1_000, Some(USD)),
        ] {
            assert_eq!(money_unit(text), Some((times, currency)), "{text}");
        }
        for text in [
            "가격(원)",
            "(단위: 원)",
            "Price",
            "Price (USD)",
            "1천원샵 가격",
        ] {
            assert_eq!(money_unit(text), None, "{text}");
        }
    }

    #[test]
    fn a_heading_names_the_currency() {
        assert_eq!(heading_currency("가격(원)"), Some(Currency::KRW));
        assert_eq!(heading_currency("Price [USD]"), Some(Currency::USD));
        assert_eq!(heading_currency("Price (€)"), Some(Currency::EUR));
        assert_eq!(heading_currency("단가 ₩"), Some(Currency::KRW));
        assert_eq!(heading_currency("price_krw"), Some(Currency::KRW));
        assert_eq!(heading_currency("Price"), None);
        assert_eq!(heading_currency("price per cup"), None);
        assert_eq!(heading_currency("All items"), None);
    }
}
