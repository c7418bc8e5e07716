//! From the aggregation's numbers to the report's figures.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use iso_currency::Currency;
use rust_decimal::Decimal;
use rust_decimal::prelude::Zero;

use crate::aggregate::{Aggregate, MonthKey, ProductGroup, Totals, month_of};
use crate::summary::{
    CategoryMonth, CurrencySummary, Movers, Presence, ProductSummary, VendorSummary,
};
use crate::texts::{NO_TEXT, TextId, Texts};

/// How many movers are listed in each direction.
const MOVERS: usize = 20;

/// The figures of a report.
pub(crate) struct Figures {
    pub(crate) currencies: Vec<CurrencySummary>,
    pub(crate) products: Vec<ProductSummary>,
    pub(crate) categories: Vec<CategoryMonth>,
    pub(crate) vendors: Vec<VendorSummary>,
    pub(crate) movers: Movers,
}

/// Texts that many rows share, made once.
struct Names<'a> {
    texts: &'a Texts,
    made: HashMap<TextId, Arc<str>>,
    none: Arc<str>,
}

impl Names<'_> {
    fn get(&mut self, id: TextId) -> Arc<str> {
        if id == NO_TEXT {
            return self.none.clone();
        }
        self.made
            .entry(id)
            .or_insert_with(|| Arc::from(self.texts.get(id)))
            .clone()
    }

    fn once(&self, id: TextId) -> Arc<str> {
        if id == NO_TEXT {
            self.none.clone()
        } else {
            Arc::from(self.texts.get(id))
        }
    }
}

/// Turns sums into figures; the aggregation is used up on the way, so that both are never in
/// memory as a whole.
pub(crate) fn figures(aggregate: &mut Aggregate, texts: &Texts) -> Figures {
    let mut names = Names {
        texts,
        made: HashMap::new(),
        none: Arc::from(""),
    };
    let period = aggregate
        .first
        .zip(aggregate.last)
        .map(|(first, last)| (month_of(first), month_of(last)));

    let mut per_currency: HashMap<Option<Currency>, u64> = HashMap::new();
    let mut products = Vec::with_capacity(aggregate.products.len());
    for group in std::mem::take(&mut aggregate.products) {
        *per_currency.entry(group.currency).or_default() += 1;
        products.push(product(group, &mut names, period));
    }
    products.sort_by(|one, other| {
        (&one.product, &one.sku, code(one.currency)).cmp(&(
            &other.product,
            &other.sku,
            code(other.currency),
        ))
    });

    let currencies = aggregate
        .currencies()
        .into_iter()
        .map(|(currency, totals)| CurrencySummary {
            currency,
            count: totals.count,
            products: per_currency.get(&currency).copied().unwrap_or(0),
            sum: totals.sum.to_decimal(),
            minimum: totals.minimum.to_decimal(),
            maximum: totals.maximum.to_decimal(),
            mean: totals.sum.mean(totals.count),
        })
        .collect();

    let vendors = vendors(aggregate, &mut names);
    let categories = categories(aggregate, &mut names);
    let movers = movers(&products);
    Figures {
        currencies,
        products,
        categories,
        vendors,
        movers,
    }
}

fn code(currency: Option<Currency>) -> Option<&'static str> {
    currency.map(|currency| currency.code())
}

fn product(
    group: ProductGroup,
    names: &mut Names<'_>,
    period: Option<(u32, u32)>,
) -> ProductSummary {
    let statistics = group.values.finish();
    let (first, last) = (
        group.first.price.to_decimal(),
        group.last.price.to_decimal(),
    );
    let change = last - first;
    let change_percent = percent(change, first);
    let presence = match (period, group.first.at, group.last.at) {
        (Some((from, to)), Some(first), Some(last)) if from != to => {
            let (first, last) = (month_of(first), month_of(last));
            if last < to {
                Presence::Gone
            } else if first == to {
                Presence::New
            } else if first > from {
                Presence::Later
            } else {
                Presence::Steady
            }
        }
        _ => Presence::Steady,
    };
    ProductSummary {
        product: names.once(group.name),
        sku: names.once(group.sku),
        category: names.get(group.category),
        currency: group.currency,
        count: statistics.count,
        first,
        first_date: group.first.at,
        last,
        last_date: group.last.at,
        minimum: group.minimum.price.to_decimal(),
        minimum_date: group.minimum.at,
        maximum: group.maximum.price.to_decimal(),
        maximum_date: group.maximum.at,
        mean: statistics.mean,
        median: statistics.median,
        deviation: statistics.deviation,
        change,
        change_percent,
        presence,
    }
}

