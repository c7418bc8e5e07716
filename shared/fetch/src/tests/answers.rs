//! Answers that are too large, too slow, cut off or no HTTP at all.

use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::*;

const MIB: usize = 1024 * 1024;

/// So many zeros, compressed by `gzip`.
fn gzip(zeros: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![0; zeros]).unwrap();
    encoder.finish().unwrap()
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

async fn reason_of(answer: impl Into<Vec<u8>>) -> FailureReason {
    let (url, served) = answering([answer]);
    let reason = reason(&url).await;
    served.await.unwrap();
    reason
}

/// Sends a beginning, and then a piece again and again for as long as somebody reads.
fn endless(head: &str, piece: &[u8], pause: Duration) -> (String, Served) {
    let (head, piece) = (head.to_owned(), piece.to_owned());
    shop(1, move |stream, _| {
        let mut sent = stream.write_all(head.as_bytes());
        while sent.is_ok() {
            std::thread::sleep(pause);
            sent = stream.write_all(&piece);
        }
    })
}

async fn reason_of_endless(head: &str, piece: &[u8]) -> FailureReason {
    let (url, served) = endless(head, piece, Duration::ZERO);
    let reason = reason(&url).await;
    served.await.unwrap();
    reason
}

#[tokio::test]
async fn an_endless_body_is_too_large() {
    let piece = vec![b'x'; 65_536];
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    assert_eq!(
        reason_of_endless(head, &piece).await,
        FailureReason::TooLarge
    );
    let chunked = [b"10000\r\n", &piece[..], b"\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(
        reason_of_endless(head, &chunked).await,
        FailureReason::TooLarge
    );
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_more_byte_is_too_large() {
    let most = limits().body;
    let (url, served) = answering([ok(&"x".repeat(most)), ok(&"x".repeat(most + 1))]);
    let body = page(&url).await.body;
    assert_eq!((body.len(), body.capacity()), (most, most));
    assert_eq!(reason(&url).await, FailureReason::TooLarge);
    served.await.unwrap();
}

#[tokio::test]
async fn a_bomb_is_counted_after_decompression() {
    let zeros = vec![0; 20 * MIB];
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&zeros).unwrap();
    for (encoding, body) in [
        ("gzip", gzip(zeros.len())),
        ("deflate", zlib.finish().unwrap()),
    ] {
        let headers = format!("content-encoding: {encoding}\r\n");
        let reason = reason_of(answer("200 OK", &headers, &body)).await;
        assert_eq!(reason, FailureReason::TooLarge, "{encoding}");
    }
}

/// 40 MiB of zeros by `brotli`, which asks for a window of 1 GiB.
const LARGE_WINDOW: &[u8] =
    b"\x11\x1e\xff\xff\xff\x01\x90\x00\x88\xc7\x02\x21\xf7\xfe\x9f\xff\xff\xff\x00\x48\
    \x00\xc4\x61\x01\xa0\x7b\xff\x9f\xff\xff\x7f\x00\x24\x00\xe2\xb0\x00\xd0\xbd\xff\x03";

#[tokio::test]
async fn what_is_compressed_twice_or_in_an_unknown_way_is_no_page() {
    let mut twice = GzEncoder::new(Vec::new(), Compression::fast());
    twice.write_all(&gzip(20 * MIB)).unwrap();
    let twice = twice.finish().unwrap();
    let followed = [gzip(100), vec![b'x'; MIB]].concat();
    for (headers, body) in [
        ("content-encoding: gzip, gzip\r\n", &twice[..]),
        (
            "content-encoding: gzip\r\ncontent-encoding: gzip\r\n",
            &twice,
        ),
        ("content-encoding: gzip\r\n", &followed),
        ("content-encoding: zstd\r\n", b"(\xb5/\xfd"),
        ("content-encoding: compress\r\n", b"\x1f\x9d"),
        (
            "content-encoding: gzip\r\n",
            b"<html>this is no gzip</html>",
        ),
        ("content-encoding: br\r\n", LARGE_WINDOW),
    ] {
        let reason = reason_of(answer("200 OK", headers, body)).await;
        assert_eq!(reason, FailureReason::UnreadablePage, "{headers}");
    }
}

#[tokio::test]
async fn only_what_costs_little_memory_to_read_is_asked_for() {
    let text = b"hi".repeat(100);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&text).unwrap();
    let headers = "content-encoding: deflate\r\n";
    let (url, served) = answering([answer("200 OK", headers, &zlib.finish().unwrap())]);
    assert_eq!(page(&url).await.body, text);
    let requests = served.await.unwrap();
    let asked = "accept-encoding: gzip,deflate\r\n";
    assert!(requests[0].contains(asked), "{}", requests[0]);
}

#[tokio::test]
async fn a_bomb_in_an_error_is_cut_and_the_status_counts() {
    let headers = "content-encoding: gzip\r\n";
    let (url, served) = answering([answer("404 Not Found", headers, &gzip(20 * MIB))]);
    let gone = get(&url).await.unwrap_err();
    assert_eq!(gone.failure.reason, FailureReason::Gone);
    let most = limits().error_body;
    assert_eq!((gone.body.len(), gone.body.capacity()), (most, most));
    served.await.unwrap();
}

