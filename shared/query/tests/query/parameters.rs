//! Values that people give, hostile ones among them: they are bound, refused, or NULL.

use query::{Limits, QueryError};

use crate::history::{Filled, price};

const TEMPLATE: &str = "-- title: Test
-- parameter: id; text
-- parameter: many; whole
-- parameter: day; date
-- parameter: way; text; default up; one of up, down
SELECT :id AS id, :many AS many, :day AS day, :way AS way, (SELECT count(*) FROM prices) AS all_of";

fn filled() -> Filled {
    let run = "daily@2028-02-29T01:00:00Z";
    Filled::with(&[price(run, "p-1", "100", model::Currency::KRW)])
}

/// Texts that would be SQL, a formula, a path or markup anywhere else: they come back as they are.
const BOUND: [&str; 22] = [
    "'; DROP TABLE prices; --",
    "' OR '1'='1",
    "\" OR 1=1 --",
    "1; ATTACH '/etc/passwd' AS x",
    "'||(SELECT group_concat(sql) FROM sqlite_master)||'",
    "{{ 7 * 7 }}",
    "${jndi:ldap://x}",
    "%s%s%n",
    ":many",
    "?1",
    "@id",
    "NULL",
    "=HYPERLINK(\"http://x\")",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\\",
    "\\u0000",
    "%",
    "무선 이어폰 🎧",
    "\u{202e}rtl",
    "ㄱㅏ",
    "-- comment /* */",
];

#[test]
fn a_text_is_bound_and_never_read_as_sql() {
    let mut filled = filled();
    for text in BOUND {
        let rows = filled
            .ask(TEMPLATE, &[("id", text)], &Limits::default())
            .unwrap();
        assert_eq!(rows[0][0], text);
        assert_eq!(rows[0][4], 1, "{text}");
    }
}

/// Values that fit no parameter of their name.
const REFUSED: [(&str, &str); 22] = [
    ("many", "1.5"),
    ("many", "1e3"),
    ("many", "0x10"),
    ("many", "+1"),
    ("many", " 1"),
    ("many", "1 OR 1=1"),
    ("many", "99999999999999999999"),
    ("many", "-"),
    ("many", "١"),
    ("day", "2026-02-30"),
    ("day", "2026-13-01"),
    ("day", "26-01-01"),
    ("day", "now"),
    ("day", "2026-01-01T00:00:00Z"),
    ("day", "today + 1"),
    ("day", "today - 99999999999"),
    ("day", "-000001-01-01"),
    ("way", "sideways"),
    ("way", "up' OR 'a'='a"),
    ("id", "a\0b"),
    ("id", "a\u{ffff}b"),
    ("nobody", "1"),
];

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_parameter() {
    let mut filled = filled();
    for (name, value) in REFUSED {
        let error = filled
            .ask(TEMPLATE, &[(name, value)], &Limits::default())
            .expect_err(value);
        assert!(
            matches!(&error, QueryError::Parameter { name: told, .. } if told == name),
            "{value}: {error}"
        );
    }
    let long = "x".repeat(1_001);
    let error = filled.ask(TEMPLATE, &[("id", &long)], &Limits::default());
    assert!(error.unwrap_err().to_string().contains("longer"));
}

#[test]
fn an_empty_value_is_null_and_today_is_the_owners_day() {
    let mut filled = filled();
    let given = [
        ("id", ""),
        ("day", "today - 1"),
        ("many", "-7"),
        ("way", ""),
    ];
    let rows = filled.ask(TEMPLATE, &given, &Limits::default()).unwrap();
    let expected = serde_json::json!([null, -7, "2028-02-29", null, 1]);
    assert_eq!(serde_json::json!(rows[0]), expected);
}
