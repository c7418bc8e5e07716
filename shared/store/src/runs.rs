//! Runs in the table: their plan, their state and what came of them.
//!
//! `RUN#id` / `META` is the run. `RUN#id` / `PLAN#05#0000` is a page of its plan: the products
//! of one shard, and where the next page begins. A page is written once and then stands: who
//! repeats the planning after a crash follows the pages that are there, so that a run's set of
//! jobs never changes, whatever happens to the catalogue meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use model::{FailureReason, ProductId, RunId};

use crate::item::{self, Item, n, parsed, parsed_if_any, s, text};
use crate::listing::Listing;
use crate::{Cursor, Page, Table};

/// The runs.
#[derive(Debug, Clone)]
pub struct Runs {
    table: Table,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Its jobs are being sent.
    Planning,
    /// All its jobs are sent.
    Running,
    /// Every job has its outcome.
    Complete,
    /// It was closed before every job had its outcome.
    Incomplete,
}

/// A run as stored.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which run.
    pub id: RunId,
    /// How far it is.
    pub status: RunStatus,
    /// When it was begun.
    pub created_at: Timestamp,
    /// How many jobs it has; known from [`RunStatus::Running`] on.
    pub expected: Option<u64>,
    /// What came of it; known when it is closed.
    pub totals: Option<RunTotals>,
    /// The key of its workbook in the files bucket, when there is one.
    pub workbook: Option<String>,
    /// Why nobody looks at it any more, though it is not closed.
    pub stalled: Option<String>,
    /// The sources of which most jobs failed; known when it is closed.
    pub failing: Vec<String>,
    /// How often its failed jobs were tried again.
    pub redrives: u32,
    /// When it was last opened again for that.
    pub reopened_at: Option<Timestamp>,
}

/// What came of a run, in jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// Ended with a price that counts.
    pub prices: u64,
    /// Ended with a price that moved too far and was not confirmed.
    pub unconfirmed: u64,
    /// Ended with a failure, by reason.
    pub failures: BTreeMap<FailureReason, u64>,
    /// Have no outcome.
    pub missing: u64,
}

/// A page of a run's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPage {
    /// The products to fetch.
    pub products: Vec<ProductId>,
    /// The last product before the next page; none on a shard's last page.
    pub next: Option<ProductId>,
}

impl RunStatus {
    const ALL: [Self; 4] = [
        Self::Planning,
        Self::Running,
        Self::Complete,
        Self::Incomplete,
    ];

    /// The name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
        }
    }

    /// Whether nothing more will happen to the run.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Complete | Self::Incomplete)
    }
}

impl Runs {
    /// The runs of this table.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// Begins a run, or finds it where it stands.
    pub async fn begin(&self, id: &RunId) -> Result<Run> {
        let created_at = Timestamp::now();
        let mut item = item::key(key(id), "META");
        item.insert("status".to_owned(), s(RunStatus::Planning.name()));
        item.insert("created_at".to_owned(), s(created_at.to_string()));
        for (name, value) in Listing::Runs.by_time(id.slot, &id.schedule) {
            item.insert(name.to_owned(), s(value));
        }
        match self.table.put_once(item).await {
            Ok(None) => Ok(Run {
                id: id.clone(),
                status: RunStatus::Planning,
                created_at,
                expected: None,
                totals: None,
                workbook: None,
                stalled: None,
                failing: Vec::new(),
                redrives: 0,
                reopened_at: None,
            }),
            Ok(Some(standing)) => read(id, &standing),
            Err(error) => Err(error).with_context(|| format!("begin the run {id}")),
        }
    }

    /// Looks a run up.
    pub async fn get(&self, id: &RunId) -> Result<Option<Run>> {
        let item = self.table.get_latest(key(id), "META").await;
        let item = item.with_context(|| format!("read the run {id}"))?;
        item.map(|item| read(id, &item)).transpose()
    }

    /// A page of all runs, the newest slot first. Eventually consistent.
    pub async fn list(&self, cursor: Option<&Cursor>, limit: u16) -> Result<Page<Run>> {
        let page = self.table.page_of_items(Listing::Runs, cursor, limit);
        page.await?.try_map(|item| {
            let key = text(&item, "PK").unwrap_or_default();
            let id = key.strip_prefix("RUN#").unwrap_or(key).parse()?;
            read(&id, &item)
        })
    }

