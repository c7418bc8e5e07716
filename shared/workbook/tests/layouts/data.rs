//! The 500 prices that every layout holds: 25 products of five categories at four shops on five
//! days.

/// The first day, 2026-09-28, as a serial of a spreadsheet; the others follow weekly.
pub(crate) const FIRST_DAY: i64 = 46_293;
pub(crate) const DAYS: usize = 5;

pub(crate) struct Price {
    pub(crate) day: usize,
    pub(crate) product: String,
    pub(crate) category: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) amount: i64,
}

/// The words of one language.
pub(crate) struct Words {
    pub(crate) korean: bool,
    pub(crate) date: &'static str,
    pub(crate) product: &'static str,
    pub(crate) category: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) price: &'static str,
    pub(crate) total: &'static str,
    pub(crate) vendors: [&'static str; 4],
    pub(crate) categories: [&'static str; 5],
}

pub(crate) const KOREAN: Words = Words {
    korean: true,
    date: "날짜",
    product: "상품명",
    category: "카테고리",
    vendor: "판매처",
    price: "가격",
    total: "소계",
    vendors: ["가나몰", "다라샵", "마바마켓", "11번가"],
    categories: ["음향", "주방", "문구", "조명", "공구"],
};

pub(crate) const ENGLISH: Words = Words {
    korean: false,
    date: "Date",
    product: "Product",
    category: "Category",
    vendor: "Vendor",
    price: "Price",
    total: "Subtotal",
    vendors: ["North Shop", "South Store", "East Market", "West Mall"],
    categories: ["Audio", "Kitchen", "Paper", "Light", "Tools"],
};

/// Days of the calendar: 28 September and four Mondays of October.
pub(crate) fn calendar(day: usize) -> (i64, i64) {
    if day == 0 {
        (9, 28)
    } else {
        (10, 7 * day as i64 - 2)
    }
}

pub(crate) fn prices(words: &Words) -> Vec<Price> {
    let mut all = Vec::new();
    for day in 0..DAYS {
        for item in 0..25 {
            let category = words.categories[item / 5];
            let product = if words.korean {
                format!("{category} 상품 {}", (b'A' + (item % 5) as u8) as char)
            } else {
                format!("{category} item {}", (b'A' + (item % 5) as u8) as char)
            };
            for (shop, vendor) in words.vendors.into_iter().enumerate() {
                let base = 9_000 + 1_370 * item as i64;
                let moved = (day as i64 * 7 + shop as i64 * 13 + item as i64 * 3) % 17;
                all.push(Price {
                    day,
                    product: product.clone(),
                    category,
                    vendor,
                    amount: base + 50 * moved + 10 * shop as i64,
                });
            }
        }
    }
    all
}
