//! Serves HTTP on loopback: the connections of every service, and the frame around the JSON
//! protocols (DynamoDB, SQS, Secrets Manager) — signature, body limit, operation, answer.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::signature::Verifier;

/// How long the requests that are being answered may still take when the stack stops.
const GRACE: Duration = Duration::from_secs(1);

/// One of the services that speak an AWS JSON protocol.
pub(super) trait JsonService: Send + Sync + 'static {
    /// The name in the credential's scope.
    const NAME: &'static str;
    /// What `x-amz-target` begins with, the dot included.
    const TARGET: &'static str;
    /// `application/x-amz-json-1.0` or `-1.1`.
    const CONTENT_TYPE: &'static str;
    /// What an unsigned or wrongly signed request is answered with.
    const REFUSED: StatusCode;
    /// The largest request body in bytes.
    const BODY_LIMIT: usize;

    /// Answers a verified request.
    fn call(&self, operation: &str, body: Bytes) -> impl Future<Output = Reply> + Send;
}

/// The answer of a JSON service.
#[derive(Debug)]
pub(super) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
    /// The code by which clients of the older Query protocol know an error.
    query_error: Option<String>,
}

impl Reply {
    pub(super) fn ok(output: &impl Serialize) -> Self {
        match serde_json::to_vec(output) {
            Ok(body) => Self::raw(StatusCode::OK, body),
            Err(error) => Self::error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                &error.to_string(),
            ),
        }
    }

    pub(super) fn raw(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            query_error: None,
        }
    }

    pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({ "__type": code, "message": message });
        Self::raw(status, body.to_string().into_bytes())
    }

    pub(super) fn with_query_error(mut self, code: &str) -> Self {
        self.query_error = Some(format!("{code};Sender"));
        self
    }
}

/// Serves a JSON service until the stack stops.
pub(super) async fn serve_json<S: JsonService>(
    listener: TcpListener,
    service: Arc<S>,
    verifier: Arc<Verifier>,
    stopping: watch::Receiver<bool>,
) {
    serve(listener, stopping, move |request| {
        let service = Arc::clone(&service);
        let verifier = Arc::clone(&verifier);
        async move {
            let reply = answer(&*service, &verifier, request).await;
            json_response(reply, S::CONTENT_TYPE)
        }
    })
    .await;
}

async fn answer<S: JsonService>(
    service: &S,
    verifier: &Verifier,
    request: Request<Incoming>,
) -> Reply {
    // A page in a browser can make requests to loopback, but not without this header.
    if request.headers().contains_key("origin") {
        let message = "requests of web pages are not answered";
        return Reply::error(StatusCode::FORBIDDEN, "AccessDeniedException", message);
    }
    if request.method() != Method::POST || request.uri().path() != "/" {
        let message = "only POST / is answered here";
        return Reply::error(StatusCode::NOT_FOUND, "UnknownOperationException", message);
    }
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, S::BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("the request is larger than {} bytes", S::BODY_LIMIT);
            return Reply::error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
                &message,
            );
        }
        Err(error) => {
            return Reply::error(
                StatusCode::BAD_REQUEST,
                "SerializationException",
                &error.to_string(),
            );
        }
    };
    if let Err(error) = verifier.verify(&head, &body, S::NAME) {
        tracing::warn!(service = S::NAME, %error, "refused a request");
        return Reply::error(S::REFUSED, error.code(), &error.to_string());
    }
    let target = head.headers.get("x-amz-target").map(HeaderValue::to_str);
    let operation = match target {
        Some(Ok(target)) => target.strip_prefix(S::TARGET),
        _ => None,
    };
    match operation {
        Some(operation) => service.call(operation, body).await,
        None => unknown_operation("(none)"),
    }
}

/// The answer to an operation that does not exist here.
pub(super) fn unknown_operation(operation: &str) -> Reply {
    let message = format!("the operation {operation} is not known here");
    Reply::error(
        StatusCode::BAD_REQUEST,
        "UnknownOperationException",
        &message,
    )
}

fn json_response(reply: Reply, content_type: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    let id = Uuid::new_v4().to_string();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(Ok(code)) = reply.query_error.as_deref().map(HeaderValue::from_str) {
        headers.insert("x-amzn-query-error", code);
    }
    response
}

/// Resolves when the stack stops.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the stack was dropped, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Accepts connections until the stack stops, then lets the open ones finish for a moment.
pub(super) async fn serve<F, R, B>(
    listener: TcpListener,
    mut stopping: watch::Receiver<bool>,
    answer: F,
) where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, stopping.clone(), answer.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: some will be closed soon.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, all).await;
    connections.shutdown().await;
}

async fn connection<F, R, B>(stream: TcpStream, mut stopping: watch::Receiver<bool>, answer: F)
where
    F: Fn(Request<Incoming>) -> R + Send,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let response = answer(request);
        async { Ok::<_, Infallible>(response.await) }
    });
    let serving = http1::Builder::new()
        .half_close(false)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        result = &mut serving => result,
        () = stopped(&mut stopping) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // The client went away; it will ask again if it still wants an answer.
        tracing::debug!(%error, "a connection ended early");
    }
}
