//! The HTTP API: products and their prices, runs, uploads, files, and who may use them.
//!
//! One table of routes ([`routes::table`]) feeds the dispatch by `routeKey` and the `OpenAPI`
//! document. A request is let in by its token's role; a handler gives a typed view or a problem
//! document (RFC 9457). Files never pass through here: an upload is a request that the client
//! sends to S3 itself, and a download is a redirect to one, signed on click.

mod access;
mod error;
mod failure;
mod http;
mod listing;
mod openapi;
mod route;
mod routes;
mod thin;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use fetch::{Addresses, Fetcher, Limits};
use lambda::config;
use lambda::metrics::{self, Name};
use lambda_runtime::LambdaEvent;
use store::{
    AlertRules, Alerts, Bucket, Clients, Exports, Files, Grants, Notifications, Observations,
    Products, Queue, Requests, Runs, Secrets, ShareScope, Sources, Table, Templates,
};

use crate::access::{Access, Caller, Guard, Role};
use crate::error::{ApiError, Problem};
pub use crate::http::Answer;
use crate::http::{Body, Reply, Request};
use crate::route::Route;
use crate::routes::files::SignedQuery;
use crate::view::View;
use lambda::schedules::ScheduleEntry;

/// What the API works with.
#[derive(Debug)]
pub struct Api {
    products: Products,
    observations: Observations,
    runs: Runs,
    uploads: Files,
    exports: Exports,
    templates: Templates,
    grants: Grants,
    alerts: Alerts,
    alert_rules: AlertRules,
    notifications: Notifications,
    requests: Requests,
    starts: Queue,
    closing: Queue,
    export_queue: Queue,
    notes: Queue,
    sources: Sources,
    inbox: Bucket,
    inbox_name: String,
    /// The largest workbook that is read, in bytes.
    upload_bytes: u64,
    files: Bucket,
    view: View,
    fetcher: Fetcher,
    schedules: Vec<ScheduleEntry>,
    timezone: String,
    guard: Guard,
    /// The one other origin whose pages may use the API.
    origin: Option<String>,
    routes: BTreeMap<&'static str, Route>,
}

