//! What went wrong with a request, as a reason.

use std::error::Error;
use std::io;

use model::{Failure, FailureReason};
use reqwest::StatusCode;

use super::Limits;
use crate::address::Refused;

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::new(FailureReason::RefusedAddress, refused.to_string())
    }
}

/// What a status that is no success means.
pub(super) fn of_status(status: StatusCode) -> Failure {
    let reason = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => FailureReason::Gone,
        StatusCode::TOO_MANY_REQUESTS => FailureReason::Throttled,
        StatusCode::REQUEST_TIMEOUT => FailureReason::Timeout,
        status if status.is_server_error() => FailureReason::ShopError,
        status if status.is_client_error() => FailureReason::RefusedRequest,
        _ => FailureReason::UnreadablePage,
    };
    Failure::new(reason, format!("HTTP {status}"))
}

pub(super) fn timeout(limits: &Limits) -> Failure {
    let detail = format!("no whole answer within {:?}", limits.total);
    Failure::new(FailureReason::Timeout, detail)
}

pub(super) fn header_too_large(limits: &Limits) -> Failure {
    let detail = format!("more than {} KiB of header fields", limits.header / 1024);
    Failure::new(FailureReason::TooLarge, detail)
}

pub(super) fn body_too_large(limits: &Limits) -> Failure {
    let detail = format!("more than {} MiB", limits.body / (1024 * 1024));
    Failure::new(FailureReason::TooLarge, detail)
}

pub(super) fn compressed(encoding: &str) -> Failure {
    let detail = format!("compressed in a way that was not asked for: {encoding}");
    Failure::new(FailureReason::UnreadablePage, detail)
}

/// What a request that got no (whole) answer means.
///
/// An answer that breaks the rules of HTTP or of its compression is `unreadable_page`: it would
/// be broken again. One that ends early is `unreachable`, and may be whole the next time.
pub(super) fn of_error(error: &reqwest::Error, limits: &Limits) -> Failure {
    let mut last = error.to_string();
    let mut broken = None;
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return refused.clone().into();
        }
        if is_header_too_large(cause, error.is_request()) {
            return header_too_large(limits);
        }
        broken = breaks_rules(cause).or(broken);
        last = cause.to_string();
        next = cause.source();
    }
    if error.is_timeout() {
        let detail = format!("no connection within {:?}", limits.connect);
        return Failure::new(FailureReason::Timeout, detail);
    }
    // Without a connection there was no answer: a handshake went wrong. A body fails with errors
    // of its connection, or of what decompresses it.
    let reason = if broken.unwrap_or(error.is_decode()) && !error.is_connect() {
        FailureReason::UnreadablePage
    } else {
        FailureReason::Unreachable
    };
    Failure::new(reason, last)
}

/// Whether the header was too large for hyper (HTTP/1) or h2 (HTTP/2), which ends the connection
/// or, when it is but a little too large, resets the stream as it does over a malformed header.
fn is_header_too_large(cause: &(dyn Error + 'static), before_body: bool) -> bool {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return error.is_parse_too_large();
    }
    let Some(error) = cause.downcast_ref::<h2::Error>() else {
        return false;
    };
    let reason = match error.reason() {
        Some(h2::Reason::COMPRESSION_ERROR | h2::Reason::ENHANCE_YOUR_CALM) => true,
        Some(h2::Reason::PROTOCOL_ERROR) => before_body && error.is_reset(),
        _ => false,
    };
    reason && error.is_library()
}

/// Whether the answer is not HTTP, or not what its `Content-Encoding` says, as far as this error
/// tells.
fn breaks_rules(cause: &(dyn Error + 'static)) -> Option<bool> {
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return Some(error.is_parse());
    }
    // What a decoder says; a connection that fails has kinds of its own.
    let error = cause.downcast_ref::<io::Error>()?;
    Some(matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
    ))
}
