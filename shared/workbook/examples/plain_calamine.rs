//! The benchmark's plain program: calamine's streaming reader, hash maps, `rust_xlsxwriter`, as
//! anyone would write it. `plain_calamine INPUT.xlsx REPORT.xlsx DIGEST.json`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::Workbook;

#[derive(Default)]
struct Product {
    name: String,
    prices: Vec<f64>,
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        _ => String::new(),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, report, digest] = arguments.as_slice() else {
        panic!("usage: plain_calamine INPUT REPORT DIGEST")
    };
    let mut workbook: Xlsx<BufReader<File>> = calamine::open_workbook(input).expect("a workbook");
    let sheet = workbook.sheet_names()[0].clone();
    let mut reader = workbook.worksheet_cells_reader(&sheet).expect("a sheet");
    let mut products: BTreeMap<String, Product> = BTreeMap::new();
    let mut months: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    let (mut month, mut code, mut name, mut category) =
        (String::new(), String::new(), String::new(), String::new());
    while let Some(cell) = reader.next_cell().expect("a cell") {
        let (row, column) = cell.get_position();
        if row == 0 {
            continue;
        }
        let value = cell.get_value();
        match (column, value) {
            (0, DataRef::DateTime(date)) => {
                let (year, number, ..) = date.to_ymd_hms_milli();
                month = format!("{year:04}-{number:02}");
            }
            (1, value) => code = text(value),
            (2, value) => name = text(value),
            (3, value) => category = text(value),
            (5, DataRef::Float(price)) => {
                if let Some(product) = products.get_mut(&code) {
                    product.prices.push(*price);
                } else {
                    products.insert(
                        code.clone(),
                        Product {
                            name: name.clone(),
                            prices: vec![*price],
                        },
                    );
                }
                let key = format!("{category} {month}");
                let total = months.entry(key).or_default();
                *total = (total.0 + 1, total.1 + price);
            }
            _ => {}
        }
    }
    write(report, digest, products, &months);
}

fn write(
    report: &str,
    digest: &str,
    products: BTreeMap<String, Product>,
    months: &BTreeMap<String, (u64, f64)>,
) {
    let mut out = Workbook::new();
    let sheet = out.add_worksheet_with_low_memory().expect("a sheet");
    let mut lines = serde_json::Map::new();
    for (row, (code, mut product)) in (0..).zip(products) {
        product.prices.sort_by(f64::total_cmp);
        let count = u32::try_from(product.prices.len()).expect("few prices");
        let middle = product.prices.len() / 2;
        let median = if count % 2 == 1 {
            product.prices[middle]
        } else {
            f64::midpoint(product.prices[middle - 1], product.prices[middle])
        };
        let (low, high) = (product.prices[0], product.prices[product.prices.len() - 1]);
        sheet.write_string(row, 0, &code).expect("a cell");
        sheet.write_string(row, 1, &product.name).expect("a cell");
        for (column, figure) in (2..).zip([f64::from(count), low, high, median]) {
            sheet.write_number(row, column, figure).expect("a cell");
        }
        lines.insert(code, serde_json::json!([count, low, high, median]));
    }
    out.save(report).expect("a report");
    let months: serde_json::Map<String, serde_json::Value> = months
        .iter()
        .map(|(key, (count, sum))| (key.clone(), serde_json::json!([count, sum])))
        .collect();
    std::fs::write(
        digest,
        serde_json::json!({"products": lines, "months": months}).to_string(),
    )
    .expect("a digest");
}
