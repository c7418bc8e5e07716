//! Query templates: those that ship with Pricetide, and an owner's own as `templates/NAME.sql` in
//! the files bucket. An own template of a shipped one's name takes its place.

use std::collections::BTreeSet;

use anyhow::Result;
use model::TemplateName;

use crate::Bucket;

/// What the keys of own templates begin with.
const FOLDER: &str = "templates/";
/// How their keys end.
const ENDING: &str = ".sql";

/// The query templates.
#[derive(Debug, Clone)]
pub struct Templates {
    files: Bucket,
    shipped: &'static [(&'static str, &'static str)],
}

/// A template as it lies there; whether it is one is for its reader to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it is an owner's own.
    pub own: bool,
}

impl Templates {
    /// The templates of the files bucket, and those that ship (name and text).
    pub fn new(files: Bucket, shipped: &'static [(&'static str, &'static str)]) -> Self {
        Self { files, shipped }
    }

    /// The template of a name. Of a file that is longer than `limit` one byte more is read, so
    /// that its reader sees that.
    pub async fn find(&self, name: &TemplateName, limit: usize) -> Result<Option<TemplateFile>> {
        let key = format!("{FOLDER}{name}{ENDING}");
        if let Some(bytes) = self.files.read(&key, limit + 1).await? {
            return Ok(Some(TemplateFile { bytes, own: true }));
        }
        let shipped = self
            .shipped
            .iter()
            .find(|(known, _)| *known == name.as_str());
        Ok(shipped.map(|(_, text)| TemplateFile {
            bytes: text.as_bytes().to_vec(),
            own: false,
        }))
    }

    /// The names of all templates, in their order. A file whose name is none of a template's is
    /// left out.
    pub async fn names(&self) -> Result<Vec<TemplateName>> {
        let own = self.files.keys(FOLDER, None, None).await?;
        let own = own.iter().filter_map(|key| {
            let name = key.strip_prefix(FOLDER)?.strip_suffix(ENDING)?;
            name.parse().ok()
        });
        let shipped = self
            .shipped
            .iter()
            .filter_map(|(name, _)| name.parse().ok());
        let names: BTreeSet<TemplateName> = own.chain(shipped).collect();
        Ok(names.into_iter().collect())
    }
}
