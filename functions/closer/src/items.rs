//! The items that a run has news of: the settled outcomes of their offers, gathered while the run's jobs
//! are read once.
//!
//! A rule of an item is about its best offer, which is known when the last of its offers in the run is
//! settled. Only items that have a rule are gathered, so that this stays small whatever the run.

use std::collections::{BTreeMap, BTreeSet};

use model::{ItemId, Observation, Product, Scope, ScopedRule};

/// What a run says of items.
#[derive(Debug)]
pub(crate) struct ItemsOfRun {
    items: BTreeMap<ItemId, Offers>,
}

#[derive(Debug, Default)]
struct Offers {
    settled: Vec<(Observation, Product)>,
    is_open: bool,
}

impl ItemsOfRun {
    /// Gathers the items that these rules are about.
    pub(crate) fn of(rules: &[ScopedRule]) -> Self {
        let items = rules.iter().filter_map(|rule| match &rule.scope {
            Scope::Item(item) => Some(item.clone()),
            _ => None,
        });
        let items: BTreeSet<ItemId> = items.collect();
        Self {
            items: items
                .into_iter()
                .map(|item| (item, Offers::default()))
                .collect(),
        }
    }

    /// Adds a job of the run: its product, and its outcome if that is settled.
    pub(crate) fn job(&mut self, product: &Product, settled: Option<&Observation>) {
        let offers = product
            .item
            .as_ref()
            .and_then(|item| self.items.get_mut(item));
        match (offers, settled) {
            (Some(offers), Some(seen)) => offers.settled.push((seen.clone(), product.clone())),
            (Some(offers), None) => offers.is_open = true,
            (None, _) => {}
        }
    }

    /// The items of which something is settled, with the outcomes: those of which everything is, or
    /// all of them if nothing more is waited for.
    pub(crate) fn ready(
        self,
        all: bool,
    ) -> impl Iterator<Item = (ItemId, Vec<(Observation, Product)>)> {
        self.items
            .into_iter()
            .filter(move |(_, offers)| !offers.settled.is_empty() && (all || !offers.is_open))
            .map(|(item, offers)| (item, offers.settled))
    }
}
