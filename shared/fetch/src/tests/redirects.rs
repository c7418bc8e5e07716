//! Redirects.

use super::*;

#[tokio::test]
async fn a_page_is_read_after_a_redirect() {
    let (target, page_served) = answering([ok("hi")]);
    let (shop, served) = answering([redirect_to(&format!("{target}/p/무선?a=b#top"))]);
    let page = page(&shop).await;
    assert_eq!(page.body, b"hi");
    assert_eq!(page.url, format!("{target}/p/%EB%AC%B4%EC%84%A0?a=b"));
    served.await.unwrap();
    page_served.await.unwrap();
}

#[tokio::test]
async fn a_redirect_does_not_carry_a_secret_header_to_another_origin() {
    let (shop, served) = answering([redirect_to("/here"), redirect_to("http://127.0.0.1:9/")]);
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", "secret".parse().unwrap());
    let fetcher = fetcher(limits());
    let refused = fetcher.get(&shop, headers, None).await.unwrap_err();
    assert_eq!(refused.failure.reason, FailureReason::RefusedAddress);
    for request in served.await.unwrap() {
        assert!(request.contains("x-api-key: secret"), "{request}");
    }
}

#[tokio::test]
async fn a_redirect_to_where_nothing_may_be_fetched_is_refused() {
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://me:secret@127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
    ] {
        let (shop, served) = answering([redirect_to(to)]);
        let failure = failure(&shop).await;
        assert_eq!(failure.reason, FailureReason::RefusedAddress, "{to}");
        assert!(!failure.detail.contains("secret"), "{failure}");
        served.await.unwrap();
    }
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let most = limits().redirects;
    // The cookie that would end it is not kept.
    let head = "HTTP/1.1 307 Temporary Redirect\r\nconnection: close\r\nset-cookie: seen=1";
    let itself = format!("{head}\r\nlocation: /p\r\ncontent-length: 0\r\n\r\n");
    let (url, served) = answering(vec![itself; most + 1]);
    let failure = failure(&format!("{url}/p")).await;
    assert_eq!(failure.reason, FailureReason::TooManyRedirects);
    for request in served.await.unwrap() {
        assert!(!request.contains("cookie"), "{request}");
    }
}

#[tokio::test]
async fn as_many_redirects_as_allowed_are_followed() {
    let most = limits().redirects;
    let mut answers = vec![redirect_to("/on"); most];
    answers.push(ok("hi"));
    let (url, served) = answering(answers);
    assert_eq!(page(&url).await.body, b"hi");
    served.await.unwrap();
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_no_page() {
    let (url, served) = answering([
        "HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 300 Multiple Choices\r\nconnection: close\r\nlocation: /a\r\ncontent-length: 0\r\n\r\n",
    ]);
    assert_eq!(reason(&url).await, FailureReason::UnreadablePage);
    assert_eq!(reason(&url).await, FailureReason::UnreadablePage);
    served.await.unwrap();
}
