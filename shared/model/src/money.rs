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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Money {
    /// The amount in units of the currency (not in cents).
    #[serde(with = "exact")]
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "12900"))]
    pub amount: Decimal,
    /// The ISO 4217 currency.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "KRW", pattern = "^[A-Z]{3}$"))]
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

/// An exact decimal as a JSON string. A JSON number is refused: on its way it may have been a
/// binary fraction.
pub(crate) mod exact {
    use std::borrow::Cow;

    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(number: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        Decimal::from_str_exact(&text)
            .map_err(|_| D::Error::custom(format_args!("{text:?} is not a decimal number")))
    }

    /// The same for a number that may be missing.
    pub(crate) mod option {
        use rust_decimal::Decimal;
        use serde::{Deserialize, Deserializer, Serializer};

        #[derive(Deserialize)]
        struct Exact(#[serde(with = "super")] Decimal);

        #[expect(clippy::ref_option, reason = "serde passes a reference")]
        pub(crate) fn serialize<S: Serializer>(
            number: &Option<Decimal>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match number {
                Some(number) => super::serialize(number, to),
                None => to.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Decimal>, D::Error> {
            Ok(Option::<Exact>::deserialize(from)?.map(|Exact(number)| number))
        }
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
        assert!(serde_json::from_str::<Money>(r#"{"amount":1,"currency":"KRW"}"#).is_err());
    }
}
