//! Which of several amounts counts, and when none of them does.

use std::collections::{HashMap, HashSet};

use model::{Currency, Decimal, Failure, FailureReason, RangePrice};

use super::{Chooser, NOT_LOWEST, NOT_PINNED, OTHER_VARIANT, Refusal};
use crate::prices::Role;
use crate::{availability, sellers, steps};

impl Chooser<'_, '_, '_> {
    /// The different amounts, with their currencies, in the order in which they stand.
    fn distinct(&self) -> Vec<(Decimal, Option<Currency>)> {
        let mut seen = HashSet::new();
        let mut distinct = Vec::new();
        for &index in &self.alive {
            let price = self.price(index);
            if let Ok(amount) = price.amount
                && seen.insert((amount.normalize(), price.currency))
            {
                distinct.push((amount, price.currency));
            }
        }
        distinct
    }

    /// Leaves one amount: the sellers' cheapest, the variants' lowest if that is asked for, or the only one.
    pub(super) fn settle_amount(&mut self) -> Result<(), Refusal> {
        if let Some((low, high)) = self.range_of_variants() {
            if self.hints.range != Some(RangePrice::Lowest) {
                let detail = format!("the variants cost {low} to {high}; pin one of them");
                return Err(Refusal::Final(Failure::new(
                    FailureReason::Ambiguous,
                    detail,
                )));
            }
            self.range = Some((low, high));
        }
        let distinct = self.distinct();
        let currencies: HashSet<_> = distinct
            .iter()
            .filter_map(|(_, currency)| *currency)
            .collect();
        if distinct.len() > 1
            && currencies.len() < 2
            && sellers::are_sellers(self.reading, &self.alive)
        {
            // The cheapest seller that has it, else the cheapest.
            self.prefer("its seller cannot deliver", |this, index| {
                availability::can_be_had(this.reading.facts(index).availability)
            });
            let amount = |this: &Self, index: usize| {
                this.price(index).amount.clone().unwrap_or(Decimal::MAX)
            };
            let least = self.alive.iter().map(|index| amount(self, *index)).min();
            self.keep("another seller asks less", |this, index| {
                Some(amount(this, index)) == least
            });
            return Ok(());
        }
        if self.hints.range == Some(RangePrice::Lowest)
            && distinct.len() > 1
            && currencies.len() < 2
            && sellers::are_variants(self.reading, &self.alive)
        {
            let amounts = || distinct.iter().map(|(amount, _)| *amount);
            self.range = amounts().min().zip(amounts().max());
            let least = self.range.map(|(least, _)| least);
            self.keep(NOT_LOWEST, |this, index| {
                this.price(index).amount.as_ref().ok().copied() == least
            });
            return Ok(());
        }
        let amounts: HashSet<_> = distinct
            .iter()
            .map(|(amount, _)| amount.normalize())
            .collect();
        if amounts.len() > 1 || currencies.len() > 1 {
            return Err(Refusal::Final(Self::ambiguous(&distinct)));
        }
        Ok(())
    }

    fn ambiguous(distinct: &[(Decimal, Option<Currency>)]) -> Failure {
        let shown: Vec<String> = distinct
            .iter()
            .take(10)
            .map(|(amount, currency)| match currency {
                Some(currency) => format!("{amount} {}", currency.code()),
                None => amount.to_string(),
            })
            .collect();
        let more = if distinct.len() > 10 { ", …" } else { "" };
        let detail = format!(
            "{} equally good prices: {}{more}",
            distinct.len(),
            shown.join(", ")
        );
        Failure::new(FailureReason::Ambiguous, detail)
    }

    /// A range of prices of which nothing says that they are several sellers', if that is all that is
    /// left.
    fn range_of_variants(&self) -> Option<(Decimal, Decimal)> {
        let mut highest = HashMap::new();
        for other in &self.reading.prices.all {
            if other.role == Role::Highest {
                highest.entry(other.offer).or_insert(other);
            }
        }
        self.alive.iter().find_map(|&index| {
            steps::count(1);
            let price = self.price(index);
            if price.role != Role::Lowest {
                return None;
            }
            let high = highest.get(&price.offer)?;
            let (low, high) = (price.amount.as_ref().ok()?, high.amount.as_ref().ok()?);
            (low != high).then_some((*low, *high))
        })
    }

    /// What the variants cost that were passed over for the one that is meant.
    pub(super) fn amounts_of_others(&self) -> Vec<Decimal> {
        let prices = self.reading.prices.all.iter().zip(&self.verdicts);
        prices
            .filter(|(_, verdict)| [OTHER_VARIANT, NOT_PINNED, NOT_LOWEST].contains(*verdict))
            .filter_map(|(price, _)| price.amount.as_ref().ok().copied())
            .collect()
    }
}
