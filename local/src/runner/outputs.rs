//! What the resources turned out to be: the values that `!Ref` and `!GetAtt` stand for.

use std::collections::BTreeMap;

use crate::manifest::{ACCOUNT, Expression, Manifest, naming};

/// The values of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Output {
    /// What `!Ref` gives.
    pub(super) reference: String,
    /// What `!GetAtt` gives, by attribute.
    pub(super) attributes: BTreeMap<&'static str, String>,
}

/// The values of all resources, by logical id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outputs {
    region: String,
    stack: String,
    resources: BTreeMap<String, Output>,
    /// The host that stands for every distribution, and speaks no TLS.
    plain_host: Option<String>,
}

impl Outputs {
    pub(super) fn new(manifest: &Manifest) -> Self {
        let mut outputs = Self {
            region: manifest.region.clone(),
            stack: format!("{}-{}", manifest.service, manifest.stage),
            resources: BTreeMap::new(),
            plain_host: None,
        };
        for function in manifest.functions.values() {
            let arn = function_arn(&manifest.region, &function.name);
            outputs.set(
                naming::function_id(&function.key),
                function.name.clone(),
                [("Arn", arn)],
            );
            let group = format!("/aws/lambda/{}", function.name);
            let region = &manifest.region;
            let arn = format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:*");
            outputs.set(naming::log_group_id(&function.key), group, [("Arn", arn)]);
        }
        outputs
    }

    pub(super) fn set<const N: usize>(
        &mut self,
        id: impl Into<String>,
        reference: String,
        attributes: [(&'static str, String); N],
    ) {
        let output = Output {
            reference,
            attributes: attributes.into(),
        };
        self.resources.insert(id.into(), output);
    }

    /// Has the local HTTP API stand for a distribution. What the file calls `https://…` of it is
    /// plain HTTP here.
    pub(super) fn set_plain_host(&mut self, distribution: &str, host: String) {
        self.set(
            distribution,
            "local".to_owned(),
            [("DomainName", host.clone())],
        );
        self.plain_host = Some(host);
    }

    /// What `!Ref id` gives: the URL of a queue, the name of a table or bucket, the ARN of a
    /// secret.
    pub fn reference(&self, id: &str) -> Option<&str> {
        self.resources.get(id).map(|output| &*output.reference)
    }

    /// What `!GetAtt id.attribute` gives.
    pub fn attribute(&self, id: &str, attribute: &str) -> Option<&str> {
        let output = self.resources.get(id)?;
        output.attributes.get(attribute).map(String::as_str)
    }

    /// The text of an expression, or what is not known.
    pub(super) fn resolve(&self, expression: &Expression) -> Result<String, String> {
        Ok(match expression {
            Expression::Text(text) => text.clone(),
            Expression::Ref(id) => match id.as_str() {
                "AWS::AccountId" => ACCOUNT.to_owned(),
                "AWS::Partition" => "aws".to_owned(),
                "AWS::Region" => self.region.clone(),
                "AWS::StackName" => self.stack.clone(),
                "AWS::URLSuffix" => "amazonaws.com".to_owned(),
                id => self
                    .reference(id)
                    .ok_or_else(|| format!("the local runner has no value for `{id}`"))?
                    .to_owned(),
            },
            Expression::Attribute {
                resource,
                attribute,
            } => self
                .attribute(resource, attribute)
                .ok_or_else(|| {
                    format!("the local runner has no value for `{resource}.{attribute}`")
                })?
                .to_owned(),
            Expression::Concat(parts) => {
                let text = parts
                    .iter()
                    .map(|part| self.resolve(part))
                    .collect::<Result<String, _>>()?;
                match &self.plain_host {
                    Some(host) => {
                        text.replace(&format!("https://{host}"), &format!("http://{host}"))
                    }
                    None => text,
                }
            }
        })
    }
}

/// The ARN of a function.
pub(super) fn function_arn(region: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{name}")
}
