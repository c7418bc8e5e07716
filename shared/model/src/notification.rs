//! What people are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ExportId, ExportOutcome, FailureReason, FileId, Invalid, Money, ProductId, RuleId, RunId,
    Scope, Slot, TemplateName, rule_name,
};

/// Something that people are told, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Notification {
    /// What came of an upload.
    Upload(UploadNotification),
    /// What came of a run: its digest.
    Run(RunDigest),
    /// An urgent alert, told at once.
    Alert(Alert),
    /// What came of an export.
    Export(ExportNotification),
    /// Nothing: somebody tries whether messages arrive.
    Trial(Trial),
}

/// A message that tries the channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// When it was asked for; those of one second are one.
    pub at: Slot,
}

/// What came of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportNotification {
    /// The export.
    pub export: ExportId,
    /// Its template.
    pub template: TemplateName,
    /// What people see of the template; its name where it has no title.
    pub title: String,
    /// What came of it.
    pub outcome: ExportOutcome,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Of which product; of an item's rule, the best offer.
    pub product: ProductId,
    /// The product's name at that time.
    pub name: String,
    /// Where it is sold, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// What the rule is about; `None` for a rule of the product's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Which of the rules.
    pub rule: RuleId,
    /// In which run.
    pub run: RunId,
    /// Whether it is told in a message of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// Why it fired, in the owner's language.
    pub text: String,
}

/// A run in short: what its owner is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDigest {
    /// Which run.
    pub run: RunId,
    /// How often its failed jobs were tried again before this: each time has its own digest.
    #[serde(default, skip_serializing_if = "is_none")]
    pub redrives: u32,
    /// How many of its jobs ended with a price that counts.
    pub prices: u64,
    /// How many ended so in the run of the same schedule before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices_before: Option<u64>,
    /// How many prices were not confirmed.
    pub unconfirmed: u64,
    /// How many jobs have no outcome.
    pub missing: u64,
    /// How many failed, by reason.
    pub failures: BTreeMap<FailureReason, u64>,
    /// How many prices fell and rose.
    pub fell: u64,
    /// How many prices rose.
    pub rose: u64,
    /// The prices that fell most, the most first.
    pub best: Vec<Mover>,
    /// The prices that rose most, the most first.
    pub worst: Vec<Mover>,
    /// Rules that fired, as many as a message holds.
    pub alerts: Vec<Alert>,
    /// How many fired in all.
    pub alerts_fired: u64,
    /// Sources of which most jobs failed, those that did not in the run before first.
    pub failing: Vec<FailingSource>,
    /// Runs of the schedule that should have taken place since the last, and did not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// The key of the run's workbook in the files bucket.
    pub workbook: String,
}

/// A price that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mover {
    /// Of which product.
    pub product: ProductId,
    /// Its name.
    pub name: String,
    /// Where it is sold, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The confirmed price before.
    pub from: Money,
    /// The price now, in the same currency.
    pub to: Money,
}

/// A source of which most jobs failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingSource {
    /// The host that is asked, or `coupang`.
    pub source: String,
    /// How many jobs it had.
    pub jobs: u64,
    /// How many failed.
    pub failed: u64,
    /// The most frequent reason.
    pub reason: FailureReason,
    /// Whether most of its jobs did not fail in the run before.
    pub is_new: bool,
}

impl Alert {
    /// What tells its rule from the product's other rules.
    pub fn rule_name(&self) -> String {
        match &self.scope {
            Some(scope) => rule_name(scope, &self.rule),
            None => self.rule.to_string(),
        }
    }

    /// What names it: a rule fires once at a slot for a product, or for an item whichever its best
    /// offer is.
    fn id(&self) -> String {
        let rule = self.rule_name();
        match &self.scope {
            Some(Scope::Item(_)) => format!("alert-{rule}-{}", self.run),
            _ => format!("alert-{}-{rule}-{}", self.product, self.run),
        }
    }
}

impl RunDigest {
    /// A run with fewer than 85 of 100 of the prices of the run before is a finding of its own.
    pub fn has_few_prices(&self) -> bool {
        let before = self.prices_before.unwrap_or_default();
        self.prices.saturating_mul(100) < before.saturating_mul(85)
    }

    /// Whether there is nothing that its owner would want to know.
    pub fn is_quiet(&self) -> bool {
        self.alerts_fired == 0
            && self.fell + self.rose == 0
            && self.missing == 0
            && self.skipped == 0
            && !self.failing.iter().any(|source| source.is_new)
            && !self.has_few_prices()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// What came of a version of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadNotification {
    /// The file.
    pub file: FileId,
    /// Which version of it: the `sequencer` of the upload.
    pub version: String,
    /// The upload's own file name.
    pub name: String,
    /// What came of it.
    pub outcome: UploadOutcome,
}

/// What came of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UploadOutcome {
    /// A report.
    Done {
        /// Its key in the files bucket.
        report: String,
        /// What is in it.
        numbers: ReportNumbers,
    },
    /// No report.
    Failed {
        /// The reason for a person.
        reason: String,
    },
}

/// A report in numbers, short enough for the table and a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportNumbers {
    /// Rows with content below the header.
    pub rows_read: u64,
    /// Rows that are in the figures.
    pub rows_used: u64,
    /// Rows that could not be read.
    pub rows_rejected: u64,
    /// Different products.
    pub products: usize,
    /// How many of them are followed; none when that was not looked up.
    pub products_followed: Option<u64>,
    /// The first date, `2026-11-21`, with a time of day `2026-11-21T10:15:00`.
    pub first_date: Option<String>,
    /// The last date.
    pub last_date: Option<String>,
    /// Warnings.
    pub warnings: usize,
}

/// What names a notification, made of what it is about: `upload-<file>-<version>`, `run-<run>`,
/// `alert-<product>-<rule>-<run>`, `export-<id>`, `trial-<instant>`. A repeated message is the same notification.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NotificationId(String);

impl std::str::FromStr for NotificationId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=1_000).contains(&text.len()) && !text.contains(char::is_control);
        let wrong = || Invalid::new("notification id", text, "1 to 1000 bytes of text");
        fits.then(|| Self(text.to_owned())).ok_or_else(wrong)
    }
}

impl std::fmt::Display for NotificationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Notification {
    /// Its id.
    pub fn id(&self) -> NotificationId {
        match self {
            Self::Upload(about) => {
                NotificationId(format!("upload-{}-{}", about.file, about.version))
            }
            Self::Run(RunDigest {
                run, redrives: 0, ..
            }) => NotificationId(format!("run-{run}")),
            Self::Run(RunDigest { run, redrives, .. }) => {
                NotificationId(format!("run-{run}-again-{redrives}"))
            }
            Self::Alert(alert) => NotificationId(alert.id()),
            Self::Export(about) => NotificationId(format!("export-{}", about.export)),
            Self::Trial(trial) => NotificationId(format!("trial-{}", trial.at)),
        }
    }
}
