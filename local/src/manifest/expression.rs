//! Values that CloudFormation computes: `!Ref`, `!GetAtt`, `!Sub` and `!Join`, kept as what they
//! refer to until the resources exist.

use std::fmt;

use serde_json::Value;

use super::reader::At;

/// A text that may depend on resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A text as it stands.
    Text(String),
    /// `!Ref X`: the URL of a queue, the name of a table or bucket, the ARN of a secret; or a
    /// pseudo parameter such as `AWS::Region`.
    Ref(String),
    /// `!GetAtt X.Attribute`.
    Attribute {
        /// The logical id of the resource.
        resource: String,
        /// Which attribute: `Arn`, `QueueName`.
        attribute: String,
    },
    /// The texts of its parts, one after the other: `!Sub` and `!Join`.
    Concat(Vec<Expression>),
}

impl Expression {
    /// The text, when it depends on no resource.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Everything referred to: logical ids (or pseudo parameters), with the attribute.
    pub fn references(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Self::Text(_) => Vec::new(),
            Self::Ref(resource) => vec![(resource, None)],
            Self::Attribute {
                resource,
                attribute,
            } => vec![(resource, Some(attribute))],
            Self::Concat(parts) => parts.iter().flat_map(Self::references).collect(),
        }
    }

    pub(super) fn read(at: &At<'_>) -> Self {
        match at.value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => Self::Text(number.to_string()),
            Value::Bool(flag) => Self::Text(flag.to_string()),
            Value::Object(map) if map.len() == 1 => {
                let argument = map
                    .keys()
                    .next()
                    .and_then(|name| Some((name, at.key(name)?)));
                let read = argument.and_then(|(name, argument)| {
                    let read = intrinsic(name, &argument);
                    if read.is_none() {
                        argument.not_understood();
                    }
                    read
                });
                read.unwrap_or_else(|| Self::Text(String::new()))
            }
            _ => {
                at.problem("expected a text or one of !Ref, !GetAtt, !Sub, !Join");
                Self::Text(String::new())
            }
        }
    }
}

impl fmt::Display for Expression {
    /// As the file writes it: `!GetAtt Table.Arn`, `!Sub '${Table.Arn}/index/run'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Ref(id) => write!(f, "!Ref {id}"),
            Self::Attribute {
                resource,
                attribute,
            } => write!(f, "!GetAtt {resource}.{attribute}"),
            Self::Concat(parts) => {
                f.write_str("!Sub '")?;
                parts.iter().try_for_each(|part| part.within_sub(f))?;
                f.write_str("'")
            }
        }
    }
}

impl Expression {
    fn within_sub(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&text.replace("${", "${!")),
            Self::Ref(id) => write!(f, "${{{id}}}"),
            Self::Attribute {
                resource,
                attribute,
            } => write!(f, "${{{resource}.{attribute}}}"),
            Self::Concat(parts) => parts.iter().try_for_each(|part| part.within_sub(f)),
        }
    }
}

/// Reads an intrinsic function; `None` when it is another one, or its argument is odd.
fn intrinsic(name: &str, argument: &At<'_>) -> Option<Expression> {
    match (name, argument.value) {
        ("Ref", Value::String(resource)) => Some(Expression::Ref(resource.clone())),
        ("Fn::GetAtt", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(resource), Value::String(attribute)] => Some(Expression::Attribute {
                resource: resource.clone(),
                attribute: attribute.clone(),
            }),
            _ => None,
        },
        ("Fn::GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.')?;
            Some(Expression::Attribute {
                resource: resource.to_owned(),
                attribute: attribute.to_owned(),
            })
        }
        ("Fn::Sub", Value::String(text)) => substitution(text, &[]),
        ("Fn::Sub", Value::Array(_)) => match argument.items().as_slice() {
            [template, names] => {
                let Value::String(text) = template.value else {
                    return None;
                };
                let names: Vec<(&str, Expression)> = names
                    .entries()
                    .into_iter()
                    .map(|(name, at)| (name, at.expression()))
                    .collect();
                substitution(text, &names)
            }
            _ => None,
        },
        ("Fn::Join", Value::Array(_)) => match argument.items().as_slice() {
            [delimiter, parts] if delimiter.value.is_string() => {
                let delimiter = Expression::Text(delimiter.text());
                let mut joined = Vec::new();
                for (index, part) in parts.items().iter().enumerate() {
                    if index > 0 {
                        joined.push(delimiter.clone());
                    }
                    joined.push(part.expression());
                }
                Some(Expression::Concat(joined))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The parts of a `!Sub` text: `${X}`, `${X.Attribute}`, `${name}` of its own names, and `${!x}`
/// for a literal `${x}`.
fn substitution(text: &str, names: &[(&str, Expression)]) -> Option<Expression> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if start > 0 {
            parts.push(Expression::Text(rest[..start].to_owned()));
        }
        let end = start + rest[start..].find('}')?;
        let inside = &rest[start + 2..end];
        parts.push(if let Some(literal) = inside.strip_prefix('!') {
            Expression::Text(format!("${{{literal}}}"))
        } else if let Some((_, value)) = names.iter().find(|(name, _)| *name == inside) {
            value.clone()
        } else if let Some((resource, attribute)) = inside.split_once('.') {
            Expression::Attribute {
                resource: resource.to_owned(),
                attribute: attribute.to_owned(),
            }
        } else {
            Expression::Ref(inside.to_owned())
        });
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Expression::Text(rest.to_owned()));
    }
    Some(Expression::Concat(parts))
}
