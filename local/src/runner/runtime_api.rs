//! The Lambda Runtime API of one sandbox, version 2018-06-01, on a port of its own: who calls is
//! known by the port, and a sandbox has one invocation at a time.
//!
//! Its address has a secret as its path (`http://127.0.0.1:PORT/SECRET`), so that only the
//! sandbox's process can take events and answer them. The address is in that process's
//! environment, which no other user can read.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::http::{HeaderMap, Method, Request, Response, StatusCode};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use crate::listener::{self, Connection, Limits, Pages};

use super::error::InvokeError;

/// The largest event and the largest answer of a synchronous invocation, in bytes.
pub(super) const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

const PREFIX: &str = "2018-06-01/runtime/";

/// Its one client waits for events as long as there are none.
const LIMITS: Limits = Limits {
    connections: 16,
    headers: None,
    admission: Duration::from_secs(10),
    pages: Pages::None,
};

/// One event for the function.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) timeout: Duration,
    /// Told when the function takes the event: its time begins.
    pub(super) taken: oneshot::Sender<()>,
    /// Told how it ended.
    pub(super) answer: oneshot::Sender<Result<Bytes, InvokeError>>,
}

struct Running {
    request_id: String,
    answer: oneshot::Sender<Result<Bytes, InvokeError>>,
}

/// What the sandbox and its Runtime API share.
pub(super) struct RuntimeApi {
    /// What every path begins with: only the sandbox's process knows it.
    secret: String,
    function_arn: String,
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    running: Mutex<Option<Running>>,
    init_error: watch::Sender<Option<InvokeError>>,
}

type Answer = Response<Full<Bytes>>;

impl RuntimeApi {
    pub(super) fn new(
        secret: String,
        function_arn: String,
        events: mpsc::Receiver<Invocation>,
        init_error: watch::Sender<Option<InvokeError>>,
    ) -> Self {
        Self {
            secret,
            function_arn,
            events: tokio::sync::Mutex::new(events),
            running: Mutex::new(None),
            init_error,
        }
    }

    /// Serves until it is dropped, and its connections with it.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        listener::serve_always(listener, LIMITS, move |request, _peer| {
            let api = Arc::clone(&self);
            async move { api.handle(request).await }
        })
        .await;
    }

    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let rest = parts.uri.path().strip_prefix('/');
        let Some((secret, path)) = rest.and_then(|rest| rest.split_once('/')) else {
            return plain(StatusCode::FORBIDDEN, "");
        };
        if secret != self.secret {
            return plain(StatusCode::FORBIDDEN, "");
        }
        Connection::admit_sender(&parts.extensions);
        let Some(path) = path.strip_prefix(PREFIX) else {
            return plain(StatusCode::NOT_FOUND, "");
        };
        match (&parts.method, path) {
            (&Method::GET, "invocation/next") => self.next().await,
            (&Method::POST, "init/error") => {
                let error = read_error(&parts.headers, body).await;
                self.init_error.send_replace(Some(error));
                accepted()
            }
            (&Method::POST, path) => {
                let outcome = path
                    .strip_prefix("invocation/")
                    .and_then(|rest| rest.split_once('/'));
                match outcome {
                    Some((id, "response")) => self.respond(id, body).await,
                    Some((id, "error")) => {
                        let error = read_error(&parts.headers, body).await;
                        self.finish(id, Err(error))
                    }
                    _ => plain(StatusCode::NOT_FOUND, ""),
                }
            }
            _ => plain(StatusCode::NOT_FOUND, ""),
        }
    }

    /// Waits for an event, however long.
    async fn next(&self) -> Answer {
        let event = self.events.lock().await.recv().await;
        let Some(event) = event else {
            return plain(StatusCode::GONE, "the sandbox is being ended");
        };
        let deadline = SystemTime::now() + event.timeout;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &event.request_id)
            .header(
                "lambda-runtime-deadline-ms",
                deadline.as_millis().to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", &self.function_arn)
            .header(
                "lambda-runtime-trace-id",
                trace_id(&event.request_id, deadline),
            )
            .body(Full::new(event.payload))
            .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, ""));
        let running = Running {
            request_id: event.request_id,
            answer: event.answer,
        };
        *self.running() = Some(running);
        // Nobody listens when the invocation was given up; then the sandbox is ended.
        let _ = event.taken.send(());
        response
    }

    async fn respond(&self, id: &str, body: Incoming) -> Answer {
        if let Ok(body) = Limited::new(body, MAX_PAYLOAD).collect().await {
            return self.finish(id, Ok(body.to_bytes()));
        }
        let error = InvokeError::Function {
            error_type: "Function.ResponseSizeTooLarge".to_owned(),
            message: format!("the answer has more than {MAX_PAYLOAD} bytes"),
        };
        self.finish(id, Err(error));
        plain(StatusCode::PAYLOAD_TOO_LARGE, "")
    }

    fn finish(&self, id: &str, outcome: Result<Bytes, InvokeError>) -> Answer {
        let running = self.running().take_if(|running| running.request_id == id);
        match running {
            Some(running) => {
                let _ = running.answer.send(outcome);
                accepted()
            }
            None => plain(
                StatusCode::BAD_REQUEST,
                r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#,
            ),
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shape of an error that a runtime reports.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReportedError {
    error_type: Option<String>,
    error_message: Option<String>,
}

async fn read_error(headers: &HeaderMap, body: Incoming) -> InvokeError {
    let body = match Limited::new(body, MAX_PAYLOAD).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let reported: ReportedError = serde_json::from_slice(&body).unwrap_or_default();
    let header = || {
        let value = headers.get("lambda-runtime-function-error-type")?;
        value.to_str().ok().map(str::to_owned)
    };
    InvokeError::Function {
        error_type: reported
            .error_type
            .or_else(header)
            .unwrap_or_else(|| "Unknown".to_owned()),
        message: reported
            .error_message
            .unwrap_or_else(|| String::from_utf8_lossy(&body).chars().take(1_000).collect()),
    }
}

/// An X-Ray trace id that is not sampled.
fn trace_id(request_id: &str, now: Duration) -> String {
    let hex: String = request_id.chars().filter(char::is_ascii_hexdigit).collect();
    format!(
        "Root=1-{:08x}-{:0>24.24};Parent={:0>16.16};Sampled=0",
        now.as_secs(),
        hex,
        hex
    )
}

fn accepted() -> Answer {
    plain(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
}

fn plain(status: StatusCode, body: &'static str) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status;
    response
}
