//! How a sheet was understood: its header, the role of each column and why, its unit, what was
//! turned, and what was left out.

use iso_currency::Currency;
use serde::Serialize;

use crate::Language;
use crate::figures::summary::show_date;
use crate::figures::warnings::OrderNote;
use crate::header::find::{Layout, Peek, PeekedRow};
use crate::header::headings::Role;
use crate::header::order::DateOrder;
use crate::turn::Plan;
use crate::values::cell::column_letters;
use crate::values::date::{DayMonth, Seconds};

/// How a sheet was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rows of the headings, from 1: the last one, or of two both.
    pub header_row: u32,
    /// Every column with a heading.
    pub columns: Vec<ExplainedColumn>,
    /// The currency that its headings name.
    pub currency: Option<Currency>,
    /// What its prices were multiplied by; 1 unless they are in a larger unit.
    pub times: i64,
    /// The order of day and month, where no date proves it.
    pub date_order: Option<String>,
    /// What was turned, filled, taken from outside the table or left out, in sentences.
    pub notes: Vec<String>,
}

/// A column and what it is taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedColumn {
    /// Its letters: `B`.
    pub column: String,
    /// Its heading.
    pub heading: String,
    /// Its role; none if it is not used.
    pub role: Option<Role>,
    /// Why, in a sentence.
    pub why: String,
}

/// What was understood of a sheet that a reader of the figures would not expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// The sheet's name is the vendor or the category of its rows.
    SheetNames {
        role: Role,
    },
    /// The sheet holds the same rows as another one.
    Copy {
        of: String,
    },
    /// The day of all rows stands in the title, above the table or in the sheet's name.
    DayOutside {
        at: Seconds,
    },
    /// A column that is named like a date holds none.
    NotDates {
        heading: String,
    },
    /// Each column of days or months became rows.
    Periods {
        columns: usize,
    },
    /// Each column of a shop became rows.
    Shops {
        columns: usize,
    },
    /// Several tables on the sheet.
    Tables {
        count: usize,
    },
    /// Lines between the rows name what the rows below are of.
    Bands {
        as_vendor: bool,
    },
    /// Blank cells take the value above.
    Filled {
        heading: String,
        merged: bool,
    },
    /// A product's options are products of their own.
    Options,
    TotalsAbove,
    /// Amounts of a line were divided by its quantity.
    Divided {
        heading: String,
    },
    /// Year, month and day stand in columns of their own.
    DateParts,
}

