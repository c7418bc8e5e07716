//! Secrets, with a value of their own or a generated one.

use crate::manifest::reader::{At, Meaningless};

use super::name;

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What it holds at first.
    pub value: SecretValue,
}

/// What a secret holds when it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretValue {
    /// Nothing yet.
    Empty,
    /// A text that stands in the file.
    Text(String),
    /// A random text (`GenerateSecretString`).
    Generated {
        /// So many characters.
        length: u32,
        /// The characters to choose from.
        alphabet: String,
        /// The JSON object that takes the text under a key; without one, the text alone.
        template: Option<(String, String)>,
    },
}

pub(super) fn read(at: &At<'_>) -> Secret {
    const MEANINGLESS: Meaningless = &[
        ("Description", "for people"),
        ("KmsKeyId", "nothing is encrypted on one machine"),
        ("Tags", "for bills"),
    ];
    let mut fields = at.fields();
    fields.meaningless(MEANINGLESS);
    let secret_name = name(
        &mut fields,
        "Name",
        |text| {
            (1..=512).contains(&text.len())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
        },
        "1 to 512 letters, digits and /_+=.@-",
    );
    let text = fields.get("SecretString").map(|at| at.text());
    let generated = fields
        .get("GenerateSecretString")
        .map(|at| read_generated(&at));
    if text.is_some() && generated.is_some() {
        at.problem("SecretString and GenerateSecretString exclude each other");
    }
    fields.finish();
    Secret {
        name: secret_name,
        value: text
            .map(SecretValue::Text)
            .or(generated)
            .unwrap_or(SecretValue::Empty),
    }
}

fn read_generated(at: &At<'_>) -> SecretValue {
    let mut fields = at.fields();
    let length = fields
        .get("PasswordLength")
        .map_or(32, |at| at.whole(8..=4_096));
    let mut without = |key: &str| fields.get(key).is_some_and(|at| at.flag());
    let mut alphabet = String::new();
    for (key, characters) in [
        ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
        ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("ExcludeNumbers", "0123456789"),
        ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ] {
        if !without(key) {
            alphabet.push_str(characters);
        }
    }
    if without("IncludeSpace") {
        alphabet.push(' ');
    }
    if let Some(excluded) = fields.get("ExcludeCharacters") {
        let excluded = excluded.text();
        alphabet.retain(|c| !excluded.contains(c));
    }
    fields.meaningless(&[(
        "RequireEachIncludedType",
        "any text of the alphabet is as good a secret here",
    )]);
    let template = fields.get("SecretStringTemplate").map(|at| at.text());
    let key = fields.get("GenerateStringKey").map(|at| at.text());
    if template.is_some() != key.is_some() {
        at.problem("SecretStringTemplate and GenerateStringKey need each other");
    }
    if alphabet.is_empty() {
        at.problem("no character is left to choose from");
    }
    fields.finish();
    SecretValue::Generated {
        length,
        alphabet,
        template: template.zip(key),
    }
}
