//! What came out of the demo, counted from what is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use model::{FailureReason, FileId, Notification, Outcome, ProductId};
use pricing::Language;
use store::{
    Alerts, Bucket, Download, FileState, Files, Notifications, Observations, RunStatus, Runs, Table,
};

use super::state::{State, day_of};
use crate::pipeline::Pipeline;
use crate::shop::Shop;

/// The rules of which the newest alert is shown: below a target, an item's best offer, sold out and back.
const SHOWN: [&str; 4] = ["target", "best", "sold-out", "back"];
/// No report or workbook of the demo is larger.
const LARGEST: u64 = 1 << 30;

/// The count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Followed products.
    pub products: usize,
    /// Runs.
    pub runs: usize,
    /// Jobs of all runs.
    pub jobs: usize,
    /// Jobs that ended with a price.
    pub prices: usize,
    /// Jobs that ended with a failure, by reason.
    pub failures: BTreeMap<FailureReason, usize>,
    /// Jobs without an outcome, or outcomes without a job.
    pub not_exactly_one: usize,
    /// Prices that are not what the shop showed on that day.
    pub wrong_prices: usize,
    /// Runs that are not complete.
    pub incomplete_runs: usize,
    /// Rows of the sample workbook that are in its report.
    pub sample: String,
    /// Whether the sample workbook has its report.
    pub reported: bool,
    /// How many items are sold at several shops.
    pub items: usize,
    /// The price that the owner voided, in words.
    pub voided: String,
    /// How many alerts fired.
    pub alerts: usize,
    /// The newest alert of each rule that the demo is to show, in words.
    pub shown: Vec<String>,
    /// The digest of the last run, as it would be posted.
    pub digest: String,
    /// Copies of the files written, to open.
    pub files: Vec<PathBuf>,
}

impl Report {
    /// Whether every job has exactly one outcome, every price is right, and every file is
    /// there.
    pub fn is_good(&self) -> bool {
        self.not_exactly_one == 0
            && self.wrong_prices == 0
            && self.incomplete_runs == 0
            && self.reported
    }
}

