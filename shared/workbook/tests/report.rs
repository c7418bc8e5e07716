//! What a person reads in a report.

use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use workbook::{Language, ReportOptions, report};

/// The texts of a column of the report's sheet, below its heading.
fn column(report: &Path, sheet: &str, column: usize) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(report).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let cells = range.rows().skip(1).map(|row| &row[column]);
    cells.map(Data::to_string).collect()
}

fn english() -> ReportOptions {
    ReportOptions {
        language: Language::En,
        ..ReportOptions::default()
    }
}

#[test]
fn rows_without_a_category_are_all_products_only_when_no_row_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.xlsx"));
    for (rows, names) in [
        (
            "2026-11-20,a,10,\n2026-11-21,b,20,\n",
            &["All products"][..],
        ),
        (
            "2026-11-20,a,10,audio\n2026-11-21,b,20,\n",
            &["No category", "audio"],
        ),
    ] {
        std::fs::write(&input, format!("date,product,price,category\n{rows}")).unwrap();
        report(&input, &output, &english(), &mut |_| {}).unwrap();
        assert_eq!(column(&output, "Categories", 0), names);
    }
}

fn with_dates_in_odd_places(path: &Path) -> Result<(), XlsxError> {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(["date", "product", "price"]) {
        sheet.write_string(0, column, heading)?;
    }
    for row in 1..4 {
        sheet.write_number_with_format(row, 0, 46_347, &date)?;
        sheet.write_string(row, 1, "cable")?;
        sheet.write_number(row, 2, 12_900)?;
    }
    sheet.write_number_with_format(2, 1, 46_328, &date)?;
    sheet.write_number_with_format(3, 2, 46_328.5, &date)?;
    workbook.save(path)
}

#[test]
fn a_date_in_the_wrong_column_is_shown_as_a_date() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (
        folder.path().join("in.xlsx"),
        folder.path().join("out.xlsx"),
    );
    with_dates_in_odd_places(&input).unwrap();
    let summary = report(&input, &output, &english(), &mut |_| {}).unwrap();
    assert_eq!(column(&output, "Products", 0), ["2026-11-02", "cable"]);
    let rejected: Vec<_> = summary.rejected.iter().map(|row| &*row.value).collect();
    assert_eq!(rejected, ["2026-11-02T12:00:00"]);
}

/// Every cell of a sheet as text.
fn cells(report: &Path, sheet: &str) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = open_workbook(report).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let rows = range.rows();
    rows.map(|row| row.iter().map(Data::to_string).collect())
        .collect()
}

const SHOPS: &str = "date,product,category,vendor,price,currency\n\
    2026-01-05,Cup,Kitchen,A,100,USD\n\
    2026-01-05,Cup,Kitchen,B,200,USD\n\
    2026-01-05,Pan,Kitchen,A,50,USD\n\
    2026-02-05,Cup,Kitchen,A,110,USD\n\
    2026-02-05,Cup,Kitchen,B,120,USD\n\
    2026-02-05,Pan,Kitchen,A,50,USD\n\
    2026-02-06,Pan,Kitchen,A,sold out,USD\n\
    2026-02-05,Fridge,Kitchen,A,9000,USD\n\
    ,Total,,,9330,\n";

fn shops(language: Language) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.xlsx"));
    std::fs::write(&input, SHOPS).unwrap();
    let options = ReportOptions {
        language,
        ..ReportOptions::default()
    };
    report(&input, &output, &options, &mut |_| {}).unwrap();
    (folder, output)
}

