//! The HTTP API: products, uploads, runs, and files to download.
//!
//! Every request carries the API's token, except that a link to a file may be signed instead, so
//! that it opens in a browser. Files never pass through here: an upload is a request
//! that the client sends to S3 itself, and a download is a redirect to one, signed on click. An
//! error is a problem document (RFC 9457).

mod answer;
mod routes;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda::config;
use lambda_runtime::LambdaEvent;
use store::{Bucket, Clients, Files, Observations, Products, Runs, Secrets, Table};
use tracing::error;

pub use crate::answer::Answer;
use crate::answer::problem;
use crate::token::Token;

/// What the API works with.
#[derive(Debug)]
pub struct Api {
    products: Products,
    observations: Observations,
    runs: Runs,
    uploads: Files,
    inbox: Bucket,
    inbox_name: String,
    files: Bucket,
    token: Token,
}

/// A request, as far as a route looks at it.
struct Request<'a> {
    path: &'a HashMap<String, String>,
    query: HashMap<String, String>,
    body: Vec<u8>,
}

impl Api {
    /// Reads the environment.
    pub async fn from_env() -> Result<Self> {
        let clients = Clients::from_env().await;
        let table = Table::new(&clients, config::required("TABLE")?);
        let inbox_name = config::required("INBOX_BUCKET")?;
        Ok(Self {
            products: Products::new(table.clone()),
            observations: Observations::new(table.clone()),
            runs: Runs::new(table.clone()),
            uploads: Files::new(table),
            inbox: Bucket::new(&clients, &inbox_name),
            inbox_name,
            files: Bucket::new(&clients, config::required("FILES_BUCKET")?),
            token: Token::new(
                Secrets::new(&clients),
                config::required("API_TOKEN_SECRET")?,
            ),
        })
    }

    /// Answers a request. What goes wrong inside is logged and answered as a problem.
    pub async fn answer(&self, event: &ApiGatewayV2httpRequest) -> Answer {
        self.try_answer(event).await.unwrap_or_else(|failure| {
            error!("the request failed: {failure:#}");
            problem(500, "Something went wrong here; try again.")
        })
    }

    async fn try_answer(&self, event: &ApiGatewayV2httpRequest) -> Result<Answer> {
        if let Some(refusal) = self.refusal(event).await? {
            return Ok(refusal);
        }
        let Some(body) = answer::body(event) else {
            return Ok(problem(400, "The body is not what its encoding says."));
        };
        let request = Request {
            path: &event.path_parameters,
            query: event
                .query_string_parameters
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body,
        };
        match event.route_key.as_deref().unwrap_or_default() {
            "PUT /products/{id}" => routes::products::put(self, &request).await,
            "GET /products/{id}" => routes::products::get(self, &request).await,
            "GET /products/{id}/prices" => routes::products::prices(self, &request).await,
            "POST /uploads" => routes::uploads::post(self, &request).await,
            "GET /uploads/{id}" => routes::uploads::get(self, &request).await,
            "GET /runs/{id}" => routes::runs::get(self, &request).await,
            routes::files::GET => routes::files::get(self, &request).await,
            other => Ok(problem(404, format!("There is no {other:?} here."))),
        }
    }

    /// The answer to a request that carries neither the token nor a signature; none when it may
    /// go on.
    async fn refusal(&self, event: &ApiGatewayV2httpRequest) -> Result<Option<Answer>> {
        let authorization = event
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        if self.token.accepts(authorization).await? {
            return Ok(None);
        }
        let query = &event.query_string_parameters;
        if event.route_key.as_deref() == Some(routes::files::GET)
            && let Some(signature) = query.first("signature")
        {
            let key = event.path_parameters.get("key").map_or("", String::as_str);
            let expires = query.first("expires").unwrap_or_default();
            if self.token.signed(key, expires, signature).await? {
                return Ok(None);
            }
            let detail = "This link has expired, or it is not whole. Ask for a new one.";
            return Ok(Some(problem(403, detail)));
        }
        let detail = "Send the API's token as `Authorization: Bearer …`.";
        let refusal = problem(401, detail).with_header("www-authenticate", "Bearer");
        Ok(Some(refusal))
    }
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
