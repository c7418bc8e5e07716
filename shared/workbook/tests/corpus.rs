//! Every workbook of the corpus gives the rows, the rejections or the error that were written
//! down when it was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Deserialize;
use workbook::{Language, ReportOptions, Summary, report, summarize};

#[derive(Debug, Deserialize)]
struct Expected {
    /// Date, product, price, currency and perhaps code.
    #[serde(default)]
    rows: Vec<Vec<Option<String>>>,
    #[serde(default)]
    rejected: Vec<(String, String)>,
    error: Option<String>,
    totals: Option<u64>,
    repeated: Option<u64>,
    sheets: Option<Vec<String>>,
    warnings: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    vendors: Option<Vec<String>>,
    sku: Option<Vec<String>>,
    language: Option<Language>,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/workbooks/corpus")
}

fn expected() -> BTreeMap<String, Expected> {
    serde_json::from_str(&std::fs::read_to_string(corpus().join("expected.json")).unwrap()).unwrap()
}

/// A product's figures: count, first date and price, last date and price, minimum, maximum,
/// sum.
type Figures = (
    u64,
    Option<String>,
    Decimal,
    Option<String>,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
);
type Key = (String, String, Option<String>);

fn figures_of_rows(rows: &[Vec<Option<String>>]) -> BTreeMap<Key, Figures> {
    let mut products: BTreeMap<Key, Vec<(Option<String>, Decimal)>> = BTreeMap::new();
    for row in rows {
        let text = |at: usize| row.get(at).cloned().flatten();
        let key = (text(1).unwrap(), text(4).unwrap_or_default(), text(3));
        products
            .entry(key)
            .or_default()
            .push((text(0), text(2).unwrap().parse().unwrap()));
    }
    products
        .into_iter()
        .map(|(key, seen)| {
            let prices: Vec<Decimal> = seen.iter().map(|(_, price)| *price).collect();
            let first = seen.iter().min_by_key(|(date, _)| date.clone()).unwrap();
            let last = seen.iter().max_by_key(|(date, _)| date.clone()).unwrap();
            let figures = (
                seen.len() as u64,
                first.0.clone(),
                first.1,
                last.0.clone(),
                last.1,
                *prices.iter().min().unwrap(),
                *prices.iter().max().unwrap(),
                prices.iter().sum(),
            );
            (key, figures)
        })
        .collect()
}

fn figures_of_summary(summary: &Summary, with_sku: bool) -> BTreeMap<Key, Figures> {
    let json = serde_json::to_value(&summary.products).unwrap();
    let products = json.as_array().unwrap().iter().zip(summary.products.iter());
    products
        .map(|(json, one)| {
            let date = |name: &str| json[name].as_str().map(str::to_owned);
            let code = if with_sku {
                one.sku.to_string()
            } else {
                String::new()
            };
            let key = (
                one.product.to_string(),
                code,
                one.currency.map(|currency| currency.code().to_owned()),
            );
            let sum = (one.mean * Decimal::from(one.count))
                .round_dp(4)
                .normalize();
            (
                key,
                (
                    one.count,
                    date("first_date"),
                    one.first,
                    date("last_date"),
                    one.last,
                    one.minimum,
                    one.maximum,
                    sum,
                ),
            )
        })
        .collect()
}

fn check(name: &str, expected: &Expected) -> Result<(), String> {
    let input = corpus().join("files").join(name);
    let result = summarize(&input, &ReportOptions::default(), &mut |_| {});
    let summary = match (&expected.error, result) {
        (Some(code), Err(error)) if error.code() == code => {
            let sentences = (error.sentence(Language::En), error.sentence(Language::Ko));
            return if sentences.0.ends_with('.') && sentences.1.ends_with('.') {
                Ok(())
            } else {
                Err(format!("{sentences:?}"))
            };
        }
        (Some(code), Err(error)) => {
            return Err(format!("expected {code}, got {} ({error})", error.code()));
        }
        (Some(code), Ok(_)) => return Err(format!("expected {code}, was read")),
        (None, Err(error)) => return Err(format!("{}: {error}", error.code())),
        (None, Ok(summary)) => summary,
    };
    let with_sku = expected.rows.iter().any(|row| row.len() > 4);
    let mut wanted = figures_of_rows(&expected.rows);
    for figures in wanted.values_mut() {
        figures.7 = figures.7.round_dp(4).normalize();
    }
    same(
        "products",
        format!("{:?}", figures_of_summary(&summary, with_sku)),
        format!("{wanted:?}"),
    )?;
    let rejected: Vec<(String, String)> = summary
        .rejected
        .iter()
        .map(|one| (one.cell.clone(), one.reason.name().to_owned()))
        .collect();
    same(
        "rejected",
        format!("{rejected:?}"),
        format!("{:?}", expected.rejected),
    )?;
    same(
        "used",
        summary.rows_used.to_string(),
        expected.rows.len().to_string(),
    )?;
    same(
        "totals",
        summary.rows_totals.to_string(),
        expected.totals.unwrap_or(0).to_string(),
    )?;
    same(
        "repeated",
        summary.rows_repeated_headings.to_string(),
        expected.repeated.unwrap_or(0).to_string(),
    )?;
    let read = summary.rows_used
        + summary.rows_rejected
        + summary.rows_totals
        + summary.rows_repeated_headings;
    same("read", summary.rows_read.to_string(), read.to_string())?;
    check_details(&summary, expected)
}

