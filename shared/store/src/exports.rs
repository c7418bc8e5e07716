//! Exports in the table: questions that were asked, and what came of them.
//!
//! `EXPORT#id` / `META`. The id is made of what is asked and when, so that a repeated event finds
//! the same item. It waits, is worked on by whoever holds its lease, and ends once; then it is
//! told, and `told_at` says that its note is in the queue. A lease that ran out means that the
//! holder died. Should the holder live after all, both end it: the first end stands.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;
use model::{Export, ExportId, ExportNotification, ExportOutcome, Message, Notification};

use crate::files::lease_end;
use crate::item::{self, Item, n, s, text};
use crate::listing::Listing;
use crate::table::Written;
use crate::{Cursor, Page, Queue, Table};

/// How many characters of a reason are kept and told.
const REASON: usize = 2_000;

/// The exports.
#[derive(Debug, Clone)]
pub struct Exports {
    table: Table,
    notifications: Option<Queue>,
}

/// How far an export is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// It is in the queue.
    Waiting,
    /// Somebody works on it.
    Working,
    /// It has ended.
    Ended(ExportOutcome),
}

/// An export as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRecord {
    /// What is asked, and when.
    pub export: Export,
    /// How far it is.
    pub state: ExportState,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportClaim {
    /// The export is ours until the lease runs out.
    Ours,
    /// It has ended and was told: nothing to do.
    Settled,
    /// It has ended, but who ended it died before it was told.
    Untold(ExportNotification),
    /// Somebody else works on it.
    Held,
}

impl Exports {
    /// The exports of this table.
    pub fn new(table: Table) -> Self {
        Self {
            table,
            notifications: None,
        }
    }

    /// The exports of this table, whose ends are told through this queue.
    pub fn telling(table: Table, notifications: Queue) -> Self {
        Self {
            table,
            notifications: Some(notifications),
        }
    }

    /// Keeps an export as waiting, unless it is known.
    pub async fn begin(&self, export: &Export) -> Result<()> {
        let mut item = item::key(partition(&export.id), "META");
        item.insert("status".to_owned(), s("waiting"));
        item.insert("asked".to_owned(), s(serde_json::to_string(export)?));
        for (name, value) in listed(export) {
            item.insert(name.to_owned(), s(value));
        }
        let put = self.table.put_once(item).await;
        put.with_context(|| format!("keep the export {}", export.id))?;
        Ok(())
    }

    /// Claims an export for [`LEASE_SECONDS`](crate::LEASE_SECONDS).
    pub async fn claim(&self, export: &Export) -> Result<ExportClaim> {
        let now = Timestamp::now();
        let mut claim = self
            .update(&export.id)
            .update_expression(format!(
                "SET #status = :working, asked = :asked, lease_until = :until, {}",
                Listing::SET_ONCE
            ))
            .condition_expression(
                "attribute_not_exists(PK) OR #status = :waiting \
                 OR (#status = :working AND lease_until < :now)",
            )
            .expression_attribute_values(":waiting", s("waiting"))
            .expression_attribute_values(":asked", s(serde_json::to_string(export)?))
            .expression_attribute_values(":until", n(lease_end(now)))
            .expression_attribute_values(":now", n(now.as_millisecond()));
        for (name, value) in listed(export) {
            claim = claim.expression_attribute_values(format!(":{name}"), s(value));
        }
        let written = self.table.update_if(claim).await;
        match written.with_context(|| format!("claim the export {}", export.id))? {
            Written::Applied => Ok(ExportClaim::Ours),
            Written::Refused(item) => Ok(match ended(&item)? {
                None => ExportClaim::Held,
                Some(_) if item.contains_key("told_at") => ExportClaim::Settled,
                Some(untold) => ExportClaim::Untold(untold),
            }),
        }
    }

