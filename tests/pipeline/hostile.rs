//! Shops that misbehave, beside honest ones: each ends as its own outcome.

use std::collections::BTreeMap;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use integration_tests::{HostileShops, Mischief, TestPipeline};
use jiff::civil::date;
use model::{FailureReason, Outcome, ProductId, RunId};
use serde_json::{Value, json};

crate::trials!(
    hostile_shops_end_as_their_outcomes_and_harm_nobody,
    extract_says_the_same_of_hostile_shops,
);

/// Marks the processes of this test's functions.
const MARK: &str = "PRICETIDE_TEST_OF_HOSTILE_SHOPS";
/// What a worker may take at its peak: half of its `memorySize` in serverless.yml. A debug build
/// with nothing to do takes some 45 MiB of it.
const MOST_MEMORY_KIB: u64 = 128 * 1024;

/// How each must end: none is a price.
fn reason(mischief: Mischief) -> Option<FailureReason> {
    Some(match mischief {
        Mischief::EndlessBody | Mischief::GzipBomb | Mischief::LargeHeader => {
            FailureReason::TooLarge
        }
        Mischief::BombInAnError => FailureReason::Gone,
        Mischief::DrippingHeader | Mischief::DrippingBody => FailureReason::Timeout,
        Mischief::RedirectLoop => FailureReason::TooManyRedirects,
        Mischief::RedirectInside => FailureReason::RefusedAddress,
        Mischief::DeepJsonLd => FailureReason::NoPrice,
        Mischief::DeepJson | Mischief::NotHttp | Mischief::NotModified => {
            FailureReason::UnreadablePage
        }
        Mischief::HalfPage | Mischief::HangUp => FailureReason::Unreachable,
        // What is only odd is read right.
        Mischief::EucKrAsUtf8 | Mischief::Utf8AsEucKr | Mischief::DeepHtml => return None,
    })
}

async fn hostile_shops_end_as_their_outcomes_and_harm_nobody() -> Result<()> {
    let hostile = HostileShops::open().await?;
    let hosts = hostile.hosts();
    let pipeline = TestPipeline::start_with(|mut options| {
        for (name, value) in &mut options.variables {
            if name == "PRICETIDE_ALLOWED_HOSTS" {
                *value = format!("{value},{hosts}");
            }
        }
        let mark = (MARK.to_owned(), hosts.clone());
        options.function_environment.push(mark);
        options.with_variable("PRICETIDE_FETCH_TIMEOUT_SECONDS", "3")
    })
    .await?;
    let day = date(2026, 11, 5);
    pipeline.shop().set_day(day);
    let mut honest = pipeline.shop().catalogue();
    honest.retain(|product| pipeline.shop().price_on(&product.id, day).is_some());
    honest.truncate(2 * Mischief::ALL.len());
    let mut products = hostile.products()?;
    // Of those that are too large, enough to fill a batch.
    let large = |mischief: &Mischief| reason(*mischief) == Some(FailureReason::TooLarge);
    let mut crowd = Vec::new();
    for copy in 1..=2 {
        for (mischief, product) in products.iter().filter(|(mischief, _)| large(mischief)) {
            let mut product = product.clone();
            product.id = ProductId::new(format!("{mischief:?}-{copy}"))?;
            crowd.push((*mischief, product));
        }
    }
    pipeline.define(honest.iter().cloned()).await?;
    let naughty = products.iter().chain(&crowd);
    let naughty = naughty.map(|(_, product)| product.clone());
    pipeline.define(naughty).await?;

    // Two honest ones beside each of the others.
    let run: RunId = "daily@2026-11-05T01:15:00Z".parse()?;
    let job = |id| json!({"run": run, "product": id}).to_string();
    let beside = honest.chunks(2).zip(&products);
    let jobs = beside.flat_map(|(honest, (_, naughty))| {
        let honest = honest.iter().map(|product| job(&product.id));
        honest.chain([job(&naughty.id)]).collect::<Vec<_>>()
    });
    let crowded = crowd.iter().map(|(_, product)| job(&product.id));
    let queue = pipeline.queue("JobsQueue")?;
    queue.send_all(crowded.chain(jobs)).await?;
    products.extend(crowd.iter().cloned());

    for product in &honest {
        let seen = pipeline.outcome(&run, &product.id).await?;
        let shown = pipeline.shop().price_on(&product.id, day);
        ensure!(
            matches!(&seen.outcome, Outcome::Price(offer) if Some(offer.price) == shown),
            "{seen:?}"
        );
    }
    let mut wrong = BTreeMap::new();
    for (mischief, product) in &products {
        let outcome = pipeline.outcome(&run, &product.id).await?.outcome;
        let right = match (&outcome, reason(*mischief)) {
            (Outcome::Failure(failure), Some(reason)) => failure.reason == reason,
            (Outcome::Price(offer), None) => {
                offer.price.to_string() == "12900 KRW"
                    && offer.name.as_deref() == Some("무선 이어폰")
            }
            _ => false,
        };
        if !right {
            wrong.insert(product.id.clone(), outcome);
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");

    let peaks = peaks_of_workers(&hosts)?;
    ensure!(!peaks.is_empty(), "no worker is left to look at");
    ensure!(
        peaks.iter().all(|peak| *peak <= MOST_MEMORY_KIB),
        "KiB: {peaks:?}"
    );
    pipeline.stop().await;
    Ok(())
}

async fn extract_says_the_same_of_hostile_shops() -> Result<()> {
    let hostile = HostileShops::open().await?;
    let mut wrong = BTreeMap::new();
    for (mischief, product) in hostile.products()? {
        // It has the worker's own patience, and reads pages alone.
        let drips = reason(mischief) == Some(FailureReason::Timeout);
        if drips || mischief == Mischief::DeepJson {
            continue;
        }
        let mut extract = Command::new(env::current_exe()?);
        extract.args(["extract", product.source.url().context("no address")?]);
        extract.args(["--currency", "KRW", "--allow-hosts", &hostile.hosts()]);
        let ended = tokio::task::spawn_blocking(move || extract.output()).await??;
        let answer: Value = serde_json::from_slice(&ended.stdout)?;
        let right = match reason(mischief) {
            Some(reason) => {
                answer["error"]["reason"] == reason.name() && ended.status.code() == Some(1)
            }
            None => answer["amount"] == "12900" && ended.status.success(),
        };
        if !right {
            wrong.insert(mischief, answer);
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// The most memory that each process of this test's worker has had so far, in KiB.
fn peaks_of_workers(mark: &str) -> Result<Vec<u64>> {
    let mark = format!("{MARK}={mark}");
    let mut peaks = Vec::new();
    for process in fs::read_dir("/proc")? {
        let process = process?.path();
        // Processes that are not ours, or have ended meanwhile, cannot be read.
        let (Ok(command), Ok(environment)) = (
            fs::read(process.join("cmdline")),
            fs::read(process.join("environ")),
        ) else {
            continue;
        };
        let is_worker = command.split(|b| *b == 0).any(|part| part == b"worker");
        if is_worker
            && environment
                .split(|b| *b == 0)
                .any(|set| set == mark.as_bytes())
        {
            let status = fs::read_to_string(process.join("status"))?;
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.context("no VmHWM")?.trim().trim_end_matches(" kB");
            peaks.push(peak.parse()?);
        }
    }
    Ok(peaks)
}
