//! The breaker under a clock that the test winds.

use std::collections::VecDeque;

use model::FailureReason;
use proptest::prelude::*;

use super::*;

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn failure() -> Failure {
    Failure::new(FailureReason::ShopError, "HTTP 500")
}

fn calls(first: u32, failed: u32) -> Calls {
    Calls {
        first,
        failed,
        failed_again: 0,
    }
}

/// A breaker that ten failures have opened at second 0, for a minute.
fn opened() -> Circuit {
    let mut circuit = Circuit::default();
    circuit.count(second(0), calls(10, 10), Some(&failure()), 0.0);
    assert_eq!(circuit.open_until(second(0)), Some(second(60)));
    circuit
}

#[test]
fn a_source_that_is_well_is_asked_freely() {
    let mut circuit = Circuit::default();
    let admitted = circuit.admit(second(0), &["a", "b"]);
    assert_eq!(admitted.products, ["a", "b"]);
    assert_eq!((admitted.pass, admitted.others), (Pass::Free, None));
    assert_eq!(circuit, Circuit::default());
}

#[test]
fn too_few_calls_are_no_rate() {
    let mut circuit = Circuit::default();
    circuit.count(second(0), calls(9, 9), Some(&failure()), 0.0);
    assert_eq!(circuit.open_until(second(0)), None);
    assert_eq!(circuit.admit(second(1), &["a"]).pass, Pass::Counting);
    circuit.count(second(1), calls(1, 1), Some(&failure()), 0.0);
    assert_eq!(circuit.open_until(second(1)), Some(second(61)));
    let admitted = circuit.admit(second(2), &["a"]);
    assert!(admitted.products.is_empty());
    assert_eq!(admitted.others, Some((second(61), failure())));
}

#[test]
fn a_dead_product_that_is_tried_again_and_again_opens_nothing() {
    let mut circuit = Circuit::default();
    circuit.count(second(0), calls(10, 1), Some(&failure()), 0.0);
    let again = Calls {
        failed_again: 1,
        ..Calls::default()
    };
    for nth in 1..1_000 {
        circuit.count(second(nth), again, Some(&failure()), 0.0);
        assert_eq!(circuit.open_until(second(nth)), None);
    }
}

#[test]
fn later_tries_count_while_nothing_has_succeeded() {
    let mut circuit = Circuit::default();
    circuit.count(second(0), calls(5, 5), Some(&failure()), 0.0);
    let again = Calls {
        failed_again: 5,
        ..Calls::default()
    };
    circuit.count(second(20), again, Some(&failure()), 0.0);
    assert!(circuit.open_until(second(20)).is_some());
}

#[test]
fn probes_are_of_different_products_and_two_must_agree() {
    let mut circuit = opened();
    let first = circuit.admit(second(60), &["a", "a", "b", "c"]);
    assert_eq!(
        (first.pass, &*first.products),
        (Pass::Probe, &["a".to_owned(), "b".to_owned()][..])
    );
    assert_eq!(first.others, Some((second(65), failure())));
    assert!(circuit.admit(second(60), &["a", "d"]).products.is_empty());
    // One dead product is no proof against the shop.
    circuit.probed(second(61), "a", Some(&failure()), 0.0);
    circuit.probed(second(61), "b", None, 0.0);
    let third = circuit.admit(second(62), &["a", "b", "c", "d"]);
    assert_eq!(third.products, ["c"]);
    circuit.probed(second(63), "c", None, 0.0);
    let admitted = circuit.admit(second(63), &["e"]);
    assert_eq!(
        (admitted.pass, admitted.products.len()),
        (Pass::Counting, 1)
    );
}

