//! What a reader of the figures should know, in sentences.

use crate::explain::Note;
use crate::figures::summary::Warning;
use crate::header::order::DateOrder;
use crate::values::date::DayMonth;
use crate::{Language, Summary};

/// How ambiguous dates were read without proof.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderNote {
    pub(crate) order: DateOrder,
    pub(crate) dates: u64,
}

/// What was understood of the sheets that a reader would not expect.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// What the prices of a sheet were multiplied by.
    pub(crate) units: Vec<i64>,
    /// Headings of codes that do not tell products apart.
    pub(crate) unused_codes: Vec<String>,
    /// What else was understood, and of which sheets.
    pub(crate) notes: Vec<(Note, Vec<String>)>,
}

pub(crate) fn warnings(
    summary: &Summary,
    zero_prices: u64,
    order: Option<OrderNote>,
    other_prices: &[String],
    reading: &Reading,
) -> Vec<Warning> {
    let korean = summary.language == Language::Ko;
    let mut warnings = Vec::new();
    let mut warn = |code, english: String, hangul: String| {
        warnings.push(Warning {
            code,
            text: if korean { hangul } else { english },
        });
    };

    if summary.rows_used == 0 {
        warn(
            "no_rows_used",
            "No row could be used.".into(),
            "사용할 수 있는 행이 없습니다.".into(),
        );
    }
    if summary.rows_rejected > 0 {
        let (rejected, read) = (summary.rows_rejected, summary.rows_read);
        warn(
            "rows_rejected",
            format!("{rejected} of {read} rows could not be read; see the sheet of rejected rows."),
            format!("{read}개 행 중 {rejected}개를 읽지 못했습니다. 제외된 행 시트를 확인하세요."),
        );
    }
    let listed = summary.rejected.len() as u64;
    if listed < summary.rows_rejected {
        warn(
            "rejections_not_listed",
            format!("Only the first {listed} rejected rows are listed."),
            format!("제외된 행은 처음 {listed}개만 표시했습니다."),
        );
    }
    if summary.currencies.len() > 1 {
        let codes: Vec<&str> = summary
            .currencies
            .iter()
            .map(|one| one.currency.map_or("—", |currency| currency.code()))
            .collect();
        let codes = codes.join(", ");
        warn(
            "several_currencies",
            format!("There are prices in several currencies ({codes}); they are never added up."),
            format!("여러 통화의 가격이 있습니다({codes}). 서로 합산하지 않습니다."),
        );
    } else if summary.currencies.iter().any(|one| one.currency.is_none()) {
        warn(
            "no_currency",
            "The upload names no currency.".into(),
            "파일에 통화가 표시되어 있지 않습니다.".into(),
        );
    }
    if zero_prices > 0 {
        warn(
            "zero_prices",
            format!("{zero_prices} prices are zero; they are in the figures."),
            format!("가격이 0인 행이 {zero_prices}개 있으며 집계에 포함했습니다."),
        );
    }
    for (code, english, hangul) in reading.notes() {
        warn(code, english, hangul);
    }
    if let Some((code, english, hangul)) = order.and_then(dates) {
        warn(code, english, hangul);
    }
    if !other_prices.is_empty() {
        let mut names = other_prices.to_vec();
        names.sort();
        names.dedup();
        names.truncate(10);
        let names = names.join(", ");
        warn(
            "other_price_columns",
            format!("Only one column of prices is used; these were not: {names}."),
            format!("가격 열은 하나만 사용합니다. 사용하지 않은 가격 열: {names}."),
        );
    }
    let unused: Vec<&str> = summary
        .sheets
        .iter()
        .filter(|sheet| !sheet.used)
        .map(|sheet| sheet.name.as_str())
        .take(10)
        .collect();
    if !unused.is_empty() {
        let names = unused.join(", ");
        warn(
            "sheets_not_used",
            format!("These sheets were not used: {names}."),
            format!("사용하지 않은 시트: {names}."),
        );
    }
    if !summary.products.is_empty() && summary.first_date.is_none() {
        warn(
            "no_dates",
            "The upload has no column of dates; first and last follow the order of its rows."
                .into(),
            "파일에 날짜 열이 없어 첫 가격과 마지막 가격은 행 순서를 따릅니다.".into(),
        );
    }
    warnings
}

impl Reading {
    fn notes(&self) -> impl Iterator<Item = (&'static str, String, String)> {
        let sheets = self.units.len();
        let unit = self.units.first().map(|times| {
            (
                "money_unit",
                format!("Prices in a larger unit were multiplied exactly (by {times}; sheets: {sheets})."),
                format!("큰 단위로 적힌 가격을 정확히 곱했습니다({times}배, 시트 {sheets}개)."),
            )
        });
        let code = self.unused_codes.first().map(|heading| {
            (
                "code_not_used",
                format!("The column {heading} does not tell products apart; their names do."),
                format!("{heading} 열로는 상품을 구분할 수 없어 상품 이름으로 구분했습니다."),
            )
        });
        let notes = self.notes.iter().map(|(note, sheets)| {
            let (english, korean) = note.sentences();
            let first = sheets.iter().take(5).map(String::as_str);
            let names = first.collect::<Vec<_>>().join(", ");
            (
                note.code(),
                format!("{names}: {english}"),
                format!("{names}: {korean}"),
            )
        });
        unit.into_iter().chain(code).chain(notes)
    }
}

/// What is said about products that were not compared with the stored prices.
pub(crate) fn of_history(language: Language, looked_up: u64, left_out: u64) -> Option<Warning> {
    let all = looked_up + left_out;
    (left_out > 0).then(|| Warning {
        code: "history_cut",
        text: if language == Language::Ko {
            format!("상품 {all}개 중 {looked_up}개만 저장된 가격과 비교했습니다.")
        } else {
            format!("Only {looked_up} of {all} products were compared with the stored prices.")
        },
    })
}

/// What is said about dates whose order was not proven.
fn dates(note: OrderNote) -> Option<(&'static str, String, String)> {
    let dates = note.dates;
    match note.order {
        DateOrder::Known(order) => {
            let (english, hangul) = match order {
                DayMonth::DayFirst => ("day first", "일/월"),
                DayMonth::MonthFirst => ("month first", "월/일"),
            };
            Some((
                "assumed_date_order",
                format!(
                    "{dates} dates such as 3/4/2026 do not say which is the day; they were read {english}."
                ),
                format!(
                    "3/4/2026처럼 일과 월을 구분할 수 없는 날짜 {dates}개를 {hangul} 순서로 읽었습니다."
                ),
            ))
        }
        DateOrder::Mixed => Some((
            "mixed_date_orders",
            format!(
                "The date column has both day-first and month-first dates; {dates} dates that could be either were rejected."
            ),
            format!(
                "날짜 열에 일/월과 월/일 순서가 섞여 있어, 구분할 수 없는 날짜 {dates}개를 제외했습니다."
            ),
        )),
        DateOrder::Unknown => None,
    }
}