impl Note {
    /// The name in data.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::SheetNames { .. } => "sheet_names",
            Self::Copy { .. } => "copied_sheet",
            Self::DayOutside { .. } => "day_outside_table",
            Self::NotDates { .. } => "column_without_dates",
            Self::Periods { .. } | Self::Shops { .. } => "columns_turned",
            Self::Tables { .. } => "several_tables",
            Self::Bands { .. } => "lines_between_rows",
            Self::Filled { .. } => "cells_filled_down",
            Self::Options => "options_told_apart",
            Self::TotalsAbove => "totals_above",
            Self::Divided { .. } => "amounts_divided",
            Self::DateParts => "date_in_parts",
        }
    }

    /// A sentence in English and in Korean.
    pub(crate) fn sentences(&self) -> (String, String) {
        match self {
            Self::SheetNames { role: Role::Vendor } => (
                "The sheet's name is the vendor of its rows.".into(),
                "시트 이름을 판매처로 읽었습니다.".into(),
            ),
            Self::SheetNames { .. } => (
                "The sheet's name is the category of its rows.".into(),
                "시트 이름을 카테고리로 읽었습니다.".into(),
            ),
            Self::Copy { of } => (
                format!("The sheet holds the same rows as {of} and was not counted again."),
                format!("{of} 시트와 내용이 같아 다시 세지 않았습니다."),
            ),
            Self::DayOutside { at } => {
                let day = show_date(*at).unwrap_or_default();
                (
                    format!("The day of all rows, {day}, was taken from outside the table."),
                    format!("표 밖에 적힌 날짜({day})를 모든 행의 날짜로 읽었습니다."),
                )
            }
            Self::NotDates { heading } => (
                format!(
                    "The column {heading} is named like a date but holds none; it was not used."
                ),
                format!("{heading} 열은 이름과 달리 날짜가 아니어서 사용하지 않았습니다."),
            ),
            Self::Periods { columns } => (
                format!("Each of {columns} columns of days or months became rows of its own."),
                format!("날짜나 달마다 한 열씩인 {columns}개 열을 행으로 바꾸어 읽었습니다."),
            ),
            Self::Shops { columns } => (
                format!("Each of {columns} columns of shops became rows of its own."),
                format!("판매처마다 한 열씩인 {columns}개 열을 행으로 바꾸어 읽었습니다."),
            ),
            Self::Tables { count } => (
                format!("{count} tables stand side by side; all were read."),
                format!("나란히 놓인 표 {count}개를 모두 읽었습니다."),
            ),
            Self::Bands { as_vendor: true } => (
                "Lines between the rows name the vendor of the rows below.".into(),
                "행 사이의 줄을 아래 행의 판매처로 읽었습니다.".into(),
            ),
            Self::Bands { .. } => (
                "Lines between the rows or above a table name what the rows below are of.".into(),
                "행 사이나 표 위의 줄을 아래 행의 분류로 읽었습니다.".into(),
            ),
            Self::Filled { heading, merged } => {
                let (cells, hangul) = if *merged {
                    ("Merged", "병합된")
                } else {
                    ("Blank", "빈")
                };
                (
                    format!("{cells} cells of the column {heading} take the value above them."),
                    format!("{heading} 열의 {hangul} 칸은 위의 값과 같은 것으로 읽었습니다."),
                )
            }
            Self::TotalsAbove => (
                "Each group of rows has its total above it, which is no price.".into(),
                "묶음마다 합계가 위에 있습니다. 합계는 가격으로 쓰지 않았습니다.".into(),
            ),
            Self::Options => (
                "Options of a product, as its color or size, are products of their own.".into(),
                "색상이나 용량 같은 옵션이 다르면 다른 상품으로 읽었습니다.".into(),
            ),
            Self::Divided { heading } => (
                format!("The amounts of {heading} were divided by the quantities."),
                format!("{heading} 열의 금액을 수량으로 나누었습니다."),
            ),
            Self::DateParts => (
                "The date was put together from columns of year, month and day.".into(),
                "년·월·일 열을 합쳐 날짜로 읽었습니다.".into(),
            ),
        }
    }

    pub(crate) fn sentence(&self, language: Language) -> String {
        let (english, korean) = self.sentences();
        if language == Language::Ko {
            korean
        } else {
            english
        }
    }
}

/// What a role is called.
pub(crate) fn role_word(role: Role, language: Language) -> &'static str {
    match (role, language) {
        (Role::Date, Language::Ko) => "날짜",
        (Role::Date, _) => "date",
        (Role::Product, Language::Ko) => "상품명",
        (Role::Product, _) => "product",
        (Role::Sku, Language::Ko) => "상품코드",
        (Role::Sku, _) => "code",
        (Role::Category, Language::Ko) => "카테고리",
        (Role::Category, _) => "category",
        (Role::Vendor, Language::Ko) => "판매처",
        (Role::Vendor, _) => "vendor",
        (Role::Price, Language::Ko) => "가격",
        (Role::Price, _) => "price",
        (Role::Currency, Language::Ko) => "통화",
        (Role::Currency, _) => "currency",
    }
}

/// Columns of a wide table that are told one by one.
const MOST_COLUMNS: usize = 200;

