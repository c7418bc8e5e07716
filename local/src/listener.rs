//! How every port of this process listens: on loopback, for requests that are meant for it, with
//! limits that keep one program from starving the others.
//!
//! A web page can send requests to loopback, under a name of its own that it points there (DNS
//! rebinding) or with the page's `Origin`. So a request must name this machine as its `Host`,
//! and an `Origin` must be this port's own ([`Pages`]). What a request must carry beyond that
//! (a signature, a token, a secret) its service asks for, and says so with
//! [`Connection::admit`].
//!
//! A connection that has shown nothing yet is worth little: it is closed after a while, and the
//! oldest of them first when a port has as many connections as it takes, or all ports together
//! half of the process's file descriptors.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// How long the requests that are being answered may still take when a port closes.
const GRACE: Duration = Duration::from_secs(1);

/// How long to wait after a connection could not be accepted; twice as long each time, up to
/// the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Which web pages may send requests to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// None: whatever carries an `Origin` is refused.
    None,
    /// Those that come from the same port.
    Own,
    /// The service decides, by rules of its own.
    AsTheServiceSays,
}

/// What a port takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// So many connections at once.
    pub(crate) connections: usize,
    /// How long a request's headers may take, and how long a connection may be idle. `None` for
    /// ports whose only client waits as long as it likes.
    pub(crate) headers: Option<Duration>,
    /// How long a connection may last without being admitted.
    pub(crate) admission: Duration,
    /// Which web pages are answered.
    pub(crate) pages: Pages,
}

/// What most ports take.
pub(crate) const USUAL: Limits = Limits {
    connections: 256,
    headers: Some(Duration::from_secs(30)),
    admission: Duration::from_mins(1),
    pages: Pages::None,
};

/// One open connection, also found among a request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<State>);

#[derive(Debug)]
struct State {
    /// Its place in [`OPEN`]; the oldest has the lowest.
    number: u64,
    port: u16,
    /// The requests that are being answered.
    busy: AtomicUsize,
    admitted: AtomicBool,
    close: Notify,
}

impl Connection {
    /// The client has shown that it may be here.
    pub(crate) fn admit(&self) {
        self.0.admitted.store(true, Ordering::Relaxed);
    }

    /// The client behind a request has shown that it may be here.
    pub(crate) fn admit_sender(extensions: &hyper::http::Extensions) {
        if let Some(connection) = extensions.get::<Self>() {
            connection.admit();
        }
    }

    fn open(port: u16) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let connection = Self(Arc::new(State {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            port,
            busy: AtomicUsize::new(0),
            admitted: AtomicBool::new(false),
            close: Notify::new(),
        }));
        open().insert(connection.0.number, connection.clone());
        connection
    }

    fn is_admitted(&self) -> bool {
        self.0.admitted.load(Ordering::Relaxed)
    }
}

/// Every open connection of the process: file descriptors are the process's, not a port's.
static OPEN: Mutex<BTreeMap<u64, Connection>> = Mutex::new(BTreeMap::new());

fn open() -> MutexGuard<'static, BTreeMap<u64, Connection>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the oldest connection but `newest` on which nothing happens and nothing was shown; of a
/// port, or of any.
fn close_one(port: Option<u16>, newest: &Connection) {
    let mut open = open();
    let found = open.values().find(|connection| {
        let here = port.is_none_or(|port| connection.0.port == port);
        here && connection.0.number != newest.0.number
            && !connection.is_admitted()
            && connection.0.busy.load(Ordering::Relaxed) == 0
    });
    if let Some(found) = found.cloned() {
        open.remove(&found.0.number);
        found.0.close.notify_one();
    }
}

/// How many connections all ports have together: half of the file descriptors, so that files can
/// be opened and functions started whatever is connected.
fn most_connections() -> usize {
    static MOST: LazyLock<usize> = LazyLock::new(|| {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit / 2).unwrap_or(usize::MAX)
        })
    });
    *MOST
}

