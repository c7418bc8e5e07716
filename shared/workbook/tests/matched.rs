//! Changes and indexes against an independent implementation, on histories in which products
//! join, leave, pause and change their vendor.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use workbook::{Moment, OfferSummary, ReportOptions, Summary, summarize};

const HISTORIES: u64 = 300;

/// Numbers that are the same every time (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let most = all.len() as u64;
        usize::try_from(self.below(most)).map_or("", |at| all[at])
    }
}

/// The rows of a history, without headings, in no order.
fn history(seed: u64) -> Vec<String> {
    let random = &mut Random(seed);
    random.below(1);
    let months = 1 + random.below(14);
    let vendors: &[&str] = match random.below(3) {
        0 => &[""],
        1 => &["Shop A", "Shop B"],
        _ => &["쿠팡", "11번가", "G마켓", "SSG", "Shop"],
    };
    let currencies: &[&str] = match random.below(4) {
        0 => &["KRW", "USD"],
        _ => &["KRW"],
    };
    let mut rows = Vec::new();
    for product in 0..=random.below(25) {
        let category = random.one_of(&["음향", "Kitchen", "Cables"]);
        let currency = random.one_of(currencies);
        let (mut vendor, from) = (random.one_of(vendors), random.below(months));
        let until = from + random.below(months - from) + 1;
        let mut price = 500 + random.below(100_000);
        for month in from..until {
            // A pause.
            if random.below(6) == 0 {
                continue;
            }
            if random.below(8) == 0 {
                vendor = random.one_of(vendors);
            }
            for _ in 0..=random.below(3) {
                let (year, month) = (2025 + month / 12, month % 12 + 1);
                let day = 1 + random.below(28);
                if random.below(3) == 0 {
                    price = price * (80 + random.below(45)) / 100;
                }
                let shown = match (currency, random.below(60)) {
                    (_, 0) => "0".to_owned(),
                    ("USD", _) => format!("{}.{:02}", price / 100, price % 100),
                    _ => price.to_string(),
                };
                let also = random.below(4) == 0;
                let vendors = [vendor, random.one_of(vendors)];
                for vendor in &vendors[..=usize::from(also)] {
                    rows.push(format!(
                        "{year}-{month:02}-{day:02},P{product},Thing {product},{category},{vendor},{shown},{currency}"
                    ));
                }
            }
        }
    }
    rows
}

fn read(folder: &Path, name: &str, rows: &[String]) -> Summary {
    let mut text = "date,sku,product,category,vendor,price,currency\n".to_owned();
    for row in rows {
        writeln!(text, "{row}").unwrap();
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    summarize(&path, &ReportOptions::default(), &mut |_| {}).unwrap()
}

/// The figures as the other implementation gives them.
fn figures(summary: &Summary) -> Value {
    let number = |number: Decimal| number.normalize().to_string();
    let date = |at: Option<Moment>| at.and_then(Moment::civil).map(|at| at.date().to_string());
    let ends = |offer: &OfferSummary| {
        let first = json!([number(offer.first), date(offer.first_date)]);
        (first, json!([number(offer.last), date(offer.last_date)]))
    };
    let mut products = Map::new();
    for one in summary.products.iter() {
        let (first, last) = ends(&one.compared);
        let figures = json!({
            "vendor": &*one.compared.vendor,
            "first": first,
            "last": last,
            "change": number(one.change),
            "change_percent": one.change_percent.map(number),
        });
        products.insert(format!("{} {}", one.sku, code(one.currency)), figures);
    }
    let mut currencies = Map::new();
    for one in &summary.currencies {
        let months: Vec<Value> = one
            .months
            .iter()
            .map(|month| json!([month.month, month.matched, month.index.map(number)]))
            .collect();
        let figures = json!({
            "change_percent": one.change_percent.map(number),
            "matched": one.matched,
            "months": months,
        });
        currencies.insert(code(one.currency).to_owned(), figures);
    }
    let mut categories = Map::new();
    for one in &summary.categories {
        let month = one.month.as_deref().unwrap();
        let key = format!("{} {} {month}", one.category, code(one.currency));
        let percent = one.month_percent.map(number);
        categories.insert(key, json!([one.matched, percent, one.index.map(number)]));
    }
    let mut vendors = Map::new();
    for one in &summary.vendors {
        let figures = json!({
            "products": one.products,
            "compared": one.compared,
            "lowest": one.lowest,
            "level_percent": one.level_percent.map(number),
            "change_percent": one.change_percent.map(number),
        });
        vendors.insert(format!("{} {}", one.vendor, code(one.currency)), figures);
    }
    json!({
        "products": products,
        "currencies": currencies,
        "categories": categories,
        "vendors": vendors,
    })
}

fn code(currency: Option<iso_currency::Currency>) -> &'static str {
    currency.map_or("", |currency| currency.code())
}

#[test]
fn changes_and_indexes_are_those_of_an_independent_implementation() {
    let folder = tempfile::tempdir().unwrap();
    let mut ours = BTreeMap::new();
    for seed in 0..HISTORIES {
        let rows = history(seed);
        if !rows.is_empty() {
            let name = format!("{seed}.csv");
            ours.insert(name.clone(), figures(&read(folder.path(), &name, &rows)));
        }
    }
    assert!(ours.len() as u64 >= HISTORIES * 9 / 10, "{}", ours.len());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matched/oracle.py");
    let output = match Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .output()
    {
        Ok(output) => output,
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("skipped: python3 cannot be run ({error})");
            return;
        }
        Err(error) => panic!("python3: {error}"),
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let theirs: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(ours.len(), theirs.len());
    for (name, ours) in &ours {
        for part in ["products", "currencies", "categories", "vendors"] {
            let (ours, theirs) = (&ours[part], &theirs[name][part]);
            let all = ours.as_object().unwrap();
            for (key, ours) in all {
                assert_eq!(ours, &theirs[key], "{name}, {part}: {key}");
            }
            assert_eq!(
                all.len(),
                theirs.as_object().unwrap().len(),
                "{name}, {part}"
            );
        }
    }
}

#[test]
fn the_order_of_the_rows_decides_no_change_and_no_index() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..HISTORIES / 3 {
        let mut rows = history(seed);
        if rows.is_empty() {
            continue;
        }
        let straight = figures(&read(folder.path(), "straight.csv", &rows));
        let random = &mut Random(seed + 7);
        rows.sort_by_cached_key(|_| random.below(1 << 31));
        assert_eq!(straight, figures(&read(folder.path(), "turned.csv", &rows)));
    }
}

fn field(name: &str) -> Summary {
    let folder: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/workbooks/field");
    summarize(&folder.join(name), &ReportOptions::default(), &mut |_| {}).unwrap()
}

#[test]
fn a_product_that_joins_moves_no_index() {
    let summary = field("161-index-with-new-product.xlsx");
    let indexes: Vec<_> = summary.categories.iter().map(|one| one.index).collect();
    assert!(indexes.len() > 1);
    assert!(
        indexes
            .iter()
            .all(|index| *index == Some(Decimal::ONE_HUNDRED)),
        "{indexes:?}"
    );
    assert_eq!(summary.currencies[0].change_percent, Some(Decimal::ZERO));
}

#[test]
fn codes_that_differ_by_a_zero_are_two_products() {
    let summary = field("39-trailing-zero-code.csv");
    let codes: Vec<String> = summary
        .products
        .iter()
        .map(|one| one.sku.to_string())
        .collect();
    assert!(
        codes.contains(&"90.750".to_owned()) && codes.contains(&"90.75".to_owned()),
        "{codes:?}"
    );
}
