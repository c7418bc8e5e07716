//! References and verdicts of generated histories, against an independent implementation in Python.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use model::{
    Currency, Decimal, Failure, FailureReason, Money, Observation, Offer, Outcome, Slot,
    Unconfirmed, Void,
};
use pricing::{Point, Reference, Statement, Terms};
use serde_json::{Value, json};

const HISTORIES: u64 = 200;

const ORACLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/python/pricing_oracle.py"
);

/// How a generated history changes.
struct Shop {
    random: fastrand::Rng,
    amount: Decimal,
    currency: Currency,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let currency = [Currency::KRW, Currency::EUR, Currency::USD][random.usize(..3)];
        Self {
            amount: Decimal::from(random.i64(2_000..90_000)),
            currency,
            random,
        }
    }

    /// The price of the next slot: mostly as before, sometimes cut, sometimes several times in a row,
    /// sometimes raised, now and then in another currency.
    fn price(&mut self) -> Money {
        let factor = match self.random.u32(..30) {
            0..=2 => Decimal::new(self.random.i64(70..100), 2),
            3 => Decimal::new(self.random.i64(101..140), 2),
            4 => Decimal::new(self.random.i64(99..102), 2),
            _ => Decimal::ONE,
        };
        let places = if self.currency == Currency::KRW { 0 } else { 2 };
        self.amount = (self.amount * factor).round_dp(places).max(Decimal::ONE);
        let mut currency = self.currency;
        if self.random.u32(..200) == 0 {
            self.currency = Currency::GBP;
        } else if self.random.u32(..100) == 0 {
            currency = Currency::JPY;
        }
        Money::new(self.amount, currency)
    }
}

/// A history, from none to some four hundred days, in any order.
fn history(seed: u64) -> Vec<Observation> {
    let mut shop = Shop::new(seed);
    let first: Timestamp = "2025-06-01T01:15:00Z".parse().expect("an instant");
    // The first histories are first days.
    let slots = if seed < 30 {
        seed / 2
    } else {
        shop.random.u64(5..420)
    };
    let mut at = first;
    let mut generated = Vec::new();
    for _ in 0..slots {
        at += match shop.random.u32(..40) {
            0 => SignedDuration::from_hours(24 * shop.random.i64(2..45)),
            1 => SignedDuration::from_hours(shop.random.i64(1..20)),
            _ => SignedDuration::from_hours(24),
        };
        generated.push(observation(&mut shop, Slot::at(at)));
    }
    shop.random.shuffle(&mut generated);
    generated
}

fn observation(shop: &mut Shop, slot: Slot) -> Observation {
    let price = shop.price();
    let kind = shop.random.u32(..20);
    let outcome = if kind == 0 {
        let reasons = FailureReason::ALL;
        let reason = reasons[shop.random.usize(..reasons.len())];
        Outcome::Failure(Failure::new(reason, "generated"))
    } else {
        // What does not count would be the lowest or the highest.
        let wrong = if shop.random.bool() {
            Decimal::ONE
        } else {
            Decimal::from(999_999)
        };
        Outcome::Price(Offer {
            price: if kind <= 3 {
                Money::new(wrong, price.currency)
            } else {
                price
            },
            availability: None,
            name: None,
            found_in: "generated".to_owned(),
            list_price: None,
            remark: None,
        })
    };
    let run = model::RunId::new("daily".parse().expect("a name"), slot);
    let product = "p-1".parse().expect("an id");
    let mut seen = Observation::new(run, product, None, outcome);
    match kind {
        1 => {
            seen.void = Some(Void {
                reason: "generated".to_owned(),
                at: slot.instant(),
            });
        }
        2 => seen.unconfirmed = Some(Unconfirmed::Final),
        3 => seen.unconfirmed = Some(Unconfirmed::Pending),
        _ => {}
    }
    seen
}

