//! A circuit breaker as a value: what is known of a source, and how it changes. No I/O, and the
//! time is told, so that it can be simulated.
//!
//! ```text
//!   closed ──(the failure rate is reached)──▶ open ──(its pause is over)──▶ half open
//!     ▲                                        ▲                              │   │
//!     └────(its steps are over)──── ramp ◀─────┼────────(probes succeed)──────┘   │
//!                                              └──────────(probes fail)───────────┘
//! ```
//!
//! The failure rate is taken over the last calls: at twenty both counts are halved, which
//! forgets old calls without keeping a list of them. Only a job's first try is counted. Its
//! later tries would make one dead product look like many failures: once the other products of a
//! shop have their prices, only the dead ones still ask. They count as long as no call at all has
//! succeeded.

use jiff::{SignedDuration, Timestamp};
use model::Failure;
use serde::{Deserialize, Serialize};

/// How many calls there must be before a rate is one.
const MINIMUM_CALLS: u32 = 10;
/// From how many calls on older ones are forgotten.
const WINDOW: u32 = 20;
/// Which part of the calls must fail, in percent.
const FAILURE_RATE: u32 = 75;
/// Calls that are older than this say nothing any more.
const MEMORY: SignedDuration = SignedDuration::from_mins(30);
/// How long the first pause is; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause, unless the source asks for more.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// How many probes must agree, each of another product.
const AGREEING: u8 = 2;
/// How long a probe may take before another job becomes the probe.
const PROBE: SignedDuration = SignedDuration::from_secs(60);
/// When the jobs that wait for a probe look again; and how long a lone probe's result waits for
/// a second before it decides alone.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// How many calls each step of the ramp lets through, after the source has recovered.
const RAMP: [u32; 4] = [5, 10, 20, 40];
/// How long a step takes.
const STEP: SignedDuration = SignedDuration::from_secs(5);

/// What is known of a source that failed lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Circuit {
    state: State,
    /// First tries of the last calls.
    calls: u32,
    failures: u32,
    /// How often it opened since it was well.
    trips: u32,
    /// When it was last told something, in milliseconds since the epoch.
    told_at: i64,
    /// The last failure.
    cause: Option<Failure>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum State {
    #[default]
    Closed,
    Open {
        until: i64,
        /// The source named the end of its pause, and then is asked as before.
        on_request: bool,
    },
    HalfOpen {
        probes: Vec<Probe>,
        succeeded: u8,
        failed: u8,
    },
    Ramp {
        since: i64,
        step: usize,
        admitted: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Probe {
    product: String,
    until: i64,
    /// It has told its result.
    done: bool,
}

/// Under which circumstances a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// All is well: a success need not be told.
    Free,
    /// It failed lately: calls are counted.
    Counting,
    /// It was left alone; this job is a probe.
    Probe,
}

/// Which of the jobs that want to ask a source may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The products whose jobs may ask, of those that were named.
    pub products: Vec<String>,
    /// Under which circumstances they do.
    pub pass: Pass,
    /// When the others look again, and the failure that they wait for the end of.
    pub others: Option<(Timestamp, Failure)>,
}

/// Calls of a source since the last report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// First tries of jobs that were begun.
    pub first: u32,
    /// How many of the first tries failed in a way that is the source's.
    pub failed: u32,
    /// How many later tries failed so.
    pub failed_again: u32,
}

