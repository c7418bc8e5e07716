//! What a run's owner is told: the run in short, gathered while its jobs are read once.

use std::collections::BTreeMap;

use model::{Alert, Decimal, FailingSource, FailureReason, Mover, Observation, Outcome, RunDigest};
use store::{Run, RunTotals};

/// How many of the prices that moved most are told.
const MOVERS: usize = 5;
/// How many alerts are told; the others are counted.
const ALERTS: usize = 20;
/// How many failing sources are told.
const SOURCES: usize = 10;
/// Of how many jobs at least a source is said to be failing.
const FEW_JOBS: u64 = 3;
/// How many sources are counted apart; what comes after them is not.
const MANY_SOURCES: usize = 10_000;

/// Gathers a digest.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    fell: u64,
    rose: u64,
    best: Vec<(Decimal, Mover)>,
    worst: Vec<(Decimal, Mover)>,
    alerts: Vec<Alert>,
    alerts_fired: u64,
    sources: BTreeMap<String, Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    jobs: u64,
    failed: BTreeMap<FailureReason, u64>,
}

impl Gathered {
    /// Counts an outcome of a source.
    pub(crate) fn outcome(&mut self, seen: &Observation, source: Option<&str>) {
        if let Some(source) = source
            && (self.sources.contains_key(source) || self.sources.len() < MANY_SOURCES)
        {
            let counts = self.sources.entry(source.to_owned()).or_default();
            counts.jobs += 1;
            if let Outcome::Failure(failure) = &seen.outcome {
                *counts.failed.entry(failure.reason).or_default() += 1;
            }
        }
        let (Outcome::Price(offer), Some(previous)) = (&seen.outcome, seen.previous) else {
            return;
        };
        let (from, to) = (previous.price, offer.price);
        let counts = seen.unconfirmed.is_none() && seen.void.is_none();
        if !counts || from.currency != to.currency || from.amount == to.amount {
            return;
        }
        let part = (to.amount - from.amount).checked_div(from.amount);
        let Some(part) = part else { return };
        let (count, list) = if part.is_sign_negative() {
            (&mut self.fell, &mut self.best)
        } else {
            (&mut self.rose, &mut self.worst)
        };
        *count += 1;
        let size = part.abs();
        let place = list.partition_point(|(other, _)| *other >= size);
        if place < MOVERS {
            let mover = Mover {
                product: seen.product.clone(),
                name: seen.name.clone(),
                vendor: seen.vendor.clone(),
                from,
                to,
            };
            list.insert(place, (size, mover));
            list.truncate(MOVERS);
        }
    }

    /// Adds rules that fired.
    pub(crate) fn fired(&mut self, alerts: Vec<Alert>) {
        self.alerts_fired += alerts.len() as u64;
        let room = ALERTS.saturating_sub(self.alerts.len());
        self.alerts.extend(alerts.into_iter().take(room));
    }

