//! Templates that people should not be able to run: each is refused with a reason, or stopped.

use std::time::{Duration, Instant};

use model::Currency;
use query::{Limits, QueryError};

use crate::history::{Filled, price, titled};

fn limits() -> Limits {
    Limits {
        time: Duration::from_millis(300),
        rows: 1_000,
        median_values: 1_000,
        ..Limits::default()
    }
}

fn filled() -> Filled {
    let rows: Vec<_> = (0..40)
        .map(|n| {
            let product = format!("p-{n}");
            price("daily@2028-02-29T01:00:00Z", &product, "100", Currency::KRW)
        })
        .collect();
    Filled::with(&rows)
}

/// What asks for something that no template may have, and a word of the reason.
const REFUSED: [(&str, &str); 46] = [
    ("DELETE FROM prices", "only one statement"),
    ("INSERT INTO items VALUES ('a', 1)", "only one statement"),
    ("UPDATE prices SET amount = 0", "only one statement"),
    ("DROP TABLE prices", "only one statement"),
    ("CREATE TABLE t (a)", "only one statement"),
    (
        "CREATE TEMP TABLE t AS SELECT * FROM prices",
        "only one statement",
    ),
    ("CREATE VIEW v AS SELECT 1", "only one statement"),
    (
        "CREATE TRIGGER t AFTER INSERT ON prices BEGIN SELECT 1; END",
        "only one statement",
    ),
    ("CREATE VIRTUAL TABLE t USING fts5(a)", "only one statement"),
    ("ALTER TABLE prices ADD COLUMN a", "only one statement"),
    ("REINDEX", "only one statement"),
    ("ANALYZE", "only one statement"),
    ("VACUUM", "no statement that reads"),
    (
        "VACUUM INTO '/tmp/stolen.sqlite'",
        "no statement that reads",
    ),
    ("BEGIN", "only one statement"),
    ("COMMIT", "only one statement"),
    ("SAVEPOINT a", "only one statement"),
    ("ATTACH '/etc/passwd' AS a", "ATTACH"),
    ("ATTACH ':memory:' AS a", "ATTACH"),
    ("DETACH main", "only one statement"),
    ("PRAGMA writable_schema = 1", "PRAGMA"),
    ("PRAGMA database_list", "PRAGMA"),
    ("PRAGMA hard_heap_limit = 0", "PRAGMA"),
    ("EXPLAIN SELECT 1", "EXPLAIN"),
    ("EXPLAIN QUERY PLAN SELECT * FROM prices", "EXPLAIN"),
    ("SELECT 1; SELECT 2", "more than one statement"),
    ("SELECT 1; DROP TABLE prices", "statement"),
    ("", "no statement"),
    ("-- nothing but a comment", "no statement"),
    ("SELECT * FROM sqlite_master", "the table"),
    ("SELECT count(*) FROM sqlite_schema", "the table"),
    ("SELECT * FROM sqlite_stat1", "the table"),
    ("SELECT * FROM pragma_database_list", "the table"),
    (
        "SELECT count(*) FROM pragma_table_info('prices')",
        "the table",
    ),
    ("SELECT * FROM json_each('[1]')", "the table"),
    ("SELECT random()", "random()"),
    ("SELECT length(randomblob(1000000000))", "randomblob()"),
    ("SELECT zeroblob(1000000000)", "zeroblob()"),
    ("SELECT load_extension('/tmp/evil.so')", "load_extension()"),
    ("SELECT datetime('now')", "datetime()"),
    ("SELECT date('now')", "date()"),
    ("SELECT strftime('%s', 'now')", "strftime()"),
    ("SELECT CURRENT_TIMESTAMP", "current_timestamp()"),
    ("SELECT sqlite_version()", "sqlite_version()"),
    ("SELECT printf('%1000000000d', 1)", "printf()"),
    ("SELECT avg(amount) FROM prices", "avg()"),
];

#[test]
fn what_is_not_listed_is_refused_with_its_reason() {
    let mut filled = filled();
    for (statement, word) in REFUSED {
        let error = filled
            .ask(&titled(statement), &[], &limits())
            .expect_err(statement);
        let told = error.to_string();
        assert!(told.contains(word), "{statement}: {told}");
        assert!(
            matches!(error, QueryError::Refused { .. }),
            "{statement}: {told}"
        );
    }
    // Nothing of it had an effect.
    let rows = filled.ask(&titled("SELECT count(*) FROM prices"), &[], &limits());
    assert_eq!(rows.unwrap(), [[40]]);
}

