//! serverless.yml as the local runner understands it.
//!
//! The file is the only wiring: what is deployed and what runs here are the same functions,
//! triggers, queues, tables, buckets and secrets. Therefore nothing in it is skipped silently:
//! a construct is either read, or on a list of things that mean nothing on one machine (each
//! with the reason), or an error that names its path.

mod checks;
mod expression;
mod functions;
pub mod naming;
mod provider;
mod reader;
mod resources;
#[cfg(test)]
mod tests;
mod variables;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

pub use expression::Expression;
pub use functions::{Function, Route, S3Trigger, ScheduleTrigger, SqsTrigger, Trigger};
pub use resources::{
    Bucket, CorsRule, Index, Key, Queue, Redrive, Resources, Role, Secret, SecretValue, Table,
};
pub use variables::Variables;

use reader::{At, Meaningless, Problems};

/// The account that everything local belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The service's name.
    pub service: String,
    /// The stage: `dev`.
    pub stage: String,
    /// The AWS region it is meant for.
    pub region: String,
    /// The processor it is built for: `x86_64` or `arm64`.
    pub architecture: String,
    /// Functions by their key.
    pub functions: BTreeMap<String, Function>,
    /// What holds data.
    pub resources: Resources,
}

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `functions.worker.events[0].sqs.filterPatterns`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Everything that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// At least one problem.
    pub problems: Vec<Problem>,
}

impl ManifestError {
    pub(crate) fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            problems: vec![Problem {
                path: path.into(),
                message: message.into(),
            }],
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestError {}

const MEANINGLESS: Meaningless = &[
    ("configValidationMode", "for the framework"),
    ("custom", "only variables read it"),
    ("deprecationNotificationMode", "for the framework"),
    ("disabledDeprecations", "for the framework"),
    ("frameworkVersion", "for the framework"),
    ("package", "functions run from this executable"),
];

impl Manifest {
    /// Reads the file at `path`.
    pub fn load(path: &Path, variables: &Variables) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ManifestError::at("", format!("cannot read {}: {error}", path.display()))
        })?;
        Self::parse(&text, variables)
    }

    /// Reads the text of a serverless.yml.
    pub fn parse(text: &str, variables: &Variables) -> Result<Self, ManifestError> {
        let document = variables::resolve(&yaml::parse(text)?, variables)?;
        let problems = Problems::default();
        let manifest = Self::read(&At::new(&document, &problems));
        checks::check(&manifest, &document, &problems);
        let problems = problems.into_vec();
        if problems.is_empty() {
            Ok(manifest)
        } else {
            Err(ManifestError { problems })
        }
    }

    fn read(at: &At<'_>) -> Self {
        let mut fields = at.fields();
        fields.meaningless(MEANINGLESS);
        // A plugin of this repository changes how the stack is deployed. Another one could change
        // what is wired.
        if let Some(plugins) = fields.get("plugins")
            && !plugins.value.as_array().is_some_and(|plugins| {
                plugins
                    .iter()
                    .all(|path| path.as_str().is_some_and(|path| path.starts_with("./")))
            })
        {
            plugins.not_understood();
        }
        let service = fields
            .need("service")
            .map_or_else(String::new, |at| at.text());
        let provider = provider::read(fields.need("provider").as_ref(), service);
        let mut resources = Resources {
            buckets: provider.buckets.clone(),
            ..Resources::default()
        };
        if let Some(at) = fields.get("resources") {
            let mut fields = at.fields();
            fields.meaningless(&[
                ("AWSTemplateFormatVersion", "for CloudFormation"),
                (
                    "Conditions",
                    "only what means nothing here may depend on one",
                ),
                ("Description", "for people"),
                ("Outputs", "for people and other stacks"),
            ]);
            if let Some(declared) = fields.get("Resources") {
                resources.read(&declared);
            }
            if let Some(extensions) = fields.get("extensions") {
                Resources::read_extensions(&extensions);
            }
            fields.finish();
        }
        let functions = fields.get("functions").map_or_else(BTreeMap::new, |at| {
            functions::read_all(&at, &provider, &provider.buckets)
        });
        fields.finish();
        Self {
            service: provider.service,
            stage: provider.stage,
            region: provider.region,
            architecture: provider.architecture,
            functions,
            resources,
        }
    }

    fn triggers(&self) -> impl Iterator<Item = (&Function, &Trigger)> {
        self.functions.values().flat_map(|function| {
            function
                .triggers
                .iter()
                .map(move |trigger| (function, trigger))
        })
    }

    /// Every schedule, with its function.
    pub fn schedules(&self) -> impl Iterator<Item = (&Function, &ScheduleTrigger)> {
        self.triggers()
            .filter_map(|(function, trigger)| match trigger {
                Trigger::Schedule(schedule) => Some((function, schedule)),
                _ => None,
            })
    }

    /// Every queue that starts a function.
    pub fn sqs_triggers(&self) -> impl Iterator<Item = (&Function, &SqsTrigger)> {
        self.triggers()
            .filter_map(|(function, trigger)| match trigger {
                Trigger::Sqs(sqs) => Some((function, sqs)),
                _ => None,
            })
    }

    /// Every bucket that starts a function.
    pub fn s3_triggers(&self) -> impl Iterator<Item = (&Function, &S3Trigger)> {
        self.triggers()
            .filter_map(|(function, trigger)| match trigger {
                Trigger::S3(s3) => Some((function, s3)),
                _ => None,
            })
    }

    /// Every route of the HTTP API.
    pub fn routes(&self) -> impl Iterator<Item = (&Function, &Route)> {
        self.triggers()
            .filter_map(|(function, trigger)| match trigger {
                Trigger::HttpApi(route) => Some((function, route)),
                _ => None,
            })
    }
}