fn asked(history: &[Observation]) -> Value {
    let seen = history.iter().map(|seen| {
        let at = seen.run.slot.instant().as_second();
        let kind = match (&seen.outcome, seen.unconfirmed) {
            (Outcome::Failure(_), _) => "failure",
            (_, Some(Unconfirmed::Pending)) => "pending",
            (_, Some(Unconfirmed::Final)) => "unconfirmed",
            _ if seen.void.is_some() => "void",
            _ => "price",
        };
        let price = match &seen.outcome {
            Outcome::Price(offer) => Some(offer.price),
            Outcome::Failure(_) => None,
        };
        json!({
            "at": at,
            "kind": kind,
            "amount": price.map(|price| price.amount.to_string()),
            "currency": price.map(|price| price.currency.code()),
        })
    });
    seen.collect()
}

fn text(amount: Decimal) -> String {
    amount.normalize().to_string()
}

fn at(slot: Slot) -> i64 {
    slot.instant().as_second()
}

fn answered(history: &[Point]) -> Value {
    let reference = |found: Option<Reference>| {
        found.map(|found| {
            json!([
                at(found.reduction.first_cut),
                at(found.reduction.last_cut),
                text(found.reduction.before.amount),
                found.price.map(|price| text(price.amount)),
            ])
        })
    };
    let verdict = pricing::verdict(history);
    let windows = verdict.price.map(|(slot, price)| {
        [1, 7, 30, 90, 365].map(|days| {
            pricing::window(history, price.currency, slot, days).map(|window| {
                json!({
                    "low": text(window.low.amount),
                    "low_at": at(window.low_at),
                    "high": text(window.high.amount),
                    "high_at": at(window.high_at),
                    "since": at(window.since),
                    "prices": window.prices,
                })
            })
        })
    });
    json!({
        "omnibus": reference(pricing::omnibus_reference(history)),
        "korean": reference(pricing::korean_reference(history)),
        "windows": windows.map_or_else(|| json!([]), |windows| json!(windows)),
        "verdict": verdict.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

fn statement(said: &Statement) -> Value {
    match *said {
        Statement::NoPrice => json!(["no price"]),
        Statement::TooEarly { since, prices } => json!(["too early", at(since), prices]),
        Statement::Lowest { days, high } => json!(["lowest", days, text(high.amount)]),
        Statement::RealDiscount {
            percent,
            reference,
            since,
        } => json!([
            "real discount",
            text(percent),
            text(reference.amount),
            at(since)
        ]),
        Statement::NoDiscount { reference, since } => {
            json!(["no discount", text(reference.amount), at(since)])
        }
        Statement::NearLowest {
            percent,
            low,
            at: when,
        } => json!(["near lowest", text(percent), text(low.amount), at(when)]),
        Statement::Dearer { percent, median } => {
            json!(["dearer", text(percent), text(median.amount)])
        }
        Statement::Usual { median } => json!(["usual", text(median.amount)]),
    }
}

/// What Python answers; `None` where there is no Python.
fn oracle(histories: &[Value]) -> Option<Vec<Value>> {
    let python = Command::new("python3")
        .arg(ORACLE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut python = match python {
        Ok(python) => python,
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "python3 cannot be run: {error}"
            );
            let _ = writeln!(
                std::io::stderr(),
                "skipped: python3 cannot be run ({error})"
            );
            return None;
        }
    };
    let asked = serde_json::to_vec(histories).expect("histories are JSON");
    let mut input = python.stdin.take().expect("a pipe");
    input.write_all(&asked).expect("Python reads");
    drop(input);
    let output = python.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "the oracle failed");
    Some(serde_json::from_slice(&output.stdout).expect("the oracle answers in JSON"))
}

#[test]
fn references_and_verdicts_equal_an_independent_implementation() {
    let histories: Vec<Vec<Observation>> = (0..HISTORIES).map(history).collect();
    let questions: Vec<Value> = histories.iter().map(|history| asked(history)).collect();
    let Some(expected) = oracle(&questions) else {
        return;
    };
    assert_eq!(expected.len(), histories.len());
    let mut kinds = std::collections::BTreeSet::new();
    for (seed, (seen, expected)) in histories.iter().zip(&expected).enumerate() {
        let found = answered(&pricing::history(seen, Terms::default()));
        assert_eq!(found, *expected, "history {seed}");
        for said in expected["verdict"].as_array().into_iter().flatten() {
            kinds.insert(said[0].to_string());
        }
    }
    // Every kind of verdict was among them.
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}
