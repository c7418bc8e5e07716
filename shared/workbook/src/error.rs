//! Why an upload could not become a report, each reason in its own sentence for a person.

use std::fmt;
use std::path::PathBuf;

use crate::Language;

/// Why a workbook could not be read or its report not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence(Language::En))]
pub enum ReadError {
    /// The bytes are neither a workbook nor a table of text.
    NotAWorkbook,
    /// Text in UTF-32, which spreadsheet programs neither write nor read.
    Utf32,
    /// A password protects the workbook.
    Encrypted,
    /// The file ends before its end.
    Truncated,
    /// A part of the workbook is not what its format promises.
    Damaged {
        /// The sheet or part, where known.
        place: Option<String>,
        /// What exactly is wrong.
        detail: String,
    },
    /// There is no file content, no sheet, or no cell with content.
    Empty,
    /// No sheet has a row of headings that names a product and a price.
    NoHeader {
        /// The sheets that were looked at.
        sheets: Vec<String>,
    },
    /// There are headings, but none for the price.
    NoPriceColumn {
        /// The sheet with the headings.
        sheet: String,
        /// The headings found.
        headings: Vec<String>,
    },
    /// There are headings, but none for the product.
    NoProductColumn {
        /// The sheet with the headings.
        sheet: String,
        /// The headings found.
        headings: Vec<String>,
    },
    /// Its columns are months or days of a year that nothing names.
    NoYear {
        /// The sheet with the headings.
        sheet: String,
        /// The headings without a year.
        headings: Vec<String>,
    },
    /// There is a header but no row below it.
    NoRows {
        /// The sheet with the header.
        sheet: String,
    },
    /// A limit was passed; nothing beyond it was read.
    TooLarge {
        /// Which limit.
        what: Measure,
        /// Its value.
        limit: u64,
        /// Where, if known: a sheet, or a sheet and a cell.
        place: Option<String>,
    },
    /// Reading took longer than allowed.
    TooSlow {
        /// The allowed time in seconds.
        seconds: u64,
    },
    /// The file could not be opened or read.
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The report could not be written.
    Output {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        detail: String,
    },
}

/// What a limit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Bytes of the uploaded file.
    FileBytes,
    /// Entries of the zip container.
    Entries,
    /// Bytes after inflating.
    InflatedBytes,
    /// Number of shared strings.
    SharedStrings,
    /// Bytes of all shared strings together.
    SharedStringBytes,
    /// Rows with content.
    Rows,
    /// Columns of a sheet.
    Columns,
    /// Sheets of the workbook.
    Sheets,
    /// Bytes of one text.
    TextBytes,
    /// Bytes of all texts that are kept.
    KeptTextBytes,
    /// Cells of a sheet of the old formats, which are held in memory as a whole.
    Cells,
    /// Different products.
    Products,
}

impl Measure {
    /// The name in data: `inflated_bytes`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FileBytes => "file_bytes",
            Self::Entries => "entries",
            Self::InflatedBytes => "inflated_bytes",
            Self::SharedStrings => "shared_strings",
            Self::SharedStringBytes => "shared_string_bytes",
            Self::Rows => "rows",
            Self::Columns => "columns",
            Self::Sheets => "sheets",
            Self::TextBytes => "text_bytes",
            Self::KeptTextBytes => "kept_text_bytes",
            Self::Cells => "cells",
            Self::Products => "products",
        }
    }

    fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::FileBytes, Language::Ko) => "파일 크기(바이트)",
            (Self::FileBytes, _) => "bytes in the file",
            (Self::Entries, Language::Ko) => "압축 안의 항목 수",
            (Self::Entries, _) => "entries in the container",
            (Self::InflatedBytes, Language::Ko) => "압축을 푼 크기(바이트)",
            (Self::InflatedBytes, _) => "bytes once unpacked",
            (Self::SharedStrings, Language::Ko) => "공유 문자열 수",
            (Self::SharedStrings, _) => "shared texts",
            (Self::SharedStringBytes, Language::Ko) => "공유 문자열 크기(바이트)",
            (Self::SharedStringBytes, _) => "bytes of shared texts",
            (Self::Rows, Language::Ko) => "행 수",
            (Self::Rows, _) => "rows",
            (Self::Columns, Language::Ko) => "열 수",
            (Self::Columns, _) => "columns",
            (Self::Sheets, Language::Ko) => "시트 수",
            (Self::Sheets, _) => "sheets",
            (Self::TextBytes, Language::Ko) => "한 셀의 글자 크기(바이트)",
            (Self::TextBytes, _) => "bytes in one cell",
            (Self::KeptTextBytes, Language::Ko) => {
                "상품명·코드·분류·판매처의 전체 글자 크기(바이트)"
            }
            (Self::KeptTextBytes, _) => "bytes in all names, codes, categories and vendors",
            (Self::Cells, Language::Ko) => "셀 수",
            (Self::Cells, _) => "cells",
            (Self::Products, Language::Ko) => "상품 수",
            (Self::Products, _) => "products",
        }
    }
}

