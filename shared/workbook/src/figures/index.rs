//! Price indexes that compare like with like (the matched model, ILO *Consumer Price Index
//! Manual*, 2020, chapter 8): from one month to the next only the offers count that have a price
//! in both, and of what their prices did the geometric mean is taken (Jevons). The months are
//! chained. An offer that joins or leaves moves nothing.
//!
//! Logarithms are added up as integers, in units of 2^-64: the sum does not depend on the order
//! of the rows. Each of them is exact to some fifteen digits, an index is shown with two after
//! the point.

use hashbrown::HashMap;
use rust_decimal::Decimal;

use crate::figures::aggregate::MonthKey;
use crate::values::texts::TextId;

/// A natural logarithm in units of 2^-64.
pub(crate) type Log = i128;

const ONE: f64 = 18_446_744_073_709_551_616.0;

/// The logarithm of a mean; none of zero, from which no price can rise by a percentage.
pub(crate) fn log(sum: i128, count: u64) -> Option<Log> {
    // A number of 64 bits is one in fewer steps.
    #[expect(clippy::cast_precision_loss, reason = "to some fifteen digits")]
    let sum_of_prices = i64::try_from(sum).map_or_else(|_| sum as f64, |sum| sum as f64);
    #[expect(clippy::cast_precision_loss, reason = "to some fifteen digits")]
    let log = (sum_of_prices / count as f64).ln();
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^63")]
    (sum > 0).then_some((log * ONE) as Log)
}

/// A geometric mean that is being made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct GeometricMean {
    sum: Log,
    pub(crate) count: u64,
}

impl GeometricMean {
    pub(crate) fn add(&mut self, log: Log) {
        self.sum += log;
        self.count += 1;
    }

    /// The logarithm of the mean.
    pub(crate) fn log(self) -> Option<Log> {
        let count = i128::from(self.count);
        (count > 0).then(|| self.sum.div_euclid(count))
    }
}

/// A ratio in percent, to two places. Computed with some fifteen digits; what is nearer to a half
/// than that is taken for one, and rounded up.
pub(crate) fn in_percent(log: Log) -> Option<Decimal> {
    #[expect(clippy::cast_precision_loss, reason = "to some fifteen digits")]
    let hundredths = (log as f64 / ONE).exp() * 10_000.0;
    let rounded = (hundredths + 0.5 + hundredths * 1e-12 + 1e-9).floor();
    #[expect(clippy::cast_possible_truncation, reason = "below 10^15")]
    (rounded < 1e15).then(|| Decimal::new(rounded as i64, 2).normalize())
}

/// A month of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    /// Offers with a price in this month and in the one before.
    pub(crate) matched: u64,
    /// What their prices are in percent of those of the month before.
    pub(crate) change: Option<Decimal>,
    /// In percent of the first month. From a month on that has nothing in common with the one
    /// before, there is none.
    pub(crate) index: Option<Decimal>,
}

/// An index that is being made: its months, and what leads from the one before to each.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    months: Vec<u32>,
    links: Vec<GeometricMean>,
}

impl Chain {
    /// Adds what the price of an offer did between two months in which it has one, if the months
    /// are neighbours here.
    pub(crate) fn add(&mut self, before: (u32, Log), after: (u32, Log)) {
        if let Some(at) = self.place(after.0)
            && let Some(previous) = at.checked_sub(1)
            && self.months.get(previous) == Some(&before.0)
            && let Some(link) = self.links.get_mut(at)
        {
            link.add(after.1 - before.1);
        }
    }

    /// The place of a month. Mostly no month is missing.
    fn place(&self, month: u32) -> Option<usize> {
        let from_first = month.checked_sub(*self.months.first()?)? as usize;
        if self.months.get(from_first) == Some(&month) {
            return Some(from_first);
        }
        self.months.binary_search(&month).ok()
    }

