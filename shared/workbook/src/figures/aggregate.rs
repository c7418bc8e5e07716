//! Exact sums over typed rows, held compactly: a price is a small integer, a text a number.

use hashbrown::HashMap;
use iso_currency::Currency;

use crate::figures::occasions::{OccasionId, Occasions};
use crate::figures::prices::Values;
use crate::values::date::{Seconds, civil};
use crate::values::labels::Tally;
use crate::values::number::{Number, Sum};
use crate::values::texts::{NO_TEXT, TextId};
use crate::{Limits, Measure, ReadError};

/// A row as the aggregation takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) at: Option<Seconds>,
    /// What tells products apart: the code, or without one the name.
    pub(crate) key: TextId,
    pub(crate) name: TextId,
    pub(crate) sku: TextId,
    pub(crate) category: TextId,
    pub(crate) vendor: TextId,
    pub(crate) price: Number,
    pub(crate) currency: Option<Currency>,
}

/// A price and when it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    at: Seconds,
    pub(crate) price: Number,
}

impl Seen {
    /// Stands for no time, and comes before every other.
    const NEVER: Seconds = Seconds::MIN;

    fn new(at: Option<Seconds>, price: Number) -> Self {
        let at = at.unwrap_or(Self::NEVER);
        Self { at, price }
    }

    pub(crate) fn at(&self) -> Option<Seconds> {
        (self.at != Self::NEVER).then_some(self.at)
    }
}

/// One product in one currency. Of a product with a single price, which uploads may have by the
/// million, this is all.
pub(crate) struct ProductGroup {
    pub(crate) name: TextId,
    pub(crate) sku: TextId,
    pub(crate) category: TextId,
    pub(crate) currency: Option<Currency>,
    next: u32,
    /// The first row.
    pub(crate) one: Seen,
    pub(crate) occasion: OccasionId,
    /// The place of all its prices among [`Aggregate::prices`], if it has several.
    prices: u32,
}

/// All prices of a product that has several.
pub(crate) struct Prices {
    pub(crate) first: Seen,
    pub(crate) last: Seen,
    pub(crate) minimum: Seen,
    pub(crate) maximum: Seen,
    pub(crate) values: Values,
}

impl ProductGroup {
    /// All prices, of a product that has several.
    pub(crate) fn prices(&self) -> Option<usize> {
        (self.prices != NONE).then_some(self.prices as usize)
    }
}

impl Prices {
    fn new(one: Seen, occasion: OccasionId) -> Self {
        Self {
            first: one,
            last: one,
            minimum: one,
            maximum: one,
            values: Values::new(one.price, occasion),
        }
    }

    #[inline]
    fn add(&mut self, seen: Seen, occasion: OccasionId) {
        self.values.push(seen.price, occasion);
        if seen.at < self.first.at {
            self.first = seen;
        }
        if seen.at >= self.last.at {
            self.last = seen;
        }
        if seen.price.less(self.minimum.price) {
            self.minimum = seen;
        }
        if self.maximum.price.less(seen.price) {
            self.maximum = seen;
        }
    }
}

/// Count, sum and extremes of a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) sum: Sum,
    pub(crate) minimum: Number,
    pub(crate) maximum: Number,
}

/// One vendor in one currency.
pub(crate) struct VendorGroup {
    pub(crate) vendor: TextId,
    pub(crate) currency: Option<Currency>,
    next: u32,
    pub(crate) totals: Totals,
    pub(crate) first: Option<Seconds>,
    pub(crate) last: Option<Seconds>,
}

/// A category in a month (`year * 12 + month - 1`), in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MonthKey {
    pub(crate) category: TextId,
    pub(crate) month: Option<u32>,
    /// By its ISO 4217 number.
    pub(crate) currency: Option<u16>,
}

impl MonthKey {
    /// All of it in one number, which is quicker to hash: 32 bits of category, 20 of month, 12
    /// of currency. Years end at 9999, currencies at 999.
    fn packed(self) -> u64 {
        let month = self.month.map_or(0, |month| month + 1) & 0xf_ffff;
        let currency = self.currency.map_or(0, |currency| currency + 1) & 0xfff;
        u64::from(self.category) << 32 | u64::from(month) << 12 | u64::from(currency)
    }