impl ReadError {
    /// The stable name of the reason, for data and tests: `no_price_column`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAWorkbook => "not_a_workbook",
            Self::Utf32 => "utf_32",
            Self::Encrypted => "encrypted",
            Self::Truncated => "truncated",
            Self::Damaged { .. } => "damaged",
            Self::Empty => "empty",
            Self::NoHeader { .. } => "no_header",
            Self::NoPriceColumn { .. } => "no_price_column",
            Self::NoProductColumn { .. } => "no_product_column",
            Self::NoYear { .. } => "no_year",
            Self::NoRows { .. } => "no_rows",
            Self::TooLarge { .. } => "too_large",
            Self::TooSlow { .. } => "too_slow",
            Self::Input { .. } => "input",
            Self::Output { .. } => "output",
        }
    }

    /// Whether the same file would fail again: everything but trouble of the machine.
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Input { .. } | Self::Output { .. })
    }

    /// What is wrong, where, and what to do, for a person.
    pub fn sentence(&self, language: Language) -> String {
        if language == Language::Ko {
            self.korean()
        } else {
            self.english()
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotAWorkbook => "The file is not a workbook: upload .xlsx, .xlsm, .xlsb, .xls, .ods or .csv.".into(),
            Self::Utf32 => "The text is in UTF-32: save it as CSV UTF-8 and upload it again.".into(),
            Self::Encrypted => "The workbook is protected by a password: save it without one and upload it again.".into(),
            Self::Truncated => "The file is cut off before its end: the upload or download was probably interrupted; upload it again.".into(),
            Self::Damaged { place, detail } => format!(
                "The workbook is damaged{}: {detail}. Open it in a spreadsheet program, save it anew and upload that.",
                In(place.as_deref(), " in ", "")
            ),
            Self::Empty => "The workbook has no content: no sheet has a filled cell.".into(),
            Self::NoHeader { sheets } => format!(
                "No row of headings was found{}: one row must name at least the product and the price.",
                In(some(&list(sheets)), " in the sheets ", "")
            ),
            Self::NoPriceColumn { sheet, headings } => format!(
                "Sheet {sheet:?} has no column for the price; its headings are {}. Name one \"price\" or \"가격\".",
                list(headings)
            ),
            Self::NoProductColumn { sheet, headings } => format!(
                "Sheet {sheet:?} has no column for the product; its headings are {}. Name one \"product\" or \"상품명\".",
                list(headings)
            ),
            Self::NoYear { sheet, headings } => format!(
                "Sheet {sheet:?} has a column for each of {}, but nothing says of which year. Write the year into the title above the table.",
                list(headings)
            ),
            Self::NoRows { sheet } => format!("Sheet {sheet:?} has headings but no row below them."),
            Self::TooLarge { what, limit, place } => format!(
                "The workbook is too large: more than {limit} {}{}. Split it and upload the parts.",
                what.words(Language::En),
                In(place.as_deref(), " at ", "")
            ),
            Self::TooSlow { seconds } => format!("Reading the workbook took longer than {seconds} seconds: split it and upload the parts."),
            Self::Input { path, source } => format!("{} cannot be read: {source}.", path.display()),
            Self::Output { path, detail } => format!("The report {} cannot be written: {detail}.", path.display()),
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::NotAWorkbook => "엑셀 파일이 아닙니다. .xlsx, .xlsm, .xlsb, .xls, .ods 또는 .csv 파일을 올려 주세요.".into(),
            Self::Utf32 => "텍스트가 UTF-32로 되어 있습니다. CSV UTF-8로 저장해서 다시 올려 주세요.".into(),
            Self::Encrypted => "암호로 보호된 파일입니다. 암호 없이 저장해서 다시 올려 주세요.".into(),
            Self::Truncated => "파일이 중간에 끊겼습니다. 업로드나 다운로드가 중단된 것 같으니 다시 올려 주세요.".into(),
            Self::Damaged { place, detail } => format!(
                "파일이 손상되었습니다{}: {detail}. 엑셀에서 열어 다시 저장한 뒤 올려 주세요.",
                In(place.as_deref(), " (위치: ", ")")
            ),
            Self::Empty => "내용이 없는 파일입니다. 값이 있는 셀이 하나도 없습니다.".into(),
            Self::NoHeader { sheets } => format!(
                "머리글 행을 찾지 못했습니다{}. 한 행에 상품과 가격의 머리글이 있어야 합니다.",
                In(some(&list(sheets)), " (확인한 시트: ", ")")
            ),
            Self::NoPriceColumn { sheet, headings } => format!(
                "'{sheet}' 시트에 가격 열이 없습니다. 머리글: {}. 가격 열의 이름을 '가격'으로 해 주세요.",
                list(headings)
            ),
            Self::NoProductColumn { sheet, headings } => format!(
                "'{sheet}' 시트에 상품 열이 없습니다. 머리글: {}. 상품 열의 이름을 '상품명'으로 해 주세요.",
                list(headings)
            ),
            Self::NoYear { sheet, headings } => format!(
                "'{sheet}' 시트에 {} 열이 있지만 어느 해인지 알 수 없습니다. 표 위의 제목에 연도를 적어 주세요.",
                list(headings)
            ),
            Self::NoRows { sheet } => format!("'{sheet}' 시트에 머리글만 있고 그 아래 데이터 행이 없습니다."),
            Self::TooLarge { what, limit, place } => format!(
                "파일이 너무 큽니다: {} 한도 {limit}을(를) 넘었습니다{}. 나누어서 올려 주세요.",
                what.words(Language::Ko),
                In(place.as_deref(), " (위치: ", ")")
            ),
            Self::TooSlow { seconds } => format!("파일을 읽는 데 {seconds}초를 넘었습니다. 나누어서 올려 주세요."),
            Self::Input { path, source } => format!("{} 파일을 읽을 수 없습니다: {source}.", path.display()),
            Self::Output { path, detail } => format!("보고서 {} 파일을 쓸 수 없습니다: {detail}.", path.display()),
        }
    }

    pub(crate) fn damaged(place: &str, detail: impl fmt::Display) -> Self {
        let mut detail = detail.to_string();
        if let Some((end, _)) = detail.char_indices().nth(200) {
            detail.truncate(end);
        }
        Self::Damaged {
            place: (!place.is_empty()).then(|| place.to_owned()),
            detail,
        }
    }
}

struct In<'a>(Option<&'a str>, &'static str, &'static str);

impl fmt::Display for In<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(f, "{}{place}{}", self.1, self.2),
            None => Ok(()),
        }
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// At most eight names, each cut to 40 characters.
fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names
        .iter()
        .take(8)
        .map(|name| format!("\"{}\"", name.chars().take(40).collect::<String>()))
        .collect();
    if names.len() > 8 {
        shown.push("…".into());
    }
    shown.join(", ")
}
