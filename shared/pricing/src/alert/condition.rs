//! What a rule finds at a slot: whether its condition holds, and the figures that say so.

use std::cmp::Ordering;

use model::{
    AlertRule, Availability, Basis, Condition, Decimal, Direction, FailureReason, Margin, Money,
    Slot, Standard,
};

use crate::exact::Fraction;
use crate::reference::{omnibus_reference, window};
use crate::{Listing, Point, Seen};

/// The figures of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The price beside its target.
    Target {
        /// The price, on the rule's basis, rounded for show.
        price: Money,
        /// The target.
        target: Money,
        /// Which price.
        basis: Basis,
    },
    /// The price beside what it is compared with.
    Compared {
        /// The price.
        price: Money,
        /// What it is compared with.
        mark: Money,
        /// The slot of that price; of a reference, where the reduction began.
        at: Slot,
        /// What that price is.
        standard: Standard,
    },
    /// The price beside the lowest or highest of the days before.
    Extreme {
        /// The price.
        price: Money,
        /// The lowest or highest price before.
        mark: Money,
        /// Its slot.
        at: Slot,
        /// The first price of these days.
        since: Slot,
        /// Which of the two.
        standard: Standard,
    },
    /// What the shop says, and whether it could be had before.
    Stock {
        /// What the shop says.
        now: Availability,
        /// Whether it could be had when the shop last said so.
        before: Option<bool>,
    },
    /// There is no price, for this reason.
    Failed(FailureReason),
    /// The price was not confirmed.
    Unconfirmed,
    /// The price is void.
    Void,
    /// So many slots in a row have no price.
    WithoutPrice {
        /// How many.
        runs: usize,
        /// How many the rule waits for.
        of: u16,
    },
    /// There is a price.
    Priced {
        /// The price.
        price: Money,
    },
    /// No price before that this one could be compared with.
    NothingBefore {
        /// The price.
        price: Money,
    },
    /// The price is in another currency than what it would be compared with.
    OtherCurrency {
        /// The price.
        price: Money,
        /// What it would be compared with.
        mark: Money,
    },
    /// It cannot be had at its price.
    NotAvailable {
        /// The price.
        price: Money,
    },
    /// The shop does not say whether it can be had.
    Unsaid,
    /// The product has no costs or no pack, so that there is no such price.
    NoBasis(Basis),
    /// The price is not reduced.
    NotReduced {
        /// The price.
        price: Money,
    },
}

/// What a rule finds at a slot.
#[derive(Debug)]
pub(super) struct Finding {
    /// Whether the condition holds; `None` if nothing can be said.
    pub(super) holds: Option<bool>,
    /// The figures.
    pub(super) fact: Fact,
    /// Whether the condition is one that lasts.
    pub(super) lasts: bool,
    /// Whether a condition that does not hold is left for good: beyond the tolerance.
    pub(super) left: bool,
    /// Which way the price goes further.
    pub(super) further: Option<Further>,
}

/// A price, and which way is further.
#[derive(Debug, Clone, Copy)]
pub(super) enum Further {
    /// A lower price is.
    Lower(Decimal),
    /// A higher price is.
    Higher(Decimal),
}

impl Further {
    pub(super) fn price(self) -> Decimal {
        match self {
            Self::Lower(price) | Self::Higher(price) => price,
        }
    }
}

impl Finding {
    /// Whether the price went further than one that was told, by the tolerance at least.
    pub(super) fn is_further(&self, told: Option<Decimal>, tolerance: Option<Margin>) -> bool {
        let (Some(further), Some(told)) = (self.further, told) else {
            return false;
        };
        let moved = match further {
            Further::Lower(price) => price < told,
            Further::Higher(price) => price > told,
        };
        moved && is_at_least(further.price(), told, tolerance)
    }
}

/// Which price a condition is about, if it names one.
pub(super) fn basis(when: &Condition) -> Option<Basis> {
    match when {
        Condition::AtOrBelow { basis, .. } | Condition::AtOrAbove { basis, .. } => Some(*basis),
        _ => None,
    }
}

/// What the rule finds at the last point of a history; `None` for an empty one.
pub(super) fn find(rule: &AlertRule, history: &[Point]) -> Option<Finding> {
    let (point, past) = history.split_last()?;
    let tolerance = rule.tolerance;
    Some(match &rule.when {
        Condition::AtOrBelow { price, basis } => {
            target(point, *price, *basis, Ordering::Less, tolerance)
        }
        Condition::AtOrAbove { price, basis } => {
            target(point, *price, *basis, Ordering::Greater, tolerance)
        }
        Condition::Moved {
            by,
            against,
            direction,
        } => priced(point, |listing| {
            moved(listing.price, history, *by, *against, *direction)
        })
        .lasting(*against != Standard::Previous),
        Condition::NewLow { days } => priced(point, |listing| {
            extreme(listing.price, history, *days, Ordering::Less, tolerance)
        }),
        Condition::NewHigh { days } => priced(point, |listing| {
            extreme(listing.price, history, *days, Ordering::Greater, tolerance)
        }),
        Condition::BackInStock => stock(point, past, true),
        Condition::OutOfStock => stock(point, past, false),
        Condition::Gone => gone(point),
        Condition::NoPrice { runs } => no_price(point, history, *runs),
        Condition::AnyChange { direction } => priced(point, |listing| {
            changed(listing.price, past, *direction, tolerance)
        }),
    })
}

