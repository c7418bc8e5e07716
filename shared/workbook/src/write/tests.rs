//! What a written workbook reads back as.

use std::io::Read as _;

use calamine::{Data, Reader};
use iso_currency::Currency;
use rust_decimal::Decimal;

use super::cell::exponent;
use super::look::digits;
use super::*;

fn saved(book: Book) -> calamine::Xlsx<std::io::BufReader<std::fs::File>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.xlsx");
    book.save(&path).unwrap();
    calamine::open_workbook(&path).unwrap()
}

#[test]
fn a_table_goes_on_on_the_next_sheet() {
    let mut book = Book::new("길다", ChangeColors::RedUp);
    let mut table = book.table("가격", &["상품", "가격"]).unwrap();
    table.max_rows = 4;
    for row in 0..8 {
        book.row(&mut table, &[Cell::Text("이어폰"), Cell::Count(row)])
            .unwrap();
    }
    assert_eq!(table.rows(), 2);
    book.end(table).unwrap();
    let mut read = saved(book);
    assert_eq!(read.sheet_names(), ["가격", "가격 2", "가격 3"]);
    let mut counts = Vec::new();
    for name in read.sheet_names() {
        let range = read.worksheet_range(&name).unwrap();
        assert_eq!(range.get((0, 0)), Some(&Data::String("상품".into())));
        counts.extend(range.rows().skip(1).map(|row| row[1].clone()));
    }
    assert_eq!(
        counts,
        (0..8)
            .map(|count| Data::Float(f64::from(count)))
            .collect::<Vec<_>>()
    );
}

/// An entry of a saved workbook.
fn entry(book: Book, name: &str) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.xlsx");
    book.save(&path).unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    [name, "xl/styles.xml"].map(|name| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    })
}

/// The values of an attribute, in order.
fn attributes<'a>(xml: &'a str, tag: &str, name: &str) -> Vec<&'a str> {
    let name = format!(" {name}=\"");
    xml.split(tag)
        .skip(1)
        .filter_map(|one| {
            one.split('>')
                .next()?
                .split_once(&name)?
                .1
                .split('"')
                .next()
        })
        .collect()
}

