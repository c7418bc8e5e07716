//! What a closed run tells CloudWatch: lines in the embedded metric format, which become metrics
//! without a call.
//!
//! Each is told for the function alone, for alarms over all schedules, and by schedule. The format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::io::Write;

use jiff::Timestamp;
use model::RunDigest;
use serde_json::{Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "Pricetide";

/// Writes the metrics of a closed run to standard output.
pub(crate) fn tell(digest: &RunDigest) {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let mut out = std::io::stdout().lock();
    for line in lines(digest, &function, Timestamp::now()) {
        // A run is closed whether or not its metrics can be written.
        let _ = writeln!(out, "{line}");
    }
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

/// A line of metrics, told under the first dimension and under both.
fn line(metrics: &[(&str, u64)], dimensions: &[(&str, &str); 2], at: Timestamp) -> Value {
    let [(first, _), (second, _)] = dimensions;
    let names: Vec<Value> = metrics
        .iter()
        .map(|(name, _)| {
            let is_percent = name.contains("Percent");
            json!({"Name": name, "Unit": if is_percent { "Percent" } else { "Count" }})
        })
        .collect();
    let mut line = json!({"_aws": {
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [[first], [first, second]],
            "Metrics": names,
        }],
    }});
    for (name, value) in metrics {
        line[*name] = json!(value);
    }
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    line
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
        let wiring = include_str!("../../../serverless.yml");
        let line = &lines(&digest(), "closer", Timestamp::UNIX_EPOCH)[0];
        let namespace = format!("Namespace: {NAMESPACE}\n");
        let mut alarms = wiring
            .split(&namespace)
            .skip(1)
            .map(|after| after.trim_start().trim_start_matches("MetricName: "))
            .map(|after| after.lines().next().unwrap_or_default())
            .peekable();
        assert!(alarms.peek().is_some());
        for metric in alarms {
            assert!(line[metric].is_u64(), "no run tells {metric}");
        }
    }
}
