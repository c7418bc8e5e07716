//! The workbook of a run: its prices, and what failed.

use std::path::Path;

use anyhow::Result;
use jiff::tz::TimeZone;
use model::{Decimal, Failure, Money, Observation, Offer, Outcome, ProductId, RunId};
use pricing::Language;
use workbook::write::{Book, Cell, ChangeColors, Table};

use crate::jobs::EndedJob;

/// The headings of the prices, in English and Korean.
const PRICES: [(&str, &str); 15] = [
    ("Product", "상품 ID"),
    ("Name", "상품명"),
    ("Category", "분류"),
    ("Vendor", "판매처"),
    ("Price", "가격"),
    ("Currency", "통화"),
    ("Before", "이전 가격"),
    ("Change", "변동"),
    ("Change %", "변동률"),
    ("List price", "정가"),
    ("Availability", "재고"),
    ("Fetched at", "확인 시각"),
    ("Found in", "읽은 곳"),
    ("Remark", "비고"),
    ("Link", "주소"),
];

/// The headings of the failures.
const FAILURES: [(&str, &str); 7] = [
    ("Product", "상품 ID"),
    ("Name", "상품명"),
    ("Category", "분류"),
    ("Vendor", "판매처"),
    ("Reason", "사유"),
    ("What it means", "뜻"),
    ("Detail", "자세히"),
];

/// A workbook that is being written: a sheet *Prices* with a row a price, and, when something
/// failed, a sheet *Failures* with a row a failure or missing outcome. Rows go to the disk as they
/// come, in their order, so that the same outcomes give the same rows.
pub(crate) struct DailyWorkbook {
    book: Book,
    prices: Table,
    failures: Option<Table>,
    timezone: TimeZone,
    language: Language,
}

impl DailyWorkbook {
    /// The workbook of a run, without rows.
    pub(crate) fn new(run: &RunId, timezone: &TimeZone, language: Language) -> Result<Self> {
        let local = run.slot.instant().to_zoned(timezone.clone());
        let at = local.strftime("%Y-%m-%d %H:%M");
        let (title, colors) = match language {
            Language::English => (format!("Prices of {at}"), ChangeColors::GreenUp),
            Language::Korean => (format!("{at} 가격"), ChangeColors::RedUp),
        };
        let mut book = Book::new(&title, colors);
        let name = said(("Prices", "가격"), language);
        let prices = book.table(name, &PRICES.map(|heading| said(heading, language)))?;
        Ok(Self {
            book,
            prices,
            failures: None,
            timezone: timezone.clone(),
            language,
        })
    }

    /// Appends a job.
    pub(crate) fn row(&mut self, job: &EndedJob) -> Result<()> {
        match &job.outcome {
            None => self.missing(&job.product),
            Some(seen) => match &seen.outcome {
                Outcome::Price(offer) => self.price(job, seen, offer),
                Outcome::Failure(failure) => self.failure(seen, failure),
            },
        }
    }

    /// Writes the file.
    pub(crate) fn save(mut self, to: &Path) -> Result<()> {
        self.book.end(self.prices)?;
        if let Some(failures) = self.failures {
            self.book.end(failures)?;
        }
        Ok(self.book.save(to)?)
    }

    fn price(&mut self, job: &EndedJob, seen: &Observation, offer: &Offer) -> Result<()> {
        let fetched_at = seen.fetched_at.to_zoned(self.timezone.clone()).datetime();
        let [product, name, category, vendor] = identity(&seen.product, seen);
        let amount = |money: Money| Cell::Amount(money.amount, Some(money.currency));
        let price = offer.price;
        // What cannot be compared has no change: another currency, a price that does not count.
        let before = seen.previous.map(|previous| previous.price);
        let comparable = before
            .filter(|before| before.currency == price.currency)
            .filter(|_| seen.unconfirmed.is_none());
        let change = comparable.map(|before| price.amount - before.amount);
        let percent = change.zip(comparable).and_then(|(change, before)| {
            let part = change.checked_div(before.amount)?;
            part.checked_mul(Decimal::ONE_HUNDRED)
        });
        let remark = match (seen.unconfirmed, &offer.remark) {
            (Some(_), _) => Some(said(("not confirmed", "확인되지 않음"), self.language)),
            (None, remark) => remark.as_deref(),
        };
        let url = job.definition.as_ref().and_then(|known| known.source.url());
        let row = [
            product,
            name,
            category,
            vendor,
            amount(price),
            Cell::Text(price.currency.code()),
            before.map_or(Cell::Empty, amount),
            change.map_or(Cell::Empty, |change| {
                Cell::Amount(change, Some(price.currency))
            }),
            percent.map_or(Cell::Empty, Cell::Percent),
            offer.list_price.map_or(Cell::Empty, amount),
            text(offer.availability.map(model::Availability::name)),
            Cell::DateTime(fetched_at),
            Cell::Text(&offer.found_in),
            text(remark),
            text(url),
        ];
        Ok(self.book.row(&mut self.prices, &row)?)
    }

    fn failure(&mut self, seen: &Observation, failure: &Failure) -> Result<()> {
        let Failure { reason, detail } = failure;
        let [product, name, category, vendor] = identity(&seen.product, seen);
        self.failed(&[
            product,
            name,
            category,
            vendor,
            Cell::Text(reason.name()),
            Cell::Text(reason.sentence()),
            Cell::Text(detail),
        ])
    }

    fn missing(&mut self, product: &ProductId) -> Result<()> {
        self.failed(&[
            Cell::Text(product.as_str()),
            Cell::Empty,
            Cell::Empty,
            Cell::Empty,
            Cell::Text("missing"),
            Cell::Text("The run was closed before this job had an outcome."),
            Cell::Empty,
        ])
    }

    fn failed(&mut self, row: &[Cell<'_>]) -> Result<()> {
        if self.failures.is_none() {
            let name = said(("Failures", "실패"), self.language);
            let headings = FAILURES.map(|heading| said(heading, self.language));
            self.failures = Some(self.book.table(name, &headings)?);
        }
        if let Some(failures) = &mut self.failures {
            self.book.row(failures, row)?;
        }
        Ok(())
    }
}

fn said((english, korean): (&'static str, &'static str), language: Language) -> &'static str {
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

fn identity<'a>(product: &'a ProductId, seen: &'a Observation) -> [Cell<'a>; 4] {
    [
        Cell::Text(product.as_str()),
        Cell::Text(&seen.name),
        text(seen.category.as_deref()),
        text(seen.vendor.as_deref()),
    ]
}

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Empty, Cell::Text)
}
