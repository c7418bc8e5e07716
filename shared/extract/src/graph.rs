//! What JSON-LD, microdata and RDFa have in common: items with types and properties.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use crate::steps;

/// The longest text that is kept as a property's value, in bytes, as items may be shared and
/// then are read often. No price, name or address is longer; descriptions are not needed.
pub(crate) const MAX_TEXT: usize = 4_000;
/// The longest name of a property or a type. Those of schema.org are shorter.
pub(crate) const MAX_NAME: usize = 64;
/// More types than this of one item do not count.
const MAX_TYPES: usize = 16;

/// Index of an item in its [`Graph`].
pub(crate) type ItemId = usize;

/// The value of a property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// Text, as it was written.
    Text(Cow<'a, str>),
    /// A JSON number, as it was written: its point can only start decimals.
    Number(Cow<'a, str>),
    /// A boolean.
    Bool(bool),
    /// Another item.
    Item(ItemId),
}

/// One thing that a page describes.
#[derive(Debug, Default)]
pub(crate) struct Item<'a> {
    /// The names of its types, without `https://schema.org/`.
    pub(crate) types: Vec<Cow<'a, str>>,
    /// `@id`, `itemid` or `resource`.
    pub(crate) id: Option<Cow<'a, str>>,
    /// Its properties, without `https://schema.org/`; one with several values occurs repeatedly.
    /// In the order of their names, once the graph has its index.
    pub(crate) properties: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Item<'a> {
    /// Whether it has one of these types.
    pub(crate) fn is_a(&self, types: &[&str]) -> bool {
        self.types
            .iter()
            .any(|own| types.iter().any(|name| name.eq_ignore_ascii_case(own)))
    }

    /// The values of a property. Shops write its name in any case.
    pub(crate) fn values<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Value<'a>> {
        let start = self
            .properties
            .partition_point(|(own, _)| by_name(own, name) == Ordering::Less);
        self.properties[start..]
            .iter()
            .take_while(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| {
                steps::count(1);
                value
            })
    }

    /// Adds a type, unless it can be none of schema.org's.
    pub(crate) fn add_type(&mut self, name: Cow<'a, str>) {
        if name.len() <= MAX_NAME && self.types.len() < MAX_TYPES {
            self.types.push(name);
        }
    }

    /// The first value of a property that is text or a number and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values(name).find_map(|value| match value {
            Value::Text(text) | Value::Number(text) => {
                steps::count(text.len());
                let text = text.trim();
                (!text.is_empty()).then_some(text)
            }
            _ => None,
        })
    }

    /// Whether the item only points to another one.
    fn is_reference(&self) -> bool {
        self.id.is_some() && self.properties.is_empty() && self.types.is_empty()
    }
}

/// All items that one syntax describes on a page.
#[derive(Debug, Default)]
pub(crate) struct Graph<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// The items that stand on their own.
    pub(crate) roots: Vec<ItemId>,
    by_id: HashMap<String, ItemId>,
}

impl<'a> Graph<'a> {
    pub(crate) fn add(&mut self, item: Item<'a>) -> ItemId {
        self.items.push(item);
        self.items.len() - 1
    }

    /// Learns which item every identifier names, after all items are there. Of several items
    /// with one identifier, the first that says something. And puts properties in order.
    pub(crate) fn index(&mut self) {
        for item in &mut self.items {
            item.properties
                .sort_by(|(one, _), (other, _)| by_name(one, other));
        }
        for (at, item) in self.items.iter().enumerate() {
            if let Some(id) = &item.id
                && !item.is_reference()
                && !self.by_id.contains_key(id.trim())
            {
                self.by_id.insert(id.trim().to_owned(), at);
            }
        }
    }

    /// The item that `id` means: itself, or the one it points to.
    pub(crate) fn resolve(&self, id: ItemId) -> ItemId {
        let item = &self.items[id];
        if item.is_reference() {
            item.id
                .as_ref()
                .and_then(|name| self.by_id.get(name.trim()).copied())
                .unwrap_or(id)
        } else {
            id
        }
    }

    /// The items that a property holds, pointers followed; text that names an item counts.
    pub(crate) fn linked(&self, item: ItemId, property: &str) -> Vec<ItemId> {
        self.items[item]
            .values(property)
            .filter_map(|value| self.target(value))
            .collect()
    }

    /// The item that a value is or names.
    pub(crate) fn target(&self, value: &Value<'_>) -> Option<ItemId> {
        match value {
            Value::Item(id) => Some(self.resolve(*id)),
            Value::Text(text) => self.by_id.get(text.trim()).copied(),
            _ => None,
        }
    }
}

/// The order of names, whatever their case.
fn by_name(one: &str, other: &str) -> Ordering {
    steps::count(1);
    let other = other.bytes().map(|byte| byte.to_ascii_lowercase());
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other)
}

/// A text as it is kept: without the spaces around it, and not beyond [`MAX_TEXT`].
pub(crate) fn kept(text: Cow<'_, str>) -> Cow<'_, str> {
    let cut = |text: &str| {
        let start = text.len() - text.trim_start().len();
        let end = text.floor_char_boundary(text.len().min(start + MAX_TEXT));
        start..start + text[start..end].trim_end().len()
    };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[cut(text)]),
        Cow::Owned(mut text) => {
            let kept = cut(&text);
            text.truncate(kept.end);
            text.drain(..kept.start);
            Cow::Owned(text)
        }
    }
}

/// The name of a type or property without the vocabulary before it: `https://schema.org/price`
/// and `schema:price` are `price`. Names of other vocabularies stay as they are.
pub(crate) fn local_name(name: &str) -> &str {
    let name = name.trim();
    for prefix in ["https://", "http://", "//"] {
        if let Some(rest) = name.strip_prefix(prefix) {
            let rest = rest.strip_prefix("www.").unwrap_or(rest);
            return match rest.strip_prefix("schema.org/") {
                Some(local) => local.trim_matches(['/', '#']),
                None => name,
            };
        }
    }
    for prefix in ["schema:", "s:", "schema.org/"] {
        if let Some(local) = name.strip_prefix(prefix) {
            return local;
        }
    }
    name
}

/// [`local_name`], keeping what is borrowed borrowed.
pub(crate) fn local_cow<'a>(name: &Cow<'a, str>) -> Cow<'a, str> {
    match name {
        Cow::Borrowed(text) => Cow::Borrowed(local_name(text)),
        Cow::Owned(text) => Cow::Owned(local_name(text).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_schema_org_only() {
        for (name, local) in [
            ("http://schema.org/Offer", "Offer"),
            ("https://www.schema.org/Offer/", "Offer"),
            ("schema:price", "price"),
            ("price", "price"),
            ("og:title", "og:title"),
            (
                "http://purl.org/goodrelations/v1#Offering",
                "http://purl.org/goodrelations/v1#Offering",
            ),
        ] {
            assert_eq!(local_name(name), local);
        }
    }
}
