//! Why there is no price, as a client reads it.

use model::{Failure, FailureReason};
use serde::Serialize;
use utoipa::ToSchema;

/// Why there is no price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// The reason.
    pub(crate) reason: FailureReason,
    /// The reason in a sentence.
    pub(crate) sentence: &'static str,
    /// What exactly was seen.
    pub(crate) detail: String,
}

impl FailureView {
    pub(crate) fn of(failure: &Failure) -> Self {
        Self {
            reason: failure.reason,
            sentence: failure.reason.sentence(),
            detail: failure.detail.clone(),
        }
    }
}
