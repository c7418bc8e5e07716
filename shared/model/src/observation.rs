//! What came of a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Availability, Failure, Money, Product, ProductId, RunId, Slot, text};

/// A price as a shop offers it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The selling price.
    pub price: Money,
    /// Whether it can be had, where the shop says so.
    pub availability: Option<Availability>,
    /// The product's name, where the shop says so.
    pub name: Option<String>,
    /// Where in the answer the price stood: `json-ld`, `microdata`, `$.data.price`.
    pub found_in: String,
    /// The former or recommended price of the same offer, where the shop states one; above the
    /// selling price and in its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Money>,
    /// What a person should know about how the price was read: `the date until which …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Offer {
    /// The longest remark that is kept, in bytes.
    pub const MAX_REMARK: usize = 100;

    /// The offer with the shop's texts as they are kept: plain, and no longer than a product's own
    /// name, so that an observation stays below one kilobyte.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        let most = Product::MAX_TEXT;
        self.name = self.name.map(|name| text::clean(&name, most));
        self.name = self.name.filter(|name| !name.is_empty());
        self.found_in = text::clean(&self.found_in, most);
        self.remark = self
            .remark
            .map(|remark| text::clean(&remark, Self::MAX_REMARK))
            .filter(|remark| !remark.is_empty());
        self
    }
}

/// How a job ended. Every job has exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The shop offers the product at this price.
    Price(Offer),
    /// There is no price, and why.
    Failure(Failure),
}

/// How far a price that moved beyond the limits is from counting. Such a price is no product's
/// last price and raises no alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unconfirmed {
    /// A second fetch will settle it.
    Pending,
    /// The second fetch did not bear it out.
    Final,
}

impl Unconfirmed {
    /// The name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Final => "final",
        }
    }
}

/// An owner's word that a stored price is wrong. The price stays in the history and is shown;
/// nothing counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Void {
    /// Why, in the owner's words.
    pub reason: String,
    /// When it was voided.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl Void {
    /// The longest reason, in bytes.
    pub const MAX_REASON: usize = 300;
}

/// The last confirmed price that was known when an outcome was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PreviousPrice {
    /// The price.
    pub price: Money,
    /// The slot it was fetched for; earlier than that of the outcome.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub slot: Slot,
}

/// The stored outcome of one product in one run. Written once; only a price that is still to be
/// confirmed is settled later, once, and a failure whose job is tried again may become a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Which product.
    pub product: ProductId,
    /// In which run; the slot is the run's.
    pub run: RunId,
    /// The product's name when it was fetched, so that history reads as it was.
    pub name: String,
    /// Its category at that time.
    pub category: Option<String>,
    /// Its vendor at that time.
    pub vendor: Option<String>,
    /// When the outcome was known.
    pub fetched_at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// The confirmed price before it, written once with the outcome, so that what follows from the
    /// change can be done after a crash too. `None` if there was none, or if a price of a later
    /// slot was known already.
    pub previous: Option<PreviousPrice>,
    /// Whether its price does not count, or not yet.
    pub unconfirmed: Option<Unconfirmed>,
    /// Why an owner took its price out of what counts, if one did.
    pub void: Option<Void>,
    /// Whether the job of this failure is being tried again: a price would take its place.
    pub redriving: bool,
}

impl Observation {
    /// Whether nothing more is waited for: its price is not to be confirmed, and its job is not tried
    /// again.
    pub fn is_settled(&self) -> bool {
        self.unconfirmed != Some(Unconfirmed::Pending) && !self.redriving
    }

    /// An outcome that is known now. The product's name and groupings are those of `definition`;
    /// without one, its id is its name.
    pub fn new(
        run: RunId,
        product: ProductId,
        definition: Option<&Product>,
        outcome: Outcome,
    ) -> Self {
        let name = definition.map_or_else(|| product.to_string(), |known| known.name.clone());
        let outcome = match outcome {
            Outcome::Price(offer) => Outcome::Price(offer.cleaned()),
            failure @ Outcome::Failure(_) => failure,
        };
        Self {
            product,
            run,
            name,
            category: definition.and_then(|known| known.category.clone()),
            vendor: definition.and_then(|known| known.vendor.clone()),
            fetched_at: Timestamp::now(),
            outcome,
            previous: None,
            unconfirmed: None,
            void: None,
            redriving: false,
        }
    }

    /// The price of the outcome, if it counts: it is confirmed and not void.
    pub fn counted(&self) -> Option<&Offer> {
        match &self.outcome {
            Outcome::Price(offer) if self.unconfirmed.is_none() && self.void.is_none() => {
                Some(offer)
            }
            _ => None,
        }
    }
}
