//! Addresses in every clothing, and names that change.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread::JoinHandle;

use model::FailureReason;
use reqwest::header::HeaderMap;

use super::*;
use crate::{Fetcher, Limits};

#[test]
fn private_addresses_are_refused_in_every_clothing() {
    let addresses = Addresses::allowing("");
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://127.0.0.1./",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://１２７．０．０．１/",
        "http://127.0.0.%31/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[0:0:0:0:0:ffff:a9fe:a9fe]:80/",
        "http://[64:ff9b:1::a9fe:a9fe]/",
    ] {
        assert!(
            matches!(addresses.parse(url), Err(Refused::Private(_))),
            "{url}"
        );
    }
}

#[test]
fn other_schemes_and_no_addresses_are_refused() {
    let addresses = Addresses::allowing("");
    for url in [
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/html,1",
    ] {
        assert!(
            matches!(addresses.parse(url), Err(Refused::Scheme(_))),
            "{url}"
        );
    }
    for url in [
        "",
        "example.com/p/1",
        "http://",
        "http://exa mple.com/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://256.0.0.1/",
        "http://example.com:65536/",
    ] {
        assert!(addresses.parse(url).is_err(), "{url}");
    }
}

#[test]
fn public_addresses_and_allowed_hosts_pass() {
    let addresses = Addresses::allowing("127.0.0.1:8080, 10.0.0.7");
    for url in [
        "https://example.com/p/1",
        "http://93.184.216.34/",
        "http://[2606:2800:220:1::1]/",
        "http://127.0.0.1:8080/p/1",
        "http://10.0.0.7/",
    ] {
        assert!(addresses.parse(url).is_ok(), "{url}");
    }
    assert!(addresses.parse("http://127.0.0.1:8081/").is_err());
}

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    let addresses = Addresses::allowing("");
    for url in [
        "http://me:secret@example.com/",
        "http://secret@example.com/",
    ] {
        let refused = addresses.parse(url).unwrap_err();
        assert_eq!(refused, Refused::Credentials);
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

#[test]
fn a_name_that_is_allowed_at_a_port_is_refused_at_others() {
    let addresses = Addresses::allowing("shop.internal:8080");
    assert!(addresses.parse("http://shop.internal:8080/").is_ok());
    assert!(addresses.parse("http://SHOP.internal:8080/").is_ok());
    assert!(addresses.parse("http://shop.internal/").is_err());
    assert!(addresses.parse("http://other.internal/").is_ok());
}

/// What a name resolves to, look-up by look-up; the last answer stays.
struct Changing(Mutex<Vec<Vec<IpAddr>>>);

impl Changing {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answer = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().rev().map(answer).collect())))
    }

    /// How many answers have not been given.
    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for Changing {
    fn resolve(&self, _name: Name) -> Resolving {
        let answer = self.0.lock().unwrap().pop();
        let found = answer.unwrap_or_default().into_iter();
        let found: Addrs = Box::new(found.map(|ip| SocketAddr::new(ip, 0)));
        Box::pin(async { Ok(found) })
    }
}

async fn resolve(addresses: &Addresses, name: &str) -> Result<Vec<IpAddr>, Refused> {
    let found = addresses.resolve(name.parse().unwrap()).await;
    let found = found.map_err(|error| *error.downcast::<Refused>().unwrap())?;
    Ok(found.map(|found| found.ip()).collect())
}

#[tokio::test]
async fn names_of_this_machine_do_not_resolve() {
    let addresses = Addresses::allowing("");
    for name in ["localhost", "LOCALHOST"] {
        let refused = resolve(&addresses, name).await.unwrap_err();
        assert!(matches!(refused, Refused::Private(_)), "{name}: {refused}");
    }
    // Not every machine knows these.
    for name in ["localhost.", "localhost.localdomain", "ip6-localhost"] {
        assert!(
            addresses.resolve(name.parse().unwrap()).await.is_err(),
            "{name}"
        );
    }
    let allowed = Addresses::allowing("localhost");
    assert!(resolve(&allowed, "localhost").await.is_ok());
}

