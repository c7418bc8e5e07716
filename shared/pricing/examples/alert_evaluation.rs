//! What one look of the closer computes: 100,000 products with five rules each, over 90 days of history.
//!
//! ```sh
//! cargo run --release -p pricing --example alert_evaluation
//! ```
//!
//! Prints the CPU time of the evaluation alone, without the making of the histories, which stands for
//! reading them; and the most memory that the process ever had. Fails beyond 2 seconds or 64 MiB.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{AlertRule, Availability, Currency, Money, Slot};
use pricing::alert::{Outcome, Rule, State};
use pricing::{Listing, Point, Seen, Terms};

const PRODUCTS: usize = 100_000;
/// How many histories are there at once.
const BATCH: usize = 500;
const DAYS: i64 = 90;
const MOST_CPU: Duration = Duration::from_secs(2);
const MOST_KIB: u64 = 64 * 1024;

fn main() -> ExitCode {
    let first: Timestamp = "2026-01-01T01:15:00Z".parse().expect("an instant");
    let (definitions, zone) = (
        rules(),
        TimeZone::get("Asia/Seoul").unwrap_or(TimeZone::UTC),
    );
    let rules: Vec<Rule<'_>> = definitions
        .iter()
        .map(|rule| Rule::new(rule, &zone))
        .collect();
    let mut random = fastrand::Rng::with_seed(11);
    let mut batch: Vec<(Vec<Point>, Option<String>)> = Vec::new();
    batch.resize_with(BATCH, Default::default);
    let (mut cpu, mut fired, mut decided) = (Duration::ZERO, 0_u64, 0_u64);
    for _ in 0..PRODUCTS / BATCH {
        for (history, state) in &mut batch {
            fill(history, &mut random, first);
            // What a rule remembers lies in the table as JSON.
            *state = kept(&rules[0], history);
        }
        let start = cpu_time();
        for (history, state) in &batch {
            for (at, rule) in rules.iter().enumerate() {
                let state: Option<State> = match (state, at) {
                    (Some(state), 0) => serde_json::from_str(state).ok(),
                    _ => None,
                };
                let Some(decision) = rule.evaluate(state.as_ref(), history) else {
                    continue;
                };
                decided += 1;
                fired += u64::from(decision.outcome == Outcome::Fired);
            }
        }
        cpu += cpu_time().saturating_sub(start);
    }
    let kib = peak_kib();
    println!("products    {PRODUCTS}");
    println!("decisions   {decided}, of which {fired} fired");
    println!(
        "CPU         {:.2} s (at most {} s)",
        cpu.as_secs_f64(),
        MOST_CPU.as_secs()
    );
    match kib {
        Some(kib) => println!(
            "peak memory {} MiB (at most {} MiB)",
            kib / 1024,
            MOST_KIB / 1024
        ),
        None => println!("peak memory is not known on this system"),
    }
    if cpu <= MOST_CPU && kib.is_none_or(|kib| kib <= MOST_KIB) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
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

fn fill(history: &mut Vec<Point>, random: &mut fastrand::Rng, first: Timestamp) {
    let mut amount = random.i64(10_000..90_000);
    history.clear();
    history.extend((0..DAYS).map(|day| {
        amount = (amount + random.i64(-900..=900)).max(1_000);
        Point {
            slot: Slot::at(first + SignedDuration::from_hours(24 * day)),
            seen: Seen::Price(Listing {
                price: Money::new(amount.into(), Currency::KRW),
                availability: Some(Availability::InStock),
                terms: Terms::default(),
            }),
        }
    }));
}

/// What a rule remembers from the day before.
fn kept(rule: &Rule<'_>, history: &[Point]) -> Option<String> {
    let yesterday = history.split_last()?.1;
    let state = rule.evaluate(None, yesterday)?.next?;
    serde_json::to_string(&state).ok()
}

/// How long this thread has had a processor; the time that passed, where Linux does not tell.
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(
        || START.get_or_init(Instant::now).elapsed(),
        Duration::from_nanos,
    )
}

/// The most memory that this process ever had, where Linux tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
