//! Memory and time of closing a run, by its size.
//!
//! The plan and the outcomes of a run are put into the table as scheduler and worker leave them;
//! then the closer is asked to close it, with nothing else to do. What is measured is the closer's
//! own process.

use std::time::Instant;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use model::{
    Availability, CloseRun, Currency, Decimal, Failure, FailureReason, Message, Money, Observation,
    Offer, Outcome, ProductId, RunId,
};
use store::{Observations, PlanPage, Queue, Runs, SHARDS, Table};

use crate::process;
use crate::result::{Figures, Target};
use crate::up::Up;
use crate::wiring;

const TABLE: &str = "pricetide-dev";
/// How many products a page of the plan has, as the scheduler writes it.
const PAGE: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many products the runs have.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    products: Vec<u32>,
}

pub(crate) async fn run(options: &Options) -> Result<Figures> {
    let mut figures = Figures::new("Closing a run: the closer's process".to_owned());
    for &products in &options.products {
        let folder = tempfile::tempdir()?;
        let up = Up::start(folder.path(), "").await?;
        let run = wiring::run_id(0)?;
        prepare(&up, &run, products).await?;
        let looks = Queue::new(
            &up.clients,
            format!(
                "{}/000000000000/{TABLE}-closing",
                up.variable("AWS_ENDPOINT_URL_SQS")?
            ),
        );
        let look = Message::CloseRun(CloseRun {
            run: run.clone(),
            look: 0,
        });
        let asked = Instant::now();
        looks.send(look, std::time::Duration::ZERO).await?;
        wiring::closed(&up.clients, TABLE, &run).await?;
        let took = asked.elapsed().as_secs_f64();
        let closer = up
            .processes()?
            .into_iter()
            .find(|pid| {
                process::arguments(*pid)
                    .iter()
                    .any(|argument| argument == "closer")
            })
            .context("there is no closer")?;
        let peak = process::peak_resident(closer)? as f64 / f64::from(1 << 20);
        figures.hold(
            format!("{products} products: peak memory"),
            peak,
            "MiB",
            Target::AtMost(64.0),
        );
        figures.tell(format!("{products} products: asked to closed"), took, "s");
    }
    Ok(figures)
}

/// Puts the plan and the outcomes of a run into the table; a tenth of the jobs have failed.
async fn prepare(up: &Up, run: &RunId, products: u32) -> Result<()> {
    let table = Table::new(&up.clients, TABLE);
    let (runs, observations) = (Runs::new(table.clone()), Observations::new(table));
    runs.begin(run).await?;
    let mut shards: Vec<Vec<ProductId>> = vec![Vec::new(); usize::from(SHARDS)];
    for number in 0..products {
        let product: ProductId = format!("product-{number:07}").parse()?;
        shards[usize::from(store::shard_of(&product))].push(product);
    }
    for (shard, products) in (0..SHARDS).zip(&shards) {
        let pages = products.chunks(PAGE).count();
        for (page, products) in (0..).zip(products.chunks(PAGE)) {
            let last = usize::try_from(page)? + 1 == pages;
            let plan = PlanPage {
                next: products.last().filter(|_| !last).cloned(),
                products: products.to_vec(),
            };
            runs.plan(run, shard, page, plan).await?;
        }
    }
    stream::iter(shards.into_iter().flatten())
        .map(|product| record(&observations, run, product))
        .buffer_unordered(8)
        .try_collect::<()>()
        .await?;
    runs.start(run, products.into()).await
}

async fn record(observations: &Observations, run: &RunId, product: ProductId) -> Result<()> {
    let number: u32 = product.as_str()["product-".len()..].parse()?;
    let outcome = if number.is_multiple_of(10) {
        Outcome::Failure(Failure::new(FailureReason::Gone, "HTTP 404"))
    } else {
        Outcome::Price(Offer {
            price: Money::new(Decimal::from(10_000 + number), Currency::KRW),
            availability: Some(Availability::InStock),
            name: None,
            found_in: "json-ld".to_owned(),
            list_price: None,
            remark: None,
        })
    };
    let observation = Observation {
        name: format!("무선 이어폰 {number}"),
        product,
        run: run.clone(),
        category: Some("전자제품".to_owned()),
        vendor: Some("물결 상점".to_owned()),
        fetched_at: Timestamp::now(),
        outcome,
        unconfirmed: None,
        void: None,
        redriving: false,
        previous: None,
    };
    observations.record(&observation).await?;
    Ok(())
}
