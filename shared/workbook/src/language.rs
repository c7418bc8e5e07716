//! The two languages of a report.

use serde::{Deserialize, Serialize};

/// The language of a report and of the sentences about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean.
    Ko,
    /// English.
    En,
    /// The language of the upload's headings: Korean when one of them has Hangul.
    #[default]
    Auto,
}

impl Language {
    /// Korean when the text has Hangul.
    pub(crate) fn of(text: &str) -> Self {
        let hangul = |c: char| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}');
        if text.chars().any(hangul) {
            Self::Ko
        } else {
            Self::En
        }
    }
}

impl std::str::FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ko" => Ok(Self::Ko),
            "en" => Ok(Self::En),
            "auto" => Ok(Self::Auto),
            _ => Err(format!("{text:?} is not a language: ko, en or auto")),
        }
    }
}