impl Api {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let files = Bucket::new(&clients, config::required("FILES_BUCKET")?);
        let inbox_name = config::required("INBOX_BUCKET")?;
        let grants = Grants::new(table.clone());
        let addresses = Addresses::allowing(&config::optional("ALLOWED_HOSTS").unwrap_or_default());
        Ok(Self {
            products: Products::new(table.clone()),
            observations: Observations::new(table.clone()),
            runs: Runs::new(table.clone()),
            uploads: Files::new(table.clone()),
            alerts: Alerts::new(table.clone()),
            alert_rules: AlertRules::new(table.clone()),
            exports: Exports::new(table.clone()),
            templates: Templates::new(files.clone(), query::SHIPPED),
            notifications: Notifications::new(table.clone()),
            sources: Sources::new(table.clone()),
            requests: Requests::new(table),
            starts: Queue::new(&clients, config::required("STARTS_QUEUE_URL")?),
            closing: Queue::new(&clients, config::required("CLOSING_QUEUE_URL")?),
            export_queue: Queue::new(&clients, config::required("EXPORTS_QUEUE_URL")?),
            notes: Queue::new(&clients, config::required("NOTIFICATIONS_QUEUE_URL")?),
            inbox: Bucket::new(&clients, &inbox_name),
            inbox_name,
            upload_bytes: upload_bytes()?,
            view: View::new(files.clone()),
            files,
            fetcher: Fetcher::new(
                &config::required("USER_AGENT")?,
                addresses,
                Limits::default(),
            )?,
            schedules: lambda::schedules::read(&config::required("SCHEDULES")?)?,
            timezone: config::required("TIMEZONE")?,
            guard: Guard::new(
                Secrets::new(&clients),
                config::required("API_TOKEN_SECRET")?,
                grants.clone(),
                config::parsed("PUBLIC_READ")?,
            ),
            grants,
            origin: config::optional("ALLOWED_ORIGIN"),
            routes: routes::table()
                .into_iter()
                .map(|route| (route.key, route))
                .collect(),
        })
    }

    /// Answers a request. What goes wrong inside is logged and answered as a problem.
    pub async fn answer(&self, event: &ApiGatewayV2httpRequest) -> Answer {
        let (status, reply) = match self.try_answer(event).await {
            Ok(answered) => answered,
            Err(error) => refusal(error),
        };
        metrics::add(Name::ApiFailures, u64::from(status >= 500));
        http::answer(event, status, reply, self.origin.as_deref())
    }

    async fn try_answer(&self, event: &ApiGatewayV2httpRequest) -> Result<(u16, Reply), ApiError> {
        let key = event.route_key.as_deref().unwrap_or_default();
        let Some(route) = self.routes.get(key) else {
            return self.no_route(event);
        };
        if route.access == Access::Open {
            let nobody = Caller {
                role: None,
                name: String::new(),
                scope: None,
            };
            let request = Request::new(event, nobody)?;
            return Ok((route.status, (route.handler)(self, &request).await?));
        }
        let signed = route.access == Access::File && event.headers.get("authorization").is_none();
        let caller = self.guard.caller(event).await?;
        let request = Request::new(event, caller)?;
        if signed && request.caller.role.is_none() {
            self.check_signature(&request).await?;
        } else {
            self.admit(route, &request).await?;
        }
        Ok((route.status, (route.handler)(self, &request).await?))
    }

    /// Lets a request in, or says why not.
    async fn admit(&self, route: &Route, request: &Request) -> Result<(), ApiError> {
        let caller = &request.caller;
        if caller.role == Some(Role::Share) && self.shares(route, request).await? {
            return Ok(());
        }
        route
            .access
            .role()
            .map_or(Ok(()), |role| caller.needs(role))
    }

    /// Whether a share link shows what the request asks for.
    async fn shares(&self, route: &Route, request: &Request) -> Result<bool, ApiError> {
        let id = request.path("id");
        match (route.access, &request.caller.scope) {
            (Access::Product, Some(ShareScope::Product(product))) => Ok(product.as_str() == id),
            (Access::Item, Some(ShareScope::Item(item))) => Ok(item.as_str() == id),
            (Access::Product, Some(ShareScope::Item(item))) => {
                let Ok(id) = id.parse() else { return Ok(false) };
                let product = self.products.get(&id).await?;
                let definition = product.and_then(|product| product.definition.ok());
                Ok(definition.is_some_and(|product| product.item.as_ref() == Some(item)))
            }
            _ => Ok(false),
        }
    }

    async fn check_signature(&self, request: &Request) -> Result<(), ApiError> {
        let SignedQuery { expires, signature } = request.query()?;
        let Some(signature) = signature else {
            return request.caller.needs(Role::Viewer);
        };
        let expires = expires.unwrap_or_default();
        let key = request.path("key");
        if self.guard.signed(key, &expires, &signature).await? {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "This link has expired, or it is not whole. Ask for a new one.",
        ))
    }

    /// What no route takes: a preflight of an origin that is allowed, an address that takes other
    /// methods, or nothing at all.
    fn no_route(&self, event: &ApiGatewayV2httpRequest) -> Result<(u16, Reply), ApiError> {
        let path = event.raw_path.as_deref().unwrap_or_default();
        let method = event.request_context.http.method.as_str();
        let methods: Vec<&str> = self
            .routes
            .values()
            .filter(|route| routes::fits(route.path(), path))
            .map(Route::method)
            .collect();
        if methods.is_empty() {
            return Err(ApiError::not_found(format!(
                "There is no {path:?} here. GET /api/openapi.json describes what there is."
            )));
        }
        let allowed = methods.join(", ");
        let origin = event.headers.get("origin").and_then(|it| it.to_str().ok());
        if method != "OPTIONS" || self.origin.is_none() || origin != self.origin.as_deref() {
            return Err(ApiError::method(&allowed));
        }
        let mut reply = Reply::of(Body::Empty);
        reply.headers = vec![
            ("access-control-allow-methods", allowed),
            (
                "access-control-allow-headers",
                "authorization, content-type, if-none-match, idempotency-key".to_owned(),
            ),
            ("access-control-max-age", "3600".to_owned()),
        ];
        Ok((204, reply))
    }
}

/// The largest workbook that the reporter reads: what is larger need not be uploaded.
fn upload_bytes() -> Result<u64> {
    let json = config::optional("LIMITS").unwrap_or_else(|| "{}".to_owned());
    let limits: workbook::Limits =
        serde_json::from_str(&json).context("the environment variable LIMITS")?;
    Ok(limits.file_bytes)
}

/// The answer that says why there is none.
fn refusal(error: ApiError) -> (u16, Reply) {
    let (problem, mut headers) = error.into_problem();
    let Problem { status, .. } = problem;
    headers.push(("cache-control", "no-store".to_owned()));
    let body = serde_json::to_vec(&problem).expect("a problem is JSON");
    let mut reply = Reply::of(Body::Text("application/problem+json", body));
    reply.headers = headers;
    (status, reply)
}

/// Serves the function until its environment ends it.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    lambda::telemetry::start();
    lambda::serve(
        Api::from_env().await?,
        async |api: Arc<Api>, event: LambdaEvent<ApiGatewayV2httpRequest>| {
            Ok(api.answer(&event.payload).await)
        },
    )
    .await
}