/// A part in percent of a whole, to four places.
pub(crate) fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole.is_zero() {
        return None;
    }
    // Dividing first would lose digits. Multiplying first may overflow, but not at the prices of
    // an upload, which stay below 10^15.
    let percent = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(
        percent
            .round_dp_with_strategy(4, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
            .normalize(),
    )
}

fn vendors(aggregate: &mut Aggregate, names: &mut Names<'_>) -> Vec<VendorSummary> {
    let mut vendors: Vec<VendorSummary> = std::mem::take(&mut aggregate.vendors)
        .into_iter()
        .map(|group| {
            let count = group.totals.count;
            VendorSummary {
                vendor: names.get(group.vendor),
                currency: group.currency,
                count,
                products: group.products,
                sum: group.totals.sum.to_decimal(),
                mean: group.totals.sum.mean(count),
                minimum: group.totals.minimum.to_decimal(),
                maximum: group.totals.maximum.to_decimal(),
                first_date: group.first,
                last_date: group.last,
            }
        })
        .collect();
    vendors.sort_by(|one, other| {
        (&one.vendor, code(one.currency)).cmp(&(&other.vendor, code(other.currency)))
    });
    vendors
}

fn categories(aggregate: &mut Aggregate, names: &mut Names<'_>) -> Vec<CategoryMonth> {
    let mut months: Vec<(MonthKey, Totals)> = std::mem::take(&mut aggregate.months)
        .into_iter()
        .map(|(key, totals)| (MonthKey::unpacked(key), totals))
        .collect();
    let by_name = |key: &MonthKey| (names.texts.get(key.category), key.currency, key.month);
    months.sort_by(|(one, _), (other, _)| by_name(one).cmp(&by_name(other)));
    let mut base: Option<(MonthKey, Decimal)> = None;
    months
        .into_iter()
        .map(|(key, totals)| {
            let mean = totals.sum.mean(totals.count);
            let same = base.as_ref().is_some_and(|(first, _)| {
                first.category == key.category && first.currency == key.currency
            });
            if !same {
                base = key.month.map(|_| (key, mean));
            }
            let index = base
                .as_ref()
                .and_then(|(_, base)| percent(mean, *base))
                .map(|index| index.round_dp(2).normalize());
            CategoryMonth {
                category: names.get(key.category),
                month: key
                    .month
                    .map(|month| format!("{:04}-{:02}", month / 12, month % 12 + 1)),
                currency: key.currency.and_then(Currency::from_numeric),
                count: totals.count,
                sum: totals.sum.to_decimal(),
                mean,
                minimum: totals.minimum.to_decimal(),
                maximum: totals.maximum.to_decimal(),
                index,
            }
        })
        .collect()
}

fn movers(products: &[ProductSummary]) -> Movers {
    let mut moved: Vec<(Decimal, usize)> = products
        .iter()
        .enumerate()
        .filter_map(|(at, product)| {
            Some((
                product
                    .change_percent
                    .filter(|percent| !percent.is_zero())?,
                at,
            ))
        })
        .collect();
    moved.sort_by(|(one, at), (other, other_at)| other.cmp(one).then(at.cmp(other_at)));
    let up = moved
        .iter()
        .take_while(|(percent, _)| *percent > Decimal::zero())
        .take(MOVERS)
        .map(|(_, at)| *at)
        .collect();
    let down = moved
        .iter()
        .rev()
        .take_while(|(percent, _)| *percent < Decimal::zero())
        .take(MOVERS)
        .map(|(_, at)| *at)
        .collect();
    Movers { up, down }
}

/// Months with at least one price, for charts.
pub(crate) fn months(categories: &[CategoryMonth]) -> Vec<String> {
    let months: HashSet<&String> = categories
        .iter()
        .filter_map(|one| one.month.as_ref())
        .collect();
    let mut months: Vec<String> = months.into_iter().cloned().collect();
    months.sort();
    months
}
