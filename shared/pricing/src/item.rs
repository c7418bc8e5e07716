//! Items: what several products are offers of, side by side.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use model::{Availability, Basis, Currency, FailureReason, Pack, ProductId, Slot};

use crate::{Listing, Point, Seen};

/// After how long a price no longer stands for an offer of today: a week, which is the longest pause
/// of the schedules that ship with Pricetide, and a day to spare.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(8 * 24);

/// A product as an offer of its item, as it stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemOffer {
    /// The product.
    pub product: ProductId,
    /// Its last price that counts, and the slot it is of.
    pub last: Option<(Slot, Listing)>,
    /// Whether the shop has said since that it no longer exists.
    pub gone: bool,
}

/// Whether an offer can be the best one, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can.
    Counts,
    /// It never had a price that counts.
    NoPrice,
    /// The shop says that it no longer exists.
    Gone,
    /// It cannot be had.
    Unavailable,
    /// Its price is too old.
    Stale,
    /// Its shipping is not known, so that there is no total.
    NoTotal,
    /// It is not known how much is sold, so that there is no unit price.
    NoPack,
}

/// Two offers of one item whose unit prices cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the offers of one item are measured in different things: {one} in {one_pack}, {other} in {other_pack}"
)]
pub struct MixedUnits {
    /// A product.
    pub one: ProductId,
    /// What it sells.
    pub one_pack: Pack,
    /// Another product.
    pub other: ProductId,
    /// What that one sells, in another dimension.
    pub other_pack: Pack,
}

/// Checks that the packs of an item's products measure the same thing.
pub fn check_units<'a>(
    packs: impl IntoIterator<Item = (&'a ProductId, Option<Pack>)>,
) -> Result<(), MixedUnits> {
    let mut packs = packs
        .into_iter()
        .filter_map(|(product, pack)| Some((product, pack?)));
    let Some((one, one_pack)) = packs.next() else {
        return Ok(());
    };
    let differs = |(_, pack): &(_, Pack)| pack.unit.dimension() != one_pack.unit.dimension();
    match packs.find(differs) {
        None => Ok(()),
        Some((other, other_pack)) => Err(MixedUnits {
            one: one.clone(),
            one_pack,
            other: other.clone(),
            other_pack,
        }),
    }
}

/// Whether an offer counts at `now` when prices are compared by `basis`. A price is stale when
/// its slot is further back than `stale_after`.
pub fn standing(
    offer: &ItemOffer,
    basis: Basis,
    now: Slot,
    stale_after: SignedDuration,
) -> Standing {
    let Some((slot, listing)) = &offer.last else {
        return if offer.gone {
            Standing::Gone
        } else {
            Standing::NoPrice
        };
    };
    if offer.gone {
        Standing::Gone
    } else if listing.is_available() == Some(false) {
        Standing::Unavailable
    } else if now.instant().duration_since(slot.instant()) > stale_after {
        Standing::Stale
    } else if basis == Basis::Total && listing.total().is_none() {
        Standing::NoTotal
    } else if basis == Basis::UnitPrice && listing.unit_price().is_none() {
        Standing::NoPack
    } else {
        Standing::Counts
    }
}

/// The best offer of an item in each currency, by the code of the currency: the lowest one that
/// counts; of equal ones the product whose id comes first. Nothing is converted.
pub fn best_offers(
    offers: &[ItemOffer],
    basis: Basis,
    now: Slot,
    stale_after: SignedDuration,
) -> Result<BTreeMap<&'static str, &ItemOffer>, MixedUnits> {
    let counting = offers
        .iter()
        .filter(|offer| standing(offer, basis, now, stale_after) == Standing::Counts);
    if basis == Basis::UnitPrice {
        let pack = |offer: &ItemOffer| offer.last.and_then(|(_, listing)| listing.terms.pack);
        check_units(offers.iter().map(|offer| (&offer.product, pack(offer))))?;
    }
    let mut best: BTreeMap<&'static str, &ItemOffer> = BTreeMap::new();
    for offer in counting {
        let Some((_, listing)) = &offer.last else {
            continue;
        };
        let standing = best.entry(listing.price.currency.code()).or_insert(offer);
        let Some((_, lowest)) = &standing.last else {
            continue;
        };
        let order =
            compare(listing, lowest, basis).then_with(|| offer.product.cmp(&standing.product));
        if order == Ordering::Less {
            *standing = offer;
        }
    }
    Ok(best)
}

/// How two prices of one currency compare; those without the figure that counts come last.
fn compare(one: &Listing, other: &Listing, basis: Basis) -> Ordering {
    match basis {
        Basis::Price => one.price.amount.cmp(&other.price.amount),
        Basis::Total => match (one.total(), other.total()) {
            (Some(one), Some(other)) => one.amount.cmp(&other.amount),
            (one, other) => other.is_some().cmp(&one.is_some()),
        },
        Basis::UnitPrice => match (one.unit_price(), other.unit_price()) {
            (Some(one), Some(other)) => one.compare(&other).unwrap_or(Ordering::Equal),
            (one, other) => other.is_some().cmp(&one.is_some()),
        },
    }
}

