//! The ends of time, the ends of patience, and input of any length.

use jiff::Timestamp;
use schedule::{Expression, Schedule, time_zone};

fn schedule(expression: &str, zone: &str, anchor: Timestamp) -> Schedule {
    Schedule {
        expression: expression.parse().unwrap(),
        timezone: time_zone(zone).unwrap(),
        anchor,
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for zone in [
        "UTC",
        "Asia/Seoul",
        "America/New_York",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    ] {
        for expression in [
            "cron(* * * * ? *)",
            "cron(59 23 31 12 ? 2199)",
            "rate(1 minute)",
            "rate(4294967295 days)",
            "at(9999-12-31T23:59:59)",
            "at(0000-01-01T00:00:00)",
        ] {
            for anchor in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                let schedule = schedule(expression, zone, anchor);
                for instant in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                    for due in schedule.upcoming(instant).take(3) {
                        assert!(due > instant);
                    }
                }
                assert_eq!(schedule.after(Timestamp::MAX), None);
            }
        }
    }
}

#[test]
fn a_rate_starts_at_its_anchor_and_keeps_to_it() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let schedule = schedule(
        "rate(90 minutes)",
        "Asia/Seoul",
        at("2026-11-21T00:00:30.5Z"),
    );
    assert_eq!(
        schedule.after(at("2020-01-01T00:00:00Z")),
        Some(at("2026-11-21T00:00:30.5Z"))
    );
    assert_eq!(
        schedule.after(at("2026-11-21T00:00:30.5Z")),
        Some(at("2026-11-21T01:30:30.5Z"))
    );
    assert_eq!(
        schedule.after(at("2026-11-21T01:30:30.4Z")),
        Some(at("2026-11-21T01:30:30.5Z"))
    );
    assert_eq!(
        schedule.after(at("2027-11-21T00:00:00Z")),
        Some(at("2027-11-21T00:00:30.5Z"))
    );
}

#[test]
fn what_never_comes_is_known() {
    // The last one names only minutes that the clock skips, every year.
    for expression in [
        "cron(0 9 30 2 ? *)",
        "cron(* * 31W 2,4,6,9,11 ? *)",
        "cron(0 0 29 2 ? 2026/4)",
        "cron(0/5 2 ? 3 SUN#2 2027-2199)",
    ] {
        let schedule = schedule(expression, "America/New_York", Timestamp::UNIX_EPOCH);
        assert_eq!(
            schedule.after("2026-11-21T00:00:00Z".parse().unwrap()),
            None,
            "{expression}"
        );
    }
}

#[test]
fn an_expression_has_a_longest_length() {
    let list = |n: usize| format!("cron({} 9 * * ? *)", vec!["5"; n].join(","));
    let longest = (Expression::MAX_LENGTH - list(1).len()) / 2 + 1;
    assert!(list(longest).parse::<Expression>().is_ok());
    for text in [
        list(longest + 1),
        list(100_000),
        "(".repeat(10_000),
        "가".repeat(10_000),
    ] {
        let error = text.parse::<Expression>().unwrap_err();
        assert!(error.to_string().contains("256"), "{error}");
        assert!(error.pointer(&text).len() < 2_000);
    }
}

#[test]
fn a_message_stays_on_its_lines_whatever_was_given() {
    let text = "cron(0 9 \u{1b}[31m\n\t32 * ? *)";
    let error = text.parse::<Expression>().unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1);
    assert_eq!(error.pointer(text).lines().count(), 2);
    assert!(!error.pointer(text).contains('\u{1b}'));
}
