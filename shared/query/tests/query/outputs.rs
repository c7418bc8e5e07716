//! The files of answers.

use std::fs;

use calamine::{Data, Reader};
use model::Currency;
use query::{Format, Limits, Template};

use crate::history::{Filled, price};

const TEMPLATE: &str = "-- title: Prices
-- title-ko: 가격
-- column: price; money currency
-- column: day; date
-- column: at; instant
-- column: mean; money currency
-- totals: yes
SELECT product, amount AS price, currency, date AS day, slot AS at,
  (SELECT mean(amount) FROM prices AS p WHERE p.currency = prices.currency) AS mean
FROM prices WHERE currency = 'USD' ORDER BY product";

fn filled() -> Filled {
    let run = "daily@2028-02-28T23:30:00Z";
    Filled::with(&[
        price(run, "=1+1", "0.10", Currency::USD),
        price(run, "p-2", "12345678901.20", Currency::USD),
        price(run, "p-3", "5", Currency::KRW),
    ])
}

#[test]
fn csv_has_every_digit_and_the_totals_that_were_asked_for() {
    let mut filled = filled();
    let path = filled.folder.path().join("a.csv");
    let limits = Limits::default();
    let rows = filled.write(TEMPLATE, &[], &limits, Format::Csv, &path);
    assert_eq!(rows.unwrap(), 2);
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "product,price,currency,day,at,mean\n\
         =1+1,0.10,USD,2028-02-29,2028-02-29 08:30:00,6172839450.65\n\
         p-2,12345678901.20,USD,2028-02-29,2028-02-29 08:30:00,6172839450.65\n\
         합계,12345678901.30,,,,12345678901.30\n"
    );
}

#[test]
fn a_workbook_has_typed_cells_and_says_what_it_answers() {
    let mut filled = filled();
    let path = filled.folder.path().join("a.xlsx");
    let limits = Limits::default();
    filled
        .write(TEMPLATE, &[], &limits, Format::Xlsx, &path)
        .unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    assert_eq!(book.sheet_names(), ["가격", "정보"]);
    let sheet = book.worksheet_range("가격").unwrap();
    assert_eq!(
        sheet.get_value((1, 0)),
        Some(&Data::String("=1+1".to_owned()))
    );
    assert_eq!(sheet.get_value((1, 1)), Some(&Data::Float(0.1)));
    assert!(matches!(sheet.get_value((1, 3)), Some(Data::DateTime(_))));
    let about = book.worksheet_range("정보").unwrap();
    let says = |text: &str| {
        about
            .used_cells()
            .any(|(_, _, cell)| *cell == Data::String(text.to_owned()))
    };
    assert!(says("가격") && says("test") && says("전체") && says("2028-03-01 10:00:00"));
}

#[test]
fn the_key_of_an_answer_changes_with_everything_it_is_made_of() {
    let today = "2028-03-01".parse().unwrap();
    let slot = "2028-03-01T01:00:00Z".parse().unwrap();
    let key = |text: &str, value: &str, generation: u32| {
        let template = Template::parse(text).unwrap();
        let given = [("a".to_owned(), value.to_owned())].into();
        let question = template.resolve(&given, today, slot).unwrap();
        let file = archive::Key::of(
            &"daily@2028-02-28T23:30:00Z".parse().unwrap(),
            generation,
            &crate::history::seoul(),
        );
        template.cache_key(&question, [&file])
    };
    let text = "-- title: A\n-- parameter: a; text\nSELECT :a AS a";
    let same = key(text, "1", 1);
    assert_eq!(same, key(text, "1", 1));
    assert_eq!(same.len(), 64);
    for other in [
        key(text, "1", 2),
        key(text, "2", 1),
        key(text, "", 1),
        key(&format!("{text} "), "1", 1),
    ] {
        assert_ne!(same, other);
    }
}
