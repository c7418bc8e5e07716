//! Writes a table of 1,000,000 × 8 as the daily export does: `export OUTPUT.xlsx [ROWS]`.

use iso_currency::Currency;
use rust_decimal::Decimal;
use workbook::write::{Book, Cell, ChangeColors, WriteError};

fn main() -> Result<(), WriteError> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().unwrap_or_else(|| "export.xlsx".into());
    let rows: u32 = arguments
        .next()
        .and_then(|rows| rows.parse().ok())
        .unwrap_or(1_000_000);
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
    let start = jiff::civil::date(2026, 1, 1);
    let products = (rows / 100).max(1);
    let mut book = Book::new("export", ChangeColors::RedUp);
    let mut table = book.table("가격", &headings)?;
    for row in 0..rows {
        let product = row % products;
        let date = start.saturating_add(jiff::Span::new().days(row / products));
        let (code, name) = (format!("P{product:06}"), format!("이어폰 모델 {product}"));
        let url = format!("https://shop.example.com/products/{product}");
        let price = Decimal::from(10_000 + product * 7 % 5_000);
        let cells = [
            Cell::Date(date),
            Cell::Text(&code),
            Cell::Text(&name),
            Cell::Text("이어폰"),
            Cell::Text("네이버쇼핑"),
            Cell::Amount(price, Some(Currency::KRW)),
            Cell::Text("KRW"),
            Cell::Text(&url),
        ];
        book.row(&mut table, &cells)?;
    }
    book.end(table)?;
    book.save(output.as_ref())
}
