//! What holds for every text that is given as an expression. Shared by the fuzz target `cron` and
//! by the test that replays its corpus.

use jiff::Timestamp;
use schedule::{Expression, ParseError, Schedule, time_zone};

/// Panics if a property does not hold for `text`.
pub(crate) fn hold(text: &str) {
    match text.parse::<Expression>() {
        Err(error) => points_into(&error, text),
        Ok(expression) => {
            assert_eq!(expression.to_string().parse(), Ok(expression.clone()));
            for zone in [
                "UTC",
                "Asia/Seoul",
                "America/New_York",
                "Australia/Lord_Howe",
            ] {
                is_due_in_order(&expression, zone);
            }
        }
    }
}

/// The part that an error quotes stands where the error says.
fn points_into(error: &ParseError, text: &str) {
    let rest: String = text.chars().skip(error.position).collect();
    assert!(rest.starts_with(&error.given), "{error}");
    assert!(error.position <= text.chars().count(), "{error}");
    assert!(error.position <= Expression::MAX_LENGTH, "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert_eq!(error.pointer(text).lines().count(), 2);
}

fn is_due_in_order(expression: &Expression, zone: &str) {
    let timezone = time_zone(zone).unwrap();
    let anchor = Timestamp::constant(1_795_224_600, 0);
    let schedule = Schedule {
        expression: expression.clone(),
        timezone,
        anchor,
    };
    // The start of the calendar, before a change of New York's clock, within one, and far ahead.
    for second in [-1, 1_793_511_000, 1_793_514_600, 7_258_000_000] {
        let mut last = Timestamp::from_second(second).unwrap();
        for due in schedule.upcoming(last).take(3) {
            assert!(due > last, "{expression} in {zone}: {due} after {last}");
            if let Expression::Cron(_) = expression {
                let local = schedule.timezone.to_datetime(due);
                assert_eq!((local.second(), local.subsec_nanosecond()), (0, 0));
                assert!((1970..=2199).contains(&local.year()), "{local}");
            }
            // Nothing is skipped: what is due after any instant before it is the same.
            let before = due - jiff::SignedDuration::from_nanos(1);
            assert_eq!(schedule.after(before), Some(due), "{expression} in {zone}");
            last = due;
        }
        assert_eq!(schedule.after(Timestamp::MAX), None);
    }
}
