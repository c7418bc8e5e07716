use jiff::tz::TimeZone;
use model::{Availability, FailureReason};

use super::*;
use crate::Language;
use crate::history::tests::{day, failed, priced, stocked};

/// The zone of the tests.
static UTC: TimeZone = TimeZone::UTC;

fn rule(json: &str) -> AlertRule {
    let rule: AlertRule = serde_json::from_str(json).unwrap();
    rule.check().unwrap();
    rule
}

fn when(when: &str) -> AlertRule {
    rule(&format!(r#"{{"id":"r","when":{when}}}"#))
}

/// The days on which a rule fires over a history.
fn fires(rule: &AlertRule, history: &[Point]) -> Vec<i64> {
    let (_, decisions) = Rule::new(rule, &UTC).replay(None, history);
    let fired = decisions
        .into_iter()
        .filter(|decision| decision.outcome == Outcome::Fired);
    let first = day(0).instant().as_second();
    fired
        .map(|decision| (decision.slot.instant().as_second() - first) / 86_400)
        .collect()
}

fn prices(amounts: &[i64]) -> Vec<Point> {
    let points = (0..).zip(amounts);
    points.map(|(at, amount)| priced(at, *amount)).collect()
}

const TARGET: &str = r#"{"kind":"at_or_below","price":{"amount":"100","currency":"KRW"}}"#;

#[test]
fn a_target_is_told_when_it_is_reached_and_again_after_it_was_left() {
    let history = prices(&[120, 100, 90, 101, 100, 99]);
    assert_eq!(fires(&when(TARGET), &history), [1, 4]);
    // It is told at the first observation too.
    assert_eq!(fires(&when(TARGET), &history[1..]), [1, 4]);
}

#[test]
fn a_price_that_wavers_around_its_target_is_told_once() {
    let mut rule = when(TARGET);
    rule.tolerance = Some(model::Margin::Percent(5.into()));
    assert_eq!(
        fires(&rule, &prices(&[100, 105, 99, 104, 100, 106, 100])),
        [0, 6]
    );
}

#[test]
fn a_rule_can_fire_again_at_each_further_price_always_or_never() {
    let history = prices(&[100, 95, 95, 96, 90, 120, 99]);
    for (rearm, expected) in [
        (Rearm::WhenLeft, &[0, 6][..]),
        (Rearm::Further, &[0, 1, 4, 6]),
        (Rearm::Always, &[0, 1, 2, 3, 4, 6]),
        (Rearm::Never, &[0]),
    ] {
        let rule = AlertRule {
            rearm,
            ..when(TARGET)
        };
        assert_eq!(fires(&rule, &history), expected, "{rearm:?}");
    }
}

#[test]
fn each_new_low_is_told_and_a_gap_or_a_void_is_none() {
    let low = when(r#"{"kind":"new_low","days":30}"#);
    let mut history = prices(&[100, 90, 80, 80, 70]);
    history.push(failed(5, FailureReason::Timeout));
    history.push(Point {
        slot: day(6),
        seen: crate::Seen::Void,
    });
    history.push(priced(7, 69));
    assert_eq!(fires(&low, &history), [1, 2, 4, 7]);
    let high = when(r#"{"kind":"new_high","days":2}"#);
    assert_eq!(fires(&high, &prices(&[100, 90, 80, 85, 86])), [4]);
}

#[test]
fn a_move_is_measured_against_what_the_rule_names() {
    let history = prices(&[100, 95, 90, 90, 85, 110, 60]);
    for (standard, expected) in [
        (r#""previous""#, &[6][..]),
        (r#"{"high":30}"#, &[2, 6]),
        (r#"{"low":30}"#, &[6]),
        (r#""reference""#, &[2, 6]),
    ] {
        let moved = when(&format!(
            r#"{{"kind":"moved","by":{{"percent":"10"}},"against":{standard},"direction":"down"}}"#
        ));
        assert_eq!(fires(&moved, &history), expected, "{standard}");
    }
    let up = when(r#"{"kind":"moved","by":{"amount":"25"},"against":"previous","direction":"up"}"#);
    assert_eq!(fires(&up, &history), [5]);
}

#[test]
fn stock_is_told_when_it_turns_and_gone_when_it_begins() {
    use Availability::{InStock, OutOfStock};
    let history = [
        stocked(0, 100, OutOfStock),
        stocked(1, 100, OutOfStock),
        stocked(2, 100, InStock),
        priced(3, 100),
        failed(4, FailureReason::Gone),
        failed(5, FailureReason::Gone),
        stocked(6, 100, InStock),
        stocked(7, 100, OutOfStock),
    ];
    assert_eq!(
        fires(&when(r#"{"kind":"back_in_stock"}"#), &history),
        [2, 6]
    );
    assert_eq!(fires(&when(r#"{"kind":"out_of_stock"}"#), &history), [7]);
    assert_eq!(fires(&when(r#"{"kind":"gone"}"#), &history), [4]);
    assert_eq!(
        fires(&when(TARGET), &history),
        [2],
        "not while it is sold out"
    );
}

#[test]
fn runs_without_a_price_are_counted_until_one_comes() {
    let mut history = prices(&[100]);
    history.extend((1..5).map(|at| failed(at, FailureReason::Timeout)));
    history.push(priced(5, 100));
    history.extend((6..9).map(|at| failed(at, FailureReason::Blocked)));
    let rule = when(r#"{"kind":"no_price","runs":3}"#);
    assert_eq!(fires(&rule, &history), [3, 8]);
}

#[test]
fn a_silenced_rule_fires_afterwards_if_its_condition_lasts() {
    let history = prices(&[100, 100, 100, 100]);
    let snoozed = AlertRule {
        snooze_until: Some(day(2).instant()),
        ..when(TARGET)
    };
    assert_eq!(fires(&snoozed, &history), [2]);
    let events = prices(&[100, 90, 80, 70]);
    let low = AlertRule {
        cool_down_hours: Some(48),
        ..when(r#"{"kind":"new_low","days":30}"#)
    };
    assert_eq!(fires(&low, &events), [1, 3]);
    let armed = AlertRule {
        rearmed_at: Some(day(2).instant()),
        ..when(TARGET)
    };
    assert_eq!(fires(&armed, &history), [2]);
}

#[test]
fn a_rule_fires_no_oftener_than_its_daily_maximum() {
    let hours = |hour: i64, amount| Point {
        slot: Slot::at(day(0).instant() + SignedDuration::from_hours(hour)),
        ..priced(0, amount)
    };
    let history: Vec<Point> = (0..40).map(|hour| hours(hour, 1_000 - hour)).collect();
    let rule = AlertRule {
        daily_maximum: Some(2),
        ..when(r#"{"kind":"any_change","direction":"down"}"#)
    };
    let (_, decisions) = Rule::new(&rule, &UTC).replay(None, &history);
    let fired = decisions.iter().filter(|at| at.outcome == Outcome::Fired);
    assert_eq!(fired.count(), 4);
    assert_eq!(decisions[5].outcome, Outcome::DailyMaximum(2));
}

#[test]
fn a_second_look_and_an_earlier_slot_change_nothing() {
    let (definition, history) = (when(TARGET), prices(&[120, 100, 90]));
    let rule = Rule::new(&definition, &UTC);
    let first = rule.evaluate(None, &history[..2]).unwrap();
    let state = first.next.unwrap();
    for seen in [&history[..2], &history[..1]] {
        let again = rule.evaluate(Some(&state), seen).unwrap();
        assert_eq!((again.outcome, again.next), (Outcome::Passed(day(1)), None));
    }
}

#[test]
fn a_rule_whose_condition_changed_begins_anew_and_one_that_is_snoozed_does_not() {
    let (definition, history) = (when(TARGET), prices(&[100, 100, 100]));
    let first = Rule::new(&definition, &UTC).evaluate(None, &history[..1]);
    let state = first.unwrap().next;
    let snoozed = AlertRule {
        snooze_until: Some(day(1).instant()),
        ..definition.clone()
    };
    let changed = when(r#"{"kind":"at_or_below","price":{"amount":"110","currency":"KRW"}}"#);
    let outcome = |rule: &AlertRule| {
        let rule = Rule::new(rule, &UTC);
        rule.evaluate(state.as_ref(), &history[..2])
            .unwrap()
            .outcome
    };
    assert_eq!(outcome(&snoozed), Outcome::Told(day(0)));
    assert_eq!(outcome(&changed), Outcome::Fired);
}

#[test]
fn after_a_void_the_next_true_price_is_told_and_nothing_twice() {
    let definition = when(TARGET);
    let rule = Rule::new(&definition, &UTC);
    let mut history = prices(&[120, 10, 95, 94]);
    let (state, _) = rule.replay(None, &history[..3]);
    let state = state.unwrap();
    assert_eq!(state.slot, day(1));
    history[1].seen = crate::Seen::Void;
    let rebuilt = rule.rebuilt(&state, &history[..3]);
    assert_eq!((rebuilt.slot, rebuilt.told), (day(1), None));
    let next = rule.evaluate(Some(&rebuilt), &history).unwrap();
    assert_eq!(next.outcome, Outcome::Fired);
    // Taking the void back leaves the state where it was.
    history[1].seen = priced(1, 10).seen;
    assert_eq!(rule.rebuilt(&rebuilt, &history[..3]), state);
}

#[test]
fn a_rule_says_why_it_fired_and_why_it_did_not() {
    let words = |rule: &AlertRule, history: &[Point], language| {
        let decision = Rule::new(rule, &UTC).replay(None, history).1;
        decision.last().unwrap().in_words(language, &UTC)
    };
    let target = when(TARGET);
    let low = when(r#"{"kind":"new_low","days":30}"#);
    for (rule, amounts, english, korean) in [
        (
            &target,
            &[120, 100][..],
            "100 KRW against a target of 100 KRW.",
            "100원 (목표 100원).",
        ),
        (
            &target,
            &[120],
            "Not met: 120 KRW against a target of 100 KRW.",
            "조건이 맞지 않습니다: 120원 (목표 100원).",
        ),
        (
            &target,
            &[100, 99],
            "Told on 2026-01-01 already: 99 KRW against a target of 100 KRW.",
            "2026-01-01에 이미 알렸습니다: 99원 (목표 100원).",
        ),
        (
            &low,
            &[120, 90],
            "90 KRW (−25 %); the lowest of the 30 days before is 120 KRW (2026-01-01), known \
             since 2026-01-01.",
            "90원 (−25 %); 이전 30일 최저가 120원 (2026-01-01), 2026-01-01부터 기록.",
        ),
        (
            &low,
            &[120],
            "Nothing can be said: 120 KRW has nothing before it to be compared with.",
            "판단할 수 없습니다: 120원과 비교할 이전 가격이 없습니다.",
        ),
    ] {
        let history = prices(amounts);
        assert_eq!(words(rule, &history, Language::English), english);
        assert_eq!(words(rule, &history, Language::Korean), korean);
    }
}

#[test]
fn a_rule_about_a_price_that_the_product_cannot_have_is_refused() {
    let total = rule(
        r#"{"id":"r","when":{"kind":"at_or_below","price":{"amount":"1","currency":"EUR"},"basis":"total"}}"#,
    );
    assert!(check_basis(&total, crate::Terms::default()).is_err());
    assert!(check_basis(&when(TARGET), crate::Terms::default()).is_ok());
}
