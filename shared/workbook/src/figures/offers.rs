//! What one product's prices did at each of its vendors.

use crate::figures::index::{Log, log};
use crate::figures::occasions::{NO_DAY, Occasion, OccasionId, Occasions};
use crate::figures::prices::Values;

/// A product at a vendor. Its first and last price are the medians of its first and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The place of the vendor among those of [`Occasions`].
    pub(crate) vendor: u32,
    pub(crate) first_day: i32,
    pub(crate) last_day: i32,
    /// Whether it has two days, or without dates two rows.
    pub(crate) has_two_days: bool,
    /// At one digit more after the point than the product's prices.
    pub(crate) first: i128,
    pub(crate) last: i128,
    pub(crate) count: u64,
}

impl Offer {
    /// What its price did from the first to the last day.
    pub(crate) fn moved(&self) -> Option<Log> {
        Some(log(self.last, 1)? - log(self.first, 1)?)
    }
}

/// The prices of a day, of which there is mostly one.
#[derive(Debug, Default)]
struct Day {
    at: i32,
    one: i128,
    others: Vec<i128>,
}

impl Day {
    fn new(day: i32, one: i128) -> Self {
        Self {
            at: day,
            one,
            others: Vec::new(),
        }
    }

    /// The median, at one digit more after the point.
    fn median(mut self) -> i128 {
        if self.others.is_empty() {
            return self.one * 10;
        }
        self.others.push(self.one);
        median(&mut self.others)
    }
}

/// The median of some prices, at one digit more after the point.
fn median(prices: &mut [i128]) -> i128 {
    prices.sort_unstable();
    let middle = prices.len() / 2;
    let at = |place: usize| prices.get(place).copied().unwrap_or(0);
    if prices.len().is_multiple_of(2) {
        (at(middle.saturating_sub(1)) + at(middle)) * 5
    } else {
        at(middle) * 10
    }
}

/// An offer while its prices come, day by day.
struct Open {
    vendor: u32,
    first: Option<Day>,
    last: Day,
    month: u32,
    sum: i128,
    count_of_month: u64,
    count: u64,
    /// The last month that is done and the mean price in it.
    before: Option<(u32, Log)>,
}

/// The offers of one product after the other.
#[derive(Default)]
pub(crate) struct Offers {
    open: Vec<Open>,
    /// By vendor, the place of its offer.
    places: Vec<u32>,
    sorted: Vec<(i128, OccasionId)>,
}

const NONE: u32 = u32::MAX;

/// A month and the logarithm of the mean price in it.
pub(crate) type MonthLog = (u32, Log);

impl Offers {
    /// The offers of a product. What each price did from one of its months to the next goes to
    /// `link`; prices of zero have no part in that.
    pub(crate) fn of(
        &mut self,
        values: &mut Values,
        occasions: &Occasions,
        mut link: impl FnMut(MonthLog, MonthLog),
    ) -> Vec<Offer> {
        let mut last_day = NO_DAY;
        let mut in_order = true;
        values.each(|_, id| {
            let day = occasions.get(id).day;
            in_order &= day >= last_day;
            last_day = day;
        });
        if in_order {
            values.each(|price, id| self.take(price, occasions.get(id), &mut link));
        } else {
            let mut sorted = std::mem::take(&mut self.sorted);
            values.each(|price, id| sorted.push((price, id)));
            sorted.sort_by_key(|(_, id)| occasions.get(*id).day);
            for (price, id) in sorted.drain(..) {
                self.take(price, occasions.get(id), &mut link);
            }
            self.sorted = sorted;
        }
        let Self { open, places, .. } = self;
        let offers = open.drain(..).map(|mut open| {
            open.end_month(&mut link);
            if let Some(place) = places.get_mut(open.vendor as usize) {
                *place = NONE;
            }
            open.close()
        });
        offers.collect()
    }

    #[inline]
    fn take(&mut self, price: i128, at: Occasion, link: &mut impl FnMut(MonthLog, MonthLog)) {
        let vendor = at.vendor as usize;
        if self.places.len() <= vendor {
            self.places.resize(vendor + 1, NONE);
        }
        let Some(open) = self.open.get_mut(self.places[vendor] as usize) else {
            self.places[vendor] = u32::try_from(self.open.len()).unwrap_or(NONE);
            self.open.push(Open::new(price, at));
            return;
        };
        open.count += 1;
        // Rows without a date follow one another as days do.
        if at.day == open.last.at && at.day != NO_DAY {
            open.last.others.push(price);
        } else {
            let last = std::mem::replace(&mut open.last, Day::new(at.day, price));
            open.first.get_or_insert(last);
        }
        if at.month != open.month {
            open.end_month(link);
            (open.month, open.sum, open.count_of_month) = (at.month, 0, 0);
        }
        open.sum += price;
        open.count_of_month += 1;
    }
}