fn finding(holds: Option<bool>, fact: Fact) -> Finding {
    Finding {
        holds,
        fact,
        lasts: false,
        left: holds == Some(false),
        further: None,
    }
}

impl Finding {
    fn lasting(mut self, lasts: bool) -> Self {
        self.lasts = lasts;
        self
    }
}

/// What is found at a point if it has a price; without one nothing can be said.
fn priced(point: &Point, find: impl FnOnce(&Listing) -> Finding) -> Finding {
    match &point.seen {
        Seen::Price(listing) => find(listing),
        seen => finding(None, without_price(seen)),
    }
}

fn without_price(seen: &Seen) -> Fact {
    match seen {
        Seen::Price(listing) => Fact::Priced {
            price: listing.price,
        },
        Seen::Failure(reason) => Fact::Failed(*reason),
        Seen::Unconfirmed => Fact::Unconfirmed,
        Seen::Void => Fact::Void,
    }
}

fn target(
    point: &Point,
    target: Money,
    basis: Basis,
    wanted: Ordering,
    tolerance: Option<Margin>,
) -> Finding {
    let found = priced(point, |listing| {
        let price = listing.price;
        if price.currency != target.currency {
            let fact = Fact::OtherCurrency {
                price,
                mark: target,
            };
            return finding(None, fact);
        }
        let against = |mark: Money| match basis {
            Basis::Price => Some(price.amount.cmp(&mark.amount)),
            Basis::Total => Some(listing.total()?.amount.cmp(&mark.amount)),
            Basis::UnitPrice => listing.unit_price()?.cmp_target(mark),
        };
        let shown = match basis {
            Basis::Price => Some(price),
            Basis::Total => listing.total(),
            Basis::UnitPrice => listing.unit_price().and_then(|price| price.shown()),
        };
        let (Some(order), Some(shown)) = (against(target), shown) else {
            return finding(None, Fact::NoBasis(basis));
        };
        if listing.is_available() == Some(false) {
            return finding(None, Fact::NotAvailable { price });
        }
        let holds = order == Ordering::Equal || order == wanted;
        let limit = beyond(target, tolerance, wanted.reverse());
        let fact = Fact::Target {
            price: shown,
            target,
            basis,
        };
        Finding {
            left: !holds
                && limit
                    .and_then(against)
                    .is_none_or(|order| order == wanted.reverse()),
            further: Some(match wanted {
                Ordering::Less => Further::Lower(shown.amount),
                _ => Further::Higher(shown.amount),
            }),
            ..finding(Some(holds), fact)
        }
    });
    found.lasting(true)
}

/// The amount that is a tolerance above (`Greater`) or below (`Less`) a mark; `None` if no
/// decimal holds it.
fn beyond(mark: Money, tolerance: Option<Margin>, way: Ordering) -> Option<Money> {
    let by = match tolerance {
        None => Decimal::ZERO,
        Some(Margin::Amount(amount)) => amount,
        Some(Margin::Percent(percent)) => {
            let part = Fraction::of(mark.amount).times(&Fraction::of(percent));
            part.over(&Fraction::of(Decimal::ONE_HUNDRED))?.rounded(6)?
        }
    };
    let amount = if way == Ordering::Greater {
        mark.amount.checked_add(by)
    } else {
        mark.amount.checked_sub(by)
    };
    Some(Money::new(amount?, mark.currency))
}

fn moved(
    price: Money,
    history: &[Point],
    by: Margin,
    against: Standard,
    direction: Direction,
) -> Finding {
    let (slot, past) = match history.split_last() {
        Some((point, past)) => (point.slot, past),
        None => return finding(None, Fact::NothingBefore { price }),
    };
    let mark = match against {
        Standard::Previous => previous(past),
        Standard::Low(days) => {
            window(past, price.currency, slot, days).map(|window| (window.low_at, window.low))
        }
        Standard::High(days) => {
            window(past, price.currency, slot, days).map(|window| (window.high_at, window.high))
        }
        Standard::Reference => match omnibus_reference(history) {
            None => return finding(Some(false), Fact::NotReduced { price }),
            Some(found) => found.price.map(|price| (found.reduction.first_cut, price)),
        },
    };
    compared(price, mark, against, |mark| {
        goes(direction, price.amount, mark) && is_at_least(price.amount, mark, Some(by))
    })
}

fn changed(
    price: Money,
    past: &[Point],
    direction: Direction,
    tolerance: Option<Margin>,
) -> Finding {
    compared(price, previous(past), Standard::Previous, |mark| {
        goes(direction, price.amount, mark) && is_at_least(price.amount, mark, tolerance)
    })
}

