//! From the aggregation's numbers to the report's figures.

use std::sync::Arc;

use hashbrown::HashSet;
use iso_currency::Currency;
use rust_decimal::Decimal;
use rust_decimal::prelude::Zero;

use crate::figures::aggregate::{Aggregate, MonthKey, Totals};
use crate::figures::compare::{Comparison, compare};
use crate::figures::index::{Chain, Indexes, in_percent};
use crate::figures::products::Products;
use crate::figures::summary::{
    CategoryMonth, Courses, CurrencySummary, IndexMonth, Moment, Movers, Text, VendorSummary,
};
use crate::values::strings::Arena;

/// How many movers are listed in each direction.
const MOVERS: usize = 20;

/// The figures of a report.
pub(crate) struct Figures {
    pub(crate) currencies: Vec<CurrencySummary>,
    pub(crate) products: Products,
    pub(crate) categories: Vec<CategoryMonth>,
    pub(crate) vendors: Vec<VendorSummary>,
    pub(crate) movers: Movers,
    pub(crate) courses: Courses,
}

/// Turns sums into figures; the aggregation is used up on the way, so that both are never in
/// memory as a whole.
pub(crate) fn figures(aggregate: &mut Aggregate, texts: &Arc<Arena>) -> Figures {
    aggregate.close();
    let (products, comparison) = compare(aggregate, texts);
    Figures {
        currencies: currencies(aggregate, &comparison),
        categories: categories(aggregate, &comparison.indexes, texts),
        vendors: vendors(aggregate, &comparison, texts),
        movers: movers(&products),
        courses: comparison.courses,
        products,
    }
}

fn currencies(aggregate: &Aggregate, comparison: &Comparison) -> Vec<CurrencySummary> {
    let all = aggregate.currencies().into_iter();
    let all = all.map(|(currency, totals)| {
        let number = currency.map(Currency::numeric);
        let counts = comparison.currencies.get(&number);
        let (products, moved) = counts.copied().unwrap_or_default();
        let chain = comparison.indexes.chain(None, number);
        let points = chain.into_iter().flat_map(Chain::points);
        let months: Vec<IndexMonth> = points
            .map(|(month, point)| IndexMonth {
                month: shown_month(month),
                matched: point.matched,
                index: point.index,
            })
            .collect();
        let index = match &*months {
            [_, .., last] => last.index,
            _ => moved.log().and_then(in_percent),
        };
        CurrencySummary {
            currency,
            count: totals.count,
            products,
            sum: totals.sum.to_decimal(),
            minimum: totals.minimum.to_decimal(),
            maximum: totals.maximum.to_decimal(),
            mean: totals.sum.mean(totals.count),
            change_percent: index.map(|index| (index - Decimal::ONE_HUNDRED).normalize()),
            matched: moved.count,
            months,
        }
    });
    all.collect()
}

fn shown_month(month: u32) -> String {
    format!("{:04}-{:02}", month / 12, month % 12 + 1)
}

fn code(currency: Option<Currency>) -> Option<&'static str> {
    currency.map(|currency| currency.code())
}

/// A part in percent of a whole, to four places, rounded once.
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

fn vendors(
    aggregate: &mut Aggregate,
    comparison: &Comparison,
    texts: &Arc<Arena>,
) -> Vec<VendorSummary> {
    let mut vendors: Vec<VendorSummary> = std::mem::take(&mut aggregate.vendors)
        .into_iter()
        .map(|group| {
            let count = group.totals.count;
            let key = (group.vendor, group.currency.map(Currency::numeric));
            let beside = comparison.vendors.get(&key).copied().unwrap_or_default();
            let moved = beside.moved.log().and_then(in_percent);
            VendorSummary {
                vendor: Text::new(texts, group.vendor),
                currency: group.currency,
                count,
                products: beside.products,
                sum: group.totals.sum.to_decimal(),
                mean: group.totals.sum.mean(count),
                minimum: group.totals.minimum.to_decimal(),
                maximum: group.totals.maximum.to_decimal(),
                first_date: group.first.and_then(Moment::new),
                last_date: group.last.and_then(Moment::new),
                compared: beside.compared,
                lowest: beside.lowest,
                level_percent: beside.level.log().and_then(in_percent),
                change_percent: moved.map(|moved| (moved - Decimal::ONE_HUNDRED).normalize()),
            }
        })
        .collect();
    vendors.sort_by(|one, other| {
        (&*one.vendor, code(one.currency)).cmp(&(&*other.vendor, code(other.currency)))
    });
    vendors
}

fn categories(
    aggregate: &mut Aggregate,
    indexes: &Indexes,
    texts: &Arc<Arena>,
) -> Vec<CategoryMonth> {
    let mut months: Vec<(MonthKey, Totals)> = std::mem::take(&mut aggregate.months)
        .into_iter()
        .map(|(key, totals)| (MonthKey::unpacked(key), totals))
        .collect();
    let by_name = |key: &MonthKey| (texts.get(key.category), key.currency, key.month);
    months.sort_by(|(one, _), (other, _)| by_name(one).cmp(&by_name(other)));
    let of_one = |(one, _): &(MonthKey, Totals), (next, _): &(MonthKey, Totals)| {
        one.category == next.category && one.currency == next.currency
    };
    let mut categories = Vec::with_capacity(months.len());
    for months in months.chunk_by(of_one) {
        let first = months.first().map(|(key, _)| key);
        let chain = first.and_then(|key| indexes.chain(Some(key.category), key.currency));
        let mut points = chain.into_iter().flat_map(Chain::points);
        for (key, totals) in months {
            // A category's months are those of its chain, in the same order.
            let point = key.month.and_then(|_| points.next());
            let point = point.filter(|(month, _)| Some(*month) == key.month);
            let point = point.map(|(_, point)| point);
            categories.push(CategoryMonth {
                category: Text::new(texts, key.category),
                month: key.month.map(shown_month),
                currency: key.currency.and_then(Currency::from_numeric),
                count: totals.count,
                sum: totals.sum.to_decimal(),
                mean: totals.sum.mean(totals.count),
                minimum: totals.minimum.to_decimal(),
                maximum: totals.maximum.to_decimal(),
                matched: point.map_or(0, |point| point.matched),
                month_percent: point.and_then(|point| point.change),
                index: point.and_then(|point| point.index),
            });
        }
    }
    categories
}

fn movers(products: &Products) -> Movers {
    let mut moved: Vec<(Decimal, usize)> = products
        .moved()
        .map(|(at, percent)| (percent, at))
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

    #[test]
    fn a_percentage_is_rounded_once() {
        // 72.314 996 %, and a half.
        for (part, shown) in [("72.314996", "72.315"), ("0.00005", "0.0001")] {
            let percent = percent(part.parse().unwrap(), Decimal::from(100));
            assert_eq!(percent, Some(shown.parse().unwrap()));
        }
    }
}
