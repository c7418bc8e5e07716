//! What an owner says of a page that shows more than one plain selling price.

use serde::{Deserialize, Serialize};

/// Which price of a range is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RangePrice {
    /// The lowest price of the variants that the page offers, said with each price in the history.
    Lowest,
}

/// A kind of price that is not what everybody pays. One that a product names is followed where a
/// selector leads to it; any other is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// For members of a club or a programme.
    Member,
    /// With a coupon or a code.
    Coupon,
    /// For a way of paying.
    Card,
    /// For a first purchase, or in an app.
    FirstPurchase,
    /// Of a subscription.
    Subscription,
    /// A part of the price, or the price for a time.
    Instalment,
    /// What is given back.
    Deposit,
    /// For lending.
    Rent,
    /// For a unit of what is in the package.
    Unit,
    /// Former or recommended.
    List,
    /// Of a used one.
    Used,
    /// A bid, or what is paid for an old one.
    Bid,
}

impl std::str::FromStr for PriceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use serde::de::IntoDeserializer;
        let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            text.into_deserializer();
        Self::deserialize(text).map_err(|error| error.to_string())
    }
}
