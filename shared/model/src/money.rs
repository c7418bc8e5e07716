//! Exact amounts of money.

use std::fmt;

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An exact amount in an ISO 4217 currency. There is no money without a currency, and no
/// floating point anywhere near it.
///
/// As JSON: `{"amount": "12900", "currency": "KRW"}`; the amount is a string so that no reader
/// rounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in units of the currency (not in cents).
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The ISO 4217 currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }
}

/// `12900 KRW`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_digit() {
        let money = Money::new("1234567890123456789.123".parse().unwrap(), Currency::EUR);
        let json = serde_json::to_string(&money).unwrap();
        assert_eq!(
            json,
            r#"{"amount":"1234567890123456789.123","currency":"EUR"}"#
        );
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }

    #[test]
    fn a_number_or_an_unknown_currency_is_refused() {
        assert!(serde_json::from_str::<Money>(r#"{"amount":"1","currency":"WON"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":"","currency":"KRW"}"#).is_err());
    }
}
