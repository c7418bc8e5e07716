//! The way for other processes of this user into a running pipeline: the `Invoke` operation of
//! the Lambda API, guarded by a token that lies in the data folder.
//!
//! `POST /2015-03-31/functions/NAME/invocations` with the event as its body answers with what
//! the function answered; `X-Amz-Invocation-Type: Event` accepts it for later (202).

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::listener::{self, Connection, USUAL};
use crate::pipeline::random_token;
use crate::runner::Runner;

/// Lambda takes at most 6 MB with an event.
const EVENT_LIMIT: usize = 6 * 1024 * 1024;

/// The listening control.
#[derive(Debug)]
pub(crate) struct Control {
    url: String,
    token: String,
    serving: JoinHandle<()>,
}

impl Control {
    /// Listens on this port of the loopback address; 0 takes any.
    pub(crate) async fn start(port: u16, runner: Arc<Runner>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("listen on the port {port}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let token = random_token()?;
        let expected = format!("Bearer {token}");
        let serving = tokio::spawn(serve(listener, runner, expected));
        Ok(Self {
            url,
            token,
            serving,
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// What a request must carry.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Stops listening and ends what is being answered.
    pub(crate) async fn stop(self) {
        self.serving.abort();
        let _ = self.serving.await;
    }
}

async fn serve(listener: TcpListener, runner: Arc<Runner>, expected: String) {
    let expected: Arc<str> = expected.into();
    listener::serve_always(listener, USUAL, move |request, _peer| {
        let (runner, expected) = (Arc::clone(&runner), Arc::clone(&expected));
        async move { answer(&runner, &expected, request).await }
    })
    .await;
}

async fn answer(
    runner: &Runner,
    expected: &str,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let given = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    if given != Some(expected) {
        return refusal(StatusCode::FORBIDDEN, "the token is missing or wrong");
    }
    Connection::admit_sender(request.extensions());
    let function = request
        .uri()
        .path()
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"))
        .map(str::to_owned);
    let (Method::POST, Some(function)) = (request.method().clone(), function) else {
        return refusal(StatusCode::NOT_FOUND, "only Invoke is answered here");
    };
    let later = request
        .headers()
        .get("x-amz-invocation-type")
        .is_some_and(|kind| kind == "Event");
    let Ok(body) = Limited::new(request.into_body(), EVENT_LIMIT)
        .collect()
        .await
    else {
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the event is larger than 6 MB",
        );
    };
    let event: Value = match serde_json::from_slice(&body.to_bytes()) {
        Ok(event) => event,
        Err(error) => {
            return refusal(
                StatusCode::BAD_REQUEST,
                &format!("the event is not JSON: {error}"),
            );
        }
    };
    let result = if later {
        let accepted = runner.invoke_async(&function, &event).await;
        accepted.map(|()| (StatusCode::ACCEPTED, Value::Null))
    } else {
        let answered = runner.invoke(&function, &event).await;
        answered.map(|value| (StatusCode::OK, value))
    };
    match result {
        Ok((status, value)) => respond(status, &value),
        Err(error) => refusal(StatusCode::BAD_GATEWAY, &error.to_string()),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    respond(status, &json!({"message": message}))
}

fn respond(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", json);
    response
}
