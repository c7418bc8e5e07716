//! What a product sells for its price: how much of it, and what is paid beside.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::money::exact;

macro_rules! units {
    ($($variant:ident $name:literal $dimension:ident $base:literal $per:literal $sentence:literal;)*) => {
        /// What a pack is measured in. The unit decides how a unit price is shown: grams and
        /// millilitres per 100, the others per 1.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Unit {
            $(#[doc = $sentence] #[serde(rename = $name)] $variant,)*
        }

        impl Unit {
            /// All units.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in data: `g`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it measures.
            pub fn dimension(self) -> Dimension {
                match self { $(Self::$variant => Dimension::$dimension,)* }
            }

            /// How many of the dimension's smallest unit it is: 1,000 for a kilogram.
            pub fn in_base(self) -> u32 {
                match self { $(Self::$variant => $base,)* }
            }

            /// How many of it a unit price is shown for.
            pub fn shown_per(self) -> u32 {
                match self { $(Self::$variant => $per,)* }
            }
        }
    };
}

units! {
    Gram "g" Mass 1 100 "Gram, shown per 100 g.";
    Kilogram "kg" Mass 1_000 1 "Kilogram, shown per 1 kg.";
    Millilitre "ml" Volume 1 100 "Millilitre, shown per 100 ml.";
    Litre "l" Volume 1_000 1 "Litre, shown per 1 l.";
    Centimetre "cm" Length 1 100 "Centimetre, shown per 100 cm.";
    Metre "m" Length 100 1 "Metre, shown per 1 m.";
    Piece "piece" Count 1 1 "Piece, shown per piece.";
}

/// What units measure. Prices of different dimensions are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// In grams.
    Mass,
    /// In millilitres.
    Volume,
    /// In centimetres.
    Length,
    /// In pieces.
    Count,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much is sold for the price: `{"quantity": "500", "unit": "g"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// How many units; more than zero.
    #[serde(with = "exact")]
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "500"))]
    pub quantity: Decimal,
    /// The unit.
    pub unit: Unit,
}

impl Pack {
    /// Checks that there is something in it, and no more than a billion units.
    pub fn check(&self) -> Result<(), Invalid> {
        let given = || self.quantity.to_string();
        let fits = self.quantity > Decimal::ZERO
            && self.quantity <= Decimal::from(1_000_000_000)
            && self.quantity.scale() <= 9;
        let expected = "a number above 0, at most 1000000000, with at most 9 decimals";
        fits.then_some(())
            .ok_or_else(|| Invalid::new("pack quantity", &given(), expected))
    }
}

/// `500 g`.
impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.quantity.normalize(), self.unit)
    }
}

/// What is paid beside the price, in the price's currency:
/// `{"shipping": "3000", "free_from": "30000"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Shipping of one order.
    #[serde(with = "exact")]
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "3000"))]
    pub shipping: Decimal,
    /// The price from which shipping is free.
    #[serde(
        default,
        with = "exact::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, example = "30000"))]
    pub free_from: Option<Decimal>,
}

impl Costs {
    /// Checks that nothing is negative.
    pub fn check(&self) -> Result<(), Invalid> {
        let negative = [Some(self.shipping), self.free_from]
            .into_iter()
            .flatten()
            .find(|amount| amount.is_sign_negative() && !amount.is_zero());
        negative.map_or(Ok(()), |amount| {
            let expected = "an amount that is not negative";
            Err(Invalid::new("cost", &amount.to_string(), expected))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_and_costs_read_back_as_they_were_written() {
        let pack = r#"{"quantity":"1.5","unit":"kg"}"#;
        let read: Pack = serde_json::from_str(pack).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), pack);
        assert_eq!(read.to_string(), "1.5 kg");
        for costs in [
            r#"{"shipping":"3000"}"#,
            r#"{"shipping":"3000","free_from":"19800"}"#,
        ] {
            let read: Costs = serde_json::from_str(costs).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), costs);
            assert_eq!(read.check(), Ok(()));
        }
    }

    #[test]
    fn a_pack_of_nothing_and_a_negative_cost_are_refused() {
        for quantity in ["0", "-1", "1000000001", "0.0000000001"] {
            let pack = Pack {
                quantity: quantity.parse().unwrap(),
                unit: Unit::Piece,
            };
            assert!(pack.check().is_err(), "{quantity}");
        }
        let costs = Costs {
            shipping: Decimal::ZERO,
            free_from: Some((-1).into()),
        };
        assert!(costs.check().is_err());
        assert!(serde_json::from_str::<Costs>(r#"{"shipping":3000.1}"#).is_err());
    }
}