    /// Proposes a page of the plan and returns the page that stands, and whether it stood before:
    /// this one, or the one that an earlier attempt wrote.
    pub async fn plan(
        &self,
        id: &RunId,
        shard: u8,
        page: u32,
        plan: PlanPage,
    ) -> Result<(PlanPage, bool)> {
        let products: Vec<&str> = plan.products.iter().map(ProductId::as_str).collect();
        let mut item = item::key(key(id), &plan_key(shard, page));
        item.insert("products".to_owned(), s(products.join("\n")));
        if let Some(next) = &plan.next {
            item.insert("next".to_owned(), s(next.as_str()));
        }
        match self.table.put_once(item).await {
            Ok(None) => Ok((plan, false)),
            Ok(Some(standing)) => Ok((read_plan(&standing)?, true)),
            Err(error) => Err(error).with_context(|| format!("plan the run {id}")),
        }
    }

    /// A page of the run's plan, if it was written.
    pub async fn plan_page(&self, id: &RunId, shard: u8, page: u32) -> Result<Option<PlanPage>> {
        let page = plan_key(shard, page);
        let item = self.table.get_latest(key(id), &page).await;
        let item = item.with_context(|| format!("read the plan of {id}"))?;
        item.as_ref().map(read_plan).transpose()
    }

    /// Every product of the run's plan, held in memory all together: for small runs and tests.
    pub async fn planned(&self, id: &RunId) -> Result<BTreeSet<ProductId>> {
        let mut items = self
            .table
            .query()
            .key_condition_expression("PK = :r AND begins_with(SK, :p)")
            .expression_attribute_values(":r", s(key(id)))
            .expression_attribute_values(":p", s("PLAN#"))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut all = BTreeSet::new();
        while let Some(item) = items.next().await {
            let item = item.with_context(|| format!("read the plan of {id}"))?;
            all.extend(read_plan(&item)?.products);
        }
        Ok(all)
    }

    /// Says that all jobs of a run are sent, and how many. Only a run that is being planned
    /// changes.
    pub async fn start(&self, id: &RunId, expected: u64) -> Result<()> {
        let update = self
            .update(id, RunStatus::Planning, RunStatus::Running)
            .update_expression("SET #status = :to, expected = :e")
            .expression_attribute_values(":e", n(expected));
        self.apply(update)
            .await
            .with_context(|| format!("start the run {id}"))
    }

