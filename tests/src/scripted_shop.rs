//! A shop that answers as a test tells it, and remembers who came.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use model::{Product, Source};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A shop on a port of this machine, until it is dropped.
pub struct ScriptedShop {
    host: String,
    visits: Visits,
    serving: JoinHandle<()>,
}

/// A request that was made.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Its path.
    pub path: String,
    /// Its header fields.
    pub headers: hyper::HeaderMap,
    /// How many requests for this path there were before.
    pub nth: usize,
}

/// What such a shop answers.
pub type Answer = Response<Full<Bytes>>;

type Visits = Arc<Mutex<Vec<Visit>>>;

impl ScriptedShop {
    /// A shop that gives these answers. What is asked for its robots.txt is asked too.
    pub async fn start(answer: impl Fn(&Visit) -> Answer + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let visits = Visits::default();
        let (seen, answer) = (visits.clone(), Arc::new(answer));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let visit = note(&seen, &request);
                    let answer = answer(&visit);
                    async move {
                        if answer.extensions().get::<Never>().is_some() {
                            std::future::pending::<()>().await;
                        }
                        Ok::<_, Infallible>(answer)
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Ok(Self {
            host,
            visits,
            serving,
        })
    }

    /// Its `host:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The requests for this path, in order.
    pub fn visits(&self, path: &str) -> Vec<Visit> {
        let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = visits.iter().filter(|visit| visit.path == path);
        visits.cloned().collect()
    }

    /// How many requests there were, for whatever.
    pub fn all_visits(&self) -> usize {
        let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.len()
    }

    /// The product whose page is at `/p/{id}`.
    pub fn product(&self, id: &str) -> Result<Product> {
        let url = format!("http://{}/p/{id}", self.host);
        Ok(serde_json::from_value(json!({
            "id": id,
            "name": format!("Product {id}"),
            "source": Source::Html { url, selector: None, variant: None, range: None, price_kind: None, secret_headers: BTreeMap::default() },
        }))?)
    }
}

impl Drop for ScriptedShop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn note(visits: &Visits, request: &Request<Incoming>) -> Visit {
    let mut visits = visits.lock().unwrap_or_else(PoisonError::into_inner);
    let path = request.uri().path().to_owned();
    let visit = Visit {
        nth: visits.iter().filter(|visit| visit.path == path).count(),
        headers: request.headers().clone(),
        path,
    };
    visits.push(visit.clone());
    visit
}

/// A product page with a price in won.
pub fn page_of(won: u32) -> Answer {
    page_named("Scripted", won)
}

/// A page with a product of this name and a price in won.
pub fn page_named(name: &str, won: u32) -> Answer {
    let product = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "offers": {"@type": "Offer", "price": won, "priceCurrency": "KRW"},
    });
    let page = format!(
        "<!doctype html><title>Scripted</title>\
         <script type=\"application/ld+json\">{}</script>",
        product.to_string().replace('<', "\\u003c")
    );
    let mut response = Response::new(Full::from(page));
    let html = hyper::header::HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert("content-type", html);
    response
}

/// Marks an answer that is never sent.
#[derive(Debug, Clone)]
struct Never;

/// No answer: the request hangs.
pub fn never() -> Answer {
    let mut response = status(200);
    response.extensions_mut().insert(Never);
    response
}

/// An answer that sends the visitor on.
pub fn moved_to(location: &str) -> Answer {
    let mut response = status(302);
    if let Ok(location) = location.parse() {
        response.headers_mut().insert("location", location);
    }
    response
}

/// An answer without a page.
pub fn status(code: u16) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = hyper::StatusCode::from_u16(code).unwrap_or_default();
    response
}
