//! The prices in an offer, and what each of them is: the selling price, the list price, an
//! instalment, …

use model::{Availability, Currency, Decimal, Failure};
use serde::Serialize;

use crate::graph::{Graph, Item, ItemId, Value};
use crate::products::Found;
use crate::validity::{self, Validity};
use crate::{Hints, amount, availability, steps};

/// What a price on a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What anybody pays for the product now.
    Selling,
    /// The same, typed as a reduced price.
    Sale,
    /// What is paid when there is no sale.
    Regular,
    /// The lowest price of several offers (`lowPrice`).
    Lowest,
    /// The highest price of several offers (`highPrice`).
    Highest,
    /// A recommended, former or struck-through price.
    List,
    /// A part of the price, or a price for a time.
    Instalment,
    /// A price for a quantity of content (100 ml).
    Unit,
    /// A charge for delivery or payment.
    Charge,
    /// For members or certain customers only.
    Member,
    /// With a coupon, or from some quantity on only.
    Conditional,
    /// For rent, repair or purchase by the shop.
    NotForSale,
}

impl Role {
    /// Whether the price may be the offer's selling price, and how directly it says so: the
    /// least counts.
    pub(crate) fn rank(self) -> Option<u8> {
        match self {
            Self::Sale => Some(0),
            Self::Selling => Some(1),
            Self::Regular => Some(3),
            Self::Lowest => Some(4),
            _ => None,
        }
    }

    /// Why such a price is not chosen.
    pub(crate) fn why_not(self) -> &'static str {
        match self {
            Self::Selling | Self::Sale => "another price says so more directly",
            Self::Regular => "it is the price without the sale",
            Self::Lowest => "the offers' own prices count",
            Self::Highest => "it is the highest of several prices",
            Self::List => "it is a list price",
            Self::Instalment => "it is an instalment or a price for a time",
            Self::Unit => "it is a price for a quantity of content",
            Self::Charge => "it is a charge for delivery or payment",
            Self::Member => "it is for members or certain customers only",
            Self::Conditional => "it is bound to a coupon or a quantity",
            Self::NotForSale => "it is not a price for buying the product",
        }
    }
}

/// A price that was found.
#[derive(Debug)]
pub(crate) struct Price {
    /// The index of its offer.
    pub(crate) offer: usize,
    /// The property that holds it.
    pub(crate) property: &'static str,
    /// What stands there.
    pub(crate) written: String,
    pub(crate) amount: Result<Decimal, Failure>,
    /// The currency that the page gives it.
    pub(crate) currency: Option<Currency>,
    pub(crate) role: Role,
    pub(crate) validity: Validity,
    /// Within an offer the least is the selling price.
    pub(crate) rank: u8,
}

/// What is known about an offer besides its prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfferFacts {
    pub(crate) availability: Option<Availability>,
    /// Used, refurbished or damaged.
    pub(crate) is_used: bool,
}

/// What the offers of a source say.
#[derive(Debug, Default)]
pub(crate) struct Prices {
    pub(crate) all: Vec<Price>,
    /// For each offer, in their order.
    pub(crate) facts: Vec<OfferFacts>,
    /// Whether there was more than is worth reading; then not all prices are here.
    pub(crate) too_many: bool,
}

/// Offers and specifications may be shared. More properties than this are not looked at: no shop
/// has as many, an attack may.
const MAX_WORK: usize = 1_000_000;
/// And no more prices than this are kept.
const MAX_PRICES: usize = 20_000;

/// Reads the prices of all offers.
pub(crate) fn read(graph: &Graph<'_>, found: &Found, hints: &Hints<'_>) -> Prices {
    let mut reader = Reader {
        graph,
        found,
        hints,
        known: vec![None; graph.items.len()],
        work: 0,
        prices: Vec::new(),
    };
    let mut facts = Vec::with_capacity(found.offers.len());
    for index in 0..found.offers.len() {
        facts.push(reader.offer(index));
    }
    Prices {
        too_many: found.too_many || reader.is_too_much(),
        all: reader.prices,
        facts,
    }
}

/// What an item says that also holds for the offers in it.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    currency: Option<Currency>,
    availability: Option<Availability>,
    is_used: Option<bool>,
}

/// A term of a vocabulary: as text, or as an item whose `@id` or name is the term.
fn term(graph: &Graph<'_>, item: &Item<'_>, name: &str) -> Option<String> {
    /// A term is shorter; what is longer would be read with each offer that shares it.
    const LONGEST: usize = 200;
    let cut = |text: &str| {
        steps::count(text.len());
        let text = text.trim();
        text[..text.floor_char_boundary(LONGEST)].to_owned()
    };
    item.values(name).find_map(|value| match value {
        Value::Text(text) if !text.trim().is_empty() => Some(cut(text)),
        Value::Bool(value) => Some(value.to_string()),
        Value::Item(id) => {
            let target = &graph.items[*id];
            target
                .id
                .as_deref()
                .or_else(|| target.text("name"))
                .map(cut)
        }
        _ => None,
    })
}

