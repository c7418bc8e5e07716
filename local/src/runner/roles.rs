//! The roles of serverless.yml: their policies with the ARNs that the resources turned out to
//! have, and an access key for each function and each schedule that runs under one.
//!
//! What AWS refuses when it deploys is refused at the start: a trigger whose function's role does
//! not allow what the trigger does on its behalf.

use std::collections::BTreeMap;

use crate::iam::{AccessKeys, Caller, Policy, Resource, Statement};
use crate::manifest::{Expression, Function, Manifest, Trigger};

use super::RunnerConfig;
use super::error::StartError;
use super::outputs::{Outputs, function_arn};

/// What an SQS event source does under its function's role.
const POLLING: [&str; 3] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
];

/// Lambda's action to start a function.
pub(super) const INVOKE: &str = "lambda:InvokeFunction";

/// Who acts under which role.
pub(super) struct Roles {
    /// The access key of each function, its id and its secret.
    pub(super) functions: BTreeMap<String, (String, String)>,
    /// Who fires each schedule, by its name.
    pub(super) schedules: BTreeMap<String, Caller>,
}

impl Roles {
    pub(super) fn issue(
        config: &RunnerConfig,
        outputs: &Outputs,
        keys: &AccessKeys,
    ) -> Result<Self, StartError> {
        let manifest = &config.manifest;
        let mut functions = BTreeMap::new();
        for function in manifest.functions.values() {
            let policy = policy(&function.role, config, outputs)?;
            check_triggers(function, &policy, outputs)?;
            functions.insert(function.key.clone(), keys.issue(&function.key, policy));
        }
        let mut schedules = BTreeMap::new();
        for (function, schedule) in manifest.schedules() {
            let policy = policy(&schedule.role, config, outputs)?;
            let arn = function_arn(&manifest.region, &function.name);
            needs(
                &policy,
                &format!("the schedule {}", schedule.name),
                &[INVOKE],
                &arn,
            )?;
            let (id, _) = keys.issue(&format!("schedule-{}", schedule.name), policy);
            schedules.extend(Some(schedule.name.clone()).zip(keys.caller(&id)));
        }
        Ok(Self {
            functions,
            schedules,
        })
    }

    /// The variables by which the AWS SDKs use a function's key.
    pub(super) fn environment(&self, function: &str) -> [(String, String); 2] {
        let (id, secret) = self.functions.get(function).cloned().unwrap_or_default();
        [
            ("AWS_ACCESS_KEY_ID".to_owned(), id),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), secret),
        ]
    }
}

fn policy(role: &str, config: &RunnerConfig, outputs: &Outputs) -> Result<Policy, StartError> {
    let statements = statements(&config.manifest, role);
    let resolve = |expression: &Expression| {
        let arn = outputs
            .resolve(expression)
            .map_err(|reason| StartError::Role {
                role: role.to_owned(),
                reason,
            })?;
        Ok(Resource {
            arn,
            written: expression.to_string(),
        })
    };
    let resolved = statements
        .iter()
        .map(|statement| {
            Ok(Statement {
                effect: statement.effect,
                actions: statement.actions.clone(),
                resources: statement.resources.try_map(resolve)?,
            })
        })
        .collect::<Result<Vec<_>, StartError>>()?;
    Ok(Policy::new(role, &resolved, config.withheld.as_ref()))
}

/// That there is such a role was checked when the file was read.
fn statements<'a>(manifest: &'a Manifest, role: &str) -> &'a [Statement<Expression>] {
    let role = manifest.resources.roles.get(role);
    role.map_or(&[], |role| &role.statements)
}

fn check_triggers(
    function: &Function,
    policy: &Policy,
    outputs: &Outputs,
) -> Result<(), StartError> {
    let arn = |queue: &str| {
        outputs
            .attribute(queue, "Arn")
            .unwrap_or_default()
            .to_owned()
    };
    for trigger in &function.triggers {
        if let Trigger::Sqs(trigger) = trigger {
            let what = format!(
                "reading the queue `{}` for `{}`",
                trigger.queue, function.key
            );
            needs(policy, &what, &POLLING, &arn(&trigger.queue))?;
        }
    }
    if let Some(queue) = &function.on_error {
        let what = format!("`onError` of `{}`", function.key);
        needs(policy, &what, &["sqs:SendMessage"], &arn(queue))?;
    }
    Ok(())
}

fn needs(policy: &Policy, what: &str, actions: &[&str], arn: &str) -> Result<(), StartError> {
    match actions.iter().find(|action| !policy.allows(action, arn)) {
        None => Ok(()),
        Some(action) => Err(StartError::Role {
            role: policy.role().to_owned(),
            reason: format!("{what} needs {action} on {arn}, which no statement allows"),
        }),
    }
}
