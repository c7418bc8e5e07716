//! Verdicts: what the last price of a product is worth, and the figures that say so.

use model::{Decimal, Money, Slot};

use crate::exact::percent_of;
use crate::reference::{before, days_before, last_price, median, omnibus_reference, window};
use crate::{Point, Window};

/// What a product's last price is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The last price, and the slot it is of.
    pub price: Option<(Slot, Money)>,
    /// What can be said of it, the most telling first; never empty.
    pub statements: Vec<Statement>,
}

/// One thing that can be said of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// There is none.
    NoPrice,
    /// Fewer than five prices, or fewer than 14 days between the first and the last.
    TooEarly {
        /// The first price's slot.
        since: Slot,
        /// How many there are.
        prices: usize,
    },
    /// No price of so many days before was lower, and not all were the same.
    Lowest {
        /// How many days: the most of 30, 90, 180 and 365 that the history reaches back to.
        days: u16,
        /// The highest price of these days.
        high: Money,
    },
    /// It is reduced since at most 90 days, to less than its EU reference.
    RealDiscount {
        /// By how many percent it is below the reference.
        percent: Decimal,
        /// The lowest price of the 30 days before the reduction.
        reference: Money,
        /// When the reduction began.
        since: Slot,
    },
    /// It is reduced since at most 90 days, but not to less than its EU reference.
    NoDiscount {
        /// The lowest price of the 30 days before the reduction.
        reference: Money,
        /// When the reduction began.
        since: Slot,
    },
    /// It is above the lowest of the 90 days before by at most 5 %, and below their median.
    NearLowest {
        /// By how many percent it is above the lowest.
        percent: Decimal,
        /// The lowest.
        low: Money,
        /// When that was first seen.
        at: Slot,
    },
    /// It is above the median of the 90 days before by more than 5 %.
    Dearer {
        /// By how many percent.
        percent: Decimal,
        /// The median.
        median: Money,
    },
    /// None of the other statements holds.
    Usual {
        /// The median of the 90 days before.
        median: Money,
    },
}

/// How many days the history must reach back before anything is said.
const ENOUGH_DAYS: u16 = 14;
/// How many prices there must be before anything is said.
const ENOUGH_PRICES: usize = 5;
/// How far back "usual" looks, and for how long a reduction is one.
const USUAL_DAYS: u16 = 90;

/// What the last price of a history is worth.
pub fn verdict(history: &[Point]) -> Verdict {
    let last = last_price(history);
    Verdict {
        price: last,
        statements: last.map_or_else(
            || vec![Statement::NoPrice],
            |(slot, price)| statements(history, slot, price),
        ),
    }
}

fn statements(history: &[Point], slot: Slot, price: Money) -> Vec<Statement> {
    let currency = price.currency;
    let (since, prices) = match window(history, currency, slot, u16::MAX) {
        Some(known) => (known.since, known.prices + 1),
        None => (slot, 1),
    };
    if prices < ENOUGH_PRICES || since > days_before(slot, ENOUGH_DAYS) {
        return vec![Statement::TooEarly { since, prices }];
    }
    let reaches_back = |days| since <= days_before(slot, days);
    let windows = [365, 180, 90, 30]
        .into_iter()
        .filter(|days| reaches_back(*days));
    let lowest = windows
        .filter_map(|days| Some((days, window(history, currency, slot, days)?)))
        .find(|(_, window)| price.amount <= window.low.amount && price.amount < window.high.amount);
    let mut statements = Vec::new();
    if let Some((days, Window { high, .. })) = lowest {
        statements.push(Statement::Lowest { days, high });
    }
    statements.extend(discount(history, slot, price));
    let usual = window(history, currency, slot, USUAL_DAYS);
    let median = median(before(history, slot), currency, slot, USUAL_DAYS);
    if let (Some(usual), Some(median)) = (usual, median) {
        if lowest.is_none() {
            statements.extend(near_lowest(price, &usual, median));
        }
        statements.extend(dearer(price, median));
        if statements.is_empty() {
            statements.push(Statement::Usual { median });
        }
    }
    if statements.is_empty() {
        // No price of the last 90 days but this one: what was before says nothing of today.
        statements.push(Statement::TooEarly {
            since: slot,
            prices: 1,
        });
    }
    statements
}

