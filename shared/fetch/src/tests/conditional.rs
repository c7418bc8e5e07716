//! Conditional requests.

use super::*;

const TAG: &str = "\"v1\"";
const DATE: &str = "Sat, 21 Nov 2026 01:15:00 GMT";

fn known() -> Validators {
    Validators {
        etag: Some(TAG.to_owned()),
        last_modified: Some(DATE.to_owned()),
    }
}

fn with(headers: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}content-length: 2\r\n\r\nhi")
}

const NOT_MODIFIED: &str = "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n";

async fn ask(url: &str, known: &Validators) -> Result<Answer, NoPage> {
    let fetcher = fetcher(limits());
    fetcher.get(url, HeaderMap::new(), Some(known)).await
}

#[tokio::test]
async fn the_validators_of_a_page_ask_whether_it_has_changed() {
    let headers = format!("etag: {TAG}\r\nlast-modified: {DATE}\r\n");
    let (url, served) = answering([with(&headers), NOT_MODIFIED.to_owned()]);
    let first = page(&url).await;
    assert_eq!(first.validators, known());
    let second = ask(&url, &first.validators).await.unwrap();
    assert!(matches!(second, Answer::NotModified), "{second:?}");
    let requests = served.await.unwrap();
    assert!(!requests[0].contains("if-"), "{}", requests[0]);
    let asked = format!("if-none-match: {TAG}\r\nif-modified-since: {DATE}\r\n");
    assert!(requests[1].contains(&asked), "{}", requests[1]);
}

#[tokio::test]
async fn a_page_that_has_changed_comes_with_its_own_validators() {
    let (url, served) = answering([with("etag: W/\"v2\"\r\n")]);
    let Answer::Page(page) = ask(&url, &known()).await.unwrap() else {
        panic!("it has changed");
    };
    assert_eq!(page.validators.etag.as_deref(), Some("W/\"v2\""));
    assert_eq!(page.validators.last_modified, None);
    served.await.unwrap();
}

#[tokio::test]
async fn not_modified_without_having_been_asked_is_no_page() {
    let (url, served) = answering([NOT_MODIFIED; 2]);
    assert_eq!(reason(&url).await, FailureReason::UnreadablePage);
    let refused = ask(&url, &Validators::default()).await.unwrap_err();
    assert_eq!(refused.failure.reason, FailureReason::UnreadablePage);
    served.await.unwrap();
}

#[tokio::test]
async fn another_address_is_not_asked_with_these_validators() {
    // Its version "v1" would be another page's.
    let (url, served) = answering([redirect_to("/other"), NOT_MODIFIED.to_owned()]);
    let refused = ask(&url, &known()).await.unwrap_err();
    assert_eq!(refused.failure.reason, FailureReason::UnreadablePage);
    let requests = served.await.unwrap();
    assert!(requests[0].contains("if-none-match"), "{}", requests[0]);
    assert!(requests[1].starts_with("GET /other "), "{}", requests[1]);
    assert!(!requests[1].contains("if-"), "{}", requests[1]);
}

#[tokio::test]
async fn validators_after_a_redirect_are_not_kept() {
    let headers = format!("etag: {TAG}\r\nlast-modified: {DATE}\r\n");
    let (url, served) = answering([redirect_to("/other"), with(&headers)]);
    assert!(page(&url).await.validators.is_empty());
    served.await.unwrap();
}

#[tokio::test]
async fn what_is_no_validator_is_left_out() {
    let long = "x".repeat(Validators::MAX_TEXT);
    for headers in [
        "etag: *\r\n".to_owned(),
        "etag: v1\r\n".to_owned(),
        "etag: \"\r\n".to_owned(),
        "etag: \"a\", \"b\"\r\n".to_owned(),
        "etag: \"가\"\r\n".to_owned(),
        "etag: \"a\"\r\netag: \"b\"\r\n".to_owned(),
        format!("etag: \"{long}\"\r\n"),
        "last-modified: yesterday\r\n".to_owned(),
        "last-modified:\r\n".to_owned(),
    ] {
        let (url, served) = answering([with(&headers)]);
        let page = page(&url).await;
        assert!(page.validators.is_empty(), "{headers}: {page:?}");
        served.await.unwrap();
    }
}
