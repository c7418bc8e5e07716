//! YAML with CloudFormation's short tags, as plain JSON: `!Ref Table` is `{"Ref": "Table"}`, so
//! that nothing after this module has to know both spellings.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

use super::ManifestError;

/// Reads one YAML document.
pub(super) fn parse(text: &str) -> Result<Value, ManifestError> {
    let mut documents =
        Yaml::load_from_str(text).map_err(|error| ManifestError::at("", error.to_string()))?;
    match documents.len() {
        1 => convert(documents.remove(0), ""),
        found => Err(ManifestError::at(
            "",
            format!("the file holds {found} YAML documents, expected one"),
        )),
    }
}

fn convert(yaml: Yaml<'_>, path: &str) -> Result<Value, ManifestError> {
    Ok(match yaml {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(flag) => flag.into(),
            Scalar::Integer(number) => number.into(),
            Scalar::FloatingPoint(number) => number.into_inner().into(),
            Scalar::String(text) => text.into_owned().into(),
        },
        Yaml::Sequence(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| convert(item, &format!("{path}[{index}]")))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::Value(Scalar::String(text)) => text.into_owned(),
                    Yaml::Value(Scalar::Integer(number)) => number.to_string(),
                    Yaml::Value(Scalar::Boolean(flag)) => flag.to_string(),
                    other => {
                        return Err(ManifestError::at(
                            path,
                            format!("the key {other:?} is not a name"),
                        ));
                    }
                };
                let below = super::reader::join(path, &key);
                let value = convert(value, &below)?;
                map.insert(key, value);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, inner) => {
            if tag.handle != "!" {
                return Err(ManifestError::at(
                    path,
                    format!("the local runner does not understand the tag {tag}"),
                ));
            }
            let name = tag.suffix.clone();
            intrinsic(&name, convert(*inner, path)?)
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(ManifestError::at(path, "this value cannot be read"));
        }
    })
}

/// The long form of a short tag. `!GetAtt A.B` names its attribute after the first dot.
fn intrinsic(tag: &str, value: Value) -> Value {
    let (name, value) = match (tag, value) {
        ("Ref" | "Condition", value) => (tag.to_owned(), value),
        ("GetAtt", Value::String(text)) => {
            let parts = text.split_once('.').map_or_else(
                || vec![text.clone()],
                |(resource, attribute)| vec![resource.to_owned(), attribute.to_owned()],
            );
            ("Fn::GetAtt".to_owned(), parts.into())
        }
        (tag, value) => (format!("Fn::{tag}"), value),
    };
    Value::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_become_their_long_form() {
        let text = "a: !Ref Table\nb: !GetAtt Queue.Arn\nc: !Sub '${AWS::Region}-x'\nd: !Join [':', [x, !Ref Y]]\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({
                "a": {"Ref": "Table"},
                "b": {"Fn::GetAtt": ["Queue", "Arn"]},
                "c": {"Fn::Sub": "${AWS::Region}-x"},
                "d": {"Fn::Join": [":", ["x", {"Ref": "Y"}]]},
            })
        );
    }

    #[test]
    fn a_repeated_key_is_refused() {
        assert!(parse("a: 1\na: 2\n").is_err());
    }

    #[test]
    fn a_foreign_tag_is_refused_by_name() {
        let error = parse("functions:\n  a: !e!x 1\n").unwrap_err().to_string();
        assert!(error.contains('e'), "{error}");
    }
}
