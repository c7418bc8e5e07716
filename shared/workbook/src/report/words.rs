//! The report's words in Korean and English.

use crate::explain::role_word;
use crate::{Format, Language, Presence, Role};

/// How many rows of a long table are printed; a spreadsheet program shows all of them.
pub(super) const PRINTED_ROWS: u32 = 500;

macro_rules! words {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        pub(super) struct Words {
            pub(super) language: Language,
            $(pub(super) $name: &'static str,)*
        }

        const ENGLISH: Words = Words { language: Language::En, $($name: $english,)* };
        const KOREAN: Words = Words { language: Language::Ko, $($name: $korean,)* };
    };
}

words! {
    title: "Price report", "가격 집계 보고서";
    summary: "Summary", "요약";
    trend: "Trend", "추이";
    movers: "Movers", "가격 변동";
    products: "Products", "상품";
    history: "History", "이력 비교";
    categories: "Categories", "카테고리";
    vendors: "Vendors", "판매처";
    rejected: "Rejected rows", "제외된 행";
    file: "File", "파일";
    format: "Format", "형식";
    period: "Period", "기간";
    rows_read: "Rows read", "읽은 행";
    rows_used: "Rows used", "사용한 행";
    rows_rejected: "Rows rejected", "제외된 행";
    rows_left_out: "Totals, repeated headings", "합계·중복 머리글 행";
    warnings: "Please note", "확인하세요";
    totals: "Prices by currency", "통화별 가격";
    sheets: "Sheets", "시트";
    sheet: "Sheet", "시트";
    used: "Used", "사용";
    yes: "yes", "예";
    no: "no", "아니요";
    header_row: "Header row", "머리글 행";
    columns: "Recognised columns", "인식한 열";
    product: "Product", "상품명";
    sku: "Product code", "상품코드";
    category: "Category", "카테고리";
    vendor: "Vendor", "판매처";
    currency: "Currency", "통화";
    count: "Prices", "가격 수";
    product_count: "Products", "상품 수";
    first: "First price", "첫 가격";
    first_date: "First date", "첫 날짜";
    last: "Last price", "마지막 가격";
    last_date: "Last date", "마지막 날짜";
    minimum: "Lowest", "최저";
    minimum_date: "Lowest on", "최저 날짜";
    maximum: "Highest", "최고";
    maximum_date: "Highest on", "최고 날짜";
    mean: "Mean", "평균";
    median: "Median", "중앙값";
    deviation: "Std. deviation", "표준편차";
    change: "Change", "변동액";
    change_percent: "Change %", "변동률";
    presence: "Presence", "상태";
    followed: "Followed products", "추적 중인 상품";
    stored: "Stored price", "저장된 가격";
    stored_at: "Stored at", "저장 시각";
    difference: "Difference", "차이";
    difference_percent: "Difference %", "차이율";
    note: "Note", "비고";
    no_price: "no price stored yet", "저장된 가격 없음";
    stored_in: "stored in", "저장 통화";
    month: "Month", "월";
    index: "Index", "지수";
    index_title: "Price index, same products at the same vendors (first month = 100)", "가격 지수: 같은 상품·같은 판매처 비교 (첫 달 = 100)";
    all: "All products", "전체 상품";
    no_category: "No category", "카테고리 없음";
    movers_title: "Largest changes from the first to the last price", "첫 가격 대비 변동률이 큰 상품";
    no_movers: "No product has another price at its last date than at its first.", "첫 가격과 마지막 가격이 다른 상품이 없습니다.";
    up: "Risen", "상승";
    down: "Fallen", "하락";
    row: "Row", "행";
    cell: "Cell", "셀";
    value: "Value", "값";
    reason: "Reason", "사유";
    rows: "Rows", "행 수";
    by_reason: "Rejected rows by reason", "제외 사유";
    how_read: "How it was read", "읽은 방법";
    compare: "Compare", "판매처 비교";
    left_out: "Left-out rows", "집계에서 뺀 행";
    how_made: "How the figures are made", "계산 방법";
    findings: "At a glance", "한눈에 보기";
    what_was_read: "What was read", "읽은 내용";
    most_risen: "Most risen", "가장 많이 오른 상품";
    most_fallen: "Most fallen", "가장 많이 내린 상품";
    cheapest: "Cheapest vendor", "가장 싼 판매처";
    not_used: "Rows not used", "사용하지 않은 행";
    all_prices: "All prices", "전체 가격";
    course: "Course", "흐름";
    lowest_price: "Lowest", "최저가";
    lowest_vendor: "Lowest at", "최저가 판매처";
    spread: "Spread %", "가격 차이";
    matched: "Compared", "비교한 수";
    month_change: "To last month", "전월 대비";
    compared_products: "Also elsewhere", "비교 상품";
    lowest_count: "Lowest for", "최저가 상품 수";
    level: "Level", "가격 수준";
    own_change: "Own change", "자체 변동률";
    amount: "Amount", "금액";
    label: "Label", "내용";
    compare_footer: "Last price at each vendor. Marked: the lowest. Grey: older than 31 days when the product was last seen; not compared. Spread: lowest to highest.", "상품별 각 판매처의 마지막 가격. 표시된 칸이 최저가이며, 회색은 마지막 확인일보다 31일 넘게 오래되어 비교하지 않은 가격입니다. 가격 차이: 최저가 대비 최고가.";
    products_footer: "Change: from the first to the last price at the vendor named, each the median of its day; of several vendors, the one at which the price moved most.", "변동: 표시된 판매처의 첫 가격과 마지막 가격(그날의 중앙값) 비교. 판매처가 여럿이면 가장 많이 움직인 곳을 표시합니다.";
    categories_footer: "Index: geometric mean of what the prices did that the same vendor has for the same product in both months, chained; what joins or leaves moves nothing.", "지수: 같은 판매처의 같은 상품이 두 달 모두 있을 때의 가격 비율을 기하평균해 이어 붙인 값. 새로 생기거나 없어진 상품은 영향을 주지 않습니다.";
    vendors_footer: "Level: what the vendor asks for products that others have too, beside the geometric mean of all their vendors. Own change: geometric mean of what its prices did from the first to the last day.", "가격 수준: 여러 판매처에 있는 상품의 가격을 판매처들의 기하평균과 비교한 값. 자체 변동률: 그 판매처 가격들의 첫날 대비 마지막 날 변동의 기하평균.";
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        if language == Language::Ko {
            &KOREAN
        } else {
            &ENGLISH
        }
    }

    /// What is said of a table that is printed only in part.
    pub(super) fn printed_rows(&self, rows: usize) -> String {
        if rows <= PRINTED_ROWS as usize {
            String::new()
        } else if self.language == Language::Ko {
            format!(" 인쇄: 처음 {PRINTED_ROWS}행.")
        } else {
            format!(" Printed: the first {PRINTED_ROWS} rows.")
        }
    }

    pub(super) fn presence(&self, presence: Presence) -> &'static str {
        match (presence, self.language) {
            (Presence::Steady, _) => "",
            (Presence::New, Language::Ko) => "신규",
            (Presence::New, _) => "new",
            (Presence::Gone, Language::Ko) => "종료",
            (Presence::Gone, _) => "gone",
            (Presence::Later, Language::Ko) => "중간 등장",
            (Presence::Later, _) => "came later",
        }
    }

    pub(super) fn role(&self, role: Role) -> &'static str {
        role_word(role, self.language)
    }

    pub(super) fn format(format: Format) -> &'static str {
        match format {
            Format::Xlsx => "Excel (.xlsx)",
            Format::Xlsb => "Excel (.xlsb)",
            Format::Xls => "Excel 97–2003 (.xls)",
            Format::Ods => "OpenDocument (.ods)",
            Format::Csv => "CSV",
            Format::Html => "HTML",
            Format::Xml => "XML Spreadsheet 2003",
        }
    }
}
