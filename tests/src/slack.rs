//! A Slack of a test's own: takes what an incoming webhook takes, and answers as it is told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::RETRY_AFTER;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What Slack says to a post.
#[derive(Debug, Clone, Copy)]
pub enum SlackAnswer {
    /// 429, and how many seconds to wait.
    TooMany(u32),
    /// A status and a body.
    Status(u16, &'static str),
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Post(Value);

impl Post {
    /// The texts of its blocks, a line each.
    pub fn text(&self) -> String {
        let blocks = self.0["blocks"].as_array().into_iter().flatten();
        let texts = blocks.filter_map(|block| block["text"]["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The address of its link, if it has one.
    pub fn link(&self) -> Option<String> {
        let text = self.text();
        let (_, link) = text.split_once("<http")?;
        let (link, _) = link.split_once('|')?;
        Some(format!("http{}", link.replace("&amp;", "&")))
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    headers: hyper::HeaderMap,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> Result<&str> {
        let value = self.headers.get(name).context("the header is missing")?;
        Ok(value.to_str()?)
    }
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    answers: VecDeque<SlackAnswer>,
    requests: usize,
    posts: Vec<Post>,
}

/// The Slack.
pub struct Slack {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Slack {
    /// Starts a Slack that gives these answers, one a post, and then takes every post.
    pub async fn start(answers: &[SlackAnswer]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            answers: answers.iter().copied().collect(),
            ..State::default()
        }));
        let serving = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            serving,
        })
    }

    /// Its `host:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The webhook's address.
    pub fn webhook(&self) -> String {
        format!("http://{}/services/T000/B000/secret", self.address)
    }

    /// How often it was asked to take a message.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    /// The messages that it took.
    pub fn posts(&self) -> Vec<Post> {
        self.state().posts.clone()
    }

    /// All requests, as they came.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { Ok::<_, Infallible>(answer(&state, request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let headers = request.headers().clone();
    let body = request.into_body().collect().await;
    let body = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    let message = body.as_ref().map(|body| serde_json::from_str(body));
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.received.push(Received {
        headers,
        body: body.as_deref().unwrap_or_default().to_owned(),
    });
    state.requests += 1;
    let (status, text, wait) = match (state.answers.pop_front(), message) {
        (Some(SlackAnswer::TooMany(seconds)), _) => (429, "rate_limited", Some(seconds)),
        (Some(SlackAnswer::Status(status, text)), _) => (status, text, None),
        (None, Ok(Ok(message))) => {
            state.posts.push(Post(message));
            (200, "ok", None)
        }
        (None, _) => (400, "invalid_payload", None),
    };
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Some(seconds) = wait {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}
