//! The tables of price strings in `tests/data/price-text`: text, locale, currency hint, and what
//! must be read. `\u{a0}` in a text stands for that character.

use model::Currency;
use price_text::TextHints;

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
        ..TextHints::default()
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

/// Why a cell of a column may be read otherwise than the same text of a page; each is a policy
/// that the crate's documentation names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Policy {
    /// A refund is a price in a column; no shop sells for less than nothing.
    Negative,
    /// A point alone before three digits starts the decimals of a computed figure.
    Thousandths,
    /// A mean may have more decimals than its currency.
    MoreDecimals,
    /// A bare `$` or `¥` is what it most often is, and weaker than a column that names one.
    SharedMark,
    /// What a cell says of its own currency counts before its column's heading.
    OwnMark,
    /// `1.29E+04` is how a spreadsheet program shows a number that is too wide.
    Scientific,
}

fn policy(row: &Row, page: &str, column: &str) -> Option<Policy> {
    let text = row.text.as_str();
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        .collect();
    let thousandths = digits
        .trim_matches(['.', ','])
        .split_once('.')
        .is_some_and(|(whole, rest)| !whole.contains(',') && rest.len() == 3);
    let refused = |text: &str| text.starts_with('!');
    let amount = |text: &str| text.split(' ').next().unwrap_or("").to_owned();
    if column.starts_with('-') {
        return Some(Policy::Negative);
    }
    if thousandths {
        return Some(Policy::Thousandths);
    }
    if page == "!wrong_currency" && !refused(column) {
        return Some(Policy::OwnMark);
    }
    let weak = ["$", "＄", "¥", "￥", "元", "圓", "圆", "¢", "kr", "dollars"]
        .iter()
        .any(|mark| text.contains(mark));
    if weak && !refused(page) && (refused(column) || amount(page) == amount(column)) {
        return Some(Policy::SharedMark);
    }
    if page == "!unreadable_price" && !refused(column) {
        let (_, decimals) = column.split(' ').next()?.split_once('.')?;
        return (!decimals.is_empty()).then_some(Policy::MoreDecimals);
    }
    if text.contains("E+") {
        return Some(Policy::Scientific);
    }
    None
}

#[test]
fn a_page_and_a_column_agree_or_differ_by_a_policy() {
    let mut by_policy = std::collections::BTreeMap::new();
    let mut compared = 0;
    let mut unexplained = Vec::new();
    for row in rows().iter().filter(|row| row.locale.is_none()) {
        let page = read(row);
        let column = match price_text::parse_column(&row.text, row.currency) {
            Ok(price) => {
                let named = price.mark.map(|mark| mark.currency).or(row.currency);
                format!(
                    "{} {}",
                    price.amount,
                    named.map_or("-", |currency| currency.code())
                )
            }
            Err(reason) => format!("!{reason:?}"),
        };
        compared += 1;
        let same = page == column || (page.starts_with('!') && column.starts_with('!'));
        if !same {
            match policy(row, &page, &column) {
                Some(policy) => *by_policy.entry(policy).or_insert(0) += 1,
                None => unexplained.push(format!(
                    "{}: {:?} {:?}: a page {page:?}, a column {column:?}",
                    row.place, row.text, row.currency
                )),
            }
        }
    }
    println!("{compared} texts compared; they differ by {by_policy:?}");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(compared >= 300, "only {compared}");
}
