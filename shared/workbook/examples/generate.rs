//! Makes the workbook of the benchmark: `generate OUTPUT.xlsx ROWS KIND`.
//!
//! Each row has a date, a product code, a Korean name, a category, a vendor, a price, a currency
//! and an address: 100 days of as many products as the rows allow. The kind is `shared`, or
//! `inline`, which writes the texts into the cells instead of the shared strings, or `unique`,
//! which makes every address different, or `products`, which makes every row another product.

use std::process::ExitCode;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

const DAYS: u32 = 100;
const CATEGORIES: [&str; 8] = [
    "이어폰",
    "키보드",
    "모니터",
    "충전기",
    "노트북",
    "태블릿",
    "스피커",
    "마우스",
];
const VENDORS: [&str; 5] = ["쿠팡", "11번가", "G마켓", "네이버쇼핑", "SSG닷컴"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, rows, kind] = arguments.as_slice() else {
        eprintln!("usage: generate OUTPUT.xlsx ROWS shared|inline|unique|products");
        return ExitCode::from(2);
    };
    let rows: u32 = rows.parse().expect("a number of rows");
    generate(output, rows, kind).expect("the workbook can be written");
    ExitCode::SUCCESS
}

fn generate(output: &str, rows: u32, kind: &str) -> Result<(), XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(6);
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = if kind == "inline" {
        workbook.add_worksheet_with_constant_memory()?
    } else {
        workbook.add_worksheet_with_low_memory()?
    };
    let headings = [
        "날짜",
        "상품코드",
        "상품명",
        "카테고리",
        "쇼핑몰",
        "가격",
        "통화",
        "URL",
    ];
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string(0, column, heading)?;
    }
    let products = match kind {
        "products" => rows,
        _ => (rows / DAYS).max(1),
    };
    let mut seed = 42_u64;
    for row in 0..rows {
        let (day, product) = (row / products, row % products);
        // A linear congruential step (Knuth's MMIX constants): the same workbook every time.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let category = CATEGORIES[product as usize % CATEGORIES.len()];
        let price = 10_000 + u64::from(product) * 7 + (seed >> 33) % 2_000;
        let at = row + 1;
        sheet.write_number_with_format(at, 0, f64::from(46_000 + day), &date)?;
        sheet.write_string(at, 1, format!("P{product:06}"))?;
        sheet.write_string(at, 2, format!("{category} 모델 {product}"))?;
        sheet.write_string(at, 3, category)?;
        sheet.write_string(at, 4, VENDORS[(seed >> 40) as usize % VENDORS.len()])?;
        sheet.write_number(at, 5, u32::try_from(price).expect("a small price"))?;
        sheet.write_string(at, 6, "KRW")?;
        let url = if kind == "unique" {
            format!("https://shop.example.com/products/{product}?day={day}")
        } else {
            format!("https://shop.example.com/products/{product}")
        };
        sheet.write_string(at, 7, url)?;
    }
    workbook.save(output)
}
