//! What the prices of all products did, product by product, and what their vendors ask for the
//! same things.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hashbrown::HashMap;
use iso_currency::Currency;
use rust_decimal::Decimal;

use crate::figures::aggregate::{Aggregate, MonthKey, month_of};
use crate::figures::index::{GeometricMean, Indexes, log};
use crate::figures::occasions::{NO_DAY, Occasions};
use crate::figures::offers::{Offer, Offers, series};
use crate::figures::prices::Values;
use crate::figures::products::{LastPrice, OfferFigures, Products, Several, moment};
use crate::figures::summary::Courses;
use crate::values::date::{DAY, Seconds};
use crate::values::number::decimal;
use crate::values::strings::Arena;
use crate::values::texts::{NO_TEXT, TextId};

/// Of how many products the course of the price is kept, and in how many stretches of time.
const COURSES: usize = 1_000;
const STRETCHES: i32 = 30;

/// For how many days the last price of a vendor is compared with the others'.
const CURRENT_DAYS: i32 = 31;

/// A currency by its ISO 4217 number.
type Code = Option<u16>;

fn code(currency: Option<Currency>) -> Code {
    currency.map(Currency::numeric)
}

/// What all products together say.
#[derive(Default)]
pub(crate) struct Comparison {
    pub(crate) indexes: Indexes,
    pub(crate) vendors: HashMap<(TextId, Code), Vendor>,
    /// By currency, how many products there are and what each offer's price did from its first
    /// day to its last.
    pub(crate) currencies: HashMap<Code, (u64, GeometricMean)>,
    pub(crate) courses: Courses,
}

/// What a vendor asks, beside the others.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vendor {
    pub(crate) products: u64,
    pub(crate) compared: u64,
    pub(crate) lowest: u64,
    /// Its prices by those of all vendors of a product.
    pub(crate) level: GeometricMean,
    /// What its prices did from their first day to their last.
    pub(crate) moved: GeometricMean,
}

/// The products whose prices moved most: the change, where the product is, its vendor and its
/// prices.
type MostMoved = BinaryHeap<Reverse<Mover>>;

struct Mover {
    change: Decimal,
    several: usize,
    vendor: u32,
    values: Values,
}

impl PartialEq for Mover {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Mover {}

impl PartialOrd for Mover {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mover {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.change, Reverse(self.several)).cmp(&(other.change, Reverse(other.several)))
    }
}

/// The products of an upload and what they say together. The aggregation's products are used up.
pub(crate) fn compare(aggregate: &mut Aggregate, texts: &Arc<Arena>) -> (Products, Comparison) {
    let period = aggregate.first.zip(aggregate.last);
    let months = period.map(|(first, last)| (month_of(first), month_of(last)));
    let keys = aggregate.months.iter();
    let mut comparison = Comparison {
        indexes: Indexes::new(keys.map(|(key, _)| MonthKey::unpacked(*key))),
        ..Comparison::default()
    };
    let groups = std::mem::take(&mut aggregate.products);
    let mut products = Products::new(texts, months, groups.len());
    let mut offers = Offers::default();
    let mut most_moved = MostMoved::new();
    for group in groups {
        let currency = code(group.currency);
        comparison.currencies.entry(currency).or_default().0 += 1;
        let Some(prices) = group.prices() else {
            let occasion = aggregate.occasions.get(group.occasion);
            let vendor = aggregate.occasions.vendor(occasion.vendor);
            comparison.count(vendor, currency);
            products.push(&group, vendor);
            continue;
        };
        let Some(prices) = aggregate.prices.get_mut(prices) else {
            continue;
        };
        let occasions = &aggregate.occasions;
        let Comparison { indexes, .. } = &mut comparison;
        let places = indexes.places(group.category, currency);
        let found = offers.of(&mut prices.values, occasions, |before, after| {
            indexes.add(places, before, after);
        });
        let named = Named {
            occasions,
            texts,
            scale: prices.values.scale() + 1,
        };
        comparison.weigh(&found, &named, currency);
        let Some(chosen) = named.choose(&found) else {
            continue;
        };
        let several = Several {
            first: prices.first,
            last: prices.last,
            minimum: prices.minimum,
            maximum: prices.maximum,
            statistics: prices.values.statistics(),
            compared: named.figures(chosen),
            offers: (0, 0),
        };
        let values = std::mem::replace(&mut prices.values, Values::empty());
        if let Some(change) = several.compared.percent().filter(|one| !one.is_zero()) {
            most_moved.push(Reverse(Mover {
                change: change.abs(),
                several: products.several(),
                vendor: chosen.vendor,
                values,
            }));
            if most_moved.len() > COURSES {
                most_moved.pop();
            }
        }
        products.push_several(&group, several, named.listed(&found));
    }
    aggregate.prices = Vec::new();
    comparison.courses = period.map_or_else(Courses::default, |period| {
        courses(most_moved, &aggregate.occasions, period)
    });
    products.sort();
    (products, comparison)
}

impl Comparison {
    fn vendor(&mut self, vendor: TextId, currency: Code) -> &mut Vendor {
        self.vendors.entry((vendor, currency)).or_default()
    }

    fn count(&mut self, vendor: TextId, currency: Code) {
        if vendor != NO_TEXT {
            self.vendor(vendor, currency).products += 1;
        }
    }

