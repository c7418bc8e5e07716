//! An answer does not depend on the layout: the same 500 prices in every layout that people use
//! give the same figures to the last digit, or are refused with what to do.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::too_many_lines,
    reason = "small numbers, and a list of layouts"
)]

mod data;
mod files;
mod pages;

use std::collections::BTreeMap;
use std::path::Path;

use rust_decimal::Decimal;
use workbook::{Language, ReadError, ReportOptions, Summary, summarize};

use data::{ENGLISH, FIRST_DAY, KOREAN, Price, Words, calendar, prices};
use files::{Cell, Page, csv, html, xlsx, xml};
use pages::{
    above, amount, bands, date, date_parts, groups, headings_again, long, plain, sheets,
    side_by_side, text_dates, text_prices, thousands, wide_by_both, wide_by_day, wide_by_vendor,
    with_amounts, with_record_numbers, with_totals,
};

/// What every layout of the prices must give.
type Figures = BTreeMap<String, (u64, Decimal)>;

fn figures(summary: &Summary) -> Figures {
    let json = serde_json::to_value(summary).unwrap();
    let mut figures = Figures::new();
    for (one, json) in summary
        .products
        .iter()
        .zip(json["products"].as_array().unwrap())
    {
        let [from, to] =
            ["first_date", "last_date"].map(|name| json[name].as_str().unwrap_or("no date"));
        let (low, high) = (one.minimum.normalize(), one.maximum.normalize());
        let key = format!("product {} {from} to {to}, {low} to {high}", one.product);
        let sum = (one.mean * Decimal::from(one.count))
            .round_dp(3)
            .normalize();
        figures.insert(key, (one.count, sum));
    }
    for one in &summary.vendors {
        figures.insert(
            format!("vendor {}", one.vendor),
            (one.count, one.sum.normalize()),
        );
    }
    for one in &summary.categories {
        let month = one.month.as_deref().unwrap_or("no month");
        figures.insert(
            format!("category {} {month}", one.category),
            (one.count, one.sum.normalize()),
        );
    }
    figures
}

/// A layout's name, the name of its file, and its bytes.
type File = (&'static str, &'static str, Vec<u8>);

fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-8-bom" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        "utf-16" => {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xff, 0xfe].into_iter().chain(units).collect()
        }
        "cp949" => encoding_rs::EUC_KR.encode(text).0.into_owned(),
        _ => text.as_bytes().to_vec(),
    }
}

fn files(words: &Words) -> Vec<File> {
    let prices = prices(words);
    let mut files: Vec<File> = Vec::new();
    let mut add = |name, file, bytes| files.push((name, file, bytes));
    of_one_table(words, &prices, &mut add);
    of_wide_tables(words, &prices, &mut add);
    of_groups(words, &prices, &mut add);
    files
}

type Add<'a> = dyn FnMut(&'static str, &'static str, Vec<u8>) + 'a;

