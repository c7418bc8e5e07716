//! The robots.txt of a host: fetched once a day, kept in the table for all workers and in memory
//! for this one.
//!
//! Without rules (4xx) everything is allowed; while the host cannot say (5xx, no answer) nothing
//! is fetched from it, and its jobs come back (RFC 9309, 2.3.1). That it cannot say is remembered
//! for a moment too, so that it is not asked by every batch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fetch::{Answer, Fetcher, NoPage};
use jiff::Timestamp;
use model::{Failure, FailureReason};
use reqwest::header::HeaderMap;
use store::{KnownRobots, Rate, Sources};
use tracing::warn;
use url::{Position, Url};

use super::robots::Robots;
use crate::verdict::{NoOffer, until};

/// How many hosts' rules are kept in memory.
const KNOWN: usize = 1_000;
/// The longest wait for a turn: a host's rules go before its pages.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where rules come from.
#[derive(Debug)]
pub(super) struct RobotsTxt {
    sources: Sources,
    fetcher: Fetcher,
    /// The product token of the User-Agent, by which a robots.txt knows us.
    agent: String,
    /// By host, until when they hold.
    known: Mutex<HashMap<String, (Rules, Timestamp)>>,
}

/// The rules of a host for us.
#[derive(Debug, Clone)]
pub(super) struct Rules(Arc<Robots>);

/// A host's rules cannot be had.
#[derive(Debug, Clone)]
pub(super) struct Unavailable {
    /// Why, for every job of the host.
    pub(super) no_offer: NoOffer,
}

impl Rules {
    /// Whether a page may be fetched.
    pub(super) fn allow(&self, page: &Url) -> bool {
        let path = &page[Position::BeforePath..Position::AfterQuery];
        self.0.allows(path)
    }

    /// How long to wait between two pages.
    pub(super) fn crawl_delay(&self) -> Duration {
        self.0.crawl_delay().unwrap_or_default()
    }
}

impl RobotsTxt {
    /// Rules for an agent of this name.
    pub(super) fn new(sources: Sources, fetcher: Fetcher, agent: &str) -> Self {
        Self {
            sources,
            fetcher,
            agent: agent.to_owned(),
            known: Mutex::default(),
        }
    }

    /// The rules of the host of `page`, which is asked at this rate.
    pub(super) async fn rules(
        &self,
        host: &str,
        page: &Url,
        rate: &Rate,
    ) -> Result<Rules, Unavailable> {
        if let Some(rules) = self.in_memory(host) {
            return Ok(rules);
        }
        if let Some(known) = self.in_table(host).await {
            return known;
        }
        if !rate.is_free() {
            let turn = self.sources.reserve(host, rate, 1, LONGEST_WAIT).await;
            match turn.map(|turn| turn.into_iter().flatten().next()) {
                Ok(Some(at)) => tokio::time::sleep(until(at)).await,
                // All turns are taken for a while: it goes before them.
                Ok(None) => {}
                Err(error) => return Err(unavailable(&error)),
            }
            // Whose turn was before has asked.
            if let Some(known) = self.in_table(host).await {
                return known;
            }
        }
        self.fetch(host, page).await
    }

    fn in_memory(&self, host: &str) -> Option<Rules> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (rules, until) = known.get(host)?;
        (*until > Timestamp::now()).then(|| rules.clone())
    }

    fn remember(&self, host: &str, rules: &Rules, until: Timestamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(host.to_owned(), (rules.clone(), until));
    }

    async fn in_table(&self, host: &str) -> Option<Result<Rules, Unavailable>> {
        match self.sources.robots(host).await {
            Ok(None) => None,
            Ok(Some(KnownRobots::Rules(kept, until))) => {
                let rules = Rules(Arc::new(Robots::from_compact(&kept)));
                self.remember(host, &rules, until);
                Some(Ok(rules))
            }
            Ok(Some(KnownRobots::Failure(failure))) => Some(Err(Unavailable {
                no_offer: failure.into(),
            })),
            Err(error) => Some(Err(unavailable(&error))),
        }
    }

    /// Fetches a host's rules, and keeps them for the other workers.
    async fn fetch(&self, host: &str, page: &Url) -> Result<Rules, Unavailable> {
        let url = format!("{}/robots.txt", page.origin().ascii_serialization());
        let robots = match self.fetcher.get(&url, HeaderMap::new(), None).await {
            Ok(Answer::Page(robots)) => Robots::parse(&robots.body, &self.agent),
            Ok(Answer::NotModified) => Robots::allow_all(),
            Err(no_page) => match without(&no_page) {
                Ok(robots) => robots,
                Err(failure) => {
                    if let Err(error) = self.sources.keep_robots_failure(host, &failure).await {
                        warn!(host, "the failure was not kept: {error:#}");
                    }
                    return Err(Unavailable {
                        no_offer: NoOffer::Failed {
                            failure,
                            retry_after: no_page.retry_after,
                        },
                    });
                }
            },
        };
        let compact = robots.to_compact();
        let rules = Rules(Arc::new(robots));
        match self.sources.keep_robots(host, &compact).await {
            Ok(until) => self.remember(host, &rules, until),
            Err(error) => warn!(host, "robots.txt was not kept: {error:#}"),
        }
        Ok(rules)
    }
}

/// What holds while there is no robots.txt to read.
fn without(no_page: &NoPage) -> Result<Robots, Failure> {
    match no_page.failure.reason {
        FailureReason::Gone
        | FailureReason::RefusedRequest
        | FailureReason::TooManyRedirects
        | FailureReason::UnreadablePage => Ok(Robots::allow_all()),
        // Rules that are too long to be read are not read as permission.
        FailureReason::TooLarge => Ok(Robots::disallow_all()),
        reason => {
            let detail = format!("robots.txt: {}", no_page.failure.detail);
            Err(Failure::new(reason, detail))
        }
    }
}

/// Something failed on our side.
fn unavailable(error: &anyhow::Error) -> Unavailable {
    Unavailable {
        no_offer: Failure::new(FailureReason::Internal, format!("robots.txt: {error:#}")).into(),
    }
}