/// Lets this process open as many files as the system lets it. To be called before anything
/// listens.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Serves until told to stop (or until it is dropped), then lets open connections finish for a
/// moment.
pub(crate) async fn serve<F, R, B>(
    listener: TcpListener,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    answer: F,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Clone + Send + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let port = listener.local_addr().map_or(0, |address| address.port());
    let mut connections = JoinSet::new();
    let mut backoff = BACKOFF.0;
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() <= limits.connections => match accepted {
                Ok((stream, peer)) => {
                    backoff = BACKOFF.0;
                    let connection = Connection::open(port);
                    // The new one is taken before another goes: it may be the one that matters.
                    if connections.len() >= limits.connections {
                        close_one(Some(port), &connection);
                    } else if open().len() > most_connections() {
                        close_one(None, &connection);
                    }
                    connections.spawn(serve_connection(
                        stream,
                        peer,
                        connection,
                        limits,
                        stopping.clone(),
                        answer.clone(),
                    ));
                }
                Err(error) => {
                    // Out of file descriptors, most likely; connections that end give some back.
                    tracing::warn!(port, %error, "a connection could not be accepted");
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(BACKOFF.1);
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, all).await;
    connections.shutdown().await;
}

/// Serves until it is dropped.
pub(crate) async fn serve_always<F, R, B>(listener: TcpListener, limits: Limits, answer: F)
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Clone + Send + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let (_never, stopping) = watch::channel(false);
    serve(listener, limits, stopping, answer).await;
}

/// Resolves when told to stop.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that whoever tells was dropped, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Takes a connection off the list when its task ends, however it ends.
struct Listed(Connection);

impl Drop for Listed {
    fn drop(&mut self) {
        open().remove(&self.0.0.number);
    }
}

