//! Archive files, written and read again by us and by `DuckDB`.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use archive::{COLUMNS, Key, Reader, Row, Unreadable, Writer};
use jiff::tz::TimeZone;
use model::{
    Availability, Currency, Failure, FailureReason, Money, Observation, Offer, Outcome, Product,
    RunId, Void,
};

const NAME: &str = "=1+1, \"무선\"\n이어폰";

fn seoul() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

fn product() -> Product {
    serde_json::from_value(serde_json::json!({
        "id": "p-1", "name": NAME, "category": "음향", "vendor": "가게", "item": "i-1",
        "source": {"kind": "html", "url": "https://shop.example:8080/p?x=1"},
        "pack": {"quantity": "0.5", "unit": "kg"},
        "costs": {"shipping": "3000", "free_from": "30000"},
    }))
    .unwrap()
}

fn row(run: &RunId, amount: &str, generation: u32) -> Row {
    let offer = Offer {
        price: Money::new(amount.parse().unwrap(), Currency::USD),
        availability: Some(Availability::InStock),
        name: None,
        found_in: "json-ld".to_owned(),
        list_price: Some(Money::new(25.into(), Currency::USD)),
        remark: None,
    };
    let product = product();
    let outcome = Outcome::Price(offer);
    let seen = Observation::new(run.clone(), product.id.clone(), Some(&product), outcome);
    Row::new(seen, Some(&product), generation, &seoul())
}

fn failure(run: &RunId, generation: u32) -> Row {
    let outcome = Outcome::Failure(Failure::new(FailureReason::Timeout, "20 s"));
    let id = "p-2".parse().unwrap();
    let mut seen = Observation::new(run.clone(), id, None, outcome);
    seen.fetched_at = "2026-11-21T01:15:02.75Z".parse().unwrap();
    Row::new(seen, None, generation, &seoul())
}

fn file(rows: &[Row]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn every_digit_and_every_letter_is_read_as_it_was_written() {
    let run: RunId = "daily@2026-11-20T23:15:00Z".parse().unwrap();
    let mut voided = row(&run, "19.990000000000000001", 7);
    voided.observation.void = Some(Void {
        reason: "오타".to_owned(),
        at: "2026-11-22T00:00:00Z".parse().unwrap(),
    });
    let bytes = file(&[voided.clone(), failure(&run, 7)]);
    assert_eq!(bytes, file(&[voided, failure(&run, 7)]));

    let names = COLUMNS.map(|column| column.name);
    let mut reader = Reader::new(bytes.as_slice(), names).unwrap();
    let first = reader.next_row().unwrap().unwrap().map(str::to_owned);
    let cell = |name| &first[names.iter().position(|known| *known == name).unwrap()];
    let expected = [
        ("slot", "2026-11-20T23:15:00Z"),
        ("slot_local", "2026-11-21 08:15:00"),
        ("generation", "7"),
        ("product", "p-1"),
        ("item", "i-1"),
        ("name", NAME),
        ("url", "https://shop.example:8080/p?x=1"),
        ("source", "shop.example:8080"),
        ("pack_quantity", "0.5"),
        ("pack_unit", "kg"),
        ("shipping", "3000"),
        ("free_from", "30000"),
        ("outcome", "price"),
        ("amount", "19.990000000000000001"),
        ("currency", "USD"),
        ("availability", "InStock"),
        ("list_amount", "25"),
        ("reason", ""),
        ("void", "오타"),
        ("imported", "false"),
    ];
    for (name, value) in expected {
        assert_eq!(cell(name), value, "{name}");
    }
    let wanted = ["amount", "reason", "fetched", "fetched_local", "name"];
    let mut reader = Reader::new(bytes.as_slice(), wanted).unwrap();
    reader.next_row().unwrap();
    assert_eq!(
        reader.next_row().unwrap(),
        Some([
            "",
            "timeout",
            "2026-11-21T01:15:02Z",
            "2026-11-21 10:15:02",
            "p-2"
        ])
    );
    assert_eq!(reader.next_row().unwrap(), None);
}

#[test]
fn a_file_that_is_cut_off_is_no_shorter_history() {
    let run: RunId = "daily@2026-11-20T23:15:00Z".parse().unwrap();
    let rows: Vec<Row> = (0..500).map(|n| row(&run, &n.to_string(), 1)).collect();
    let bytes = file(&rows);
    for kept in [0, 5, 30, bytes.len() / 2, bytes.len() - 1] {
        let read = Reader::new(&bytes[..kept], ["amount"]).and_then(|mut reader| {
            while reader.next_row()?.is_some() {}
            Ok(())
        });
        assert!(read.is_err(), "{kept}");
    }
    assert!(matches!(
        Reader::new(bytes.as_slice(), ["price"]),
        Err(Unreadable::MissingColumn("price"))
    ));
}

/// `DuckDB` finds the partitions in the keys, and takes the highest generation of each run.
const QUERY: &str = "
import duckdb, sys
print(duckdb.sql(f'''
  SELECT schedule, date::varchar, product, amount, slot_local::varchar
  FROM read_csv('{sys.argv[1]}/archive/**/*.csv.gz', hive_partitioning = true,
                types = {{'amount': 'DECIMAL(28, 6)'}})
  WHERE date >= DATE '2026-11-21' AND outcome = 'price'
  QUALIFY generation = max(generation) OVER (PARTITION BY schedule, slot)
  ORDER BY ALL''').fetchall())";

#[test]
fn duckdb_reads_the_archive_by_its_partitions() {
    let has_duckdb = Command::new("python3")
        .args(["-c", "import duckdb"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_duckdb {
        let needed = "python3 with duckdb is not installed (tests/python/requirements.txt)";
        assert!(std::env::var_os("CI").is_none(), "{needed}");
        writeln!(std::io::stderr(), "skipped: {needed}").unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (run, generation, amount) in [
        ("daily@2026-11-19T23:15:00Z", 1, "1"),
        ("daily@2026-11-20T23:15:00Z", 1, "12.5"),
        ("daily@2026-11-20T23:15:00Z", 2, "12.345678"),
        ("hourly@2026-11-21T03:00:00Z", 10, "7"),
    ] {
        let run: RunId = run.parse().unwrap();
        let key = Key::of(&run, generation, &seoul()).to_string();
        let path = folder.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let rows = [row(&run, amount, generation), failure(&run, generation)];
        fs::write(path, file(&rows)).unwrap();
    }
    let answer = Command::new("python3")
        .args(["-c", QUERY])
        .arg(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&answer.stderr);
    assert_eq!(
        String::from_utf8_lossy(&answer.stdout).trim(),
        "[('daily', '2026-11-21', 'p-1', Decimal('12.345678'), '2026-11-21 08:15:00'), \
         ('hourly', '2026-11-21', 'p-1', Decimal('7.000000'), '2026-11-21 12:00:00')]",
        "{told}"
    );
}