fn is_used(condition: &str) -> bool {
    let condition = condition.to_lowercase();
    [
        "used",
        "refurb",
        "damaged",
        "renewed",
        "secondhand",
        "second hand",
        "second-hand",
        "중고",
        "리퍼",
        "gebraucht",
        "occasion",
        "openbox",
        "open box",
    ]
    .iter()
    .any(|word| condition.contains(word))
        && !condition.contains("unused")
}

struct Reader<'r, 'a> {
    graph: &'r Graph<'a>,
    found: &'r Found,
    hints: &'r Hints<'r>,
    /// What is known of each item, once it was looked at.
    known: Vec<Option<Known>>,
    /// How many properties were looked at.
    work: usize,
    prices: Vec<Price>,
}

impl Reader<'_, '_> {
    fn is_too_much(&self) -> bool {
        self.work > MAX_WORK || self.prices.len() >= MAX_PRICES
    }

    /// Reads an offer's prices, and what it says besides; its aggregate's and its product's word
    /// counts where it has none itself.
    fn offer(&mut self, index: usize) -> OfferFacts {
        let offer = &self.found.offers[index];
        let own = self.known(offer.item);
        let aggregate = offer.aggregate.map(|at| self.found.offers[at].item);
        let outer = [aggregate, self.found.products[offer.product].item]
            .into_iter()
            .flatten()
            .map(|id| self.known(id))
            .fold(own, |inner, outer| Known {
                currency: inner.currency.or(outer.currency),
                availability: inner.availability.or(outer.availability),
                is_used: inner.is_used.or(outer.is_used),
            });
        let item = &self.graph.items[offer.item];
        self.work += item.properties.len();
        steps::count(1);
        if !self.is_too_much() {
            let bound = self.restriction(offer.item);
            let typed = bound.or_else(|| price_type(self.graph, item));
            let before = self.prices.len();
            for (property, role) in [
                ("price", Role::Selling),
                ("lowPrice", Role::Lowest),
                ("highPrice", Role::Highest),
                // What the reader of microdata makes of a price in a `del`.
                ("struckPrice", Role::List),
            ] {
                let role = typed.unwrap_or(role);
                self.values(index, item, property, property, outer.currency, role);
            }
            for specification in self.graph.linked(offer.item, "priceSpecification") {
                self.specification(index, specification, outer.currency, bound);
            }
            // An offer whose time is over or has not come has no price that holds.
            let own = validity::of(item, self.hints.at);
            for price in &mut self.prices[before..] {
                if price.validity == Validity::Holds {
                    price.validity = own;
                }
            }
        }
        OfferFacts {
            availability: outer.availability,
            is_used: outer.is_used.unwrap_or(false),
        }
    }

    fn known(&mut self, id: ItemId) -> Known {
        if let Some(known) = self.known[id] {
            return known;
        }
        let item = &self.graph.items[id];
        let known = Known {
            currency: Self::declared(item),
            availability: term(self.graph, item, "availability")
                .and_then(|text| availability::read(&text)),
            is_used: term(self.graph, item, "itemCondition").map(|text| is_used(&text)),
        };
        self.known[id] = Some(known);
        known
    }

    fn declared(item: &Item<'_>) -> Option<Currency> {
        ["priceCurrency", "currency"]
            .iter()
            .find_map(|name| item.text(name))
            .and_then(price_text::currency::named)
    }

    fn specification(
        &mut self,
        index: usize,
        id: ItemId,
        currency: Option<Currency>,
        bound: Option<Role>,
    ) {
        let item = &self.graph.items[id];
        self.work += item.properties.len();
        if self.is_too_much() {
            return;
        }
        let currency = Self::declared(item).or(currency);
        let role = bound
            .or_else(|| self.restriction(id))
            .or_else(|| self.kind_of_specification(id))
            .or_else(|| price_type(self.graph, item))
            .unwrap_or(Role::Selling);
        let before = self.prices.len();
        self.values(
            index,
            item,
            "price",
            "priceSpecification.price",
            currency,
            role,
        );
        if self.prices.len() == before {
            let low = item
                .text("minPrice")
                .filter(|low| item.text("maxPrice") == Some(*low));
            if low.is_some() {
                self.values(
                    index,
                    item,
                    "minPrice",
                    "priceSpecification.minPrice",
                    currency,
                    role,
                );
            }
        }
        // The offer's own price comes first, a price without tax last.
        let net = matches!(
            term(self.graph, item, "valueAddedTaxIncluded").as_deref(),
            Some("false" | "False" | "http://schema.org/False" | "https://schema.org/False")
        );
        let validity = validity::of(item, self.hints.at);
        for price in &mut self.prices[before..] {
            price.validity = validity;
            if price.rank == 1 {
                price.rank = if net { 3 } else { 2 };
            }
        }
    }