    /// The months, each with its index.
    pub(crate) fn points(&self) -> impl Iterator<Item = (u32, Point)> {
        let mut so_far = None;
        let months = self.months.iter().zip(&self.links);
        months.enumerate().map(move |(at, (month, link))| {
            so_far = if at == 0 {
                Some(0)
            } else {
                so_far.zip(link.log()).map(|(so_far, link)| so_far + link)
            };
            let point = Point {
                matched: link.count,
                change: link.log().and_then(in_percent),
                index: so_far.and_then(in_percent),
            };
            (*month, point)
        })
    }
}

/// A category in a currency by its ISO 4217 number; all categories together have no text.
type Scope = (Option<TextId>, Option<u16>);

/// The indexes of all categories and currencies.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    places: HashMap<Scope, usize>,
    chains: Vec<Chain>,
}

/// Where the indexes of all products of a currency and of one category of them are.
pub(crate) type Places = [Option<usize>; 2];

impl Indexes {
    /// Indexes of the months in which there are prices.
    pub(crate) fn new(keys: impl Iterator<Item = MonthKey>) -> Self {
        let mut all = Self::default();
        for key in keys {
            if let Some(month) = key.month {
                for category in [None, Some(key.category)] {
                    let next = all.chains.len();
                    let place = *all.places.entry((category, key.currency)).or_insert(next);
                    if place == next {
                        all.chains.push(Chain::default());
                    }
                    if let Some(chain) = all.chains.get_mut(place) {
                        chain.months.push(month);
                    }
                }
            }
        }
        for chain in &mut all.chains {
            chain.months.sort_unstable();
            chain.months.dedup();
            chain.links = vec![GeometricMean::default(); chain.months.len()];
        }
        all
    }

    pub(crate) fn chain(&self, category: Option<TextId>, currency: Option<u16>) -> Option<&Chain> {
        self.chains.get(*self.places.get(&(category, currency))?)
    }

    /// The indexes in which a product has a part.
    pub(crate) fn places(&self, category: TextId, currency: Option<u16>) -> Places {
        [None, Some(category)].map(|category| self.places.get(&(category, currency)).copied())
    }

    /// Adds what an offer's price did to its category and to all products of its currency.
    pub(crate) fn add(&mut self, places: Places, before: (u32, Log), after: (u32, Log)) {
        for place in places.into_iter().flatten() {
            if let Some(chain) = self.chains.get_mut(place) {
                chain.add(before, after);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(months: &[u32]) -> Chain {
        Chain {
            months: months.to_vec(),
            links: vec![GeometricMean::default(); months.len()],
        }
    }

    fn indexes(chain: &Chain) -> Vec<Option<String>> {
        let points = chain.points();
        let indexes = points.map(|(_, point)| point.index.map(|index| index.to_string()));
        indexes.collect()
    }

    #[test]
    fn an_index_is_the_geometric_mean_of_matched_prices_chained() {
        let mut chain = chain(&[1, 2, 4]);
        let price = |price: i128| log(price, 1).unwrap();
        // Doubled and halved: nothing moved.
        chain.add((1, price(100)), (2, price(200)));
        chain.add((1, price(100)), (2, price(50)));
        chain.add((2, price(50)), (4, price(60)));
        // Not neighbours.
        chain.add((1, price(100)), (4, price(900)));
        let expected = ["100", "100", "120"].map(|index| Some(index.to_owned()));
        assert_eq!(indexes(&chain), expected);
    }

    #[test]
    fn an_index_ends_where_no_offer_has_both_months() {
        let mut chain = chain(&[1, 2, 3]);
        let price = |price: i128| log(price, 1).unwrap();
        chain.add((2, price(10)), (3, price(20)));
        assert_eq!(indexes(&chain), [Some("100".into()), None, None]);
    }

    #[test]
    fn a_half_is_rounded_up() {
        // 100.125 % and 100.005 %
        for (prices, shown) in [((800, 801), "100.13"), ((20_000, 20_001), "100.01")] {
            let log = log(prices.1, 1).unwrap() - log(prices.0, 1).unwrap();
            assert_eq!(in_percent(log).unwrap().to_string(), shown);
        }
    }
}
