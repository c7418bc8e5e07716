//! The Serverless Framework's variables: `${self:custom.name}`, `${env:NAME, 'fallback'}`,
//! `${opt:stage, 'dev'}`, `${sls:stage}`, `${aws:region}`, one inside another. What is not such
//! a variable (`${AWS::Region}` in a `!Sub`) stays as it is.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ManifestError;
use super::reader::join;

/// Where variables take their values from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// What `${env:NAME}` names.
    pub env: BTreeMap<String, String>,
    /// What `${opt:NAME}` names: the command line's options.
    pub options: BTreeMap<String, String>,
}

impl Variables {
    /// The environment of this process, and no options. Names and values that are not UTF-8
    /// are left out.
    pub fn from_process() -> Self {
        Self {
            env: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            options: BTreeMap::new(),
        }
    }
}

/// Resolves every variable in the document.
pub(super) fn resolve(document: &Value, variables: &Variables) -> Result<Value, ManifestError> {
    Resolver {
        document,
        variables,
        left: Cell::new(MAX_VARIABLES),
    }
    .value(document, "", 0)
}

/// A variable that leads through more variables than this is taken for one that leads to itself.
const MAX_DEPTH: u32 = 32;

/// A file that leads to more variables than this repeats itself without end.
const MAX_VARIABLES: u32 = 10_000;

struct Resolver<'a> {
    document: &'a Value,
    variables: &'a Variables,
    left: Cell<u32>,
}

impl Resolver<'_> {
    fn value(&self, value: &Value, path: &str, depth: u32) -> Result<Value, ManifestError> {
        Ok(match value {
            Value::String(text) => self.text(text, path, depth)?,
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.value(item, &format!("{path}[{index}]"), depth))
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.value(value, &join(path, key), depth)?)))
                .collect::<Result<Map<_, _>, _>>()?
                .into(),
            plain => plain.clone(),
        })
    }

    /// A text that is one variable takes the variable's value and type; within more text the
    /// value is written out.
    fn text(&self, text: &str, path: &str, depth: u32) -> Result<Value, ManifestError> {
        if depth > MAX_DEPTH {
            return Err(ManifestError::at(
                path,
                "this variable leads back to itself",
            ));
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let body = &rest[start + 2..];
            let Some(end) = closing(body) else {
                return Err(ManifestError::at(path, format!("`{text}` lacks a `}}`")));
            };
            let inside = &body[..end];
            let after = &body[end + 1..];
            if is_variable(inside) {
                let value = self.variable(inside, path, depth + 1)?;
                if out.is_empty() && after.is_empty() && rest.len() == text.len() {
                    return Ok(value);
                }
                out.push_str(&as_text(&value).ok_or_else(|| {
                    ManifestError::at(path, format!("`${{{inside}}}` is not text"))
                })?);
            } else {
                out.push_str("${");
                out.push_str(inside);
                out.push('}');
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out.into())
    }

    /// The first of the sources that has a value.
    fn variable(&self, inside: &str, path: &str, depth: u32) -> Result<Value, ManifestError> {
        let left = self.left.get().checked_sub(1);
        self.left
            .set(left.ok_or_else(|| ManifestError::at(path, "too many variables"))?);
        for source in sources(inside) {
            let value = self.source(source, path, depth)?;
            if !value.is_null() {
                return Ok(value);
            }
            if source == "null" {
                return Ok(Value::Null);
            }
        }
        Err(ManifestError::at(
            path,
            format!("`${{{inside}}}` has no value, and no fallback"),
        ))
    }

    fn source(&self, source: &str, path: &str, depth: u32) -> Result<Value, ManifestError> {
        if source.starts_with("${") {
            return self.text(source, path, depth);
        }
        if let Some(quoted) = quoted(source) {
            return self.text(quoted, path, depth);
        }
        if let Ok(literal @ (Value::Number(_) | Value::Bool(_) | Value::Null)) =
            serde_json::from_str(source)
        {
            return Ok(literal);
        }
        let unknown = || {
            ManifestError::at(
                path,
                format!("the local runner does not understand the variable `{source}`"),
            )
        };
        let (kind, address) = source.split_once(':').ok_or_else(unknown)?;
        let address = as_text(&self.text(address, path, depth)?).ok_or_else(unknown)?;
        let named = |map: &BTreeMap<String, String>| {
            map.get(&address)
                .map_or(Value::Null, |text| text.clone().into())
        };
        match (kind, address.as_str()) {
            ("env", _) => Ok(named(&self.variables.env)),
            ("opt", _) => Ok(named(&self.variables.options)),
            ("self", _) => {
                let mut value = self.document;
                for part in address.split('.').filter(|part| !part.is_empty()) {
                    let below = match value {
                        Value::Array(items) => part.parse().ok().and_then(|i: usize| items.get(i)),
                        other => other.get(part),
                    };
                    let Some(below) = below else {
                        return Ok(Value::Null);
                    };
                    value = below;
                }
                self.value(value, &address, depth)
            }
            ("sls", "stage") => self.variable("opt:stage, self:provider.stage, 'dev'", path, depth),
            ("aws", "region") => {
                self.variable("opt:region, self:provider.region, 'us-east-1'", path, depth)
            }
            ("aws", "accountId") => Ok(super::ACCOUNT.into()),
            _ => Err(unknown()),
        }
    }
}

