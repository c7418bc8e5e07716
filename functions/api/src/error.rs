//! What a request is refused with: a problem document (RFC 9457) that names the field that is
//! wrong and says what to do about it.

use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What kind of problem it is, in a few words.
    #[schema(example = "Bad request")]
    pub(crate) title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub(crate) status: u16,
    /// What exactly is wrong, and the way out.
    pub(crate) detail: String,
    /// The field, parameter or header that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
}

/// Why a request gets no answer of the kind it asked for.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The request is refused. With headers that belong to the refusal.
    Refused(Box<Problem>, Vec<(&'static str, String)>),
    /// Something failed on this side. It is logged, and the client is told no more than that.
    Internal(anyhow::Error),
}

impl ApiError {
    fn refused(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        let problem = Problem {
            title,
            status,
            detail: detail.into(),
            field: None,
        };
        Self::Refused(Box::new(problem), Vec::new())
    }

    /// 400: this field of the request is wrong.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::bad(detail).at(field)
    }

    /// 400: the request is wrong as a whole.
    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::refused(400, "Bad request", detail)
    }

    /// 401: nobody is known by the request's token.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::refused(401, "Unauthorized", detail).with("www-authenticate", "Bearer")
    }

    /// 403: who asks may not do this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::refused(403, "Forbidden", detail)
    }

    /// 404: there is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::refused(404, "Not found", detail)
    }

    /// 405: the address is right, the method is not; these are.
    pub(crate) fn method(allowed: &str) -> Self {
        let detail = format!("This address takes {allowed}.");
        Self::refused(405, "Method not allowed", detail).with("allow", allowed)
    }

    /// 413: the request is larger than it may be.
    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::refused(413, "Content too large", detail)
    }

    /// The same, naming the field that is wrong.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        if let Self::Refused(problem, _) = &mut self {
            problem.field = Some(field.into());
        }
        self
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Refused(_, headers) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// The problem and its headers. What went wrong inside is logged here, once.
    pub(crate) fn into_problem(self) -> (Problem, Vec<(&'static str, String)>) {
        match self {
            Self::Refused(problem, headers) => (*problem, headers),
            Self::Internal(failure) => {
                error!("the request failed: {failure:#}");
                let problem = Problem {
                    title: "Internal error",
                    status: 500,
                    detail: "Something went wrong here; try again.".to_owned(),
                    field: None,
                };
                (problem, Vec::new())
            }
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(failure: anyhow::Error) -> Self {
        Self::Internal(failure)
    }
}

impl From<model::Invalid> for ApiError {
    fn from(invalid: model::Invalid) -> Self {
        Self::field(invalid.what, format!("{invalid}."))
    }
}
