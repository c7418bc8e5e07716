//! Tables of nothing but what confuses a reader: no panic, and every row that is read is counted
//! exactly once.

use proptest::prelude::*;
use workbook::{ReportOptions, Summary, summarize};

const WORDS: [&str; 44] = [
    "상품명",
    "가격",
    "날짜",
    "판매처",
    "카테고리",
    "수량",
    "단가",
    "금액",
    "년",
    "월",
    "일",
    "2026-10-05",
    "10월",
    "2026",
    "2026년 10월",
    "당일",
    "1일전",
    "쿠팡",
    "가나몰",
    "다라샵",
    "소계",
    "합계",
    "음향 소계",
    "■ 음향",
    "판매처: 가나몰",
    "(단위: 천원)",
    "가격(천원)",
    "12900",
    "1.5",
    "12.900",
    "1.234.900",
    "3",
    "-",
    "",
    "",
    "컵",
    "솥",
    "Total",
    "10/5",
    "26.10.5",
    "3분기",
    "※ 참고",
    "99999999999999999",
    "2026-10-05 ~ 10-11",
];

fn read(name: &str, bytes: &[u8]) -> Option<Summary> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    summarize(&path, &ReportOptions::default(), &mut |_| {}).ok()
}

fn check(summary: Option<Summary>) {
    let Some(summary) = summary else { return };
    let counted = summary.rows_used
        + summary.rows_rejected
        + summary.rows_totals
        + summary.rows_repeated_headings;
    assert_eq!(summary.rows_read, counted);
    let prices: u64 = summary.products.iter().map(|product| product.count).sum();
    assert_eq!(summary.rows_used, prices);
    assert!(summary.how_read().len() >= summary.sheets.len());
}

fn table() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let row = prop::collection::vec(0..WORDS.len(), 1..7);
    prop::collection::vec(row, 1..14)
}

/// A row of headings, so that most tables are read.
const HEADINGS: [&[&str]; 6] = [
    &["날짜", "상품명", "가격"],
    &["상품명", "쿠팡", "가나몰"],
    &["상품명", "2026-10-05", "2026-10-12"],
    &["년", "월", "상품명", "가격"],
    &["상품명", "가격", "", "상품명", "가격"],
    &["날짜", "상품명", "수량", "단가", "금액"],
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn odd_tables_of_text(rows in table(), headings in 0..HEADINGS.len(), top in any::<bool>()) {
        let mut text = String::new();
        if top {
            text.push_str(&(HEADINGS[headings].join(",") + "\n"));
        }
        for row in &rows {
            let cells: Vec<&str> = row.iter().map(|at| WORDS[*at]).collect();
            text.push_str(&(cells.join(",") + "\n"));
        }
        check(read("a.csv", text.as_bytes()));
    }

    #[test]
    fn odd_web_tables(rows in table(), headings in 0..HEADINGS.len(), spans in prop::collection::vec(0..4_u8, 40)) {
        let mut spans = spans.into_iter().cycle();
        let mut page = String::from("<html><meta charset=utf-8><table>");
        for heading in HEADINGS[headings] {
            page.extend(["<td>", heading]);
        }
        for row in &rows {
            page.push_str("<tr>");
            for at in row {
                let span = match spans.next() {
                    Some(1) => " rowspan=2",
                    Some(2) => " colspan=2",
                    _ => "",
                };
                page.extend(["<td", span, ">", WORDS[*at]]);
            }
        }
        check(read("a.xls", page.as_bytes()));
    }
}
