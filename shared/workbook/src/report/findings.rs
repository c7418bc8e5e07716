//! What happened, in sentences: the first thing that a reader of the report sees.

use std::fmt::Write as _;

use jiff::civil::DateTime;
use rust_decimal::Decimal;

use super::words::Words;
use crate::figures::summary::{CurrencySummary, ProductSummary, VendorSummary};
use crate::write::amount_text;
use crate::{Language, Summary};

/// How many products are named in each direction.
const NAMED: usize = 3;

/// A finding: what it is about, the change in percent, if it is one, and the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) about: String,
    pub(super) change: Option<Decimal>,
    pub(super) sentence: String,
}

/// The findings of an upload, the most important first.
pub(super) fn findings(summary: &Summary, words: &Words) -> Vec<Finding> {
    let korean = words.language == Language::Ko;
    let mut findings: Vec<Finding> = summary
        .currencies
        .iter()
        .map(|one| overall(one, words))
        .collect();
    for (about, movers) in [
        (words.most_risen, &summary.movers.up),
        (words.most_fallen, &summary.movers.down),
    ] {
        let named = movers.iter().take(NAMED);
        let named = named.filter_map(|at| summary.products.get(*at));
        findings.extend(named.enumerate().map(|(at, one)| Finding {
            about: if at == 0 { about } else { "" }.to_owned(),
            change: one.change_percent,
            sentence: moved(&one),
        }));
    }
    if summary.movers.up.is_empty() && summary.movers.down.is_empty() {
        findings.push(Finding {
            about: words.movers.to_owned(),
            change: None,
            sentence: words.no_movers.to_owned(),
        });
    }
    for one in cheapest(&summary.vendors) {
        findings.push(Finding {
            about: words.cheapest.to_owned(),
            change: None,
            sentence: asks(one, several_currencies(summary), korean),
        });
    }
    if let Some(sentence) = not_used(summary, korean) {
        findings.push(Finding {
            about: words.not_used.to_owned(),
            change: None,
            sentence,
        });
    }
    findings
}

fn several_currencies(summary: &Summary) -> bool {
    summary.currencies.len() > 1
}

/// What all prices in a currency did.
fn overall(one: &CurrencySummary, words: &Words) -> Finding {
    let korean = words.language == Language::Ko;
    let (has_matched, matched) = (one.matched > 0, counted(one.matched));
    let cases = if one.matched == 1 { "case" } else { "cases" };
    let months = match &*one.months {
        [first, .., last] => Some((&first.month, &last.month)),
        _ => None,
    };
    let sentence = match (one.change_percent, months, korean) {
        (Some(_), Some((first, last)), false) => format!(
            "From {first} to {last}, like with like: only the same product at the same vendor is compared, in {matched} {cases}."
        ),
        (Some(_), Some((first, last)), true) => format!(
            "{first}부터 {last}까지. 같은 판매처의 같은 상품끼리만 비교했습니다(비교한 가격 {matched}개)."
        ),
        (Some(_), None, false) => format!(
            "From the first to the last price, like with like: the same product at the same vendor, in {matched} {cases}."
        ),
        (Some(_), None, true) => format!(
            "첫 가격 대비 마지막 가격. 같은 판매처의 같은 상품끼리만 비교했습니다(비교한 가격 {matched}개)."
        ),
        (None, Some(_), false) if has_matched => {
            "Between two months, no product is at the same vendor in both: there is no overall change.".to_owned()
        }
        (None, Some(_), true) if has_matched => {
            "이어지는 두 달에 같은 판매처의 같은 상품이 없는 때가 있어 전체 변동률을 구할 수 없습니다.".to_owned()
        }
        (None, _, false) => {
            "No product has prices of two days at the same vendor: nothing can be compared.".to_owned()
        }
        (None, _, true) => {
            "같은 판매처에서 이틀 이상 확인한 상품이 없어 변동을 비교할 수 없습니다.".to_owned()
        }
    };
    let about = match one.currency {
        Some(currency) => format!("{} ({})", words.all_prices, currency.code()),
        None => words.all_prices.to_owned(),
    };
    Finding {
        about,
        change: one.change_percent,
        sentence,
    }
}

