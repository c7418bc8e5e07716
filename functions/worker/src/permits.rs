//! Whether a shop's robots.txt lets a page be fetched.
//!
//! A host's rules are fetched once a day, kept in the table for all workers and in memory for
//! this one. Without rules (4xx) everything is allowed; while the host cannot say (5xx, no
//! answer) nothing is fetched from it, and the job comes back (RFC 9309, 2.3.1).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::{Failure, FailureReason};
use reqwest::header::HeaderMap;
use tokio::sync::Mutex;
use tracing::warn;
use url::{Position, Url};

use crate::Worker;
use crate::price::NoOffer;
use crate::robots::Robots;
use fetch::{Answer, NoPage};

/// How many hosts' rules are kept in memory.
const KNOWN: usize = 1_000;

/// The rules that this worker knows.
#[derive(Debug, Default)]
pub(crate) struct Permits {
    /// By host, until when they hold. The lock of a host is held while its rules are fetched, so
    /// that they are fetched once.
    known: Mutex<HashMap<String, Known>>,
}

type Known = Arc<Mutex<Option<(Arc<Robots>, Timestamp)>>>;

impl Permits {
    /// Whether a page may be fetched, and how long to wait between two pages of its host.
    pub(crate) async fn permit(
        &self,
        worker: &Worker,
        host: &str,
        page: &Url,
    ) -> Result<Duration, NoOffer> {
        let rules = self.rules(worker, host, page).await?;
        let path = &page[Position::BeforePath..Position::AfterQuery];
        if rules.allows(path) {
            return Ok(rules.crawl_delay().unwrap_or_default());
        }
        let detail = format!("{host} disallows {}", page.path());
        Err(Failure::new(FailureReason::Robots, detail).into())
    }

    async fn rules(&self, worker: &Worker, host: &str, page: &Url) -> Result<Arc<Robots>, NoOffer> {
        let of_host = {
            let mut known = self.known.lock().await;
            if known.len() >= KNOWN {
                known.clear();
            }
            known.entry(host.to_owned()).or_default().clone()
        };
        let mut of_host = of_host.lock().await;
        if let Some((rules, until)) = of_host.as_ref()
            && *until > Timestamp::now()
        {
            return Ok(rules.clone());
        }
        let (rules, until) = match worker.sources.robots(host).await {
            Ok(Some((kept, until))) => (Robots::from_compact(&kept), until),
            Ok(None) => fetch(worker, host, page).await?,
            Err(error) => return Err(unavailable(&format!("{error:#}"))),
        };
        let rules = Arc::new(rules);
        *of_host = Some((rules.clone(), until));
        Ok(rules)
    }
}

/// Fetches a host's rules and keeps them for the other workers.
async fn fetch(worker: &Worker, host: &str, page: &Url) -> Result<(Robots, Timestamp), NoOffer> {
    let url = format!("{}/robots.txt", page.origin().ascii_serialization());
    let rules = match worker.fetcher.get(&url, HeaderMap::new(), None).await {
        Ok(Answer::Page(robots)) => Robots::parse(&robots.body, &worker.agent),
        Ok(Answer::NotModified) => Robots::allow_all(),
        Err(no_page) => without(&no_page)?,
    };
    match worker.sources.keep_robots(host, &rules.to_compact()).await {
        Ok(until) => Ok((rules, until)),
        Err(error) => {
            warn!(host, "robots.txt was not kept: {error:#}");
            Ok((rules, Timestamp::now()))
        }
    }
}

/// What holds while there is no robots.txt to read.
fn without(no_page: &NoPage) -> Result<Robots, NoOffer> {
    match no_page.failure.reason {
        FailureReason::Gone
        | FailureReason::RefusedRequest
        | FailureReason::TooManyRedirects
        | FailureReason::UnreadablePage => Ok(Robots::allow_all()),
        // Rules that are too long to be read are not read as permission.
        FailureReason::TooLarge => Ok(Robots::disallow_all()),
        reason => {
            let detail = format!("robots.txt: {}", no_page.failure.detail);
            Err(NoOffer::Failed {
                failure: Failure::new(reason, detail),
                retry_after: no_page.retry_after,
            })
        }
    }
}

fn unavailable(detail: &str) -> NoOffer {
    Failure::new(FailureReason::Internal, format!("robots.txt: {detail}")).into()
}
