//! Grants in the table: the tokens that an owner gave out, and the share links.
//!
//! `GRANTS` / id. Of a token only its digest is stored. A revoked grant is deleted, so that it
//! counts no longer at the very next request.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use model::{ItemId, ProductId};

use crate::Table;
use crate::item::{self, Item, parsed, s, text};

/// The partition of all grants.
const PARTITION: &str = "GRANTS";

/// The grants.
#[derive(Debug, Clone)]
pub struct Grants {
    table: Table,
}

/// Leave to use the API, for whoever has its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id, which is part of the token.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub kind: GrantKind,
    /// The digest of the token, as the API computes it.
    pub digest: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a grant allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantKind {
    /// Reading everything.
    Viewer,
    /// Reading and changing everything.
    Editor,
    /// Reading one product or item.
    Share(ShareScope),
}

/// What a share link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareScope {
    /// One product.
    Product(ProductId),
    /// One item with the products that are its offers.
    Item(ItemId),
}

impl Grants {
    /// The grants of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Stores a grant.
    pub async fn put(&self, grant: &Grant) -> Result<()> {
        let mut item = item::key(PARTITION, &grant.id);
        item.insert("name".to_owned(), s(&grant.name));
        item.insert("digest".to_owned(), s(&grant.digest));
        item.insert("created_at".to_owned(), s(grant.created_at.to_string()));
        let kind = match &grant.kind {
            GrantKind::Viewer => "viewer",
            GrantKind::Editor => "editor",
            GrantKind::Share(ShareScope::Product(id)) => {
                item.insert("product".to_owned(), s(id.as_str()));
                "share"
            }
            GrantKind::Share(ShareScope::Item(id)) => {
                item.insert("item".to_owned(), s(id.as_str()));
                "share"
            }
        };
        item.insert("kind".to_owned(), s(kind));
        self.table
            .put(item)
            .send()
            .await
            .with_context(|| format!("store the grant {}", grant.id))?;
        Ok(())
    }

    /// Looks a grant up, as the latest write left it.
    pub async fn get(&self, id: &str) -> Result<Option<Grant>> {
        let item = self.table.get_latest(PARTITION.to_owned(), id).await;
        let item = item.with_context(|| format!("read the grant {id}"))?;
        item.as_ref().map(read).transpose()
    }

    /// Every grant, ordered by id.
    pub async fn all(&self) -> Result<Vec<Grant>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :p")
            .expression_attribute_values(":p", s(PARTITION))
            .into_paginator()
            .items()
            .send();
        let mut grants = Vec::new();
        while let Some(item) = items.next().await {
            grants.push(read(&item.context("read the grants")?)?);
        }
        Ok(grants)
    }

    /// Ends a grant; false when there is none.
    pub async fn revoke(&self, id: &str) -> Result<bool> {
        let revoked = self.table.delete(PARTITION.to_owned(), id).await;
        revoked.with_context(|| format!("revoke the grant {id}"))
    }
}

fn read(item: &Item) -> Result<Grant> {
    let owned = |name| {
        text(item, name)
            .map(str::to_owned)
            .with_context(|| format!("a grant has no {name}"))
    };
    let kind = match text(item, "kind") {
        Some("viewer") => GrantKind::Viewer,
        Some("editor") => GrantKind::Editor,
        Some("share") => GrantKind::Share(match text(item, "item") {
            Some(_) => ShareScope::Item(parsed(item, "item")?),
            None => ShareScope::Product(parsed(item, "product")?),
        }),
        other => bail!("a grant is of the kind {other:?}"),
    };
    Ok(Grant {
        id: owned("SK")?,
        name: owned("name")?,
        kind,
        digest: owned("digest")?,
        created_at: parsed(item, "created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_of_no_known_kind_is_refused() {
        let item = Item::from([
            ("SK".to_owned(), s("a1")),
            ("kind".to_owned(), s("admin")),
            ("name".to_owned(), s("n")),
            ("digest".to_owned(), s("d")),
            ("created_at".to_owned(), s("2026-11-21T01:15:00Z")),
        ]);
        assert!(read(&item).is_err());
    }
}
