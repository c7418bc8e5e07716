//! Products in the lists of Coupang: one request for all jobs of a run that name the same list.
//!
//! Whichever job is first asks, the others wait and use its answer, in this worker and in all
//! others. A refusal is an answer too: nobody asks again in this run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use fetch::{Answer, Fetcher};
use jiff::{SignedDuration, Timestamp};
use model::{CoupangList, Failure, FailureReason};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use store::{Calls, KeptSecrets, Pass, Rate, Shared, Sources};
use tokio::sync::Mutex;

use super::answer::{List, read, refused};
use super::offer::offer;
use super::request::Request;
use super::sign::{Keys, authorization};
use crate::admission::breaker;
use crate::batch::Task;
use crate::settings::COUPANG;
use crate::verdict::{Later, NoOffer, Reading, Why, is_far, scattered, until};

/// How long the job that asks may take, from its turn on.
const ASKING: SignedDuration = SignedDuration::from_secs(60);
/// How long after the asking job's turn its answer is looked for.
const AFTERWARDS: SignedDuration = SignedDuration::from_secs(5);
/// How often another worker's answer is looked for before the job is put off.
const LOOKS: u32 = 5;
/// The wait between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// What all jobs of a run share: the list, or why there is none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    List(List),
    Failure(Failure),
}

/// Where a product's offer in a list is asked for.
struct Inquiry<'a> {
    coupang: &'a Coupang,
    task: &'a Task,
    request: Request,
}

/// Access to Coupang Partners.
#[derive(Debug)]
pub(crate) struct Coupang {
    pub(crate) sources: Sources,
    pub(crate) fetcher: Fetcher,
    pub(crate) secrets: Arc<KeptSecrets>,
    /// The name of the secret that holds the account's keys.
    pub(crate) secret: String,
    /// Where the API is.
    pub(crate) url: String,
    pub(crate) rate: Rate,
    /// How long a job may wait for its turn.
    pub(crate) patience: Duration,
    /// By how much the jobs that wait for the end of a pause are scattered.
    pub(crate) scatter: Duration,
    /// Held while a list is asked for.
    pub(crate) asking: Mutex<()>,
}

impl Coupang {
    /// The offer of a product in a list.
    pub(crate) async fn offer(
        &self,
        task: &Task,
        product_id: u64,
        list: &CoupangList,
    ) -> Result<Reading, NoOffer> {
        let inquiry = Inquiry {
            coupang: self,
            task,
            request: Request::of(list),
        };
        match inquiry.told().await? {
            Told::Failure(failure) => Err(NoOffer::Final(failure)),
            Told::List(answer) => Ok(Reading {
                offer: offer(&answer, list, product_id)?,
                page: None,
            }),
        }
    }
}

