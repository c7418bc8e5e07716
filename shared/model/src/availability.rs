//! Whether a shop can deliver.

use serde::{Deserialize, Serialize};

/// The twelve values of schema.org's `ItemAvailability`
/// (<https://schema.org/ItemAvailability>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[expect(missing_docs, reason = "the names are schema.org's own terms")]
pub enum Availability {
    BackOrder,
    Discontinued,
    InStock,
    InStoreOnly,
    LimitedAvailability,
    MadeToOrder,
    OnlineOnly,
    OutOfStock,
    PreOrder,
    PreSale,
    Reserved,
    SoldOut,
}

impl Availability {
    /// All twelve, in alphabetical order.
    pub const ALL: [Self; 12] = [
        Self::BackOrder,
        Self::Discontinued,
        Self::InStock,
        Self::InStoreOnly,
        Self::LimitedAvailability,
        Self::MadeToOrder,
        Self::OnlineOnly,
        Self::OutOfStock,
        Self::PreOrder,
        Self::PreSale,
        Self::Reserved,
        Self::SoldOut,
    ];

    /// The schema.org name, without the address before it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BackOrder => "BackOrder",
            Self::Discontinued => "Discontinued",
            Self::InStock => "InStock",
            Self::InStoreOnly => "InStoreOnly",
            Self::LimitedAvailability => "LimitedAvailability",
            Self::MadeToOrder => "MadeToOrder",
            Self::OnlineOnly => "OnlineOnly",
            Self::OutOfStock => "OutOfStock",
            Self::PreOrder => "PreOrder",
            Self::PreSale => "PreSale",
            Self::Reserved => "Reserved",
            Self::SoldOut => "SoldOut",
        }
    }

    /// Reads `https://schema.org/InStock`, `http://schema.org/InStock`, `schema:InStock` or
    /// the bare name, in any case and with `-`, `_` or spaces between its words
    /// (`out of stock`).
    pub fn from_schema_org(text: &str) -> Option<Self> {
        let last = text.trim().trim_end_matches('/');
        let last = last.rsplit(['/', ':', '#']).next().unwrap_or(last);
        let same = |name: &str| {
            last.chars()
                .filter(|c| !matches!(c, '-' | '_' | ' '))
                .map(|c| c.to_ascii_lowercase())
                .eq(name.chars().map(|c| c.to_ascii_lowercase()))
        };
        Self::ALL.into_iter().find(|value| same(value.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_in_every_spelling() {
        for value in Availability::ALL {
            let name = value.name();
            for text in [
                name.to_owned(),
                format!("https://schema.org/{name}"),
                format!("http://schema.org/{name}/"),
                format!("schema:{name}"),
                format!(" {} ", name.to_uppercase()),
            ] {
                assert_eq!(Availability::from_schema_org(&text), Some(value), "{text}");
            }
        }
        assert_eq!(
            Availability::from_schema_org("out of stock"),
            Some(Availability::OutOfStock)
        );
        assert_eq!(Availability::from_schema_org("perhaps"), None);
        assert_eq!(Availability::from_schema_org(""), None);
    }
}
