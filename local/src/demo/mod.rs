//! `pricetide demo`: the main job on the embedded stack, with a shop of its own.
//!
//! Nothing here is a shortcut past the pipeline. The products are defined in the table, every
//! past slot is the event that the schedule would have sent, the prices come over HTTP, the
//! sample workbook goes through a presigned request of the API, and all of it by the functions
//! as they are deployed. The data folder remembers what was chosen (the days, the shop's port),
//! so that the demo goes on where it was killed, and a second time changes nothing.

mod days;
mod form;
mod outcome;
mod owner;
mod sample;
mod state;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use store::{Products, Table};

use crate::pipeline::{Pipeline, PipelineOptions};
use crate::private;
use crate::shop::{Assortment, Shop, ShopOptions};

pub use form::form;
pub use outcome::Report;
use state::State;

/// How to run the demo.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// The folder of all state.
    pub data: PathBuf,
    /// The wiring.
    pub config: PathBuf,
    /// The port of the HTTP API, as for [`PipelineOptions`].
    pub port: Option<u16>,
    /// How many past days.
    pub days: u16,
    /// The same seed gives the same prices.
    pub seed: u64,
    /// Whether the schedule fires by itself while the demo serves on.
    pub schedules: bool,
}

/// The demo, after its work: the pipeline and the shop still serve.
pub struct Demo {
    pipeline: Pipeline,
    shop: Shop,
    report: Report,
}

impl Demo {
    /// Starts the shop and the pipeline, brings every day to its end, has the sample workbook
    /// reported on, and counts what came out.
    pub async fn run(options: &DemoOptions, progress: &ProgressBar) -> Result<Self> {
        private::create_for_owner_alone();
        private::folder(&options.data)?;
        let mut state = State::load_or_choose(options)?;
        let shop = start_shop(&mut state).await?;
        let mut wiring = PipelineOptions::new(&options.data, &options.config)
            .with_variable(
                "PRICETIDE_ALLOWED_HOSTS",
                shop.url().trim_start_matches("http://"),
            )
            // The shop is on this machine and made for it.
            .with_variable(
                "PRICETIDE_SOURCES",
                r#"{"*": {"pace_ms": 0, "concurrency": 10}}"#,
            )
            .with_variable("PRICETIDE_CLOSE_DELAY_SECONDS", "1")
            .with_variable("PRICETIDE_RETRY_BASE_SECONDS", "1");
        wiring.port = options.port;
        wiring.schedules = options.schedules;
        let pipeline = Pipeline::start(&wiring).await?;
        let table = Table::new(pipeline.clients(), pipeline.table()?);

        let catalogue = owner::products(&shop, &state)?;
        owner::set_rules(&table, &catalogue, &shop, &state).await?;
        let products = Products::new(table.clone());
        stream::iter(&catalogue)
            .map(|product| products.define(product))
            .buffer_unordered(8)
            .try_collect::<()>()
            .await
            .context("load the catalogue")?;

        days::play(&pipeline, &table, &shop, &state, progress).await?;
        let upload = sample::upload(&pipeline, &table, &shop, &mut state, progress).await?;
        let voided = owner::void(&pipeline, &table, &state).await?;
        let mut report = outcome::count(&pipeline, &table, &shop, &state, upload).await?;
        report.voided = voided;
        let items = catalogue.iter().filter_map(|product| product.item.as_ref());
        report.items = items.collect::<BTreeSet<_>>().len();
        Ok(Self {
            pipeline,
            shop,
            report,
        })
    }

    /// What came out.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The pipeline, for looking further.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Where the shop is.
    pub fn shop_url(&self) -> String {
        self.shop.url()
    }

    /// Ends the pipeline and the shop.
    pub async fn stop(self) {
        self.pipeline.stop().await;
        self.shop.stop().await;
    }
}

/// Tells how long something takes, also where no progress is shown.
fn tell(progress: &ProgressBar, text: &str) {
    if progress.is_hidden() {
        println!("{text}");
    } else {
        progress.println(text);
    }
}

/// Opens the shop where it was: the stored products and the jobs in flight name its port.
async fn start_shop(state: &mut State) -> Result<Shop> {
    let options = ShopOptions {
        seed: state.seed,
        first_day: state.first_day()?,
        assortment: Assortment::Demo,
    };
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = state.shop_port {
        return Shop::start(address(port), options).await.with_context(|| {
            format!("the shop of this data folder is at the port {port}: free it, or take another folder with --data")
        });
    }
    let shop = Shop::start(address(0), options).await?;
    let port = shop
        .url()
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok());
    state.shop_port = Some(port.context("the shop has no port")?);
    state.save()?;
    Ok(shop)
}
