//! DynamoDB tables.

use std::collections::BTreeMap;

use crate::manifest::reader::{At, Meaningless};

use super::name;

/// A table on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Attributes that keys use: name and type (`S`, `N`, `B`).
    pub attributes: BTreeMap<String, String>,
    /// Its key.
    pub key: Key,
    /// Its global secondary indexes.
    pub indexes: Vec<Index>,
    /// The attribute that says when an item expires.
    pub ttl_attribute: Option<String>,
}

/// A partition key and perhaps a sort key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// The partition key.
    pub partition: String,
    /// The sort key.
    pub sort: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Key,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// With `INCLUDE`: which attributes.
    pub included: Vec<String>,
}

fn read_key(at: &At<'_>, attributes: &BTreeMap<String, String>) -> Key {
    let mut key = Key::default();
    for part in at.items() {
        let mut fields = part.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let kind = fields.need("KeyType").map(|at| at.text());
        fields.finish();
        let (Some(attribute), Some(kind)) = (attribute, kind) else {
            continue;
        };
        if !attributes.contains_key(&attribute) {
            part.problem(format!("AttributeDefinitions lack `{attribute}`"));
        }
        match kind.as_str() {
            "HASH" => key.partition = attribute,
            "RANGE" => key.sort = Some(attribute),
            _ => part.problem("expected HASH or RANGE"),
        }
    }
    if key.partition.is_empty() {
        at.problem("lacks a HASH key");
    }
    key
}

pub(super) fn read(at: &At<'_>) -> Table {
    const MEANINGLESS: Meaningless = &[
        ("BillingMode", "nothing is billed"),
        ("ProvisionedThroughput", "nothing is throttled"),
        ("OnDemandThroughput", "nothing is throttled"),
        (
            "PointInTimeRecoverySpecification",
            "a backup is a copy of the data folder",
        ),
        ("SSESpecification", "nothing is encrypted on one machine"),
        ("DeletionProtectionEnabled", "nothing is deleted"),
        ("TableClass", "for bills"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let mut attributes = BTreeMap::new();
    for part in fields
        .need("AttributeDefinitions")
        .map_or_else(Vec::new, |at| at.items())
    {
        let mut fields = part.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let kind = fields.need("AttributeType").map(|at| at.text());
        fields.finish();
        if let (Some(attribute), Some(kind)) = (attribute, kind) {
            if !matches!(kind.as_str(), "S" | "N" | "B") {
                part.problem("expected S, N or B");
            }
            attributes.insert(attribute, kind);
        }
    }
    let key = fields
        .need("KeySchema")
        .map_or_else(Key::default, |at| read_key(&at, &attributes));
    let indexes: Vec<Index> = fields
        .get("GlobalSecondaryIndexes")
        .map_or_else(Vec::new, |at| at.items())
        .iter()
        .map(|at| read_index(at, &attributes))
        .collect();
    for unused in attributes.keys().filter(|attribute| {
        !std::iter::once(&key)
            .chain(indexes.iter().map(|index| &index.key))
            .any(|key| key.partition == **attribute || key.sort.as_ref() == Some(attribute))
    }) {
        at.problem(format!(
            "no key uses the attribute `{unused}`, which AWS refuses"
        ));
    }
    let ttl_attribute = fields.get("TimeToLiveSpecification").and_then(|at| {
        let mut fields = at.fields();
        let attribute = fields.need("AttributeName").map(|at| at.text());
        let enabled = fields.need("Enabled").is_some_and(|at| at.flag());
        fields.finish();
        attribute.filter(|_| enabled)
    });
    let name = name(
        &mut fields,
        "TableName",
        |text| {
            (3..=255).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        },
        "3 to 255 letters, digits, '-', '_' and '.'",
    );
    fields.finish();
    Table {
        name,
        attributes,
        key,
        indexes,
        ttl_attribute,
    }
}

fn read_index(at: &At<'_>, attributes: &BTreeMap<String, String>) -> Index {
    const MEANINGLESS: Meaningless = &[
        ("ProvisionedThroughput", "nothing is throttled"),
        ("OnDemandThroughput", "nothing is throttled"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let index_name = fields
        .need("IndexName")
        .map_or_else(String::new, |at| at.text());
    let key = fields
        .need("KeySchema")
        .map_or_else(Key::default, |at| read_key(&at, attributes));
    let (mut projection, mut included) = (String::new(), Vec::new());
    if let Some(at) = fields.need("Projection") {
        let mut fields = at.fields();
        if let Some(kind) = fields.need("ProjectionType") {
            projection = kind.text();
            if !matches!(projection.as_str(), "ALL" | "KEYS_ONLY" | "INCLUDE") {
                kind.problem("expected ALL, KEYS_ONLY or INCLUDE");
            }
        }
        included = fields
            .get("NonKeyAttributes")
            .map_or_else(Vec::new, |at| at.texts());
        fields.finish();
    }
    fields.finish();
    Index {
        name: index_name,
        key,
        projection,
        included,
    }
}