/// What would take all time or memory.
const ENDLESS: [&str; 9] = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE t(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM t) SELECT max(x) FROM t",
    "SELECT count(*) FROM prices a, prices b, prices c, prices d, prices e, prices f",
    "SELECT a.product FROM prices a, prices b, prices c, prices d ORDER BY b.slot || c.slot",
    "SELECT group_concat(a.product) FROM prices a, prices b, prices c, prices d",
    "SELECT median(a.amount) FROM prices a, prices b, prices c",
    "SELECT replace(replace(replace(replace('aaaaaaaaaaaaaaaaaaaa', 'a', 'aaaaaaaaaaaaaaaaaaaa'), \
     'a', 'aaaaaaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaaaaaa')",
];

#[test]
fn what_does_not_end_is_stopped() {
    let mut filled = filled();
    for statement in ENDLESS {
        let begun = Instant::now();
        let error = filled
            .ask(&titled(statement), &[], &limits())
            .expect_err(statement);
        let stopped = matches!(
            error,
            QueryError::TooSlow(300)
                | QueryError::TooManyRows(1_000)
                | QueryError::TooMuchMemory
                | QueryError::Failed(_)
        );
        assert!(stopped, "{statement}: {error}");
        let most = limits().time + Duration::from_secs(2);
        assert!(begun.elapsed() < most, "{statement}");
    }
}

/// What is wrong, and where.
const WRONG: [(&str, &str); 10] = [
    ("SELEC 1", "line 2, column 1: near \"SELEC\""),
    (
        "SELECT 1,\n  amont\nFROM prices",
        "line 3, column 3: no such column: amont",
    ),
    (
        "SELECT 가격 FROM prices",
        "line 2, column 8: no such column",
    ),
    ("SELECT * FROM users", "no such table: users"),
    ("SELECT nonsense(1)", "no such function: nonsense"),
    ("SELECT \"amont\" FROM prices", "no such column"),
    (
        "SELECT * FROM prices WHERE product = :id",
        "line 2, column 38: the parameter :id",
    ),
    ("SELECT ?1", "the parameter ?1 is not declared"),
    ("SELECT 1 AS a, 2 AS a", "two columns"),
    ("SELECT ((((1)", "incomplete input"),
];

#[test]
fn a_wrong_template_gets_its_line_and_column() {
    let mut filled = filled();
    for (statement, told) in WRONG {
        let error = filled
            .ask(&titled(statement), &[], &limits())
            .expect_err(statement)
            .to_string();
        assert!(error.contains(told), "{statement}: {error}");
        assert!(error.contains("line "), "{statement}: {error}");
    }
}

#[test]
fn a_header_that_says_what_is_not_known_is_wrong() {
    let mut filled = filled();
    for (header, told) in [
        ("SELECT 1", "title"),
        ("-- title:\nSELECT 1", "line 1"),
        ("-- title: A\n-- parametr: a; text\nSELECT 1", "line 2"),
        (
            "-- title: A\n-- parameter: a; blob\nSELECT 1",
            "none of text, whole, date",
        ),
        (
            "-- title: A\n-- parameter: A'; text\nSELECT 1",
            "not a name",
        ),
        (
            "-- title: A\n-- parameter: today; date\nSELECT 1",
            "there already",
        ),
        (
            "-- title: A\n-- parameter: a; whole; default x\nSELECT 1",
            "not a whole number",
        ),
        (
            "-- title: A\n-- range: last 99999999 days\nSELECT 1",
            "number of days",
        ),
        (
            "-- title: A\n-- range: from :a to :b\nSELECT 1",
            "no date parameter",
        ),
        (
            "-- title: A\n-- column: a; money\nSELECT 1 AS a",
            "money CURRENCY-COLUMN",
        ),
        (
            "-- title: A\n-- column: b; count\nSELECT 1 AS a",
            "does not give",
        ),
        (
            "-- title: A\n-- column: a; money won\nSELECT 1 AS a",
            "does not give",
        ),
        ("-- title: A\0\nSELECT 1", "control character"),
        ("-- title: A\n-- totals: maybe\nSELECT 1", "`yes` or `no`"),
    ] {
        let error = filled.ask(header, &[], &limits()).expect_err(header);
        assert!(error.to_string().contains(told), "{header}: {error}");
    }
    let long = titled(&format!("SELECT 1 -- {}", "x".repeat(70_000)));
    let error = filled.ask(&long, &[], &limits()).unwrap_err().to_string();
    assert!(error.contains("longer"), "{error}");
    let deep = titled(&format!(
        "SELECT {}1{}",
        "abs(".repeat(500),
        ")".repeat(500)
    ));
    let error = filled.ask(&deep, &[], &limits()).unwrap_err().to_string();
    assert!(
        error.contains("depth") || error.contains("overflow"),
        "{error}"
    );
}
