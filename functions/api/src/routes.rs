//! The one table of routes. It feeds the dispatch and the `OpenAPI` document, and a test holds it
//! against serverless.yml. The handlers are in modules, one for each resource.

pub(crate) mod alert_rules;
pub(crate) mod alerts;
pub(crate) mod catalogue;
pub(crate) mod exports;
pub(crate) mod extractions;
pub(crate) mod files;
pub(crate) mod grants;
pub(crate) mod items;
pub(crate) mod notifications;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod session;
pub(crate) mod sources;
pub(crate) mod templates;
pub(crate) mod uploads;

use crate::access::Access;
use crate::http::PageQuery;
use crate::route::Route;

/// A handler as a function of the table.
macro_rules! handler {
    ($handler:path) => {
        |api, request| Box::pin(async move { $handler(api, request).await.map(Into::into) })
    };
}

/// Every route.
pub(crate) fn table() -> Vec<Route> {
    let mut table = about();
    table.extend(products());
    table.extend(alerting());
    table.extend(work());
    table.extend(files());
    table.extend(questions());
    table
}

fn about() -> Vec<Route> {
    vec![
        Route::new(
            "GET /api/openapi.json",
            Access::Open,
            "This document",
            handler!(session::openapi),
        )
        .answers::<session::Document>(),
        Route::new(
            "GET /api/session",
            Access::Known,
            "Who the token says you are",
            handler!(session::get),
        )
        .answers::<session::SessionView>(),
        Route::new(
            "GET /api/grants",
            Access::Editor,
            "Tokens that were given out, and share links",
            handler!(grants::list),
        )
        .answers::<grants::GrantsView>(),
        Route::new(
            "POST /api/tokens",
            Access::Owner,
            "Make a token; it is shown once",
            handler!(grants::make_token),
        )
        .body::<grants::NewToken>()
        .answers::<grants::MadeGrant>()
        .with_status(201),
        Route::new(
            "POST /api/shares",
            Access::Editor,
            "Make a link that shows one product or item",
            handler!(grants::make_share),
        )
        .body::<grants::NewShare>()
        .answers::<grants::MadeGrant>()
        .with_status(201),
        Route::new(
            "DELETE /api/grants/{id}",
            Access::Editor,
            "Revoke a share link, or as the owner a token",
            handler!(grants::revoke),
        )
        .with_status(204),
    ]
}

fn products() -> Vec<Route> {
    vec![
        Route::new(
            "GET /api/products",
            Access::Viewer,
            "Products with their last prices",
            handler!(products::list),
        )
        .query::<products::ListQuery>()
        .answers::<products::ProductsView>(),
        Route::new(
            "GET /api/catalogue",
            Access::Viewer,
            "Every product at once, in columns",
            handler!(catalogue::get),
        )
        .answers::<catalogue::CatalogueView>(),
        Route::new(
            "GET /api/products/{id}",
            Access::Product,
            "A product and its last price",
            handler!(products::get),
        )
        .answers::<products::ProductView>(),
        Route::new(
            "PUT /api/products/{id}",
            Access::Editor,
            "Follow a product, or change how",
            handler!(products::put),
        )
        .body::<products::ProductBody>()
        .answers::<model::Product>(),
        Route::new(
            "DELETE /api/products/{id}",
            Access::Editor,
            "Follow a product no longer; its history stays",
            handler!(products::delete),
        )
        .with_status(204),
        Route::new(
            "GET /api/products/{id}/prices",
            Access::Product,
            "The outcomes of a product, oldest first",
            handler!(prices::list),
        )
        .query::<prices::PricesQuery>()
        .answers::<prices::PricesView>(),
        Route::new(
            "PUT /api/products/{id}/prices/{run}/void",
            Access::Editor,
            "Say that a price is wrong: it is shown, and not counted",
            handler!(prices::void),
        )
        .body::<prices::VoidBody>()
        .answers::<prices::PriceView>(),
        Route::new(
            "DELETE /api/products/{id}/prices/{run}/void",
            Access::Editor,
            "Count a price again",
            handler!(prices::restore),
        )
        .answers::<prices::PriceView>(),
        Route::new(
            "GET /api/products/{id}/standing",
            Access::Product,
            "What a product's last price is worth, and why its rules fired or did not",
            handler!(alerts::standing),
        )
        .query::<alerts::LanguageQuery>()
        .answers::<alerts::StandingView>(),
        Route::new(
            "POST /api/extractions",
            Access::Editor,
            "Read a page without following it",
            handler!(extractions::post),
        )
        .body::<extractions::ExtractionBody>()
        .answers::<extractions::ExtractionView>(),
    ]
}

