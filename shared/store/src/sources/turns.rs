//! Turns at a source: who asks next, and when.
//!
//! A limit of *n* calls in a time means *n* tokens, each of which comes back that time after it
//! was taken. So there are never more than *n* calls in any such time, which a bucket that fills
//! up steadily would not hold: full at first, it gives out almost twice as many. A turn can lie
//! ahead; it is then a place in the queue, and its job asks at that instant and not before.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use super::{Sources, expiry};
use crate::item::{Item, s, text};

/// The item's sort key.
const QUOTA: &str = "QUOTA";
/// How often a reservation is tried while other workers reserve at the same time.
const ATTEMPTS: u32 = 30;

/// How often a source may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The time between the beginnings of two requests.
    pub pace: Duration,
    /// How many requests in a time, besides.
    pub quota: Option<Quota>,
}

/// At most `calls` in any `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many calls.
    pub calls: u16,
    /// In which time.
    pub per: Duration,
}

impl Rate {
    /// Whether there is no limit.
    pub fn is_free(&self) -> bool {
        self.pace.is_zero() && self.quota.is_none()
    }

    /// How many of the last turns decide about the next.
    fn memory(&self) -> usize {
        self.quota
            .map_or(1, |quota| usize::from(quota.calls))
            .max(1)
    }
}

impl Sources {
    /// Takes the next `count` turns at a source, in order: the instants at which it may be asked,
    /// the first at once if it can be. Turns later than `horizon` are not taken (`None`).
    pub async fn reserve(
        &self,
        source: &str,
        rate: &Rate,
        count: usize,
        horizon: Duration,
    ) -> Result<Vec<Option<Timestamp>>> {
        if rate.is_free() {
            return Ok(vec![Some(Timestamp::now()); count]);
        }
        let mut taken = Vec::new();
        self.change(source, rate, |turns, now| {
            taken = turns.take(now, rate, count, horizon);
            taken.iter().any(Option::is_some)
        })
        .await?;
        Ok(taken)
    }

    /// Moves all turns that are still to be taken back by `delay`: the source is slow.
    pub async fn slow_down(&self, source: &str, rate: &Rate, delay: Duration) -> Result<()> {
        self.change(source, rate, |turns, now| turns.slow_down(now, delay))
            .await
    }

    /// Changes the turns of a source, while other workers change them too. `change` tells whether
    /// it did.
    async fn change(
        &self,
        source: &str,
        rate: &Rate,
        mut change: impl FnMut(&mut Turns, Timestamp) -> bool,
    ) -> Result<()> {
        let mut seen = self.get(source, QUOTA).await?.as_ref().and_then(stored);
        for attempt in 0..ATTEMPTS {
            let mut turns = Turns::read(seen.as_deref());
            if !change(&mut turns, Timestamp::now()) {
                return Ok(());
            }
            match self.replace(source, seen, &turns, rate).await? {
                Ok(()) => return Ok(()),
                Err(standing) => seen = standing,
            }
            let wait = Duration::from_millis(2 << attempt.min(6)).mul_f64(fastrand::f64());
            tokio::time::sleep(wait).await;
        }
        bail!("no turn at {source} in {ATTEMPTS} attempts: too many workers ask at once")
    }

    /// Puts `turns` in the place of what was `seen`; if something else stands there, returns it.
    async fn replace(
        &self,
        source: &str,
        seen: Option<String>,
        turns: &Turns,
        rate: &Rate,
    ) -> Result<Result<(), Option<String>>> {
        let forget = turns.last()
            + jiff::SignedDuration::try_from(rate.quota.map_or(rate.pace, |q| q.per))?
            + jiff::SignedDuration::from_hours(1);
        let update = self
            .update(source, QUOTA)
            .update_expression("SET turns = :t, expires_at = :e")
            .expression_attribute_values(":t", s(turns.write()))
            .expression_attribute_values(":e", expiry(forget))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match seen {
            Some(seen) => update
                .condition_expression("turns = :seen")
                .expression_attribute_values(":seen", s(seen)),
            None => update.condition_expression("attribute_not_exists(PK)"),
        };
        match update.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(standing)) => {
                    Ok(Err(standing.item().and_then(stored)))
                }
                _ => Err(error).with_context(|| format!("take a turn at {source}")),
            },
        }
    }
}

fn stored(item: &Item) -> Option<String> {
    text(item, "turns").map(str::to_owned)
}

/// The last turns, oldest first, in milliseconds since the epoch. As text, with commas.
#[derive(Debug, Default)]
struct Turns(VecDeque<i64>);

impl Turns {
    fn read(text: Option<&str>) -> Self {
        let turns = text.unwrap_or_default().split(',');
        Self(turns.filter_map(|turn| turn.parse().ok()).collect())
    }

    fn write(&self) -> String {
        let turns: Vec<String> = self.0.iter().map(i64::to_string).collect();
        turns.join(",")
    }

    fn last(&self) -> Timestamp {
        let last = self.0.back().copied().unwrap_or_default();
        Timestamp::from_millisecond(last).unwrap_or(Timestamp::MIN)
    }