/// Counts, and copies what was written to where a person can open it.
pub(super) async fn count(
    pipeline: &Pipeline,
    table: &Table,
    shop: &Shop,
    state: &State,
    upload: FileId,
) -> Result<Report> {
    let runs = Runs::new(table.clone());
    let observations = Observations::new(table.clone());
    let bucket = Bucket::new(pipeline.clients(), pipeline.files_bucket()?);
    let folder = pipeline.data().join("files");
    let mut report = Report {
        products: shop.catalogue().len(),
        ..Report::default()
    };
    for id in state.runs()? {
        let run = runs.get(&id).await?.context("a run is gone")?;
        let planned = runs.planned(&id).await?;
        let outcomes = observations.of_run(&id).await?;
        let ended: BTreeSet<ProductId> = outcomes.keys().cloned().collect();
        report.runs += 1;
        report.jobs += planned.len();
        report.not_exactly_one += planned.symmetric_difference(&ended).count();
        report.incomplete_runs += usize::from(run.status != RunStatus::Complete);
        let day = day_of(id.slot)?;
        for (product, seen) in outcomes {
            match seen.outcome {
                Outcome::Price(offer) => {
                    report.prices += 1;
                    let right = shop.price_on(&product, day) == Some(offer.price);
                    report.wrong_prices += usize::from(!right);
                }
                Outcome::Failure(failure) => {
                    *report.failures.entry(failure.reason).or_default() += 1;
                }
            }
        }
        if let Some(key) = run.workbook {
            report.files.push(copy(&bucket, &key, &folder).await?);
        }
    }
    let alerts = Alerts::new(table.clone());
    let mut newest: BTreeMap<&str, String> = BTreeMap::new();
    let mut cursor = None;
    loop {
        let page = alerts.list(cursor.as_ref(), 1_000).await?;
        report.alerts += page.items.len();
        for alert in page.items {
            let rule = SHOWN.iter().find(|rule| **rule == alert.rule.as_str());
            if let Some(rule) = rule.filter(|rule| !newest.contains_key(*rule)) {
                let (day, about) = (day_of(alert.run.slot)?, alert.scope.as_ref());
                let about = about.map_or(alert.name, ToString::to_string);
                newest.insert(rule, format!("{day} {rule:<8} {about}: {}", alert.text));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    report.shown = newest.into_values().collect();
    report.digest = last_digest(table, pipeline).await?;
    let file = Files::new(table.clone()).get(&upload).await?;
    match file.context("the sample's upload is gone")?.state {
        FileState::Done {
            report: key,
            summary,
        } => {
            report.reported = true;
            report.sample = summary;
            report.files.push(copy(&bucket, &key, &folder).await?);
        }
        FileState::Failed { reason, .. } => report.sample = reason,
        FileState::Processing { .. } => "still being read".clone_into(&mut report.sample),
    }
    Ok(report)
}

/// The digest of the newest run, in words.
async fn last_digest(table: &Table, pipeline: &Pipeline) -> Result<String> {
    let told = Notifications::new(table.clone()).list(None, 100).await?;
    let digests = told
        .items
        .into_iter()
        .filter_map(|one| match one.notification {
            Notification::Run(digest) => Some(digest),
            _ => None,
        });
    let Some(newest) = digests.max_by_key(|digest| digest.run.slot) else {
        return Ok(String::new());
    };
    let environment = pipeline.runner().environment("notifier");
    let variable = |name: &str| {
        let known = environment.iter().find(|(known, _)| known == name);
        known.map_or("", |(_, value)| value.as_str())
    };
    let language: Language = variable("LANGUAGE").parse()?;
    let zone = schedule::time_zone(variable("TIMEZONE"))?;
    Ok(notifier::digest_in_words(&newest, language, &zone))
}

async fn copy(bucket: &Bucket, key: &str, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(key);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let download = bucket.download(key, &path, LARGEST).await?;
    anyhow::ensure!(
        matches!(download, Download::Done(_)),
        "the file {key} is gone"
    );
    Ok(path)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "products   {:>6}", self.products)?;
        writeln!(f, "items      {:>6} sold at two shops", self.items)?;
        writeln!(f, "runs       {:>6}", self.runs)?;
        writeln!(f, "jobs       {:>6}", self.jobs)?;
        writeln!(f, "prices     {:>6}", self.prices)?;
        let failures: usize = self.failures.values().sum();
        writeln!(f, "failures   {failures:>6}")?;
        for (reason, count) in &self.failures {
            writeln!(
                f,
                "  {:<18} {count:>5}  {}",
                reason.name(),
                reason.sentence()
            )?;
        }
        writeln!(f, "alerts     {:>6}, among them", self.alerts)?;
        for alert in &self.shown {
            writeln!(f, "           {alert}")?;
        }

        if !self.voided.is_empty() {
            writeln!(f, "voided     {}", self.voided)?;
        }
        writeln!(f, "sample     {}", self.sample)?;
        if !self.digest.is_empty() {
            writeln!(f, "digest     what would be posted of the last run:")?;
            for line in self.digest.lines() {
                writeln!(f, "           {line}")?;
            }
        }
        let exactly = if self.not_exactly_one == 0 {
            "every job has exactly one outcome".to_owned()
        } else {
            format!(
                "{} jobs do NOT have exactly one outcome",
                self.not_exactly_one
            )
        };
        writeln!(f, "check      {exactly}")?;
        let right = if self.wrong_prices == 0 {
            "every price is what the shop showed that day".to_owned()
        } else {
            format!("{} prices are NOT what the shop showed", self.wrong_prices)
        };
        writeln!(f, "           {right}")?;
        if self.incomplete_runs > 0 {
            writeln!(
                f,
                "           {} runs are NOT complete",
                self.incomplete_runs
            )?;
        }
        if let (Some(first), Some(last)) = (self.files.first(), self.files.last()) {
            writeln!(f, "files      {} workbooks, to open:", self.files.len())?;
            writeln!(f, "           {}", first.display())?;
            writeln!(f, "           {}", last.display())?;
        }
        Ok(())
    }
}