fn alerting() -> Vec<Route> {
    vec![
        Route::new(
            "GET /api/alerts",
            Access::Viewer,
            "Alert rules that fired, newest first",
            handler!(alerts::list),
        )
        .query::<PageQuery>()
        .answers::<alerts::AlertsView>(),
        Route::new(
            "GET /api/alerts/rules",
            Access::Viewer,
            "Alert rules of items, categories, tags and everything",
            handler!(alert_rules::list),
        )
        .answers::<alert_rules::AlertRulesView>(),
        Route::new(
            "GET /api/alerts/rules/{scope}/{rule}",
            Access::Viewer,
            "A rule of item:ID, category:NAME, tag:TAG or all",
            handler!(alert_rules::get),
        )
        .answers::<model::ScopedRule>(),
        Route::new(
            "PUT /api/alerts/rules/{scope}/{rule}",
            Access::Editor,
            "Store a rule of item:ID, category:NAME, tag:TAG or all",
            handler!(alert_rules::put),
        )
        .body::<model::AlertRule>()
        .answers::<model::ScopedRule>(),
        Route::new(
            "DELETE /api/alerts/rules/{scope}/{rule}",
            Access::Editor,
            "Remove a rule of an item, a category, a tag or everything",
            handler!(alert_rules::delete),
        )
        .with_status(204),
        Route::new(
            "GET /api/items/{id}/standing",
            Access::Item,
            "Why the rules of an item fired or did not",
            handler!(alerts::standing_of_item),
        )
        .query::<alerts::LanguageQuery>()
        .answers::<alerts::ItemStandingView>(),
    ]
}

fn work() -> Vec<Route> {
    vec![
        Route::new(
            "GET /api/items",
            Access::Viewer,
            "Items with their offers side by side",
            handler!(items::list),
        )
        .answers::<items::ItemsView>(),
        Route::new(
            "GET /api/items/{id}",
            Access::Item,
            "An item with its offers side by side",
            handler!(items::get),
        )
        .answers::<items::ItemView>(),
        Route::new(
            "GET /api/sources",
            Access::Viewer,
            "How well the shops and APIs answer",
            handler!(sources::list),
        )
        .answers::<sources::SourcesView>(),
        Route::new(
            "POST /api/runs",
            Access::Editor,
            "Start a run of a schedule now",
            handler!(runs::start),
        )
        .body::<runs::StartBody>()
        .answers::<runs::StartedView>()
        .with_status(202)
        .idempotent_by_key(),
        Route::new(
            "GET /api/runs",
            Access::Viewer,
            "The latest runs, newest first",
            handler!(runs::list),
        )
        .query::<PageQuery>()
        .answers::<runs::RunsView>(),
        Route::new(
            "GET /api/runs/{id}",
            Access::Viewer,
            "A run, and what came of it",
            handler!(runs::get),
        )
        .answers::<runs::RunView>(),
        Route::new(
            "GET /api/runs/{id}/outcomes",
            Access::Viewer,
            "How each job of a run ended",
            handler!(runs::outcomes),
        )
        .answers::<runs::OutcomesView>(),
    ]
}

