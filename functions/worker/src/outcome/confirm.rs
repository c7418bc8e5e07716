//! Whether a price can be true.
//!
//! A price that moves too far at once is more often a broken page than a sale. It is recorded,
//! unconfirmed: it is not the product's last price and raises no alert. A second fetch, later,
//! settles it.

use anyhow::{Context, Result, ensure};
use lambda::config;
use model::{Decimal, Money, Observation, Offer, Outcome, Unconfirmed};

/// How far a price may move from one run to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Down, in percent of the last price.
    down: Decimal,
    /// Up, in percent of the last price.
    up: Decimal,
}

impl Limits {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self> {
        Self::new(
            config::parsed("PLAUSIBLE_DOWN_PERCENT")?,
            config::parsed("PLAUSIBLE_UP_PERCENT")?,
        )
        .context("the limits of a plausible price")
    }

    fn new(down: Decimal, up: Decimal) -> Result<Self> {
        let positive = down > Decimal::ZERO && up > Decimal::ZERO;
        ensure!(positive, "a price must be allowed to move");
        Ok(Self { down, up })
    }

    /// Whether a price can follow the last one. Another currency cannot be compared, and is not
    /// believed at once either. Without a last price anything can be true.
    pub(crate) fn allow(&self, last: Option<Money>, price: Money) -> bool {
        let Some(last) = last else { return true };
        last.currency == price.currency && self.direction(last, price).is_none()
    }

    /// Beyond which limit a price lies: false for down, true for up.
    fn direction(&self, last: Money, price: Money) -> Option<bool> {
        let hundred = Decimal::ONE_HUNDRED;
        // A bound that is no number any more is no bound.
        let bound = |percent| last.amount.checked_div(hundred)?.checked_mul(percent);
        let lowest = bound((hundred - self.down).max(Decimal::ZERO)).unwrap_or_default();
        let highest = bound(hundred + self.up).unwrap_or(Decimal::MAX);
        if price.amount < lowest {
            Some(false)
        } else if price.amount > highest {
            Some(true)
        } else {
            None
        }
    }

    /// What becomes of a price that was to be confirmed, now that the source was asked again.
    ///
    /// A second price that can follow the last one shows that the first was wrong, and is the
    /// outcome. One that agrees with the first confirms it. Else the first stays as it is, and
    /// never counts.
    pub(crate) fn confirm(
        &self,
        mut first: Observation,
        last: Option<Money>,
        second: Option<Offer>,
    ) -> Observation {
        let Outcome::Price(unconfirmed) = &first.outcome else {
            return first;
        };
        let agrees = |second: &Offer| {
            self.allow(last, second.price) || self.confirms(unconfirmed.price, last, second.price)
        };
        if let Some(second) = second.filter(agrees) {
            first.outcome = Outcome::Price(second.cleaned());
            first.unconfirmed = None;
        } else {
            first.unconfirmed = Some(Unconfirmed::Final);
        }
        first
    }

    /// Whether the second price is the first once more, or has moved a little on from it and is
    /// still as far away from the last.
    fn confirms(&self, first: Money, last: Option<Money>, second: Money) -> bool {
        if first == second {
            return true;
        }
        let comparable = last.is_none_or(|last| {
            last.currency != second.currency
                || self.direction(last, first) == self.direction(last, second)
        });
        comparable && self.allow(Some(first), second)
    }
}

#[cfg(test)]
mod tests {
    use model::{Currency, Failure, FailureReason};

    use super::*;

    fn limits() -> Limits {
        Limits::new(60.into(), 150.into()).unwrap()
    }

    fn won(amount: i64) -> Money {
        Money::new(amount.into(), Currency::KRW)
    }

    fn offer(price: Money) -> Offer {
        Offer {
            price,
            availability: None,
            name: None,
            found_in: "json-ld".to_owned(),
            list_price: None,
            remark: None,
        }
    }

    fn pending(price: Money) -> Observation {
        Observation {
            product: "p-1".parse().unwrap(),
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            name: "Earbuds".to_owned(),
            category: None,
            vendor: None,
            fetched_at: "2026-11-21T01:15:03Z".parse().unwrap(),
            outcome: Outcome::Price(offer(price)),
            previous: None,
            unconfirmed: Some(Unconfirmed::Pending),
            void: None,
            redriving: false,
        }
    }

    #[test]
    fn a_price_may_fall_by_sixty_and_rise_by_a_hundred_and_fifty_percent() {
        let last = Some(won(10_000));
        for (price, allowed) in [
            (4_000, true),
            (3_999, false),
            (25_000, true),
            (25_001, false),
            (10_000, true),
        ] {
            assert_eq!(limits().allow(last, won(price)), allowed, "{price}");
        }
        assert!(limits().allow(None, won(1)));
        assert!(!limits().allow(last, Money::new(10_000.into(), Currency::USD)));
        let largest = Money::new(Decimal::MAX, Currency::KRW);
        assert!(!limits().allow(Some(largest), won(1)));
        assert!(!limits().allow(last, largest));
        assert!(limits().allow(Some(largest), largest));
    }

    #[test]
    fn the_second_fetch_settles_a_price() {
        let last = Some(won(10_000));
        let confirmed = |price| (Outcome::Price(offer(won(price))), None);
        for (first, second, expected) in [
            // The same again.
            (1_000, Some(1_000), confirmed(1_000)),
            // A sale that goes on.
            (1_000, Some(900), confirmed(900)),
            // The first was a broken page.
            (1_000, Some(9_900), confirmed(9_900)),
            // Neither can be believed.
            (
                1_000,
                Some(90_000),
                (Outcome::Price(offer(won(1_000))), Some(Unconfirmed::Final)),
            ),
            (
                1_000,
                None,
                (Outcome::Price(offer(won(1_000))), Some(Unconfirmed::Final)),
            ),
        ] {
            let second = second.map(|price| offer(won(price)));
            let settled = limits().confirm(pending(won(first)), last, second);
            assert_eq!((settled.outcome, settled.unconfirmed), expected);
        }
    }

    #[test]
    fn another_currency_is_confirmed_by_itself_only() {
        let last = Some(won(10_000));
        let dollars = |amount: i64| Money::new(amount.into(), Currency::USD);
        for (second, unconfirmed) in [
            (dollars(8), None),
            (won(10_100), None),
            (dollars(80), Some(Unconfirmed::Final)),
        ] {
            let settled = limits().confirm(pending(dollars(8)), last, Some(offer(second)));
            assert_eq!(settled.unconfirmed, unconfirmed, "{second}");
        }
    }

    #[test]
    fn a_failure_has_nothing_to_settle() {
        let failure = Outcome::Failure(Failure::new(FailureReason::Gone, "HTTP 404"));
        let observation = Observation {
            outcome: failure,
            unconfirmed: None,
            ..pending(won(1))
        };
        assert_eq!(
            limits().confirm(observation.clone(), None, None),
            observation
        );
    }

    #[test]
    fn limits_that_allow_nothing_are_refused() {
        assert!(Limits::new(0.into(), 150.into()).is_err());
        assert!(Limits::new(60.into(), (-1).into()).is_err());
        // More than everything: a price may fall as far as it likes.
        let limits = Limits::new(100.into(), 150.into()).unwrap();
        assert!(limits.allow(Some(won(10_000)), won(1)));
    }
}
