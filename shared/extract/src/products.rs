//! Which products a page describes, where each stands, and which offers belong to it.

use crate::graph::{Graph, Item, ItemId, Value};
use crate::steps;

/// schema.org's product types and the creative works that are sold as products.
const PRODUCT_TYPES: &[&str] = &[
    "Product",
    "ProductGroup",
    "ProductModel",
    "IndividualProduct",
    "SomeProducts",
    "ProductCollection",
    "Vehicle",
    "Car",
    "Motorcycle",
    "MotorizedBicycle",
    "Drug",
    "DietarySupplement",
    "Book",
    "Movie",
    "MusicAlbum",
    "VideoGame",
    "SoftwareApplication",
    "MobileApplication",
    "WebApplication",
];

const OFFER_TYPES: &[&str] = &[
    "Offer",
    "AggregateOffer",
    "OfferForPurchase",
    "OfferForLease",
    "Demand",
];

/// Properties that hold products which the page shows beside its own.
const ASIDE: &[&str] = &[
    "isRelatedTo",
    "isSimilarTo",
    "isAccessoryOrSparePartFor",
    "isConsumableFor",
    "itemListElement",
    "mentions",
    "hasPart",
    "hasOfferCatalog",
    "makesOffer",
    "owns",
    "relatedProduct",
    "relatedProducts",
    "similarProducts",
    "recommendedProducts",
    "addOn",
    "includesObject",
    "isRelated",
    "relatedLink",
];

/// How deep chains (variant of variant, offer in offer) are followed.
const MAX_CHAIN: usize = 8;

/// More offers than this on one page are not read: no shop shows them, an attack may.
pub(crate) const MAX_OFFERS: usize = 10_000;

/// Where on the page a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Recommended, listed or otherwise not what the page is about.
    Aside,
    /// On its own.
    Top,
    /// Named as the page's main entity.
    Main,
}

/// A product that a page describes.
#[derive(Debug)]
pub(crate) struct Product {
    /// Its item; `None` for offers that stand alone.
    pub(crate) item: Option<ItemId>,
    pub(crate) place: Place,
    /// The index of the product it is a variant of, or its own.
    pub(crate) family: usize,
    /// Whether it is typed as a product, and not only something that has offers.
    pub(crate) typed: bool,
    /// Whether it is a `ProductGroup` or has variants.
    pub(crate) is_group: bool,
}

/// An offer of a product.
#[derive(Debug)]
pub(crate) struct OfferSeen {
    pub(crate) item: ItemId,
    /// The index of its product.
    pub(crate) product: usize,
    /// The index of the `AggregateOffer` it stands in.
    pub(crate) aggregate: Option<usize>,
}

/// The products and offers of a graph.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) products: Vec<Product>,
    pub(crate) offers: Vec<OfferSeen>,
    /// Whether there were more than [`MAX_OFFERS`].
    pub(crate) too_many: bool,
}

/// How the items of a graph hang together.
struct Links {
    root: Vec<bool>,
    main: Vec<bool>,
    aside: Vec<bool>,
    /// Whose variant an item is, and whether the group itself holds it (`hasVariant`).
    group: Vec<Option<(ItemId, bool)>>,
    /// What an item is the object of: an offer's `itemOffered`, a review's `itemReviewed`.
    subject: Vec<Option<ItemId>>,
}

impl Links {
    fn of(graph: &Graph<'_>) -> Self {
        let count = graph.items.len();
        let mut links = Self {
            root: vec![false; count],
            main: vec![false; count],
            aside: vec![false; count],
            group: vec![None; count],
            subject: vec![None; count],
        };
        for &id in &graph.roots {
            links.root[id] = true;
        }
        for (id, item) in graph.items.iter().enumerate() {
            steps::count(1 + item.properties.len());
            for (name, value) in &item.properties {
                links.follow(graph, id, name, value);
            }
        }
        links
    }

    fn follow(&mut self, graph: &Graph<'_>, id: ItemId, name: &str, value: &Value<'_>) {
        if !matches!(value, Value::Item(_) | Value::Text(_)) {
            return;
        }
        let is = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
        // `item` is a list element's product; elsewhere it means nothing.
        let list_item = is(&["item"]) && graph.items[id].is_a(&["ListItem"]);
        let known = list_item
            || is(&[
                "mainEntity",
                "hasVariant",
                "isVariantOf",
                "itemOffered",
                "itemReviewed",
            ])
            || is(ASIDE);
        if !known {
            return;
        }
        let Some(target) = graph.target(value) else {
            return;
        };
        if target == id {
            return;
        }
        if is(&["mainEntity"]) {
            self.main[target] = true;
        } else if is(&["hasVariant"]) {
            self.group[target] = Some((id, true));
        } else if is(&["isVariantOf"]) {
            self.group[id].get_or_insert((target, false));
        } else if is(&["itemOffered", "itemReviewed"]) {
            self.subject[target].get_or_insert(id);
        } else {
            self.aside[target] = true;
        }
    }

    fn place(&self, id: ItemId) -> Place {
        let mut id = id;
        for _ in 0..MAX_CHAIN {
            steps::count(1);
            if self.main[id] {
                return Place::Main;
            }
            if self.aside[id] {
                return Place::Aside;
            }
            if self.root[id] {
                return Place::Top;
            }
            id = match (self.group[id], self.subject[id]) {
                (Some((group, true)), _) => group,
                (_, Some(subject)) => subject,
                _ => return Place::Aside,
            };
        }
        Place::Aside
    }
}

