//! What every function does alike: reading its environment ([`config`]), logging
//! ([`telemetry`]), serving its events ([`serve`]), and taking apart what an event carries: a batch
//! of messages ([`batch`]), uploaded objects ([`uploads`]).
//!
//! The crate knows Lambda and its events, and nothing of tables and queues.

pub mod batch;
pub mod config;
mod serve;
pub mod telemetry;
pub mod uploads;

pub use serve::serve;
