//! Policies: statements as they stand in a role, and their evaluation.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use super::pattern::{ArnPattern, Pattern};

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Allows, unless another statement denies.
    Allow,
    /// Denies, whatever else allows.
    Deny,
}

/// `Action` or `Resource`, or one of their opposites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entries<T> {
    /// `Action`, `Resource`: any of these.
    Any(Vec<T>),
    /// `NotAction`, `NotResource`: everything but these.
    AllBut(Vec<T>),
}

impl<T> Entries<T> {
    /// The same with every entry changed.
    pub fn try_map<U, E>(&self, change: impl Fn(&T) -> Result<U, E>) -> Result<Entries<U>, E> {
        let all = |entries: &[T]| entries.iter().map(&change).collect::<Result<Vec<U>, E>>();
        Ok(match self {
            Self::Any(entries) => Entries::Any(all(entries)?),
            Self::AllBut(entries) => Entries::AllBut(all(entries)?),
        })
    }
}

/// One statement; `R` is how it names resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<R> {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// `sqs:SendMessage`, with wildcards.
    pub actions: Entries<String>,
    /// ARNs, with wildcards.
    pub resources: Entries<R>,
}

/// What one entry of `Action` and one of `Resource` allow together: the smallest thing that can
/// be taken out of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The role's logical id: `WorkerRole`.
    pub role: String,
    /// As the file writes it: `sqs:SendMessage`.
    pub action: String,
    /// As the file writes it: `!GetAtt JobsQueue.Arn`.
    pub resource: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.role, self.action, self.resource)
    }
}

/// A resource of a statement: its ARN, and how the file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// With wildcards: `arn:aws:s3:::pricetide-dev-files/exports/*`.
    pub arn: String,
    /// `!Sub '${FilesBucket.Arn}/exports/*'`.
    pub written: String,
}

/// One of the two sides of a rule.
#[derive(Debug, Clone)]
struct Side<P> {
    patterns: Vec<P>,
    /// Whether it is what matches none of the patterns.
    negated: bool,
}

impl<P> Side<P> {
    fn matches(&self, matches: impl Fn(&P) -> bool) -> bool {
        self.patterns.iter().any(matches) != self.negated
    }
}

#[derive(Debug)]
struct Rule {
    /// Actions are compared in small letters: IAM does not tell cases apart there.
    action: Side<Pattern>,
    resource: Side<ArnPattern>,
}

impl Rule {
    fn applies(&self, action: &str, resource: &str) -> bool {
        self.action.matches(|pattern| pattern.matches(action))
            && self.resource.matches(|pattern| pattern.matches(resource))
    }
}

#[derive(Debug)]
struct Allowing {
    permission: Permission,
    rule: Rule,
    /// A request was allowed by this permission and by no other.
    needed: AtomicBool,
}

/// How a request was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    NotAllowed,
}

/// Everything that a role says, ready to be evaluated.
#[derive(Debug)]
pub struct Policy {
    role: String,
    allowing: Vec<Allowing>,
    denying: Vec<Rule>,
}

impl Policy {
    /// The policy of a role, by its logical id. `withheld` takes one permission out.
    pub fn new(
        role: &str,
        statements: &[Statement<Resource>],
        withheld: Option<&Permission>,
    ) -> Self {
        let mut policy = Self {
            role: role.to_owned(),
            allowing: Vec::new(),
            denying: Vec::new(),
        };
        for statement in statements {
            for (action, action_written) in actions(&statement.actions) {
                for (resource, written) in resources(&statement.resources) {
                    let applies = Rule {
                        action: action.clone(),
                        resource,
                    };
                    if statement.effect == Effect::Deny {
                        policy.denying.push(applies);
                        continue;
                    }
                    let permission = Permission {
                        role: role.to_owned(),
                        action: action_written.clone(),
                        resource: written,
                    };
                    if withheld != Some(&permission) {
                        policy.allowing.push(Allowing {
                            permission,
                            rule: applies,
                            needed: AtomicBool::new(false),
                        });
                    }
                }
            }
        }
        policy
    }

    /// The role's logical id.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// Decides, and notes the permission when it is the only one that allows the request.
    pub(super) fn decide(&self, action: &str, resource: &str) -> Decision {
        let (decision, only) = self.evaluate(action, resource);
        if let Some(only) = only {
            only.needed.store(true, Ordering::Relaxed);
        }
        decision
    }

    /// Whether the request would be allowed; nothing is noted.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        self.evaluate(action, resource).0 == Decision::Allowed
    }

    /// Every permission, and whether a request was allowed by it and by no other.
    pub fn permissions(&self) -> impl Iterator<Item = (&Permission, bool)> {
        self.allowing.iter().map(|allowing| {
            (
                &allowing.permission,
                allowing.needed.load(Ordering::Relaxed),
            )
        })
    }

    fn evaluate(&self, action: &str, resource: &str) -> (Decision, Option<&Allowing>) {
        let action = action.to_ascii_lowercase();
        if self
            .denying
            .iter()
            .any(|rule| rule.applies(&action, resource))
        {
            return (Decision::Denied, None);
        }
        let mut allowing = self
            .allowing
            .iter()
            .filter(|allowing| allowing.rule.applies(&action, resource));
        match (allowing.next(), allowing.next()) {
            (None, _) => (Decision::NotAllowed, None),
            (only, None) => (Decision::Allowed, only),
            _ => (Decision::Allowed, None),
        }
    }
}

/// Each entry on its own; what excludes is one whole.
fn actions(entries: &Entries<String>) -> Vec<(Side<Pattern>, String)> {
    let pattern = |action: &String| Pattern::new(&action.to_ascii_lowercase());
    match entries {
        Entries::Any(actions) => actions
            .iter()
            .map(|action| (one(pattern(action)), action.clone()))
            .collect(),
        Entries::AllBut(actions) => {
            let side = Side {
                patterns: actions.iter().map(pattern).collect(),
                negated: true,
            };
            vec![(side, format!("all but {}", actions.join(", ")))]
        }
    }
}