    pub(crate) fn unpacked(packed: u64) -> Self {
        Self {
            category: (packed >> 32) as u32,
            month: ((packed >> 12 & 0xf_ffff) as u32).checked_sub(1),
            currency: ((packed & 0xfff) as u16).checked_sub(1),
        }
    }
}

/// The months by their keys, and those that rows had lately, which most rows have again.
#[derive(Default)]
struct MonthIndex {
    all: HashMap<u64, u32>,
    lately: Vec<u32>,
}

/// Everything that was seen.
#[derive(Default)]
pub(crate) struct Aggregate {
    pub(crate) products: Vec<ProductGroup>,
    pub(crate) prices: Vec<Prices>,
    pub(crate) occasions: Occasions,
    product_heads: Vec<u32>,
    pub(crate) vendors: Vec<VendorGroup>,
    vendor_heads: Vec<u32>,
    /// By [`MonthKey`], packed.
    pub(crate) months: Vec<(u64, Totals)>,
    month_index: MonthIndex,
    pub(crate) rows: u64,
    pub(crate) zero_prices: u64,
    pub(crate) first: Option<Seconds>,
    pub(crate) last: Option<Seconds>,
}

const NONE: u32 = u32::MAX;

impl Totals {
    fn new(price: Number) -> Self {
        let mut sum = Sum::default();
        sum.add(price);
        Self {
            count: 1,
            sum,
            minimum: price,
            maximum: price,
        }
    }

    #[inline]
    fn add(&mut self, price: Number) {
        self.count += 1;
        self.sum.add(price);
        self.widen(price, price);
    }

