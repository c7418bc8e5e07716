//! Shops that misbehave, one connection at a time. What travels is written out, so that it is as
//! wrong as meant.

mod answers;
mod conditional;
mod http2;
mod redirects;

use std::io::{Read as _, Write};
use std::net::{TcpListener, TcpStream};

use tokio::sync::oneshot;

use super::*;

/// The requests that a shop was sent, once it has served them all. It runs beside the test: a
/// connection ends only while the test waits.
type Served = oneshot::Receiver<Vec<String>>;

/// A shop that serves so many connections, each by `serve`, which is given the request. It gives
/// the requests back.
fn shop(
    connections: usize,
    mut serve: impl FnMut(&mut TcpStream, &str) + Send + 'static,
) -> (String, Served) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (done, served) = oneshot::channel();
    std::thread::spawn(move || {
        let requests = (0..connections).map(|_| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 8_192];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            serve(&mut stream, &request);
            request
        });
        // A test that has failed does not ask any more.
        let _ = done.send(requests.collect());
    });
    (url, served)
}

/// A shop that gives these answers, each on a connection of its own.
fn answering<A>(answers: impl IntoIterator<Item = A>) -> (String, Served)
where
    A: Into<Vec<u8>>,
{
    let answers: Vec<Vec<u8>> = answers.into_iter().map(Into::into).collect();
    let mut left = answers.clone().into_iter();
    shop(answers.len(), move |stream, _| {
        // A client that has seen enough hangs up.
        let _ = stream.write_all(&left.next().unwrap());
    })
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn redirect_to(url: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"
    )
}

fn limits() -> Limits {
    Limits::default()
}

fn fetcher(limits: Limits) -> Fetcher {
    Fetcher::new("test", Addresses::allowing("127.0.0.1"), limits).unwrap()
}

async fn get(url: &str) -> Result<Answer, NoPage> {
    fetcher(limits()).get(url, HeaderMap::new(), None).await
}

async fn page(url: &str) -> Page {
    match get(url).await {
        Ok(Answer::Page(page)) => page,
        other => panic!("{other:?}"),
    }
}

async fn failure(url: &str) -> Failure {
    get(url).await.unwrap_err().failure
}

async fn reason(url: &str) -> FailureReason {
    failure(url).await.reason
}
