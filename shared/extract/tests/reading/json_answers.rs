//! Answers of JSON APIs.

use extract::{CompiledPaths, Hints, from_json};
use model::{Availability, Currency, Failure, FailureReason, JsonPaths, Offer};

fn paths(price: &str) -> JsonPaths {
    JsonPaths {
        price: price.to_owned(),
        currency: None,
        availability: None,
        name: None,
    }
}

fn read_in(body: &[u8], paths: &JsonPaths, currency: Option<Currency>) -> Result<Offer, Failure> {
    let hints = Hints {
        currency,
        ..Hints::default()
    };
    from_json(body, &CompiledPaths::compile(paths)?, &hints)
}

fn read(body: &str, price: &str) -> Result<Offer, Failure> {
    read_in(body.as_bytes(), &paths(price), Some(Currency::USD))
}

fn amount(body: &str, price: &str) -> String {
    read(body, price).unwrap().price.amount.to_string()
}

fn reason(result: Result<Offer, Failure>) -> FailureReason {
    result.unwrap_err().reason
}

#[test]
fn everything_that_is_asked_for_is_read() {
    let body = r#"{"data":[{"id":7,"title":" Ear  phones ","cost":{"value":"12,900","unit":"KRW"},"stock":true}]}"#;
    let paths = JsonPaths {
        price: "$.data[?@.id == 7].cost.value".to_owned(),
        currency: Some("$.data[0].cost.unit".to_owned()),
        availability: Some("$..stock".to_owned()),
        name: Some("$['data'][0]['title']".to_owned()),
    };
    let offer = read_in(body.as_bytes(), &paths, None).unwrap();
    assert_eq!(offer.price.to_string(), "12900 KRW");
    assert_eq!(offer.availability, Some(Availability::InStock));
    assert_eq!(offer.name.as_deref(), Some("Ear phones"));
    assert_eq!(offer.found_in, "$.data[?@.id == 7].cost.value");
}