async fn serve_connection<F, R, B>(
    stream: TcpStream,
    peer: SocketAddr,
    connection: Connection,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    answer: F,
) where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let _listed = Listed(connection.clone());
    // Small answers must not wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let served = connection.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let connection = served.clone();
        let refused = refusal(request.uri(), request.headers(), limits.pages);
        let response = refused.is_none().then(|| {
            request.extensions_mut().insert(connection.clone());
            answer(request, peer)
        });
        async move {
            connection.0.busy.fetch_add(1, Ordering::Relaxed);
            let response = match response {
                Some(response) => response.await.map(Either::Left),
                None => refuse(refused.unwrap_or_default()).map(Either::Right),
            };
            connection.0.busy.fetch_sub(1, Ordering::Relaxed);
            if response.status().is_success() || response.status().is_redirection() {
                connection.admit();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = http1::Builder::new();
    builder.half_close(false).timer(TokioTimer::new());
    builder.header_read_timeout(limits.headers);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let unadmitted = async {
        tokio::time::sleep(limits.admission).await;
        if connection.0.busy.load(Ordering::Relaxed) > 0 {
            // Its answer may admit it.
            tokio::time::sleep(limits.admission).await;
        }
        if connection.is_admitted() {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        result = &mut serving => result,
        () = unadmitted => return,
        () = connection.0.close.notified() => return,
        () = stopped(&mut stopping) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // The client went away; it will ask again if it still wants an answer.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Why a request is not answered at all, if it is not.
fn refusal(uri: &Uri, headers: &HeaderMap, pages: Pages) -> Option<&'static str> {
    const FOREIGN_HOST: &str =
        "the Host of a request must be 127.0.0.1 or localhost: other names may be a web page's";
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some("a request has one Host");
    };
    let named = uri.authority().map(hyper::http::uri::Authority::as_str);
    if !is_this_machine(host.as_bytes()) || named.is_some_and(|n| !is_this_machine(n.as_bytes())) {
        return Some(FOREIGN_HOST);
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let own =
        |origin: &HeaderValue| origin.as_bytes().strip_prefix(b"http://") == Some(host.as_bytes());
    let answered = match pages {
        Pages::None => origins.next().is_none(),
        Pages::Own => origins.all(own),
        Pages::AsTheServiceSays => true,
    };
    (!answered).then_some("requests of web pages from elsewhere are not answered")
}

/// Whether a `Host` names loopback, with a port or without.
fn is_this_machine(host: &[u8]) -> bool {
    let name = match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if host[colon + 1..].iter().all(u8::is_ascii_digit) => &host[..colon],
        _ => host,
    };
    name == b"127.0.0.1" || name.eq_ignore_ascii_case(b"localhost")
}

fn refuse(reason: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "__type": "AccessDeniedException", "message": reason });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn refused(headers: &[(&'static str, &str)], pages: Pages) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        refusal(&Uri::from_static("/"), &headers, pages).is_some()
    }

    #[test]
    fn a_request_names_this_machine() {
        for host in ["127.0.0.1", "127.0.0.1:8780", "localhost:1", "LOCALHOST"] {
            assert!(!refused(&[("host", host)], Pages::None), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8780",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "127.0.0.1:8780:evil.example",
            "127.0.0.1@evil.example",
            "evil.example:127.0.0.1",
            "0.0.0.0:8780",
        ] {
            assert!(refused(&[("host", host)], Pages::Own), "{host}");
        }
        assert!(refused(&[], Pages::AsTheServiceSays));
        let absolute = Uri::from_static("http://evil.example/");
        let headers: HeaderMap = [(HOST, HeaderValue::from_static("127.0.0.1"))]
            .into_iter()
            .collect();
        assert!(refusal(&absolute, &headers, Pages::None).is_some());
    }

    #[test]
    fn a_page_of_elsewhere_is_refused() {
        let host = ("host", "127.0.0.1:8780");
        let own = [host, ("origin", "http://127.0.0.1:8780")];
        assert!(refused(&own, Pages::None) && !refused(&own, Pages::Own));
        for origin in [
            "null",
            "https://evil.example",
            "https://127.0.0.1:8780",
            "http://127.0.0.1:8781",
            "http://127.0.0.1",
            "http://localhost:8780",
        ] {
            let foreign = [host, ("origin", origin)];
            assert!(refused(&foreign, Pages::Own), "{origin}");
            assert!(!refused(&foreign, Pages::AsTheServiceSays), "{origin}");
        }
    }

    /// A port with these limits whose service answers everything with 200.
    async fn port(limits: Limits) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_always(listener, limits, |_, _| async {
            Response::new(Full::new(Bytes::new()))
        }));
        address
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        TcpStream::connect(address).await.unwrap()
    }

    /// Asks over a kept connection; whether there was an answer.
    async fn is_answered(stream: &mut TcpStream) -> bool {
        let request = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
        if stream.write_all(request).await.is_err() {
            return false;
        }
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).await.unwrap_or(0);
        answer[..length].starts_with(b"HTTP/1.1 200")
    }

    /// Waits until the other side closes the connection.
    async fn until_closed(stream: &mut TcpStream) {
        let mut rest = Vec::new();
        // A reset is a closed connection as well.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }

    #[tokio::test]
    async fn headers_that_do_not_end_end_the_connection() {
        let limits = Limits {
            headers: Some(Duration::from_millis(50)),
            ..USUAL
        };
        let mut slow = connect(port(limits).await).await;
        slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        until_closed(&mut slow).await;
    }

    #[tokio::test]
    async fn a_connection_that_shows_nothing_is_closed_and_one_that_did_is_kept() {
        let limits = Limits {
            headers: None,
            admission: Duration::from_millis(200),
            ..USUAL
        };
        let address = port(limits).await;
        let (mut silent, mut known) = (connect(address).await, connect(address).await);
        assert!(is_answered(&mut known).await);
        until_closed(&mut silent).await;
        assert!(is_answered(&mut known).await);
    }

    #[tokio::test]
    async fn whoever_has_shown_nothing_makes_room_for_the_next() {
        let limits = Limits {
            connections: 2,
            headers: None,
            ..USUAL
        };
        let address = port(limits).await;
        let mut known = connect(address).await;
        assert!(is_answered(&mut known).await);
        let mut silent = connect(address).await;
        let mut next = connect(address).await;
        assert!(is_answered(&mut next).await);
        until_closed(&mut silent).await;
        assert!(is_answered(&mut known).await);
    }
}