fn compared(
    price: Money,
    mark: Option<(Slot, Money)>,
    standard: Standard,
    holds: impl FnOnce(Decimal) -> bool,
) -> Finding {
    let Some((at, mark)) = mark else {
        return finding(None, Fact::NothingBefore { price });
    };
    if mark.currency != price.currency {
        return finding(None, Fact::OtherCurrency { price, mark });
    }
    let fact = Fact::Compared {
        price,
        mark,
        at,
        standard,
    };
    let further = if price.amount <= mark.amount {
        Further::Lower(price.amount)
    } else {
        Further::Higher(price.amount)
    };
    Finding {
        further: Some(further),
        ..finding(Some(holds(mark.amount)), fact)
    }
}

fn extreme(
    price: Money,
    history: &[Point],
    days: u16,
    wanted: Ordering,
    tolerance: Option<Margin>,
) -> Finding {
    let slot = history.last().map(|point| point.slot);
    let before = slot.and_then(|slot| window(history, price.currency, slot, days));
    let Some(before) = before else {
        return finding(None, Fact::NothingBefore { price });
    };
    let (mark, at, standard) = if wanted == Ordering::Less {
        (before.low, before.low_at, Standard::Low(days))
    } else {
        (before.high, before.high_at, Standard::High(days))
    };
    let holds = price.amount.cmp(&mark.amount) == wanted
        && is_at_least(price.amount, mark.amount, tolerance);
    let fact = Fact::Extreme {
        price,
        mark,
        at,
        since: before.since,
        standard,
    };
    finding(Some(holds), fact)
}

/// A product that the shop no longer knows cannot be had.
fn availability(point: &Point) -> Option<bool> {
    match &point.seen {
        Seen::Price(listing) => listing.is_available(),
        Seen::Failure(FailureReason::Gone) => Some(false),
        Seen::Failure(_) | Seen::Unconfirmed | Seen::Void => None,
    }
}

fn stock(point: &Point, past: &[Point], wanted: bool) -> Finding {
    priced(point, |listing| {
        let Some(now) = listing.availability else {
            return finding(None, Fact::Unsaid);
        };
        let before = past.iter().rev().find_map(availability);
        let fact = Fact::Stock { now, before };
        let is = listing.is_available() == Some(wanted);
        let changed = before.map(|before| before != wanted);
        finding(if is { changed } else { Some(false) }, fact)
    })
}

fn gone(point: &Point) -> Finding {
    let found = match &point.seen {
        Seen::Failure(FailureReason::Gone) => {
            finding(Some(true), Fact::Failed(FailureReason::Gone))
        }
        seen @ Seen::Price(_) => finding(Some(false), without_price(seen)),
        seen => finding(None, without_price(seen)),
    };
    found.lasting(true)
}

fn no_price(point: &Point, history: &[Point], of: u16) -> Finding {
    let found = if let seen @ Seen::Price(_) = &point.seen {
        finding(Some(false), without_price(seen))
    } else {
        let without = history
            .iter()
            .rev()
            .take_while(|point| point.listing().is_none());
        let runs = without.count();
        let fact = Fact::WithoutPrice { runs, of };
        Finding {
            left: false,
            ..finding(Some(runs >= usize::from(of)), fact)
        }
    };
    found.lasting(true)
}

/// The last price before that counts, and its slot.
fn previous(past: &[Point]) -> Option<(Slot, Money)> {
    let mut past = past.iter().rev();
    past.find_map(|point| Some((point.slot, point.listing()?.price)))
}

fn goes(direction: Direction, price: Decimal, mark: Decimal) -> bool {
    match direction {
        Direction::Down => price < mark,
        Direction::Up => price > mark,
        Direction::Either => price != mark,
    }
}

/// Whether a price is away from a mark by at least a margin, which no margin always is.
fn is_at_least(price: Decimal, mark: Decimal, margin: Option<Margin>) -> bool {
    let Some(by) = price.checked_sub(mark).map(|by| by.abs()) else {
        return true;
    };
    match margin {
        None => true,
        Some(Margin::Amount(amount)) => by >= amount,
        Some(Margin::Percent(percent)) => {
            let hundredfold = by.checked_mul(Decimal::ONE_HUNDRED);
            if let (Some(by), Some(least)) = (hundredfold, exact_product(mark, percent)) {
                by >= least
            } else {
                let by = Fraction::of(by).times(&Fraction::of(Decimal::ONE_HUNDRED));
                by >= Fraction::of(mark).times(&Fraction::of(percent))
            }
        }
    }
}

/// The product of two decimals, if a decimal holds it exactly: beyond 28 places one is rounded.
fn exact_product(one: Decimal, other: Decimal) -> Option<Decimal> {
    (one.scale() + other.scale() <= 20)
        .then(|| one.checked_mul(other))
        .flatten()
        .filter(|product| product.scale() == one.scale() + other.scale())
}
