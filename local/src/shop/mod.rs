//! The shops of `pricetide demo`: several in one small HTTP server on loopback, so that the whole
//! pipeline can be shown and measured without asking a real shop anything.
//!
//! What they sell is made up (`catalogue`); what it costs is a function of seed, product and
//! day (`price`); the pages are written as real shops write theirs (`page`). One shop is
//! slow, one turns requests away at times, one has products that go, one a product without a
//! price (`server`). For benchmarks there is an assortment of any number of like pages
//! (`bulk`).

mod bulk;
mod catalogue;
mod page;
mod price;
mod server;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use jiff::civil::Date;
use model::{Currency, JsonPaths, Money, Product, ProductId, ScheduleName, Source};
use rust_decimal::Decimal;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use bulk::Bulk;
use catalogue::{Article, Fate, Manner, STORES, Store};
use price::Tag;

/// What the shops sell, and from when on.
#[derive(Debug, Clone)]
pub struct ShopOptions {
    /// The same seed gives the same pages.
    pub seed: u64,
    /// The day from which prices walk, and the one that it is at first.
    pub first_day: Date,
    /// What is sold.
    pub assortment: Assortment,
}

/// What is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assortment {
    /// The six demo shops.
    Demo,
    /// So many products on like pages of so many bytes, served as quickly as possible.
    Bulk {
        /// How many products.
        products: usize,
        /// How large a page is.
        page_bytes: usize,
    },
}

/// The running shops.
#[derive(Debug)]
pub struct Shop {
    world: Arc<World>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Shop {
    /// Opens the shops at `addr`; port 0 takes a free one.
    pub async fn start(addr: SocketAddr, options: ShopOptions) -> anyhow::Result<Self> {
        anyhow::ensure!(
            addr.ip().is_loopback(),
            "the demo shop serves on loopback only, not {addr}"
        );
        let listener = TcpListener::bind(addr)
            .await
            .with_context(|| format!("the demo shop cannot listen on {addr}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Arc::new(World::new(url, &options));
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&world), stopped));
        Ok(Self {
            world,
            stop,
            serving,
        })
    }

    /// Where the shops are, without a slash at the end; a person finds all of them there.
    pub fn url(&self) -> String {
        self.world.url.clone()
    }

    /// Makes it that day in the shops. It decides every price.
    pub fn set_day(&self, day: Date) {
        self.world
            .today
            .store(self.world.day_number(day), Ordering::SeqCst);
    }

    /// Every product, as an owner would define it to follow it.
    pub fn catalogue(&self) -> Vec<Product> {
        self.world.catalogue()
    }

    /// What the product costs on that day: what a reader of its page must find. None where there
    /// is nothing to find: an unknown product, one that is gone, one whose price is on request.
    pub fn price_on(&self, product: &ProductId, day: Date) -> Option<Money> {
        let day = self.world.day_number(day);
        if let Some(bulk) = &self.world.bulk {
            let number = bulk.number_of(product.as_str())?;
            return Some(money(
                bulk::tag(self.world.seed, number, day).price,
                Currency::KRW,
            ));
        }
        let (store, article) = find(product.as_str())?;
        let sold = match article.fate {
            Fate::Sold => true,
            Fate::Gone { after, .. } => day < after,
            Fate::OnRequest => false,
        };
        sold.then(|| money(self.world.tag(store, article, day).price, store.currency))
    }

    /// Closes the shops and lets go of their port.
    pub async fn stop(self) {
        // Nobody listens any more only if the server has ended by itself.
        let _ = self.stop.send(true);
        if let Err(error) = self.serving.await {
            tracing::warn!(%error, "the demo shop ended badly");
        }
    }
}

/// What the requests share.
#[derive(Debug)]
struct World {
    url: String,
    seed: u64,
    first_day: Date,
    /// Days after the first.
    today: AtomicI64,
    bulk: Option<Bulk>,
    /// The articles that the moody shop has turned away, and the day.
    turned_away: Mutex<HashSet<(u16, i64)>>,
}

impl World {
    fn new(url: String, options: &ShopOptions) -> Self {
        let bulk = match options.assortment {
            Assortment::Demo => None,
            Assortment::Bulk {
                products,
                page_bytes,
            } => Some(Bulk::new(&url, products, page_bytes)),
        };
        Self {
            url,
            seed: options.seed,
            first_day: options.first_day,
            today: AtomicI64::new(0),
            bulk,
            turned_away: Mutex::default(),
        }
    }

    fn day_number(&self, day: Date) -> i64 {
        self.first_day
            .until(day)
            .map_or(0, |span| i64::from(span.get_days()))
    }

    fn today(&self) -> i64 {
        self.today.load(Ordering::SeqCst)
    }

    fn tag(&self, store: &Store, article: &Article, day: i64) -> Tag {
        price::tag(
            self.seed,
            u64::from(article.number),
            article.base,
            store.step,
            day,
        )
    }

    fn address(&self, store: &Store, article: &Article) -> String {
        let folder = if store.manner == Manner::Api {
            "api/products"
        } else {
            "products"
        };
        format!("{}/{}/{folder}/{}", self.url, store.key, article.number)
    }

    fn catalogue(&self) -> Vec<Product> {
        if let Some(bulk) = &self.bulk {
            return (1..=bulk.products())
                .map(|number| bulk::one(&self.url, number))
                .collect();
        }
        let articles = STORES
            .iter()
            .flat_map(|store| store.articles.iter().map(move |article| (store, article)));
        articles
            .map(|(store, article)| {
                let id = format!("{}-{}", store.key, article.number);
                let source = source(self.address(store, article), store.manner);
                product(
                    &id,
                    article.name,
                    article.category,
                    store.name,
                    source,
                    store.currency,
                )
            })
            .collect()
    }
}

fn find(id: &str) -> Option<(&'static Store, &'static Article)> {
    let (key, number) = id.split_once('-')?;
    let store = STORES.iter().find(|store| store.key == key)?;
    let number: u16 = number.parse().ok()?;
    let article = store
        .articles
        .iter()
        .find(|article| article.number == number)?;
    Some((store, article))
}

fn source(url: String, manner: Manner) -> Source {
    if manner != Manner::Api {
        return Source::Html {
            url,
            selector: None,
            variant: None,
            range: None,
            price_kind: None,
            secret_headers: BTreeMap::new(),
        };
    }
    Source::Json {
        url,
        paths: JsonPaths {
            price: "$.data.price.amount".to_owned(),
            currency: Some("$.data.price.currency".to_owned()),
            availability: Some("$.data.stock.available".to_owned()),
            name: Some("$.data.title".to_owned()),
        },
        secret_headers: BTreeMap::new(),
    }
}

fn product(
    id: &str,
    name: &str,
    category: &str,
    vendor: &str,
    source: Source,
    currency: Currency,
) -> Product {
    Product {
        id: ProductId::new(id).expect("shop keys and numbers make product ids"),
        name: name.to_owned(),
        category: Some(category.to_owned()),
        vendor: Some(vendor.to_owned()),
        source,
        currency: Some(currency),
        locale: None,
        schedule: ScheduleName::new("daily").expect("`daily` is a schedule name"),
        active: true,
        item: None,
        pack: None,
        costs: None,
        tags: Vec::new(),
        alerts: Vec::new(),
    }
}

/// An amount of the currency's smallest unit.
fn money(amount: i64, currency: Currency) -> Money {
    Money::new(Decimal::new(amount, exponent(currency)), currency)
}

/// How many decimals the currency has.
fn exponent(currency: Currency) -> u32 {
    currency.exponent().map_or(0, u32::from)
}
