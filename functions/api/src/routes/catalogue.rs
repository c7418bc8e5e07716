//! `/api/catalogue`: every product at once, in columns, for a list that sorts and filters itself.

use std::collections::HashMap;

use model::ProductId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, Request};
use crate::listing::{self, ProductRow, State};

/// The levels of a trend, lowest first.
const LEVELS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Every product, followed or paused, by id. Each column has a value for each product; a column of
/// texts that repeat has places in the list of that name, and null for none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct CatalogueView {
    /// Their ids.
    id: Vec<ProductId>,
    /// Their names.
    name: Vec<String>,
    /// Place in `categories`.
    category: Vec<Option<usize>>,
    /// Place in `vendors`.
    vendor: Vec<Option<usize>>,
    /// Place in `items`.
    item: Vec<Option<usize>>,
    /// Places in `tag_names`.
    tags: Vec<Vec<usize>>,
    /// Place in `sources`.
    source: Vec<Option<usize>>,
    /// How many alert rules of its own it has.
    alerts: Vec<usize>,
    /// What became of it lately.
    state: Vec<State>,
    /// The amount of its last price that counts.
    amount: Vec<Option<String>>,
    /// Place in `currencies`.
    currency: Vec<Option<usize>>,
    /// Place in `availabilities`: whether it could be had.
    availability: Vec<Option<usize>>,
    /// The change from the price before, in percent of it.
    change: Vec<Option<String>>,
    /// When that change came: seconds since 1970.
    changed: Vec<Option<i64>>,
    /// How the price stands among the last ones: place in `verdicts`.
    verdict: Vec<Option<usize>>,
    /// Why the last outcome is no price: place in `reasons`.
    failure: Vec<Option<usize>>,
    /// The last outcomes, oldest first, a character for each: `-` for none, `.` for the same as
    /// before, else a level of 62 from `0`, the lowest, to `z`, the highest of them.
    trend: Vec<String>,
    categories: Vec<String>,
    vendors: Vec<String>,
    items: Vec<String>,
    tag_names: Vec<String>,
    sources: Vec<String>,
    currencies: Vec<String>,
    availabilities: Vec<String>,
    verdicts: Vec<String>,
    reasons: Vec<String>,
}

/// The different texts of a column.
#[derive(Default)]
struct Words {
    places: HashMap<String, usize>,
    words: Vec<String>,
}

impl Words {
    fn place(&mut self, word: Option<&str>) -> Option<usize> {
        let word = word?;
        if let Some(place) = self.places.get(word) {
            return Some(*place);
        }
        let place = self.words.len();
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), place);
        Some(place)
    }
}

impl CatalogueView {
    fn of(mut rows: Vec<ProductRow>) -> Self {
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        let mut view = Self::default();
        let [
            mut categories,
            mut vendors,
            mut items,
            mut tags,
            mut sources,
        ] = std::array::from_fn(|_| Words::default());
        let [
            mut currencies,
            mut availabilities,
            mut verdicts,
            mut reasons,
        ] = std::array::from_fn(|_| Words::default());
        for row in rows {
            view.trend.push(levels(&row.trend));
            view.id.push(row.id);
            view.name.push(row.name);
            view.category
                .push(categories.place(row.category.as_deref()));
            view.vendor.push(vendors.place(row.vendor.as_deref()));
            let item = row.item.as_ref().map(model::ItemId::as_str);
            view.item.push(items.place(item));
            let places = row.tags.iter().map(|tag| tags.place(Some(tag.as_str())));
            view.tags.push(places.flatten().collect());
            view.source.push(sources.place(Some(&row.source)));
            view.alerts.push(row.alerts);
            view.state.push(row.state);
            let amount = row.price.map(|price| price.amount.to_string());
            view.amount.push(amount);
            let currency = row.price.map(|price| price.currency.code());
            view.currency.push(currencies.place(currency));
            let availability = row.availability.map(model::Availability::name);
            view.availability.push(availabilities.place(availability));
            view.change.push(row.change_percent);
            let changed = row.changed.map(|slot| slot.instant().as_second());
            view.changed.push(changed);
            view.verdict.push(verdicts.place(row.verdict));
            let reason = row.failure.map(|failure| failure.reason.name());
            view.failure.push(reasons.place(reason));
        }
        view.categories = categories.words;
        view.vendors = vendors.words;
        view.items = items.words;
        view.tag_names = tags.words;
        view.sources = sources.words;
        view.currencies = currencies.words;
        view.availabilities = availabilities.words;
        view.verdicts = verdicts.words;
        view.reasons = reasons.words;
        view
    }
}

/// A trend as characters. It is a picture, so amounts may be rounded here.
fn levels(trend: &[Option<String>]) -> String {
    let amounts: Vec<Option<f64>> = trend
        .iter()
        .map(|amount| amount.as_ref()?.parse().ok())
        .collect();
    let known = || amounts.iter().flatten().copied();
    let (low, high) = (
        known().fold(f64::INFINITY, f64::min),
        known().fold(f64::NEG_INFINITY, f64::max),
    );
    let level = |amount: &Option<f64>| match amount {
        None => '-',
        Some(amount) => {
            let part = if high > low {
                (amount - low) / (high - low)
            } else {
                0.5
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of 61 is from 0 to 61"
            )]
            let level = (part * 61.0).round() as usize;
            char::from(*LEVELS.get(level).unwrap_or(&b'z'))
        }
    };
    // Most outcomes are as those before: written so, a list of trends is a third as long on the wire.
    let mut before = None;
    let levels = amounts.iter().map(level).map(|level| {
        if before.replace(level) == Some(level) {
            '.'
        } else {
            level
        }
    });
    levels.collect()
}

pub(crate) async fn get(api: &Api, _: &Request) -> Result<Json<CatalogueView>, ApiError> {
    Ok(Json(CatalogueView::of(listing::rows(api).await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_a_level_for_each_outcome() {
        let amounts = |some: &[&str]| -> Vec<Option<String>> {
            some.iter()
                .map(|text| (!text.is_empty()).then(|| (*text).to_owned()))
                .collect()
        };
        assert_eq!(levels(&amounts(&["100", "", "200", "150"])), "0-zV");
        assert_eq!(levels(&amounts(&["100", "100"])), "V.");
        assert_eq!(levels(&amounts(&["", "", "1"])), "-.V");
        assert_eq!(levels(&[]), "");
    }
}
