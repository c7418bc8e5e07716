//! The bulk shop in a process of its own, so that what it needs is not counted as the pipeline's.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use jiff::civil::date;
use local::shop::{Assortment, Shop, ShopOptions};

/// What the shop sells.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(id = "assortment")]
pub(crate) struct Options {
    /// How many products.
    #[arg(long, default_value_t = 3_000)]
    pub(crate) products: usize,
    /// How large a page is, in bytes.
    #[arg(long, default_value_t = 50_000)]
    pub(crate) page_bytes: usize,
}

impl Options {
    fn start(self, port: u16) -> impl Future<Output = Result<Shop>> {
        let assortment = Assortment::Bulk {
            products: self.products,
            page_bytes: self.page_bytes,
        };
        let options = ShopOptions {
            seed: 1,
            first_day: date(2026, 11, 1),
            assortment,
        };
        Shop::start(([127, 0, 0, 1], port).into(), options)
    }

    /// What its products are when it is at `url`.
    pub(crate) async fn catalogue(self, url: &str) -> Result<Vec<model::Product>> {
        // The addresses are the only thing that depends on where a shop is.
        let twin = self.start(0).await?;
        let text = serde_json::to_string(&twin.catalogue())?.replace(&twin.url(), url);
        twin.stop().await;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Serves until the standard input closes; tells its address first.
pub(crate) async fn serve(options: &Options) -> Result<()> {
    let shop = options.start(0).await?;
    println!("{}", shop.url());
    let closed = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(closed).await??;
    shop.stop().await;
    Ok(())
}

/// The running process.
#[derive(Debug)]
pub(crate) struct ShopProcess {
    child: Child,
    pub(crate) url: String,
}

impl ShopProcess {
    pub(crate) fn start(options: Options) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("shop")
            .args(["--products", &options.products.to_string()])
            .args(["--page-bytes", &options.page_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the shop")?;
        let mut url = String::new();
        let stdout = child.stdout.take().context("the shop has no output")?;
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim().to_owned();
        anyhow::ensure!(!url.is_empty(), "the shop did not start");
        Ok(Self { child, url })
    }

    /// `host:port`.
    pub(crate) fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

impl Drop for ShopProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
