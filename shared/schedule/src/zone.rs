//! Time zones by their IANA names, also on a machine that has no zone files of its own.

use jiff::tz::TimeZone;

/// A name that no time zone has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not a time zone: an IANA name such as Asia/Seoul, Europe/Berlin or UTC is expected"
)]
pub struct UnknownTimeZone {
    /// What was given, cut to 80 characters.
    pub given: String,
}

/// The time zone of this IANA name, in any case: from the machine's zone files, or from the
/// data that is built in where it has none.
pub fn time_zone(name: &str) -> Result<TimeZone, UnknownTimeZone> {
    let unknown = || UnknownTimeZone {
        given: name.chars().take(80).collect(),
    };
    // Zone folders also hold files that are not IANA names (`posix/…`, `right/…` with leap
    // seconds); `Etc/Unknown` is jiff's word for no zone at all.
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("posix") || lower.starts_with("right/") || lower == "etc/unknown" {
        return Err(unknown());
    }
    TimeZone::get(name).map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_without_the_machines_zone_files() {
        let built_in = jiff::tz::TimeZoneDatabase::bundled();
        for name in [
            "Asia/Seoul",
            "America/New_York",
            "Australia/Lord_Howe",
            "UTC",
        ] {
            assert!(built_in.get(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_name_is_read_in_any_case() {
        for name in [
            "Asia/Seoul",
            "asia/seoul",
            "UTC",
            "utc",
            "Etc/GMT+9",
            "EST5EDT",
        ] {
            assert!(time_zone(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_named_in_the_error() {
        for name in [
            "Asia/Soul",
            "",
            "KST",
            "+09:00",
            "../etc/passwd",
            "right/UTC",
            "posixrules",
            "Etc/Unknown",
            "서울",
        ] {
            let error = time_zone(name).unwrap_err();
            assert_eq!(error.given, name);
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        }
        assert_eq!(time_zone(&"x".repeat(1_000)).unwrap_err().given.len(), 80);
    }
}
