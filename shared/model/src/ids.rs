//! Identifiers. Each is a type of its own, so that one cannot stand where another belongs, and
//! each is checked when it is made: a value of these types is always fit for a table key.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Invalid;
use crate::text::is_plain;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks `text` and takes it.
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(&text) { Ok(Self(text)) } else { Err(Invalid::new($what, &text, $expected)) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> { Self::new(text) }
        }

        display_and_serde!($name);
    };
}

/// `Serialize` and `Deserialize` by way of `Display` and `FromStr`.
macro_rules! display_and_serde {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        serde_as_text!($name);
    };
}

macro_rules! serde_as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id! {
    /// The owner's own id of a product: `airpods-pro-2`, `8801234567890`, `무선이어폰-01`.
    ProductId, "product id",
    "1 to 200 bytes of letters, digits and signs, without '#', '/', white space or control characters",
    |text| {
        (1..=200).contains(&text.len())
            && !text.chars().any(|c| c.is_whitespace() || !is_plain(c) || matches!(c, '#' | '/'))
    }
}

text_id! {
    /// The id of an item: what several products are offers of. `airpods-pro-2`.
    ItemId, "item id",
    "1 to 200 bytes of letters, digits and signs, without '#', '/', white space or control characters",
    |text| {
        (1..=200).contains(&text.len())
            && !text.chars().any(|c| c.is_whitespace() || !is_plain(c) || matches!(c, '#' | '/'))
    }
}

text_id! {
    /// A word by which an owner groups products, beside their category: `gift`, `사무용`.
    Tag, "tag",
    "1 to 60 bytes of letters, digits and signs, without '#', '/', white space or control characters",
    |text| {
        (1..=60).contains(&text.len())
            && !text.chars().any(|c| c.is_whitespace() || !is_plain(c) || matches!(c, '#' | '/'))
    }
}

text_id! {
    /// The id of an alert rule: unique among the rules of its product, item, category or tag.
    RuleId, "rule id",
    "1 to 40 of a-z, A-Z, 0-9, '-' and '_'",
    |text| {
        (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }
}

text_id! {
    /// The name of a schedule: `daily`.
    ScheduleName, "schedule name",
    "1 to 40 of a-z, 0-9 and '-'",
    |text| {
        (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

text_id! {
    /// The id of an upload and of the report that is made of it; derived from where the upload
    /// lies, so that a repeated event names the same file.
    FileId, "file id",
    "1 to 64 of a-z, A-Z, 0-9, '-' and '_'",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }
}

text_id! {
    /// The id of an export; made of what is asked and when.
    ExportId, "export id",
    "1 to 64 of a-z, A-Z, 0-9, '-' and '_'",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }
}

text_id! {
    /// The name of a query template: `price-history`, of the file `price-history.sql`.
    TemplateName, "template name",
    "1 to 60 of a-z, 0-9 and '-'",
    |text| {
        (1..=60).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

/// The instant a schedule asked for, in whole seconds. It comes from the event, never from the
/// clock, so that an event that is delivered late or twice means the same slot.
///
/// As text: RFC 3339 in UTC, `2026-11-21T01:15:00Z`; such texts sort as the instants do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(Timestamp);

impl Slot {
    /// The slot at this instant; fractions of a second are cut.
    pub fn at(instant: Timestamp) -> Self {
        Self(Timestamp::from_second(instant.as_second()).unwrap_or(instant))
    }

    /// The instant.
    pub fn instant(self) -> Timestamp {
        self.0
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.0)
    }
}

impl FromStr for Slot {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse()
            .map(Self::at)
            .map_err(|_| Invalid::new("slot", text, "an RFC 3339 instant as 2026-11-21T01:15:00Z"))
    }
}

serde_as_text!(Slot);

/// One schedule at one slot. The same event twice is the same run.
///
/// As text: `daily@2026-11-21T01:15:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    /// The schedule that asked.
    pub schedule: ScheduleName,
    /// The instant it asked for.
    pub slot: Slot,
}

impl RunId {
    /// The run of this schedule at this slot.
    pub fn new(schedule: ScheduleName, slot: Slot) -> Self {
        Self { schedule, slot }
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.schedule, self.slot)
    }
}

impl FromStr for RunId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (schedule, slot) = text
            .split_once('@')
            .ok_or_else(|| Invalid::new("run id", text, "SCHEDULE@SLOT"))?;
        Ok(Self::new(schedule.parse()?, slot.parse()?))
    }
}

serde_as_text!(RunId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_reads_back_as_itself() {
        let text = "daily@2026-11-21T01:15:00Z";
        let run: RunId = text.parse().unwrap();
        assert_eq!(run.to_string(), text);
        assert_eq!(serde_json::to_string(&run).unwrap(), format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<RunId>(&format!("\"{text}\"")).unwrap(),
            run
        );
    }

    #[test]
    fn a_slot_has_whole_seconds_in_utc() {
        let slot: Slot = "2026-11-21T10:15:00.9+09:00".parse().unwrap();
        assert_eq!(slot.to_string(), "2026-11-21T01:15:00Z");
    }

    #[test]
    fn what_would_break_a_key_is_refused() {
        for bad in ["", "a#b", "a/b", "a b", "a\nb", "a\u{ffff}", "a\u{fffe}"] {
            assert!(ProductId::new(bad).is_err(), "{bad:?}");
        }
        assert!(ProductId::new("가".repeat(67)).is_err());
        assert!(ProductId::new("무선이어폰-01").is_ok());
        assert!(ScheduleName::new("Daily").is_err());
        assert!("daily".parse::<RunId>().is_err());
        assert!("daily@today".parse::<RunId>().is_err());
    }
}