#[tokio::test]
async fn one_private_address_among_public_ones_refuses_the_name() {
    let mixed: &[&[&str]] = &[&["93.184.216.34", "10.0.0.7"]];
    for allowed in ["", "10.0.0.7:80", "93.184.216.34"] {
        let addresses = Addresses::allowing(allowed).resolved_by(Changing::new(mixed));
        let refused = resolve(&addresses, "shop.example").await.unwrap_err();
        let private = Refused::Private("shop.example (10.0.0.7)".to_owned());
        assert_eq!(refused, private);
    }
    for allowed in ["shop.example", "shop.example:80", "10.0.0.7"] {
        let addresses = Addresses::allowing(allowed).resolved_by(Changing::new(mixed));
        let found = resolve(&addresses, "shop.example").await.unwrap();
        assert_eq!(found.len(), 2, "{allowed}");
    }
}

/// Two servers at one port, of which only the first's address may be fetched.
fn shop_and_trap() -> (TcpListener, TcpListener, u16) {
    loop {
        let shop = TcpListener::bind("127.0.0.2:0").unwrap();
        let port = shop.local_addr().unwrap().port();
        if let Ok(trap) = TcpListener::bind(("127.0.0.1", port)) {
            trap.set_nonblocking(true).unwrap();
            return (shop, trap, port);
        }
    }
}

/// Answers the requests of one connection after the other, as many as are asked for. With the
/// last answer of each it says that it closes, so that nobody tries it once more.
fn answer(shop: TcpListener, connections: usize, requests: usize) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for _ in 0..connections {
            let (mut stream, _) = shop.accept().unwrap();
            for left in (0..requests).rev() {
                assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
                let connection = if left == 0 { "close" } else { "keep-alive" };
                let head = format!("HTTP/1.1 200 OK\r\nconnection: {connection}");
                let page = format!("{head}\r\ncontent-length: 2\r\n\r\nhi");
                stream.write_all(page.as_bytes()).unwrap();
            }
        }
    })
}

fn fetcher(names: Arc<Changing>) -> Fetcher {
    let addresses = Addresses::allowing("127.0.0.2").resolved_by(names);
    Fetcher::new("test", addresses, Limits::default()).unwrap()
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_before_anything_is_sent() {
    let (shop, trap, port) = shop_and_trap();
    let url = format!("http://shop.example:{port}/");
    let names = Changing::new(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2", "127.0.0.1"]]);
    let fetcher = fetcher(Arc::clone(&names));
    let serving = answer(shop, 1, 1);
    assert!(fetcher.get(&url, HeaderMap::new(), None).await.is_ok());
    serving.join().unwrap();
    // The connection is gone, so the name is looked up again, and again.
    for left in [1, 0] {
        let refused = fetcher.get(&url, HeaderMap::new(), None).await.unwrap_err();
        let reason = refused.failure.reason;
        assert_eq!(reason, FailureReason::RefusedAddress, "{refused:?}");
        assert_eq!(names.left(), left);
    }
    let nobody = trap.accept().unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_connection_goes_to_what_was_checked_and_stays_there() {
    let (shop, trap, port) = shop_and_trap();
    let url = format!("http://shop.example:{port}/");
    // Whoever looked the name up a second time to connect would be caught by the trap.
    let names = Changing::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let fetcher = fetcher(Arc::clone(&names));
    let serving = answer(shop, 1, 3);
    for _ in 0..3 {
        assert!(fetcher.get(&url, HeaderMap::new(), None).await.is_ok());
        assert_eq!(names.left(), 1);
    }
    serving.join().unwrap();
    let nobody = trap.accept().unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_redirect_to_a_name_of_a_private_address_is_refused() {
    let (shop, trap, port) = shop_and_trap();
    let names = Changing::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let fetcher = fetcher(names);
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = shop.accept().unwrap();
        assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
        let head = "HTTP/1.1 302 Found\r\ncontent-length: 0";
        let to = format!("http://other.example:{port}/");
        write!(stream, "{head}\r\nlocation: {to}\r\n\r\n").unwrap();
    });
    let url = format!("http://shop.example:{port}/");
    let refused = fetcher.get(&url, HeaderMap::new(), None).await.unwrap_err();
    assert_eq!(refused.failure.reason, FailureReason::RefusedAddress);
    assert!(
        refused.failure.detail.contains("other.example"),
        "{refused:?}"
    );
    serving.join().unwrap();
    let nobody = trap.accept().unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}