fn same(what: &str, ours: impl AsRef<str>, theirs: impl AsRef<str>) -> Result<(), String> {
    let (ours, theirs) = (ours.as_ref(), theirs.as_ref());
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{what}\n     got {ours}\n  wanted {theirs}"))
}

/// What only some files say.
fn check_details(summary: &Summary, expected: &Expected) -> Result<(), String> {
    if let Some(sheets) = &expected.sheets {
        let used: Vec<&String> = summary
            .sheets
            .iter()
            .filter(|sheet| sheet.used)
            .map(|sheet| &sheet.name)
            .collect();
        same("sheets", format!("{used:?}"), format!("{sheets:?}"))?;
    }
    for warning in expected.warnings.iter().flatten() {
        let codes: Vec<&str> = summary
            .warnings
            .iter()
            .map(|warning| warning.code)
            .collect();
        if !codes.contains(&warning.as_str()) {
            return Err(format!("the warning {warning} is missing: {codes:?}"));
        }
    }
    if let Some(categories) = &expected.categories {
        let mut ours: Vec<String> = summary
            .categories
            .iter()
            .map(|one| one.category.to_string())
            .collect();
        ours.dedup();
        same("categories", format!("{ours:?}"), format!("{categories:?}"))?;
    }
    if let Some(vendors) = &expected.vendors {
        let mut ours: Vec<String> = summary
            .vendors
            .iter()
            .map(|one| one.vendor.to_string())
            .collect();
        ours.dedup();
        same("vendors", format!("{ours:?}"), format!("{vendors:?}"))?;
    }
    if let Some(sku) = &expected.sku {
        let mut ours: Vec<String> = summary
            .products
            .iter()
            .map(|one| one.sku.to_string())
            .collect();
        ours.sort();
        let mut sku = sku.clone();
        sku.sort();
        same("codes", format!("{ours:?}"), format!("{sku:?}"))?;
    }
    if let Some(language) = expected.language {
        same(
            "language",
            format!("{:?}", summary.language),
            format!("{language:?}"),
        )?;
    }
    Ok(())
}

#[test]
fn every_quirk_is_read_as_expected() {
    let expected = expected();
    assert!(expected.len() >= 120, "{} files", expected.len());
    let failed: Vec<String> = expected
        .iter()
        .filter_map(|(name, expected)| {
            check(name, expected)
                .err()
                .map(|why| format!("{name}: {why}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        expected.len(),
        failed.join("\n")
    );
}

#[test]
fn the_corpus_and_its_expectations_are_the_same_files() {
    let mut files: Vec<String> = std::fs::read_dir(corpus().join("files"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, expected().into_keys().collect::<Vec<_>>());
}

#[test]
fn every_report_is_itself_a_readable_workbook() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("report.xlsx");
    for (at, (name, expected)) in expected().into_iter().enumerate() {
        if expected.error.is_some() {
            continue;
        }
        let language = if at % 2 == 0 {
            Language::Ko
        } else {
            Language::En
        };
        {
            let options = ReportOptions {
                language,
                ..ReportOptions::default()
            };
            let summary = report(
                &corpus().join("files").join(&name),
                &output,
                &options,
                &mut |_| {},
            )
            .unwrap();
            let mut written: calamine::Xlsx<_> = calamine::open_workbook(&output).unwrap();
            let sheet = if language == Language::Ko {
                "상품"
            } else {
                "Products"
            };
            let products = calamine::Reader::worksheet_range(&mut written, sheet).unwrap();
            assert_eq!(products.height(), summary.products.len() + 1, "{name}");
            // Text stays text, and nothing that an upload says becomes a formula.
            let formulas = calamine::Reader::worksheet_formula(&mut written, sheet).unwrap();
            assert!(formulas.is_empty(), "{name}");
        }
    }
}
