//! Which heading means which column: one table of Korean and English synonyms that an owner
//! can extend.

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use crate::price::currency_of;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// When the price was seen.
    Date,
    /// The product's name.
    Product,
    /// The product's code.
    Sku,
    /// Its category.
    Category,
    /// Who sells it.
    Vendor,
    /// What it costs.
    Price,
    /// The currency of the price.
    Currency,
}

impl Role {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::Date,
        Self::Product,
        Self::Sku,
        Self::Category,
        Self::Vendor,
        Self::Price,
        Self::Currency,
    ];
}

/// Synonyms in order of preference: where two columns could be the price, the earlier one is.
const SYNONYMS: [(Role, &[&str]); 7] = [
    (
        Role::Date,
        &[
            "date",
            "날짜",
            "일자",
            "기준일",
            "기준일자",
            "조사일",
            "조사일자",
            "수집일",
            "수집일자",
            "수집일시",
            "거래일",
            "거래일자",
            "관측일",
            "확인일",
            "등록일",
            "판매일",
            "판매일자",
            "주문일",
            "주문일자",
            "일시",
            "년월일",
            "연월일",
            "pricedate",
            "observedat",
            "observed",
            "datetime",
            "timestamp",
            "day",
            "time",
            "orderdate",
            "createdat",
            "capturedat",
            "collectedat",
            "scrapedat",
            "asof",
            "asofdate",
            "년월",
            "연월",
            "month",
            "월",
        ],
    ),
    (
        Role::Product,
        &[
            "productname",
            "상품명",
            "상품이름",
            "제품이름",
            "품목이름",
            "product",
            "제품명",
            "품명",
            "품목명",
            "상품",
            "제품",
            "품목",
            "itemname",
            "item",
            "물품명",
            "모델명",
            "title",
            "producttitle",
            "model",
            "name",
            "이름",
            "명칭",
            "goods",
            "goodsname",
            "symbol",
            "ticker",
            "종목명",
            "종목",
        ],
    ),
    (
        Role::Sku,
        &[
            "sku",
            "상품코드",
            "제품코드",
            "품목코드",
            "productid",
            "productcode",
            "상품번호",
            "제품번호",
            "상품id",
            "제품id",
            "itemcode",
            "itemid",
            "itemno",
            "itemnumber",
            "품번",
            "모델번호",
            "코드",
            "바코드",
            "barcode",
            "ean",
            "gtin",
            "upc",
            "asin",
            "isbn",
            "code",
            "id",
            "종목코드",
        ],
    ),
    (
        Role::Category,
        &[
            "category",
            "카테고리",
            "분류",
            "상품분류",
            "제품분류",
            "품목분류",
            "상품군",
            "제품군",
            "품목군",
            "categoryname",
            "카테고리명",
            "분류명",
            "대분류",
            "중분류",
            "소분류",
            "productcategory",
            "구분",
            "group",
            "productgroup",
            "department",
            "segment",
            "type",
            "종류",
        ],
    ),
    (
        Role::Vendor,
        &[
            "vendor",
            "쇼핑몰",
            "판매처",
            "판매자",
            "vendorname",
            "쇼핑몰명",
            "판매처명",
            "판매자명",
            "판매업체",
            "업체명",
            "업체",
            "shop",
            "store",
            "seller",
            "merchant",
            "retailer",
            "supplier",
            "공급사",
            "공급업체",
            "거래처",
            "거래처명",
            "공급처",
            "매입처",
            "마켓",
            "오픈마켓",
            "몰",
            "shopname",
            "storename",
            "sellername",
            "mall",
            "marketplace",
            "매장",
            "매장명",
            "점포",
            "source",
            "출처",
        ],
    ),
    (
        Role::Price,
        &[
            "price",
            "가격",
            "판매가",
            "판매가격",
            "현재가",
            "현재가격",
            "최저가",
            "단가",
            "saleprice",
            "sellingprice",
            "unitprice",
            "currentprice",
            "최종가",
            "최종가격",
            "할인가",
            "할인가격",
            "실판매가",
            "결제금액",
            "종가",
            "close",
            "closingprice",
            "amount",
            "금액",
            "cost",
            "정가",
            "listprice",
            "소비자가",
            "소비자가격",
            "매입가",
            "구매가",
            "공급가",
            "가격원",
            "value",
        ],
    ),
    (
        Role::Currency,
        &[
            "currency",
            "통화",
            "화폐",
            "통화코드",
            "currencycode",
            "화폐단위",
            "통화단위",
            "curr",
            "ccy",
        ],
    ),
];

/// Endings that make a longer heading mean the role: "상품 판매가격", "Final unit price".
const ENDINGS: [(Role, &[&str]); 5] = [
    (Role::Date, &["date", "날짜", "일자", "일시"]),
    (
        Role::Product,
        &["productname", "상품명", "제품명", "품명", "itemname"],
    ),
    (
        Role::Sku,
        &[
            "sku",
            "상품코드",
            "제품코드",
            "상품번호",
            "productid",
            "productcode",
        ],
    ),
    (Role::Vendor, &["vendor", "쇼핑몰", "판매처", "판매자"]),
    (Role::Price, &["price", "가격", "판매가", "단가", "최저가"]),
];