impl Open {
    fn new(price: i128, at: Occasion) -> Self {
        Self {
            vendor: at.vendor,
            first: None,
            last: Day::new(at.day, price),
            month: at.month,
            sum: price,
            count_of_month: 1,
            count: 1,
            before: None,
        }
    }

    fn end_month(&mut self, link: &mut impl FnMut(MonthLog, MonthLog)) {
        let done = log(self.sum, self.count_of_month).map(|log| (self.month, log));
        if let (Some(before), Some(after)) = (self.before, done) {
            link(before, after);
        }
        self.before = done.or(self.before);
    }

    fn close(self) -> Offer {
        let last_day = self.last.at;
        let last = self.last.median();
        let first_day = self.first.as_ref().map_or(last_day, |first| first.at);
        Offer {
            vendor: self.vendor,
            first_day,
            last_day,
            has_two_days: self.first.is_some(),
            first: self.first.map_or(last, Day::median),
            last,
            count: self.count,
        }
    }
}

/// The median price of a product at a vendor in each of `places` stretches of `days` days from
/// the day `from` on, at one digit more after the point. A price holds until the next one.
pub(crate) fn series(
    values: &mut Values,
    occasions: &Occasions,
    vendor: u32,
    (from, days, places): (i32, i32, usize),
) -> Vec<Option<i128>> {
    let mut prices: Vec<Vec<i128>> = vec![Vec::new(); places];
    values.each(|price, id| {
        let at = occasions.get(id);
        let place = usize::try_from(at.day.saturating_sub(from) / days.max(1));
        if at.vendor == vendor
            && let Some(prices) = place.ok().and_then(|place| prices.get_mut(place))
        {
            prices.push(price);
        }
    });
    let end = prices.iter().rposition(|prices| !prices.is_empty());
    let mut price = None;
    let held = prices.iter_mut().enumerate().map(|(at, prices)| {
        if !prices.is_empty() {
            price = Some(median(prices));
        }
        price.filter(|_| end.is_some_and(|end| at <= end))
    });
    held.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::date::DAY;
    use crate::values::number::Number;

    fn offers(rows: &[(Option<i64>, u32, i64)]) -> (Vec<Offer>, Vec<(u32, u32)>) {
        let mut occasions = Occasions::default();
        let mut seen = rows.iter().map(|(day, vendor, price)| {
            let id = occasions.id(day.map(|day| day * DAY), *vendor);
            (Number::whole(*price), id)
        });
        let (price, id) = seen.next().unwrap();
        let mut values = Values::new(price, id);
        seen.for_each(|(price, id)| values.push(price, id));
        let mut links = Vec::new();
        let link = |before: MonthLog, after: MonthLog| links.push((before.0, after.0));
        let offers = Offers::default().of(&mut values, &occasions, link);
        (offers, links)
    }

    #[test]
    fn two_vendors_that_stay_as_they_are_change_nothing() {
        let rows = [(Some(1), 5, 100), (Some(2), 6, 900), (Some(40), 5, 100)];
        let (offers, links) = offers(&rows);
        assert_eq!(offers.len(), 2);
        assert!(offers.iter().all(|offer| offer.first == offer.last));
        assert_eq!(links, [(1970 * 12, 1970 * 12 + 1)]);
    }

    #[test]
    fn the_order_of_rows_changes_nothing() {
        let rows = [
            (Some(1), 5, 100),
            (Some(1), 5, 300),
            (Some(1), 5, 110),
            (Some(3), 6, 50),
            (Some(40), 5, 120),
            (Some(40), 5, 121),
            (Some(80), 6, 55),
        ];
        let (mut straight, mut links) = offers(&rows);
        let mut turned = rows;
        turned.reverse();
        let (mut back, mut back_links) = offers(&turned);
        for offers in [&mut straight, &mut back] {
            offers.sort_by_key(|offer| offer.count);
            for offer in offers {
                offer.vendor = 0;
            }
        }
        links.sort_unstable();
        back_links.sort_unstable();
        assert_eq!((&straight, &links), (&back, &back_links));
        assert_eq!((straight[1].first, straight[1].last), (1_100, 1_205));
    }

    #[test]
    fn without_dates_the_first_row_and_the_last_one_count() {
        let (offers, links) = offers(&[(None, 1, 10), (None, 1, 30), (None, 1, 20)]);
        assert_eq!((offers[0].first, offers[0].last), (100, 200));
        assert!(offers[0].has_two_days && links.is_empty());
    }
}