    /// Says that nobody looks at a run any more, because its closing failed too often, and why. It
    /// is closed as ever when somebody asks for it again. A closed run stays as it is.
    pub async fn stall(&self, id: &RunId, why: &str) -> Result<()> {
        let update = self
            .table
            .update(key(id), "META")
            .update_expression("SET stalled = :why")
            .condition_expression("#status IN (:planning, :running)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":planning", s(RunStatus::Planning.name()))
            .expression_attribute_values(":running", s(RunStatus::Running.name()))
            .expression_attribute_values(":why", s(why));
        self.apply(update)
            .await
            .with_context(|| format!("mark the run {id} as stalled"))
    }

    /// Opens a closed run again for its redrive of this number: it is planned anew, with the plan that
    /// stands. A run that is open, or that had this redrive, stays as it is.
    pub async fn reopen(&self, id: &RunId, number: u32) -> Result<()> {
        let update = self
            .table
            .update(key(id), "META")
            .update_expression("SET #status = :to, redrives = :n, reopened_at = :at")
            .condition_expression(
                "#status IN (:complete, :incomplete) AND (attribute_not_exists(redrives) OR redrives < :n)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":complete", s(RunStatus::Complete.name()))
            .expression_attribute_values(":incomplete", s(RunStatus::Incomplete.name()))
            .expression_attribute_values(":to", s(RunStatus::Planning.name()))
            .expression_attribute_values(":n", n(number))
            .expression_attribute_values(":at", s(Timestamp::now().to_string()));
        self.apply(update)
            .await
            .with_context(|| format!("open the run {id} again"))
    }

    /// Closes a running run. Only a run that is running changes.
    pub async fn close(
        &self,
        id: &RunId,
        status: RunStatus,
        totals: &RunTotals,
        workbook: &str,
        failing: &[&str],
    ) -> Result<()> {
        let failures = totals
            .failures
            .iter()
            .map(|(reason, count)| (reason.name().to_owned(), n(count)))
            .collect();
        let update = self
            .update(id, RunStatus::Running, status)
            .update_expression(
                "SET #status = :to, closed_at = :at, prices = :p, unconfirmed = :u, failures = :f, #missing = :m, workbook = :w, failing = :s REMOVE stalled",
            )
            .expression_attribute_names("#missing", "missing")
            .expression_attribute_values(":at", s(Timestamp::now().to_string()))
            .expression_attribute_values(":p", n(totals.prices))
            .expression_attribute_values(":u", n(totals.unconfirmed))
            .expression_attribute_values(":f", AttributeValue::M(failures))
            .expression_attribute_values(":m", n(totals.missing))
            .expression_attribute_values(":w", s(workbook))
            .expression_attribute_values(":s", s(failing.join("\n")));
        self.apply(update)
            .await
            .with_context(|| format!("close the run {id}"))
    }

    /// The number of the next writing of a closed run's archive file; closing itself writes the first.
    /// Taken before the outcomes are read, so that the file of a higher number is never older than
    /// one of a lower.
    pub async fn next_generation(&self, id: &RunId) -> Result<u32> {
        let update = self
            .table
            .update(key(id), "META")
            .update_expression("SET generation = if_not_exists(generation, :first) + :one")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":first", n(1))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = update.send().await;
        let answer = answer.with_context(|| format!("number the next archive file of {id}"))?;
        parsed(&answer.attributes.unwrap_or_default(), "generation")
    }

    fn update(&self, id: &RunId, from: RunStatus, to: RunStatus) -> UpdateItemFluentBuilder {
        self.table
            .update(key(id), "META")
            .condition_expression("#status = :from")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":from", s(from.name()))
            .expression_attribute_values(":to", s(to.name()))
    }

    /// An update whose condition fails found the run further on, where it shall stay.
    async fn apply(&self, update: UpdateItemFluentBuilder) -> Result<()> {
        self.table.update_if(update).await?;
        Ok(())
    }
}

fn key(id: &RunId) -> String {
    format!("RUN#{id}")
}

fn plan_key(shard: u8, page: u32) -> String {
    format!("PLAN#{shard:02}#{page:04}")
}

fn read(id: &RunId, item: &Item) -> Result<Run> {
    let status = text(item, "status").unwrap_or_default();
    let status = RunStatus::ALL
        .into_iter()
        .find(|known| known.name() == status)
        .with_context(|| format!("the run {id} has the status {status:?}"))?;
    let totals = match parsed_if_any(item, "prices")? {
        None => None,
        Some(prices) => Some(RunTotals {
            prices,
            unconfirmed: parsed_if_any(item, "unconfirmed")?.unwrap_or_default(),
            failures: read_failures(item)?,
            missing: parsed(item, "missing")?,
        }),
    };
    Ok(Run {
        id: id.clone(),
        status,
        created_at: parsed(item, "created_at")?,
        expected: parsed_if_any(item, "expected")?,
        totals,
        workbook: text(item, "workbook").map(str::to_owned),
        stalled: text(item, "stalled").map(str::to_owned),
        failing: text(item, "failing")
            .map(|sources| sources.lines().map(str::to_owned).collect())
            .unwrap_or_default(),
        redrives: parsed_if_any(item, "redrives")?.unwrap_or_default(),
        reopened_at: parsed_if_any(item, "reopened_at")?,
    })
}

fn read_failures(item: &Item) -> Result<BTreeMap<FailureReason, u64>> {
    let Some(AttributeValue::M(counts)) = item.get("failures") else {
        return Ok(BTreeMap::new());
    };
    FailureReason::ALL
        .iter()
        .filter(|reason| counts.contains_key(reason.name()))
        .map(|reason| Ok((*reason, parsed(counts, reason.name())?)))
        .collect()
}

fn read_plan(item: &Item) -> Result<PlanPage> {
    let products = text(item, "products").context("the plan has no products")?;
    let products = products
        .lines()
        .map(|id| Ok(ProductId::new(id)?))
        .collect::<Result<_>>()?;
    Ok(PlanPage {
        products,
        next: parsed_if_any(item, "next")?,
    })
}