    /// Takes the next `count` turns up to `horizon` from now.
    fn take(
        &mut self,
        now: Timestamp,
        rate: &Rate,
        count: usize,
        horizon: Duration,
    ) -> Vec<Option<Timestamp>> {
        let now = now.as_millisecond();
        let horizon = now.saturating_add(in_millis(horizon));
        // A larger limit than before must not wait for turns that no longer matter.
        while self.0.len() > rate.memory() {
            self.0.pop_front();
        }
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            let turn = self.next(now, rate);
            if turn > horizon {
                break;
            }
            self.0.push_back(turn);
            if self.0.len() > rate.memory() {
                self.0.pop_front();
            }
            taken.push(Timestamp::from_millisecond(turn).ok());
        }
        taken.resize(count, None);
        taken
    }

    /// Moves the turns after the last one that is taken back; false when none ever was.
    fn slow_down(&mut self, now: Timestamp, delay: Duration) -> bool {
        let Some(last) = self.0.back_mut() else {
            return false;
        };
        *last = now
            .as_millisecond()
            .max(*last)
            .saturating_add(in_millis(delay));
        true
    }

    fn next(&self, now: i64, rate: &Rate) -> i64 {
        let mut turn = now;
        if let Some(last) = self.0.back() {
            turn = turn.max(last.saturating_add(in_millis(rate.pace)));
        }
        if let Some(quota) = rate.quota
            && self.0.len() >= usize::from(quota.calls)
            && let Some(oldest) = self.0.front()
        {
            turn = turn.max(oldest.saturating_add(in_millis(quota.per)));
        }
        turn
    }
}

fn in_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// The seconds at which `count` turns that are asked for at `now` lie.
    fn take(turns: &mut Turns, now: i64, rate: &Rate, count: usize) -> Vec<i64> {
        let taken = turns.take(at(now), rate, count, Duration::from_hours(6));
        let taken = taken.into_iter().flatten();
        taken
            .map(|turn| turn.as_second() - at(0).as_second())
            .collect()
    }

    fn quota(calls: u16, per: Duration) -> Rate {
        Rate {
            pace: Duration::ZERO,
            quota: Some(Quota { calls, per }),
        }
    }

    #[test]
    fn a_pace_spreads_turns_evenly() {
        let rate = Rate {
            pace: Duration::from_secs(2),
            quota: None,
        };
        let mut turns = Turns::default();
        assert_eq!(take(&mut turns, 0, &rate, 3), [0, 2, 4]);
        assert_eq!(take(&mut turns, 1, &rate, 2), [6, 8]);
        assert_eq!(take(&mut turns, 100, &rate, 1), [100]);
    }

    #[test]
    fn the_tenth_call_of_an_hour_waits_until_the_first_is_an_hour_old() {
        let rate = quota(9, HOUR);
        let mut turns = Turns::default();
        assert_eq!(take(&mut turns, 0, &rate, 4), [0; 4]);
        assert_eq!(take(&mut turns, 60, &rate, 6), [60, 60, 60, 60, 60, 3_600]);
        assert_eq!(
            take(&mut turns, 3_599, &rate, 4),
            [3_600, 3_600, 3_600, 3_660]
        );
    }

    #[test]
    fn no_hour_ever_has_more_calls_than_the_quota() {
        let rate = quota(9, HOUR);
        let mut random = fastrand::Rng::with_seed(7);
        let mut turns = Turns::default();
        let (mut now, mut all) = (0, Vec::new());
        for _ in 0..2_000 {
            now += random.i64(0..900);
            all.extend(take(&mut turns, now, &rate, random.usize(1..4)));
            turns = Turns::read(Some(&turns.write()));
        }
        all.sort_unstable();
        assert!(all.len() > 1_000);
        for (index, first) in all.iter().enumerate() {
            let in_the_hour = all[index..]
                .iter()
                .take_while(|turn| **turn < first + 3_600);
            assert!(in_the_hour.count() <= 9, "from {first}");
        }
    }

    #[test]
    fn a_slow_source_gets_its_turns_later() {
        let rate = Rate {
            pace: Duration::from_secs(1),
            quota: None,
        };
        let mut turns = Turns::default();
        assert!(!turns.slow_down(at(0), HOUR));
        assert_eq!(take(&mut turns, 0, &rate, 2), [0, 1]);
        assert!(turns.slow_down(at(0), Duration::from_secs(9)));
        assert_eq!(take(&mut turns, 0, &rate, 2), [11, 12]);
        assert!(turns.slow_down(at(100), Duration::from_secs(9)));
        assert_eq!(take(&mut turns, 100, &rate, 1), [110]);
    }

    #[test]
    fn turns_beyond_the_horizon_are_not_taken() {
        let rate = quota(1, HOUR);
        let mut turns = Turns::default();
        let taken = turns.take(at(0), &rate, 9, Duration::from_hours(6));
        assert_eq!(taken.iter().flatten().count(), 7);
        assert_eq!(taken[7..], [None, None]);
        assert_eq!(take(&mut turns, 7_200, &rate, 1), [7 * 3_600]);
    }

    #[test]
    fn what_is_stored_oddly_is_no_turn() {
        assert_eq!(
            Turns::read(Some("1,x,,9223372036854775807")).0,
            [1, i64::MAX]
        );
        let rate = quota(2, HOUR);
        assert!(take(&mut Turns::read(Some("1,9223372036854775807")), 0, &rate, 1).is_empty());
    }
}