    /// Holds a claimed export for another [`LEASE_SECONDS`](crate::LEASE_SECONDS); false when it
    /// has ended.
    pub async fn renew(&self, id: &ExportId) -> Result<bool> {
        let update = self
            .update(id)
            .update_expression("SET lease_until = :until")
            .condition_expression("#status = :working")
            .expression_attribute_values(":until", n(lease_end(Timestamp::now())));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("hold the export {id}"))?;
        Ok(written.is_applied())
    }

    /// Gives a claimed export back, to be worked on later.
    pub async fn release(&self, id: &ExportId) -> Result<()> {
        let update = self
            .update(id)
            .update_expression("SET lease_until = :ended")
            .condition_expression("#status = :working")
            .expression_attribute_values(":ended", n(0));
        let written = self.table.update_if(update).await;
        written.with_context(|| format!("give the export {id} back"))?;
        Ok(())
    }

    /// Ends a claimed export and tells what came of it; an end that stands already stays.
    pub async fn settle(&self, mut end: ExportNotification) -> Result<()> {
        if let ExportOutcome::Failed { reason } = &mut end.outcome {
            *reason = reason.chars().take(REASON).collect();
        }
        let update = self
            .update(&end.export)
            .update_expression("SET #status = :ended, ended = :end REMOVE lease_until")
            .condition_expression("#status = :working")
            .expression_attribute_values(":ended", s("ended"))
            .expression_attribute_values(":end", s(serde_json::to_string(&end)?));
        let written = self.table.update_if(update).await;
        let written = written.with_context(|| format!("end the export {}", end.export))?;
        if written.is_applied() {
            self.tell(end).await?;
        }
        Ok(())
    }

    /// Tells what came of an export that has ended. Of an answer that nobody wants to hear of if
    /// it is empty nothing is told.
    pub async fn tell(&self, end: ExportNotification) -> Result<()> {
        let id = end.export.clone();
        if end.outcome != ExportOutcome::Empty {
            let queue = self.notifications.as_ref();
            let queue = queue.context("these exports have no queue to be told through")?;
            let note = Message::from(Notification::Export(end));
            queue.send(note, Duration::ZERO).await?;
        }
        let update = self
            .table
            .update(partition(&id), "META")
            .update_expression("SET told_at = :at")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        let written = self.table.update_if(update).await;
        written.with_context(|| format!("mark the export {id} as told"))?;
        Ok(())
    }

    /// Looks an export up.
    pub async fn get(&self, id: &ExportId) -> Result<Option<ExportRecord>> {
        let item = self.table.get_latest(partition(id), "META").await;
        let item = item.with_context(|| format!("read the export {id}"))?;
        item.map(|item| read(&item)).transpose()
    }

    /// A page of all exports, the newest first. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<ExportRecord>> {
        let page = self.table.page_of_items(Listing::Exports, cursor, limit);
        page.await?.try_map(|item| read(&item))
    }

    fn update(&self, id: &ExportId) -> UpdateItemFluentBuilder {
        self.table
            .update(partition(id), "META")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":working", s("working"))
    }
}

fn partition(id: &ExportId) -> String {
    format!("EXPORT#{id}")
}

/// An export is listed by the instant it was asked for, which a repeated event has as well.
fn listed(export: &Export) -> [(&'static str, String); 2] {
    Listing::Exports.by_time(export.slot, &export.id)
}

fn ended(item: &Item) -> Result<Option<ExportNotification>> {
    let end = text(item, "ended").map(serde_json::from_str).transpose();
    end.context("read what came of an export")
}

fn read(item: &Item) -> Result<ExportRecord> {
    let export = text(item, "asked").context("an export asks nothing")?;
    let state = match (text(item, "status"), ended(item)?) {
        (_, Some(end)) => ExportState::Ended(end.outcome),
        (Some("waiting"), None) => ExportState::Waiting,
        _ => ExportState::Working,
    };
    Ok(ExportRecord {
        export: serde_json::from_str(export).context("read an export")?,
        state,
    })
}
