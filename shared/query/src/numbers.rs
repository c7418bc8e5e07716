//! Exact numbers: minor units of currencies, and sums of decimals.

use model::{Currency, Decimal};

/// The digits after the point of a currency's minor unit.
pub(crate) fn exponent(currency: Currency) -> u32 {
    currency.exponent().map_or(0, u32::from)
}

/// An amount in minor units, rounded half to even where it has finer digits; `None` if it is
/// beyond 64 bits.
pub(crate) fn minor_units(amount: Decimal, currency: Currency) -> Option<i64> {
    let places = exponent(currency);
    let rounded = amount.round_dp(places);
    let units = rounded.checked_mul(Decimal::from(10_u64.checked_pow(places)?))?;
    i64::try_from(units.normalize().mantissa())
        .ok()
        .filter(|_| units.normalize().scale() == 0)
}

/// The amount of so many minor units.
pub(crate) fn from_minor_units(units: Decimal, currency: Currency) -> Option<Decimal> {
    let mut amount = units;
    amount.set_scale(units.scale() + exponent(currency)).ok()?;
    Some(amount)
}

/// A whole number of 10^-`scale`.
pub(crate) fn decimal(mantissa: i128, scale: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// `numerator / denominator`, rounded half to even; the denominator is positive.
pub(crate) fn divide(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (
        numerator.div_euclid(denominator),
        numerator.rem_euclid(denominator),
    );
    let up = match (rest.saturating_mul(2)).cmp(&denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    quotient + i128::from(up)
}

/// The nearest whole number to a square root.
pub(crate) fn square_root(of: u128) -> u128 {
    let root = of.isqrt();
    // (root + 1/2)² = root² + root + 1/4
    root + u128::from(of - root * root > root)
}
