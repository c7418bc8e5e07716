//! Visits the shops as any client would.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use extract::{CompiledPaths, Hints, from_html, from_json};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use model::{Failure, FailureReason, Money, Offer, Product, ProductId, Source};

use super::{Assortment, Shop, ShopOptions};

const FIRST: Date = date(2026, 10, 20);

async fn open(seed: u64, assortment: Assortment) -> Shop {
    let options = ShopOptions {
        seed,
        first_day: FIRST,
        assortment,
    };
    Shop::start(loopback(), options).await.unwrap()
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

struct Seen {
    status: u16,
    head: String,
    body: String,
}

/// One request on a connection of its own.
async fn visit(url: &str, method: &str, header: &str) -> Seen {
    let (url, method, header) = (url.to_owned(), method.to_owned(), header.to_owned());
    tokio::task::spawn_blocking(move || {
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} /{path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Seen {
            status,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    })
    .await
    .unwrap()
}

async fn get(url: &str) -> Seen {
    visit(url, "GET", "").await
}

/// What the worker would make of the answer.
fn extract(product: &Product, body: &str) -> Result<Offer, Failure> {
    let hints = Hints {
        currency: product.currency,
        base_url: product.source.url(),
        ..Hints::default()
    };
    match &product.source {
        Source::Html { .. } => from_html(body.as_bytes(), Some("text/html; charset=utf-8"), &hints),
        Source::Json { paths, .. } => {
            from_json(body.as_bytes(), &CompiledPaths::compile(paths)?, &hints)
        }
        Source::Coupang { .. } => panic!("the demo's shops are no Coupang"),
    }
}

/// The price that is read at the product's address, by a visitor who comes twice if need be.
async fn read(product: &Product) -> Money {
    let mut seen = get(address(product)).await;
    if seen.status != 200 {
        seen = get(address(product)).await;
    }
    assert_eq!(seen.status, 200, "{}", product.id);
    let offer = extract(product, &seen.body).unwrap_or_else(|e| panic!("{}: {e}", product.id));
    assert!(offer.availability.is_some());
    assert_eq!(offer.name.as_deref(), Some(product.name.as_str()));
    offer.price
}

fn address(product: &Product) -> &str {
    product.source.url().unwrap()
}

fn find(shop: &Shop, id: &str) -> Product {
    shop.catalogue()
        .into_iter()
        .find(|product| product.id.as_str() == id)
        .unwrap()
}

#[tokio::test]
async fn every_page_tells_the_price_of_the_day() {
    let shop = open(42, Assortment::Demo).await;
    for day in [0, 1, 9, 10, 29] {
        let day = FIRST + day.days();
        shop.set_day(day);
        for product in shop.catalogue() {
            // The slow shop is made of the same pages; one of its products is enough.
            let slow =
                product.id.as_str().starts_with("jeju") && !product.id.as_str().ends_with("5001");
            let Some(truth) = shop.price_on(&product.id, day).filter(|_| !slow) else {
                continue;
            };
            assert_eq!(read(&product).await, truth, "{} on {day}", product.id);
        }
    }
    shop.stop().await;
}

#[tokio::test]
async fn the_catalogue_can_be_followed_as_it_is() {
    let shop = open(42, Assortment::Demo).await;
    let catalogue = shop.catalogue();
    assert!((40..=60).contains(&catalogue.len()));
    for product in &catalogue {
        assert!(address(product).starts_with(&shop.url()), "{product:?}");
        assert!(product.active && product.currency.is_some() && product.category.is_some());
        assert!(product.name.len() <= 200);
    }
    assert_eq!(
        shop.price_on(&ProductId::new("hanok-9999").unwrap(), FIRST),
        None
    );
    assert_eq!(
        shop.price_on(&ProductId::new("nowhere").unwrap(), FIRST),
        None
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_pages() {
    let shops = [
        open(7, Assortment::Demo).await,
        open(7, Assortment::Demo).await,
        open(8, Assortment::Demo).await,
    ];
    let mut pages = Vec::new();
    for shop in &shops {
        shop.set_day(FIRST + 5.days());
        let mut all = String::new();
        for id in ["hanok-1001", "mapo-2004", "harbor-3002", "namsan-4001"] {
            all += &get(address(&find(shop, id))).await.body;
        }
        pages.push(all.replace(&shop.url(), "http://shop"));
    }
    assert_eq!(pages[0], pages[1]);
    assert_ne!(pages[0], pages[2]);
}

#[tokio::test]
async fn pages_are_as_long_as_those_of_real_shops() {
    let shop = open(42, Assortment::Demo).await;
    for product in shop.catalogue() {
        let id = product.id.as_str();
        if id.starts_with("hanok") || id.starts_with("mapo") || id.starts_with("harbor") {
            let page = get(address(&product)).await.body;
            assert!(
                (12_000..=50_000).contains(&page.len()),
                "{id}: {} bytes",
                page.len()
            );
            assert!(
                page.ends_with("</html>\n") && page.contains(product.category.as_deref().unwrap())
            );
        }
    }
}

#[tokio::test]
async fn the_moody_shop_turns_a_first_visit_away_and_serves_the_second() {
    let shop = open(42, Assortment::Demo).await;
    let (mut bad_days, mut throttled, mut down) = (0, 0, 0);
    let products: Vec<Product> = shop
        .catalogue()
        .into_iter()
        .filter(|p| p.id.as_str().starts_with("jongno"))
        .collect();
    for day in 0..60 {
        shop.set_day(FIRST + day.days());
        let mut bad = false;
        for product in &products {
            let first = get(address(product)).await;
            match first.status {
                200 => {}
                429 => {
                    assert!(first.head.contains("retry-after: 1"), "{}", first.head);
                    throttled += 1;
                }
                503 => down += 1,
                other => panic!("{other}"),
            }
            bad |= first.status != 200;
            assert_eq!(get(address(product)).await.status, 200);
        }
        bad_days += u32::from(bad);
    }
    assert!((10..=30).contains(&bad_days), "{bad_days} bad days of 60");
    assert!(
        throttled > 5 && down > 5,
        "{throttled} throttled, {down} down"
    );
}

#[tokio::test]
async fn what_is_gone_stays_gone() {
    let shop = open(42, Assortment::Demo).await;
    for (id, last, status) in [("mapo-2013", 11, 410), ("harbor-3007", 20, 404)] {
        let product = find(&shop, id);
        for (day, expected) in [
            (0, 200),
            (last, 200),
            (last + 1, status),
            (last + 100, status),
        ] {
            let day = FIRST + day.days();
            shop.set_day(day);
            assert_eq!(
                get(address(&product)).await.status,
                expected,
                "{id} on {day}"
            );
            assert_eq!(shop.price_on(&product.id, day).is_some(), expected == 200);
        }
    }
}

#[tokio::test]
async fn a_price_on_request_is_not_a_number() {
    let shop = open(42, Assortment::Demo).await;
    let product = find(&shop, "hanok-1013");
    let page = get(address(&product)).await.body;
    assert!(page.contains("가격 문의"));
    let failure = extract(&product, &page).unwrap_err();
    assert_eq!(failure.reason, FailureReason::UnreadablePrice, "{failure}");
    assert!(!page.contains("product:price:amount"));
    assert_eq!(shop.price_on(&product.id, FIRST), None);
}

#[tokio::test]
async fn the_slow_shop_takes_its_time() {
    let shop = open(42, Assortment::Demo).await;
    let start = Instant::now();
    assert_eq!(get(address(&find(&shop, "jeju-5001"))).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let shop = open(42, Assortment::Demo).await;
    let url = address(&find(&shop, "mapo-2001")).to_owned();
    let first = get(&url).await;
    let tag = first
        .head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap()
        .to_owned();
    let again = visit(&url, "GET", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = visit(&url, "GET", "If-None-Match: \"else\"\r\n").await;
    assert_eq!((other.status, other.body), (200, first.body));
}

#[tokio::test]
async fn a_visitor_who_errs_is_told_so() {
    let shop = open(42, Assortment::Demo).await;
    let url = shop.url();
    for path in [
        "/nowhere",
        "/hanok/products/2001",
        "/hanok/products/",
        "/namsan/products/4001",
        "/hanok/api/products/1001",
        "/bulk/products/1",
        "//",
        "/hanok/products/1001/more",
    ] {
        assert_eq!(get(&format!("{url}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(
        visit(&format!("{url}/"), "POST", "Content-Length: 0\r\n")
            .await
            .status,
        405
    );
    assert_eq!(visit(&format!("{url}/"), "HEAD", "").await.body, "");
    let robots = get(&format!("{url}/robots.txt")).await;
    assert_eq!(
        (robots.status, robots.body.as_str()),
        (200, "User-agent: *\nAllow: /\n")
    );
    let index = get(&format!("{url}/")).await;
    assert!(index.head.contains("text/html; charset=utf-8"));
    for product in shop.catalogue() {
        assert!(index.body.contains(address(&product)), "{}", product.id);
    }
}

#[tokio::test]
async fn the_shop_stays_on_loopback_and_lets_go_of_its_port() {
    let options = ShopOptions {
        seed: 1,
        first_day: FIRST,
        assortment: Assortment::Demo,
    };
    assert!(
        Shop::start(([0, 0, 0, 0], 0).into(), options.clone())
            .await
            .is_err()
    );
    let shop = Shop::start(loopback(), options.clone()).await.unwrap();
    let address: SocketAddr = shop.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert!(Shop::start(address, options.clone()).await.is_err());
    // A visitor who says nothing does not hold the shop open.
    let _silent = TcpStream::connect(address).unwrap();
    shop.stop().await;
    assert!(Shop::start(address, options).await.is_ok());
}

#[tokio::test]
async fn a_bulk_shop_sells_any_number_of_like_pages() {
    let shop = open(
        42,
        Assortment::Bulk {
            products: 3_000,
            page_bytes: 50_000,
        },
    )
    .await;
    let day = FIRST + 3.days();
    shop.set_day(day);
    let catalogue = shop.catalogue();
    assert_eq!(catalogue.len(), 3_000);
    let mut prices = std::collections::HashSet::new();
    for product in catalogue.iter().step_by(131) {
        let seen = get(address(product)).await;
        assert!(
            (49_000..=51_000).contains(&seen.body.len()),
            "{}",
            seen.body.len()
        );
        assert!(seen.body.contains(&product.name) && seen.body.contains(address(product)));
        let truth = shop.price_on(&product.id, day).unwrap();
        assert_eq!(extract(product, &seen.body).unwrap().price, truth);
        prices.insert(truth.amount);
    }
    assert!(prices.len() > 15, "{} prices", prices.len());
    for path in [
        "/bulk/products/0",
        "/bulk/products/3001",
        "/bulk/products/x",
        "/hanok/products/1001",
    ] {
        assert_eq!(
            get(&format!("{}{path}", shop.url())).await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(
        shop.price_on(&ProductId::new("bulk-3001").unwrap(), day),
        None
    );
}