/// The position of the `}` that closes what begins at the start of `body`, beyond nested
/// variables and quoted texts.
fn closing(body: &str) -> Option<usize> {
    scan(body, |c, depth| c == '}' && depth == 0).next()
}

/// The parts between the commas of a variable, trimmed.
fn sources(inside: &str) -> impl Iterator<Item = &str> {
    let mut cuts: Vec<usize> = scan(inside, |c, depth| c == ',' && depth == 0).collect();
    cuts.push(inside.len());
    let mut start = 0;
    cuts.into_iter().map(move |end| {
        let part = inside[start..end].trim();
        start = end + 1;
        part
    })
}

/// Positions of the characters that `wanted` picks, given the depth of nested `${`; characters
/// within quotes are passed over.
fn scan(text: &str, wanted: impl Fn(char, usize) -> bool) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut last = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let picked = match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                false
            }
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                false
            }
            None => {
                let picked = wanted(c, depth);
                if c == '{' && last == '$' {
                    depth += 1;
                } else if c == '}' {
                    depth = depth.saturating_sub(1);
                }
                picked
            }
        };
        last = c;
        picked.then_some(at)
    })
}

/// Whether `${inside}` is a variable of the framework: its first source has a lower-case type
/// and an address or arguments. `${AWS::Region}` and `${Table.Arn}` belong to CloudFormation.
fn is_variable(inside: &str) -> bool {
    let first = inside.trim_start();
    let kind = first.split([':', '(']).next().unwrap_or(first);
    first.starts_with("${")
        || (kind.len() < first.len()
            && kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn quoted(source: &str) -> Option<&str> {
    ['\'', '"']
        .into_iter()
        .find_map(|quote| source.strip_prefix(quote)?.strip_suffix(quote))
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(document: &Value) -> Result<Value, ManifestError> {
        let variables = Variables {
            env: [("NAME".to_owned(), "tide".to_owned())].into(),
            options: [("stage".to_owned(), "prod".to_owned())].into(),
        };
        resolve(document, &variables)
    }

    #[test]
    fn variables_are_found_in_every_place_and_nested() {
        let document = json!({
            "provider": {"stage": "${opt:stage, 'dev'}", "region": "${opt:region, 'eu-west-1'}"},
            "custom": {
                "name": "${env:NAME, 'x'}-${sls:stage}",
                "sizes": {"prod": 512, "dev": 128},
                "none": null,
            },
            "a": "${self:custom.name}-inbox",
            "b": "${self:custom.sizes.${sls:stage}}",
            "c": "${env:MISSING, ${env:ALSO_MISSING, 'it, is {fine}'}}",
            "d": "${env:MISSING, env:NAME}",
            "e": "${env:MISSING, 7}",
            "f": ["${env:MISSING, ''}", "${aws:region}:${aws:accountId}"],
            "g": "${self:custom.none, 'fallback'}",
            "h": {"Fn::Sub": "arn:${AWS::Partition}:sqs:${aws:region}:${Queue.Arn}:${Name}"},
        });
        let value = resolved(&document).unwrap();
        assert_eq!(value["a"], "tide-prod-inbox");
        assert_eq!(value["b"], 512);
        assert_eq!(value["c"], "it, is {fine}");
        assert_eq!(value["d"], "tide");
        assert_eq!(value["e"], 7);
        assert_eq!(value["f"], json!(["", "eu-west-1:000000000000"]));
        assert_eq!(value["g"], "fallback");
        assert_eq!(
            value["h"]["Fn::Sub"],
            "arn:${AWS::Partition}:sqs:eu-west-1:${Queue.Arn}:${Name}"
        );
    }

    #[test]
    fn what_has_no_value_is_named_with_its_place() {
        for (text, expected) in [
            ("${env:MISSING}", "`${env:MISSING}` has no value"),
            (
                "${file(./x.yml):a}",
                "does not understand the variable `file(./x.yml):a`",
            ),
            (
                "x-${file(./y)}",
                "does not understand the variable `file(./y)`",
            ),
            ("${ssm:/x}", "does not understand the variable `ssm:/x`"),
            ("${self:a.b}", "leads back to itself"),
            ("${env:NAME", "lacks a `}`"),
            ("x${self:a}", "leads back to itself"),
            ("${self:a.b}${self:a.b}", "leads back to itself"),
        ] {
            let error = resolved(&json!({"a": {"b": text}}))
                .unwrap_err()
                .to_string();
            let named = error.starts_with("a.b: ") && error.contains(expected);
            assert!(named, "{text}: {error}");
        }
        let error = resolved(&json!({"a": {"b": "x${self:c}"}, "c": []})).unwrap_err();
        assert_eq!(error.to_string(), "a.b: `${self:c}` is not text");
    }
}
