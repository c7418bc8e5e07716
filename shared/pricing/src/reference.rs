//! Reference prices: what a price of today is compared with, each by its own rule.
//!
//! Only prices that count are prices: gaps, failures, unconfirmed and voided ones are none, and
//! no price is carried over a gap. Prices of other currencies than the last one's are passed
//! over. A day is 24 hours before the slot in question.

use jiff::SignedDuration;
use model::{Currency, Decimal, Money, Slot};

use crate::Point;

/// The prices of some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The lowest price.
    pub low: Money,
    /// Where it was first seen.
    pub low_at: Slot,
    /// The highest price.
    pub high: Money,
    /// Where it was first seen.
    pub high_at: Slot,
    /// The first price's slot.
    pub since: Slot,
    /// How many prices.
    pub prices: usize,
}

/// A reduction that still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// The slot of its first cut since the price last rose.
    pub first_cut: Slot,
    /// The slot of its latest cut.
    pub last_cut: Slot,
    /// The price before the first cut.
    pub before: Money,
}

/// A reference price and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The reduction.
    pub reduction: Reduction,
    /// The lowest price of the days before it; `None` if no price of them is known.
    pub price: Option<Money>,
}

/// The prices of one currency at the slots of a history, in their order.
fn prices(
    history: &[Point],
    currency: Currency,
) -> impl DoubleEndedIterator<Item = (Slot, Decimal)> + '_ {
    history.iter().filter_map(move |point| {
        let price = point.listing()?.price;
        (price.currency == currency).then_some((point.slot, price.amount))
    })
}

/// The last price that counts, and its slot.
pub(crate) fn last_price(history: &[Point]) -> Option<(Slot, Money)> {
    let mut points = history.iter().rev();
    points.find_map(|point| Some((point.slot, point.listing()?.price)))
}

/// The slot so many days before. No slot is before the first instant there is.
pub(crate) fn days_before(slot: Slot, days: u16) -> Slot {
    let days = SignedDuration::from_hours(24 * i64::from(days));
    let before = slot.instant().checked_sub(days);
    Slot::at(before.unwrap_or(jiff::Timestamp::MIN))
}

/// The part of a history at slots from `from` on.
fn since(history: &[Point], from: Slot) -> &[Point] {
    &history[history.partition_point(|point| point.slot < from)..]
}

/// The part of a history before `slot`.
pub(crate) fn before(history: &[Point], slot: Slot) -> &[Point] {
    &history[..history.partition_point(|point| point.slot < slot)]
}

/// The lowest and highest price of the `days` before `slot`, which is not among them; `None` if
/// no price of them is known. `history` is in the order of its slots.
pub fn window(history: &[Point], currency: Currency, slot: Slot, days: u16) -> Option<Window> {
    let history = since(before(history, slot), days_before(slot, days));
    let mut prices = prices(history, currency);
    let (first, amount) = prices.next()?;
    let money = |amount| Money::new(amount, currency);
    let start = Window {
        low: money(amount),
        low_at: first,
        high: money(amount),
        high_at: first,
        since: first,
        prices: 1,
    };
    Some(prices.fold(start, |mut window, (slot, amount)| {
        if amount < window.low.amount {
            (window.low, window.low_at) = (money(amount), slot);
        }
        if amount > window.high.amount {
            (window.high, window.high_at) = (money(amount), slot);
        }
        window.prices += 1;
        window
    }))
}

/// The median price of the `days` before `slot`: the middle one, or halfway between the middle
/// two.
pub(crate) fn median(
    history: &[Point],
    currency: Currency,
    slot: Slot,
    days: u16,
) -> Option<Money> {
    let history = since(before(history, slot), days_before(slot, days));
    let mut amounts: Vec<Decimal> = prices(history, currency)
        .map(|(_, amount)| amount)
        .collect();
    amounts.sort_unstable();
    let upper = *amounts.get(amounts.len() / 2)?;
    let amount = if amounts.len().is_multiple_of(2) {
        let lower = amounts[amounts.len() / 2 - 1];
        // Halfway from the lower one: a sum of the two might not fit.
        lower.checked_add(upper.checked_sub(lower)? / Decimal::TWO)?
    } else {
        upper
    };
    Some(Money::new(amount, currency))
}

