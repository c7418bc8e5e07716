//! A history as an archive file has it, and a database filled with it.

use std::collections::BTreeMap;

use archive::{Row, Writer};
use jiff::tz::TimeZone;
use model::{Currency, Decimal, Money, Observation, Offer, Outcome, RunId};
use query::{About, Database, Format, Limits, Output, QueryError, Template};
use serde_json::Value;
use tempfile::TempDir;

/// The day that every test is on.
pub(crate) const TODAY: &str = "2028-03-01";

pub(crate) fn seoul() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

pub(crate) fn price(run: &str, product: &str, amount: &str, currency: Currency) -> Row {
    let run: RunId = run.parse().unwrap();
    let amount: Decimal = amount.parse().unwrap();
    let offer = Offer {
        price: Money::new(amount, currency),
        availability: None,
        name: None,
        found_in: "test".to_owned(),
        list_price: None,
        remark: None,
    };
    row(run, product, Outcome::Price(offer))
}

fn row(run: RunId, product: &str, outcome: Outcome) -> Row {
    let mut seen = Observation::new(run, product.parse().unwrap(), None, outcome);
    seen.fetched_at = seen.run.slot.instant();
    Row::new(seen, None, 1, &seoul())
}

/// A filled database and the folder it lies in.
pub(crate) struct Filled {
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Filled {
    pub(crate) fn with(rows: &[Row]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("query.sqlite");
        let mut database = Database::create(&path, seoul()).unwrap();
        // One file a run, in the order of the slots.
        let mut runs: BTreeMap<_, Writer<Vec<u8>>> = BTreeMap::new();
        for row in rows {
            let run = &row.observation.run;
            let key = (run.slot, run.schedule.to_string());
            let writer = runs
                .entry(key)
                .or_insert_with(|| Writer::new(Vec::new()).unwrap());
            writer.write(row).unwrap();
        }
        for ((_, schedule), writer) in runs {
            let file = writer.finish().unwrap();
            database.fill(&schedule, file.as_slice()).unwrap();
        }
        Self { database, folder }
    }

    /// The rows of an answer, as JSON has them.
    pub(crate) fn ask(
        &mut self,
        text: &str,
        given: &[(&str, &str)],
        limits: &Limits,
    ) -> Result<Vec<Vec<Value>>, QueryError> {
        let path = self.folder.path().join("answer.json");
        self.write(text, given, limits, Format::Json, &path)?;
        let answer: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        Ok(serde_json::from_value(answer["rows"].clone()).unwrap())
    }

    pub(crate) fn write(
        &mut self,
        text: &str,
        given: &[(&str, &str)],
        limits: &Limits,
        format: Format,
        path: &std::path::Path,
    ) -> Result<u64, QueryError> {
        let template = Template::parse(text)?;
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let today = TODAY.parse().unwrap();
        let slot = "2028-03-01T01:00:00Z".parse().unwrap();
        let question = template.resolve(&given, today, slot)?;
        let made = jiff::civil::date(2028, 3, 1).at(10, 0, 0, 0);
        let about = About::new("test", &template, &question, made, true);
        let mut output = Output::create(path, format, about)?;
        self.database
            .answer(&template, &question, limits, &mut output)?;
        output.finish()
    }
}

/// A statement under the shortest header.
pub(crate) fn titled(statement: &str) -> String {
    format!("-- title: Test\n{statement}")
}
