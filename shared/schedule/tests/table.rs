//! The tables of `tests/data/schedules`: what each expression means, and what is refused where.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use schedule::{Expression, Schedule, time_zone};

/// The rows of a table: cells between tabs; lines that start with `#` are headings.
fn rows(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/schedules")
        .join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

#[test]
fn every_expression_is_due_when_the_table_says() {
    let rows = rows("due.tsv");
    assert!(rows.len() >= 180, "{} rows", rows.len());
    for row in rows {
        let [expression, zone, from, due] = row.as_slice() else {
            panic!("four cells: {row:?}");
        };
        let from: Timestamp = from.parse().unwrap();
        let schedule = Schedule {
            expression: expression
                .parse()
                .unwrap_or_else(|e| panic!("{expression}: {e}")),
            timezone: time_zone(zone).unwrap(),
            anchor: from,
        };
        let (due, ends) = match due.strip_suffix("end") {
            Some(due) => (due.trim_end(), true),
            None => (due.as_str(), false),
        };
        let due: Vec<&str> = due.split_whitespace().collect();
        let take = due.len() + usize::from(ends);
        let found: Vec<String> = schedule
            .upcoming(from)
            .take(take)
            .map(|t| t.to_string())
            .collect();
        assert_eq!(found, due, "{expression} in {zone} after {from}");
    }
}

#[test]
fn what_is_refused_is_pointed_at() {
    let rows = rows("refused.tsv");
    assert!(rows.len() >= 150, "{} rows", rows.len());
    for row in rows {
        let [expression, field, column, given] = row.as_slice() else {
            panic!("four cells: {row:?}");
        };
        let error = match expression.parse::<Expression>() {
            Err(error) => error,
            Ok(read) => panic!("{expression} was read as {read:?}"),
        };
        let seen = (
            error.field.name(),
            (error.position + 1).to_string(),
            error.given.clone(),
        );
        assert_eq!(
            seen,
            (field.as_str(), column.clone(), given.clone()),
            "{expression}: {error}"
        );
        assert!(!error.expected.is_empty());

        let pointer = error.pointer(expression);
        let (shown, carets) = pointer.split_once('\n').unwrap();
        assert_eq!(shown, expression);
        assert_eq!(
            carets.trim_start_matches(' ').len(),
            given.chars().count().max(1),
            "{pointer}"
        );
        assert_eq!(
            carets.len() - carets.trim_start_matches(' ').len(),
            error.position,
            "{pointer}"
        );
    }
}

#[test]
fn an_expression_is_shown_as_it_was_written() {
    for row in rows("due.tsv") {
        let expression: Expression = row[0].parse().unwrap();
        let shown = expression.to_string();
        assert_eq!(shown, row[0].replace("10  minutes", "10 minutes"));
        assert_eq!(shown.parse::<Expression>().unwrap(), expression);
    }
}
