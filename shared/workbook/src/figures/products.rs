//! The products of a report, held compactly: a million of them with a price each take little more
//! than their names.

use std::sync::Arc;

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::figures::aggregate::{ProductGroup, Seen, month_of};
use crate::figures::finish::percent;
use crate::figures::occasions::NO_DAY;
use crate::figures::prices::Statistics;
use crate::figures::summary::{Moment, OfferPrice, OfferSummary, Presence, ProductSummary, Text};
use crate::values::date::DAY;
use crate::values::strings::Arena;
use crate::values::texts::TextId;

/// Every product of an upload in each of its currencies, by name.
#[derive(Debug, Clone, Default)]
pub struct Products {
    texts: Arc<Arena>,
    all: Vec<Product>,
    /// Those with several prices.
    several: Vec<Several>,
    offers: Vec<LastPrice>,
    /// The first and the last month of the upload.
    period: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Copy)]
struct Product {
    name: TextId,
    sku: TextId,
    category: TextId,
    vendor: TextId,
    currency: Option<Currency>,
    /// Its place among those with several prices.
    several: u32,
    /// The first row.
    one: Seen,
}

/// The figures of a product with several prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Several {
    pub(crate) first: Seen,
    pub(crate) last: Seen,
    pub(crate) minimum: Seen,
    pub(crate) maximum: Seen,
    pub(crate) statistics: Statistics,
    pub(crate) compared: OfferFigures,
    /// Its offers, from where to where among all.
    pub(crate) offers: (u32, u32),
}

/// What a vendor's first and last price of a product are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfferFigures {
    pub(crate) vendor: TextId,
    pub(crate) first: Decimal,
    pub(crate) first_day: i32,
    pub(crate) last: Decimal,
    pub(crate) last_day: i32,
}

/// The last price of a product at a vendor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastPrice {
    pub(crate) vendor: TextId,
    pub(crate) price: Decimal,
    pub(crate) day: i32,
    pub(crate) is_current: bool,
}

const NONE: u32 = u32::MAX;

impl Products {
    pub(crate) fn new(texts: &Arc<Arena>, period: Option<(u32, u32)>, count: usize) -> Self {
        Self {
            texts: texts.clone(),
            all: Vec::with_capacity(count),
            several: Vec::new(),
            offers: Vec::new(),
            period,
        }
    }

    /// Adds a product with one price at a vendor.
    pub(crate) fn push(&mut self, group: &ProductGroup, vendor: TextId) {
        self.all.push(Product {
            name: group.name,
            sku: group.sku,
            category: group.category,
            vendor,
            currency: group.currency,
            several: NONE,
            one: group.one,
        });
    }