#[test]
fn failed_probes_make_the_pause_twice_as_long_up_to_an_hour() {
    let mut circuit = opened();
    let mut now = second(60);
    let mut pauses = Vec::new();
    for round in 0..8 {
        for product in circuit.admit(now, &["a", "b", "c"]).products {
            circuit.probed(now, &product, Some(&failure()), 0.0);
        }
        let until = circuit
            .open_until(now)
            .unwrap_or_else(|| panic!("round {round}"));
        pauses.push(until.duration_since(now).as_secs() / 60);
        now = until;
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn a_shop_of_one_product_is_decided_by_that_one() {
    for (failed, opens) in [(true, true), (false, false)] {
        let mut circuit = opened();
        assert_eq!(circuit.admit(second(60), &["only"]).products, ["only"]);
        let result = failed.then(failure);
        circuit.probed(second(61), "only", result.as_ref(), 0.0);
        let admitted = circuit.admit(second(75), &["only"]);
        assert_eq!(admitted.products.is_empty(), opens, "{admitted:?}");
    }
}

#[test]
fn a_probe_that_never_tells_is_followed_by_another() {
    let mut circuit = opened();
    circuit.admit(second(60), &["a", "b"]);
    assert!(
        circuit
            .admit(second(90), &["a", "b", "c"])
            .products
            .is_empty()
    );
    assert_eq!(
        circuit.admit(second(121), &["a", "b", "c"]).products.len(),
        2
    );
}

#[test]
fn after_it_closes_the_backlog_comes_in_steps() {
    let mut circuit = opened();
    for product in circuit.admit(second(60), &["a", "b"]).products {
        circuit.probed(second(60), &product, None, 0.0);
    }
    let backlog: Vec<String> = (0..1_000).map(|n| format!("p-{n}")).collect();
    let backlog: Vec<&str> = backlog.iter().map(String::as_str).collect();
    let mut steps = Vec::new();
    for now in (60..85).step_by(5) {
        let admitted = circuit.admit(second(now), &backlog);
        steps.push(admitted.products.len());
        // A second worker gets what is left of the step.
        let rest = circuit.admit(second(now + 1), &["z"]);
        assert_eq!(rest.products.is_empty(), now < 80, "at {now}");
        if let Some((at, _)) = admitted.others {
            assert_eq!(at, second(now + 5));
        }
    }
    assert_eq!(steps, [5, 10, 20, 40, 1_000]);
}

#[test]
fn a_source_that_says_how_long_is_left_alone_as_long_and_then_asked_as_before() {
    let mut circuit = Circuit::default();
    circuit.leave_alone(second(0), second(100), &failure());
    circuit.leave_alone(second(0), second(50), &failure());
    assert_eq!(circuit.open_until(second(1)), Some(second(100)));
    assert_eq!(
        circuit.admit(second(100), &["a", "b", "c"]).products.len(),
        3
    );
}

#[test]
fn what_is_long_ago_is_forgotten() {
    let mut circuit = Circuit::default();
    circuit.count(second(0), calls(9, 9), Some(&failure()), 0.0);
    circuit.count(second(1_800), calls(1, 1), Some(&failure()), 0.0);
    assert_eq!(circuit.open_until(second(1_800)), None);
    let mut circuit = opened();
    assert_eq!(circuit.admit(second(60 + 1_800), &["a"]).pass, Pass::Free);
}

#[test]
fn a_state_that_cannot_be_read_is_that_of_a_source_that_is_well() {
    for text in ["", "{", "7", r#"{"state":{"is":"melted"}}"#] {
        assert_eq!(Circuit::read(Some(text)), Circuit::default());
    }
    let circuit = opened();
    let text = serde_json::to_string(&circuit).unwrap();
    assert_eq!(Circuit::read(Some(&text)), circuit);
}

/// Jobs of a shop, one request every tenth of a second, and what the breaker makes of them:
/// how many requests there were until `end` seconds, and how often it opened.
fn simulate(jobs: usize, end: i64, mut fails: impl FnMut(usize, Timestamp) -> bool) -> (u32, u32) {
    let mut circuit = Circuit::default();
    let mut queue: VecDeque<(usize, u32, i64)> = (0..jobs).map(|job| (job, 1, 0)).collect();
    let (mut requests, mut opened) = (0, 0);
    for tick in 0..end * 10 {
        let now = second(0) + SignedDuration::from_millis(tick * 100);
        let Some(place) = queue.iter().position(|(_, _, at)| *at <= tick) else {
            continue;
        };
        let (job, attempt, _) = queue.remove(place).unwrap();
        let name = job.to_string();
        let admitted = circuit.admit(now, &[&name]);
        if let Some((at, _)) = admitted.others {
            let wait = at.duration_since(now).as_millis();
            queue.push_back((job, attempt, tick + i64::try_from(wait / 100).unwrap() + 1));
            continue;
        }
        requests += 1;
        let failed = fails(job, now);
        let failure = failed.then(failure);
        let was_open = circuit.open_until(now).is_some();
        if admitted.pass == Pass::Probe {
            circuit.probed(now, &name, failure.as_ref(), 0.0);
        } else if attempt == 1 && (failed || admitted.pass == Pass::Counting) {
            circuit.count(now, calls(1, u32::from(failed)), failure.as_ref(), 0.0);
        } else if failed {
            let again = Calls {
                failed_again: 1,
                ..Calls::default()
            };
            circuit.count(now, again, failure.as_ref(), 0.0);
        }
        opened += u32::from(!was_open && circuit.open_until(now).is_some());
        if failed && attempt < 5 {
            queue.push_back((job, attempt + 1, tick + 200));
        }
    }
    (requests, opened)
}

#[test]
fn a_shop_that_is_down_gets_at_most_twenty_requests_in_ten_minutes() {
    let (requests, opened) = simulate(2_000, 600, |_, _| true);
    assert!((10..=20).contains(&requests), "{requests}");
    assert!(opened >= 3, "{opened}");
}

proptest! {
    /// Whichever tenth of the products is dead, nobody waits for them.
    #[test]
    fn a_tenth_of_dead_products_never_opens_it(remainder in 0_usize..10, stride in 1_usize..9) {
        let dead = |job: usize| (job * stride) % 10 == remainder;
        prop_assume!((0..20).filter(|job| dead(*job)).count() <= 2);
        let (requests, opened) = simulate(2_000, 1_000, |job, _| dead(job));
        prop_assert_eq!(opened, 0);
        let expected = (0..2_000).map(|job| if dead(job) { 5 } else { 1 }).sum::<u32>();
        prop_assert_eq!(requests, expected);
    }

    /// A shop that comes back is found again, and all its jobs end.
    #[test]
    fn a_shop_that_recovers_is_asked_again(back in 1_i64..300) {
        let (requests, _) = simulate(200, 1_500, |_, now| now < second(back));
        prop_assert!(requests >= 200, "{}", requests);
    }

    /// Whatever is told in whatever order, nothing panics and no pause is longer than an hour
    /// and a quarter.
    #[test]
    fn any_history_is_a_state(told in prop::collection::vec((0_u8..5, 0_u32..30, 0_u32..30, 0_i64..5_000), 0..200)) {
        let mut circuit = Circuit::default();
        let mut now = second(0);
        for (what, first, failed, passed) in told {
            now += SignedDuration::from_secs(passed);
            match what {
                0 => drop(circuit.admit(now, &["a", "b", "c"])),
                1 => circuit.probed(now, "a", None, 1.0),
                2 => circuit.probed(now, "b", Some(&failure()), 1.0),
                _ => circuit.count(now, calls(first, failed), Some(&failure()), 1.0),
            }
            let text = serde_json::to_string(&circuit).unwrap();
            prop_assert_eq!(&Circuit::read(Some(&text)), &circuit);
            if let Some(until) = circuit.open_until(now) {
                prop_assert!(until.duration_since(now) <= SignedDuration::from_mins(75));
            }
        }
    }
}
