//! The circuit breaker of a source, which all workers share.
//!
//! While a source is well nothing is stored, and a success costs nothing. From its first failure
//! on the state is an item that all workers read with their batch. A batch tells what came of
//! its calls in one write, and a failure at once, with the calls that were not told yet.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;
use model::Failure;

use super::circuit::{Admitted, Calls, Circuit, Pass};
use super::{Sources, expiry};
use crate::item::{Item, s, text};

/// The item's sort key.
const BREAKER: &str = "BREAKER";
/// How often a change is tried while other workers change the state at the same time.
const ATTEMPTS: u32 = 30;

impl Sources {
    /// Which of the jobs that want to ask these sources may: by source the products, best first.
    pub async fn admit(
        &self,
        wanted: &HashMap<&str, Vec<&str>>,
    ) -> Result<HashMap<String, Admitted>> {
        let keys = wanted
            .keys()
            .map(|source| Self::key(source, BREAKER).into());
        let items = self.table.batch_get(keys.collect(), None).await?;
        let mut stored: HashMap<&str, String> = items
            .iter()
            .filter_map(|item| {
                let source = text(item, "PK")?.strip_prefix("SOURCE#")?;
                Some((source, state(item)?))
            })
            .collect();
        let mut admitted = HashMap::with_capacity(wanted.len());
        for (source, products) in wanted {
            let standing = stored.remove(source);
            let seen = Circuit::read(standing.as_deref());
            let mut ahead = seen.clone();
            let mut answer = ahead.admit(Timestamp::now(), products);
            // Who may ask is written down where there are but some who may.
            if ahead != seen && answer.pass != Pass::Free && !answer.products.is_empty() {
                self.change_breaker(source, standing, |circuit| {
                    answer = circuit.admit(Timestamp::now(), products);
                })
                .await?;
            }
            admitted.insert((*source).to_owned(), answer);
        }
        Ok(admitted)
    }

    /// Until when a source is left alone, and why, if it is.
    pub async fn left_alone(&self, source: &str) -> Result<Option<(Timestamp, Failure)>> {
        let item = self.get(source, BREAKER).await?;
        let circuit = Circuit::read(item.as_ref().and_then(state).as_deref());
        let until = circuit.open_until(Timestamp::now());
        Ok(until.map(|until| (until, circuit.cause())))
    }

    /// Counts calls of a source, and the failure of one of them. If the source is to be left
    /// alone, until when.
    pub async fn count_calls(
        &self,
        source: &str,
        calls: Calls,
        failure: Option<&Failure>,
    ) -> Result<Option<Timestamp>> {
        let jitter = fastrand::f64();
        let circuit = self
            .changed(source, |circuit| {
                circuit.count(Timestamp::now(), calls, failure, jitter);
            })
            .await?;
        Ok(circuit.open_until(Timestamp::now()))
    }

    /// Tells what came of a probe. If the source is to be left alone, until when.
    pub async fn probed(
        &self,
        source: &str,
        product: &str,
        failure: Option<&Failure>,
    ) -> Result<Option<Timestamp>> {
        let jitter = fastrand::f64();
        let circuit = self
            .changed(source, |circuit| {
                circuit.probed(Timestamp::now(), product, failure, jitter);
            })
            .await?;
        Ok(circuit.open_until(Timestamp::now()))
    }

    /// The source wants to be left alone until then.
    pub async fn leave_alone(
        &self,
        source: &str,
        until: Timestamp,
        failure: &Failure,
    ) -> Result<()> {
        self.changed(source, |circuit| {
            circuit.leave_alone(Timestamp::now(), until, failure);
        })
        .await
        .map(drop)
    }

    async fn changed(&self, source: &str, change: impl FnMut(&mut Circuit)) -> Result<Circuit> {
        let item = self.get(source, BREAKER).await?;
        let seen = item.as_ref().and_then(state);
        self.change_breaker(source, seen, change).await
    }

    /// Changes the state of a breaker, while other workers change it too.
    async fn change_breaker(
        &self,
        source: &str,
        mut seen: Option<String>,
        mut change: impl FnMut(&mut Circuit),
    ) -> Result<Circuit> {
        for attempt in 0..ATTEMPTS {
            let standing = Circuit::read(seen.as_deref());
            let mut circuit = standing.clone();
            change(&mut circuit);
            if circuit == standing {
                return Ok(circuit);
            }
            match self.replace_breaker(source, seen, &circuit).await? {
                Ok(()) => return Ok(circuit),
                Err(standing) => seen = standing,
            }
            let wait = Duration::from_millis(2 << attempt.min(6)).mul_f64(fastrand::f64());
            tokio::time::sleep(wait).await;
        }
        bail!("the breaker of {source} was not told in {ATTEMPTS} attempts: too many workers tell")
    }

    /// Puts a state in the place of what was `seen`; if something else stands there, returns it.
    async fn replace_breaker(
        &self,
        source: &str,
        seen: Option<String>,
        circuit: &Circuit,
    ) -> Result<Result<(), Option<String>>> {
        let update = self
            .update(source, BREAKER)
            .update_expression("SET circuit = :c, expires_at = :e")
            .expression_attribute_values(":c", s(serde_json::to_string(circuit)?))
            .expression_attribute_values(":e", expiry(circuit.forget_at()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match seen {
            Some(seen) => update
                .condition_expression("circuit = :seen")
                .expression_attribute_values(":seen", s(seen)),
            None => update.condition_expression("attribute_not_exists(circuit)"),
        };
        match update.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(standing)) => {
                    Ok(Err(standing.item().and_then(state)))
                }
                _ => Err(error).with_context(|| format!("tell the breaker of {source}")),
            },
        }
    }
}

fn state(item: &Item) -> Option<String> {
    text(item, "circuit").map(str::to_owned)
}