#[test]
fn numbers_are_exact() {
    for number in [
        "12.10",
        "12345678901234567890.12",
        "0.1",
        "9007199254740993",
        "79228162514264337593543950335",
    ] {
        assert_eq!(amount(&format!("{{\"p\":{number}}}"), "$.p"), number);
    }
    assert_eq!(amount(r#"{"p":1.29e3}"#, "$.p"), "1290");
}

#[test]
fn a_number_that_cannot_be_kept_is_no_price_and_harmless_elsewhere() {
    for number in ["1e400", "1e-400", "79228162514264337593543950336"] {
        let body = format!("{{\"p\":{number}}}");
        assert_eq!(
            reason(read(&body, "$.p")),
            FailureReason::UnreadablePrice,
            "{number}"
        );
        let body = format!("{{\"other\":{number},\"p\":5}}");
        assert_eq!(amount(&body, "$.p"), "5", "{number}");
    }
}

#[test]
fn filters_compare_numbers() {
    let body = r#"{"items":[{"p":5.5,"n":1},{"p":7.25,"n":2}]}"#;
    assert_eq!(amount(body, "$.items[?@.n > 1].p"), "7.25");
    assert_eq!(amount(body, "$.items[-1].p"), "7.25");
}

#[test]
fn a_query_must_give_exactly_one_value() {
    let body = r#"{"items":[{"p":5},{"p":7}],"none":null}"#;
    assert_eq!(reason(read(body, "$.items[*].p")), FailureReason::Ambiguous);
    assert_eq!(reason(read(body, "$.items[5].p")), FailureReason::NoPrice);
    assert_eq!(reason(read(body, "$.none")), FailureReason::NoPrice);
    assert_eq!(
        reason(read(body, "$.items[0]")),
        FailureReason::UnreadablePrice
    );
    // The same value found twice is one value.
    assert_eq!(amount(body, "$.items[0,0].p"), "5");
}

#[test]
fn prices_in_the_json_are_text_as_people_write_it() {
    assert_eq!(amount(r#"{"p":"US$ 1,299.00"}"#, "$.p"), "1299.00");
    assert_eq!(
        reason(read(r#"{"p":"€5"}"#, "$.p")),
        FailureReason::WrongCurrency
    );
    assert_eq!(
        reason(read(r#"{"p":"sold out"}"#, "$.p")),
        FailureReason::UnreadablePrice
    );
    assert_eq!(
        reason(read(r#"{"p":true}"#, "$.p")),
        FailureReason::UnreadablePrice
    );
    let unknown = read_in(br#"{"p":5}"#, &paths("$.p"), None);
    assert_eq!(reason(unknown), FailureReason::NoCurrency);
}

#[test]
fn zero_and_less_are_no_prices() {
    assert_eq!(reason(read(r#"{"p":0}"#, "$.p")), FailureReason::NoPrice);
    assert_eq!(
        reason(read(r#"{"p":"0.00"}"#, "$.p")),
        FailureReason::NoPrice
    );
    assert_eq!(
        reason(read(r#"{"p":-5}"#, "$.p")),
        FailureReason::UnreadablePrice
    );
}

#[test]
fn the_answers_currency_must_be_the_products() {
    let with = JsonPaths {
        currency: Some("$.c".to_owned()),
        ..paths("$.p")
    };
    let read = |body: &str| read_in(body.as_bytes(), &with, Some(Currency::USD));
    assert!(read(r#"{"p":5,"c":"usd"}"#).is_ok());
    assert!(read(r#"{"p":5,"c":null}"#).is_ok());
    assert!(read(r#"{"p":5}"#).is_ok());
    assert_eq!(
        reason(read(r#"{"p":5,"c":"EUR"}"#)),
        FailureReason::WrongCurrency
    );
    assert_eq!(
        reason(read(r#"{"p":5,"c":"points"}"#)),
        FailureReason::NoCurrency
    );
}

#[test]
fn availability_is_a_term_a_boolean_or_a_number_in_stock() {
    let with = JsonPaths {
        availability: Some("$.a".to_owned()),
        ..paths("$.p")
    };
    for (text, expected) in [
        ("true", Some(Availability::InStock)),
        ("false", Some(Availability::OutOfStock)),
        ("0", Some(Availability::OutOfStock)),
        ("12", Some(Availability::InStock)),
        (
            r#""https://schema.org/PreOrder""#,
            Some(Availability::PreOrder),
        ),
        (r#""품절""#, Some(Availability::OutOfStock)),
        (r#""soon""#, None),
        ("null", None),
        ("{}", None),
    ] {
        let body = format!("{{\"p\":5,\"a\":{text}}}");
        let offer = read_in(body.as_bytes(), &with, Some(Currency::USD)).unwrap();
        assert_eq!(offer.availability, expected, "{text}");
    }
}

#[test]
fn what_is_not_json_is_an_unreadable_page_or_a_block_page() {
    for body in [
        "",
        "{",
        "{\"p\":5,}",
        "<html><body>Welcome</body></html>",
        "\u{feff}",
    ] {
        assert_eq!(
            reason(read(body, "$.p")),
            FailureReason::UnreadablePage,
            "{body}"
        );
    }
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    assert_eq!(reason(read(&deep, "$.p")), FailureReason::UnreadablePage);
    let blocked = "<html><title>Access Denied</title><body>Reference 18.x</body></html>";
    assert_eq!(reason(read(blocked, "$.p")), FailureReason::Blocked);
}

#[test]
fn a_byte_order_mark_and_other_charsets_are_read() {
    let name = JsonPaths {
        name: Some("$.n".to_owned()),
        ..paths("$.p")
    };
    let marked = "\u{feff}{\"p\":5,\"n\":\"이어폰\"}".as_bytes().to_vec();
    // Code page 949.
    let korean = b"{\"p\":5,\"n\":\"\xc0\xcc\xbe\xee\xc6\xf9\"}".to_vec();
    for body in [marked, korean] {
        let offer = read_in(&body, &name, Some(Currency::KRW)).unwrap();
        assert_eq!(offer.name.as_deref(), Some("이어폰"));
    }
}

#[test]
fn a_wrong_query_is_the_products_fault() {
    for query in ["", "price", "$.", "$[", "$..[?]"] {
        let failure = CompiledPaths::compile(&paths(query)).unwrap_err();
        assert_eq!(failure.reason, FailureReason::BadProduct, "{query}");
        assert!(failure.detail.contains("price"), "{}", failure.detail);
    }
}