    /// The digest, and the names of all failing sources.
    pub(crate) fn digest(
        self,
        run: &Run,
        totals: &RunTotals,
        before: Option<&Run>,
        skipped: u64,
        workbook: String,
    ) -> (RunDigest, Vec<String>) {
        let failing = |(source, counts): (&String, &Counts)| {
            let failed: u64 = counts.failed.values().sum();
            let (reason, _) = counts.failed.iter().max_by_key(|(_, count)| **count)?;
            let is_failing = counts.jobs >= FEW_JOBS && failed * 2 > counts.jobs;
            is_failing.then(|| FailingSource {
                source: source.clone(),
                jobs: counts.jobs,
                failed,
                reason: *reason,
                is_new: before.is_none_or(|run| !run.failing.contains(source)),
            })
        };
        let mut failing: Vec<FailingSource> = self.sources.iter().filter_map(failing).collect();
        let names = failing.iter().map(|one| one.source.clone()).collect();
        failing.sort_by_key(|one| (!one.is_new, std::cmp::Reverse(one.failed)));
        failing.truncate(SOURCES);
        let movers = |list: Vec<(Decimal, Mover)>| list.into_iter().map(|(_, mover)| mover);
        let digest = RunDigest {
            run: run.id.clone(),
            redrives: run.redrives,
            prices: totals.prices,
            prices_before: before
                .and_then(|run| run.totals.as_ref())
                .map(|totals| totals.prices),
            unconfirmed: totals.unconfirmed,
            missing: totals.missing,
            failures: totals.failures.clone(),
            fell: self.fell,
            rose: self.rose,
            best: movers(self.best).collect(),
            worst: movers(self.worst).collect(),
            alerts: self.alerts,
            alerts_fired: self.alerts_fired,
            failing,
            skipped,
            workbook,
        };
        (digest, names)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{Currency, Failure, Money, Offer, PreviousPrice, RunId, Slot};

    use super::*;

    fn run() -> RunId {
        "daily@2026-11-21T01:15:00Z".parse().unwrap()
    }

    fn the_run() -> Run {
        Run {
            id: run(),
            status: store::RunStatus::Complete,
            created_at: Timestamp::UNIX_EPOCH,
            expected: None,
            totals: None,
            workbook: None,
            stalled: None,
            failing: Vec::new(),
            redrives: 0,
            reopened_at: None,
        }
    }

    fn seen(product: &str, outcome: Outcome, before: Option<i64>) -> Observation {
        Observation {
            product: product.parse().unwrap(),
            run: run(),
            name: product.to_uppercase(),
            category: None,
            vendor: None,
            fetched_at: Timestamp::UNIX_EPOCH,
            outcome,
            unconfirmed: None,
            void: None,
            redriving: false,
            previous: before.map(|amount| PreviousPrice {
                price: Money::new(amount.into(), Currency::KRW),
                slot: Slot::at("2026-11-20T01:15:00Z".parse().unwrap()),
            }),
        }
    }

    fn price(amount: i64) -> Outcome {
        Outcome::Price(Offer {
            price: Money::new(amount.into(), Currency::KRW),
            availability: None,
            name: None,
            found_in: "json-ld".to_owned(),
            list_price: None,
            remark: None,
        })
    }

    fn failure() -> Outcome {
        Outcome::Failure(Failure::new(FailureReason::Blocked, ""))
    }

    #[test]
    fn the_movers_are_those_that_moved_most_by_their_part() {
        let mut gathered = Gathered::default();
        for (product, from, to) in [
            ("a", 1_000, 900),
            ("b", 100, 50),
            ("c", 10, 9),
            ("d", 10, 10),
            ("e", 1_000, 1_001),
            ("f", 2_000, 1_700),
            ("g", 2_000, 1_500),
            ("h", 100, 99),
        ] {
            gathered.outcome(&seen(product, price(to), Some(from)), Some("shop.example"));
        }
        let (digest, _) =
            gathered.digest(&the_run(), &RunTotals::default(), None, 0, String::new());
        let names = |movers: &[Mover]| {
            movers
                .iter()
                .map(|one| one.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!((digest.fell, digest.rose), (6, 1));
        assert_eq!(names(&digest.best), ["B", "G", "F", "A", "C"]);
        assert_eq!(names(&digest.worst), ["E"]);
    }

    #[test]
    fn a_source_that_fails_for_most_of_its_products_is_named_and_new_once() {
        let gathered = || {
            let mut gathered = Gathered::default();
            for n in 0..4 {
                let outcome = if n == 0 { price(10) } else { failure() };
                gathered.outcome(
                    &seen(&format!("p-{n}"), outcome, None),
                    Some("shop.example"),
                );
                let outcome = if n < 2 { price(10) } else { failure() };
                gathered.outcome(
                    &seen(&format!("q-{n}"), outcome, None),
                    Some("half.example"),
                );
            }
            gathered
        };
        let totals = RunTotals::default();
        let (digest, names) = gathered().digest(&the_run(), &totals, None, 0, String::new());
        assert_eq!(names, ["shop.example"]);
        assert!(digest.failing[0].is_new && digest.failing[0].failed == 3);
        assert!(!digest.is_quiet());
        let before = Run {
            failing: names,
            ..the_run()
        };
        let (digest, _) = gathered().digest(&the_run(), &totals, Some(&before), 0, String::new());
        assert!(!digest.failing[0].is_new);
        assert!(digest.is_quiet());
    }
}