    #[inline]
    fn widen(&mut self, low: Number, high: Number) {
        if low.less(self.minimum) {
            self.minimum = low;
        }
        if self.maximum.less(high) {
            self.maximum = high;
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.count += other.count;
        self.sum.add_all(other.sum);
        self.widen(other.minimum, other.maximum);
    }
}

fn code(currency: Option<Currency>) -> Option<u16> {
    currency.map(Currency::numeric)
}

/// Finds an entry in the chain that starts at a text's head.
fn find<T>(
    heads: &mut Vec<u32>,
    text: TextId,
    entries: &[T],
    next: impl Fn(&T) -> u32,
    is: impl Fn(&T) -> bool,
) -> Result<usize, u32> {
    let slot = text as usize;
    if heads.len() <= slot {
        heads.resize((slot + 1).next_power_of_two().max(64), NONE);
    }
    let head = heads[slot];
    let mut at = head;
    while let Some(entry) = entries.get(at as usize) {
        if is(entry) {
            return Ok(at as usize);
        }
        at = next(entry);
    }
    Err(head)
}

impl Aggregate {
    /// Adds a row.
    pub(crate) fn add(&mut self, row: &Row, limits: &Limits) -> Result<(), ReadError> {
        self.rows += 1;
        self.zero_prices += u64::from(row.price == Number::default());
        if let Some(at) = row.at {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
        let occasion = self.occasions.id(row.at, row.vendor);
        self.add_product(row, occasion, limits)?;
        if row.vendor != NO_TEXT {
            self.add_vendor(row);
        }
        let month = row.at.map(|_| self.occasions.get(occasion).month);
        let key = MonthKey {
            category: row.category,
            month,
            currency: code(row.currency),
        };
        self.add_month(key.packed(), row.price);
        Ok(())
    }

    #[inline]
    fn add_month(&mut self, key: u64, price: Number) {
        // The upper bits of the product hang on all bits of the key (Fibonacci hashing).
        let [slot, ..] = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        let index = &mut self.month_index;
        if let Some(&lately) = index.lately.get(usize::from(slot))
            && let Some((same, totals)) = self.months.get_mut(lately as usize)
            && *same == key
        {
            return totals.add(price);
        }
        index.lately.resize(256, NONE);
        let new = u32::try_from(self.months.len()).unwrap_or(NONE);
        let at = *index.all.entry(key).or_insert(new);
        index.lately[usize::from(slot)] = at;
        match self.months.get_mut(at as usize) {
            Some((_, totals)) => totals.add(price),
            None => self.months.push((key, Totals::new(price))),
        }
    }

    /// The currencies in the order in which they were first seen.
    pub(crate) fn currencies(&self) -> Vec<(Option<Currency>, Totals)> {
        let mut currencies: Vec<(Option<Currency>, Totals)> = Vec::new();
        for (key, totals) in &self.months {
            let code = MonthKey::unpacked(*key).currency;
            let currency = code.and_then(Currency::from_numeric);
            match currencies.iter_mut().find(|(same, _)| *same == currency) {
                Some((_, all)) => all.add_all(totals),
                None => currencies.push((currency, *totals)),
            }
        }
        currencies
    }

    /// All prices so far, whatever their currency.
    pub(crate) fn tally(&self) -> Tally {
        let mut sum = Sum::default();
        for (_, totals) in &self.months {
            sum.add_all(totals.sum);
        }
        Tally {
            count: self.rows,
            sum: sum.to_decimal(),
        }
    }

    fn add_product(
        &mut self,
        row: &Row,
        occasion: OccasionId,
        limits: &Limits,
    ) -> Result<(), ReadError> {
        let seen = Seen::new(row.at, row.price);
        let found = find(
            &mut self.product_heads,
            row.key,
            &self.products,
            |group| group.next,
            |group| group.currency == row.currency,
        );
        match found {
            Ok(at) => {
                let group = &mut self.products[at];
                if let Some(prices) = self.prices.get_mut(group.prices as usize) {
                    prices.add(seen, occasion);
                } else {
                    let mut prices = Prices::new(group.one, group.occasion);
                    prices.add(seen, occasion);
                    group.prices = u32::try_from(self.prices.len()).unwrap_or(NONE);
                    self.prices.push(prices);
                }
                if group.category == NO_TEXT {
                    group.category = row.category;
                }
                // A row without a name has its code for one.
                if group.name == group.sku {
                    group.name = row.name;
                }
            }
            Err(next) => {
                if self.products.len() as u64 >= limits.products {
                    return Err(ReadError::TooLarge {
                        what: Measure::Products,
                        limit: limits.products,
                        place: None,
                    });
                }
                self.product_heads[row.key as usize] =
                    u32::try_from(self.products.len()).unwrap_or(NONE);
                self.products.push(ProductGroup {
                    name: row.name,
                    sku: row.sku,
                    category: row.category,
                    currency: row.currency,
                    next,
                    one: seen,
                    occasion,
                    prices: NONE,
                });
            }
        }
        Ok(())
    }

    /// Frees what only new rows need.
    pub(crate) fn close(&mut self) {
        self.product_heads = Vec::new();
        self.vendor_heads = Vec::new();
        self.month_index = MonthIndex::default();
        self.occasions.close();
    }

    /// Adds to the vendor's group.
    fn add_vendor(&mut self, row: &Row) {
        let found = find(
            &mut self.vendor_heads,
            row.vendor,
            &self.vendors,
            |group| group.next,
            |group| group.currency == row.currency,
        );
        match found {
            Ok(at) => {
                let group = &mut self.vendors[at];
                group.totals.add(row.price);
                if let Some(at) = row.at {
                    group.first = Some(group.first.map_or(at, |first| first.min(at)));
                    group.last = Some(group.last.map_or(at, |last| last.max(at)));
                }
            }
            Err(next) => {
                let index = u32::try_from(self.vendors.len()).unwrap_or(NONE);
                self.vendor_heads[row.vendor as usize] = index;
                self.vendors.push(VendorGroup {
                    vendor: row.vendor,
                    currency: row.currency,
                    next,
                    totals: Totals::new(row.price),
                    first: row.at,
                    last: row.at,
                });
            }
        }
    }
}

/// `year * 12 + month - 1`.
pub(crate) fn month_of(at: Seconds) -> u32 {
    civil(at).map_or(0, |at| {
        u32::from(at.year().unsigned_abs()) * 12 + u32::from(at.month().unsigned_abs()) - 1
    })
}
