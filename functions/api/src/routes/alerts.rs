//! `/api/alerts` and `/api/products/{id}/standing`: what fired, why a rule fired or did not, and what
//! a product's last price is worth.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{Alert, AlertRule, ProductId, RuleId, RunId, Slot};
use pricing::alert::{Decision, Outcome, Rule};
use pricing::{Language, Terms};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::error::ApiError;
use crate::http::{Json, PageQuery, Request};
use crate::routes::products::known;

/// How many alerts are listed when the request names no number.
const LISTED: u16 = 40;
/// How far back a rule and a verdict look.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24 * AlertRule::MAX_DAYS as i64);

/// How many points are replayed to explain a rule.
const REPLAYED: usize = 2_000;

/// A page of what fired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertsView {
    /// Newest first.
    alerts: Vec<AlertView>,
    /// Where the next page begins; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A rule that fired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertView {
    /// Of which product.
    product: ProductId,
    /// Its name at that time.
    name: String,
    /// Where it is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    /// Which of its rules.
    rule: RuleId,
    /// In which run.
    run: RunId,
    /// The run's slot.
    slot: Slot,
    /// Whether it was told in a message of its own.
    urgent: bool,
    /// Why it fired, in the language of messages.
    text: String,
}

impl AlertView {
    fn of(alert: Alert) -> Self {
        Self {
            slot: alert.run.slot,
            product: alert.product,
            name: alert.name,
            vendor: alert.vendor,
            rule: alert.rule,
            run: alert.run,
            urgent: alert.urgent,
            text: alert.text,
        }
    }
}

pub(crate) async fn list(api: &Api, request: &Request) -> Result<Json<AlertsView>, ApiError> {
    let query: PageQuery = request.query()?;
    let (cursor, limit) = query.read(LISTED)?;
    let page = api.alerts.list(cursor.as_ref(), limit).await?;
    Ok(Json(AlertsView {
        alerts: page.items.into_iter().map(AlertView::of).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// In which language.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct LanguageQuery {
    /// `en` or `ko`.
    #[param(value_type = Option<String>, example = "en")]
    language: Option<Language>,
}

/// What a product's last price is worth, and what its rules decided last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingView {
    /// The product.
    product: ProductId,
    /// The verdict on its last price, the most telling sentence first.
    verdict: Vec<String>,
    /// Its rules, in their order.
    rules: Vec<RuleView>,
}

/// What a rule decided at the last slot, and when it fired last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// The rule.
    rule: RuleId,
    /// Whether it fired at the last slot.
    fired: bool,
    /// At which slot it was asked last; missing before the first outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<Slot>,
    /// Why it fired then, or why it did not.
    why: String,
    /// When it last fired, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_fired: Option<FiringView>,
}

/// A firing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiringView {
    /// At which slot.
    slot: Slot,
    /// Why.
    why: String,
}

pub(crate) async fn standing(api: &Api, request: &Request) -> Result<Json<StandingView>, ApiError> {
    let id: ProductId = request.id("id")?;
    let query: LanguageQuery = request.query()?;
    let language = query.language.unwrap_or_default();
    let product = known(api, &id).await?.definition;
    let product = product.map_err(|failure| ApiError::field("id", format!("{failure}.")))?;
    let zone = schedule::time_zone(&api.timezone).map_err(anyhow::Error::from)?;
    let from = Timestamp::now().checked_sub(LOOKS_BACK).ok().map(Slot::at);
    let seen = api.observations.between(&id, from, None).await?;
    let history = pricing::history(&seen, Terms::of(&product));
    let rules = product
        .alerts
        .iter()
        .map(|rule| explained(rule, &history, language, &zone));
    Ok(Json(StandingView {
        verdict: pricing::verdict(&history).in_words(language, &zone),
        rules: rules.collect(),
        product: id,
    }))
}

/// What a rule decides over a history, which says it alone.
fn explained(
    definition: &AlertRule,
    history: &[pricing::Point],
    language: Language,
    zone: &TimeZone,
) -> RuleView {
    // A replay looks back at every point: of an hourly history the newest three months are enough.
    let newest = &history[history.len().saturating_sub(REPLAYED)..];
    let (_, decisions) = Rule::new(definition, zone).replay(None, newest);
    let in_words = |decision: &Decision| decision.in_words(language, zone);
    let last = decisions.last();
    let fired = |decision: &&Decision| decision.outcome == Outcome::Fired;
    RuleView {
        rule: definition.id.clone(),
        fired: last.as_ref().is_some_and(fired),
        slot: last.map(|decision| decision.slot),
        why: last.map(in_words).unwrap_or_default(),
        last_fired: decisions
            .iter()
            .rev()
            .find(fired)
            .map(|decision| FiringView {
                slot: decision.slot,
                why: in_words(decision),
            }),
    }
}
