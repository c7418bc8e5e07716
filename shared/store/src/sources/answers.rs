//! Answers that several jobs of a run share: one of them asks, the others wait for it.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::{SignedDuration, Timestamp};
use model::{ProductId, RunId};

use super::{Sources, expiry, instant, is_refused, millis};
use crate::item::{Item, s, text};

/// How long an answer is kept for a late job of its run.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What a job that wants an answer has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// Use this answer, as [`Sources::answer`] was told it.
    Known(String),
    /// Ask the source, and tell the answer.
    Ask,
    /// Look again: another job asks, and has until this instant to tell.
    Wait(Timestamp),
}

impl Sources {
    /// Wants the answer to a request within a run, for the job of `product`. Who is told to ask
    /// has until `until`; then another job may.
    pub async fn ask(
        &self,
        source: &str,
        run: &RunId,
        request: &str,
        product: &ProductId,
        until: Timestamp,
    ) -> Result<Shared> {
        let claim = self
            .update(source, &cache(run, request))
            .update_expression("SET asked_by = :me, asked_until = :until, expires_at = :e")
            .condition_expression(
                "attribute_not_exists(answer) AND (attribute_not_exists(asked_by) \
                 OR asked_by = :me OR asked_until < :now)",
            )
            .expression_attribute_values(":me", s(product.as_str()))
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":e", expiry(until + KEPT))
            .expression_attribute_values(":now", millis(Timestamp::now()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match claim.send().await {
            Ok(_) => Ok(Shared::Ask),
            Err(error) => match standing(&error) {
                Some(item) => Ok(match text(item, "answer") {
                    Some(answer) => Shared::Known(answer.to_owned()),
                    None => Shared::Wait(instant(item, "asked_until").unwrap_or(until)),
                }),
                None => Err(error).with_context(|| format!("ask {source} for {request}")),
            },
        }
    }

    /// Tells the answer to all jobs of the run. The first answer stands.
    pub async fn answer(
        &self,
        source: &str,
        run: &RunId,
        request: &str,
        answer: &str,
    ) -> Result<()> {
        let told = self
            .update(source, &cache(run, request))
            .update_expression("SET answer = :a, expires_at = :e")
            .condition_expression("attribute_not_exists(answer)")
            .expression_attribute_values(":a", s(answer))
            .expression_attribute_values(":e", expiry(Timestamp::now() + KEPT))
            .send()
            .await;
        match told {
            Err(error)
                if !is_refused(
                    &error,
                    UpdateItemError::is_conditional_check_failed_exception,
                ) =>
            {
                Err(error).with_context(|| format!("share the answer of {source} to {request}"))
            }
            _ => Ok(()),
        }
    }
}

/// The sort key of a shared answer.
fn cache(run: &RunId, request: &str) -> String {
    format!("CACHE#{run}#{request}")
}

fn standing(error: &SdkError<UpdateItemError>) -> Option<&Item> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(failed) => failed.item(),
        _ => None,
    }
}