fn of_one_table(words: &Words, prices: &[Price], add: &mut Add<'_>) {
    let page = plain(words, prices);
    let one = |page: &Page| xlsx(std::slice::from_ref(page));
    add("long", "a.xlsx", one(&page));
    add("comma, UTF-8", "a.csv", encoded(&csv(&page, ','), "utf-8"));
    add(
        "comma, UTF-8 with a mark",
        "a.csv",
        encoded(&csv(&page, ','), "utf-8-bom"),
    );
    add(
        "semicolon, CP949",
        "a.csv",
        encoded(&csv(&page, ';'), "cp949"),
    );
    add("tab, UTF-16", "a.txt", encoded(&csv(&page, '\t'), "utf-16"));
    add("web page", "a.xls", html(&page).into_bytes());
    add(
        "XML 2003",
        "a.xls",
        xml(std::slice::from_ref(&page)).into_bytes(),
    );

    let mut titled = long(
        words,
        prices,
        3,
        (words.date, &date),
        (words.price, &amount),
    );
    titled.text(
        0,
        0,
        if words.korean {
            "주간 가격 조사"
        } else {
            "Weekly price survey"
        },
    );
    titled.text(
        1,
        4,
        if words.korean {
            "(단위: 원)"
        } else {
            "(unit: KRW)"
        },
    );
    add("title and unit", "a.xlsx", one(&titled));
    let mut units = long(
        words,
        prices,
        2,
        (words.date, &date),
        (words.price, &thousands),
    );
    units.text(
        0,
        4,
        if words.korean {
            "(단위: 천원)"
        } else {
            "(unit: 1,000 KRW)"
        },
    );
    add("thousands above the table", "a.xlsx", one(&units));
    let heading = if words.korean {
        "가격(천원)"
    } else {
        "Price (in thousands)"
    };
    let units = long(words, prices, 0, (words.date, &date), (heading, &thousands));
    add("thousands in the heading", "a.xlsx", one(&units));

    let iso = text_dates(words, prices, 0, |month, day| {
        format!("2026-{month:02}-{day:02}")
    });
    add("dates as text", "a.xlsx", one(&iso));
    let short = text_dates(words, prices, 0, |month, day| format!("26.{month}.{day}"));
    add("short dates", "a.xlsx", one(&short));
    let whole = text_dates(words, prices, 0, |month, day| {
        if words.korean {
            return format!("2026년 {month}월 {day}일");
        }
        format!("{} {day}, 2026", if month == 9 { "Sep" } else { "Oct" })
    });
    add("dates in words", "a.xlsx", one(&whole));
    let mut yearless = text_dates(words, prices, 2, |month, day| format!("{month}/{day}"));
    yearless.text(
        0,
        0,
        if words.korean {
            "2026년 가격 조사"
        } else {
            "Prices 2026-09 to 2026-10"
        },
    );
    add("dates without a year", "a.xlsx", one(&yearless));
    let six = |page: &mut Page, row: u32, column: u16, price: &Price| {
        let (month, day) = calendar(price.day);
        page.number(row, column, (260_000 + 100 * month + day) as f64);
    };
    let six = long(words, prices, 0, (words.date, &six), (words.price, &amount));
    add("numbers like 261005", "a.xlsx", one(&six));
    add(
        "year, month and day",
        "a.xlsx",
        one(&date_parts(words, prices)),
    );

    let texts = text_prices(words, prices, |price| {
        let grouped = format!("{},{:03}", price / 1_000, price % 1_000);
        if words.korean {
            format!("{grouped}원")
        } else {
            format!("₩{grouped}")
        }
    });
    add("prices as text", "a.xlsx", one(&texts));
    let points = text_prices(words, prices, |price| {
        format!(
            "{}.{:03} {}",
            price / 1_000,
            price % 1_000,
            if words.korean { "원" } else { "KRW" }
        )
    });
    add(
        "points separate thousands",
        "a.csv",
        csv(&points, ',').into_bytes(),
    );
    add(
        "quantity, price and amount",
        "a.xlsx",
        one(&with_amounts(words, prices)),
    );
    add(
        "numbered records",
        "a.xlsx",
        one(&with_record_numbers(words, prices)),
    );
    add(
        "subtotals with dates",
        "a.xlsx",
        one(&with_totals(words, prices, true)),
    );
    add(
        "subtotals",
        "a.xlsx",
        one(&with_totals(words, prices, false)),
    );
    add(
        "headings again",
        "a.xlsx",
        one(&headings_again(words, prices)),
    );
    add(
        "merged dates",
        "a.xlsx",
        one(&above(words, prices, &[0], true)),
    );
    add(
        "merged dates and categories",
        "a.xlsx",
        one(&above(words, prices, &[0, 2], true)),
    );
    add(
        "merged dates, web page",
        "a.xls",
        html(&above(words, prices, &[0], true)).into_bytes(),
    );
    let merged = above(words, prices, &[0, 2], true);
    add(
        "merged dates, XML 2003",
        "a.xls",
        xml(&[merged]).into_bytes(),
    );
    add(
        "dates in the first row",
        "a.xlsx",
        one(&above(words, prices, &[0], false)),
    );
    let blank = above(words, prices, &[0], false);
    add(
        "dates in the first row, text",
        "a.csv",
        csv(&blank, ',').into_bytes(),
    );
}

fn of_wide_tables(words: &Words, prices: &[Price], add: &mut Add<'_>) {
    let one = |page: &Page| xlsx(std::slice::from_ref(page));
    let serials = |page: &mut Page, column: u16, day: usize| {
        page.date(0, column, FIRST_DAY + 7 * day as i64);
    };
    let days = wide_by_day(words, prices, None, &serials);
    add("a column a day", "a.xlsx", one(&days));
    add(
        "a column a day, web page",
        "a.xls",
        html(&days).into_bytes(),
    );
    let texts = |page: &mut Page, column: u16, day: usize| {
        let (month, day) = calendar(day);
        page.text(0, column, &format!("2026-{month:02}-{day:02}"));
    };
    let days = wide_by_day(words, prices, None, &texts);
    add(
        "a column a day as text",
        "a.csv",
        csv(&days, ';').into_bytes(),
    );
    let mut totals = days.clone();
    let width = 8;
    totals.text(0, width, if words.korean { "합계" } else { "Total" });
    totals.text(101, 0, if words.korean { "합계" } else { "Total" });
    for row in 1..=100 {
        let sum = (3..8).map(|column| match &days.cells[&(row, column)] {
            Cell::Number(number) => *number,
            _ => 0.0,
        });
        totals.number(row, width, sum.sum());
    }
    for column in 3..8 {
        let of_day = prices
            .iter()
            .filter(|price| price.day == usize::from(column) - 3);
        totals.number(
            101,
            column,
            of_day.map(|price| price.amount).sum::<i64>() as f64,
        );
    }
    add("a column a day with totals", "a.xlsx", one(&totals));
    add(
        "a column a shop",
        "a.xlsx",
        one(&wide_by_vendor(words, prices, false)),
    );
    add(
        "a column a shop, tab",
        "a.txt",
        csv(&wide_by_vendor(words, prices, false), '\t').into_bytes(),
    );
    add(
        "shops over price and delivery",
        "a.xlsx",
        one(&wide_by_vendor(words, prices, true)),
    );
    add(
        "shops over days",
        "a.xlsx",
        one(&wide_by_both(words, prices, false)),
    );
    add(
        "days over shops",
        "a.xlsx",
        one(&wide_by_both(words, prices, true)),
    );
    let by_shop: Vec<Page> = words
        .vendors
        .iter()
        .map(|vendor| {
            let mut page = wide_by_day(words, prices, Some(vendor), &serials);
            (*vendor).clone_into(&mut page.name);
            page
        })
        .collect();
    add("a sheet a shop, a column a day", "a.xlsx", xlsx(&by_shop));
}

