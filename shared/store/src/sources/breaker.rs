//! The breaker: a source that fails again and again is left alone for a while.
//!
//! Five failures in a row open it, for a minute at first and twice as long each time it opens
//! again, up to an hour. When the time is over, one job asks as a probe; what comes of it closes
//! or opens the breaker. A source that says itself how long it wants to be left alone is left
//! alone as long, and then asked as before. While all is well nothing is stored, and a success
//! costs nothing.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};
use model::{Failure, FailureReason};

use super::{Sources, expiry, instant, is_refused, millis};
use crate::item::{Item, n, s, text};

/// The item's sort key.
const BREAKER: &str = "BREAKER";
/// How many failures in a row open it.
const FAILURES: u32 = 5;
/// How long it is open the first time.
const FIRST: Duration = Duration::from_mins(1);
/// How long it is open at most, unless the source asks for more.
const LONGEST: Duration = Duration::from_hours(1);
/// How long a probe may take before another job becomes the probe.
const PROBE: SignedDuration = SignedDuration::from_secs(60);
/// After which time the others look whether a probe went well.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// Failures that are further apart are not in a row.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Whether a source may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Ask(Pass),
    /// Not before this instant, because of this failure.
    Wait(Timestamp, Failure),
}

/// Under which circumstances a source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// All is well.
    Free,
    /// It failed lately; a success forgets that.
    Counting,
    /// It was left alone; this job is the probe, until this instant.
    Probe(Timestamp),
}

impl Sources {
    /// Whether these sources may be asked. Of a source whose pause is over, one caller is told to
    /// ask as its probe, and the others to look again soon.
    pub async fn gates(&self, sources: &HashSet<&str>) -> Result<HashMap<String, Gate>> {
        let keys = sources
            .iter()
            .map(|source| Self::key(source, BREAKER).into());
        let items = self.table.batch_get(keys.collect(), None).await?;
        let mut stored: HashMap<&str, &Item> = items
            .iter()
            .filter_map(|item| Some((text(item, "PK")?.strip_prefix("SOURCE#")?, item)))
            .collect();
        let mut gates = HashMap::with_capacity(sources.len());
        for source in sources {
            let gate = match stored.remove(source) {
                None => Gate::Ask(Pass::Free),
                Some(item) => self.gate(source, item).await?,
            };
            gates.insert((*source).to_owned(), gate);
        }
        Ok(gates)
    }

    async fn gate(&self, source: &str, item: &Item) -> Result<Gate> {
        let Some(open_until) = instant(item, "open_until") else {
            return Ok(Gate::Ask(Pass::Counting));
        };
        let now = Timestamp::now();
        if open_until > now {
            return Ok(Gate::Wait(open_until, cause(item)));
        }
        // It was open because the source asked for it, and the source said until when.
        if number(item, "failures") < FAILURES {
            return Ok(Gate::Ask(Pass::Counting));
        }
        let probe_until = now + PROBE;
        let claim = self
            .update(source, BREAKER)
            .update_expression("SET probe_until = :until")
            .condition_expression(
                "open_until = :seen AND (attribute_not_exists(probe_until) OR probe_until <= :now)",
            )
            .expression_attribute_values(":until", millis(probe_until))
            .expression_attribute_values(":seen", millis(open_until))
            .expression_attribute_values(":now", millis(now));
        match claim.send().await {
            Ok(_) => Ok(Gate::Ask(Pass::Probe(probe_until))),
            Err(error)
                if is_refused(
                    &error,
                    UpdateItemError::is_conditional_check_failed_exception,
                ) =>
            {
                Ok(Gate::Wait(now + LOOK_AGAIN, cause(item)))
            }
            Err(error) => Err(error).with_context(|| format!("probe {source}")),
        }
    }

    /// The source answered as it should.
    pub async fn succeeded(&self, source: &str, pass: Pass) -> Result<()> {
        let delete = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .set_key(Some(Item::from(Self::key(source, BREAKER))));
        // What another job has learned meanwhile stays.
        let delete = match pass {
            Pass::Free => return Ok(()),
            Pass::Counting => delete
                .condition_expression("attribute_not_exists(open_until) OR open_until <= :now")
                .expression_attribute_values(":now", millis(Timestamp::now())),
            Pass::Probe(until) => delete
                .condition_expression("probe_until = :probe")
                .expression_attribute_values(":probe", millis(until)),
        };
        match delete.send().await {
            Err(error)
                if !is_refused(
                    &error,
                    DeleteItemError::is_conditional_check_failed_exception,
                ) =>
            {
                Err(error).with_context(|| format!("close the breaker of {source}"))
            }
            _ => Ok(()),
        }
    }

    /// The source failed. If that opens the breaker, until when.
    pub async fn failed(
        &self,
        source: &str,
        pass: Pass,
        failure: &Failure,
    ) -> Result<Option<Timestamp>> {
        let now = Timestamp::now();
        let counted = self
            .update(source, BREAKER)
            .update_expression("SET reason = :r, detail = :d, expires_at = :e ADD failures :one")
            .expression_attribute_values(":r", s(failure.reason.name()))
            .expression_attribute_values(":d", s(&failure.detail))
            .expression_attribute_values(":e", expiry(now + MEMORY))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .with_context(|| format!("count a failure of {source}"))?;
        let counted = counted.attributes.unwrap_or_default();
        let probed = matches!(pass, Pass::Probe(_));
        if number(&counted, "failures") < FAILURES && !probed {
            return Ok(None);
        }
        let trips = number(&counted, "trips");
        let pause = (FIRST * 2_u32.saturating_pow(trips).min(1 << 10)).min(LONGEST);
        let pause = pause.mul_f64(1.0 + fastrand::f64() / 4.0);
        let until = now + SignedDuration::try_from(pause)?;
        let open = self
            .update(source, BREAKER)
            .update_expression("SET open_until = :u ADD trips :one REMOVE probe_until")
            // Another job may have opened it first.
            .condition_expression("attribute_not_exists(open_until) OR open_until <= :now")
            .expression_attribute_values(":u", millis(until))
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":one", n(1));
        unless_refused(open.send().await)
            .with_context(|| format!("open the breaker of {source}"))?;
        Ok(Some(until))
    }

    /// The source wants to be left alone until then.
    pub async fn leave_alone(
        &self,
        source: &str,
        until: Timestamp,
        failure: &Failure,
    ) -> Result<()> {
        let open = self
            .update(source, BREAKER)
            .update_expression(
                "SET open_until = :u, reason = :r, detail = :d, expires_at = :e REMOVE probe_until",
            )
            // The longer pause counts.
            .condition_expression("attribute_not_exists(open_until) OR open_until < :u")
            .expression_attribute_values(":u", millis(until))
            .expression_attribute_values(":r", s(failure.reason.name()))
            .expression_attribute_values(":d", s(&failure.detail))
            .expression_attribute_values(":e", expiry(until + MEMORY));
        unless_refused(open.send().await).with_context(|| format!("leave {source} alone"))
    }
}

fn unless_refused<T>(
    result: Result<T, aws_sdk_dynamodb::error::SdkError<UpdateItemError>>,
) -> Result<()> {
    match result {
        Err(error)
            if !is_refused(
                &error,
                UpdateItemError::is_conditional_check_failed_exception,
            ) =>
        {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

fn number(item: &Item, name: &str) -> u32 {
    text(item, name)
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

fn cause(item: &Item) -> Failure {
    let reason = text(item, "reason").and_then(FailureReason::from_name);
    Failure::new(
        reason.unwrap_or(FailureReason::ShopError),
        text(item, "detail").unwrap_or_default(),
    )
}
