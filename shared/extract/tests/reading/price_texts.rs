//! The tables of price strings in `tests/data/price-text`: text, locale, currency hint, and what
//! must be read. `\u{a0}` in a text stands for that character.

use extract::price_text::{self, TextHints};
use model::Currency;

struct Row {
    place: String,
    text: String,
    locale: Option<String>,
    currency: Option<Currency>,
    expected: String,
}

fn rows() -> Vec<Row> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/price-text");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "tsv"))
        .collect();
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let place = format!("{name}:{}", number + 1);
            let cells: Vec<&str> = line.split('\t').collect();
            let [text, locale, currency, expected] = cells[..] else {
                panic!("{place}: four cells are needed, not {}", cells.len());
            };
            let given = |cell: &str| (cell != "-").then(|| cell.to_owned());
            rows.push(Row {
                text: unescape(text),
                locale: given(locale),
                currency: given(currency).map(|code| code.parse().expect(&place)),
                expected: expected.to_owned(),
                place,
            });
        }
    }
    rows
}

fn unescape(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("an escape ends in }");
        let code = u32::from_str_radix(code, 16).unwrap();
        out.push(char::from_u32(code).unwrap());
        out.push_str(rest);
    }
    out
}

fn read(row: &Row) -> String {
    let hints = TextHints {
        currency: row.currency,
        locale: row.locale.as_deref(),
    };
    match price_text::parse(&row.text, &hints) {
        Ok(read) => {
            let currency = read.currency.map_or("-", |currency| currency.code());
            format!("{} {currency}", read.amount)
        }
        Err(failure) => format!("!{}", failure.reason),
    }
}

#[test]
fn every_price_in_the_tables_is_read_as_it_should() {
    let rows = rows();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let got = read(row);
            (got != row.expected).then(|| {
                let Row {
                    place,
                    text,
                    locale,
                    currency,
                    expected,
                } = row;
                format!(
                    "{place}: {text:?} {locale:?} {currency:?}: {expected:?} expected, {got:?} read"
                )
            })
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(rows.len() >= 300, "only {} rows", rows.len());
}

#[test]
fn no_row_occurs_twice() {
    let mut seen = std::collections::HashMap::new();
    for row in rows() {
        let key = (row.text.clone(), row.locale.clone(), row.currency);
        if let Some(earlier) = seen.insert(key, row.place.clone()) {
            panic!("{} repeats {earlier}", row.place);
        }
    }
}
