//! 100,000 products with five rules each: what one look of the closer computes.
//!
//! ```sh
//! cargo bench -p pricing
//! ```
//!
//! One sample is 1,000 products with 90 days of history; a run of 100,000 takes 100 samples.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{AlertRule, Availability, Currency, Money, Slot};
use pricing::alert::Rule;
use pricing::{Listing, Point, Seen, Terms};

const PRODUCTS: usize = 1_000;
const DAYS: i64 = 90;

fn history(random: &mut fastrand::Rng, first: Timestamp) -> Vec<Point> {
    let mut amount = random.i64(10_000..90_000);
    (0..DAYS)
        .map(|day| {
            amount = (amount + random.i64(-900..=900)).max(1_000);
            Point {
                slot: Slot::at(first + SignedDuration::from_hours(24 * day)),
                seen: Seen::Price(Listing {
                    price: Money::new(amount.into(), Currency::KRW),
                    availability: Some(Availability::InStock),
                    terms: Terms::default(),
                }),
            }
        })
        .collect()
}

fn rules() -> Vec<AlertRule> {
    [
        r#"{"kind":"at_or_below","price":{"amount":"30000","currency":"KRW"}}"#,
        r#"{"kind":"moved","by":{"percent":"5"},"against":"previous"}"#,
        r#"{"kind":"new_low","days":90}"#,
        r#"{"kind":"moved","by":{"percent":"10"},"against":"reference","direction":"down"}"#,
        r#"{"kind":"back_in_stock"}"#,
    ]
    .into_iter()
    .map(|when| {
        let rule = format!(r#"{{"id":"r","when":{when}}}"#);
        serde_json::from_str(&rule).expect("the rules of the benchmark are rules")
    })
    .collect()
}

fn alerts(c: &mut Criterion) {
    let mut random = fastrand::Rng::with_seed(11);
    let first = "2026-01-01T01:15:00Z".parse().expect("an instant");
    let histories: Vec<Vec<Point>> = (0..PRODUCTS).map(|_| history(&mut random, first)).collect();
    let (rules, zone) = (rules(), TimeZone::UTC);
    let rules: Vec<Rule<'_>> = rules.iter().map(|rule| Rule::new(rule, &zone)).collect();
    c.bench_function("1,000 products, 5 rules, 90 days", |bench| {
        bench.iter(|| {
            for history in &histories {
                for rule in &rules {
                    black_box(rule.evaluate(None, history));
                }
            }
        });
    });
}

criterion_group!(benches, alerts);
criterion_main!(benches);
