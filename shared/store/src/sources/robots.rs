//! What a host's robots.txt says, so that it is not fetched for every page.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::{Sources, expiry, instant, millis};
use crate::item::{Item, s, text};

/// The item's sort key.
const ROBOTS: &str = "ROBOTS";
/// How long rules are used: a day (RFC 9309, 2.4).
const FRESH: SignedDuration = SignedDuration::from_hours(24);

impl Sources {
    /// The rules that a host gave, as [`Self::keep_robots`] was told them, and until when they
    /// hold.
    pub async fn robots(&self, host: &str) -> Result<Option<(String, Timestamp)>> {
        let item = self
            .get(host, ROBOTS)
            .await
            .with_context(|| format!("read the robots.txt of {host}"))?;
        let known = item.as_ref().and_then(|item| {
            let until = instant(item, "fresh_until")?;
            Some((text(item, "rules")?.to_owned(), until))
        });
        Ok(known.filter(|(_, until)| *until > Timestamp::now()))
    }

    /// Keeps a host's rules for a day; returns until when.
    pub async fn keep_robots(&self, host: &str, rules: &str) -> Result<Timestamp> {
        let until = Timestamp::now() + FRESH;
        let mut item = Item::from(Self::key(host, ROBOTS));
        item.insert("rules".to_owned(), s(rules));
        item.insert("fresh_until".to_owned(), millis(until));
        item.insert("expires_at".to_owned(), expiry(until));
        self.table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .send()
            .await
            .with_context(|| format!("keep the robots.txt of {host}"))?;
        Ok(until)
    }
}
