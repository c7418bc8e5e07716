//! Workbooks as people make them, of which each once gave wrong figures without a word.

use std::path::Path;

use rust_decimal::Decimal;
use workbook::{ReportOptions, Summary, summarize};

fn read(name: &str) -> Summary {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/workbooks/field");
    summarize(&folder.join(name), &ReportOptions::default(), &mut |_| {}).unwrap()
}

/// The count and the sum of the prices that were used, and the totals that were left out.
fn figures(summary: &Summary) -> (u64, Decimal, u64) {
    let sums = summary.currencies.iter().map(|one| one.sum);
    (summary.rows_used, sums.sum(), summary.rows_totals)
}

fn warns(summary: &Summary, code: &str) -> bool {
    summary.warnings.iter().any(|warning| warning.code == code)
}

#[test]
fn totals_are_no_prices_whether_dated_or_not() {
    for (name, sum, totals) in [
        ("102-dated-subtotals.xlsx", 94_300, 2),
        ("103-no-dates-group-subtotals.xlsx", 94_300, 3),
        ("105-excel-subtotal-command-en.xlsx", 943, 3),
    ] {
        let expected = (4, Decimal::from(sum), totals);
        assert_eq!(figures(&read(name)), expected, "{name}");
    }
}

#[test]
fn prices_in_thousands_are_multiplied_exactly() {
    for name in [
        "117-heading-thousand-won.xlsx",
        "118-mixed-units-of-sheets.xlsx",
    ] {
        let summary = read(name);
        assert_eq!(figures(&summary), (2, Decimal::from(26_800), 0), "{name}");
        let currency = summary.currencies[0].currency.map(|one| one.code());
        assert_eq!(currency, Some("KRW"), "{name}");
        assert!(warns(&summary, "money_unit"), "{name}");
    }
}

#[test]
fn a_code_that_disagrees_with_the_names_tells_no_products_apart() {
    for (name, products) in [
        ("142-id-with-gaps.xlsx", 2),
        ("143-barcode-in-scientific-notation.csv", 3),
    ] {
        let summary = read(name);
        assert_eq!(summary.products.len(), products, "{name}");
        assert!(warns(&summary, "code_not_used"), "{name}");
    }
}

#[test]
fn the_cost_of_a_unit_goes_before_the_amount_of_the_line() {
    let summary = read("156-unit-cost-and-amount.xlsx");
    assert_eq!(figures(&summary), (2, "32.5".parse().unwrap(), 0));
}

#[test]
fn a_general_format_with_a_unit_shows_amounts() {
    let summary = read("05-general-unit.xlsx");
    assert_eq!(figures(&summary), (4, Decimal::from(94_300), 0));
    let currency = summary.currencies[0].currency.map(|one| one.code());
    assert_eq!(currency, Some("KRW"));
}