    fn values(
        &mut self,
        index: usize,
        item: &Item<'_>,
        property: &str,
        shown: &'static str,
        currency: Option<Currency>,
        role: Role,
    ) {
        for value in item.values(property) {
            let (written, is_number) = match value {
                Value::Number(number) => (number.as_ref(), true),
                Value::Text(text) => (text.trim(), false),
                _ => continue,
            };
            if written.is_empty() {
                continue;
            }
            if self.prices.len() >= MAX_PRICES {
                return;
            }
            steps::count(written.len());
            let (amount, currency) = amount::read(written, is_number, currency, self.hints);
            self.prices.push(Price {
                offer: index,
                property: shown,
                written: written.chars().take(100).collect(),
                amount,
                currency,
                role,
                validity: Validity::Holds,
                rank: role.rank().unwrap_or(u8::MAX),
            });
        }
    }

    /// Conditions under which an offer or a specification holds at all.
    fn restriction(&self, id: ItemId) -> Option<Role> {
        let item = &self.graph.items[id];
        if item.values("validForMemberTier").next().is_some() {
            return Some(Role::Member);
        }
        if let Some(customer) = term(self.graph, item, "eligibleCustomerType") {
            let customer = customer.to_lowercase();
            if !customer.contains("enduser") && !customer.contains("consumer") {
                return Some(Role::Member);
            }
        }
        if let Some(function) = term(self.graph, item, "businessFunction") {
            let function = function.to_lowercase();
            if !function.is_empty() && !function.ends_with("sell") {
                return Some(Role::NotForSale);
            }
        }
        if item.is_a(&["OfferForLease", "Demand"]) {
            return Some(Role::NotForSale);
        }
        if item.text("discountCode").is_some() {
            return Some(Role::Conditional);
        }
        if item.values("eligibleDuration").next().is_some() {
            return Some(Role::Instalment);
        }
        let from_several = self
            .graph
            .linked(id, "eligibleQuantity")
            .into_iter()
            .any(|id| {
                let quantity = &self.graph.items[id];
                quantity
                    .text("minValue")
                    .or_else(|| quantity.text("value"))
                    .and_then(price_text::decimal)
                    .is_some_and(|least| least > Decimal::ONE)
            });
        (from_several || item.values("eligibleTransactionVolume").next().is_some())
            .then_some(Role::Conditional)
    }

    fn kind_of_specification(&self, id: ItemId) -> Option<Role> {
        let item = &self.graph.items[id];
        if item.is_a(&["DeliveryChargeSpecification", "PaymentChargeSpecification"]) {
            return Some(Role::Charge);
        }
        let has = |name: &str| item.values(name).next().is_some();
        if has("billingDuration") || has("billingIncrement") || has("billingStart") {
            return Some(Role::Instalment);
        }
        if let Some(component) = term(self.graph, item, "priceComponentType") {
            let component = component.to_lowercase();
            let fee = component.contains("fee") || component.contains("charge");
            return Some(if fee { Role::Charge } else { Role::Instalment });
        }
        let reference = self.graph.linked(id, "referenceQuantity");
        reference
            .first()
            .and_then(|id| quantity_role(&self.graph.items[*id]))
    }
}

/// What a price for this reference quantity is; `None` for one piece.
fn quantity_role(quantity: &Item<'_>) -> Option<Role> {
    let unit = ["unitCode", "unitText"]
        .iter()
        .find_map(|name| quantity.text(name))
        .unwrap_or("")
        .to_lowercase();
    let one = quantity
        .text("value")
        .is_none_or(|value| price_text::decimal(value) == Some(Decimal::ONE));
    match unit.as_str() {
        // UN/CEFACT codes of times.
        "mon" | "ann" | "day" | "hur" | "wee" | "month" | "year" | "week" => Some(Role::Instalment),
        // And of pieces.
        "" | "c62" | "h87" | "ea" | "pce" | "each" | "piece" | "unit" | "nar" if one => None,
        _ => Some(Role::Unit),
    }
}

/// The role that a `priceType` gives (<https://schema.org/PriceTypeEnumeration>, or text).
fn price_type(graph: &Graph<'_>, item: &Item<'_>) -> Option<Role> {
    let text = term(graph, item, "priceType")?.to_lowercase();
    let name = text.rsplit(['/', '#', ':']).next().unwrap_or(&text);
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["member", "loyalty", "club", "prime"]) {
        Some(Role::Member)
    } else if has(&["coupon", "voucher", "promo code", "promocode"]) {
        Some(Role::Conditional)
    } else if has(&["install", "month", "rate", "financ"]) {
        Some(Role::Instalment)
    } else if has(&[
        "sale",
        "selling",
        "current",
        "actual",
        "offer",
        "discounted",
        "special",
    ]) {
        Some(Role::Sale)
    } else if has(&["regular", "normal", "standard"]) {
        Some(Role::Regular)
    } else if has(&[
        "list",
        "msrp",
        "srp",
        "rrp",
        "uvp",
        "strike",
        "strikethrough",
        "suggested",
        "was",
        "original",
        "old",
        "previous",
        "before",
        "invoice",
        "minimumadvertised",
        "crossed",
        "compare",
        "recommended",
        "lowest",
    ]) {
        Some(Role::List)
    } else {
        None
    }
}
