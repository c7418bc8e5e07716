//! The frame around the JSON protocols (DynamoDB, SQS, Secrets Manager): signature, body limit,
//! operation, role, answer.

use std::future::Future;
use std::sync::Arc;

use ::http::{HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::iam::{self, Refusal};
use crate::listener::{self, Connection, USUAL};

use super::signature::Verifier;

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

    /// What an operation needs to be allowed, or the answer to a request of which that cannot be
    /// told. Asked only for callers that may not do everything.
    fn needs(
        &self,
        operation: &str,
        body: &[u8],
    ) -> impl Future<Output = Result<Vec<iam::Request>, Reply>> + Send;

    /// The answer to a request that the caller's role does not allow.
    fn refused(refusal: &Refusal) -> Reply {
        Reply::error(Self::REFUSED, "AccessDeniedException", &refusal.to_string())
    }

    /// Answers a verified request that is allowed.
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
    listener::serve(listener, USUAL, stopping, move |request, _peer| {
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
    let caller = match verifier.verify(&head, &body, S::NAME) {
        Ok(caller) => caller,
        Err(error) => {
            tracing::warn!(service = S::NAME, %error, "refused a request");
            return Reply::error(S::REFUSED, error.code(), &error.to_string());
        }
    };
    Connection::admit_sender(&head.extensions);
    let target = head.headers.get("x-amz-target").map(HeaderValue::to_str);
    let operation = match target {
        Some(Ok(target)) => target.strip_prefix(S::TARGET),
        _ => None,
    };
    let Some(operation) = operation else {
        return unknown_operation("(none)");
    };
    if !caller.is_owner() {
        let allowed = match service.needs(operation, &body).await {
            Ok(requests) => caller.authorize(&requests),
            Err(reply) => return reply,
        };
        if let Err(refusal) = allowed {
            return S::refused(&refusal);
        }
    }
    service.call(operation, body).await
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
