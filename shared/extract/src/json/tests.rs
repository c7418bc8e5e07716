//! The strict reader against `serde_json`, the lenient one against what pages carry.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The document as `serde_json` has it, for texts whose numbers it can hold.
fn value(document: &Document<'_>, id: NodeId) -> Value {
    match document.node(id) {
        Node::Null => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Number(number) => serde_json::from_str(number).unwrap(),
        Node::Text(text) => Value::String(text.to_string()),
        Node::List(values) => values.iter().map(|id| value(document, *id)).collect(),
        Node::Object(members) => members
            .iter()
            .map(|(key, id)| (key.to_string(), value(document, *id)))
            .collect(),
    }
}

fn lenient(text: &str) -> Option<Vec<Value>> {
    let document = parse_lenient(text).ok()?;
    Some(
        document
            .tops
            .iter()
            .map(|id| value(&document, *id))
            .collect(),
    )
}

fn one(text: &str) -> Option<Value> {
    lenient(text).filter(|values| values.len() == 1)?.pop()
}

/// Texts made of what JSON is made of, most of them wrong.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\\n\"",
        "1",
        "-0",
        "0.5",
        "1e3",
        "01",
        "1.",
        ".5",
        "-",
        "true",
        "false",
        "null",
        "nul",
        " ",
        "\n",
        "\t",
        "\"",
        "\\",
        "\"\\u00e9\"",
        "\"\\x\"",
        "'a'",
        "/* c */",
        "// d\n",
        "가",
        "\u{1}",
        "+1",
        "1.2.3",
        "\"\u{1}\"",
    ]);
    prop::collection::vec(fragment, 0..12).prop_map(|parts| parts.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        ".*".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::hash_map(".*", inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn strict_accepts_what_serde_json_accepts_and_nothing_else(text in fragments()) {
        let theirs = serde_json::from_str::<Value>(&text).ok();
        let ours = parse_strict(&text).ok().map(|document| value(&document, document.tops[0]));
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn whatever_serde_json_writes_both_readers_read(value_ in json(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value_).unwrap()
        } else {
            value_.to_string()
        };
        let document = parse_strict(&text).unwrap();
        prop_assert_eq!(value(&document, document.tops[0]), value_.clone());
        prop_assert_eq!(one(&text), Some(value_));
    }

    #[test]
    fn the_lenient_reader_never_panics(text in ".*", more in fragments()) {
        let _ = parse_lenient(&text);
        let _ = parse_lenient(&more);
    }
}

#[test]
fn numbers_stay_as_they_were_written() {
    let text = "[12.10, 1e400, 12345678901234567890.12, -0.0]";
    let document = parse_strict(text).unwrap();
    let numbers: Vec<_> = (0..4)
        .map(|at| {
            document
                .node(document.element(document.tops[0], at).unwrap())
                .clone()
        })
        .collect();
    assert_eq!(
        numbers,
        ["12.10", "1e400", "12345678901234567890.12", "-0.0"].map(Node::Number)
    );
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let document = parse_strict(r#"{"a":1,"a":2}"#).unwrap();
    let member = document.member(document.tops[0], "a").unwrap();
    assert_eq!(document.node(member), &Node::Number("2"));
}

#[test]
fn broken_texts_are_understood() {
    for (text, meant) in [
        ("{\"a\":1,}", r#"{"a":1}"#),
        ("[1,,2,]", "[1,2]"),
        ("{\"a\":\"x\ny\"}", r#"{"a":"x\ny"}"#),
        ("/* a */ {\"a\" // b\n:1}", r#"{"a":1}"#),
        ("<!-- {\"a\":1} -->", r#"{"a":1}"#),
        ("<![CDATA[{\"a\":1}]]>", r#"{"a":1}"#),
        ("{a:1,$b:2,@c:3}", r#"{"a":1,"$b":2,"@c":3}"#),
        ("{'a':'b'}", r#"{"a":"b"}"#),
        ("{\"a\":\"15\" wide\"}", r#"{"a":"15\" wide"}"#),
        ("{\"a\":[1,{\"b\":\"c\"", r#"{"a":[1,{"b":"c"}]}"#),
        ("{\"a\":1}}", r#"{"a":1}"#),
        ("{\"a\":1};", r#"{"a":1}"#),
        ("\u{feff}\u{a0}[undefined,NaN]", "[null,null]"),
        (r#""\ud83d\ude00\ud83d""#, "\"\u{1f600}\u{fffd}\""),
        ("[.99, 1.299.000]", r#"[".99","1.299.000"]"#),
        // A comma between the digits of a member's value; in a list it parts values.
        (r#"{"a":1,299.00,"b":2}"#, r#"{"a":"1,299.00","b":2}"#),
        (r#"{"a":12,50}"#, r#"{"a":"12,50"}"#),
        ("[1,299]", "[1,299]"),
        (r#"{"a":$19.90}"#, r#"{"a":"$19.90"}"#),
    ] {
        let expected: Value = serde_json::from_str(meant).unwrap();
        assert_eq!(one(text), Some(expected), "{text}");
    }
    assert_eq!(lenient("{} {}").map(|values| values.len()), Some(2));
}

#[test]
fn what_could_be_misread_is_refused() {
    for text in [
        "{\"a\":1 299}",
        "{\"a\":12.99USD}",
        "{\"a\":129",
        "{\"a\":129 ",
        "{\"a\":\"129",
        "{\"a\" 1}",
        "{\"a\":}",
        "[1}",
        "{\"a\":1]",
        "/* never ends",
        "hello",
        "",
        " ",
    ] {
        assert!(parse_lenient(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse_strict(&nested(MAX_DEPTH)).is_ok());
    for depth in [MAX_DEPTH + 1, 5_000, 1_000_000] {
        assert_eq!(
            parse_lenient(&nested(depth)).unwrap_err().what,
            "lists or objects nested too deeply"
        );
    }
}
