//! One queue in memory: which messages can be received, which are hidden and until when.
//!
//! Nothing here waits: every change is made under one short lock, and its lines for the journal
//! are handed over under the same lock, so that the journal has them in the order they happened.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::SqsError;
use super::journal::{Change, Journal, StoredQueue};
use super::message::{Message, Receipt, Wanted};
use super::settings::Settings;
use super::wire::Received;

/// A queue: what never changes, and the state behind its lock.
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) url: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    state: Mutex<State>,
    /// Told whenever a message becomes available other than by time.
    pub(super) arrived: Notify,
}

pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) modified: i64,
    messages: HashMap<u64, Entry>,
    /// Available messages, oldest first. A number whose message has gone is skipped.
    ready: VecDeque<u64>,
    /// Hidden messages by the instant they appear.
    hidden: BTreeSet<(Instant, u64)>,
    in_flight: usize,
    /// How often the queue was purged: what was sent before a purge must not appear after it.
    purges: u64,
    dropped: bool,
}

struct Entry {
    message: Message,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    /// Sent with a delay that is not over.
    Delayed(Instant),
    InFlight(Instant),
}

/// How many messages are in which place.
pub(super) struct Counts {
    pub(super) available: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

/// The outcome of an attempt to receive.
pub(super) struct Taken {
    pub(super) received: Vec<Received>,
    /// Messages received too often, for the dead-letter queue; already gone from here.
    pub(super) dead: Vec<Message>,
    /// When the next hidden message appears.
    pub(super) next: Option<Instant>,
}

impl Queue {
    pub(super) fn restore(stored: StoredQueue, arn: String, url: String) -> Result<Self, SqsError> {
        let mut state = State {
            settings: Settings::default().with(&stored.attributes)?,
            tags: stored.tags,
            modified: stored.modified,
            messages: HashMap::new(),
            ready: VecDeque::new(),
            hidden: BTreeSet::new(),
            in_flight: 0,
            purges: 0,
            dropped: false,
        };
        for message in stored.messages {
            state.add(message);
        }
        Ok(Self {
            id: stored.id,
            name: stored.name,
            arn,
            url,
            created: stored.created,
            state: Mutex::new(state),
            arrived: Notify::new(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock cannot leave it half changed in a way that matters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Journals new messages. They are to be [`add`](Self::add)ed when that is done, with the
    /// number given here.
    pub(super) fn accept(
        &self,
        journal: &Journal,
        changes: Vec<Change>,
    ) -> Result<(u64, impl Future<Output = Result<(), SqsError>> + use<>), SqsError> {
        let state = self.state();
        if state.dropped {
            return Err(SqsError::NoSuchQueue);
        }
        Ok((state.purges, journal.commit(changes)))
    }

    /// Makes accepted messages available, unless the queue was purged or deleted meanwhile.
    pub(super) fn add(&self, purges: u64, messages: Vec<Message>) {
        let mut state = self.state();
        if state.dropped || state.purges != purges {
            return;
        }
        for message in messages {
            state.add(message);
        }
        drop(state);
        self.arrived.notify_waiters();
    }

    /// Makes messages available that another queue gave up.
    pub(super) fn add_dead(&self, messages: Vec<Message>) {
        let purges = self.state().purges;
        self.add(purges, messages);
    }

    /// Takes up to `max` messages and hides them for `visibility`.
    pub(super) fn take(
        &self,
        journal: &Journal,
        max: usize,
        visibility: Option<Duration>,
        wanted: &Wanted,
        dead_queue: Option<&Self>,
    ) -> Result<Taken, SqsError> {
        let mut state = self.state();
        if state.dropped {
            return Err(SqsError::NoSuchQueue);
        }
        let now = Instant::now();
        state.reveal(now);
        let visibility = visibility.unwrap_or_else(|| seconds(state.settings.visibility));
        let max_receives = match &state.settings.redrive {
            Some(redrive) if dead_queue.is_some() => redrive.max_receives,
            _ => u32::MAX,
        };
        let mut taken = Taken {
            received: Vec::new(),
            dead: Vec::new(),
            next: None,
        };
        let mut changes = Vec::new();
        while taken.received.len() < max
            && let Some(seq) = state.ready.pop_front()
        {
            let Some(entry) = state.messages.get(&seq) else {
                continue;
            };
            if entry.place != Place::Ready {
                continue;
            }
            if entry.message.receives_here() >= max_receives
                && let Some(dead_queue) = dead_queue
            {
                let message = state.messages.remove(&seq).map(|entry| entry.message);
                if let Some(mut message) = message {
                    message.receives_before = message.receives;
                    message.source = Some(Arc::from(self.arn.as_str()));
                    message.hidden_until = 0;
                    changes.push(Change::Move {
                        seq,
                        queue: dead_queue.id,
                        receives: message.receives,
                        source: message.source.clone(),
                    });
                    taken.dead.push(message);
                }
                continue;
            }
            let Some(entry) = state.messages.get_mut(&seq) else {
                continue;
            };
            let until = now + visibility;
            let message = &mut entry.message;
            message.receives = message.receives.saturating_add(1);
            let first = *message.first_received.get_or_insert_with(now_ms);
            changes.push(Change::Deliver {
                seq,
                receives: message.receives,
                receives_before: message.receives_before,
                first,
                visible: None,
            });
            taken.received.push(message.deliver(wanted));
            entry.place = Place::InFlight(until);
            state.hidden.insert((until, seq));
            state.in_flight += 1;
        }
        taken.next = state.hidden.first().map(|(instant, _)| *instant);
        journal.note(changes);
        Ok(taken)
    }

    /// Deletes by receipt. An old receipt of a message that was handed out again since deletes
    /// nothing and is no error, as in AWS.
    pub(super) fn delete(
        &self,
        journal: &Journal,
        handles: &[Receipt],
    ) -> Result<impl Future<Output = Result<(), SqsError>> + use<>, SqsError> {
        let mut state = self.state();
        if state.dropped {
            return Err(SqsError::NoSuchQueue);
        }
        let mut changes = Vec::new();
        for receipt in handles {
            let latest = |entry: &Entry| receipt.is_latest(&entry.message);
            if state.messages.get(&receipt.seq).is_some_and(latest) {
                state.remove(receipt.seq);
                changes.push(Change::Forget { seq: receipt.seq });
            }
        }
        state.shrink();
        Ok(journal.commit(changes))
    }

    /// Hides an in-flight message from now for `timeout`, or shows it at once for zero.
    pub(super) fn change_visibility(
        &self,
        journal: &Journal,
        receipt: Receipt,
        timeout: Duration,
    ) -> Result<impl Future<Output = Result<(), SqsError>> + use<>, SqsError> {
        let mut state = self.state();
        let now = Instant::now();
        state.reveal(now);
        let Some(entry) = state.messages.get_mut(&receipt.seq) else {
            return Err(SqsError::InvalidParameter(format!(
                "Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist \
                 or is not available for visibility timeout change.",
                receipt.seq
            )));
        };
        let Place::InFlight(hidden_until) = entry.place else {
            return Err(SqsError::NotInFlight);
        };
        if !receipt.is_latest(&entry.message) {
            return Err(SqsError::NotInFlight);
        }
        let until = now + timeout;
        entry.place = Place::InFlight(until);
        let message = &entry.message;
        let change = Change::Deliver {
            seq: message.seq,
            receives: message.receives,
            receives_before: message.receives_before,
            first: message.first_received.unwrap_or_else(now_ms),
            visible: Some(now_ms() + ms(timeout)),
        };
        state.hidden.remove(&(hidden_until, receipt.seq));
        state.hidden.insert((until, receipt.seq));
        let committed = journal.commit(vec![change]);
        state.reveal(Instant::now());
        drop(state);
        // Also for a shorter time: whoever waits has to know when to look again.
        self.arrived.notify_waiters();
        Ok(committed)
    }

    /// Forgets every message sent until now.
    pub(super) fn purge(
        &self,
        journal: &Journal,
    ) -> impl Future<Output = Result<(), SqsError>> + use<> {
        let mut state = self.state();
        state.clear();
        state.purges += 1;
        journal.commit(vec![Change::Purge { queue: self.id }])
    }

    /// Ends the queue: whoever waits on it learns that it is no more.
    pub(super) fn drop_all(
        &self,
        journal: &Journal,
    ) -> impl Future<Output = Result<(), SqsError>> + use<> {
        let mut state = self.state();
        state.clear();
        state.dropped = true;
        let committed = journal.commit(vec![Change::DropQueue { queue: self.id }]);
        drop(state);
        self.arrived.notify_waiters();
        committed
    }

    /// Forgets messages that were kept for longer than the queue keeps them.
    pub(super) fn expire(&self, journal: &Journal) {
        let mut state = self.state();
        let oldest = now_ms() - i64::from(state.settings.retention) * 1000;
        let messages = state.messages.values();
        let expired: Vec<u64> = messages
            .filter(|entry| entry.message.sent < oldest)
            .map(|entry| entry.message.seq)
            .collect();
        for seq in &expired {
            state.remove(*seq);
        }
        journal.note(
            expired
                .into_iter()
                .map(|seq| Change::Forget { seq })
                .collect(),
        );
    }
}

impl State {
    pub(super) fn counts(&mut self) -> Counts {
        self.reveal(Instant::now());
        let delayed = self.hidden.len() - self.in_flight;
        Counts {
            available: self.messages.len() - self.hidden.len(),
            in_flight: self.in_flight,
            delayed,
        }
    }

    fn add(&mut self, message: Message) {
        let seq = message.seq;
        let wait = message.hidden_until - now_ms();
        let place = match u64::try_from(wait) {
            Ok(wait) if wait > 0 => {
                let until = Instant::now() + Duration::from_millis(wait);
                self.hidden.insert((until, seq));
                if message.receives_here() > 0 {
                    self.in_flight += 1;
                    Place::InFlight(until)
                } else {
                    Place::Delayed(until)
                }
            }
            _ => {
                self.ready.push_back(seq);
                Place::Ready
            }
        };
        self.messages.insert(seq, Entry { message, place });
    }

    /// Makes hidden messages available whose time has come.
    fn reveal(&mut self, now: Instant) {
        while let Some(&(instant, seq)) = self.hidden.first()
            && instant <= now
        {
            self.hidden.pop_first();
            if let Some(entry) = self.messages.get_mut(&seq) {
                if matches!(entry.place, Place::InFlight(_)) {
                    self.in_flight -= 1;
                }
                entry.place = Place::Ready;
                self.ready.push_back(seq);
            }
        }
    }

    fn remove(&mut self, seq: u64) {
        let Some(entry) = self.messages.remove(&seq) else {
            return;
        };
        match entry.place {
            Place::Ready => {}
            Place::Delayed(until) => drop(self.hidden.remove(&(until, seq))),
            Place::InFlight(until) => {
                self.hidden.remove(&(until, seq));
                self.in_flight -= 1;
            }
        }
    }

    fn clear(&mut self) {
        self.messages.clear();
        self.ready.clear();
        self.hidden.clear();
        self.in_flight = 0;
        self.shrink();
    }

    /// Gives memory back after a peak.
    fn shrink(&mut self) {
        if self.messages.capacity() > 1024 && self.messages.len() < self.messages.capacity() / 8 {
            self.messages.shrink_to(1024);
            self.ready.retain(|seq| self.messages.contains_key(seq));
            self.ready.shrink_to(1024);
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub(super) fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
