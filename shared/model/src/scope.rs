//! What an alert rule is about: one product, an item's best offer, or every product of a group.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AlertRule, Invalid, ItemId, Product, ProductId, RuleId, Tag, text};

/// What a rule is about. A rule of a category, a tag or everything holds for each product on its
/// own; one of an item for the item's best offer.
///
/// As text: `product:p-1`, `item:earbuds`, `category:Electronics`, `tag:gift`, `all`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One product.
    Product(ProductId),
    /// An item's best offer.
    Item(ItemId),
    /// Every product of a category.
    Category(String),
    /// Every product with a tag.
    Tag(Tag),
    /// Every product.
    All,
}

/// A rule and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScopedRule {
    /// What it is about.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "item:earbuds"))]
    pub scope: Scope,
    /// The rule.
    pub rule: AlertRule,
}

impl ScopedRule {
    /// The most rules that are kept beside the products: each is looked at for every product that it
    /// covers.
    pub const MOST: usize = 100;
}

impl Scope {
    /// Whether a product's outcomes matter to a rule of this scope.
    pub fn covers(&self, product: &Product) -> bool {
        match self {
            Self::Product(id) => product.id == *id,
            Self::Item(item) => product.item.as_ref() == Some(item),
            Self::Category(category) => product.category.as_ref() == Some(category),
            Self::Tag(tag) => product.tags.contains(tag),
            Self::All => true,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => write!(f, "product:{id}"),
            Self::Item(id) => write!(f, "item:{id}"),
            Self::Category(name) => write!(f, "category:{name}"),
            Self::Tag(tag) => write!(f, "tag:{tag}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Scope {
    type Err = Invalid;

    fn from_str(given: &str) -> Result<Self, Invalid> {
        if given == "all" {
            return Ok(Self::All);
        }
        let category = |name: &str| {
            let expected = "1 to 200 bytes of text without control characters";
            text::check("category", name, Product::MAX_TEXT, expected)?;
            Ok(Self::Category(name.to_owned()))
        };
        match given.split_once(':') {
            Some(("product", id)) => id.parse().map(Self::Product),
            Some(("item", id)) => id.parse().map(Self::Item),
            Some(("category", name)) => category(name),
            Some(("tag", tag)) => tag.parse().map(Self::Tag),
            _ => {
                let expected = "product:ID, item:ID, category:NAME, tag:TAG or all";
                Err(Invalid::new("scope", given, expected))
            }
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What tells a rule from all others, as text: `item:earbuds#target`. A rule's id has no `#`, so that
/// none is taken for another.
pub fn rule_name(scope: &Scope, rule: &RuleId) -> String {
    format!("{scope}#{rule}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_as_it_was_written() {
        for text in [
            "product:무선이어폰-01",
            "item:earbuds",
            "category:Home: garden #2",
            "tag:gift",
            "all",
        ] {
            let scope: Scope = text.parse().unwrap();
            assert_eq!(scope.to_string(), text);
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
        }
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in [
            "",
            "item",
            "item:",
            "item:a b",
            "category: ",
            "tag:a/b",
            "All",
            "shop:x",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
