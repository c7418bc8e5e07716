//! HTTP/2, whose header fields are bounded elsewhere.

use super::*;

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags, 0, 0, 0, stream]].concat();
    [&head, payload].concat()
}

/// The status 200 and a field with a value of so many bytes (RFC 7541, 6.1 and 6.2.2).
fn fields(size: usize) -> Vec<u8> {
    let mut fields = b"\x88\x00\x01x\x7f".to_vec();
    let mut rest = size - 127;
    while rest >= 128 {
        fields.push(128 | u8::try_from(rest % 128).unwrap());
        rest /= 128;
    }
    fields.push(u8::try_from(rest).unwrap());
    fields.extend(std::iter::repeat_n(b'x', size));
    fields
}

/// Answers with a header field of so many bytes.
async fn reason_of(size: usize) -> Option<FailureReason> {
    let (url, served) = shop(1, move |stream, _| {
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
        let fields = fields(size);
        let mut pieces = fields.chunks(16_384).peekable();
        let mut kind = HEADERS;
        while let Some(piece) = pieces.next() {
            let end = if pieces.peek().is_none() {
                END_HEADERS
            } else {
                0
            };
            let stream_end = if kind == HEADERS { END_STREAM } else { 0 };
            if stream
                .write_all(&frame(kind, end | stream_end, 1, piece))
                .is_err()
            {
                break;
            }
            kind = CONTINUATION;
        }
        // Until the client hangs up.
        while stream.read(&mut [0; 4_096]).is_ok_and(|length| length > 0) {}
    });
    let addresses = Addresses::allowing("127.0.0.1");
    let client = client("test", &addresses, &limits()).http2_prior_knowledge();
    let fetcher = Fetcher {
        addresses,
        limits: limits(),
        client: client.build().unwrap(),
    };
    let answer = fetcher.get(&url, HeaderMap::new(), None).await;
    drop(fetcher);
    served.await.unwrap();
    answer.err().map(|no_page| no_page.failure.reason)
}

#[tokio::test]
async fn a_header_of_http2_that_is_too_large_is_too_large() {
    let most = limits().header as usize;
    assert_eq!(reason_of(most / 2).await, None);
    for size in [most, 3 * most, 10 * 1024 * 1024] {
        assert_eq!(
            reason_of(size).await,
            Some(FailureReason::TooLarge),
            "{size}"
        );
    }
}
