//! From the aggregation's numbers to the report's figures.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use iso_currency::Currency;
use rust_decimal::Decimal;
use rust_decimal::prelude::Zero;

use crate::figures::aggregate::{Aggregate, MonthKey, ProductGroup, Totals, month_of};
use crate::figures::summary::{
    CategoryMonth, CurrencySummary, Moment, Movers, Presence, ProductSummary, Text, VendorSummary,
};
use crate::values::strings::Arena;

/// After how many products their memory is given back.
const RETURNED: usize = 1 << 16;

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

/// Turns sums into figures; the aggregation is used up on the way, so that both are never in
/// memory as a whole.
pub(crate) fn figures(aggregate: &mut Aggregate, texts: &Arc<Arena>) -> Figures {
    let period = aggregate
        .first
        .zip(aggregate.last)
        .map(|(first, last)| (month_of(first), month_of(last)));

    let mut per_currency: HashMap<Option<Currency>, u64> = HashMap::new();
    let mut groups = std::mem::take(&mut aggregate.products);
    let mut products = Vec::with_capacity(groups.len());
    while let Some(group) = groups.pop() {
        *per_currency.entry(group.currency).or_default() += 1;
        products.push(product(group, texts, period));
        if groups.len().is_multiple_of(RETURNED) {
            groups.shrink_to_fit();
        }
    }
    sort(&mut products, texts);

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

    let vendors = vendors(aggregate, texts);
    let categories = categories(aggregate, texts);
    let movers = movers(&products);
    Figures {
        currencies,
        products,
        categories,
        vendors,
        movers,
    }
}

/// Sorts by name, code and currency, which together are a product's own. Their places are sorted,
/// by names at hand, and not they themselves, which are large.
fn sort(products: &mut [ProductSummary], texts: &Arena) {
    let names = products.iter().map(|one| texts.get(one.product.id()));
    let mut order: Vec<(&str, u32)> = names.zip(0..).collect();
    let rest = |at: u32| {
        let product = products.get(at as usize);
        product.map(|one| (&*one.sku, code(one.currency)))
    };
    order.sort_unstable_by(|(name, at), (other, other_at)| {
        name.cmp(other)
            .then_with(|| rest(*at).cmp(&rest(*other_at)))
    });
    let mut order: Vec<usize> = order.into_iter().map(|(_, at)| at as usize).collect();
    for start in 0..order.len() {
        // Each takes the place of one that goes on to its own, until the first one is at home.
        let mut place = start;
        while order[place] != place {
            let from = std::mem::replace(&mut order[place], place);
            if from == start {
                break;
            }
            products.swap(place, from);
            place = from;
        }
    }
}

fn code(currency: Option<Currency>) -> Option<&'static str> {
    currency.map(|currency| currency.code())
}

fn product(group: ProductGroup, texts: &Arc<Arena>, period: Option<(u32, u32)>) -> ProductSummary {
    let statistics = group.values.finish();
    let (first, last) = (
        group.first.price.to_decimal(),
        group.last.price.to_decimal(),
    );
    let change = last - first;
    let change_percent = percent(change, first);
    let presence = match (period, group.first.at(), group.last.at()) {
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
        product: Text::new(texts, group.name),
        sku: Text::new(texts, group.sku),
        category: Text::new(texts, group.category),
        currency: group.currency,
        count: statistics.count,
        first,
        first_date: group.first.at().and_then(Moment::new),
        last,
        last_date: group.last.at().and_then(Moment::new),
        minimum: group.minimum.price.to_decimal(),
        minimum_date: group.minimum.at().and_then(Moment::new),
        maximum: group.maximum.price.to_decimal(),
        maximum_date: group.maximum.at().and_then(Moment::new),
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
    percent_to(4, part, whole)
}

/// A part in percent of a whole, rounded once.
fn percent_to(places: u32, part: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole.is_zero() {
        return None;
    }
    // Dividing first would lose digits. Multiplying first may overflow, but not at the prices of
    // an upload, which stay below 10^15.
    let percent = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(
        percent
            .round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
            .normalize(),
    )
}

fn vendors(aggregate: &mut Aggregate, texts: &Arc<Arena>) -> Vec<VendorSummary> {
    let mut vendors: Vec<VendorSummary> = std::mem::take(&mut aggregate.vendors)
        .into_iter()
        .map(|group| {
            let count = group.totals.count;
            VendorSummary {
                vendor: Text::new(texts, group.vendor),
                currency: group.currency,
                count,
                products: group.products,
                sum: group.totals.sum.to_decimal(),
                mean: group.totals.sum.mean(count),
                minimum: group.totals.minimum.to_decimal(),
                maximum: group.totals.maximum.to_decimal(),
                first_date: group.first.and_then(Moment::new),
                last_date: group.last.and_then(Moment::new),
            }
        })
        .collect();
    vendors.sort_by(|one, other| {
        (&*one.vendor, code(one.currency)).cmp(&(&*other.vendor, code(other.currency)))
    });
    vendors
}

fn categories(aggregate: &mut Aggregate, texts: &Arc<Arena>) -> Vec<CategoryMonth> {
    let mut months: Vec<(MonthKey, Totals)> = std::mem::take(&mut aggregate.months)
        .into_iter()
        .map(|(key, totals)| (MonthKey::unpacked(key), totals))
        .collect();
    let by_name = |key: &MonthKey| (texts.get(key.category), key.currency, key.month);
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
                .and_then(|(_, base)| percent_to(2, mean, *base));
            CategoryMonth {
                category: Text::new(texts, key.category),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::figures::aggregate::Row;
    use crate::values::number::Number;
    use crate::values::texts::NO_TEXT;

    #[test]
    fn an_index_is_rounded_once() {
        let of = |mean: i64| percent_to(2, Decimal::new(mean, 4), Decimal::from(100));
        // 72.314996 % would be 72.3150 % at first, and then 72.32 %.
        let below = percent_to(2, Decimal::new(72_314_996, 6), Decimal::from(100));
        assert_eq!(below, Some(Decimal::new(7_231, 2)));
        assert_eq!(of(723_150), Some(Decimal::new(7_232, 2)));
        assert_eq!(of(723_250), Some(Decimal::new(7_233, 2)));
    }

    #[test]
    fn products_are_sorted_by_name_then_code() {
        let mut texts = Arena::default();
        let names = ["나", "가", "다", "b", "a", "가", "라", "가"];
        let products: Vec<(String, String)> = (0_u32..)
            .zip(names)
            .map(|(at, name)| (name.to_owned(), format!("P{}", at * 5 % 7)))
            .collect();
        for (name, sku) in &products {
            assert!(texts.push(name) && texts.push(sku));
        }
        let texts = Arc::new(texts);
        let mut summaries: Vec<ProductSummary> = (0..8)
            .map(|at| {
                let price = Number::new(1, 0);
                let mut group = Aggregate::default();
                let row = Row {
                    at: None,
                    key: 2 * at + 1,
                    name: 2 * at,
                    sku: 2 * at + 1,
                    category: NO_TEXT,
                    vendor: NO_TEXT,
                    price,
                    currency: None,
                };
                group.add(&row, &Limits::default()).unwrap();
                product(group.products.remove(0), &texts, None)
            })
            .collect();
        sort(&mut summaries, &texts);
        let sorted: Vec<(String, String)> = summaries
            .iter()
            .map(|one| (one.product.to_string(), one.sku.to_string()))
            .collect();
        let mut expected = products;
        expected.sort();
        assert_eq!(sorted, expected);
    }
}
