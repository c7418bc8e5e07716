//! S3 buckets, declared as a resource or under `provider.s3`.

use crate::manifest::reader::{At, Meaningless};

use super::name;

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its key under `provider.s3`, when it stands there: only such buckets can have triggers.
    pub provider_key: Option<String>,
    /// Which web pages may use it.
    pub cors: Vec<CorsRule>,
}

/// One CORS rule of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    /// `GET`, `PUT`, …
    pub methods: Vec<String>,
    /// `https://…` or `*`.
    pub origins: Vec<String>,
    /// Which request headers.
    pub headers: Vec<String>,
    /// Which response headers a page may read.
    pub exposed_headers: Vec<String>,
    /// How long a browser remembers, in seconds.
    pub max_age: Option<u32>,
}

fn is_bucket_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&text.len())
        && edge(text.chars().next())
        && edge(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}

const VERSIONS: &str = "functions read the newest version, which is the one that is kept";

const BUCKET_RULE: &str = "3 to 63 of a-z, 0-9, '-' and '.', a letter or digit at both ends";

pub(super) fn read(at: &At<'_>) -> Bucket {
    const MEANINGLESS: Meaningless = &[
        (
            "PublicAccessBlockConfiguration",
            "nothing but this machine can reach it",
        ),
        ("BucketEncryption", "nothing is encrypted on one machine"),
        ("OwnershipControls", "there is one owner"),
        ("LifecycleConfiguration", "nothing is deleted"),
        ("VersioningConfiguration", VERSIONS),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let name = name(&mut fields, "BucketName", is_bucket_name, BUCKET_RULE);
    let cors = fields
        .get("CorsConfiguration")
        .map_or_else(Vec::new, |at| read_cors(&at));
    fields.finish();
    Bucket {
        name,
        provider_key: None,
        cors,
    }
}

/// A bucket under `provider.s3`, where the framework spells the first letters small.
pub(in crate::manifest) fn read_provider_bucket(key: &str, at: &At<'_>) -> Bucket {
    const MEANINGLESS: Meaningless = &[
        (
            "publicAccessBlockConfiguration",
            "nothing but this machine can reach it",
        ),
        ("bucketEncryption", "nothing is encrypted on one machine"),
        ("ownershipControls", "there is one owner"),
        ("lifecycleConfiguration", "nothing is deleted"),
        ("versioningConfiguration", VERSIONS),
        ("tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let name = name(&mut fields, "name", is_bucket_name, BUCKET_RULE);
    let cors = fields
        .get("corsConfiguration")
        .map_or_else(Vec::new, |at| read_cors(&at));
    fields.finish();
    Bucket {
        name,
        provider_key: Some(key.to_owned()),
        cors,
    }
}

fn read_cors(at: &At<'_>) -> Vec<CorsRule> {
    let mut fields = at.fields();
    let rules = fields
        .need("CorsRules")
        .map_or_else(Vec::new, |at| at.items());
    fields.finish();
    rules
        .iter()
        .map(|at| {
            let mut fields = at.fields();
            fields.meaningless(&[("Id", "for people")]);
            let mut texts = |key: &str| fields.get(key).map_or_else(Vec::new, |at| at.texts());
            let rule = CorsRule {
                methods: texts("AllowedMethods"),
                origins: texts("AllowedOrigins"),
                headers: texts("AllowedHeaders"),
                exposed_headers: texts("ExposedHeaders"),
                max_age: fields.get("MaxAge").map(|at| at.whole(0..=86_400)),
            };
            if rule.methods.is_empty() || rule.origins.is_empty() {
                at.problem("a CORS rule needs AllowedMethods and AllowedOrigins");
            }
            fields.finish();
            rule
        })
        .collect()
}
