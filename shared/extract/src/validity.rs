//! For how long a price holds: schema.org's `validFrom`, `validThrough` and `priceValidUntil`.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::graph::Item;

/// Whether a price holds at the instant of the fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Validity {
    /// It holds, or nothing says that it does not.
    #[default]
    Holds,
    /// Its time is over.
    Ended,
    /// Its time has not come.
    Coming,
}

/// Whether what `item` says holds at `instant`; without an instant, everything holds. A date
/// without a zone is only over, or yet to come, when it is so everywhere on earth.
pub(crate) fn of(item: &Item<'_>, instant: Option<Timestamp>) -> Validity {
    let Some(instant) = instant else {
        return Validity::Holds;
    };
    let read = |name: &str| item.text(name).and_then(bounds);
    if read("validFrom").is_some_and(|(earliest, _)| instant < earliest) {
        return Validity::Coming;
    }
    let ended = ["validThrough", "priceValidUntil"]
        .iter()
        .any(|name| read(name).is_some_and(|(_, latest)| instant > latest));
    if ended {
        Validity::Ended
    } else {
        Validity::Holds
    }
}

/// The earliest and the latest instant that a written date or time may mean.
fn bounds(text: &str) -> Option<(Timestamp, Timestamp)> {
    // Nothing longer is an ISO 8601 time.
    let text = text.get(..text.len().min(40))?.trim();
    if let Ok(exact) = text.parse::<Timestamp>() {
        return Some((exact, exact));
    }
    let date = text.get(..10).unwrap_or(text);
    let date: Date = date.parse().ok()?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    // From UTC+14 to UTC-12.
    let earliest = start.checked_sub(SignedDuration::from_hours(14)).ok()?;
    let latest = start
        .checked_add(SignedDuration::from_hours(24 + 12))
        .ok()?;
    Some((earliest, latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_holds_as_long_as_it_is_that_day_somewhere() {
        let (earliest, latest) = bounds("2026-03-01").unwrap();
        assert_eq!(earliest.to_string(), "2026-02-28T10:00:00Z");
        assert_eq!(latest.to_string(), "2026-03-02T12:00:00Z");
    }

    #[test]
    fn a_time_with_its_zone_is_exact() {
        let (earliest, latest) = bounds("2026-03-01T12:00:00+09:00").unwrap();
        assert_eq!(earliest, latest);
        assert_eq!(earliest.to_string(), "2026-03-01T03:00:00Z");
    }

    #[test]
    fn a_time_without_a_zone_is_as_good_as_its_date() {
        assert_eq!(bounds("2026-03-01 12:00:00"), bounds("2026-03-01"));
    }

    #[test]
    fn what_is_no_date_says_nothing() {
        for text in [
            "",
            "soon",
            "2026-13-45",
            "٢٠٢٦",
            "9999-12-31T99",
            "-",
            "00000000000",
        ] {
            let _ = bounds(text);
        }
        assert_eq!(bounds("soon"), None);
        assert_eq!(bounds("2026-13-45"), None);
    }
}