impl Circuit {
    /// The state of this text; of a source that is well where there is none, or none to read.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// Which of these jobs may ask, best first; each is one product's.
    pub(super) fn admit(&mut self, now: Timestamp, wanted: &[&str]) -> Admitted {
        self.advance(now);
        let millis = now.as_millisecond();
        let (count, pass, look_at) = match &mut self.state {
            State::Closed => {
                let quiet = self.calls == 0 && self.trips == 0;
                let pass = if quiet { Pass::Free } else { Pass::Counting };
                (wanted.len(), pass, now)
            }
            State::Open { until, .. } => (0, Pass::Counting, at(*until)),
            State::HalfOpen {
                probes,
                succeeded,
                failed,
            } => {
                probes.retain(|probe| probe.done || probe.until > millis);
                let under_way = probes.iter().filter(|probe| !probe.done).count();
                // Both agree after two; when they do not, a third decides.
                let needed = if *succeeded == *failed && *failed > 0 {
                    1
                } else {
                    usize::from(AGREEING.saturating_sub((*succeeded).max(*failed)))
                };
                let asked: Vec<String> = probes.iter().map(|p| p.product.clone()).collect();
                let mut chosen: Vec<String> = Vec::new();
                for product in wanted {
                    let is_asked = |known: &String| known == product;
                    if chosen.len() < needed.saturating_sub(under_way)
                        && !asked.iter().chain(&chosen).any(is_asked)
                    {
                        chosen.push((*product).to_owned());
                    }
                }
                probes.extend(chosen.iter().map(|product| Probe {
                    product: product.clone(),
                    until: millis.saturating_add(in_millis(PROBE)),
                    done: false,
                }));
                return Admitted {
                    pass: Pass::Probe,
                    others: (chosen.len() < wanted.len()).then(|| (now + LOOK_AGAIN, self.cause())),
                    products: chosen,
                };
            }
            State::Ramp {
                since,
                step,
                admitted,
            } => {
                let room = RAMP.get(*step).copied().unwrap_or_default();
                let count = wanted.len().min(
                    room.saturating_sub(*admitted)
                        .try_into()
                        .unwrap_or(usize::MAX),
                );
                *admitted = admitted.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
                let next = i64::try_from(*step + 1).unwrap_or(i64::MAX);
                let next = since.saturating_add(in_millis(STEP).saturating_mul(next));
                (count, Pass::Counting, at(next))
            }
        };
        let products = wanted.iter().take(count);
        Admitted {
            products: products.map(|product| (*product).to_owned()).collect(),
            pass,
            others: (count < wanted.len()).then(|| (look_at, self.cause())),
        }
    }

    /// Counts calls, and opens when too many fail. `jitter` (0 to 1) lengthens a pause by up to
    /// a quarter.
    pub(super) fn count(
        &mut self,
        now: Timestamp,
        calls: Calls,
        cause: Option<&Failure>,
        jitter: f64,
    ) {
        self.advance(now);
        self.told(now, cause);
        let again = if self.calls == self.failures {
            calls.failed_again
        } else {
            0
        };
        self.calls = self.calls.saturating_add(calls.first).saturating_add(again);
        let failed = calls.failed.saturating_add(again);
        self.failures = self.failures.saturating_add(failed).min(self.calls);
        let is_reached = self.calls >= MINIMUM_CALLS
            && u64::from(self.failures) * 100 >= u64::from(self.calls) * u64::from(FAILURE_RATE);
        if is_reached && matches!(self.state, State::Closed | State::Ramp { .. }) {
            self.open(now, jitter);
        }
        while self.calls >= WINDOW {
            self.calls /= 2;
            self.failures /= 2;
        }
    }

    /// A probe has its result.
    pub(super) fn probed(
        &mut self,
        now: Timestamp,
        product: &str,
        failure: Option<&Failure>,
        jitter: f64,
    ) {
        self.advance(now);
        let State::HalfOpen {
            probes,
            succeeded,
            failed,
        } = &mut self.state
        else {
            return;
        };
        let own = |probe: &&mut Probe| probe.product == product && !probe.done;
        let Some(probe) = probes.iter_mut().find(own) else {
            return;
        };
        probe.done = true;
        if failure.is_some() {
            *failed += 1;
        } else {
            *succeeded += 1;
        }
        let (succeeded, failed) = (*succeeded, *failed);
        self.told(now, failure);
        if failed >= AGREEING {
            self.open(now, jitter);
        } else if succeeded >= AGREEING {
            self.recover(now);
        }
    }