#[test]
fn each_cell_of_a_table_has_the_format_of_its_kind() {
    let mut book = Book::new("", ChangeColors::GreenUp);
    let mut sheet = book.free_sheet("first").unwrap();
    book.title(&mut sheet, 0, 0, "한글").unwrap();
    book.add(sheet);
    let mut table = book.table("t", &["a", "b", "c", "d", "e", "f"]).unwrap();
    let date = jiff::civil::date(2026, 11, 21);
    let cells = [
        Cell::Count(1),
        Cell::Amount(Decimal::ONE, Some(Currency::USD)),
        Cell::Percent(Decimal::ONE),
        Cell::Percent(-Decimal::ONE),
        Cell::Date(date),
        Cell::DateTime(date.at(10, 30, 0, 0)),
    ];
    book.row(&mut table, &cells).unwrap();
    book.end(table).unwrap();
    let [sheet, styles] = entry(book, "xl/worksheets/sheet2.xml");
    let rows = sheet.split_once("</row>").unwrap().1;
    let formats = attributes(&styles, "<numFmt", "formatCode");
    let ids = attributes(&styles, "<numFmt", "numFmtId");
    let cell_formats = styles.split_once("<cellXfs").unwrap().1;
    let of_style = attributes(cell_formats, "<xf", "numFmtId");
    let shown: Vec<&str> = attributes(rows, "<c", "s")
        .iter()
        .map(|style| of_style[style.parse::<usize>().unwrap()])
        .map(|id| formats[ids.iter().position(|one| *one == id).unwrap()])
        .collect();
    let change = "+0.00%_)_);-0.00%_)_);0.00%_)_)";
    assert_eq!(
        shown,
        [
            "#,##0_)_)",
            "#,##0.00_)_)",
            change,
            change,
            "yyyy-mm-dd_)_)",
            "yyyy-mm-dd hh:mm_)_)"
        ]
    );
    assert!(sheet.contains(r#"<dimension ref="A1:F2"/>"#), "{sheet}");
}

#[test]
fn texts_are_shared_until_there_are_too_many() {
    let mut book = Book::new("", ChangeColors::GreenUp);
    let mut table = book.table("가격", &["상품", "번호"]).unwrap();
    for row in 0..70_000 {
        let text = format!("상품 <{row}>");
        book.row(&mut table, &[Cell::Text(&text), Cell::Text("같은")])
            .unwrap();
    }
    book.end(table).unwrap();
    let mut table = book.table("끝", &["머리글"]).unwrap();
    book.row(&mut table, &[Cell::Text(" 상품 <1>")]).unwrap();
    book.end(table).unwrap();
    let mut read = saved(book);
    let range = read.worksheet_range("가격").unwrap();
    assert_eq!(range.get((0, 1)), Some(&Data::String("번호".into())));
    for row in 0..70_000_u32 {
        let at = row as usize + 1;
        let text = format!("상품 <{row}>");
        assert_eq!(range.get((at, 0)), Some(&Data::String(text)));
        assert_eq!(range.get((at, 1)), Some(&Data::String("같은".into())));
    }
    let range = read.worksheet_range("끝").unwrap();
    assert_eq!(range.get((0, 0)), Some(&Data::String("머리글".into())));
    assert_eq!(range.get((1, 0)), Some(&Data::String(" 상품 <1>".into())));
}

#[test]
fn text_is_never_a_formula() {
    let mut book = Book::new("", ChangeColors::GreenUp);
    let texts = [
        "=SUM(A1)",
        "+1",
        "-1",
        "@x",
        "=HYPERLINK(\"http://example.com\")",
        "http://example.com",
        "{=1}",
    ];
    let mut table = book.table("t", &["text"]).unwrap();
    for text in texts {
        book.row(&mut table, &[Cell::Text(text)]).unwrap();
    }
    book.end(table).unwrap();
    let mut read = saved(book);
    let range = read.worksheet_range("t").unwrap();
    let back: Vec<String> = range.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(back, texts);
    assert!(read.worksheet_formula("t").unwrap().is_empty());
}

#[test]
fn sheet_names_are_made_fit_and_different() {
    let mut book = Book::new("", ChangeColors::GreenUp);
    assert_eq!(book.sheet_name("a/b:c"), "a b c");
    assert_eq!(book.sheet_name("A B C"), "A B C (2)");
    assert_eq!(book.sheet_name("'"), "Sheet");
    assert_eq!(book.sheet_name(&"가".repeat(40)), "가".repeat(31));
    assert_eq!(
        book.sheet_name(&"가".repeat(40)),
        format!("{} (2)", "가".repeat(27))
    );
}

#[test]
fn a_text_is_cut_between_characters() {
    assert_eq!(cut_to("가😀나", 2), "가");
    assert_eq!(cut_to("가😀나", 3), "가😀");
    let long = "😀".repeat(MAX_TEXT);
    assert_eq!(cut(&long).encode_utf16().count(), MAX_TEXT - 1);
}

#[test]
fn amounts_have_the_digits_of_their_currency() {
    assert_eq!(digits(exponent(Some(Currency::KRW))), "#,##0_)_)");
    assert_eq!(digits(exponent(Some(Currency::USD))), "#,##0.00_)_)");
    assert_eq!(digits(exponent(Some(Currency::KWD))), "#,##0.000_)_)");
}

#[test]
fn korean_takes_twice_the_width() {
    let mut book = Book::new("", ChangeColors::GreenUp);
    let mut sheet = book.free_sheet("w").unwrap();
    assert_eq!(book.write(&mut sheet, 0, 0, Cell::Text("가격")).unwrap(), 5);
    assert_eq!(book.write(&mut sheet, 0, 1, Cell::Text("ab")).unwrap(), 3);
    assert!(
        book.write(
            &mut sheet,
            0,
            2,
            Cell::Amount(Decimal::new(123_456_789, 2), Some(Currency::USD))
        )
        .unwrap()
            >= 12
    );
}