fn of_groups(words: &Words, prices: &[Price], add: &mut Add<'_>) {
    let one = |page: &Page| xlsx(std::slice::from_ref(page));
    let shops = groups(prices, |price| price.vendor.to_owned());
    let categories = groups(prices, |price| price.category.to_owned());
    let days = groups(prices, |price| {
        let (month, day) = calendar(price.day);
        format!("2026-{month:02}-{day:02}")
    });
    add(
        "a sheet a shop",
        "a.xlsx",
        xlsx(&sheets(words, words.vendor, &shops, false)),
    );
    add(
        "a sheet a shop, XML 2003",
        "a.xls",
        xml(&sheets(words, words.vendor, &shops, false)).into_bytes(),
    );
    add(
        "a sheet a category",
        "a.xlsx",
        xlsx(&sheets(words, words.category, &categories, false)),
    );
    add(
        "a sheet a day",
        "a.xlsx",
        xlsx(&sheets(words, words.date, &days, false)),
    );
    add(
        "the day in the title",
        "a.xlsx",
        xlsx(&sheets(words, words.date, &days, true)),
    );
    let mut copied = vec![plain(words, prices), plain(words, prices)];
    "Sheet1 (2)".clone_into(&mut copied[1].name);
    add("a copied sheet", "a.xlsx", xlsx(&copied));
    add(
        "lines of categories",
        "a.xlsx",
        one(&bands(words, words.category, &categories, false, "■ ")),
    );
    add(
        "lines of shops",
        "a.xlsx",
        one(&bands(words, words.vendor, &shops, false, "")),
    );
    add(
        "lines of days",
        "a.xlsx",
        one(&bands(words, words.date, &days, false, "")),
    );
    add(
        "tables below one another",
        "a.xlsx",
        one(&bands(words, words.category, &categories, true, "")),
    );
    add(
        "tables of shops below one another",
        "a.csv",
        csv(&bands(words, words.vendor, &shops, true, ""), ',').into_bytes(),
    );
    add(
        "tables side by side",
        "a.xlsx",
        one(&side_by_side(words, words.vendor, &shops)),
    );
    add(
        "categories side by side",
        "a.xlsx",
        one(&side_by_side(words, words.category, &categories)),
    );
}

fn read(folder: &Path, (_, file, bytes): &File) -> Result<Figures, ReadError> {
    let path = folder.join(file);
    std::fs::write(&path, bytes).unwrap();
    Ok(figures(&summarize(
        &path,
        &ReportOptions::default(),
        &mut |_| {},
    )?))
}

fn difference(ours: &Figures, right: &Figures) -> String {
    let missing = right
        .iter()
        .find(|(key, value)| ours.get(*key) != Some(value));
    let extra = ours
        .iter()
        .find(|(key, value)| right.get(*key) != Some(value));
    format!("wanted {missing:?}, got {extra:?}")
}

#[test]
fn the_same_prices_in_every_layout_give_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    for words in [KOREAN, ENGLISH] {
        let files = files(&words);
        assert!(files.len() >= 40, "{} layouts", files.len());
        let right = read(folder.path(), &files[0]).unwrap();
        let counts = right.iter().filter(|(key, _)| key.starts_with("vendor"));
        assert_eq!(counts.map(|(_, (count, _))| count).sum::<u64>(), 500);
        let mut wrong = Vec::new();
        let mut refused = Vec::new();
        for file in &files {
            match read(folder.path(), file) {
                Ok(ours) if ours == right => {}
                Ok(ours) => wrong.push(format!("{}: {}", file.0, difference(&ours, &right))),
                Err(error) => {
                    assert!(!error.sentence(Language::En).is_empty());
                    refused.push(format!("{}: {error}", file.0));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "wrong figures:\n{}\nrefused:\n{}",
            wrong.join("\n"),
            refused.join("\n")
        );
        let read = files.len() - refused.len();
        assert!(
            read * 10 >= files.len() * 9,
            "{read} of {} are read; refused:\n{}",
            files.len(),
            refused.join("\n")
        );
    }
}
