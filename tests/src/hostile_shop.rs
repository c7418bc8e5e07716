//! Shops that misbehave, each in its own way and at an address of its own.
//!
//! What they send is written byte by byte, because a server of any library would refuse to be so
//! rude.

use std::time::Duration;

use anyhow::Result;
use flate2::{Compress, Compression, FlushCompress};
use model::Product;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const MIB: usize = 1024 * 1024;
const HTML: &str = "content-type: text/html; charset=utf-8\r\n";

/// How a shop misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mischief {
    /// A page that never ends.
    EndlessBody,
    /// A page of 200 KiB that becomes 200 MiB.
    GzipBomb,
    /// The same with HTTP 404.
    BombInAnError,
    /// A header field of 10 MiB.
    LargeHeader,
    /// A header, a byte at a time.
    DrippingHeader,
    /// A page, a byte at a time.
    DrippingBody,
    /// A redirect to itself.
    RedirectLoop,
    /// A redirect to where a cloud keeps its keys.
    RedirectInside,
    /// A page in EUC-KR that its header calls UTF-8.
    EucKrAsUtf8,
    /// A page in UTF-8 that its header calls EUC-KR.
    Utf8AsEucKr,
    /// JSON-LD with 5,000 levels.
    DeepJsonLd,
    /// A JSON API's answer with 5,000 levels.
    DeepJson,
    /// A page with 100,000 levels, and the price within.
    DeepHtml,
    /// A page with fewer bytes than it says, cut before its second price.
    HalfPage,
    /// Nothing at all.
    HangUp,
    /// A page without a status or header.
    NotHttp,
    /// "Not modified", which nobody asked.
    NotModified,
}

impl Mischief {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::EndlessBody,
        Self::GzipBomb,
        Self::BombInAnError,
        Self::LargeHeader,
        Self::DrippingHeader,
        Self::DrippingBody,
        Self::RedirectLoop,
        Self::RedirectInside,
        Self::EucKrAsUtf8,
        Self::Utf8AsEucKr,
        Self::DeepJsonLd,
        Self::DeepJson,
        Self::DeepHtml,
        Self::HalfPage,
        Self::HangUp,
        Self::NotHttp,
        Self::NotModified,
    ];
}

/// The running shops.
pub struct HostileShops {
    hosts: Vec<(Mischief, String)>,
    _serving: JoinSet<()>,
}

impl HostileShops {
    /// Opens one for every mischief.
    pub async fn open() -> Result<Self> {
        let mut hosts = Vec::new();
        let mut serving = JoinSet::new();
        for &mischief in Mischief::ALL {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            hosts.push((mischief, listener.local_addr()?.to_string()));
            serving.spawn(serve(listener, mischief));
        }
        Ok(Self {
            hosts,
            _serving: serving,
        })
    }

    /// Their `host:port`s, separated by commas.
    pub fn hosts(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(|(_, host)| host.as_str()).collect();
        hosts.join(",")
    }

    /// A product of each.
    pub fn products(&self) -> Result<Vec<(Mischief, Product)>> {
        let product = |(mischief, host): &(Mischief, String)| {
            let url = format!("http://{host}/product");
            let source = match mischief {
                Mischief::DeepJson => {
                    json!({"kind": "json", "url": url, "paths": {"price": "$..price"}})
                }
                _ => json!({"kind": "html", "url": url}),
            };
            let product = serde_json::from_value(json!({
                "id": format!("{mischief:?}"),
                "name": format!("{mischief:?}"),
                "currency": "KRW",
                "source": source,
            }))?;
            Ok((*mischief, product))
        };
        self.hosts.iter().map(product).collect()
    }
}

async fn serve(listener: TcpListener, mischief: Mischief) {
    let mut visitors = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A visitor who has seen enough hangs up.
        visitors.spawn(async move { drop(answer(stream, mischief).await) });
        while visitors.try_join_next().is_some() {}
    }
}

