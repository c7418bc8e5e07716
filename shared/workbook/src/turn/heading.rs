//! What the heading of a column of prices says: a day or a period, or a shop.

use crate::values::cell::Held;
use crate::values::date::{
    Around, DAY, Seconds, civil, date_within, from_bare_number, from_serial, read_period, seconds,
};

/// What the headings of a table may refer to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Near {
    pub(crate) around: Around,
    /// The day of a sheet, from which `1주일전` counts.
    pub(crate) today: Option<Seconds>,
    pub(crate) is_1904: bool,
}

/// When the prices below a heading are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Seconds),
    /// The day of looking, which the sheet does not name.
    Today,
    /// A day that is told from another one, or without its year, and cannot be known.
    Unknown,
}

/// The day or the period that a heading is.
pub(crate) fn when(cell: &Held, near: Near) -> Option<When> {
    match cell {
        Held::Serial(number) => from_serial(*number, near.is_1904).map(When::At),
        Held::Number(number) => {
            let year = (number.scale() == 0).then(|| number.mantissa());
            match year {
                Some(year @ 1_990..=2_099) => day(year, 1, 1),
                _ => from_bare_number(*number, near.is_1904),
            }
            .map(When::At)
        }
        Held::Text(text) => when_of_text(text, near),
        _ => None,
    }
}

fn when_of_text(text: &str, near: Near) -> Option<When> {
    let text = text.trim();
    if text.chars().count() > 30 {
        return None;
    }
    if let Some(relative) = relative(text, near) {
        return Some(relative);
    }
    // `2026-10-05 가격`, `10월(천원)`
    let plain = text.split(['(', '[', '（']).next().unwrap_or(text);
    let plain = ["가격", "판매가", "단가", "최저가", "price", "Price"]
        .iter()
        .find_map(|end| plain.trim().strip_suffix(end))
        .unwrap_or(plain)
        .trim();
    if plain.len() == 4
        && let Ok(year @ 1_990..=2_099) = plain.parse::<i64>()
    {
        return day(year, 1, 1).map(When::At);
    }
    if let (Some(at), _) = date_within(plain)
        && plain
            .chars()
            .filter(|c| c.is_alphabetic() && !"년월일".contains(*c))
            .count()
            == 0
    {
        return Some(When::At(at));
    }
    if let Some(at) = read_period(plain, near.around) {
        return Some(When::At(at));
    }
    // A month or a day of a year that nobody names.
    let some_year = Around {
        year: Some(2_024),
        month: near.around.month.or(Some(1)),
    };
    (near.around.year.is_none() && read_period(plain, some_year).is_some()).then_some(When::Unknown)
}

/// `당일(10/05)`, `전일`, `1주일전`.
fn relative(text: &str, near: Near) -> Option<When> {
    let (word, inside) = match text.split_once(['(', '[', '（']) {
        Some((word, inside)) => (word, Some(inside.trim_end_matches([')', ']', '）']))),
        None => (text, None),
    };
    let word: String = word.split_whitespace().collect::<String>().to_lowercase();
    let is_today = matches!(word.as_str(), "당일" | "금일" | "오늘" | "today");
    let (count, unit) = match word.as_str() {
        _ if is_today => (0, "일"),
        "전일" | "어제" | "yesterday" => (1, "일"),
        "전주" => (1, "주"),
        "전월" => (1, "개월"),
        "전년" => (1, "년"),
        _ => {
            let before = word.strip_suffix('전')?;
            let digits = before.bytes().take_while(u8::is_ascii_digit).count();
            (before[..digits].parse().ok()?, &before[digits..])
        }
    };
    if let Some(at) =
        inside.and_then(|inside| read_period(inside, near.around).or_else(|| date_within(inside).0))
    {
        return Some(When::At(at));
    }
    let Some(today) = near.today else {
        return Some(if is_today { When::Today } else { When::Unknown });
    };
    let date = civil(today)?.date();
    let span = jiff::Span::new();
    let span = match unit {
        "일" => span.days(count),
        "주" | "주일" => span.weeks(count),
        "개월" | "달" => span.months(count),
        "년" => span.years(count),
        _ => return None,
    };
    Some(When::At(seconds(date.checked_sub(span).ok()?)))
}