    /// Adds a product with several prices, and the offers that are to be listed.
    pub(crate) fn push_several(
        &mut self,
        group: &ProductGroup,
        mut several: Several,
        offers: impl IntoIterator<Item = LastPrice>,
    ) {
        let place = |len: usize| u32::try_from(len).unwrap_or(NONE);
        let from = place(self.offers.len());
        self.offers.extend(offers);
        several.offers = (from, place(self.offers.len()));
        self.push(group, several.compared.vendor);
        if let Some(last) = self.all.last_mut() {
            last.several = place(self.several.len());
        }
        self.several.push(several);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The product at a place.
    pub fn get(&self, at: usize) -> Option<ProductSummary> {
        self.all.get(at).map(|product| self.summary(product))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ProductSummary> {
        self.all.iter().map(|product| self.summary(product))
    }

    /// The ids under which they may be followed: their codes, or without one their names.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|product| {
            let sku = self.texts.get(product.sku);
            if sku.is_empty() {
                self.texts.get(product.name)
            } else {
                sku
            }
        })
    }

    /// Those whose prices differ in time: their places, and the changes in percent.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (usize, Decimal)> {
        let several = self.all.iter().enumerate().filter_map(|(at, product)| {
            let several = self.several.get(product.several as usize)?;
            Some((at, several.compared.percent()?))
        });
        several.filter(|(_, percent)| !percent.is_zero())
    }

    /// How many have several prices so far.
    pub(crate) fn several(&self) -> usize {
        self.several.len()
    }

    /// The place that a product had among those with several prices, in the order of their coming.
    pub(crate) fn place_among_several(&self, at: usize) -> Option<usize> {
        let product = self.all.get(at)?;
        (product.several != NONE).then_some(product.several as usize)
    }

    fn text(&self, id: TextId) -> Text {
        Text::new(&self.texts, id)
    }

    fn summary(&self, product: &Product) -> ProductSummary {
        let one = product.one;
        let price = one.price.to_decimal();
        let alone = || {
            let day = one.at().map_or(NO_DAY, |at| {
                i32::try_from(at.div_euclid(DAY)).unwrap_or(NO_DAY)
            });
            Several {
                first: one,
                last: one,
                minimum: one,
                maximum: one,
                statistics: Statistics {
                    count: 1,
                    mean: price,
                    median: price,
                    deviation: None,
                },
                compared: OfferFigures {
                    vendor: product.vendor,
                    first: price,
                    first_day: day,
                    last: price,
                    last_day: day,
                },
                offers: (0, 0),
            }
        };
        let several = self.several.get(product.several as usize);
        let figures = several.copied().unwrap_or_else(alone);
        let date = |seen: Seen| seen.at().and_then(Moment::new);
        let offer = |offer: &LastPrice| OfferPrice {
            vendor: self.text(offer.vendor),
            price: offer.price,
            date: moment(offer.day),
            is_current: offer.is_current,
        };
        let compared = OfferSummary {
            vendor: self.text(figures.compared.vendor),
            first: figures.compared.first,
            first_date: moment(figures.compared.first_day),
            last: figures.compared.last,
            last_date: moment(figures.compared.last_day),
        };
        let change = figures.compared.change().unwrap_or_default();
        let (from, to) = figures.offers;
        let offers = self.offers.get(from as usize..to as usize);
        ProductSummary {
            product: self.text(product.name),
            sku: self.text(product.sku),
            category: self.text(product.category),
            currency: product.currency,
            count: figures.statistics.count,
            first: figures.first.price.to_decimal(),
            first_date: date(figures.first),
            last: figures.last.price.to_decimal(),
            last_date: date(figures.last),
            minimum: figures.minimum.price.to_decimal(),
            minimum_date: date(figures.minimum),
            maximum: figures.maximum.price.to_decimal(),
            maximum_date: date(figures.maximum),
            mean: figures.statistics.mean,
            median: figures.statistics.median,
            deviation: figures.statistics.deviation,
            compared,
            change,
            change_percent: figures.compared.percent(),
            presence: self.presence(figures.first, figures.last),
            offers: offers.unwrap_or_default().iter().map(offer).collect(),
        }
    }

    fn presence(&self, first: Seen, last: Seen) -> Presence {
        match (self.period, first.at(), last.at()) {
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
        }
    }

    /// Sorts by name, code and currency, which together are a product's own, by names at hand.
    pub(crate) fn sort(&mut self) {
        let texts = &self.texts;
        let code = |product: &Product| product.currency.map(|currency| currency.code());
        let text = |id| texts.get(id);
        self.all.sort_unstable_by(|one, other| {
            text(one.name)
                .cmp(text(other.name))
                .then_with(|| text(one.sku).cmp(text(other.sku)))
                .then_with(|| code(one).cmp(&code(other)))
        });
    }
}

impl OfferFigures {
    fn change(&self) -> Option<Decimal> {
        self.last.checked_sub(self.first)
    }

    pub(crate) fn percent(&self) -> Option<Decimal> {
        percent(self.change()?, self.first)
    }
}

/// The beginning of a day.
pub(crate) fn moment(day: i32) -> Option<Moment> {
    (day != NO_DAY).then(|| Moment::new(i64::from(day) * DAY))?
}

impl PartialEq for Products {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(one, two)| one == two)
    }
}

impl Serialize for Products {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::figures::aggregate::{Aggregate, Row};
    use crate::values::number::Number;
    use crate::values::texts::NO_TEXT;

    #[test]
    fn products_are_sorted_by_name_then_code() {
        let mut texts = Arena::default();
        let names = ["나", "가", "다", "b", "a", "가", "라", "가"];
        let mut expected: Vec<(String, String)> = (0_u32..)
            .zip(names)
            .map(|(at, name)| (name.to_owned(), format!("P{}", at * 5 % 7)))
            .collect();
        let mut aggregate = Aggregate::default();
        for (at, (name, sku)) in (0..).zip(&expected) {
            assert!(texts.push(name) && texts.push(sku));
            let row = Row {
                at: None,
                key: 2 * at + 1,
                name: 2 * at,
                sku: 2 * at + 1,
                category: NO_TEXT,
                vendor: NO_TEXT,
                price: Number::whole(1),
                currency: None,
            };
            aggregate.add(&row, &Limits::default()).unwrap();
        }
        let mut products = Products::new(&Arc::new(texts), None, 8);
        for group in &aggregate.products {
            products.push(group, NO_TEXT);
        }
        products.sort();
        let sorted: Vec<(String, String)> = products
            .iter()
            .map(|one| (one.product.to_string(), one.sku.to_string()))
            .collect();
        expected.sort();
        assert_eq!(sorted, expected);
    }
}
