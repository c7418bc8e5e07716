//! The schedule trigger: `EventBridge` Scheduler in small.
//!
//! The last slot of each schedule that was handed over is kept in a file. A slot is handed over
//! first (as an asynchronous event, which survives a kill) and noted then, so that none is lost;
//! a kill in between hands it over again, as the scheduler's own promise is at least once. Of the
//! slots that passed while the runner did not run, the latest is made up for if it is not older
//! than [`CATCH_UP`]; a schedule that is seen for the first time begins now.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schedule::Schedule;
use serde_json::{Value, json};

use crate::iam;
use crate::manifest::{ACCOUNT, Manifest, ScheduleTrigger};

use super::Shared;
use super::async_events;
use super::error::StartError;
use super::roles::INVOKE;

/// How old a missed slot may be to be made up for.
pub const CATCH_UP: SignedDuration = SignedDuration::from_hours(24);

/// How often the clock is looked at. Short, so that a machine that slept or whose clock was set
/// is noticed at once.
const TICK: Duration = Duration::from_millis(500);

/// Where schedules read the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// A clock of one's own.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// One expression of one schedule of one function.
struct Timer {
    /// Under which its last slot is kept.
    key: String,
    /// Its place among the expressions of its schedule.
    index: usize,
    function: String,
    trigger: ScheduleTrigger,
    schedule: Schedule,
}

/// When the timers last fired.
struct Memory {
    path: PathBuf,
    last: BTreeMap<String, Timestamp>,
}

impl Memory {
    fn open(path: PathBuf) -> Result<Self, StartError> {
        let what = format!("cannot read {}", path.display());
        let last = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| StartError::Io {
                what,
                source: error.into(),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(source) => return Err(StartError::Io { what, source }),
        };
        Ok(Self { path, last })
    }

    fn write(&self) -> std::io::Result<()> {
        let partial = self.path.with_extension("partial");
        std::fs::write(&partial, serde_json::to_vec_pretty(&self.last)?)?;
        std::fs::rename(&partial, &self.path)
    }
}

/// The slot to hand over at `now`, when the last one was `last`.
fn due(schedule: &Schedule, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let earliest = now.saturating_sub(CATCH_UP).ok()?.max(last);
    // The latest one only: `take_while` ends at the first that has not come.
    schedule
        .upcoming(earliest)
        .take_while(|slot| *slot <= now)
        .last()
}

/// The schedules of the file, ready to fire.
pub(super) struct Schedules {
    timers: Vec<Timer>,
    memory: Memory,
    clock: Clock,
}

impl Schedules {
    /// Reads when they last fired.
    pub(super) fn open(
        manifest: &Manifest,
        folder: &Path,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let mut memory = Memory::open(folder.join("schedules.json"))?;
        let now = clock.now();
        let mut timers = Vec::new();
        for (function, trigger) in manifest.schedules().filter(|(_, trigger)| trigger.enabled) {
            let timezone =
                schedule::time_zone(&trigger.timezone).map_err(|error| StartError::Io {
                    what: format!("the schedule {}", trigger.name),
                    source: std::io::Error::other(error),
                })?;
            for (index, expression) in trigger.rates.iter().enumerate() {
                let key = format!("{}#{index}", trigger.name);
                let anchor = *memory.last.entry(key.clone()).or_insert(now);
                timers.push(Timer {
                    key,
                    index,
                    function: function.key.clone(),
                    trigger: trigger.clone(),
                    schedule: Schedule {
                        expression: expression.clone(),
                        timezone: timezone.clone(),
                        anchor,
                    },
                });
            }
        }
        memory.write().map_err(StartError::io(format!(
            "cannot write {}",
            memory.path.display()
        )))?;
        Ok(Self {
            timers,
            memory,
            clock,
        })
    }

    /// Fires for as long as the runner runs.
    pub(super) async fn run(mut self, shared: Arc<Shared>) {
        loop {
            let now = self.clock.now();
            for timer in &self.timers {
                let last = self.memory.last.get(&timer.key).copied().unwrap_or(now);
                if let Some(slot) = due(&timer.schedule, last, now)
                    && fire(&shared, &timer.function, &timer.trigger, timer.index, slot).await
                {
                    self.memory.last.insert(timer.key.clone(), slot);
                    if let Err(error) = self.memory.write() {
                        tracing::warn!(%error, "the slot may be fired again after a restart");
                    }
                }
            }
            tokio::time::sleep(TICK).await;
        }
    }
}

/// Hands a slot over under the schedule's role; whether that worked. `index` is the expression's
/// place among those of its schedule.
pub(super) async fn fire(
    shared: &Arc<Shared>,
    function: &str,
    trigger: &ScheduleTrigger,
    index: usize,
    slot: Timestamp,
) -> bool {
    let schedule = &trigger.name;
    let invoke = shared
        .pool(function)
        .map(|pool| iam::Request::new(INVOKE, &*pool.spec.arn));
    let caller = shared.roles.schedules.get(schedule);
    if let (Ok(invoke), Some(caller)) = (invoke, caller)
        && let Err(refusal) = caller.authorize(&[invoke])
    {
        tracing::error!(schedule, %slot, %refusal, "cannot fire");
        return false;
    }
    let payload = payload(trigger, &shared.region, slot).to_string();
    let id = format!("schedule-{schedule}#{index}-{}", slot.as_second());
    match async_events::accept(shared, function, Some(id), payload).await {
        Ok(()) => {
            tracing::info!(schedule, %slot, "fired");
            true
        }
        Err(error) => {
            tracing::error!(schedule, %slot, %error, "cannot fire");
            false
        }
    }
}

