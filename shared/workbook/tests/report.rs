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
