//! Cross-origin requests: what a page in a browser may do with a bucket, as `PutBucketCors` set
//! it.
//!
//! A layer in front of the protocol, after
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>.

use ::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use s3s::Body;
use s3s::dto::CORSRule;
use serde::{Deserialize, Serialize};

const VARIES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// One rule. The first that fits a request applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rule {
    id: Option<String>,
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    expose: Vec<String>,
    max_age: Option<i32>,
}

impl From<CORSRule> for Rule {
    fn from(rule: CORSRule) -> Self {
        Self {
            id: rule.id,
            origins: rule.allowed_origins,
            methods: rule.allowed_methods,
            headers: rule.allowed_headers.unwrap_or_default(),
            expose: rule.expose_headers.unwrap_or_default(),
            max_age: rule.max_age_seconds,
        }
    }
}

impl From<Rule> for CORSRule {
    fn from(rule: Rule) -> Self {
        let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        Self {
            id: rule.id,
            allowed_origins: rule.origins,
            allowed_methods: rule.methods,
            allowed_headers: some(rule.headers),
            expose_headers: some(rule.expose),
            max_age_seconds: rule.max_age,
        }
    }
}

impl Rule {
    /// What is wrong with the rule, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        let known = ["GET", "PUT", "HEAD", "POST", "DELETE"];
        if let Some(method) = self
            .methods
            .iter()
            .find(|method| !known.contains(&method.as_str()))
        {
            return Some(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            ));
        }
        let mut patterns = self.origins.iter().chain(&self.headers);
        let crowded = patterns.find(|pattern| pattern.matches('*').count() > 1)?;
        Some(format!("{crowded:?} can not have more than one wildcard."))
    }

    fn fits(&self, origin: &str, method: &str, headers: &[String]) -> bool {
        self.origins.iter().any(|pattern| matches(pattern, origin))
            && self.methods.iter().any(|allowed| allowed == method)
            && headers.iter().all(|header| {
                self.headers
                    .iter()
                    .any(|pattern| matches(&pattern.to_ascii_lowercase(), header))
            })
    }

    /// Writes the headers that every allowed answer carries.
    fn allow(&self, origin: &HeaderValue, answer: &mut HeaderMap) {
        if self.origins.iter().any(|pattern| pattern == "*") {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let yes = HeaderValue::from_static("true");
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        insert_list(answer, ACCESS_CONTROL_ALLOW_METHODS, &self.methods);
        insert_list(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose);
        if let Some(seconds) = self.max_age {
            answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
    }
}

/// Answers a browser's question whether it may send a request.
pub(super) fn preflight(rules: &[Rule], asked: &HeaderMap) -> Response<Body> {
    let text = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(method)) = (text(ORIGIN), text(ACCESS_CONTROL_REQUEST_METHOD)) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Insufficient information. Origin request header needed.",
        );
    };
    let headers: Vec<String> = text(ACCESS_CONTROL_REQUEST_HEADERS)
        .unwrap_or("")
        .split(',')
        .map(|header| header.trim().to_ascii_lowercase())
        .filter(|header| !header.is_empty())
        .collect();
    let rule = rules
        .iter()
        .find(|rule| rule.fits(origin, method, &headers));
    let (Some(rule), Some(origin)) = (rule, asked.get(ORIGIN)) else {
        let message = if rules.is_empty() {
            "CORSResponse: CORS is not enabled for this bucket."
        } else {
            "CORSResponse: This CORS request is not allowed. This is usually because the \
             evalution of Origin, request method / Access-Control-Request-Method or \
             Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
        };
        return refusal(StatusCode::FORBIDDEN, "AccessForbidden", message);
    };
    let mut response = Response::new(Body::empty());
    let answer = response.headers_mut();
    rule.allow(origin, answer);
    insert_list(answer, ACCESS_CONTROL_ALLOW_HEADERS, &headers);
    answer.insert(VARY, HeaderValue::from_static(VARIES));
    response
}

/// Whether a page's request is answered at all: if a rule allows it, or if the page comes from
/// this machine. S3 itself answers others as well and only keeps the answer from the page; here a
/// page that nobody allowed has no business.
pub(super) fn is_answered(rules: &[Rule], origin: &HeaderValue, method: &str) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let local = origin.strip_prefix("http://").is_some_and(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        ["127.0.0.1", "localhost"].contains(&name)
    });
    local || rules.iter().any(|rule| rule.fits(origin, method, &[]))
}

/// The answer to a page that nobody allowed.
pub(super) fn refused() -> Response<Body> {
    let message = "CORSResponse: This CORS request is not allowed.";
    refusal(StatusCode::FORBIDDEN, "AccessForbidden", message)
}

/// Marks the answer to a page's request as readable by it, if a rule allows that.
pub(super) fn mark(rules: &[Rule], origin: &HeaderValue, method: &str, answer: &mut HeaderMap) {
    let Ok(text) = origin.to_str() else {
        return;
    };
    if let Some(rule) = rules.iter().find(|rule| rule.fits(text, method, &[])) {
        rule.allow(origin, answer);
        answer.append(VARY, HeaderValue::from_static(VARIES));
    }
}

/// Matches with at most one `*`, which stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

fn insert_list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if !values.is_empty()
        && let Ok(value) = HeaderValue::from_str(&values.join(", "))
    {
        headers.insert(name, value);
    }
}

pub(super) fn refusal(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/xml"));
    response
}