/// The reduction that the last price of a history is part of: the price fell, and has not risen
/// since. Successive cuts are one reduction. `None` if the last change of the price was a rise,
/// or if there was none.
pub(crate) fn reduction(history: &[Point]) -> Option<Reduction> {
    let (_, last) = last_price(history)?;
    let mut later: Option<(Slot, Decimal)> = None;
    let mut found: Option<Reduction> = None;
    for (slot, amount) in prices(history, last.currency).rev() {
        if let Some((cut, lower)) = later {
            if amount < lower {
                break;
            }
            if amount > lower {
                found = Some(Reduction {
                    first_cut: cut,
                    last_cut: found.map_or(cut, |found| found.last_cut),
                    before: Money::new(amount, last.currency),
                });
            }
        }
        later = Some((slot, amount));
    }
    found
}

/// The reference of the EU's Price Indication Directive (98/6/EC, Article 6a; C-330/23): the
/// lowest price of the 30 days before the reduction began, however often it was cut since.
/// `None` if the price is not reduced.
pub fn omnibus_reference(history: &[Point]) -> Option<Reference> {
    let reduction = reduction(history)?;
    Some(reference(history, reduction, reduction.first_cut, 30))
}

/// The reference of Korean practice (종전거래가격; Supreme Court 2019두36001): the lowest price
/// of the 20 days before the latest cut, so that a price of an earlier cut within them counts.
/// `None` if the price is not reduced.
pub fn korean_reference(history: &[Point]) -> Option<Reference> {
    let reduction = reduction(history)?;
    Some(reference(history, reduction, reduction.last_cut, 20))
}

fn reference(history: &[Point], reduction: Reduction, cut: Slot, days: u16) -> Reference {
    let window = window(history, reduction.before.currency, cut, days);
    Reference {
        reduction,
        price: window.map(|window| window.low),
    }
}

#[cfg(test)]
mod tests {
    use model::FailureReason;

    use super::*;
    use crate::history::tests::{day, failed, priced, won};

    #[test]
    fn the_reference_is_of_the_days_before_the_reduction_and_not_of_the_last_ones() {
        // 100 for long, a week at 90, then 95, then cut to 80 and to 70.
        let mut history: Vec<Point> = (0..40).map(|at| priced(at, 100)).collect();
        history.extend((40..47).map(|at| priced(at, 90)));
        history.extend((47..50).map(|at| priced(at, 95)));
        history.extend((50..60).map(|at| priced(at, 80)));
        history.extend((60..65).map(|at| priced(at, 70)));
        let omnibus = omnibus_reference(&history).unwrap();
        assert_eq!(omnibus.reduction.first_cut, day(50));
        assert_eq!(omnibus.reduction.last_cut, day(60));
        assert_eq!(omnibus.reduction.before, won(95));
        assert_eq!(omnibus.price, Some(won(90)));
        assert_eq!(korean_reference(&history).unwrap().price, Some(won(80)));
    }

    #[test]
    fn a_rise_ends_a_reduction() {
        let history = [priced(0, 100), priced(1, 80), priced(2, 81)];
        assert_eq!(omnibus_reference(&history), None);
        assert_eq!(omnibus_reference(&history[..1]), None);
        assert_eq!(omnibus_reference(&[]), None);
        assert!(omnibus_reference(&history[..2]).is_some());
    }

    #[test]
    fn a_gap_is_no_price() {
        let mut history = vec![priced(0, 100)];
        history.extend((1..60).map(|at| failed(at, FailureReason::Timeout)));
        history.push(priced(60, 80));
        let reference = omnibus_reference(&history).unwrap();
        assert_eq!(
            (reference.reduction.first_cut, reference.price),
            (day(60), None)
        );
    }

    #[test]
    fn a_window_has_the_days_before_and_not_the_day_itself() {
        let history = [priced(0, 50), priced(1, 70), priced(30, 90), priced(31, 10)];
        let window = window(&history, Currency::KRW, day(31), 30).unwrap();
        assert_eq!((window.low, window.low_at), (won(70), day(1)));
        assert_eq!((window.high, window.prices), (won(90), 2));
        assert_eq!(super::window(&history, Currency::EUR, day(31), 30), None);
        let median = |slot, days| median(&history, Currency::KRW, slot, days);
        assert_eq!(median(day(31), 30), Some(won(80)));
        assert_eq!(median(day(31), 31), Some(won(70)));
        assert_eq!(median(day(0), 31), None);
    }
}
