//! IAM in small: what the role of a function may do, and the access keys by which the embedded
//! services know who asks.
//!
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//! for identity-based policies within one account: nothing is allowed unless a statement allows
//! it, and a statement that denies wins. [`policy`] evaluates, [`pattern`] knows the wildcards,
//! [`keys`] gives each function a key and keeps what its permissions were used for.
//!
//! A request is evaluated as often as AWS does it: for each action that it needs, on each
//! resource that it touches. What an operation needs stands beside the service that does it.

mod keys;
mod pattern;
mod policy;

pub use keys::{AccessKeys, Caller, Refusal, Request};
pub use policy::{Effect, Entries, Permission, Policy, Resource, Statement};

/// The service that runs functions, as the trust policy of a role names it.
pub const LAMBDA: &str = "lambda.amazonaws.com";
/// The service that fires schedules.
pub const SCHEDULER: &str = "scheduler.amazonaws.com";
