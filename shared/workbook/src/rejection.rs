//! Rows that cannot be used, each with its place and its reason.

use serde::{Serialize, Serializer};

use crate::Language;
use crate::values::cell::a1;

macro_rules! reasons {
    ($($variant:ident $name:literal $english:literal $korean:literal;)*) => {
        /// Why a row is not used.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RejectReason {
            $(#[doc = $english] $variant,)*
        }

        impl RejectReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in data: `no_price`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A sentence for a person.
            pub fn sentence(self, language: Language) -> &'static str {
                if language == Language::Ko {
                    match self { $(Self::$variant => $korean,)* }
                } else {
                    match self { $(Self::$variant => $english,)* }
                }
            }
        }
    };
}

reasons! {
    NoDate "no_date" "The date is missing." "날짜가 없습니다.";
    UnreadableDate "unreadable_date" "The date cannot be read." "날짜를 읽을 수 없습니다.";
    AmbiguousDate "ambiguous_date" "Day and month cannot be told apart: the column has both orders." "일과 월의 순서를 알 수 없습니다. 열에 두 가지 순서가 섞여 있습니다.";
    NoProduct "no_product" "The product is missing." "상품이 없습니다.";
    UnreadableProduct "unreadable_product" "The product is an error value." "상품이 오류 값입니다.";
    NoPrice "no_price" "The price is missing." "가격이 없습니다.";
    UnreadablePrice "unreadable_price" "The price cannot be read." "가격을 읽을 수 없습니다.";
    AmbiguousPrice "ambiguous_price" "The point in the price may separate thousands or decimals." "가격의 점이 천 단위 구분인지 소수점인지 알 수 없습니다.";
    AmbiguousUnit "ambiguous_unit" "The column is in thousands, but the price names a currency itself; write it without." "열의 단위는 천 단위인데 가격에 통화가 따로 적혀 있습니다. 통화 없이 적어 주세요.";
    NotComputed "not_computed" "The cell has a formula without a value: open the workbook in a spreadsheet program and save it there." "수식의 값이 저장되어 있지 않습니다. 스프레드시트 프로그램에서 열어 저장한 뒤 다시 올려 주세요.";
    NegativePrice "negative_price" "The price is below zero." "가격이 0보다 작습니다.";
    UnknownCurrency "unknown_currency" "The currency is not known." "알 수 없는 통화입니다.";
}

impl Serialize for RejectReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A row that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejection {
    /// The sheet's name.
    #[serde(serialize_with = "crate::figures::summary::shared_text")]
    pub sheet: std::sync::Arc<str>,
    /// The row as the sheet numbers it, from 1.
    pub row: u32,
    /// The cell: `D12`. Of a row without the cell, where it would be.
    pub cell: String,
    /// What stands there, cut to 100 characters.
    pub value: Box<str>,
    /// The product of the row, cut alike; empty when it names none.
    pub product: Box<str>,
    /// Why it cannot be used.
    pub reason: RejectReason,
}

impl Rejection {
    pub(crate) fn new(
        sheet: &std::sync::Arc<str>,
        row: u32,
        column: u32,
        [value, product]: [&str; 2],
        reason: RejectReason,
    ) -> Self {
        Self {
            sheet: sheet.clone(),
            row: row.saturating_add(1),
            cell: a1(row, column),
            value: short(value),
            product: short(product),
            reason,
        }
    }
}

/// A row that adds up others, and is therefore left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TotalRow {
    /// The sheet's name.
    #[serde(serialize_with = "crate::figures::summary::shared_text")]
    pub sheet: std::sync::Arc<str>,
    /// The row as the sheet numbers it, from 1.
    pub row: u32,
    /// What the row is called, cut to 100 characters.
    pub label: Box<str>,
    /// Its amount, if it can be read.
    pub amount: Option<rust_decimal::Decimal>,
}

impl TotalRow {
    pub(crate) fn new(
        sheet: &std::sync::Arc<str>,
        row: u32,
        label: &str,
        amount: Option<rust_decimal::Decimal>,
    ) -> Self {
        Self {
            sheet: sheet.clone(),
            row: row.saturating_add(1),
            label: short(label),
            amount,
        }
    }
}

fn short(text: &str) -> Box<str> {
    const MOST: usize = 100;
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.into_boxed_str()
}
