//! A product's history as everything here reads it: what was seen, in the order of the slots.

use model::{
    Availability, Costs, Decimal, FailureReason, Money, Observation, Outcome, Pack, Product, Slot,
    Unconfirmed,
};

use crate::UnitPrice;

/// What was seen at one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The slot.
    pub slot: Slot,
    /// What was seen.
    pub seen: Seen,
}

/// What a job came to, as far as prices go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A price that counts.
    Price(Listing),
    /// A price that was never confirmed: no price.
    Unconfirmed,
    /// A price that its owner voided: no price.
    Void,
    /// No price, and why.
    Failure(FailureReason),
}

/// A price that counts, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// What the shop asks.
    pub price: Money,
    /// Whether it could be had, where the shop said so.
    pub availability: Option<Availability>,
    /// How it is sold.
    pub terms: Terms,
}

/// How a product is sold: the parts of its definition that unit price and total rest on. They
/// are the product's of today, not of the slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// How much is sold for the price.
    pub pack: Option<Pack>,
    /// What is paid beside it.
    pub costs: Option<Costs>,
}

impl Terms {
    /// The terms of a product.
    pub fn of(product: &Product) -> Self {
        Self {
            pack: product.pack,
            costs: product.costs,
        }
    }
}

impl Listing {
    /// Whether it could be had; `None` if the shop did not say.
    pub fn is_available(&self) -> Option<bool> {
        self.availability.map(|availability| {
            !matches!(
                availability,
                Availability::OutOfStock
                    | Availability::SoldOut
                    | Availability::Discontinued
                    | Availability::Reserved
            )
        })
    }

    /// The price with shipping; `None` where the costs are not known: they are never zero by
    /// default.
    pub fn total(&self) -> Option<Money> {
        let costs = self.terms.costs?;
        let is_free = costs
            .free_from
            .is_some_and(|from| self.price.amount >= from);
        let shipping = if is_free {
            Decimal::ZERO
        } else {
            costs.shipping
        };
        let amount = self.price.amount.checked_add(shipping)?;
        Some(Money::new(amount, self.price.currency))
    }

    /// The unit price; `None` where it is not known how much is sold.
    pub fn unit_price(&self) -> Option<UnitPrice> {
        self.terms.pack.map(|pack| UnitPrice {
            price: self.price,
            pack,
        })
    }
}

impl Point {
    /// What an outcome means to prices; `None` while its price is still to be confirmed.
    pub fn of(observation: &Observation, terms: Terms) -> Option<Self> {
        let seen = match &observation.outcome {
            Outcome::Failure(failure) => Seen::Failure(failure.reason),
            Outcome::Price(_) if observation.void.is_some() => Seen::Void,
            Outcome::Price(offer) => match observation.unconfirmed {
                Some(Unconfirmed::Pending) => return None,
                Some(Unconfirmed::Final) => Seen::Unconfirmed,
                None => Seen::Price(Listing {
                    price: offer.price,
                    availability: offer.availability,
                    terms,
                }),
            },
        };
        Some(Self {
            slot: observation.run.slot,
            seen,
        })
    }

    /// The price that counts, if there is one.
    pub fn listing(&self) -> Option<&Listing> {
        match &self.seen {
            Seen::Price(listing) => Some(listing),
            Seen::Unconfirmed | Seen::Void | Seen::Failure(_) => None,
        }
    }
}

/// A product's history in the order of its slots, from its observations in any order.
pub fn history<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    terms: Terms,
) -> Vec<Point> {
    let mut observations: Vec<&Observation> = observations.into_iter().collect();
    observations.sort_by(|a, b| {
        let key = |seen: &Observation| (seen.run.slot, seen.run.schedule.as_str().to_owned());
        key(a).cmp(&key(b))
    });
    observations
        .into_iter()
        .filter_map(|seen| Point::of(seen, terms))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use model::{Currency, Failure, Offer, Void};

    use super::*;

    /// The slot of a day of 2026 at 01:15 UTC, day 0 being 1 January.
    pub(crate) fn day(day: i64) -> Slot {
        let first = "2026-01-01T01:15:00Z".parse::<jiff::Timestamp>().unwrap();
        Slot::at(first + jiff::SignedDuration::from_hours(24 * day))
    }

    pub(crate) fn won(amount: i64) -> Money {
        Money::new(amount.into(), Currency::KRW)
    }

    pub(crate) fn priced(at: i64, amount: i64) -> Point {
        Point {
            slot: day(at),
            seen: Seen::Price(Listing {
                price: won(amount),
                availability: None,
                terms: Terms::default(),
            }),
        }
    }

    pub(crate) fn stocked(at: i64, amount: i64, availability: Availability) -> Point {
        let mut point = priced(at, amount);
        if let Seen::Price(listing) = &mut point.seen {
            listing.availability = Some(availability);
        }
        point
    }

    pub(crate) fn failed(at: i64, reason: FailureReason) -> Point {
        Point {
            slot: day(at),
            seen: Seen::Failure(reason),
        }
    }

    fn observation(at: i64, outcome: Outcome) -> Observation {
        Observation {
            product: "p-1".parse().unwrap(),
            run: model::RunId::new("daily".parse().unwrap(), day(at)),
            name: "Earbuds".to_owned(),
            category: None,
            vendor: None,
            fetched_at: day(at).instant(),
            outcome,
            previous: None,
            unconfirmed: None,
            void: None,
            redriving: false,
        }
    }

    #[test]
    fn only_a_confirmed_price_that_is_not_void_is_a_price() {
        let price = observation(
            3,
            Outcome::Price(Offer {
                price: won(12_900),
                availability: None,
                name: None,
                found_in: "json-ld".to_owned(),
                list_price: None,
                remark: None,
            }),
        );
        let void = Observation {
            void: Some(Void {
                reason: "typo".to_owned(),
                at: day(4).instant(),
            }),
            ..price.clone()
        };
        let with = |unconfirmed| Observation {
            unconfirmed: Some(unconfirmed),
            ..price.clone()
        };
        let failure = Failure::new(FailureReason::Gone, "HTTP 404");
        let failure = observation(1, Outcome::Failure(failure));
        let seen = |seen: &Observation| Point::of(seen, Terms::default()).map(|point| point.seen);
        assert_eq!(seen(&void), Some(Seen::Void));
        assert_eq!(seen(&with(Unconfirmed::Pending)), None);
        assert_eq!(seen(&with(Unconfirmed::Final)), Some(Seen::Unconfirmed));
        let history = history([&price, &failure], Terms::default());
        assert_eq!(history, [failed(1, FailureReason::Gone), priced(3, 12_900)]);
    }

    #[test]
    fn shipping_is_free_from_a_price_on_and_never_by_default() {
        let listing = |amount: i64, costs| Listing {
            price: won(amount),
            availability: None,
            terms: Terms { pack: None, costs },
        };
        let costs = Some(Costs {
            shipping: 3_000.into(),
            free_from: Some(20_000.into()),
        });
        assert_eq!(listing(19_999, costs).total(), Some(won(22_999)));
        assert_eq!(listing(20_000, costs).total(), Some(won(20_000)));
        assert_eq!(listing(20_000, None).total(), None);
        let largest = Listing {
            price: Money::new(Decimal::MAX, Currency::KRW),
            ..listing(
                1,
                Some(Costs {
                    shipping: Decimal::ONE,
                    free_from: None,
                }),
            )
        };
        assert_eq!(largest.total(), None);
    }
}
