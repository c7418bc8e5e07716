//! A product's line: its last outcomes, and what follows from them.

use jiff::Timestamp;
use model::{Availability, Currency, Decimal, FailureReason, Money, Observation, Outcome, Slot};
use serde::{Deserialize, Serialize};

use crate::POINTS;

/// What is known of a product's last outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The product's id.
    pub id: model::ProductId,
    /// The currency of the amounts; none before the first price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The last outcomes, at most [`POINTS`], oldest first: the slot in seconds since 1970, and the
    /// amount, if a price counts and is in the row's currency.
    pub points: Vec<(i64, Option<Decimal>)>,
    /// Whether the product could be had at its last price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Why the last outcome has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<(FailureReason, String)>,
}

/// What is kept of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Of which product.
    pub product: model::ProductId,
    /// Its slot, in seconds since 1970.
    pub slot: i64,
    /// Its price, if it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Whether the product could be had then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Why there is no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<(FailureReason, String)>,
}

impl From<&Observation> for Seen {
    fn from(seen: &Observation) -> Self {
        let offer = seen.counted();
        Self {
            product: seen.product.clone(),
            slot: seen.run.slot.instant().as_second(),
            price: offer.map(|offer| offer.price),
            availability: offer.and_then(|offer| offer.availability),
            failure: match &seen.outcome {
                Outcome::Failure(failure) => Some((failure.reason, failure.detail.clone())),
                Outcome::Price(_) => None,
            },
        }
    }
}

/// The newest price against the one before it that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// In percent of the price before, to one decimal.
    pub percent: Decimal,
    /// The slot in which the newest price first stood.
    pub since: Slot,
}

/// How the newest price stands among the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There was no other price.
    Steady,
    /// Among the lowest tenth.
    Low,
    /// In between.
    Typical,
    /// Among the highest fifth.
    High,
}

impl Row {
    /// A product of which nothing is known.
    pub fn new(id: model::ProductId) -> Self {
        Self {
            id,
            currency: None,
            points: Vec::new(),
            availability: None,
            failure: None,
        }
    }

    /// The line of a history, which is oldest first.
    pub fn of<'a>(
        id: model::ProductId,
        history: impl IntoIterator<Item = &'a Observation>,
    ) -> Self {
        let mut row = Self::new(id);
        for seen in history {
            row.apply(&Seen::from(seen));
        }
        row
    }

    /// Takes an outcome in, or what became of one that is there already.
    pub fn apply(&mut self, seen: &Seen) {
        let (slot, price) = (seen.slot, seen.price);
        let newest = self.points.last().is_none_or(|(last, _)| *last <= slot);
        if let Some(price) = price
            && self.currency != Some(price.currency)
            && (newest || self.currency.is_none())
        {
            // Amounts are never compared across currencies.
            self.currency = Some(price.currency);
            for (_, amount) in &mut self.points {
                *amount = None;
            }
        }
        let amount = price
            .filter(|price| self.currency == Some(price.currency))
            .map(|price| price.amount);
        match self.points.binary_search_by_key(&slot, |(at, _)| *at) {
            Ok(at) => self.points[at].1 = amount,
            Err(at) => self.points.insert(at, (slot, amount)),
        }
        if self.points.len() > POINTS {
            self.points.remove(0);
        }
        if newest {
            self.failure.clone_from(&seen.failure);
            if price.is_some() {
                self.availability = seen.availability;
            }
        }
    }

    /// The newest price that counts, and its slot.
    pub fn last(&self) -> Option<(Money, Slot)> {
        let currency = self.currency?;
        let (at, amount) = self.counted().next()?;
        Some((Money::new(amount, currency), slot(at)?))
    }

    /// How the newest price differs from the one before it; none if it never moved.
    pub fn change(&self) -> Option<Change> {
        let mut counted = self.counted();
        let (mut since, now) = counted.next()?;
        for (at, amount) in counted {
            if amount != now {
                let part = (now - amount).checked_mul(Decimal::ONE_HUNDRED)?;
                return Some(Change {
                    percent: part.checked_div(amount)?.round_dp(1).normalize(),
                    since: slot(since)?,
                });
            }
            since = at;
        }
        None
    }

    /// How the newest price stands among the others; none before the first.
    pub fn verdict(&self) -> Option<Verdict> {
        let (_, now) = self.counted().next()?;
        let mut amounts: Vec<Decimal> = self.counted().map(|(_, amount)| amount).collect();
        amounts.sort_unstable();
        let count = amounts.len();
        let part = |of_ten: usize| amounts.get((count * of_ten / 10).min(count - 1)).copied();
        let (lowest, median, high) = (part(1)?, part(5)?, part(8)?);
        Some(if amounts.first() == amounts.last() {
            Verdict::Steady
        } else if now < median && now <= lowest {
            Verdict::Low
        } else if now > median && now >= high {
            Verdict::High
        } else {
            Verdict::Typical
        })
    }

    /// The prices that count, newest first.
    fn counted(&self) -> impl Iterator<Item = (i64, Decimal)> {
        let points = self.points.iter().rev();
        points.filter_map(|(at, amount)| Some((*at, (*amount)?)))
    }
}

