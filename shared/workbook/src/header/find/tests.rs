use super::*;

fn layout(rows: &[&[&str]]) -> Option<Layout> {
    let mut peek = Peek::default();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            let value = match text.parse::<i64>() {
                Ok(number) => Value::Number(Number::new(number, 0)),
                Err(_) => Value::Text(text),
            };
            if !text.is_empty() {
                peek.cell(row, column, value).unwrap();
            }
        }
    }
    peek.layout(&Headings::default(), "Sheet1", false)
}

fn roles(layout: &Layout) -> Vec<(u32, Role)> {
    layout
        .columns
        .iter()
        .map(|(column, role, _)| (*column, *role))
        .collect()
}

#[test]
fn the_header_stands_below_title_rows() {
    let found = layout(&[
        &["가격 조사 보고서"],
        &["작성일", "2026-11-21"],
        &[],
        &["", "날짜", "상품명", "가격(원)", "비고"],
        &["", "2026-11-21", "이어폰", "12900", ""],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 3);
    assert_eq!(
        roles(&found),
        [(1, Role::Date), (2, Role::Product), (3, Role::Price)]
    );
    assert_eq!(found.currency, Some(Currency::KRW));
}

#[test]
fn a_header_on_two_rows_is_read_as_one() {
    let found = layout(&[
        &["날짜", "상품", "", "가격", ""],
        &["", "상품코드", "상품명", "정가", "판매가"],
        &["2026-11-21", "A-1", "이어폰", "20000", "12900"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 1);
    assert_eq!(
        roles(&found),
        [
            (0, Role::Date),
            (1, Role::Sku),
            (2, Role::Product),
            (4, Role::Price)
        ]
    );
}

#[test]
fn a_second_row_of_headings_is_preferred_to_merged_ones_above() {
    let found = layout(&[
        &["날짜", "상품명", "가격", ""],
        &["", "", "정가", "판매가"],
        &["2026-11-21", "이어폰", "20000", "12900"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 1);
    assert_eq!(roles(&found)[2], (3, Role::Price));
    let found = layout(&[
        &["Date", "Product", "", "Price", ""],
        &["", "Code", "Name", "List", "Sale"],
    ])
    .unwrap();
    assert_eq!(roles(&found)[3], (4, Role::Price));
    let found = layout(&[
        &["날짜", "상품명", "가격(원)"],
        &["Date", "Product", "Price"],
        &["2026-11-21", "이어폰", "12900"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 1);
    assert_eq!(found.currency, Some(Currency::KRW));
}

#[test]
fn a_whole_row_of_groups_names_single_columns_too() {
    let found = layout(&[
        &["Basic", "Product", "Price"],
        &["Crawl date", "Name", "Sale"],
        &["2026-11-21", "cable", "12900"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 1);
    assert_eq!(
        roles(&found),
        [(0, Role::Date), (1, Role::Product), (2, Role::Price)]
    );
}

#[test]
fn a_group_above_can_make_the_better_price() {
    let found = layout(&[
        &["Basic", "Product", "", "Price", ""],
        &["Crawl date", "SKU", "Title", "List price", "Sale"],
        &["2026-11-21", "A-1", "cable", "20000", "12900"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 1);
    assert_eq!(roles(&found)[3], (4, Role::Price));
}

#[test]
fn a_pair_of_name_and_value_above_the_header_is_no_heading() {
    for pair in [
        ["작성일", "2026-11-30"],
        ["날짜", "11월 4주"],
        ["판매처", "쿠팡"],
        ["Date:", "today"],
    ] {
        let found = layout(&[
            &pair,
            &["비고", "도서명", "", "가격", "품목구분"],
            &["", "소설", "", "12900", "책"],
        ])
        .unwrap();
        assert_eq!(
            roles(&found),
            [(1, Role::Product), (3, Role::Price), (4, Role::Category)],
            "{pair:?}"
        );
    }
}

#[test]
fn a_unit_above_the_table_names_the_currency() {
    let currency = |title: &[&str]| {
        let rows: [&[&str]; 3] = [
            title,
            &["날짜", "상품명", "가격"],
            &["2026-11-21", "이어폰", "12900"],
        ];
        layout(&rows).unwrap().currency
    };
    assert_eq!(currency(&["", "", "(단위: 원)"]), Some(Currency::KRW));
    assert_eq!(currency(&["통화", "USD"]), Some(Currency::USD));
    assert_eq!(currency(&["Currency: EUR"]), Some(Currency::EUR));
    assert_eq!(currency(&["(단위: 천원)"]), Some(Currency::KRW));
    assert_eq!(currency(&["USD", "비고"]), None);
}

#[test]
fn a_number_of_each_row_is_no_product_code() {
    let found = layout(&[
        &["id", "product", "price"],
        &["17", "Cable", "390"],
        &["18", "Plug", "500"],
        &["19", "Cable", "400"],
    ])
    .unwrap();
    assert!(!found.has(Role::Sku));
    let found = layout(&[
        &["id", "product", "price"],
        &["17", "Cable", "390"],
        &["18", "Plug", "500"],
        &["17", "Cable", "400"],
    ])
    .unwrap();
    assert!(found.has(Role::Sku));
}

#[test]
fn a_small_table_beside_the_data_is_left_alone() {
    let found = layout(&[
        &["상품명", "합계", "", "날짜", "상품명", "가격"],
        &["이어폰", "12900", "", "2026-11-21", "이어폰", "12900"],
    ])
    .unwrap();
    assert_eq!(
        roles(&found),
        [(3, Role::Date), (4, Role::Product), (5, Role::Price)]
    );
}

#[test]
fn a_first_row_of_texts_is_no_second_header() {
    let found = layout(&[
        &["date", "product", "price"],
        &["2026-11-21", "Item", "12.90원"],
    ])
    .unwrap();
    assert_eq!(found.last_header_row, 0);
}

#[test]
fn a_sheet_without_headings_has_no_layout() {
    assert_eq!(
        layout(&[
            &["2026-11-21", "earphones", "12900"],
            &["2026-11-22", "earphones", "12800"]
        ]),
        None
    );
    assert_eq!(layout(&[]), None);
}
