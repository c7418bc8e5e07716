//! A job: one product in one run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Failure, FailureReason, Product, ProductId, RunId};

/// One product in one run, as it travels on the jobs queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the message as it travels"
)]
pub struct Job {
    /// The run it belongs to.
    pub run: RunId,
    /// The product to fetch.
    pub product: ProductId,
    /// The [`Product`] when the run was planned, as JSON, which spares the worker a read;
    /// without it the worker looks the product up. It stays unread until [`Job::definition`],
    /// so that a definition that is wrong fails its own job with a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Box<RawValue>>,
    /// How often the source was asked and wanted to be asked later (a `Retry-After`). Putting
    /// off sends a delayed copy, so that it does not use up receives.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferrals: u32,
    /// The source is not asked before this instant. SQS holds a message back for 15 minutes at
    /// most: what waits longer is sent on, unasked, until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// When it was first put off: nothing waits for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off_since: Option<Timestamp>,
    /// Whether `not_before` is the job's reserved turn at its source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reserved: bool,
    /// Whether the same job was sent before, as when a schedule's event is delivered twice: its
    /// source is asked only if no other message of the job asks it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// Whether this is the second fetch, which settles a price that moved too far.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirms: bool,
    /// Whether the job failed before and is tried again: a price takes the failure's place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redrives: bool,
}

impl Job {
    /// A job as it is planned.
    pub fn new(run: RunId, product: ProductId, definition: Option<Box<RawValue>>) -> Self {
        Self {
            run,
            product,
            definition,
            deferrals: 0,
            not_before: None,
            put_off_since: None,
            reserved: false,
            repeated: false,
            confirms: false,
            redrives: false,
        }
    }
}

impl Job {
    /// Reads the definition that travels with the job, if one does. One that cannot be read, or
    /// is another product's, is a failure of the job.
    pub fn definition(&self) -> Option<Result<Product, Failure>> {
        let json = self.definition.as_ref()?.get();
        Some(Product::from_json(&self.product, json))
    }
}

impl Product {
    /// Reads the stored definition of the product `id`.
    pub fn from_json(id: &ProductId, json: &str) -> Result<Self, Failure> {
        let bad = |detail| Failure::new(FailureReason::BadProduct, detail);
        // An array could stand for the fields in their order.
        if !json.trim_start().starts_with('{') {
            return Err(bad("the definition is not a JSON object".to_owned()));
        }
        let product: Self = serde_json::from_str(json).map_err(|error| bad(error.to_string()))?;
        if product.id == *id {
            Ok(product)
        } else {
            Err(bad(format!("the definition is of {}", product.id)))
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_definition_is_short() {
        let run = "daily@2026-11-21T01:15:00Z".parse().unwrap();
        let job = Job::new(run, "p-1".parse().unwrap(), None);
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(
            json,
            r#"{"run":"daily@2026-11-21T01:15:00Z","product":"p-1"}"#
        );
        let back: Job = serde_json::from_str(&json).unwrap();
        assert_eq!((back.run, back.product), (job.run, job.product));
    }

    #[test]
    fn a_wrong_definition_fails_the_job_and_not_the_message() {
        for definition in [r#"{"id":"p-1"}"#, r#"{"colour":1}"#, "[]"] {
            let job: Job = serde_json::from_str(&format!(
                r#"{{"run":"daily@2026-11-21T01:15:00Z","product":"p-1","definition":{definition}}}"#
            ))
            .unwrap();
            let failure = job.definition().unwrap().unwrap_err();
            assert_eq!(failure.reason, FailureReason::BadProduct);
        }
    }
}
