//! Exact fractions of decimals, for what a decimal cannot hold: a price for a third of a pack.

use std::cmp::Ordering;

use model::Decimal;
use num_bigint::BigInt;

/// A number of any size over a positive one.
#[derive(Debug, Clone)]
pub(crate) struct Fraction {
    above: BigInt,
    below: BigInt,
}

impl Fraction {
    /// The decimal as a fraction.
    pub(crate) fn of(number: Decimal) -> Self {
        Self {
            above: BigInt::from(number.mantissa()),
            below: BigInt::from(10).pow(number.scale()),
        }
    }

    /// The product of two.
    pub(crate) fn times(&self, other: &Self) -> Self {
        Self {
            above: &self.above * &other.above,
            below: &self.below * &other.below,
        }
    }

    /// This one over `other`; `None` if that is zero or less.
    pub(crate) fn over(&self, other: &Self) -> Option<Self> {
        (other.above > BigInt::ZERO).then(|| Self {
            above: &self.above * &other.below,
            below: &self.below * &other.above,
        })
    }

    /// The nearest decimal with so many places, halves away from zero; `None` if it has more
    /// digits than a decimal holds.
    pub(crate) fn rounded(&self, places: u32) -> Option<Decimal> {
        let doubled = &self.above * BigInt::from(10).pow(places) * 2;
        let half = if doubled < BigInt::ZERO {
            -&self.below
        } else {
            self.below.clone()
        };
        let rounded = (doubled + half) / (&self.below * 2);
        Decimal::try_from_i128_with_scale(i128::try_from(rounded).ok()?, places).ok()
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.above * &other.below).cmp(&(&other.above * &self.below))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

/// By how many percent `price` is away from `from`, without sign, to one place; `None` if `from`
/// is zero or less.
pub fn percent_of(price: Decimal, from: Decimal) -> Option<Decimal> {
    let by = price.checked_sub(from)?.abs();
    let part = Fraction::of(by).over(&Fraction::of(from))?;
    part.times(&Fraction::of(Decimal::ONE_HUNDRED)).rounded(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let third = Fraction::of(decimal("1")).over(&Fraction::of(decimal("3")));
        assert_eq!(third.unwrap().rounded(2), Some(decimal("0.33")));
        for (number, rounded) in [("2.5", "3"), ("2.49", "2"), ("-2.5", "-3"), ("-2.4", "-2")] {
            let number = Fraction::of(decimal(number));
            assert_eq!(number.rounded(0), Some(decimal(rounded)));
        }
    }

    #[test]
    fn fractions_that_no_decimal_holds_are_compared_exactly() {
        let third = |n: &str| {
            Fraction::of(decimal(n))
                .over(&Fraction::of(decimal("3")))
                .unwrap()
        };
        let largest = Fraction::of(Decimal::MAX);
        assert!(third("1.0000000000000000000000000001") > third("1"));
        assert_eq!(third("2"), third("2.00"));
        assert_eq!(largest.times(&largest).rounded(0), None);
        assert!(largest.over(&Fraction::of(Decimal::ZERO)).is_none());
    }

    #[test]
    fn a_percentage_has_one_place() {
        assert_eq!(
            percent_of(decimal("8800"), decimal("10000")),
            Some(decimal("12.0"))
        );
        assert_eq!(
            percent_of(decimal("2"), decimal("3")),
            Some(decimal("33.3"))
        );
        assert_eq!(percent_of(decimal("2"), decimal("0")), None);
    }
}
