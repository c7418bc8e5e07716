//! Unit prices: what 100 g, 1 l or a piece costs.

use std::cmp::Ordering;

use model::{Decimal, Dimension, Money, Pack, Unit};

use crate::exact::Fraction;

/// A price over a quantity. Kept exact and compared exactly; rounded only where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    /// What the pack costs.
    pub price: Money,
    /// What is in it.
    pub pack: Pack,
}

impl UnitPrice {
    /// The price for the quantity of the pack's unit that it is shown for (100 g, 1 l), rounded
    /// to the currency's smallest unit, halves up. `None` when no decimal holds it.
    pub fn shown(&self) -> Option<Money> {
        let places = self.price.currency.exponent().map_or(0, u32::from);
        let amount = self.per(self.pack.unit)?.rounded(places)?;
        Some(Money::new(amount, self.price.currency))
    }

    /// How it compares with a target for the quantity that this price is shown for; `None` if
    /// the target is in another currency.
    pub fn cmp_target(&self, target: Money) -> Option<Ordering> {
        let same = target.currency == self.price.currency;
        same.then(|| Some(self.per(self.pack.unit)?.cmp(&Fraction::of(target.amount))))
            .flatten()
    }

    /// How it compares with another; `None` if they differ in currency or in what they measure.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let comparable =
            self.price.currency == other.price.currency && self.dimension() == other.dimension();
        let unit = self.pack.unit;
        comparable
            .then(|| Some(self.per(unit)?.cmp(&other.per(unit)?)))
            .flatten()
    }

    /// What it measures.
    pub fn dimension(&self) -> Dimension {
        self.pack.unit.dimension()
    }

    /// What the quantity that `unit` is shown for costs: price × shown ÷ content.
    fn per(&self, unit: Unit) -> Option<Fraction> {
        let number = |n: u32| Fraction::of(Decimal::from(n));
        let content = Fraction::of(self.pack.quantity).times(&number(self.pack.unit.in_base()));
        let shown = number(unit.shown_per()).times(&number(unit.in_base()));
        Fraction::of(self.price.amount).times(&shown).over(&content)
    }
}

#[cfg(test)]
mod tests {
    use model::Currency;

    use super::*;

    fn unit_price(amount: &str, currency: Currency, quantity: &str, unit: Unit) -> UnitPrice {
        UnitPrice {
            price: Money::new(amount.parse().unwrap(), currency),
            pack: Pack {
                quantity: quantity.parse().unwrap(),
                unit,
            },
        }
    }

    #[test]
    fn a_unit_price_is_shown_for_its_unit_and_rounded_to_its_currency() {
        for (amount, currency, quantity, unit, shown) in [
            ("12900", Currency::KRW, "700", Unit::Gram, "1843"),
            ("12900", Currency::KRW, "0.7", Unit::Kilogram, "18429"),
            ("4.99", Currency::EUR, "750", Unit::Millilitre, "0.67"),
            ("4.99", Currency::EUR, "0.75", Unit::Litre, "6.65"),
            ("1000", Currency::KRW, "3", Unit::Piece, "333"),
            (
                "1",
                Currency::EUR,
                "0.000000001",
                Unit::Litre,
                "1000000000.00",
            ),
        ] {
            let shown_amount = unit_price(amount, currency, quantity, unit).shown();
            let expected = Money::new(shown.parse().unwrap(), currency);
            assert_eq!(
                shown_amount,
                Some(expected),
                "{amount} for {quantity} {unit}"
            );
        }
    }

    #[test]
    fn grams_and_kilograms_compare_and_grams_and_millilitres_do_not() {
        let grams = unit_price("1000", Currency::KRW, "500", Unit::Gram);
        let kilogram = unit_price("2000", Currency::KRW, "1", Unit::Kilogram);
        let less = unit_price("1999", Currency::KRW, "1", Unit::Kilogram);
        let litre = unit_price("2000", Currency::KRW, "1", Unit::Litre);
        let euros = unit_price("2000", Currency::EUR, "1", Unit::Kilogram);
        assert_eq!(grams.compare(&kilogram), Some(Ordering::Equal));
        assert_eq!(grams.compare(&less), Some(Ordering::Greater));
        assert_eq!(grams.compare(&litre), None);
        assert_eq!(grams.compare(&euros), None);
    }

    #[test]
    fn a_target_is_met_exactly() {
        let third = unit_price("1000", Currency::KRW, "300", Unit::Gram);
        let target = |amount: &str| Money::new(amount.parse().unwrap(), Currency::KRW);
        assert_eq!(third.cmp_target(target("333.33")), Some(Ordering::Greater));
        assert_eq!(third.cmp_target(target("333.34")), Some(Ordering::Less));
        let euros = Money::new(Decimal::ONE, Currency::EUR);
        assert_eq!(third.cmp_target(euros), None);
    }
}