#[test]
fn the_first_page_opens_with_what_happened() {
    let (_folder, output) = shops(Language::En);
    let summary = cells(&output, "Summary");
    let row = |about: &str| {
        let found = summary.iter().find(|row| row[0] == about);
        found.unwrap_or_else(|| panic!("no {about}: {summary:?}"))
    };
    // 1.1 × 0.6 × 1 of three offers: the cube root of 0.66.
    assert_eq!(row("All prices (USD)")[1], "-0.1293");
    assert!(row("All prices (USD)")[2].starts_with("From 2026-01 to 2026-02, like with like"));
    assert_eq!(
        row("Most fallen")[2],
        "Cup: 200.00 → 120.00 USD, 2026-01-05 – 2026-02-05, B"
    );
    let cheapest = "A: 4.26% below the mean of the vendors, over 1 product that";
    assert!(row("Cheapest vendor")[2].starts_with(cheapest));
    assert_eq!(
        row("Rows not used")[2],
        "2 of 9 rows: 1 – The price is missing; 1 – totals of other rows."
    );
    let place = |about: &str| summary.iter().position(|row| row[0] == about);
    assert!(place("Rows not used") < place("What was read"));
    let everything = summary.concat().join(" ");
    assert!(!everything.contains("Mean"), "{everything}");
}

#[test]
fn vendors_stand_side_by_side_where_several_have_a_product() {
    let (_folder, output) = shops(Language::En);
    let compare = cells(&output, "Compare");
    assert_eq!(compare.len(), 2);
    assert_eq!(compare[0][5..], ["A", "B"]);
    let expected = ["Cup", "USD", "110", "A", "0.0909", "110", "120"];
    let close = compare[1][4].parse::<f64>().unwrap() - 10.0 / 110.0;
    assert!(close.abs() < 1e-6);
    for column in [0, 1, 2, 3, 5, 6] {
        assert_eq!(compare[1][column], expected[column]);
    }
}

#[test]
fn products_are_sorted_by_what_moved_and_empty_columns_are_left_out() {
    let (_folder, output) = shops(Language::Ko);
    let products = cells(&output, "상품");
    let names: Vec<&str> = products.iter().skip(1).map(|row| &*row[0]).collect();
    assert_eq!(names, ["Cup", "Fridge", "Pan"]);
    assert!(!products[0].contains(&"상품코드".to_owned()));
    let course = products[0].iter().position(|heading| heading == "흐름");
    assert!(course.is_some(), "{:?}", products[0]);
}

#[test]
fn rows_that_are_not_in_the_figures_are_listed_with_their_names() {
    let (_folder, output) = shops(Language::En);
    let rejected = cells(&output, "Rejected rows");
    assert_eq!(rejected[1][2..5], ["E8", "Pan", "sold out"]);
    let left_out = cells(&output, "Left-out rows");
    assert_eq!(left_out[1], ["in", "10", "Total", "9330"]);
}

#[test]
fn a_trend_says_which_categories_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.xlsx"));
    let mut text = "date,product,category,price\n".to_owned();
    for category in 0..10 {
        for month in 1..=3 {
            for day in 0..20 - category {
                let day = day + 1;
                let price = 100 + month;
                let row =
                    format!("2026-{month:02}-{day:02},thing {category},kind {category},{price}\n");
                text.push_str(&row);
            }
        }
    }
    std::fs::write(&input, text).unwrap();
    report(&input, &output, &english(), &mut |_| {}).unwrap();
    let trend = cells(&output, "Trend");
    let said = trend.concat().join(" ");
    assert!(said.contains("not these 2: kind 8, kind 9."), "{said}");
    let headings = trend.iter().find(|row| row[0] == "Month").unwrap();
    assert_eq!((headings.len(), &*headings[1]), (12, "All products"));
}

#[test]
fn of_many_products_only_the_first_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.xlsx"));
    let rows = (0..2_000).map(|at| format!("2026-01-05,thing {at},{at}\n"));
    std::fs::write(
        &input,
        format!("date,product,price\n{}", rows.collect::<String>()),
    )
    .unwrap();
    report(&input, &output, &english(), &mut |_| {}).unwrap();
    assert_eq!(cells(&output, "Products").len(), 2_001);
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&output).unwrap()).unwrap();
    let mut workbook = String::new();
    let mut part = zip.by_name("xl/workbook.xml").unwrap();
    std::io::Read::read_to_string(&mut part, &mut workbook).unwrap();
    assert!(workbook.contains("$501</definedName>"), "{workbook}");
}