fn day(year: i64, month: i8, day: i8) -> Option<Seconds> {
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    Some(seconds(date))
}

/// A day as the serial of a sheet's date system.
pub(crate) fn serial(at: Seconds, is_1904: bool) -> Held {
    let whole = at.div_euclid(DAY) + 25_569 - if is_1904 { 1_462 } else { 0 };
    Held::Serial(crate::values::number::Number::whole(whole))
}

/// Endings of the names of shops.
const SHOPS: [&str; 34] = [
    "몰",
    "샵",
    "숍",
    "마켓",
    "마트",
    "스토어",
    "상회",
    "상사",
    "백화점",
    "시장",
    "점",
    "쇼핑",
    "유통",
    "번가",
    "닷컴",
    "플러스",
    "클럽",
    "다이소",
    "하이마트",
    "전자랜드",
    "shop",
    "store",
    "mall",
    "mart",
    "market",
    ".com",
    ".kr",
    ".net",
    "사",
    "약국",
    "문고",
    "홈쇼핑",
    "슈퍼",
    "outlet",
];

/// Shops whose names do not end like one.
const NAMED: [&str; 38] = [
    "쿠팡",
    "옥션",
    "네이버",
    "위메프",
    "티몬",
    "인터파크",
    "ssg",
    "쓱",
    "롯데온",
    "컬리",
    "다나와",
    "에누리",
    "지마켓",
    "카카오",
    "오늘의집",
    "무신사",
    "코스트코",
    "테무",
    "알리",
    "알리익스프레스",
    "교보",
    "예스24",
    "알라딘",
    "올리브영",
    "amazon",
    "ebay",
    "walmart",
    "target",
    "best buy",
    "bestbuy",
    "costco",
    "newegg",
    "aliexpress",
    "temu",
    "coupang",
    "naver",
    "auction",
    "kurly",
];

/// Headings of figures beside the prices of shops.
const FIGURES: [&str; 40] = [
    "최저",
    "최고",
    "평균",
    "비고",
    "차이",
    "등락",
    "증감",
    "수량",
    "단위",
    "규격",
    "재고",
    "배송",
    "할인율",
    "합계",
    "총액",
    "소계",
    "대비",
    "변동",
    "링크",
    "세액",
    "부가세",
    "용량",
    "중량",
    "순위",
    "평점",
    "리뷰",
    "원가",
    "마진",
    "lowest",
    "highest",
    "average",
    "min",
    "max",
    "total",
    "qty",
    "stock",
    "ship",
    "change",
    "diff",
    "평년",
];

/// Whether a text names a shop.
pub(crate) fn is_shop(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    if lower.is_empty() || lower.chars().count() > 20 || is_figure(&lower) {
        return false;
    }
    let numbered = [
        "업체",
        "판매처",
        "거래처",
        "shop",
        "store",
        "vendor",
        "seller",
        "supplier",
        "판매자",
        "공급사",
    ];
    NAMED.contains(&lower.as_str())
        || SHOPS
            .iter()
            .any(|end| lower.len() > end.len() && lower.ends_with(end))
        || numbered
            .iter()
            .any(|word| lower.starts_with(word) && lower.len() > word.len())
}

/// Whether a heading is that of another figure than a price.
pub(crate) fn is_figure(text: &str) -> bool {
    let lower = text.to_lowercase();
    FIGURES.iter().any(|word| lower.contains(word))
}

/// Whether the name of a sheet is a day, a month or another period.
pub(crate) fn is_period(name: &str) -> bool {
    let name = name.split(" (").next().unwrap_or(name).trim();
    let near = Near::default();
    when(&Held::Text(name.to_owned()), near).is_some() || date_within(name).1.year.is_some()
}
