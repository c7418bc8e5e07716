//! A workbook of real prices gives the figures that Python computed of them.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde_json::Value;
use workbook::{Format, Language, ReportOptions, Summary, report};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/workbooks/stocks")
        .join(name)
}

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(data("expected.json")).unwrap()).unwrap()
}

fn run(input: &str) -> Summary {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("report.xlsx");
    let summary = report(
        &data(input),
        &output,
        &ReportOptions::default(),
        &mut |_| {},
    )
    .unwrap();
    assert!(std::fs::metadata(&output).unwrap().len() > 5_000);
    summary
}

fn compare_products(summary: &Summary) {
    let expected = expected();
    assert_eq!(summary.rows_used, expected["rows"].as_u64().unwrap());
    assert_eq!(
        (summary.rows_read, summary.rows_rejected),
        (summary.rows_used, 0)
    );
    let products = expected["products"].as_object().unwrap();
    assert_eq!(summary.products.len(), products.len());
    let ours = serde_json::to_value(&summary.products).unwrap();
    for one in ours.as_array().unwrap() {
        let name = one["product"].as_str().unwrap();
        for (figure, value) in products[name].as_object().unwrap() {
            match value.as_str().filter(|_| !figure.ends_with("date")) {
                Some(text) => {
                    let ours: Decimal = one[figure].as_str().unwrap().parse().unwrap();
                    assert_eq!(ours, text.parse().unwrap(), "{name} {figure}");
                }
                None => assert_eq!(&one[figure], value, "{name} {figure}"),
            }
        }
    }
}

#[test]
fn figures_are_those_that_python_computed() {
    let summary = run("stocks.xlsx");
    assert_eq!(
        (summary.format, summary.language),
        (Format::Xlsx, Language::En)
    );
    compare_products(&summary);
    let expected = expected();
    let categories = expected["categories"].as_object().unwrap();
    assert_eq!(summary.categories.len(), categories.len());
    for one in &summary.categories {
        let expected = &categories[&format!("{} {}", one.category, one.month.as_ref().unwrap())];
        assert_eq!(one.count, expected["count"].as_u64().unwrap());
        assert_eq!(one.sum, expected["sum"].as_str().unwrap().parse().unwrap());
        assert_eq!(
            one.mean,
            expected["mean"].as_str().unwrap().parse().unwrap()
        );
    }
    assert_eq!(summary.vendors.len(), 2);
}

#[test]
fn the_csv_with_dates_as_english_text_gives_the_same_figures() {
    let summary = run("stocks.csv");
    assert_eq!(summary.format, Format::Csv);
    compare_products(&summary);
}
