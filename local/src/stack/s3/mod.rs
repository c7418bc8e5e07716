//! S3: protocol and signatures by `s3s`, over a backend that takes any key.
//!
//! Contents are opaque files ([`blobs`]), everything else is in SQLite ([`store`]). In front of
//! the protocol stands what browsers need ([`cors`]); behind it every created object becomes an
//! event ([`events`]).

mod access;
mod backend;
mod blobs;
mod buckets;
mod checksum;
mod cors;
mod events;
mod listing;
mod multipart;
mod objects;
mod reading;
mod shapes;
mod store;
mod unsigned;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ::http::header::ORIGIN;
use ::http::{Method, Request, Response, StatusCode};
use anyhow::Context;
use hyper::body::Incoming;
use rusqlite::Connection;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3Result};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use self::events::{ObjectCreated, ObjectEvents};

use self::access::Roles;
use self::backend::Backend;
use self::blobs::Blobs;
use self::cors::Rule;
use super::sqlite;
use crate::iam::AccessKeys;
use crate::listener::{self, Limits, Pages, USUAL};

/// The largest upload by a form, which `s3s` holds in memory: the largest workbook that is read.
/// The form's signature is checked before its file is taken.
const FORM_LIMIT: u64 = 512 * 1024 * 1024;

/// The service with its backend.
pub(super) struct S3 {
    service: S3Service,
    cors: CorsRules,
    events: ObjectEvents,
}

/// The rules of every bucket that has some.
type CorsRules = Arc<RwLock<HashMap<String, Arc<Vec<Rule>>>>>;

impl S3 {
    pub(super) fn open(dir: &Path, region: &str, keys: AccessKeys) -> anyhow::Result<Self> {
        let db = sqlite::open(&dir.join("s3.sqlite"), store::SCHEMA)?;
        let known = store::known_files(&db).context("the objects cannot be read")?;
        let blobs = Blobs::open(dir.join("objects"), &known)?;
        let cors = CorsRules::default();
        for (bucket, _) in store::buckets(&db)? {
            remember(&cors, &bucket, store::cors(&db, &bucket)?);
        }
        let db = Arc::new(Mutex::new(db));
        let events = ObjectEvents::new(Arc::clone(&db));
        let backend = Backend {
            db: Db(db),
            blobs,
            cors: Arc::clone(&cors),
            events: events.clone(),
            region: region.to_owned(),
            keys: keys.clone(),
        };

        let mut builder = S3ServiceBuilder::new(backend);
        builder.set_auth(Roles(keys.clone()));
        builder.set_access(Roles(keys));
        let mut limits = S3Config::default();
        limits.post_object_max_file_size = FORM_LIMIT;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(limits))));
        Ok(Self {
            service: builder.build(),
            cors,
            events,
        })
    }

    pub(super) fn events(&self) -> ObjectEvents {
        self.events.clone()
    }

    /// Serves until the stack stops.
    pub(super) async fn serve(self, listener: TcpListener, stopping: watch::Receiver<bool>) {
        let Self { service, cors, .. } = self;
        let limits = Limits {
            pages: Pages::AsTheServiceSays,
            ..USUAL
        };
        listener::serve(listener, limits, stopping, move |request, _peer| {
            answer(service.clone(), Arc::clone(&cors), request)
        })
        .await;
    }
}

async fn answer(service: S3Service, cors: CorsRules, request: Request<Incoming>) -> Response<Body> {
    let Some(origin) = request.headers().get(ORIGIN).cloned() else {
        return call(&service, request).await;
    };
    let bucket = request.uri().path().split('/').nth(1).unwrap_or("");
    let rules = {
        let cors = cors.read().unwrap_or_else(PoisonError::into_inner);
        cors.get(bucket).cloned().unwrap_or_default()
    };
    if request.method() == Method::OPTIONS {
        return cors::preflight(&rules, request.headers());
    }
    if !cors::is_answered(&rules, &origin, request.method().as_str()) {
        return cors::refused();
    }
    let method = request.method().clone();
    let mut response = call(&service, request).await;
    cors::mark(&rules, &origin, method.as_str(), response.headers_mut());
    response
}

async fn call(service: &S3Service, request: Request<Incoming>) -> Response<Body> {
    if let Some(header) = unsigned::header(&request) {
        return unsigned::refusal(&header);
    }
    match service.call(request.map(Body::from)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(?error, "an S3 request could not be answered");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

fn remember(cors: &CorsRules, bucket: &str, rules: Vec<Rule>) {
    let mut cors = cors.write().unwrap_or_else(PoisonError::into_inner);
    if rules.is_empty() {
        cors.remove(bucket);
    } else {
        cors.insert(bucket.to_owned(), Arc::new(rules));
    }
}

/// The metadata, used off the async threads and under its lock.
#[derive(Clone)]
struct Db(Arc<Mutex<Connection>>);

impl Db {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let db = Arc::clone(&self.0);
        let run = tokio::task::spawn_blocking(move || {
            work(&mut db.lock().unwrap_or_else(PoisonError::into_inner))
        });
        run.await.map_err(internal)?
    }
}

/// An error that is not the client's.
fn internal<E: std::error::Error + Send + Sync + 'static>(error: E) -> S3Error {
    tracing::error!(%error, "S3 failed");
    S3Error::internal_error(error)
}
