//! IAM roles: who may take one on, and what it may then do.

use std::collections::BTreeSet;

use crate::iam::{self, Effect, Entries, Statement};
use crate::manifest::expression::Expression;
use crate::manifest::reader::{At, Meaningless};

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The services that may take it on: `lambda.amazonaws.com`.
    pub services: BTreeSet<String>,
    /// What all its policies say, in the order of the file.
    pub statements: Vec<Statement<Expression>>,
}

/// The version of the policy language; an older one has other rules.
const VERSION: &str = "2012-10-17";

pub(super) fn read(at: &At<'_>) -> Role {
    const MEANINGLESS: Meaningless = &[
        ("Description", "for people"),
        ("MaxSessionDuration", "a local key does not expire"),
        ("Path", "for order among roles"),
        ("RoleName", "a role is known by its logical id here"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let services = fields
        .need("AssumeRolePolicyDocument")
        .map_or_else(BTreeSet::new, |at| read_trust(&at));
    let mut statements = Vec::new();
    for policy in fields
        .get("Policies")
        .map_or_else(Vec::new, |at| at.items())
    {
        let mut fields = policy.fields();
        if let Some(name) = fields.need("PolicyName") {
            name.text();
        }
        if let Some(document) = fields.need("PolicyDocument") {
            statements.extend(document_statements(&document).iter().map(read_statement));
        }
        fields.finish();
    }
    fields.finish();
    Role {
        services,
        statements,
    }
}

fn document_statements<'a>(at: &At<'a>) -> Vec<At<'a>> {
    let mut fields = at.fields();
    fields.meaningless(&[("Id", "for people")]);
    if let Some(version) = fields.need("Version")
        && version.value != VERSION
    {
        version.problem(format!("the local runner understands only '{VERSION}'"));
    }
    let statements = fields
        .need("Statement")
        .map_or_else(Vec::new, |at| at.one_or_many());
    fields.finish();
    statements
}

/// Who may take the role on. Conditions on that are for AWS: nobody else is on this machine.
fn read_trust(at: &At<'_>) -> BTreeSet<String> {
    let mut services = BTreeSet::new();
    for statement in document_statements(at) {
        let mut fields = statement.fields();
        fields.meaningless(&[
            ("Sid", "for people"),
            ("Condition", "there is one account and one owner here"),
        ]);
        if let Some(effect) = fields.need("Effect")
            && effect.value != "Allow"
        {
            effect.not_understood();
        }
        if let Some(action) = fields.need("Action")
            && action.value != "sts:AssumeRole"
        {
            action.not_understood();
        }
        if let Some(principal) = fields.need("Principal") {
            let mut fields = principal.fields();
            let named = fields
                .need("Service")
                .map_or_else(Vec::new, |at| at.one_or_many());
            services.extend(named.iter().map(At::text));
            fields.finish();
        }
        fields.finish();
    }
    let known = [iam::LAMBDA, iam::SCHEDULER];
    for service in services
        .iter()
        .filter(|service| !known.contains(&service.as_str()))
    {
        at.problem(format!("the local runner knows no service `{service}`"));
    }
    services
}

fn read_statement(at: &At<'_>) -> Statement<Expression> {
    let mut fields = at.fields();
    fields.meaningless(&[("Sid", "for people")]);
    let effect = match fields.need("Effect") {
        Some(effect) if effect.value == "Allow" => Effect::Allow,
        Some(effect) if effect.value == "Deny" => Effect::Deny,
        Some(effect) => {
            effect.problem("expected Allow or Deny");
            Effect::Deny
        }
        None => Effect::Deny,
    };
    let mut either = |name: &str, opposite: &str| {
        let (named, excepted) = (fields.get(name), fields.get(opposite));
        match (named, excepted) {
            (Some(at), None) => Entries::Any(at.one_or_many()),
            (None, Some(at)) => Entries::AllBut(at.one_or_many()),
            _ => {
                at.problem(format!("needs either {name} or {opposite}"));
                Entries::Any(Vec::new())
            }
        }
    };
    let (actions, resources) = (
        either("Action", "NotAction"),
        either("Resource", "NotResource"),
    );
    fields.finish();
    Statement {
        effect,
        actions: each(&actions, read_action),
        resources: each(&resources, read_resource),
    }
}

fn each<T>(entries: &Entries<At<'_>>, read: impl Fn(&At<'_>) -> T) -> Entries<T> {
    match entries {
        Entries::Any(entries) => Entries::Any(entries.iter().map(read).collect()),
        Entries::AllBut(entries) => Entries::AllBut(entries.iter().map(read).collect()),
    }
}

fn read_action(at: &At<'_>) -> String {
    let action = at.text();
    let (service, name) = action.split_once(':').unwrap_or_default();
    let fits = |text: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '*' | '?');
        !text.is_empty() && text.chars().all(known)
    };
    if action != "*" && !(fits(service) && fits(name)) {
        at.problem("an action is `service:Name`");
    }
    action
}

fn read_resource(at: &At<'_>) -> Expression {
    let resource = at.expression();
    let variable =
        |part: &Expression| matches!(part, Expression::Text(text) if text.contains("${"));
    let variables = match &resource {
        Expression::Concat(parts) => parts.iter().any(variable),
        other => variable(other),
    };
    if variables {
        at.problem("the local runner does not understand policy variables");
    }
    resource
}
