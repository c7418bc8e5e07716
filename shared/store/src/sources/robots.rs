//! What a host's robots.txt says, or that it cannot be had, so that it is not asked for every
//! page.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason};

use super::{Sources, expiry, instant, millis};
use crate::item::{Item, s, text};

/// The item's sort key.
const ROBOTS: &str = "ROBOTS";
/// How long rules are used: a day (RFC 9309, 2.4).
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// How long it is remembered that a host cannot say.
const FAILED: SignedDuration = SignedDuration::from_secs(30);

/// What is known of a host's robots.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownRobots {
    /// Its rules, as [`Sources::keep_robots`] was told them, and until when they hold.
    Rules(String, Timestamp),
    /// It could not be had a moment ago, and this is why.
    Failure(Failure),
}

impl Sources {
    /// What is known of a host's robots.txt, if it is still fresh.
    pub async fn robots(&self, host: &str) -> Result<Option<KnownRobots>> {
        let item = self
            .get(host, ROBOTS)
            .await
            .with_context(|| format!("read the robots.txt of {host}"))?;
        Ok(item.as_ref().and_then(|item| {
            let until = instant(item, "fresh_until").filter(|until| *until > Timestamp::now())?;
            if let Some(rules) = text(item, "rules") {
                return Some(KnownRobots::Rules(rules.to_owned(), until));
            }
            let reason = FailureReason::from_name(text(item, "reason")?)?;
            let detail = text(item, "detail").unwrap_or_default();
            Some(KnownRobots::Failure(Failure::new(reason, detail)))
        }))
    }

    /// Keeps a host's rules for a day; returns until when.
    pub async fn keep_robots(&self, host: &str, rules: &str) -> Result<Timestamp> {
        self.keep(host, FRESH, &[("rules", rules)]).await
    }

    /// Remembers for half a minute that a host's robots.txt cannot be had.
    pub async fn keep_robots_failure(&self, host: &str, failure: &Failure) -> Result<()> {
        let said = [
            ("reason", failure.reason.name()),
            ("detail", failure.detail.as_str()),
        ];
        self.keep(host, FAILED, &said).await.map(drop)
    }

    async fn keep(
        &self,
        host: &str,
        fresh: SignedDuration,
        said: &[(&str, &str)],
    ) -> Result<Timestamp> {
        let until = Timestamp::now() + fresh;
        let mut item = Item::from(Self::key(host, ROBOTS));
        item.extend(
            said.iter()
                .map(|(name, text)| ((*name).to_owned(), s(*text))),
        );
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