/// `Cable: 10,000 → 12,000 KRW, 2026-10-05 – 2026-11-20, 쿠팡`
fn moved(one: &ProductSummary) -> String {
    let compared = &one.compared;
    let mut sentence = format!(
        "{}: {} → {}",
        short(&one.product),
        amount_text(compared.first, one.currency),
        amount_text(compared.last, one.currency),
    );
    if let Some(currency) = one.currency {
        sentence.push(' ');
        sentence.push_str(currency.code());
    }
    let day = |at: Option<crate::Moment>| at.and_then(crate::Moment::civil).map(DateTime::date);
    if let (Some(first), Some(last)) = (day(compared.first_date), day(compared.last_date)) {
        let _ = write!(sentence, ", {first} – {last}");
    }
    if !compared.vendor.is_empty() {
        sentence.push_str(", ");
        sentence.push_str(&compared.vendor);
    }
    sentence
}

/// The cheapest vendor of each currency, of those that can be compared for at least half as many
/// products as the one that can for most.
fn cheapest(vendors: &[VendorSummary]) -> Vec<&VendorSummary> {
    let mut currencies: Vec<_> = vendors.iter().map(|one| one.currency).collect();
    currencies.sort_by_key(|currency| currency.map(|currency| currency.code()));
    currencies.dedup();
    let of = |currency| {
        let all = || vendors.iter().filter(move |one| one.currency == currency);
        let most = all().map(|one| one.compared).max()?;
        let comparable = all().filter(|one| one.compared > 0 && one.compared * 2 >= most);
        let cheapest = comparable.min_by_key(|one| (one.level_percent, &*one.vendor))?;
        // Of vendors that ask the same, none is the cheapest.
        let is_below = cheapest.level_percent? < Decimal::ONE_HUNDRED;
        is_below.then_some(cheapest)
    };
    currencies.into_iter().filter_map(of).collect()
}

fn asks(one: &VendorSummary, with_currency: bool, korean: bool) -> String {
    let below = Decimal::ONE_HUNDRED - one.level_percent.unwrap_or(Decimal::ONE_HUNDRED);
    let (vendor, compared, lowest) = (&one.vendor, counted(one.compared), counted(one.lowest));
    let currency = match one.currency {
        Some(currency) if with_currency => format!(" ({})", currency.code()),
        _ => String::new(),
    };
    if korean {
        format!(
            "{vendor}{currency}: 여러 판매처에 있는 상품 {compared}개에서 판매처 평균보다 {below}% 쌉니다. 그중 {lowest}개가 최저가입니다."
        )
    } else {
        let products = if one.compared == 1 {
            "product"
        } else {
            "products"
        };
        format!(
            "{vendor}{currency}: {below}% below the mean of the vendors, over {compared} {products} that others have too; the lowest price for {lowest} of them."
        )
    }
}

/// How many rows are not in the figures and why.
fn not_used(summary: &Summary, korean: bool) -> Option<String> {
    let left_out = summary.rows_read - summary.rows_used;
    if left_out == 0 {
        return None;
    }
    let mut reasons: Vec<String> = summary
        .rejected_by_reason
        .iter()
        .map(|one| {
            let why = one.reason.sentence(summary.language).trim_end_matches('.');
            let count = counted(one.count);
            if korean {
                format!("{why} {count}개")
            } else {
                format!("{count} – {why}")
            }
        })
        .collect();
    for (count, english, hangul) in [
        (summary.rows_totals, "totals of other rows", "합계 행"),
        (
            summary.rows_repeated_headings,
            "repeated headings",
            "중복 머리글",
        ),
    ] {
        let is_there = count > 0;
        let count = counted(count);
        if is_there && korean {
            reasons.push(format!("{hangul} {count}개"));
        } else if is_there {
            reasons.push(format!("{count} – {english}"));
        }
    }
    let (read, left_out) = (counted(summary.rows_read), counted(left_out));
    let reasons = reasons.join("; ");
    Some(if korean {
        format!("읽은 {read}개 행 중 {left_out}개: {reasons}.")
    } else {
        format!("{left_out} of {read} rows: {reasons}.")
    })
}

/// A count with its thousands separated.
fn counted(count: u64) -> String {
    amount_text(count.into(), None)
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
