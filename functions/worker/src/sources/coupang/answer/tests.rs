use proptest::prelude::*;

use super::*;

const NOW: &str = "2026-11-21T03:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn refusal(body: &str) -> (FailureReason, String, Option<String>) {
    let refusal = read(body.as_bytes(), now()).unwrap_err();
    let until = refusal.closed_until.map(|until| until.to_string());
    (refusal.failure.reason, refusal.failure.detail, until)
}

fn ids(body: &str) -> Vec<(u64, u32)> {
    let list = read(body.as_bytes(), now()).unwrap();
    list.0.iter().map(|item| (item.id, item.rank)).collect()
}

#[test]
fn a_search_is_read() {
    let list = read(
        r#"{"rCode":"0","rMessage":"","data":{"landingUrl":"https://link.coupang.com/re/x",
            "productData":[{"keyword":"무선 이어폰","rank":1,"isRocket":true,"isFreeShipping":false,
            "productId":27664441,"productImage":"https://ads.example/i","productName":"무선  이어폰\n5세대",
            "productPrice":12900,"productUrl":"https://link.coupang.com/re/AFFSDP"}]}}"#
            .as_bytes(),
        now(),
    );
    let item = Item {
        id: 27_664_441,
        rank: 1,
        price: Some("12900".to_owned()),
        name: Some("무선 이어폰 5세대".to_owned()),
    };
    assert_eq!(list, Ok(List(vec![item])));
}

