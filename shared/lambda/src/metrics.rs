//! What functions tell CloudWatch: lines in the embedded metric format, which become metrics
//! without a call.
//!
//! What is counted during an invocation is told in one line at its end ([`add`], [`top`]), with
//! what every invocation costs: whether it was a cold start, and its gigabyte-seconds. CloudWatch
//! charges for each metric under each of its dimensions; these are therefore told without one, over
//! all functions. The line names its function, for queries over logs. The format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Number, Value, json};

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Pricetide";

/// What is told at the end of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Invocations that started their environment.
    ColdStarts,
    /// Memory by time: what an invocation costs.
    GigabyteSeconds,
    /// Jobs that a run was planned with.
    PlannedJobs,
    /// Jobs that were worked on, whatever came of it.
    Jobs,
    /// Jobs that were sent on to a later time.
    Deferrals,
    /// Answers after which a source is left alone for a while.
    BreakerOpenings,
    /// How long after its run's slot the oldest job was worked on.
    OldestJob,
    /// Messages that ended as dead letters.
    DeadLetters,
    /// Dead letters that could not be given their end, and come back.
    DeadLettersThatStay,
    /// Rows of uploads that were read.
    ReportRows,
    /// Rows of an upload read in a second.
    ReportRowsPerSecond,
    /// Exports that ended with an answer.
    Answers,
    /// Messages that a channel took.
    MessagesTaken,
    /// Answers of the API that a mistake of ours caused.
    ApiFailures,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::ColdStarts,
        Self::GigabyteSeconds,
        Self::PlannedJobs,
        Self::Jobs,
        Self::Deferrals,
        Self::BreakerOpenings,
        Self::OldestJob,
        Self::DeadLetters,
        Self::DeadLettersThatStay,
        Self::ReportRows,
        Self::ReportRowsPerSecond,
        Self::Answers,
        Self::MessagesTaken,
        Self::ApiFailures,
    ];

    /// As CloudWatch names it.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    fn unit(self) -> Unit {
        match self {
            Self::OldestJob => Unit::Seconds,
            Self::ReportRowsPerSecond => Unit::CountPerSecond,
            Self::GigabyteSeconds => Unit::None,
            _ => Unit::Count,
        }
    }
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Of a hundred.
    Percent,
    /// Time.
    Seconds,
    /// A rate.
    CountPerSecond,
    /// None that CloudWatch knows.
    None,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Percent => "Percent",
            Self::Seconds => "Seconds",
            Self::CountPerSecond => "Count/Second",
            Self::None => "None",
        }
    }
}

/// What was counted since the last line. An environment runs one invocation at a time.
static COUNTED: Mutex<BTreeMap<Name, f64>> = Mutex::new(BTreeMap::new());

/// Counts `more` of something in this invocation.
pub fn add(name: Name, more: u64) {
    if more == 0 {
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "no count is that large")]
    note(name, |before| before + more as f64);
}

/// Keeps the largest `value` of this invocation.
pub fn top(name: Name, value: f64) {
    note(name, |before| before.max(value));
}

fn note(name: Name, change: impl FnOnce(f64) -> f64) {
    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    let value = counted.entry(name).or_default();
    *value = change(*value);
}

/// Tells what was counted in this invocation of `function`, in one line.
pub(crate) fn flush(function: &str) {
    let counted = std::mem::take(&mut *COUNTED.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(line) = counted_line(&counted, function, Timestamp::now()) {
        write(&[line]);
    }
}

fn counted_line(counted: &BTreeMap<Name, f64>, function: &str, at: Timestamp) -> Option<Value> {
    let names: Vec<String> = counted.keys().map(|name| name.name()).collect();
    let metrics: Vec<Metric<'_>> = counted
        .iter()
        .zip(&names)
        .filter_map(|((name, value), told)| {
            Some((told.as_str(), name.unit(), Number::from_f64(*value)?))
        })
        .collect();
    if metrics.is_empty() {
        return None;
    }
    let mut line = line(&metrics, &[], at);
    line["FunctionName"] = function.into();
    Some(line)
}

/// A metric: its name, unit and value.
pub type Metric<'a> = (&'a str, Unit, Number);

/// A line of metrics. They are told under the first dimension, under the first two, and so on; or
/// without one, if there are none.
pub fn line(metrics: &[Metric<'_>], dimensions: &[(&str, &str)], at: Timestamp) -> Value {
    let names: Vec<Value> = metrics
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit.name()}))
        .collect();
    let keys: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let sets: Vec<&[&str]> = (dimensions.len().min(1)..=keys.len())
        .map(|count| &keys[..count])
        .collect();
    let mut line = json!({"_aws": {
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": sets,
            "Metrics": names,
        }],
    }});
    for (name, _, value) in metrics {
        line[*name] = json!(value);
    }
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    line
}

/// Writes lines to standard output.
pub fn write(lines: &[Value]) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        // What they tell of was done whether or not they can be written.
        let _ = writeln!(out, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_one_line_without_dimensions() {
        let counted = BTreeMap::from([(Name::Jobs, 10.0), (Name::OldestJob, 61.5)]);
        let line = counted_line(&counted, "worker", Timestamp::UNIX_EPOCH).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([[]]));
        assert_eq!(
            directive["Metrics"],
            json!([{"Name": "Jobs", "Unit": "Count"}, {"Name": "OldestJob", "Unit": "Seconds"}])
        );
        assert_eq!(
            (&line["Jobs"], &line["FunctionName"]),
            (&json!(10.0), &json!("worker"))
        );
        assert!(counted_line(&BTreeMap::new(), "worker", Timestamp::UNIX_EPOCH).is_none());
    }

    #[test]
    fn metrics_are_told_under_one_dimension_and_under_both() {
        let dimensions = [("FunctionName", "closer"), ("Schedule", "daily")];
        let metrics = [("Prices", Unit::Count, 7.into())];
        let line = line(&metrics, &dimensions, Timestamp::UNIX_EPOCH);
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["FunctionName"], ["FunctionName", "Schedule"]])
        );
        assert_eq!(line["Schedule"], "daily");
    }

    /// What nobody would see is not worth its price.
    #[test]
    fn the_dashboard_shows_every_metric() {
        let wiring = include_str!("../../../serverless.yml");
        for name in Name::ALL {
            let shown = format!("[\"{NAMESPACE}\", \"{}\"", name.name());
            assert!(wiring.contains(&shown), "{shown} is on no dashboard");
        }
    }
}
