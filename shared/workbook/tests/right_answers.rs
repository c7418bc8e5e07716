//! Workbooks as people make them, each beside its right answer: every price with its day,
//! product, vendor and category, or the reason of a refusal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Deserialize;
use workbook::{ReportOptions, Summary, summarize};

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer {
    /// Day, product, price, vendor, category; what a workbook does not say is empty.
    Rows(Vec<[String; 5]>),
    Refused {
        refused: String,
    },
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/workbooks")
        .join(name)
}

/// What both sides are held against: a line a product, a vendor and a category.
fn lines_of_rows(rows: &[[String; 5]]) -> Vec<String> {
    type Seen = (u64, Decimal, String, Decimal, String, Decimal);
    let mut products: BTreeMap<&str, Seen> = BTreeMap::new();
    let mut vendors: BTreeMap<&str, u64> = BTreeMap::new();
    let mut categories: BTreeMap<&str, u64> = BTreeMap::new();
    for [day, product, price, vendor, category] in rows {
        let price: Decimal = price.parse().unwrap();
        let (first, last) = ((day.clone(), price), (day.clone(), price));
        let seen =
            products
                .entry(product)
                .or_insert((0, Decimal::ZERO, first.0, first.1, last.0, last.1));
        seen.0 += 1;
        seen.1 += price;
        if *day < seen.2 {
            (seen.2, seen.3) = (day.clone(), price);
        }
        if *day >= seen.4 {
            (seen.4, seen.5) = (day.clone(), price);
        }
        for (counts, name) in [(&mut vendors, vendor), (&mut categories, category)] {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut lines: Vec<String> = products
        .iter()
        .map(|(product, (count, sum, from, first, to, last))| {
            let [sum, first, last] = [sum, first, last].map(Decimal::normalize);
            format!("{product}: {count} prices {sum}, {from} {first}, {to} {last}")
        })
        .collect();
    for (what, counts) in [("vendor", vendors), ("category", categories)] {
        let named = counts.into_iter().filter(|(name, _)| !name.is_empty());
        lines.extend(named.map(|(name, count)| format!("{what} {name}: {count}")));
    }
    lines.sort();
    lines
}

fn lines_of_summary(summary: &Summary) -> Vec<String> {
    let json = serde_json::to_value(summary).unwrap();
    let day = |one: &serde_json::Value, name: &str| {
        let day = one[name].as_str().unwrap_or_default();
        day.to_owned()
    };
    let products = json["products"].as_array().unwrap();
    let mut lines: Vec<String> = summary
        .products
        .iter()
        .zip(products)
        .map(|(one, json)| {
            let sum = (one.mean * Decimal::from(one.count)).round_dp(3);
            let [sum, first, last] = [sum, one.first, one.last].map(|price| price.normalize());
            let (from, to) = (day(json, "first_date"), day(json, "last_date"));
            let (name, count) = (&one.product.to_string(), one.count);
            format!("{name}: {count} prices {sum}, {from} {first}, {to} {last}")
        })
        .collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for one in &summary.vendors {
        *counts.entry(format!("vendor {}", one.vendor)).or_default() += one.count;
    }
    for one in &summary.categories {
        *counts
            .entry(format!("category {}", one.category))
            .or_default() += one.count;
    }
    let named = counts.into_iter().filter(|(name, _)| !name.ends_with(' '));
    lines.extend(named.map(|(name, count)| format!("{name}: {count}")));
    lines.sort();
    lines
}

fn check(path: &Path, answer: &Answer) -> Result<(), String> {
    let result = summarize(path, &ReportOptions::default(), &mut |_| {});
    match (answer, result) {
        (Answer::Refused { refused }, Err(error)) if *refused == error.code() => Ok(()),
        (Answer::Refused { refused }, Err(error)) => {
            Err(format!("wanted {refused}, got {}: {error}", error.code()))
        }
        (Answer::Refused { refused }, Ok(summary)) => Err(format!(
            "wanted {refused}, was read:\n    {}",
            lines_of_summary(&summary).join("\n    ")
        )),
        (Answer::Rows(_), Err(error)) => Err(format!("{}: {error}", error.code())),
        (Answer::Rows(rows), Ok(summary)) => {
            let (ours, right) = (lines_of_summary(&summary), lines_of_rows(rows));
            if ours == right {
                return Ok(());
            }
            Err(format!(
                "\n  got\n    {}\n  wanted\n    {}",
                ours.join("\n    "),
                right.join("\n    ")
            ))
        }
    }
}

fn check_all(name: &str) {
    let folder = folder(name);
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: BTreeMap<String, Answer> = serde_json::from_str(&text).unwrap();
    let failed: Vec<String> = expected
        .iter()
        .filter_map(|(file, answer)| {
            let why = check(&folder.join(file), answer).err()?;
            Some(format!("{file}: {why}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} are wrong:\n{}",
        failed.len(),
        expected.len(),
        failed.join("\n")
    );
}

#[test]
fn workbooks_as_people_make_them_give_their_right_answer() {
    check_all("field");
}

#[test]
fn a_formula_without_a_value_is_named_with_its_cell() {
    for language in ["ko", "en"] {
        let file = format!("formula-without-value-{language}.xlsx");
        let path = folder("people").join(file);
        let summary = summarize(&path, &ReportOptions::default(), &mut |_| {}).unwrap();
        let rejected: Vec<(&str, &str)> = summary
            .rejected
            .iter()
            .map(|one| (one.cell.as_str(), one.reason.name()))
            .collect();
        assert_eq!(rejected, [("C3", "not_computed")], "{language}");
    }
}

#[test]
fn notes_and_second_headings_are_no_rejected_prices() {
    for name in [
        "group-footnote",
        "note-of-three-lines",
        "note-in-the-middle",
        "note-of-two-cells",
        "note-with-a-number",
        "wide-three-shops-over-price",
        "wide-three-shops-unmerged",
    ] {
        for language in ["ko", "en"] {
            let path = folder("people").join(format!("{name}-{language}.xlsx"));
            let summary = summarize(&path, &ReportOptions::default(), &mut |_| {}).unwrap();
            assert_eq!(summary.rejected, [], "{name}-{language}");
        }
    }
}

#[test]
fn totals_above_their_rows_are_listed() {
    let path = folder("people").join("total-above-en.xlsx");
    let summary = summarize(&path, &ReportOptions::default(), &mut |_| {}).unwrap();
    let totals: Vec<(&str, u32, Option<Decimal>)> = summary
        .totals
        .iter()
        .map(|one| (&*one.label, one.row, one.amount))
        .collect();
    let of = |amount: i64| Some(Decimal::from(amount));
    let expected = [("Kitchen", 2, of(4_600)), ("Light", 5, of(6_000))];
    assert_eq!(totals, expected);
    assert_eq!(summary.rows_rejected, 0);
}

#[test]
fn small_workbooks_of_every_kind_give_their_right_answer() {
    check_all("people");
}
