//! One row of an archive file.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::{
    Costs, Decimal, Observation, Outcome, Pack, PreviousPrice, Product, Source, Unconfirmed,
};

/// The outcome of one product in one run, and what was known of the product then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which writing of the run it belongs to.
    pub generation: u32,
    /// The stored outcome.
    pub observation: Observation,
    /// The list price that the page stated, in the currency of the price.
    pub list_amount: Option<Decimal>,
    /// The item that the product is an offer of.
    pub item: Option<model::ItemId>,
    /// The address that is fetched.
    pub url: Option<String>,
    /// Whom it is asked of: a host, or `coupang`.
    pub source: Option<String>,
    /// How much is sold for the price.
    pub pack: Option<Pack>,
    /// What is paid beside it.
    pub costs: Option<Costs>,
    /// Whether it came with an upload of past prices.
    pub imported: bool,
    /// The slot where the owner is.
    pub slot_local: DateTime,
    /// When the outcome was known, where the owner is.
    pub fetched_local: DateTime,
}

impl Row {
    /// The row of an observation. What is not stored with it is taken from the product's
    /// definition, where it still has one.
    pub fn new(
        observation: Observation,
        definition: Option<&Product>,
        generation: u32,
        zone: &TimeZone,
    ) -> Self {
        let local = |at: Timestamp| zone.to_datetime(at);
        Self {
            generation,
            slot_local: local(observation.run.slot.instant()),
            fetched_local: local(whole_seconds(observation.fetched_at)),
            list_amount: list_amount(&observation.outcome),
            item: definition.and_then(|known| known.item.clone()),
            url: definition.and_then(|known| known.source.url().map(str::to_owned)),
            source: definition.map(|known| source_name(&known.source)),
            pack: definition.and_then(|known| known.pack),
            costs: definition.and_then(|known| known.costs),
            imported: false,
            observation,
        }
    }

    /// The amount and the code of its currency, whether or not the price counts.
    pub(crate) fn price(&self) -> Option<&model::Offer> {
        match &self.observation.outcome {
            Outcome::Price(offer) => Some(offer),
            Outcome::Failure(_) => None,
        }
    }

    /// How far the price is from counting.
    pub(crate) fn unconfirmed(&self) -> Option<Unconfirmed> {
        self.observation.unconfirmed
    }

    /// The confirmed price before it.
    pub(crate) fn previous(&self) -> Option<PreviousPrice> {
        self.observation.previous
    }
}

/// The list price, where it is in the currency of the price.
fn list_amount(outcome: &Outcome) -> Option<Decimal> {
    let Outcome::Price(offer) = outcome else {
        return None;
    };
    let listed = offer.list_price?;
    (listed.currency == offer.price.currency).then_some(listed.amount)
}

/// The instant without fractions of a second, as files have it.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The host that is asked, or `coupang` for the lists of its API.
fn source_name(source: &Source) -> String {
    match source {
        Source::Coupang { .. } => "coupang".to_owned(),
        Source::Html { url, .. } | Source::Json { url, .. } => url
            .split_once("://")
            .map_or(url.as_str(), |(_, rest)| rest)
            .split(['/', '?', '#'])
            .next()
            .map(|authority| authority.rsplit('@').next().unwrap_or(authority))
            .unwrap_or_default()
            .to_owned(),
    }
}