    /// Adds what the offers of a product say of their vendors and of the currency.
    fn weigh(&mut self, offers: &[Offer], named: &Named<'_>, currency: Code) {
        for offer in offers {
            let vendor = named.occasions.vendor(offer.vendor);
            self.count(vendor, currency);
            if let Some(moved) = offer.moved().filter(|_| offer.has_two_days) {
                self.currencies.entry(currency).or_default().1.add(moved);
                self.vendor(vendor, currency).moved.add(moved);
            }
        }
        let last = last_day(offers);
        let current = offers.iter().filter(|offer| {
            named.occasions.vendor(offer.vendor) != NO_TEXT && is_current(offer, last)
        });
        let logs: Option<Vec<_>> = current.map(|one| Some((one, log(one.last, 1)?))).collect();
        let Some(logs) = logs.filter(|logs| logs.len() > 1) else {
            return;
        };
        let mut mean = GeometricMean::default();
        for (_, log) in &logs {
            mean.add(*log);
        }
        let (Some(mean), Some(lowest)) = (mean.log(), logs.iter().map(|(one, _)| one.last).min())
        else {
            return;
        };
        for (offer, log) in &logs {
            let vendor = self.vendor(named.occasions.vendor(offer.vendor), currency);
            vendor.compared += 1;
            vendor.lowest += u64::from(offer.last == lowest);
            vendor.level.add(log - mean);
        }
    }
}

fn last_day(offers: &[Offer]) -> i32 {
    let days = offers.iter().map(|offer| offer.last_day);
    days.max().unwrap_or(NO_DAY)
}

fn is_current(offer: &Offer, last_day: i32) -> bool {
    offer.last_day >= last_day.saturating_sub(CURRENT_DAYS)
}

/// What the offers of a product mean.
struct Named<'a> {
    occasions: &'a Occasions,
    texts: &'a Arena,
    /// Of the offers' prices.
    scale: u8,
}

impl Named<'_> {
    fn name(&self, offer: &Offer) -> &str {
        self.texts.get(self.occasions.vendor(offer.vendor))
    }

    /// The offer at which the price moved most; of equals, the one that was seen last, most often,
    /// and then by name, so that the order of rows decides nothing.
    fn choose<'a>(&self, offers: &'a [Offer]) -> Option<&'a Offer> {
        let moved = |offer: &Offer| {
            let (low, high) = (offer.first.min(offer.last), offer.first.max(offer.last));
            #[expect(clippy::cast_precision_loss, reason = "only to choose the larger one")]
            let ratio = high as f64 / low as f64;
            if !offer.has_two_days || offer.first == 0 {
                0.0
            } else {
                ratio
            }
        };
        offers.iter().max_by(|one, other| {
            moved(one)
                .total_cmp(&moved(other))
                .then_with(|| (one.last_day, one.count).cmp(&(other.last_day, other.count)))
                .then_with(|| self.name(other).cmp(self.name(one)))
        })
    }

    fn figures(&self, offer: &Offer) -> OfferFigures {
        OfferFigures {
            vendor: self.occasions.vendor(offer.vendor),
            first: decimal(offer.first, self.scale),
            first_day: offer.first_day,
            last: decimal(offer.last, self.scale),
            last_day: offer.last_day,
        }
    }

    /// The offers of several vendors, by name.
    fn listed(&self, offers: &[Offer]) -> Vec<LastPrice> {
        let named = |offer: &&Offer| self.occasions.vendor(offer.vendor) != NO_TEXT;
        let mut listed: Vec<&Offer> = offers.iter().filter(named).collect();
        if listed.len() < 2 {
            return Vec::new();
        }
        listed.sort_by_key(|offer| self.name(offer));
        let last = last_day(offers);
        let prices = listed.into_iter().map(|offer| LastPrice {
            vendor: self.occasions.vendor(offer.vendor),
            price: decimal(offer.last, self.scale),
            day: offer.last_day,
            is_current: is_current(offer, last),
        });
        prices.collect()
    }
}

/// The courses of the prices over the upload's days, in equally long stretches.
fn courses(
    most_moved: MostMoved,
    occasions: &Occasions,
    (first, last): (Seconds, Seconds),
) -> Courses {
    let day = |at: Seconds| i32::try_from(at.div_euclid(DAY)).unwrap_or(0);
    let (from, to) = (day(first), day(last));
    let all = to.saturating_sub(from).saturating_add(1);
    let days = (all.saturating_add(STRETCHES - 1) / STRETCHES).max(1);
    let starts = (0..STRETCHES).map(|at| from.saturating_add(at.saturating_mul(days)));
    let starts: Vec<i32> = starts.take_while(|start| *start <= to).collect();
    let prices = most_moved.into_iter().map(|Reverse(mut mover)| {
        let scale = mover.values.scale() + 1;
        let places = (from, days, starts.len());
        let prices = series(&mut mover.values, occasions, mover.vendor, places);
        let prices = prices.into_iter().map(|price| Some(decimal(price?, scale)));
        (mover.several, prices.collect())
    });
    Courses {
        prices: prices.collect(),
        starts: starts.into_iter().filter_map(moment).collect(),
    }
}