/// Words with which a heading that ends like a price is another figure.
const NOT_A_PRICE: [&str; 8] = [
    "old", "previous", "prev", "original", "이전", "전일", "기존", "평균",
];

/// The table of synonyms, with what an owner adds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headings {
    added: Vec<(Role, String)>,
}

impl Headings {
    /// Adds a heading for a role. It goes before every built-in synonym and takes a built-in
    /// one away from another role.
    #[must_use]
    pub fn with(mut self, role: Role, heading: &str) -> Self {
        self.added.push((role, normal(heading)));
        self
    }

    /// The role of a heading and how preferred it is (lower is better), or nothing.
    pub(crate) fn role(&self, heading: &str) -> Option<(Role, usize)> {
        let normal = normal(heading);
        if normal.is_empty() || normal.chars().count() > 40 {
            return None;
        }
        if let Some(rank) = self.added.iter().position(|(_, text)| *text == normal) {
            return Some((self.added[rank].0, rank));
        }
        let exact = SYNONYMS.iter().find_map(|(role, synonyms)| {
            let rank = synonyms.iter().position(|synonym| *synonym == normal)?;
            Some((*role, 1_000 + rank))
        });
        exact.or_else(|| {
            ENDINGS.iter().find_map(|(role, endings)| {
                let rank = endings.iter().position(|ending| normal.ends_with(ending))?;
                let other =
                    *role == Role::Price && NOT_A_PRICE.iter().any(|word| normal.starts_with(word));
                (!other).then_some((*role, 2_000 + rank))
            })
        })
    }
}

/// Letters and digits in lower case; what stands in brackets, usually a unit, is left out.
fn normal(heading: &str) -> String {
    let mut normal = String::with_capacity(heading.len());
    let mut depth = 0_u32;
    for c in heading.chars() {
        match c {
            '(' | '[' | '（' | '［' | '<' => depth += 1,
            ')' | ']' | '）' | '］' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => normal.extend(c.to_lowercase()),
            _ => {}
        }
    }
    normal
}

/// Whether a text is nothing but a unit: in brackets, or a currency.
pub(crate) fn is_unit(text: &str) -> bool {
    normal(text).is_empty() || currency_of(text).is_some()
}

/// The currency that a price heading names: `가격(원)`, `Price [USD]`, `단가 ₩`, `Price EUR`.
pub(crate) fn heading_currency(heading: &str) -> Option<Currency> {
    heading
        .split(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '(' | ')' | '[' | ']' | '（' | '）' | ',' | '/' | ':' | '_'
                )
        })
        .find_map(|word| match word {
            "단위" | "VAT" => None,
            word => currency_of(word),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_as_people_write_them() {
        let headings = Headings::default();
        for (heading, role) in [
            ("날짜", Role::Date),
            (" Date ", Role::Date),
            ("판매가 (원)", Role::Price),
            ("상품 판매가격", Role::Price),
            ("Unit\nPrice", Role::Price),
            ("unit_price", Role::Price),
            ("PRODUCT NAME", Role::Product),
            ("상품 코드", Role::Sku),
            ("쇼핑몰", Role::Vendor),
            ("통화", Role::Currency),
            ("Category", Role::Category),
        ] {
            assert_eq!(
                headings.role(heading).map(|(role, _)| role),
                Some(role),
                "{heading}"
            );
        }
        for other in [
            "",
            "비고",
            "URL",
            "이전 가격",
            "Previous price",
            "()",
            "Stock",
        ] {
            assert_eq!(headings.role(other), None, "{other}");
        }
    }

    #[test]
    fn the_selling_price_is_preferred_to_the_list_price() {
        let headings = Headings::default();
        let rank = |heading| headings.role(heading).unwrap().1;
        assert!(rank("판매가") < rank("정가"));
        assert!(rank("price") < rank("list price"));
        assert!(rank("price") < rank("lowest price"));
    }

    #[test]
    fn an_owner_adds_headings() {
        let headings = Headings::default()
            .with(Role::Price, "우리 값")
            .with(Role::Vendor, "Source");
        assert_eq!(headings.role("우리값"), Some((Role::Price, 0)));
        assert_eq!(headings.role("source").unwrap().0, Role::Vendor);
    }

    #[test]
    fn a_heading_names_the_currency() {
        assert_eq!(heading_currency("가격(원)"), Some(Currency::KRW));
        assert_eq!(heading_currency("Price [USD]"), Some(Currency::USD));
        assert_eq!(heading_currency("Price (€)"), Some(Currency::EUR));
        assert_eq!(heading_currency("단가 ₩"), Some(Currency::KRW));
        assert_eq!(heading_currency("Price"), None);
        assert_eq!(heading_currency("All items"), None);
    }
}
