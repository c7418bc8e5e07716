//! What every function does alike: reading its environment ([`config`]), logging
//! ([`telemetry`]), telling numbers ([`metrics`]), serving its events ([`serve`]), and taking apart what an event carries: a batch
//! of messages ([`batch`]), uploaded objects ([`uploads`]); and
//! the schedules that are declared ([`schedules`]). A function that has a queue takes its messages
//! through a [`Consumer`].

pub mod batch;
pub mod config;
mod consumer;
pub mod metrics;
pub mod schedules;
mod serve;
pub mod telemetry;
pub mod uploads;

pub use consumer::{Backoff, Consumer, Retry, misdirected};
pub use serve::serve;
