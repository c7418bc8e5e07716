//! What travels on the queues.

use serde::{Deserialize, Serialize};

use crate::{Product, ProductId, RunId};

/// One product in one run, as a message on the jobs queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The run it belongs to.
    pub run: RunId,
    /// The product to fetch.
    pub product: ProductId,
    /// The product's definition when the run was planned, which spares the worker a read;
    /// without it the worker looks the product up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Product>,
    /// How often the job has been put off (a quota, a `Retry-After`). Putting off sends a
    /// delayed copy, so that it does not use up receives.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferrals: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the exporter is asked to do, as a message on the exports queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum ExportTask {
    /// Count the run's outcomes; when all are there, write its workbook and close it, else
    /// look again later.
    CloseRun {
        /// Which run.
        run: RunId,
        /// How often it has been looked at, from 0.
        #[serde(default)]
        look: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_definition_is_short() {
        let job = Job {
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            product: "p-1".parse().unwrap(),
            definition: None,
            deferrals: 0,
        };
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(
            json,
            r#"{"run":"daily@2026-11-21T01:15:00Z","product":"p-1"}"#
        );
        assert_eq!(serde_json::from_str::<Job>(&json).unwrap(), job);
    }
}