/// The event of a schedule for a slot: its input with the scheduler's keywords filled in, or the
/// event that the scheduler makes of a schedule without input.
///
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
pub(super) fn payload(trigger: &ScheduleTrigger, region: &str, slot: Timestamp) -> Value {
    let arn = format!(
        "arn:aws:scheduler:{region}:{ACCOUNT}:schedule/default/{}",
        trigger.name
    );
    let time = format!("{slot:.0}");
    let execution = format!("{}-{}", trigger.name, slot.as_second());
    let Some(input) = &trigger.input else {
        return json!({
            "version": "0",
            "id": execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": time,
            "region": region,
            "resources": [arn],
            "detail": "{}",
        });
    };
    fill(
        input,
        &[
            ("<aws.scheduler.scheduled-time>", &time),
            ("<aws.scheduler.schedule-arn>", &arn),
            ("<aws.scheduler.execution-id>", &execution),
            ("<aws.scheduler.attempt-number>", "1"),
        ],
    )
}

fn fill(input: &Value, words: &[(&str, &str)]) -> Value {
    match input {
        Value::String(text) => words
            .iter()
            .fold(text.clone(), |text, (word, value)| {
                text.replace(word, value)
            })
            .into(),
        Value::Array(items) => items.iter().map(|item| fill(item, words)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), fill(value, words)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn of_missed_slots_only_the_latest_of_the_last_day_is_due() {
        let schedule = Schedule {
            expression: "cron(15 10 * * ? *)".parse().unwrap(),
            timezone: schedule::time_zone("Asia/Seoul").unwrap(),
            anchor: Timestamp::UNIX_EPOCH,
        };
        let slot = at("2026-11-21T01:15:00Z");
        let due = |last: &str, now: &str| due(&schedule, at(last), at(now));
        // Not yet, exactly then, and a little late.
        assert_eq!(due("2026-11-20T01:15:00Z", "2026-11-21T01:14:59Z"), None);
        assert_eq!(
            due("2026-11-20T01:15:00Z", "2026-11-21T01:15:00Z"),
            Some(slot)
        );
        assert_eq!(
            due("2026-11-20T01:15:00Z", "2026-11-21T20:00:00Z"),
            Some(slot)
        );
        // Off for ten days, and for years.
        assert_eq!(
            due("2026-11-11T01:15:00Z", "2026-11-21T20:00:00Z"),
            Some(slot)
        );
        assert_eq!(
            due("1970-01-01T00:00:00Z", "2026-11-21T20:00:00Z"),
            Some(slot)
        );
        // Not twice, and not when the clock is set back.
        assert_eq!(due("2026-11-21T01:15:00Z", "2026-11-21T20:00:00Z"), None);
        assert_eq!(due("2026-11-21T01:15:00Z", "2026-11-20T20:00:00Z"), None);
        // A year has passed since the only slot of a schedule: it is not made up for.
        let once = Schedule {
            expression: "at(2025-01-01T00:00:00)".parse().unwrap(),
            ..schedule.clone()
        };
        let late = super::due(
            &once,
            at("2024-01-01T00:00:00Z"),
            at("2026-01-01T00:00:00Z"),
        );
        assert_eq!(late, None);
    }

    #[test]
    fn the_input_tells_the_slot_and_not_the_clock() {
        let mut trigger = ScheduleTrigger {
            name: "daily".to_owned(),
            rates: Vec::new(),
            timezone: "UTC".to_owned(),
            input: Some(json!({
                "slot": "<aws.scheduler.scheduled-time>",
                "in": ["<aws.scheduler.schedule-arn>/<aws.scheduler.attempt-number>", 1],
            })),
            role: String::new(),
            enabled: true,
        };
        let slot = at("2026-11-21T01:15:00Z");
        assert_eq!(
            payload(&trigger, "eu-west-1", slot),
            json!({
                "slot": "2026-11-21T01:15:00Z",
                "in": ["arn:aws:scheduler:eu-west-1:000000000000:schedule/default/daily/1", 1],
            })
        );
        trigger.input = None;
        let event = payload(&trigger, "eu-west-1", slot);
        assert_eq!(event["source"], "aws.scheduler");
        assert_eq!(event["time"], "2026-11-21T01:15:00Z");
    }

    #[test]
    fn the_sample_event_is_what_the_schedule_sends() {
        let file = include_str!("../../../serverless.yml");
        let manifest = Manifest::parse(file, &crate::manifest::Variables::default()).unwrap();
        let (function, trigger) = manifest.schedules().next().unwrap();
        assert_eq!(function.key, "scheduler");
        let sample: Value =
            serde_json::from_str(include_str!("../../../events/schedule.json")).unwrap();
        let slot = sample["slot"].as_str().unwrap();
        assert_eq!(payload(trigger, &manifest.region, at(slot)), sample);
    }
}