/// The currency in which most of an item's products had their last price; of several the one
/// whose code comes first.
pub fn main_currency(histories: &[(ProductId, Vec<Point>)]) -> Option<Currency> {
    let mut counts: BTreeMap<&str, (usize, Currency)> = BTreeMap::new();
    for (_, history) in histories {
        if let Some((_, price)) = crate::reference::last_price(history) {
            let entry = counts.entry(price.currency.code());
            entry.or_insert((0, price.currency)).0 += 1;
        }
    }
    let most = counts.values().rev().max_by_key(|(count, _)| *count);
    most.map(|(_, currency)| *currency)
}

/// The history of an item in one currency, as if it were one product: at each slot of any of
/// its products the best offer of that moment. Where nothing can be had it is the lowest price
/// at which it cannot; where nothing has a price, the reason of the first product at that slot.
pub fn item_history(
    histories: &[(ProductId, Vec<Point>)],
    currency: Currency,
    basis: Basis,
    stale_after: SignedDuration,
) -> Result<Vec<Point>, MixedUnits> {
    let slots: BTreeSet<Slot> = histories
        .iter()
        .flat_map(|(_, history)| history.iter().map(|point| point.slot))
        .collect();
    let mut points = Vec::with_capacity(slots.len());
    for slot in slots {
        let offers: Vec<ItemOffer> = histories
            .iter()
            .map(|(product, history)| offer_at(product, history, slot, currency))
            .collect();
        let best = best_offers(&offers, basis, slot, stale_after)?;
        let seen = match best.get(currency.code()).and_then(|offer| offer.last) {
            Some((_, listing)) => Seen::Price(listing),
            None => without_offer(histories, &offers, basis, slot, stale_after),
        };
        points.push(Point { slot, seen });
    }
    Ok(points)
}

/// The product that is the best offer of an item at a slot in a currency, if any can be had.
pub fn best_at(
    histories: &[(ProductId, Vec<Point>)],
    slot: Slot,
    currency: Currency,
    basis: Basis,
    stale_after: SignedDuration,
) -> Result<Option<ProductId>, MixedUnits> {
    let offers: Vec<ItemOffer> = histories
        .iter()
        .map(|(product, history)| offer_at(product, history, slot, currency))
        .collect();
    let best = best_offers(&offers, basis, slot, stale_after)?;
    let best = best.get(currency.code());
    Ok(best.map(|offer| offer.product.clone()))
}

/// A product as an offer at a slot, by what its history says up to then.
fn offer_at(product: &ProductId, history: &[Point], slot: Slot, currency: Currency) -> ItemOffer {
    let known = &history[..history.partition_point(|point| point.slot <= slot)];
    let priced = known.iter().rposition(|point| {
        point
            .listing()
            .is_some_and(|listing| listing.price.currency == currency)
    });
    let after = &known[priced.map_or(0, |at| at + 1)..];
    let gone = after
        .iter()
        .any(|point| point.seen == Seen::Failure(FailureReason::Gone));
    let last = priced.and_then(|at| Some((known[at].slot, *known[at].listing()?)));
    ItemOffer {
        product: product.clone(),
        last,
        gone,
    }
}

/// What is seen of an item at a slot at which no offer counts.
fn without_offer(
    histories: &[(ProductId, Vec<Point>)],
    offers: &[ItemOffer],
    basis: Basis,
    slot: Slot,
    stale_after: SignedDuration,
) -> Seen {
    let unavailable = offers
        .iter()
        .filter(|offer| {
            standing(offer, basis, slot, stale_after) == Standing::Unavailable
                && offer.last.is_some_and(|(at, _)| {
                    slot.instant().duration_since(at.instant()) <= stale_after
                })
        })
        .filter_map(|offer| offer.last.map(|(_, listing)| listing))
        .min_by(|one, other| compare(one, other, basis));
    if let Some(mut listing) = unavailable {
        listing.availability = Some(Availability::OutOfStock);
        return Seen::Price(listing);
    }
    let at_slot = histories
        .iter()
        .flat_map(|(_, history)| history.iter().filter(|point| point.slot == slot));
    let without_price = at_slot.filter(|point| point.listing().is_none());
    without_price
        .map(|point| point.seen)
        .next()
        .unwrap_or(Seen::Unconfirmed)
}

#[cfg(test)]
mod tests {
    use model::{Costs, Decimal, Money, Unit};

    use super::*;
    use crate::Terms;
    use crate::history::tests::{day, failed, priced, stocked, won};

    const STALE: SignedDuration = SignedDuration::from_hours(72);

    fn id(text: &str) -> ProductId {
        text.parse().unwrap()
    }