#[test]
fn a_bare_list_is_read() {
    let body = r#"{"data":[{"productId":5,"rank":2},{"productId":4}],"rCode":"0","rMessage":"OK"}"#;
    assert_eq!(ids(body), [(5, 2), (4, 2)]);
    assert_eq!(ids(&format!("\u{feff} {body}")), [(5, 2), (4, 2)]);
    assert_eq!(ids(r#"{"rCode":0,"data":[{"productId":"5"}]}"#), [(5, 1)]);
    assert_eq!(ids(r#"{"rCode":"0","data":[]}"#), []);
}

#[test]
fn an_odd_product_does_not_spoil_the_others() {
    let body = r#"{"rCode":"0","data":[null, 5, "x", [], {}, {"productId":null},
        {"productId":-1}, {"productId":1.5}, {"productId":{}}, {"productId":1,"productId":2},
        {"productId":3,"productName":"\ud800","rank":"first","productPrice":null},
        {"productId":4,"productName":7,"productPrice":[]},
        {"productId":5,"productPrice":12900}]}"#;
    assert_eq!(ids(body), [(3, 11), (4, 12), (5, 13)]);
}

#[test]
fn a_throttle_is_over_at_the_time_that_it_names() {
    for (code, message, until) in [
        (
            "\"403\"",
            "2026-11-22 13:00:00 이후에 다시 시도해 주세요",
            "2026-11-22T04:00:00Z",
        ),
        ("403", "until 2026-11-21T05:00:00Z", "2026-11-21T05:00:00Z"),
        (
            "\"403\"",
            "호출 한도를 초과하였습니다",
            "2026-11-22T03:00:00Z",
        ),
        ("\"429\"", "", "2026-11-22T03:00:00Z"),
        // Long ago, and far away.
        ("\"403\"", "2026-11-20 13:00:00", "2026-11-22T03:00:00Z"),
        ("\"403\"", "2036-11-20 13:00:00", "2026-11-22T03:00:00Z"),
    ] {
        let body = format!(r#"{{"rCode":{code},"rMessage":"{message}","data":null}}"#);
        let (reason, detail, closed_until) = refusal(&body);
        assert_eq!(reason, FailureReason::Throttled, "{body}");
        assert!(detail.contains(message), "{detail}");
        assert_eq!(closed_until.as_deref(), Some(until), "{body}");
    }
}

#[test]
fn who_is_not_let_in_is_told_what_to_check() {
    for (message, advice) in [
        ("Invalid signature.", "secret_key"),
        ("Request is not authorized.", "access_key"),
        ("Specified signature is expired.", "clock"),
        ("HMAC format is invalid.", "access_key and secret_key"),
    ] {
        for body in [
            format!(r#"{{"code":"ERROR","message":"{message}","transactionId":"a-b"}}"#),
            format!(r#"{{"rCode":"401","rMessage":"{message}"}}"#),
        ] {
            let (reason, detail, until) = refusal(&body);
            assert_eq!(reason, FailureReason::RefusedRequest);
            assert!(
                detail.contains(message) && detail.contains(advice),
                "{detail}"
            );
            assert_eq!(until, None);
            let by_status = Failure::new(FailureReason::RefusedRequest, "HTTP 401");
            let refusal = refused(by_status, body.as_bytes(), now());
            assert_eq!(refusal.failure.reason, FailureReason::RefusedRequest);
            assert!(refusal.failure.detail.starts_with("HTTP 401: Coupang says"));
            assert!(refusal.failure.detail.contains(advice));
        }
    }
}

#[test]
fn other_errors_keep_coupangs_words() {
    for (body, reason) in [
        (
            r#"{"rCode":"500","rMessage":"Internal"}"#,
            FailureReason::ShopError,
        ),
        (
            r#"{"rCode":"ERROR","rMessage":"Internal"}"#,
            FailureReason::ShopError,
        ),
        (
            r#"{"code":"ERROR","message":"Internal"}"#,
            FailureReason::ShopError,
        ),
        (
            r#"{"rCode":"400","rMessage":"Internal"}"#,
            FailureReason::RefusedRequest,
        ),
        (
            r#"{"rCode":"","rMessage":"Internal"}"#,
            FailureReason::ShopError,
        ),
    ] {
        let (found, detail, until) = refusal(body);
        assert_eq!((found, until), (reason, None), "{body}");
        assert!(detail.contains("\"Internal\""), "{detail}");
    }
    let (_, detail, _) = refusal(&format!(
        r#"{{"code":"ERROR","message":"{}"}}"#,
        "가 ".repeat(9_000)
    ));
    assert!(detail.chars().count() < 250, "{detail}");
}

#[test]
fn a_status_of_failure_stands_where_the_body_says_no_more() {
    let by_status = || Failure::new(FailureReason::ShopError, "HTTP 502");
    for body in [
        "",
        "<html>502 Bad Gateway</html>",
        "{}",
        "[",
        r#"{"rCode":"0"}"#,
    ] {
        assert_eq!(
            refused(by_status(), body.as_bytes(), now()),
            by_status().into()
        );
    }
    let said = refused(by_status(), br#"{"code":"ERROR","message":"Later"}"#, now());
    assert_eq!(said.failure.reason, FailureReason::ShopError);
    assert_eq!(
        said.failure.detail,
        "HTTP 502: Coupang says ERROR \"Later\""
    );
    let blocked = refused(by_status(), b"<title>Access Denied</title>", now());
    assert_eq!(blocked.failure.reason, FailureReason::Blocked);
}

#[test]
fn whoever_is_throttled_leaves_the_account_alone() {
    let tomorrow = Some("2026-11-22T03:00:00Z".parse().unwrap());
    let by_status = || Failure::new(FailureReason::Throttled, "HTTP 429");
    for body in ["", "<html>", r#"{"code":"ERROR","message":"Later"}"#] {
        let refusal = refused(by_status(), body.as_bytes(), now());
        assert_eq!(refusal.failure.reason, FailureReason::Throttled);
        assert_eq!(refusal.closed_until, tomorrow);
    }
    let by_status = Failure::new(FailureReason::RefusedRequest, "HTTP 403");
    let body = r#"{"rCode":"403","rMessage":"2026-11-22 12:00:00"}"#;
    let refusal = refused(by_status, body.as_bytes(), now());
    assert_eq!(refusal.failure.reason, FailureReason::Throttled);
    assert_eq!(refusal.closed_until, tomorrow);
}

#[test]
fn html_is_a_block_page_or_unreadable() {
    let blocked =
        "<html><head><title>Access Denied</title></head><body>Access Denied</body></html>";
    let (reason, _, until) = refusal(blocked);
    assert_eq!((reason, until), (FailureReason::Blocked, None));
    for body in [
        "<!doctype html><html><body>점검 중입니다</body></html>",
        "",
        "OK",
        "[]",
        "null",
        "{}",
        "{",
        r#"{"rCode":"0"}"#,
        r#"{"rCode":"0","data":null}"#,
        r#"{"rCode":"0","data":{}}"#,
        r#"{"rCode":"0","data":{"productData":{}}}"#,
        r#"{"rCode":"0","data":"[]"}"#,
        r#"{"rCode":null,"data":[]}"#,
        r#"{"data":[]}"#,
        r#"{"rCode":"0","rCode":"403","data":[]}"#,
    ] {
        assert_eq!(refusal(body).0, FailureReason::UnreadablePage, "{body}");
    }
}

#[test]
fn a_list_of_a_hundred_products_is_stored_in_less_than_20_kilobytes() {
    let product = |id: u64| {
        format!(
            r#"{{"productId":{},"productPrice":1234567.00,"rank":{id},"productName":"{}"}}"#,
            9_007_199_254_740_993 + id,
            "무선 이어폰 ".repeat(60)
        )
    };
    let products: Vec<String> = (1..=100).map(product).collect();
    let body = format!(r#"{{"rCode":"0","data":[{}]}}"#, products.join(","));
    let list = read(body.as_bytes(), now()).unwrap();
    let stored = serde_json::to_string(&list).unwrap();
    assert!((10_000..20_000).contains(&stored.len()), "{}", stored.len());
    assert_eq!(serde_json::from_str::<List>(&stored).unwrap(), list);
    let ten = format!(r#"{{"rCode":"0","data":[{}]}}"#, products[..10].join(","));
    let ten = read(ten.as_bytes(), now()).unwrap();
    let name = ten.0[0].name.as_deref().unwrap();
    assert!((198..=200).contains(&name.len()), "{}", name.len());
}

#[test]
fn a_list_without_end_is_cut() {
    let body = format!(
        r#"{{"rCode":"0","data":[{}{{"productId":1}}]}}"#,
        r#"{"productId":1},"#.repeat(50_000)
    );
    assert_eq!(ids(&body).len(), MAX_ITEMS);
    for deep in ["[", "{\"data\":", "{\"rCode\":\"0\",\"data\":["] {
        assert_eq!(
            refusal(&deep.repeat(50_000)).0,
            FailureReason::UnreadablePage
        );
    }
}

/// Pieces that answers are made of, so that random ones get somewhere.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"rCode\":",
        "\"0\"",
        "\"403\"",
        "403",
        "\"rMessage\":",
        "\"2026-11-22 13:00\"",
        "\"data\":",
        "\"productData\":",
        "\"productId\":",
        "7",
        "-0",
        "1e999",
        "\"productPrice\":",
        "12900.0",
        "\"productName\":",
        "\"가\\ud800\"",
        "null",
        "\"code\":",
        "\"message\":",
        "<html>",
        "captcha",
        "\u{feff}",
        " ",
        "\"",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            pieces().prop_map(String::into_bytes),
            pieces().prop_map(|of| format!(r#"{{"rCode":"0","data":[{{{of}}}]}}"#).into_bytes()),
            pieces().prop_map(|of| format!(r#"{{"rCode":"403","rMessage":{of}}}"#).into_bytes()),
            ".{0,200}".prop_map(|of| {
                serde_json::json!({"rCode": "403", "rMessage": of}).to_string().into_bytes()
            }),
        ],
        seconds in -377_705_116_800_i64..=253_402_207_200,
    ) {
        let now = Timestamp::from_second(seconds).unwrap();
        let by_status = Failure::new(FailureReason::ShopError, "HTTP 500");
        let refusals = [read(&bytes, now).err(), Some(refused(by_status, &bytes, now))];
        for refusal in refusals.into_iter().flatten() {
            prop_assert!(refusal.closed_until.is_none_or(|until| until > now));
        }
        if let Ok(list) = read(&bytes, now) {
            let stored = serde_json::to_string(&list).unwrap();
            prop_assert_eq!(serde_json::from_str::<List>(&stored).unwrap(), list);
        }
    }
}