fn discount(history: &[Point], slot: Slot, price: Money) -> Option<Statement> {
    let found = omnibus_reference(history)?;
    let since = found.reduction.first_cut;
    let reference = found.price?;
    if since < days_before(slot, USUAL_DAYS) {
        return None;
    }
    Some(if price.amount < reference.amount {
        Statement::RealDiscount {
            percent: percent_of(price.amount, reference.amount)?,
            reference,
            since,
        }
    } else {
        Statement::NoDiscount { reference, since }
    })
}

fn near_lowest(price: Money, usual: &Window, median: Money) -> Option<Statement> {
    let low = usual.low;
    let is_near = price.amount > low.amount && !exceeds(price, low) && price.amount < median.amount;
    is_near.then_some(())?;
    Some(Statement::NearLowest {
        percent: percent_of(price.amount, low.amount)?,
        low,
        at: usual.low_at,
    })
}

fn dearer(price: Money, median: Money) -> Option<Statement> {
    exceeds(price, median).then_some(())?;
    Some(Statement::Dearer {
        percent: percent_of(price.amount, median.amount)?,
        median,
    })
}

/// Whether a price is above another by more than 5 %.
fn exceeds(price: Money, other: Money) -> bool {
    let by = price.amount.checked_sub(other.amount);
    by.and_then(|by| by.checked_mul(Decimal::from(20)))
        .is_none_or(|twentyfold| twentyfold > other.amount)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::Language;
    use crate::history::tests::{day, priced, won};

    fn days(runs: &[(i64, i64)]) -> Vec<Point> {
        let mut at = 0;
        let mut history = Vec::new();
        for (days, amount) in runs {
            history.extend((at..at + days).map(|at| priced(at, *amount)));
            at += days;
        }
        history
    }

    fn words(runs: &[(i64, i64)], language: Language) -> String {
        let verdict = verdict(&days(runs));
        verdict.in_words(language, &TimeZone::UTC).join(" ")
    }

    #[test]
    fn a_verdict_says_what_is_true_with_its_figures() {
        for (runs, expected) in [
            (&[][..], "No price is known."),
            (&[(1, 100)], "Too early to tell: 1 price since 2026-01-01."),
            (
                &[(13, 100)],
                "Too early to tell: 13 prices since 2026-01-01.",
            ),
            (
                &[(40, 100)],
                "A usual price: the median of 90 days is 100 KRW.",
            ),
            (
                &[(100, 100), (1, 88)],
                "Lowest in 90 days (highest 100 KRW). Real discount of 12 %: the lowest price \
                 of the 30 days before 2026-04-11 was 100 KRW.",
            ),
            (
                &[(40, 100), (5, 80), (5, 120), (5, 90)],
                "Reduced since 2026-02-20, but not below the 80 KRW of the 30 days before.",
            ),
            (
                &[(10, 100), (60, 140), (5, 104)],
                "Lowest in 30 days (highest 140 KRW). Real discount of 25.7 %: the lowest price \
                 of the 30 days before 2026-03-12 was 140 KRW.",
            ),
            (
                &[(40, 100), (3, 120)],
                "Dearer than usual: 20 % above the median of 90 days (100 KRW).",
            ),
            (
                &[(5, 100), (60, 140), (1, 90), (1, 94)],
                "Good price: 4.4 % above the lowest in 90 days (90 KRW on 2026-03-07).",
            ),
        ] {
            assert_eq!(words(runs, Language::English), expected);
        }
    }

    #[test]
    fn a_verdict_is_told_in_korean_too() {
        assert_eq!(
            words(&[(100, 10_000), (1, 8_800)], Language::Korean),
            "최근 90일 중 최저가 (최고 10,000원). \
             실제 할인 12 %: 2026-04-11 전 30일 최저가는 10,000원."
        );
    }

    #[test]
    fn an_old_reduction_is_the_usual_price() {
        let verdict = verdict(&days(&[(40, 100), (92, 80)]));
        assert_eq!(verdict.price, Some((day(131), won(80))));
        assert_eq!(verdict.statements, [Statement::Usual { median: won(80) }]);
    }
}
