//! `/api/alerts`, `/api/products/{id}/standing` and `/api/items/{id}/standing`: what fired, why a rule
//! fired or did not, and what a product's last price is worth.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{Alert, AlertRule, ItemId, Product, ProductId, RuleId, RunId, Scope, Slot};
use pricing::alert::{Decision, Outcome, Rule};
use pricing::{Language, Point, Terms};
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
    /// Of which product; of an item's rule, the best offer.
    product: ProductId,
    /// Its name at that time.
    name: String,
    /// Where it is sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    /// What the rule is about; missing for a rule of the product's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "item:earbuds")]
    scope: Option<Scope>,
    /// Which rule.
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
            scope: alert.scope,
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
    /// Its own rules in their order, then those of its category, its tags and everything.
    rules: Vec<RuleView>,
}

/// What a rule decided at the last slot, and when it fired last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// What the rule is about, if not the product alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "category:Electronics")]
    scope: Option<Scope>,
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
    let zone = zone(api)?;
    let history = history(api, &product).await?;
    let own = product.alerts.iter().map(|rule| (None, rule));
    let scoped = api.alert_rules.all().await?;
    let others = scoped
        .iter()
        .filter(|one| !matches!(one.scope, Scope::Item(_)) && one.scope.covers(&product))
        .map(|one| (Some(&one.scope), &one.rule));
    let rules = own.chain(others).map(|(scope, rule)| RuleView {
        scope: scope.cloned(),
        ..explained(rule, &history, language, &zone)
    });
    Ok(Json(StandingView {
        verdict: pricing::verdict(&history).in_words(language, &zone),
        rules: rules.collect(),
        product: id,
    }))
}

/// What an item's rules decided last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemStandingView {
    /// The item.
    item: ItemId,
    /// Its rules, by their ids.
    rules: Vec<RuleView>,
}

pub(crate) async fn standing_of_item(
    api: &Api,
    request: &Request,
) -> Result<Json<ItemStandingView>, ApiError> {
    let id: ItemId = request.id("id")?;
    let query: LanguageQuery = request.query()?;
    let language = query.language.unwrap_or_default();
    let zone = zone(api)?;
    let offers = api.products.of_item(&id).await?;
    if offers.is_empty() {
        return Err(ApiError::not_found(format!(
            "No product is an offer of the item {id}: set `item` of a product."
        )));
    }
    let mut histories = Vec::with_capacity(offers.len());
    for offer in &offers {
        histories.push((offer.id.clone(), history(api, offer).await?));
    }
    let scope = Scope::Item(id.clone());
    let mut rules = Vec::new();
    for one in api.alert_rules.all().await? {
        if one.scope != scope {
            continue;
        }
        let view = match pricing::alert::history_of_item(&one.rule, &histories) {
            Ok(history) => {
                let points = history.map(|history| history.points).unwrap_or_default();
                explained(&one.rule, &points, language, &zone)
            }
            Err(mixed) => RuleView {
                why: format!("{mixed}."),
                ..explained(&one.rule, &[], language, &zone)
            },
        };
        rules.push(RuleView {
            scope: Some(one.scope),
            ..view
        });
    }
    Ok(Json(ItemStandingView { item: id, rules }))
}

fn zone(api: &Api) -> Result<TimeZone, ApiError> {
    Ok(schedule::time_zone(&api.timezone).map_err(anyhow::Error::from)?)
}

async fn history(api: &Api, product: &Product) -> Result<Vec<Point>, ApiError> {
    let from = Timestamp::now().checked_sub(LOOKS_BACK).ok().map(Slot::at);
    let seen = api.observations.between(&product.id, from, None).await?;
    Ok(pricing::history(&seen, Terms::of(product)))
}

/// What a rule decides over a history, which says it alone.
fn explained(
    definition: &AlertRule,
    history: &[Point],
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
        scope: None,
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