async fn answer(mut stream: TcpStream, mischief: Mischief) -> Result<()> {
    let mut request = [0; 4_096];
    let length = stream.read(&mut request).await?;
    if request[..length].starts_with(b"GET /robots.txt ") {
        stream.write_all(&page("404 Not Found", "", b"")).await?;
        return Ok(());
    }
    let whole = match mischief {
        Mischief::EndlessBody => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            return endless(stream, head, &[b'x'; 8_192], Duration::ZERO).await;
        }
        Mischief::DrippingHeader => {
            return endless(stream, "HTTP/1.1 200 OK\r\nx: ", b"x", DRIP).await;
        }
        Mischief::DrippingBody => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            return endless(stream, head, b"x", DRIP).await;
        }
        Mischief::GzipBomb => page("200 OK", "content-encoding: gzip\r\n", &bomb()?),
        Mischief::BombInAnError => page("404 Not Found", "content-encoding: gzip\r\n", &bomb()?),
        Mischief::LargeHeader => {
            let header = format!("x-large: {}\r\n", "x".repeat(10 * MIB));
            page("200 OK", &header, b"")
        }
        Mischief::RedirectLoop => page("302 Found", "location: /product\r\n", b""),
        Mischief::RedirectInside => {
            let to = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
            page("302 Found", &format!("location: {to}\r\n"), b"")
        }
        Mischief::EucKrAsUtf8 => page("200 OK", HTML, EUC_KR),
        Mischief::Utf8AsEucKr => {
            let header = "content-type: text/html; charset=euc-kr\r\n";
            page("200 OK", header, UTF_8.as_bytes())
        }
        Mischief::DeepJsonLd => {
            let script = "<script type=\"application/ld+json\">";
            let json = deep(
                r#"{"@type":"Product","offers":"#,
                r#"{"price":1,"priceCurrency":"KRW"}"#,
            );
            page(
                "200 OK",
                HTML,
                format!("{script}{json}</script>").as_bytes(),
            )
        }
        Mischief::DeepJson => {
            let header = "content-type: application/json\r\n";
            page("200 OK", header, deep(r#"{"price":"#, "1").as_bytes())
        }
        Mischief::DeepHtml => {
            let deep = "<div>".repeat(100_000) + UTF_8;
            page("200 OK", HTML, deep.as_bytes())
        }
        Mischief::HalfPage => {
            let mut whole = page("200 OK", HTML, UTF_8.repeat(2).as_bytes());
            whole.truncate(whole.len() - UTF_8.len());
            whole
        }
        Mischief::HangUp => Vec::new(),
        Mischief::NotHttp => UTF_8.into(),
        Mischief::NotModified => page("304 Not Modified", "", b""),
    };
    Ok(stream.write_all(&whole).await?)
}

/// Between two bytes of a drip.
const DRIP: Duration = Duration::from_millis(50);

/// A page with a price, in UTF-8.
const UTF_8: &str = concat!(
    "<html><head><meta charset=\"utf-8\"></head><body itemscope ",
    "itemtype=\"https://schema.org/Product\"><h1 itemprop=\"name\">무선 이어폰</h1><p ",
    "itemprop=\"offers\" itemscope itemtype=\"https://schema.org/Offer\"><b ",
    "itemprop=\"price\">12,900원</b></p></body></html>",
);

/// The same in EUC-KR.
const EUC_KR: &[u8] = b"<html><head><meta charset=\"euc-kr\"></head><body itemscope \
    itemtype=\"https://schema.org/Product\"><h1 itemprop=\"name\">\
    \xb9\xab\xbc\xb1 \xc0\xcc\xbe\xee\xc6\xf9</h1><p itemprop=\"offers\" itemscope \
    itemtype=\"https://schema.org/Offer\"><b itemprop=\"price\">12,900\xbf\xf8</b></p>\
    </body></html>";

fn page(status: &str, header: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{header}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A beginning, and then a piece again and again.
async fn endless(mut stream: TcpStream, head: &str, piece: &[u8], pause: Duration) -> Result<()> {
    stream.write_all(head.as_bytes()).await?;
    loop {
        stream.write_all(piece).await?;
        tokio::time::sleep(pause).await;
    }
}

/// 200 MiB of zeros by `gzip` (RFC 1952): a header, and 200 times the same MiB. Nobody should get
/// to its end, which is missing.
fn bomb() -> Result<Vec<u8>> {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut zeros = Vec::with_capacity(MIB);
    deflate.compress_vec(&vec![0; MIB], &mut zeros, FlushCompress::Full)?;
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    Ok([&header[..], &zeros.repeat(200)].concat())
}

/// A value within 5,000 objects.
fn deep(open: &str, value: &str) -> String {
    open.repeat(5_000) + value + &"}".repeat(5_000)
}