#[tokio::test]
async fn a_header_that_is_too_large_is_too_large() {
    let most = limits().header as usize;
    for value in [most, 10 * MIB] {
        let headers = format!("x-large: {}\r\n", "x".repeat(value));
        let reason = reason_of(answer("200 OK", &headers, b"hi")).await;
        assert_eq!(reason, FailureReason::TooLarge, "{value} bytes");
    }
    let fields = "x-field: 1\r\n".repeat(101);
    assert_eq!(
        reason_of(answer("200 OK", &fields, b"hi")).await,
        FailureReason::TooLarge
    );
    let endless = reason_of_endless("HTTP/1.1 200 OK\r\n", b"x-field: value\r\n").await;
    assert_eq!(endless, FailureReason::TooLarge);
    let fits = format!("x-large: {}\r\n", "x".repeat(most - 100));
    let (url, served) = answering([answer("200 OK", &fits, b"hi")]);
    assert_eq!(page(&url).await.body, b"hi");
    served.await.unwrap();
}

#[tokio::test]
async fn a_slow_drip_is_a_timeout() {
    let fetcher = fetcher(Limits {
        total: Duration::from_millis(300),
        ..limits()
    });
    let pause = Duration::from_millis(20);
    for (head, piece) in [
        ("", "HTTP/1.1 200 OK\r\nx: ".as_bytes()),
        ("HTTP/1.1 200 OK\r\n", b"x"),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", b"x"),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:", b"8"),
    ] {
        let (url, served) = endless(head, piece, pause);
        let failure = fetcher
            .get(&url, HeaderMap::new(), None)
            .await
            .unwrap_err()
            .failure;
        assert_eq!(failure.reason, FailureReason::Timeout, "{head}: {failure}");
        served.await.unwrap();
    }
    // The status is known, whatever its body does.
    let head = "HTTP/1.1 410 Gone\r\nconnection: close\r\n\r\n";
    let (url, served) = endless(head, b"x", pause);
    let gone = fetcher.get(&url, HeaderMap::new(), None).await.unwrap_err();
    assert_eq!(gone.failure.reason, FailureReason::Gone);
    assert!(gone.body.starts_with(b"x"), "{gone:?}");
    served.await.unwrap();
}

#[tokio::test]
async fn redirects_share_one_time() {
    let fetcher = fetcher(Limits {
        total: Duration::from_millis(300),
        redirects: usize::MAX,
        ..limits()
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4_096]);
            std::thread::sleep(Duration::from_millis(5));
            let _ = stream.write_all(redirect_to("/on").as_bytes());
        }
    });
    let failure = fetcher
        .get(&url, HeaderMap::new(), None)
        .await
        .unwrap_err()
        .failure;
    assert_eq!(failure.reason, FailureReason::Timeout);
}

#[tokio::test]
async fn half_a_page_is_no_page_and_may_be_whole_the_next_time() {
    let half_gzip = gzip(100_000);
    let half_gzip = &half_gzip[..half_gzip.len() / 2];
    let gzip_head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n\r\n";
    for answer in [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<html>half".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n<html>\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n<html>".to_vec(),
        [gzip_head.as_bytes(), half_gzip].concat(),
        b"HTTP/1.1 200 OK\r\ncontent-len".to_vec(),
        Vec::new(),
    ] {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(
            reason_of(answer).await,
            FailureReason::Unreachable,
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_part_that_was_not_asked_for_is_no_page() {
    let headers = "content-range: bytes 0-5/100\r\n";
    let part = answer("206 Partial Content", headers, b"<html>");
    assert_eq!(reason_of(part).await, FailureReason::UnreadablePage);
}

#[tokio::test]
async fn a_reset_in_the_middle_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.peek(&mut [0]).unwrap();
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<html>";
        stream.write_all(head).unwrap();
        // A socket that is closed with bytes that nobody has read is reset.
    });
    assert_eq!(reason(&url).await, FailureReason::Unreachable);
}

#[tokio::test]
async fn what_is_not_http_is_no_page() {
    for answer in [
        "<html>HTTP/0.9 has no header</html>",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/3.0 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}F",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nwhat?\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        "HTTP/1.1 200 OK\r\na header without a colon\r\n\r\nhi",
    ] {
        let reason = reason_of(answer).await;
        assert_eq!(reason, FailureReason::UnreadablePage, "{answer:?}");
    }
}

#[tokio::test]
async fn nothing_that_listens_or_no_tls_is_unreachable() {
    let (url, served) = answering(["HTTP/1.1 400 Bad Request\r\n\r\nThis is no TLS."]);
    let https = url.replace("http:", "https:");
    assert_eq!(reason(&https).await, FailureReason::Unreachable);
    served.await.unwrap();
    for url in [&url, "http://127.0.0.1:0/"] {
        assert_eq!(reason(url).await, FailureReason::Unreachable, "{url}");
    }
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let (url, served) = answering([format!("HTTP/1.1 103 Early Hints\r\n\r\n{}", ok("hi"))]);
    assert_eq!(page(&url).await.body, b"hi");
    served.await.unwrap();
}

fn wait(text: &str) -> Option<Duration> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, text.parse().unwrap());
    retry_after(&headers)
}

#[test]
fn retry_after_is_read_in_both_forms() {
    assert_eq!(wait("120"), Some(Duration::from_mins(2)));
    let future = SystemTime::now() + Duration::from_hours(1);
    let asked = wait(&httpdate::fmt_http_date(future)).unwrap();
    assert!(asked > Duration::from_mins(59), "{asked:?}");
    assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("soon"), None);
}
