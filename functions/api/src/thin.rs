//! Thinning a history for a chart: what draws nothing is left out, and nothing else.
//!
//! A price holds until the next outcome, so of a stretch in which nothing changes only the ends
//! draw anything. Every change, every failure, every void or unconfirmed price, every gap and
//! every extreme stays, whatever number of points was asked for.

use model::{Observation, Outcome};

/// The observations to draw, oldest first as given: all of them when they are at most `points`,
/// otherwise those that draw something, and evenly spread others up to `points`.
pub(crate) fn thin(history: &[Observation], points: usize) -> Vec<&Observation> {
    if history.len() <= points {
        return history.iter().collect();
    }
    let drawn: Vec<bool> = (0..history.len()).map(|at| draws(history, at)).collect();
    let needed = drawn.iter().filter(|drawn| **drawn).count();
    let spare = points.saturating_sub(needed);
    let rest = history.len() - needed;
    let mut taken = 0;
    let mut seen = 0;
    history
        .iter()
        .zip(&drawn)
        .filter(|(_, drawn)| {
            if **drawn {
                return true;
            }
            // The nth of the rest is taken when it lifts the share that is due by one.
            seen += 1;
            let due = seen * spare / rest.max(1);
            let take = due > taken;
            taken = due;
            take
        })
        .map(|(observation, _)| observation)
        .collect()
}

/// Whether leaving an observation out would change the drawing.
fn draws(history: &[Observation], at: usize) -> bool {
    let Some((before, after)) = at
        .checked_sub(1)
        .and_then(|before| history.get(before))
        .zip(history.get(at + 1))
    else {
        return true;
    };
    let this = &history[at];
    !(plain(this) && same(before, this) && same(this, after))
}

/// A price that counts.
fn plain(observation: &Observation) -> bool {
    observation.counted().is_some()
}

/// Whether two neighbours look the same in a chart.
fn same(one: &Observation, other: &Observation) -> bool {
    match (&one.outcome, &other.outcome) {
        (Outcome::Price(a), Outcome::Price(b)) => {
            plain(one) && plain(other) && a.price == b.price && a.availability == b.availability
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{Currency, Failure, FailureReason, Money, Offer, Unconfirmed};
    use proptest::prelude::*;

    use super::*;

    /// Of each outcome a digit: 0 to 5 a price, 6 a failure, 7 an unconfirmed price.
    fn history(outcomes: &[u8]) -> Vec<Observation> {
        outcomes
            .iter()
            .enumerate()
            .map(|(hour, outcome)| {
                let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
                let at = start + jiff::SignedDuration::from_hours(i64::try_from(hour).unwrap());
                let price = Outcome::Price(Offer {
                    price: Money::new(u32::from(*outcome).into(), Currency::KRW),
                    availability: None,
                    name: None,
                    found_in: "json-ld".to_owned(),
                    list_price: None,
                    remark: None,
                });
                Observation {
                    product: "p".parse().unwrap(),
                    run: model::RunId::new("hourly".parse().unwrap(), model::Slot::at(at)),
                    name: "p".to_owned(),
                    category: None,
                    vendor: None,
                    fetched_at: at,
                    outcome: match outcome {
                        6 => Outcome::Failure(Failure::new(FailureReason::Timeout, "")),
                        _ => price,
                    },
                    previous: None,
                    unconfirmed: (*outcome == 7).then_some(Unconfirmed::Final),
                    void: None,
                    redriving: false,
                }
            })
            .collect()
    }

    /// What a chart shows: for each hour the price that holds, or none.
    fn drawing(kept: &[&Observation], hours: &[Observation]) -> Vec<Option<Money>> {
        let mut kept = kept.iter().peekable();
        let mut holds = None;
        hours
            .iter()
            .map(|hour| {
                if let Some(next) = kept.next_if(|next| next.run == hour.run) {
                    holds = next.counted().map(|offer| offer.price);
                }
                holds
            })
            .collect()
    }

    proptest! {
        #[test]
        fn thinning_changes_nothing_that_is_drawn(
            runs in proptest::collection::vec((0_u8..8, 1_usize..40), 1..60),
            points in 0_usize..200,
        ) {
            let outcomes: Vec<u8> = runs.iter().flat_map(|(outcome, n)| vec![*outcome; *n]).collect();
            let history = history(&outcomes);
            let kept = thin(&history, points);
            let whole: Vec<&Observation> = history.iter().collect();
            prop_assert_eq!(drawing(&kept, &history), drawing(&whole, &history));
            // Every failure and every price that does not count is still there.
            let odd = |all: &[&Observation]| all.iter().filter(|one| one.counted().is_none()).count();
            prop_assert_eq!(odd(&kept), odd(&whole));
            // And so is every price that ever was.
            let prices = |all: &[&Observation]| -> BTreeSet<String> {
                all.iter().filter_map(|one| Some(one.counted()?.price.to_string())).collect()
            };
            prop_assert_eq!(prices(&kept), prices(&whole));
            let needed = (0..history.len()).filter(|at| draws(&history, *at)).count();
            prop_assert!(kept.len() <= points.max(needed));
            prop_assert!(kept.first().map(|one| &one.run) == history.first().map(|one| &one.run));
            prop_assert!(kept.last().map(|one| &one.run) == history.last().map(|one| &one.run));
        }
    }

    #[test]
    fn a_year_of_hourly_prices_that_change_weekly_becomes_a_few_points() {
        let outcomes: Vec<u8> = (0..8_760_u32)
            .map(|hour| u8::try_from(hour / 168 % 6).unwrap())
            .collect();
        let history = history(&outcomes);
        assert_eq!(thin(&history, 0).len(), 53 * 2);
        assert_eq!(thin(&history, 1_000).len(), 1_000);
    }
}