impl Inquiry<'_> {
    /// The answer that the run's jobs share.
    async fn told(&self) -> Result<Told, NoOffer> {
        // The jobs of this worker go one after the other: all but the first find the answer.
        let _alone = self.coupang.asking.lock().await;
        for _ in 0..LOOKS {
            match self.claim(Timestamp::now()).await? {
                Shared::Known(told) => {
                    let told = serde_json::from_str(&told).context("the shared answer of a list");
                    return told.map_err(|error| NoOffer::ours(&error));
                }
                Shared::Ask => return self.ask().await,
                Shared::Wait(until) if is_far(until - ASKING) => {
                    let soon_after = until - ASKING + AFTERWARDS;
                    return Err(NoOffer::later(soon_after, Why::Pause, "waits for the list"));
                }
                Shared::Wait(_) => tokio::time::sleep(LOOK).await,
            }
        }
        let soon = Timestamp::now() + ASKING;
        Err(NoOffer::later(
            soon,
            Why::Pause,
            "waits for another job's request for the list",
        ))
    }

    /// What the shared answer is kept under. The second fetches of a run share an answer of their
    /// own: the first one cannot bear itself out.
    fn key(&self) -> String {
        let key = self.request.key();
        if self.task.job.confirms {
            format!("again#{key}")
        } else {
            key.to_owned()
        }
    }

    /// Wants the answer, to be told soon after `turn` if this job is to ask for it.
    async fn claim(&self, turn: Timestamp) -> Result<Shared, NoOffer> {
        let job = &self.task.job;
        let key = &self.key();
        let sources = &self.coupang.sources;
        let claim = sources
            .ask(COUPANG, &job.run, key, &job.product, turn + ASKING)
            .await;
        claim.map_err(|error| NoOffer::ours(&error))
    }

    /// Asks for the list, when its turn has come, and tells the answer.
    async fn ask(&self) -> Result<Told, NoOffer> {
        let told = match self.keys().await? {
            Err(failure) => Told::Failure(failure),
            Ok(keys) => {
                let pass = self.turn().await?;
                let answer = self.fetch(&keys).await;
                self.tell_breaker(pass, &answer).await;
                match answer {
                    Ok(list) => Told::List(list),
                    Err(NoOffer::Failed { failure, .. }) if is_final(&failure) => {
                        Told::Failure(failure)
                    }
                    Err(passing) => return Err(passing),
                }
            }
        };
        self.tell(&told).await?;
        Ok(told)
    }

    /// Waits until Coupang may be asked.
    async fn turn(&self) -> Result<Pass, NoOffer> {
        let sources = &self.coupang.sources;
        let product = self.task.job.product.as_str();
        let wanted = HashMap::from([(COUPANG, vec![product])]);
        let admitted = sources.admit(&wanted).await;
        let admitted = admitted.map_err(|error| NoOffer::ours(&error))?;
        let pass = match admitted.get(COUPANG) {
            None => Pass::Free,
            Some(admitted) => match &admitted.others {
                Some((until, cause)) => return Err(self.closed(*until, cause.clone()).await?),
                None => admitted.pass,
            },
        };
        if self.task.job.reserved {
            return Ok(pass);
        }
        let turns = sources
            .reserve(COUPANG, &self.coupang.rate, 1, self.coupang.patience)
            .await;
        let Some(turn) = turns
            .map_err(|error| NoOffer::ours(&error))?
            .into_iter()
            .flatten()
            .next()
        else {
            let detail = "Coupang has no free call within the time a job may wait";
            let failure = Failure::new(FailureReason::Quota, detail);
            self.tell(&Told::Failure(failure.clone())).await?;
            return Err(NoOffer::Final(failure));
        };
        if is_far(turn) {
            // Nobody else is to ask before.
            self.claim(turn).await?;
            return Err(NoOffer::later(
                turn,
                Why::Turn,
                "waits for its turn at Coupang",
            ));
        }
        tokio::time::sleep(until(turn)).await;
        Ok(pass)
    }

    /// Coupang is left alone until then: the job waits, or all jobs of the list end with the
    /// cause if that is too long.
    async fn closed(&self, until: Timestamp, cause: Failure) -> Result<NoOffer, NoOffer> {
        let wait = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
        if wait <= self.coupang.patience {
            self.claim(until).await?;
            let later = Later {
                until: scattered(until, self.coupang.scatter),
                why: Why::Pause,
                cause,
            };
            return Ok(NoOffer::Later(later));
        }
        let detail = format!("not asked until {until}: {}", cause.detail);
        let failure = Failure::new(cause.reason, detail);
        self.tell(&Told::Failure(failure.clone())).await?;
        Ok(NoOffer::Final(failure))
    }

    async fn fetch(&self, keys: &Keys) -> Result<List, NoOffer> {
        let coupang = self.coupang;
        let (path, query) = (self.request.path(), self.request.query());
        let signed = authorization(keys, "GET", path, query, Timestamp::now());
        let mut headers = HeaderMap::new();
        let mut signed = HeaderValue::try_from(signed).map_err(|_| {
            let detail = "the keys of Coupang Partners are not fit for a request header";
            Failure::new(FailureReason::RefusedRequest, detail)
        })?;
        signed.set_sensitive(true);
        headers.insert(AUTHORIZATION, signed);
        let url = self.request.url(&coupang.url);
        let now = Timestamp::now();
        let (refusal, wished) = match coupang.fetcher.get(&url, headers, None).await {
            Ok(Answer::Page(page)) => match read(&page.body, now) {
                Ok(list) => return Ok(list),
                Err(refusal) => (refusal, None),
            },
            Ok(Answer::NotModified) => {
                let detail = "Coupang answers without an answer";
                return Err(Failure::new(FailureReason::UnreadablePage, detail).into());
            }
            Err(no_page) => (
                refused(no_page.failure, &no_page.body, now),
                no_page.retry_after,
            ),
        };
        Err(NoOffer::Failed {
            failure: refusal.failure,
            retry_after: refusal.closed_until.map(until).or(wished),
        })
    }

    /// Tells the other workers how Coupang answered.
    async fn tell_breaker(&self, pass: Pass, answer: &Result<List, NoOffer>) {
        let sources = &self.coupang.sources;
        let product = self.task.job.product.as_str();
        match answer {
            Ok(_) if pass == Pass::Probe => {
                breaker::probed(sources, COUPANG, product, None).await;
            }
            Ok(_) if pass == Pass::Counting => {
                let calls = Calls {
                    first: 1,
                    ..Calls::default()
                };
                breaker::told(COUPANG, sources.count_calls(COUPANG, calls, None).await);
            }
            Err(no_offer) if breaker::is_the_sources(no_offer) => {
                if pass == Pass::Probe {
                    breaker::probed(sources, COUPANG, product, Some(no_offer)).await;
                } else {
                    let calls = Calls {
                        first: 1,
                        failed: 1,
                        failed_again: 0,
                    };
                    breaker::failed(sources, COUPANG, calls, no_offer).await;
                }
            }
            _ => {}
        }
    }

    /// The account's keys, or why the run has to do without.
    async fn keys(&self) -> Result<Result<Keys, Failure>, NoOffer> {
        let secret = &self.coupang.secret;
        let found = self.coupang.secrets.find(secret).await;
        let keys = match found.map_err(|error| NoOffer::ours(&error))? {
            Some(text) => {
                Keys::read(&text).map_err(|error| format!("the secret {secret}: {error}"))
            }
            None => Err(format!(
                "no access to Coupang Partners: the secret {secret} is missing or empty; put \
                 {{\"access_key\": …, \"secret_key\": …}} there"
            )),
        };
        Ok(keys.map_err(|detail| Failure::new(FailureReason::RefusedRequest, detail)))
    }

    /// Tells the run's other jobs. Until they know, this one does not end.
    async fn tell(&self, told: &Told) -> Result<(), NoOffer> {
        let (run, key) = (&self.task.job.run, &self.key());
        let answer = serde_json::to_string(told).map_err(|error| NoOffer::ours(&error.into()))?;
        let shared = self
            .coupang
            .sources
            .answer(COUPANG, run, key, &answer)
            .await;
        shared.map_err(|error| NoOffer::ours(&error))
    }
}

/// Whether a refusal stands for the whole run. A throttled account that asks again is restricted.
fn is_final(failure: &Failure) -> bool {
    failure.reason.is_permanent() || failure.reason == FailureReason::Throttled
}
