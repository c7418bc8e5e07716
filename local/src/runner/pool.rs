//! The sandboxes of one function: started when they are needed, used again, ended when idle.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use super::FunctionSpec;
use super::error::InvokeError;
use super::runtime_api::MAX_PAYLOAD;
use super::sandbox::Sandbox;

/// The sandboxes of one function.
pub(super) struct Pool {
    pub(super) spec: Arc<FunctionSpec>,
    permits: Semaphore,
    idle: Mutex<Vec<(Sandbox, Instant)>>,
    busy: Mutex<BTreeSet<u32>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    invocations: AtomicU64,
    errors: AtomicU64,
    starts: AtomicU64,
    running: AtomicU64,
}

/// How often a function ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FunctionCounts {
    /// Invocations that have ended.
    pub invocations: u64,
    /// Of these, those that ended in an error.
    pub errors: u64,
    /// Processes that were started.
    pub starts: u64,
    /// Invocations that run or wait for a sandbox.
    pub running: u64,
}

/// Counts an invocation for as long as it runs or waits.
struct Guard<'a>(&'a Counts);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Pool {
    pub(super) fn new(spec: FunctionSpec, concurrency: usize) -> Self {
        Self {
            spec: Arc::new(spec),
            permits: Semaphore::new(concurrency),
            idle: Mutex::default(),
            busy: Mutex::default(),
            counts: Counts::default(),
        }
    }

    /// Lets the function handle one event, in a sandbox that is free or new; waits while as many
    /// run as may.
    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(InvokeError::TooLarge {
                size: payload.len(),
                limit: MAX_PAYLOAD,
            });
        }
        self.counts.running.fetch_add(1, Ordering::SeqCst);
        let _running = Guard(&self.counts);
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| InvokeError::Stopping)?;
        let request_id = Uuid::new_v4().to_string();
        let outcome = self.run(&request_id, payload).await;
        self.counts.invocations.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = &outcome {
            self.counts.errors.fetch_add(1, Ordering::SeqCst);
            self.spec
                .log
                .line(&format!("RequestId: {request_id} {error}"));
            tracing::warn!(function = %self.spec.key, %request_id, %error, "an invocation failed");
        }
        outcome
    }

    async fn run(&self, request_id: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let mut sandbox = if let Some(sandbox) = self.free() {
            sandbox
        } else {
            self.counts.starts.fetch_add(1, Ordering::SeqCst);
            Sandbox::start(&self.spec).await?
        };
        let id = sandbox.id();
        let busy = Busy::new(&self.busy, id);
        let outcome = sandbox.invoke(request_id.to_owned(), payload).await;
        drop(busy);
        // After an error of its own code a function goes on in the same process, as in Lambda.
        let usable = matches!(outcome, Ok(_) | Err(InvokeError::Function { .. }));
        if usable && sandbox.is_alive() && !self.permits.is_closed() {
            lock(&self.idle).push((sandbox, Instant::now()));
        }
        outcome
    }

    /// The sandbox that was used last and still lives.
    fn free(&self) -> Option<Sandbox> {
        loop {
            let (mut sandbox, _) = lock(&self.idle).pop()?;
            if sandbox.is_alive() {
                return Some(sandbox);
            }
        }
    }

    /// Ends the sandboxes that have been idle for `longer`.
    pub(super) fn end_idle(&self, longer: Duration) {
        let ended: Vec<_> = {
            let mut idle = lock(&self.idle);
            let (keep, end) = idle
                .drain(..)
                .partition(|(_, since)| since.elapsed() < longer);
            *idle = keep;
            end
        };
        drop(ended);
    }

    /// Takes no more events.
    pub(super) fn close(&self) {
        self.permits.close();
    }

    pub(super) fn counts(&self) -> FunctionCounts {
        let get = |count: &AtomicU64| count.load(Ordering::SeqCst);
        FunctionCounts {
            invocations: get(&self.counts.invocations),
            errors: get(&self.counts.errors),
            starts: get(&self.counts.starts),
            running: get(&self.counts.running),
        }
    }

    /// The ids of the processes that handle an event at this moment.
    pub(super) fn busy(&self) -> Vec<u32> {
        lock(&self.busy).iter().copied().collect()
    }
}

/// Notes a process as busy for as long as it lives.
struct Busy<'a>(&'a Mutex<BTreeSet<u32>>, Option<u32>);

impl<'a> Busy<'a> {
    fn new(set: &'a Mutex<BTreeSet<u32>>, id: Option<u32>) -> Self {
        lock(set).extend(id);
        Self(set, id)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.1 {
            lock(self.0).remove(&id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
