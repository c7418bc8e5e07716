//! What a closed run tells CloudWatch.
//!
//! Each is told for the function alone, for alarms over all schedules, and by schedule.

use jiff::Timestamp;
use lambda::metrics::{self, Unit};
use model::RunDigest;
use serde_json::Value;

/// Writes the metrics of a closed run to standard output.
pub(crate) fn tell(digest: &RunDigest) {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    metrics::write(&lines(digest, &function, Timestamp::now()));
}

/// One line of the run, and one of each reason for which jobs failed.
fn lines(digest: &RunDigest, function: &str, at: Timestamp) -> Vec<Value> {
    let failed: u64 = digest.failures.values().sum();
    let mut metrics = vec![
        ("Prices", digest.prices),
        ("FailedJobs", failed),
        ("UnconfirmedPrices", digest.unconfirmed),
        ("MissingOutcomes", digest.missing),
        ("SkippedRuns", digest.skipped),
        ("Alerts", digest.alerts_fired),
        ("FailingSources", digest.failing.len() as u64),
    ];
    if let Some(before) = digest.prices_before.filter(|before| *before > 0) {
        // A run with more prices than the last is no finding.
        metrics.push(("PricesPercentOfLastRun", digest.prices * 100 / before));
    }
    let schedule = digest.run.schedule.as_str();
    let mut lines = vec![line(
        &metrics,
        &[("FunctionName", function), ("Schedule", schedule)],
        at,
    )];
    for (reason, jobs) in &digest.failures {
        let dimensions = [("FunctionName", function), ("Reason", reason.name())];
        lines.push(line(&[("FailedJobsByReason", *jobs)], &dimensions, at));
    }
    lines
}

/// A line of these, each with its unit.
fn line(metrics: &[(&str, u64)], dimensions: &[(&str, &str)], at: Timestamp) -> Value {
    let metrics: Vec<metrics::Metric<'_>> = metrics
        .iter()
        .map(|(name, value)| {
            let is_percent = name.contains("Percent");
            let unit = if is_percent {
                Unit::Percent
            } else {
                Unit::Count
            };
            (*name, unit, (*value).into())
        })
        .collect();
    metrics::line(&metrics, dimensions, at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::FailureReason;

    use super::*;

    fn digest() -> RunDigest {
        RunDigest {
            redrives: 0,
            run: "daily@2026-11-21T01:15:00Z".parse().unwrap(),
            prices: 84,
            prices_before: Some(100),
            unconfirmed: 1,
            missing: 2,
            failures: BTreeMap::from([(FailureReason::ShopError, 10), (FailureReason::Timeout, 4)]),
            fell: 0,
            rose: 0,
            best: Vec::new(),
            worst: Vec::new(),
            alerts: Vec::new(),
            alerts_fired: 3,
            failing: Vec::new(),
            skipped: 1,
            workbook: "exports/daily/2026-11-21.xlsx".to_owned(),
        }
    }

    #[test]
    fn every_metric_has_its_value_and_every_dimension_its_name() {
        let lines = lines(&digest(), "closer", Timestamp::UNIX_EPOCH);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{line}");
            }
            for dimension in directive["Dimensions"].as_array().unwrap() {
                for name in dimension.as_array().unwrap() {
                    assert!(line[name.as_str().unwrap()].is_string(), "{line}");
                }
            }
        }
        assert_eq!(lines[0]["FailedJobs"], 14);
        assert_eq!(lines[0]["PricesPercentOfLastRun"], 84);
        let timeouts = lines.iter().find(|line| line["Reason"] == "timeout");
        assert_eq!(timeouts.unwrap()["FailedJobsByReason"], 4);
    }

    #[test]
    fn a_first_run_is_compared_with_none() {
        let first = RunDigest {
            prices_before: None,
            ..digest()
        };
        let lines = lines(&first, "closer", Timestamp::UNIX_EPOCH);
        assert!(lines[0].get("PricesPercentOfLastRun").is_none());
    }

    #[test]
    fn alarms_name_metrics_that_are_written() {
        let counted: Vec<String> = metrics::Name::ALL.map(metrics::Name::name).into();
        let wiring = include_str!("../../../serverless.yml");
        let line = &lines(&digest(), "closer", Timestamp::UNIX_EPOCH)[0];
        let namespace = format!("Namespace: {}\n", metrics::NAMESPACE);
        let mut alarms = wiring
            .split(&namespace)
            .skip(1)
            .map(|after| after.trim_start().trim_start_matches("MetricName: "))
            .map(|after| after.lines().next().unwrap_or_default())
            .peekable();
        assert!(alarms.peek().is_some());
        for metric in alarms {
            let is_counted = counted.iter().any(|name| name == metric);
            assert!(
                is_counted || line[metric].is_u64(),
                "nothing tells {metric}"
            );
        }
    }
}