/// Finds the products of a graph and their offers.
pub(crate) fn find(graph: &Graph<'_>) -> Found {
    let links = Links::of(graph);
    let mut found = Found::default();
    let mut index_of = vec![None; graph.items.len()];
    for (id, item) in graph.items.iter().enumerate() {
        let typed = item.is_a(PRODUCT_TYPES);
        let offers = !item.is_a(OFFER_TYPES) && item.values("offers").next().is_some();
        if graph.resolve(id) != id || !(typed || offers) {
            continue;
        }
        index_of[id] = Some(found.products.len());
        found.products.push(Product {
            item: Some(id),
            place: links.place(id),
            family: found.products.len(),
            typed,
            is_group: item.is_a(&["ProductGroup"]) || item.values("hasVariant").next().is_some(),
        });
    }
    for index in 0..found.products.len() {
        found.products[index].family = family(index, &found.products, &links, &index_of);
    }
    let mut attached = vec![false; graph.items.len()];
    for index in 0..found.products.len() {
        let Some(id) = found.products[index].item else {
            continue;
        };
        for offer in graph.linked(id, "offers") {
            found.attach(graph, offer, index, None, &mut attached, 0);
        }
    }
    attach_loose_offers(graph, &links, &index_of, &mut found, &mut attached);
    attach_bare_prices(graph, &mut found);
    found
}

/// The product at the top of a chain of variants.
fn family(index: usize, products: &[Product], links: &Links, index_of: &[Option<usize>]) -> usize {
    let mut family = index;
    for _ in 0..MAX_CHAIN {
        let group = products[family]
            .item
            .and_then(|id| links.group[id])
            .and_then(|(group, _)| index_of[group]);
        match group {
            Some(group) if group != family => family = group,
            _ => break,
        }
    }
    family
}

impl Found {
    fn attach(
        &mut self,
        graph: &Graph<'_>,
        offer: ItemId,
        product: usize,
        aggregate: Option<usize>,
        attached: &mut [bool],
        depth: usize,
    ) {
        if self.offers.len() >= MAX_OFFERS {
            self.too_many = true;
            return;
        }
        // An offer may be shared by products, but not by itself.
        if depth >= MAX_CHAIN || graph.items[offer].is_a(PRODUCT_TYPES) {
            return;
        }
        steps::count(1);
        attached[offer] = true;
        let index = self.offers.len();
        self.offers.push(OfferSeen {
            item: offer,
            product,
            aggregate,
        });
        for nested in graph.linked(offer, "offers") {
            if nested != offer {
                self.attach(graph, nested, product, Some(index), attached, depth + 1);
            }
        }
    }
}

fn is_offer(item: &Item<'_>) -> bool {
    item.is_a(OFFER_TYPES)
}

/// Offers that no product holds: those that name their product, and those that stand alone.
fn attach_loose_offers(
    graph: &Graph<'_>,
    links: &Links,
    index_of: &[Option<usize>],
    found: &mut Found,
    attached: &mut [bool],
) {
    let bare = only_bare_product(found, graph);
    for (id, item) in graph.items.iter().enumerate() {
        steps::count(1);
        if attached[id] || !is_offer(item) || graph.resolve(id) != id {
            continue;
        }
        let offered = graph
            .linked(id, "itemOffered")
            .into_iter()
            .find_map(|product| index_of[product]);
        if let Some(product) = offered {
            found.attach(graph, id, product, None, attached, 0);
            continue;
        }
        if !links.root[id] || links.aside[id] {
            continue;
        }
        let product = bare.unwrap_or_else(|| {
            found.products.push(Product {
                item: None,
                place: Place::Top,
                family: found.products.len(),
                typed: false,
                is_group: false,
            });
            found.products.len() - 1
        });
        found.attach(graph, id, product, None, attached, 0);
    }
}

/// The page's only product, if it has no offers itself: badly nested microdata leaves its
/// offer beside it.
fn only_bare_product(found: &Found, graph: &Graph<'_>) -> Option<usize> {
    let mut own = (0..found.products.len()).filter(|index| {
        steps::count(1);
        let product = &found.products[*index];
        product.place > Place::Aside && product.item.is_some()
    });
    let only = own.next().filter(|_| own.next().is_none())?;
    let item = &graph.items[found.products[only].item?];
    item.values("offers").next().is_none().then_some(only)
}

/// Products without offers that carry a price themselves: wrong, but common in microdata.
fn attach_bare_prices(graph: &Graph<'_>, found: &mut Found) {
    let mut has_offer = vec![false; found.products.len()];
    for offer in &found.offers {
        has_offer[offer.product] = true;
    }
    for (index, has_offer) in has_offer.into_iter().enumerate() {
        let Some(id) = found.products[index].item else {
            continue;
        };
        let item = &graph.items[id];
        let priced = ["price", "lowPrice", "priceSpecification"]
            .iter()
            .any(|name| item.values(name).next().is_some());
        if !has_offer && priced && found.offers.len() < MAX_OFFERS {
            found.offers.push(OfferSeen {
                item: id,
                product: index,
                aggregate: None,
            });
        }
    }
}