fn files() -> Vec<Route> {
    vec![
        Route::new(
            "POST /api/runs/{id}/redrive",
            Access::Editor,
            "Try the failed jobs of a run again; a price takes the failure's place",
            handler!(runs::redrive),
        )
        .body::<runs::RedriveBody>()
        .answers::<runs::RedrivenView>()
        .with_status(202),
        Route::new(
            "POST /api/uploads",
            Access::Editor,
            "Ask for a request to upload a workbook with",
            handler!(uploads::post),
        )
        .body::<uploads::NewUpload>()
        .answers::<uploads::MadeUpload>()
        .with_status(201),
        Route::new(
            "GET /api/notifications",
            Access::Viewer,
            "What people were told, newest first",
            handler!(notifications::list),
        )
        .query::<PageQuery>()
        .answers::<notifications::NotificationsView>(),
        Route::new(
            "POST /api/notifications/trial",
            Access::Editor,
            "Send a test message through every channel",
            handler!(notifications::try_channels),
        )
        .answers::<notifications::TrialView>()
        .with_status(202)
        .idempotent_by_key(),
        Route::new(
            "GET /api/notifications/{id}",
            Access::Viewer,
            "What came of a notification at each channel",
            handler!(notifications::get),
        )
        .answers::<notifications::DeliveryView>(),
        Route::new(
            "GET /api/uploads",
            Access::Viewer,
            "The uploads, newest first",
            handler!(uploads::list),
        )
        .query::<PageQuery>()
        .answers::<uploads::UploadsView>(),
        Route::new(
            "GET /api/uploads/{id}",
            Access::Viewer,
            "How far an upload is, and its report",
            handler!(uploads::get),
        )
        .answers::<uploads::UploadView>(),
        Route::new(
            "GET /api/files/{key+}",
            Access::File,
            "A redirect to a workbook, signed on click",
            handler!(files::get),
        )
        .query::<files::SignedQuery>()
        .with_status(302),
        Route::new(
            "GET /api/downloads/{key}",
            Access::Viewer,
            "Where a workbook can be downloaded, for five minutes",
            handler!(files::download),
        )
        .answers::<files::DownloadView>(),
        Route::new(
            "GET /api/schedules",
            Access::Viewer,
            "The schedules and when they are due",
            handler!(schedules::list),
        )
        .answers::<schedules::SchedulesView>(),
        Route::new(
            "GET /api/schedules/preview",
            Access::Viewer,
            "When an expression would be due",
            handler!(schedules::preview),
        )
        .query::<schedules::PreviewQuery>()
        .answers::<schedules::DueView>(),
    ]
}

fn questions() -> Vec<Route> {
    vec![
        Route::new(
            "GET /api/templates",
            Access::Viewer,
            "The query templates and their parameters",
            handler!(templates::list),
        )
        .answers::<templates::TemplatesView>(),
        Route::new(
            "GET /api/templates/{name}",
            Access::Viewer,
            "A query template with its text",
            handler!(templates::get),
        )
        .answers::<templates::TemplateView>(),
        Route::new(
            "POST /api/exports",
            Access::Editor,
            "Ask a query template",
            handler!(exports::post),
        )
        .body::<model::Ask>()
        .answers::<exports::ExportView>()
        .with_status(202)
        .idempotent_by_key(),
        Route::new(
            "GET /api/exports",
            Access::Viewer,
            "What was asked, newest first",
            handler!(exports::list),
        )
        .query::<PageQuery>()
        .answers::<exports::ExportsView>(),
        Route::new(
            "GET /api/exports/{id}",
            Access::Viewer,
            "How far an export is, and its file",
            handler!(exports::get),
        )
        .answers::<exports::ExportView>(),
        Route::new(
            "GET /api/exports/{id}/rows",
            Access::Viewer,
            "The first rows of an answer",
            handler!(exports::rows),
        )
        .answers::<exports::FirstRowsView>(),
    ]
}

/// Whether a path, decoded, is one of a pattern's.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    for wanted in pattern.trim_start_matches('/').split('/') {
        if wanted.ends_with("+}") {
            return parts.next().is_some_and(|part| !part.is_empty());
        }
        match parts.next() {
            Some(part) if wanted.starts_with('{') && !part.is_empty() => {}
            Some(part) if part == wanted => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_what_serverless_yml_routes() {
        let wiring = include_str!("../../../serverless.yml");
        let wired: BTreeSet<&str> = wiring
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- httpApi: "))
            .map(|key| key.trim_matches(['\'', '"']))
            .filter(|key| *key != "$default" && *key != "*")
            .collect();
        let table = table();
        let known: BTreeSet<&str> = table.iter().map(|route| route.key).collect();
        assert_eq!(known, wired);
        assert_eq!(known.len(), table.len(), "a route stands twice");
        assert!(wiring.contains("- httpApi: '*'"));
    }

    #[test]
    fn a_path_fits_its_pattern() {
        assert!(fits("/api/products/{id}", "/api/products/a"));
        assert!(!fits("/api/products/{id}", "/api/products/"));
        assert!(!fits("/api/products/{id}", "/api/products/a/prices"));
        assert!(fits("/api/files/{key+}", "/api/files/a/b"));
        assert!(!fits("/api/files/{key+}", "/api/files/"));
    }
}
