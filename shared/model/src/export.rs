//! A workbook by question: a query template, the values it is asked with, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{ExportId, Slot, TemplateName};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// An Excel workbook.
    #[default]
    Xlsx,
    /// Comma-separated values in UTF-8.
    Csv,
    /// One JSON object with `columns` and `rows`.
    Json,
}

impl Format {
    /// The ending of a file of it.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// The format of this ending.
    pub fn from_extension(extension: &str) -> Option<Self> {
        [Self::Xlsx, Self::Csv, Self::Json]
            .into_iter()
            .find(|format| format.extension() == extension)
    }
}

/// When an answer becomes a file and a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In any case.
    #[default]
    Always,
    /// Only if the answer has rows.
    NotEmpty,
}

/// What is asked: everything that a person or a schedule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The query template.
    pub template: TemplateName,
    /// The values of its parameters by their names; without one a parameter has its default. An
    /// empty value is none.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// How the answer is written.
    #[serde(default)]
    pub format: Format,
    /// Whether it is labelled in Korean.
    #[serde(default)]
    pub korean: bool,
    /// When it becomes a file and a message.
    #[serde(default)]
    pub when: When,
}

/// Something asked at an instant, as a queue and the table carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Its id, made of the rest.
    pub id: ExportId,
    /// What is asked.
    pub ask: Ask,
    /// When. The day of it is today's for the parameters, however late the answer is.
    pub slot: Slot,
}

impl Export {
    /// An export of what is asked at an instant. The same twice is the same export, so that an
    /// event that is delivered again asks for nothing new.
    pub fn new(ask: Ask, slot: Slot) -> Self {
        let text = serde_json::to_string(&(&ask, slot)).expect("an ask has only string keys");
        let digest = Sha256::digest(text);
        let (number, _) = digest.split_at(16);
        let number = number
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        Self {
            id: ExportId::new(format!("{number:032x}")).expect("hex digits are an export id"),
            ask,
            slot,
        }
    }
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ExportOutcome {
    /// A file.
    Done {
        /// Its key in the files bucket.
        file: String,
        /// The rows of the answer.
        rows: u64,
        /// Whether the file is one that was made before: the same question over the same data.
        made_before: bool,
    },
    /// The answer has no rows, and none was wanted then.
    Empty,
    /// There is no answer.
    Failed {
        /// The reason for a person.
        reason: String,
    },
}

impl ExportOutcome {
    /// The key of the first rows of an answer, which stand beside its file and are the same in
    /// every format: `…/movers.first-rows.json` beside `…/movers.xlsx`.
    pub fn first_rows_key(file: &str) -> String {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        format!("{stem}.first-rows.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(json: &str) -> Ask {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_same_question_at_the_same_instant_is_one_export() {
        let slot: Slot = "2026-11-21T01:15:00Z".parse().unwrap();
        let later: Slot = "2026-11-21T01:15:01Z".parse().unwrap();
        let plain = ask(r#"{"template": "movers"}"#);
        let given = ask(r#"{"template": "movers", "parameters": {"at_least": "10"}}"#);
        let id = Export::new(plain.clone(), slot).id;
        assert_eq!(id, Export::new(plain.clone(), slot).id);
        assert_ne!(id, Export::new(plain, later).id);
        assert_ne!(id, Export::new(given, slot).id);
    }

    #[test]
    fn what_is_asked_has_no_unknown_field() {
        assert!(serde_json::from_str::<Ask>(r#"{"template": "movers", "to": "2026"}"#).is_err());
        assert!(serde_json::from_str::<Ask>(r#"{"template": "../movers"}"#).is_err());
        let full = r#"{"template":"movers","parameters":{},"format":"csv","korean":true,"when":"not_empty"}"#;
        assert_eq!(serde_json::to_string(&ask(full)).unwrap(), full);
    }
}