fn resources(entries: &Entries<Resource>) -> Vec<(Side<ArnPattern>, String)> {
    match entries {
        Entries::Any(resources) => resources
            .iter()
            .map(|resource| {
                (
                    one(ArnPattern::new(&resource.arn)),
                    resource.written.clone(),
                )
            })
            .collect(),
        Entries::AllBut(resources) => {
            let patterns = resources
                .iter()
                .map(|resource| ArnPattern::new(&resource.arn));
            let side = Side {
                patterns: patterns.collect(),
                negated: true,
            };
            let written: Vec<&str> = resources
                .iter()
                .map(|resource| &*resource.written)
                .collect();
            vec![(side, format!("all but {}", written.join(", ")))]
        }
    }
}

fn one<P>(pattern: P) -> Side<P> {
    Side {
        patterns: vec![pattern],
        negated: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(
        effect: Effect,
        actions: &Entries<&str>,
        resources: &Entries<&str>,
    ) -> Statement<Resource> {
        let action = |action: &&str| Ok::<_, ()>((*action).to_owned());
        let resource = |arn: &&str| {
            Ok::<_, ()>(Resource {
                arn: (*arn).to_owned(),
                written: (*arn).to_owned(),
            })
        };
        Statement {
            effect,
            actions: actions.try_map(action).unwrap(),
            resources: resources.try_map(resource).unwrap(),
        }
    }

    const JOBS: &str = "arn:aws:sqs:eu-west-1:000000000000:jobs";
    const DEAD: &str = "arn:aws:sqs:eu-west-1:000000000000:dead";

    #[test]
    fn nothing_is_allowed_that_no_statement_allows() {
        let send = statement(
            Effect::Allow,
            &Entries::Any(vec!["sqs:SendMessage"]),
            &Entries::Any(vec![JOBS]),
        );
        let policy = Policy::new("Role", &[send], None);
        assert!(policy.allows("sqs:SendMessage", JOBS));
        assert!(policy.allows("SQS:sendmessage", JOBS));
        assert!(!policy.allows("sqs:SendMessage", DEAD));
        assert!(!policy.allows("sqs:ReceiveMessage", JOBS));
        assert!(!Policy::new("Role", &[], None).allows("sqs:SendMessage", JOBS));
    }

    #[test]
    fn a_statement_that_denies_wins() {
        let all = statement(
            Effect::Allow,
            &Entries::Any(vec!["*"]),
            &Entries::Any(vec!["*"]),
        );
        let deny = statement(
            Effect::Deny,
            &Entries::Any(vec!["sqs:*"]),
            &Entries::AllBut(vec![JOBS]),
        );
        for order in [[&all, &deny], [&deny, &all]] {
            let policy = Policy::new("Role", &order.map(Clone::clone), None);
            assert!(policy.allows("sqs:SendMessage", JOBS));
            assert_eq!(policy.decide("sqs:SendMessage", DEAD), Decision::Denied);
            assert!(policy.allows("s3:GetObject", "arn:aws:s3:::a/b"));
        }
    }

    #[test]
    fn everything_but_some_actions_can_be_allowed() {
        let but = statement(
            Effect::Allow,
            &Entries::AllBut(vec!["sqs:Delete*", "s3:*"]),
            &Entries::Any(vec!["arn:aws:sqs:*:*:job?"]),
        );
        let policy = Policy::new("Role", &[but], None);
        assert!(policy.allows("sqs:SendMessage", JOBS));
        assert!(!policy.allows("sqs:DeleteMessage", JOBS));
        assert!(!policy.allows("sqs:SendMessage", DEAD));
    }

    #[test]
    fn a_permission_is_needed_when_it_alone_allows_a_request() {
        let needed = |policy: &Policy| -> Vec<String> {
            let needed = policy.permissions().filter(|(_, needed)| *needed);
            needed
                .map(|(permission, _)| permission.to_string())
                .collect()
        };
        let two = statement(
            Effect::Allow,
            &Entries::Any(vec!["sqs:SendMessage", "sqs:ReceiveMessage"]),
            &Entries::Any(vec![JOBS, DEAD]),
        );
        let policy = Policy::new("Role", std::slice::from_ref(&two), None);
        assert_eq!(policy.decide("sqs:SendMessage", DEAD), Decision::Allowed);
        assert_eq!(
            policy.decide("sqs:DeleteMessage", DEAD),
            Decision::NotAllowed
        );
        assert_eq!(needed(&policy), [format!("Role sqs:SendMessage {DEAD}")]);

        let also = statement(
            Effect::Allow,
            &Entries::Any(vec!["sqs:Send*"]),
            &Entries::Any(vec!["*"]),
        );
        let policy = Policy::new("Role", &[two, also], None);
        assert_eq!(policy.decide("sqs:SendMessage", DEAD), Decision::Allowed);
        assert!(needed(&policy).is_empty());
    }

    #[test]
    fn one_permission_can_be_withheld() {
        let two = statement(
            Effect::Allow,
            &Entries::Any(vec!["sqs:SendMessage"]),
            &Entries::Any(vec![JOBS, DEAD]),
        );
        let withheld = Permission {
            role: "Role".to_owned(),
            action: "sqs:SendMessage".to_owned(),
            resource: DEAD.to_owned(),
        };
        let policy = Policy::new("Role", &[two], Some(&withheld));
        assert!(policy.allows("sqs:SendMessage", JOBS));
        assert!(!policy.allows("sqs:SendMessage", DEAD));
    }
}
