//! The templates that ship: each gives what an independent computation in Python's `Decimal`
//! gives, over a generated history.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use archive::{Row, Writer};
use model::{
    Availability, Costs, Currency, Failure, FailureReason, Money, Observation, Offer, Outcome,
    PreviousPrice, Product, Unconfirmed, Void,
};
use query::{Format, Limits, Template};
use serde_json::Value;

use crate::history::{Filled, seoul};

fn templates() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates"))
}

/// Numbers that look like chance and are always the same (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn product(n: u64) -> Product {
    let mut definition = serde_json::json!({
        "id": format!("p-{n}"), "name": format!("상품 {n}"),
        "source": {"kind": "html", "url": format!("https://shop{}.example/{n}", n % 3)},
    });
    if !n.is_multiple_of(4) {
        definition["item"] = format!("i-{}", n % 5).into();
    }
    if !n.is_multiple_of(7) {
        definition["category"] = ["음향", "주방", "책"][usize::try_from(n % 3).unwrap()].into();
    }
    if !n.is_multiple_of(5) {
        definition["vendor"] = format!("가게 {}", n % 4).into();
    }
    serde_json::from_value(definition).unwrap()
}

/// 40 products over the 60 days up to 1 March 2028, 29 February among them, and a second run a
/// day in the last week.
fn rows() -> Vec<Row> {
    let dice = &mut Dice(20_280_229);
    let products: Vec<Product> = (0..40).map(product).collect();
    let mut last: Vec<Option<PreviousPrice>> = vec![None; products.len()];
    let first: jiff::Timestamp = "2028-01-01T22:15:00Z".parse().unwrap();
    let mut rows = Vec::new();
    for half_day in 0..120_i64 {
        let is_extra = half_day % 2 == 1;
        if is_extra && half_day < 106 {
            continue;
        }
        let schedule = if is_extra { "extra" } else { "daily" };
        let slot = first + jiff::SignedDuration::from_hours(12 * half_day);
        let run: model::RunId = format!("{schedule}@{slot}").parse().unwrap();
        for (n, product) in products.iter().enumerate() {
            let currency = [Currency::KRW, Currency::USD, Currency::KWD][n % 3];
            let outcome = if n == 39 || dice.below(9) == 0 {
                let reasons = [
                    FailureReason::Timeout,
                    FailureReason::NoPrice,
                    FailureReason::Gone,
                ];
                let reason = reasons[usize::try_from(dice.below(3)).unwrap()];
                Outcome::Failure(Failure::new(reason, ""))
            } else {
                let scale = [0, 2, 3][n % 3];
                let base = 5_000 + 1_000 * i64::try_from(n).unwrap();
                let cut = i64::try_from(dice.below(2_000)).unwrap();
                let deal = if dice.below(12) == 0 { base / 3 } else { 0 };
                let amount = model::Decimal::new(base - cut - deal, scale);
                Outcome::Price(Offer {
                    price: Money::new(amount, currency),
                    availability: [
                        None,
                        Some(Availability::InStock),
                        Some(Availability::SoldOut),
                    ][usize::try_from(dice.below(3)).unwrap()],
                    name: None,
                    found_in: String::new(),
                    list_price: None,
                    remark: None,
                })
            };
            let mut seen =
                Observation::new(run.clone(), product.id.clone(), Some(product), outcome);
            seen.fetched_at = slot;
            seen.previous = last[n];
            if let Outcome::Price(_) = seen.outcome {
                match dice.below(20) {
                    0 => seen.unconfirmed = Some(Unconfirmed::Pending),
                    1 => seen.unconfirmed = Some(Unconfirmed::Final),
                    2 => {
                        seen.void = Some(Void {
                            reason: "오타".to_owned(),
                            at: slot,
                        });
                    }
                    _ => {}
                }
            }
            if let Some(offer) = seen.counted() {
                last[n] = Some(PreviousPrice {
                    price: offer.price,
                    slot: run.slot,
                });
            }
            let mut row = Row::new(seen, Some(product), 1, &seoul());
            row.costs = (n % 2 == 0).then(|| Costs {
                shipping: model::Decimal::from(3),
                free_from: None,
            });
            row.list_amount = row.observation.counted().and_then(|offer| {
                (n % 2 == 0).then(|| offer.price.amount * model::Decimal::from(2))
            });
            rows.push(row);
        }
    }
    rows
}

/// Each template with parameters.
const QUESTIONS: [(&str, &[(&str, &str)]); 14] = [
    ("counts-by-condition", &[]),
    (
        "counts-by-condition",
        &[("by", "category"), ("from", ""), ("to", "")],
    ),
    (
        "counts-by-condition",
        &[
            ("by", "source"),
            ("from", "2028-02-29"),
            ("to", "2028-02-29"),
        ],
    ),
    ("counts-by-condition", &[("by", "vendor")]),
    ("price-history", &[("product", "p-3")]),
    ("price-history", &[("item", "i-2"), ("from", "2028-02-20")]),
    ("price-history", &[]),
    ("movers", &[]),
    (
        "movers",
        &[("from", ""), ("at_least", "0"), ("direction", "down")],
    ),
    ("without-price", &[("days", "0")]),
    ("without-price", &[("days", "1"), ("category", "음향")]),
    ("cheapest-offers", &[]),
    ("real-discounts", &[("at_least", "1")]),
    (
        "real-discounts",
        &[
            ("day", "2028-02-29"),
            ("since", "2028-02-01"),
            ("at_least", "5"),
        ],
    ),
];

#[test]
fn every_shipped_template_is_right_by_an_independent_computation() {
    let has_python = Command::new("python3")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_python {
        assert!(std::env::var_os("CI").is_none(), "python3 is not installed");
        writeln!(std::io::stderr(), "skipped: python3 is not installed").unwrap();
        return;
    }
    let rows = rows();
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(Vec::new()).unwrap();
    for row in &rows {
        writer.write(row).unwrap();
    }
    let file = folder.path().join("history.csv.gz");
    fs::write(&file, writer.finish().unwrap()).unwrap();

    for (number, (name, given)) in QUESTIONS.iter().enumerate() {
        let text = fs::read_to_string(templates().join(format!("{name}.sql"))).unwrap();
        let answer = folder.path().join(format!("{number}.json"));
        // As the exporter does it: only the days of the question are filled in.
        let template = Template::parse(&text).unwrap();
        let given_values = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let today = crate::history::TODAY.parse().unwrap();
        let slot = "2028-03-01T01:00:00Z".parse().unwrap();
        let question = template.resolve(&given_values, today, slot).unwrap();
        let within: Vec<Row> = rows
            .iter()
            .filter(|row| question.days.contains(row.slot_local.date()))
            .cloned()
            .collect();
        Filled::with(&within)
            .write(&text, given, &Limits::default(), Format::Json, &answer)
            .unwrap();
        let checked = Command::new("python3")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../tests/python/shipped_templates.py"
            ))
            .args([&file, &answer])
            .arg(name)
            .arg(serde_json::to_string(&question.values).unwrap())
            .output()
            .unwrap();
        assert!(
            checked.status.success(),
            "{name} {given:?}: {}{}",
            String::from_utf8_lossy(&checked.stdout),
            String::from_utf8_lossy(&checked.stderr)
        );
        let answer: Value = serde_json::from_slice(&fs::read(&answer).unwrap()).unwrap();
        let is_empty = answer["rows"].as_array().unwrap().is_empty();
        assert_eq!(
            is_empty,
            *name == "price-history" && given.is_empty(),
            "{name}"
        );
    }
}