impl Verdict {
    /// The name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Low => "low",
            Self::Typical => "typical",
            Self::High => "high",
        }
    }
}

fn slot(seconds: i64) -> Option<Slot> {
    Timestamp::from_second(seconds).ok().map(Slot::at)
}

#[cfg(test)]
mod tests {
    use model::{Failure, Offer};

    use super::*;

    fn seen(day: u8, outcome: Outcome) -> Observation {
        Observation {
            product: "a".parse().unwrap(),
            run: format!("daily@2026-11-{day:02}T01:15:00Z").parse().unwrap(),
            name: "a".to_owned(),
            category: None,
            vendor: None,
            fetched_at: Timestamp::UNIX_EPOCH,
            outcome,
            unconfirmed: None,
            void: None,
            redriving: false,
            previous: None,
        }
    }

    fn price(day: u8, amount: &str, currency: Currency) -> Observation {
        let offer = Offer {
            price: Money::new(amount.parse().unwrap(), currency),
            availability: Some(Availability::InStock),
            name: None,
            found_in: String::new(),
            list_price: None,
            remark: None,
        };
        seen(day, Outcome::Price(offer))
    }

    fn won(day: u8, amount: &str) -> Observation {
        price(day, amount, Currency::KRW)
    }

    fn of(history: &[Observation]) -> Row {
        Row::of("a".parse().unwrap(), history)
    }

    #[test]
    fn outcomes_stand_in_the_order_of_their_slots_and_once() {
        let history = [won(2, "900"), won(1, "1000"), won(2, "900")];
        let row = of(&history);
        assert_eq!(row.points.len(), 2);
        let change = row.change().unwrap();
        assert_eq!(change.percent.to_string(), "-10");
        assert_eq!(change.since.to_string(), "2026-11-02T01:15:00Z");
        assert_eq!(row.last().unwrap().0.amount.to_string(), "900");
    }

    #[test]
    fn the_change_is_dated_by_the_slot_in_which_the_price_first_stood() {
        let row = of(&[won(1, "1000"), won(2, "900"), won(3, "900"), won(4, "900")]);
        let since = row.change().unwrap().since.to_string();
        assert_eq!(since, "2026-11-02T01:15:00Z");
    }

    #[test]
    fn a_failure_is_a_gap_and_passes() {
        let failed = seen(2, Outcome::Failure(Failure::new(FailureReason::Gone, "x")));
        let mut row = of(&[won(1, "1000"), failed]);
        assert_eq!(row.points.last().unwrap().1, None);
        assert_eq!(row.failure.as_ref().unwrap().0, FailureReason::Gone);
        assert_eq!(row.last().unwrap().0.amount.to_string(), "1000");
        row.apply(&Seen::from(&won(3, "1000")));
        assert_eq!(row.failure, None);
    }

    #[test]
    fn another_currency_is_never_compared() {
        let row = of(&[won(1, "1000"), price(2, "1.50", Currency::USD)]);
        assert_eq!(row.currency, Some(Currency::USD));
        assert_eq!(row.change(), None);
        // A late outcome in the older currency changes nothing of the newest.
        let mut late = row.clone();
        late.apply(&Seen::from(&won(1, "2000")));
        assert_eq!(late.last(), row.last());
    }

    #[test]
    fn a_void_price_leaves_a_gap() {
        let mut wrong = won(2, "1");
        wrong.void = Some(model::Void {
            reason: "wrong".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        });
        let row = of(&[won(1, "1000"), wrong]);
        assert_eq!(row.last().unwrap().0.amount.to_string(), "1000");
        assert_eq!(row.change(), None);
    }

    #[test]
    fn only_the_last_outcomes_are_kept() {
        let history: Vec<_> = (1..=30).map(|day| won(day, "1")).collect();
        let mut row = of(&history);
        let mut later = won(1, "2");
        later.run = "daily@2026-12-01T01:15:00Z".parse().unwrap();
        row.apply(&Seen::from(&later));
        assert_eq!(row.points.len(), POINTS);
        assert_eq!(row.change().unwrap().percent.to_string(), "100");
    }

    #[test]
    fn one_deep_sale_does_not_make_every_other_day_dear() {
        let mut history: Vec<_> = (1..=20).map(|day| won(day, "1000")).collect();
        history[9] = won(10, "500");
        assert_eq!(of(&history).verdict(), Some(Verdict::Typical));
        history.push(won(21, "400"));
        assert_eq!(of(&history).verdict(), Some(Verdict::Low));
        history.push(won(22, "1200"));
        assert_eq!(of(&history).verdict(), Some(Verdict::High));
        assert_eq!(of(&history[..5]).verdict(), Some(Verdict::Steady));
    }
}
