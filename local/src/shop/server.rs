//! Answers the shops' visitors: pages, the API, and the moods of the shops that have some.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::listener::{self, Limits, Pages, USUAL};

use super::catalogue::{Article, Fate, Manner, STORES, Store};
use super::price::pick;
use super::{World, bulk, page};

type Answer = Response<Full<Bytes>>;

/// How long the slow shop thinks.
const SLOW: Duration = Duration::from_millis(300);

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Serves until told to stop.
pub(super) async fn serve(
    listener: TcpListener,
    world: Arc<World>,
    stopped: watch::Receiver<bool>,
) {
    let limits = Limits {
        pages: Pages::Own,
        ..USUAL
    };
    listener::serve(listener, limits, stopped, move |request, _peer| {
        let world = Arc::clone(&world);
        async move { answer(&world, &request).await }
    })
    .await;
}

async fn answer(world: &World, request: &Request<Incoming>) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "Only GET and HEAD are answered here.\n",
        );
    }
    let path = request.uri().path();
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    match (parts.as_slice(), &world.bulk) {
        ([""], None) => plain(StatusCode::OK, HTML, page::index(world)),
        (["robots.txt"], _) => plain(StatusCode::OK, TEXT, "User-agent: *\nAllow: /\n"),
        (["bulk", "products", number], Some(bulk)) => match number.parse() {
            Ok(number) if (1..=bulk.products()).contains(&number) => {
                let tag = bulk::tag(world.seed, number, world.today());
                plain(StatusCode::OK, HTML, bulk.page(number, tag))
            }
            _ => not_found(),
        },
        ([key, "products", number] | [key, "api", "products", number], None) => {
            let api = parts.len() == 4;
            match find(key, number) {
                Some((store, article)) if api == (store.manner == Manner::Api) => {
                    article_answer(world, store, article, request).await
                }
                _ => not_found(),
            }
        }
        _ => not_found(),
    }
}

fn find(key: &str, number: &str) -> Option<(&'static Store, &'static Article)> {
    let store = STORES.iter().find(|store| store.key == key)?;
    let article = store
        .articles
        .iter()
        .find(|article| article.number.to_string() == number)?;
    Some((store, article))
}

async fn article_answer(
    world: &World,
    store: &Store,
    article: &Article,
    request: &Request<Incoming>,
) -> Answer {
    let day = world.today();
    match store.manner {
        Manner::Slow => tokio::time::sleep(SLOW).await,
        Manner::Moody => {
            if let Some(refusal) = mood(world, article, day) {
                return refusal;
            }
        }
        Manner::Plain | Manner::Graph | Manner::Api => {}
    }
    if let Fate::Gone { after, status } = article.fate
        && day >= after
    {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
        return plain(status, HTML, page::gone(store, article));
    }
    if store.manner == Manner::Api {
        return plain(
            StatusCode::OK,
            JSON,
            api(world, store, article, day).to_string(),
        );
    }
    let page = page::article(world, store, article, day);
    if store.manner != Manner::Graph {
        return plain(StatusCode::OK, HTML, page);
    }
    let mut hasher = DefaultHasher::new();
    page.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if known {
        plain(StatusCode::NOT_MODIFIED, HTML, "")
    } else {
        plain(StatusCode::OK, HTML, page)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

/// On about a third of the days the moody shop turns away the first visit to half of its
/// articles; whoever comes again is served.
fn mood(world: &World, article: &Article, day: i64) -> Option<Answer> {
    let number = u64::from(article.number);
    let today = day.cast_unsigned();
    let bad_day = pick(world.seed, &[11, today], 3) == 0;
    if !bad_day || pick(world.seed, &[12, number, today], 2) == 0 {
        return None;
    }
    let mut turned_away = world
        .turned_away
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if !turned_away.insert((article.number, day)) {
        return None;
    }
    if pick(world.seed, &[13, number, today], 2) == 0 {
        let busy = "지금은 방문자가 많습니다. 잠시 후 다시 시도해 주세요.\n";
        let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, TEXT, busy);
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        Some(answer)
    } else {
        Some(plain(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "점검 중입니다.\n",
        ))
    }
}

fn api(world: &World, store: &Store, article: &Article, day: i64) -> serde_json::Value {
    let tag = world.tag(store, article, day);
    let quantity = pick(
        world.seed,
        &[14, u64::from(article.number), day.cast_unsigned()],
        40,
    );
    json!({
        "status": "ok",
        "data": {
            "id": article.number.to_string(),
            "title": article.name,
            "brand": article.brand,
            "category": { "name": article.category },
            "price": {
                "amount": tag.price,
                "currency": store.currency.code(),
                "list": tag.list,
            },
            "stock": { "available": quantity > 0, "quantity": quantity },
            "links": { "self": world.address(store, article) },
        },
    })
}

fn not_found() -> Answer {
    plain(StatusCode::NOT_FOUND, TEXT, "There is no such page.\n")
}

fn plain(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