    /// The source wants to be left alone until then. The longer pause counts.
    pub(super) fn leave_alone(&mut self, now: Timestamp, end: Timestamp, cause: &Failure) {
        self.advance(now);
        let end = end.as_millisecond();
        if let State::Open { until, .. } = self.state
            && until >= end
        {
            return;
        }
        self.told(now, Some(cause));
        self.state = State::Open {
            until: end,
            on_request: true,
        };
    }

    /// Until when the source is left alone, if it is.
    pub(super) fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            State::Open { until, .. } if until > now.as_millisecond() => Some(at(until)),
            _ => None,
        }
    }

    /// When nothing of this need be known any more.
    pub(super) fn forget_at(&self) -> Timestamp {
        let until = match self.state {
            State::Open { until, .. } => until.max(self.told_at),
            _ => self.told_at,
        };
        at(until).checked_add(MEMORY).unwrap_or(Timestamp::MAX)
    }

    /// The last failure.
    pub(super) fn cause(&self) -> Failure {
        self.cause.clone().unwrap_or_else(|| {
            Failure::new(model::FailureReason::ShopError, "the source is left alone")
        })
    }

    /// What changes by time alone.
    fn advance(&mut self, now: Timestamp) {
        let millis = now.as_millisecond();
        if now >= self.forget_at() {
            *self = Self::default();
            return;
        }
        match &mut self.state {
            State::Closed => {}
            State::Open { until, on_request } => {
                if *until <= millis {
                    // Its probes are told later.
                    self.told_at = self.told_at.max(*until);
                    self.state = if *on_request {
                        State::Closed
                    } else {
                        State::HalfOpen {
                            probes: Vec::new(),
                            succeeded: 0,
                            failed: 0,
                        }
                    };
                }
            }
            State::HalfOpen {
                probes,
                succeeded,
                failed,
            } => {
                // A shop of a single product has no second probe.
                let waited = self.told_at.saturating_add(2 * in_millis(LOOK_AGAIN)) <= millis;
                let under_way = probes.iter().any(|p| !p.done && p.until > millis);
                if waited && !under_way {
                    if *succeeded > 0 {
                        self.recover(now);
                    } else if *failed > 0 {
                        self.open(now, 0.0);
                    }
                }
            }
            State::Ramp {
                since,
                step,
                admitted,
            } => {
                let passed = millis.saturating_sub(*since) / in_millis(STEP);
                let passed = usize::try_from(passed).unwrap_or_default();
                if passed >= RAMP.len() {
                    self.state = State::Closed;
                    self.trips = 0;
                } else if passed > *step {
                    (*step, *admitted) = (passed, 0);
                }
            }
        }
    }

    fn open(&mut self, now: Timestamp, jitter: f64) {
        let doubled = 1_i64 << self.trips.min(20);
        let pause = in_millis(FIRST_PAUSE)
            .saturating_mul(doubled)
            .min(in_millis(LONGEST_PAUSE));
        // In whole thousandths of a quarter.
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1,000")]
        let thousandths = (jitter.clamp(0.0, 1.0) * 1_000.0) as i64;
        let pause = pause.saturating_add(pause / 4_000 * thousandths);
        self.trips = self.trips.saturating_add(1);
        (self.calls, self.failures) = (0, 0);
        self.state = State::Open {
            until: now.as_millisecond().saturating_add(pause),
            on_request: false,
        };
    }

    fn recover(&mut self, now: Timestamp) {
        (self.calls, self.failures) = (0, 0);
        self.told_at = now.as_millisecond();
        self.state = State::Ramp {
            since: now.as_millisecond(),
            step: 0,
            admitted: 0,
        };
    }

    fn told(&mut self, now: Timestamp, cause: Option<&Failure>) {
        self.told_at = self.told_at.max(now.as_millisecond());
        if let Some(cause) = cause {
            self.cause = Some(cause.clone());
        }
    }
}

fn in_millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