    fn offer(product: &str, at: i64, amount: i64, terms: Terms) -> ItemOffer {
        let listing = Listing {
            price: won(amount),
            availability: Some(Availability::InStock),
            terms,
        };
        ItemOffer {
            product: id(product),
            last: Some((day(at), listing)),
            gone: false,
        }
    }

    fn terms(quantity: i64, unit: Unit, shipping: i64) -> Terms {
        Terms {
            pack: Some(Pack {
                quantity: quantity.into(),
                unit,
            }),
            costs: Some(Costs {
                shipping: shipping.into(),
                free_from: Some(30_000.into()),
            }),
        }
    }

    fn best(offers: &[ItemOffer], basis: Basis, currency: &str) -> Option<String> {
        let best = best_offers(offers, basis, day(10), STALE).unwrap();
        best.get(currency).map(|offer| offer.product.to_string())
    }

    #[test]
    fn the_best_offer_depends_on_what_is_compared() {
        let offers = [
            offer("cheap", 10, 10_000, terms(500, Unit::Gram, 3_000)),
            offer("free-shipping", 10, 12_000, terms(500, Unit::Gram, 0)),
            offer("large", 10, 30_000, terms(2, Unit::Kilogram, 5_000)),
            offer("unknown", 10, 10_500, Terms::default()),
        ];
        assert_eq!(best(&offers, Basis::Price, "KRW").unwrap(), "cheap");
        assert_eq!(best(&offers, Basis::Total, "KRW").unwrap(), "free-shipping");
        assert_eq!(best(&offers, Basis::UnitPrice, "KRW").unwrap(), "large");
        assert_eq!(best(&offers, Basis::Price, "EUR"), None);
    }

    #[test]
    fn an_offer_that_cannot_be_had_is_not_the_best() {
        let mut sold_out = offer("a", 10, 1, Terms::default());
        sold_out.last.as_mut().unwrap().1.availability = Some(Availability::SoldOut);
        let gone = ItemOffer {
            gone: true,
            ..offer("b", 10, 2, Terms::default())
        };
        let never = ItemOffer {
            product: id("d"),
            last: None,
            gone: false,
        };
        let offers = [
            sold_out,
            gone,
            offer("c", 6, 3, Terms::default()),
            never,
            offer("e", 7, 5, Terms::default()),
            offer("f", 10, 5, Terms::default()),
        ];
        let why: Vec<Standing> = offers
            .iter()
            .map(|offer| standing(offer, Basis::Price, day(10), STALE))
            .collect();
        assert_eq!(
            why,
            [
                Standing::Unavailable,
                Standing::Gone,
                Standing::Stale,
                Standing::NoPrice,
                Standing::Counts,
                Standing::Counts
            ]
        );
        assert_eq!(best(&offers, Basis::Price, "KRW").unwrap(), "e");
    }

    #[test]
    fn nothing_is_converted() {
        let mut euros = offer("e", 10, 9, Terms::default());
        euros.last.as_mut().unwrap().1.price = Money::new(Decimal::from(9), Currency::EUR);
        let offers = [offer("w", 10, 12_000, Terms::default()), euros];
        assert_eq!(best(&offers, Basis::Price, "KRW").unwrap(), "w");
        assert_eq!(best(&offers, Basis::Price, "EUR").unwrap(), "e");
    }

    #[test]
    fn mixed_units_are_an_error_that_names_both() {
        let offers = [
            offer("grams", 10, 1, terms(500, Unit::Gram, 0)),
            offer("kilo", 10, 1, terms(1, Unit::Kilogram, 0)),
            offer("litre", 10, 1, terms(1, Unit::Litre, 0)),
        ];
        let error = best_offers(&offers, Basis::UnitPrice, day(10), STALE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the offers of one item are measured in different things: grams in 500 g, litre in 1 l"
        );
        assert!(best_offers(&offers[..2], Basis::UnitPrice, day(10), STALE).is_ok());
    }

    #[test]
    fn an_items_history_is_its_best_offer_slot_by_slot() {
        let histories = [
            (
                id("a"),
                vec![
                    priced(0, 100),
                    priced(1, 120),
                    stocked(2, 50, Availability::SoldOut),
                    stocked(3, 50, Availability::SoldOut),
                ],
            ),
            (
                id("b"),
                vec![
                    priced(0, 110),
                    failed(1, FailureReason::Timeout),
                    failed(2, FailureReason::Timeout),
                    failed(3, FailureReason::Gone),
                ],
            ),
        ];
        let history = item_history(&histories, Currency::KRW, Basis::Price, STALE).unwrap();
        let sold_out = stocked(3, 50, Availability::OutOfStock);
        // On day 1 and 2 the price of day 0 stands for b.
        assert_eq!(
            history,
            [priced(0, 100), priced(1, 110), priced(2, 110), sold_out]
        );
        assert_eq!(main_currency(&histories), Some(Currency::KRW));
        let other = item_history(&histories, Currency::EUR, Basis::Price, STALE).unwrap();
        assert!(other.iter().all(|point| point.listing().is_none()));
    }
}