impl Explanation {
    pub(crate) fn of(
        (layout, plan, peek, notes): (&Layout, Option<&Plan>, &Peek, &[Note]),
        language: Language,
        order: Option<OrderNote>,
    ) -> Self {
        let korean = language == Language::Ko;
        let say = |english: &str, hangul: &str| if korean { hangul } else { english }.to_owned();
        let mut columns: Vec<(u32, String, Option<Role>, String)> = Vec::new();
        for (column, role, heading) in &layout.columns {
            let turned = plan.and_then(|plan| plan.value_of(*column));
            let why = match turned {
                Some((Some(_), _)) if *role == Role::Price => say(
                    "Its heading is a day or a period.",
                    "제목이 날짜나 기간입니다.",
                ),
                Some((_, Some(_))) if *role == Role::Price => {
                    say("Its heading is a shop.", "제목이 판매처입니다.")
                }
                _ if heading.is_empty() => continue,
                _ => say("By its heading.", "제목으로 알았습니다."),
            };
            columns.push((*column, heading.trim().to_owned(), Some(*role), why));
        }
        let header = peek
            .rows
            .iter()
            .find(|row| row.row == layout.last_header_row);
        for (column, text) in header.into_iter().flat_map(PeekedRow::labels) {
            if columns.iter().any(|(one, ..)| *one == column) {
                continue;
            }
            let why = if layout.unused_code.as_deref() == Some(text) {
                say(
                    "Its codes do not tell products apart.",
                    "코드로 상품을 구분할 수 없습니다.",
                )
            } else if layout.not_dates.iter().any(|one| one == text) {
                say("It holds no dates.", "날짜가 들어 있지 않습니다.")
            } else if layout.other_prices.iter().any(|one| one == text) {
                say(
                    "Another column is the price.",
                    "다른 열을 가격으로 썼습니다.",
                )
            } else {
                say(
                    "Its heading names nothing that is needed.",
                    "필요한 항목이 아닙니다.",
                )
            };
            columns.push((column, text.trim().to_owned(), None, why));
        }
        columns.sort_by_key(|(column, ..)| *column);
        columns.truncate(MOST_COLUMNS);
        let date_order = order.map(|note| match note.order {
            DateOrder::Known(DayMonth::DayFirst) => say("day before month", "일/월"),
            DateOrder::Known(DayMonth::MonthFirst) => say("month before day", "월/일"),
            DateOrder::Mixed | DateOrder::Unknown => say("both orders", "두 가지 순서"),
        });
        Self {
            header_row: layout.last_header_row + 1,
            columns: columns
                .into_iter()
                .map(|(column, heading, role, why)| ExplainedColumn {
                    column: column_letters(column),
                    heading,
                    role,
                    why,
                })
                .collect(),
            currency: layout.currency,
            times: layout.times,
            date_order,
            notes: notes.iter().map(|note| note.sentence(language)).collect(),
        }
    }

    /// The headings of [`Self::lines`].
    pub fn headings(language: Language) -> [&'static str; 4] {
        if language == Language::Ko {
            ["위치", "내용", "읽은 뜻", "이유"]
        } else {
            ["Place", "What stands there", "Read as", "Why"]
        }
    }

    /// The explanation as lines of a table: where, what stands there, what it is taken for, why.
    pub fn lines(&self, language: Language) -> Vec<[String; 4]> {
        let korean = language == Language::Ko;
        let say = |english: &str, hangul: &str| if korean { hangul } else { english }.to_owned();
        let mut lines = vec![[
            say(
                &format!("row {}", self.header_row),
                &format!("{}행", self.header_row),
            ),
            String::new(),
            say("headings", "머리글"),
            String::new(),
        ]];
        for column in &self.columns {
            let role = column.role.map(|role| role_word(role, language).to_owned());
            lines.push([
                say(
                    &format!("column {}", column.column),
                    &format!("{}열", column.column),
                ),
                column.heading.clone(),
                role.unwrap_or_else(|| say("not used", "사용하지 않음")),
                column.why.clone(),
            ]);
        }
        let mut fact = |what: String, meaning: String| {
            lines.push([String::new(), what, meaning, String::new()]);
        };
        if let Some(currency) = self.currency {
            fact(
                say("currency of the headings", "머리글의 통화"),
                currency.code().to_owned(),
            );
        }
        if self.times != 1 {
            fact(
                say("unit of the prices", "가격의 단위"),
                format!("× {}", self.times),
            );
        }
        if let Some(order) = &self.date_order {
            fact(say("order of dates", "날짜 순서"), order.clone());
        }
        for note in &self.notes {
            lines.push([String::new(), String::new(), String::new(), note.clone()]);
        }
        lines
    }
}

impl crate::Summary {
    /// How each sheet was understood: its name, and where, what stands there, what it is taken for,
    /// why.
    pub fn how_read(&self) -> Vec<(&str, [String; 4])> {
        let mut lines = Vec::new();
        for sheet in &self.sheets {
            if let Some(explanation) = &sheet.explanation {
                let of_sheet = explanation.lines(self.language).into_iter();
                lines.extend(of_sheet.map(|line| (sheet.name.as_str(), line)));
                continue;
            }
            let not_used = if self.language == Language::Ko {
                "사용하지 않음"
            } else {
                "not used"
            };
            let mut line = <[String; 4]>::default();
            not_used.clone_into(&mut line[2]);
            lines.push((sheet.name.as_str(), line));
        }
        lines
    }
}
