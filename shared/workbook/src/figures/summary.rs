//! Everything that is in a report, as data for another program.

use std::fmt;
use std::num::NonZeroI64;
use std::ops::Deref;
use std::sync::Arc;

use iso_currency::Currency;
use jiff::civil::{DateTime, Time};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::figures::products::Products;
use crate::header::headings::Role;
use crate::values::date::Seconds;
use crate::values::strings::Arena;
use crate::values::texts::TextId;
use crate::{Explanation, Format, HistorySummary, Language, Rejection, TotalRow};

/// A report: what was read, every aggregate, every rejected row. Amounts are exact decimals
/// and become strings in JSON; dates are `2026-11-21`, or with a time of day
/// `2026-11-21T10:15:00`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The upload's name.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// The report's language, never [`Language::Auto`].
    pub language: Language,
    /// Rows with content below a header: used, rejected, totals and repeated headings.
    pub rows_read: u64,
    /// Rows that are in the figures.
    pub rows_used: u64,
    /// Rows that could not be read.
    pub rows_rejected: u64,
    /// Rows that add up others ("합계", "Total"); they are left out and not rejected.
    pub rows_totals: u64,
    /// Headings that are repeated among the rows; left out as well.
    pub rows_repeated_headings: u64,
    /// The first date.
    pub first_date: Option<String>,
    /// The last date.
    pub last_date: Option<String>,
    /// Every sheet of the workbook.
    pub sheets: Vec<SheetSummary>,
    /// What each currency holds; amounts of several are never added up.
    pub currencies: Vec<CurrencySummary>,
    /// Every product, by name.
    pub products: Products,
    /// Every category in every month.
    pub categories: Vec<CategoryMonth>,
    /// Every vendor.
    pub vendors: Vec<VendorSummary>,
    /// The products that moved most.
    pub movers: Movers,
    /// The course of the prices of those that moved most, for small charts.
    #[serde(skip)]
    pub(crate) courses: Courses,
    /// The upload beside the stored prices of its products; none when they were not looked up.
    pub history: Option<HistorySummary>,
    /// How many rows were rejected for which reason.
    pub rejected_by_reason: Vec<ReasonCount>,
    /// The rejected rows, as many as the limits allow to list.
    pub rejected: Vec<Rejection>,
    /// The rows that add up others, as many as the limits allow to list; of tables that were
    /// turned, they are only counted.
    pub totals: Vec<TotalRow>,
    /// What a reader of the figures should know.
    pub warnings: Vec<Warning>,
}

/// What was made of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetSummary {
    /// The sheet's name.
    pub name: String,
    /// Whether its rows are in the report.
    pub used: bool,
    /// The row of the headings (the lower one of two), from 1.
    pub header_row: Option<u32>,
    /// The columns that were recognised.
    pub columns: Vec<ColumnSummary>,
    /// Rows with content below the header.
    pub rows_read: u64,
    /// Rows that are in the figures.
    pub rows_used: u64,
    /// Rows that could not be read.
    pub rows_rejected: u64,
    /// How it was understood; none for a sheet that is not used.
    pub explanation: Option<Explanation>,
}

/// A recognised column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnSummary {
    /// Its letters: `B`.
    pub column: String,
    /// Its heading.
    pub heading: String,
    /// What it holds.
    pub role: Role,
}

/// All prices in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrencySummary {
    /// The currency; none when the upload names none.
    pub currency: Option<Currency>,
    /// Prices.
    pub count: u64,
    /// Different products.
    pub products: u64,
    /// Sum of the prices.
    pub sum: Decimal,
    /// Lowest price.
    pub minimum: Decimal,
    /// Highest price.
    pub maximum: Decimal,
    /// Mean price, to six places or as many as the prices have.
    pub mean: Decimal,
    /// What the prices did: from the first month to the last one (see [`Self::months`]), or in an
    /// upload of a single month the geometric mean of what each offer's price did from its first
    /// day to its last. In percent, to two places; none where nothing can be compared.
    pub change_percent: Option<Decimal>,
    /// Offers (a product at a vendor) that were compared for that.
    pub matched: u64,
    /// The index of all products, month by month.
    pub months: Vec<IndexMonth>,
}

/// A month of a matched-model price index: the geometric mean of what the prices of all offers
/// did that are there in this month and in the one before it, chained. An offer that joins or
/// leaves moves nothing; the price of an offer in a month is its mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexMonth {
    /// The month: `2026-11`.
    pub month: String,
    /// Offers with a price in this month and in the one before.
    pub matched: u64,
    /// In percent of the first month, to two places; none from a month on that has no offer in
    /// common with the one before.
    pub index: Option<Decimal>,
}

/// A product in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProductSummary {
    /// The name; of a product that is only known by its code, the code.
    pub product: Text,
    /// The code, or empty.
    pub sku: Text,
    /// The category, or empty.
    pub category: Text,
    /// The currency; none when the upload names none.
    pub currency: Option<Currency>,
    /// Prices.
    pub count: u64,
    /// The price at the first date (the first row of that date).
    pub first: Decimal,
    /// The first date.
    pub first_date: Option<Moment>,
    /// The price at the last date (the last row of that date).
    pub last: Decimal,
    /// The last date.
    pub last_date: Option<Moment>,
    /// The lowest price.
    pub minimum: Decimal,
    /// When it was first seen.
    pub minimum_date: Option<Moment>,
    /// The highest price.
    pub maximum: Decimal,
    /// When it was first seen.
    pub maximum_date: Option<Moment>,
    /// The mean, to six places or as many as the prices have.
    pub mean: Decimal,
    /// The median, exactly.
    pub median: Decimal,
    /// The sample standard deviation to six places; none for a single price.
    pub deviation: Option<Decimal>,
    /// The offer whose first and last price are compared: of several vendors the one at which the
    /// price moved most.
    pub compared: OfferSummary,
    /// Last minus first price of that offer.
    pub change: Decimal,
    /// The change in percent of the first price, to four places; none from zero.
    pub change_percent: Option<Decimal>,
    /// Whether it came or went within the upload's period.
    pub presence: Presence,
    /// Of a product with several vendors, what it costs at each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<OfferPrice>,
}

/// What a product's price did at a vendor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfferSummary {
    /// The vendor, or empty.
    pub vendor: Text,
    /// The median price of the first day.
    pub first: Decimal,
    /// The first day.
    pub first_date: Option<Moment>,
    /// The median price of the last day.
    pub last: Decimal,
    /// The last day.
    pub last_date: Option<Moment>,
}

/// What a product costs at a vendor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfferPrice {
    /// The vendor.
    pub vendor: Text,
    /// The median price of the last day.
    pub price: Decimal,
    /// The last day.
    pub date: Option<Moment>,
    /// Whether it was still there in the 31 days before the product was last seen anywhere.
    pub is_current: bool,
}

/// Whether a product was there all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Seen in the first and the last month of the upload, or the upload has no two months.
    Steady,
    /// Not seen before the last month.
    New,
    /// Not seen in the last month.
    Gone,
    /// Came after the first month, but before the last.
    Later,
}

/// A category in a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryMonth {
    /// The category, or empty.
    pub category: Text,
    /// The month: `2026-11`; none in an upload without dates.
    pub month: Option<String>,
    /// The currency; none when the upload names none.
    pub currency: Option<Currency>,
    /// Prices.
    pub count: u64,
    /// Sum of the prices.
    pub sum: Decimal,
    /// Mean price, to six places or as many as the prices have.
    pub mean: Decimal,
    /// Lowest price.
    pub minimum: Decimal,
    /// Highest price.
    pub maximum: Decimal,
    /// Offers with a price in this month and in the category's month before.
    pub matched: u64,
    /// What their prices are in percent of those of the month before, to two places: the geometric
    /// mean.
    pub month_percent: Option<Decimal>,
    /// In percent of the category's first month, as in [`IndexMonth`].
    pub index: Option<Decimal>,
}

/// A vendor in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VendorSummary {
    /// The vendor.
    pub vendor: Text,
    /// The currency; none when the upload names none.
    pub currency: Option<Currency>,
    /// Prices.
    pub count: u64,
    /// Different products.
    pub products: u64,
    /// Sum of the prices.
    pub sum: Decimal,
    /// Mean price, to six places or as many as the prices have.
    pub mean: Decimal,
    /// Lowest price.
    pub minimum: Decimal,
    /// Highest price.
    pub maximum: Decimal,
    /// The first date.
    pub first_date: Option<Moment>,
    /// The last date.
    pub last_date: Option<Moment>,
    /// Of its products, those that another vendor has as well.
    pub compared: u64,
    /// Of those, the ones that nobody sells for less.
    pub lowest: u64,
    /// What it asks for them, in percent of the geometric mean over each product's vendors, to two
    /// places: 95 is 5 % below the others and itself.
    pub level_percent: Option<Decimal>,
    /// The geometric mean of what its offers' prices did from their first day to their last, in
    /// percent to two places.
    pub change_percent: Option<Decimal>,
}

/// The courses of some products' prices: of equally long stretches of time the median price, of
/// the offer that is compared.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Courses {
    /// The first days of the stretches.
    pub(crate) starts: Vec<Moment>,
    /// By the product's place among those with several prices.
    pub(crate) prices: hashbrown::HashMap<usize, Vec<Option<Decimal>>>,
}

/// The products that moved most, as positions in [`Summary::products`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Movers {
    /// Most risen first.
    pub up: Vec<usize>,
    /// Most fallen first.
    pub down: Vec<usize>,
}

/// How many rows were rejected for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// The reason.
    pub reason: crate::RejectReason,
    /// Rows.
    pub count: u64,
}

/// Something that a reader of the figures should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The stable name: `several_currencies`.
    pub code: &'static str,
    /// The sentence in the report's language.
    pub text: String,
}

/// A text of the upload. All of them are held together, so that the names of a million products
/// cost little more than their letters.
#[derive(Clone)]
pub struct Text {
    texts: Arc<Arena>,
    id: TextId,
}

impl Text {
    pub(crate) fn new(texts: &Arc<Arena>, id: TextId) -> Self {
        Self {
            texts: texts.clone(),
            id,
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.texts.get(self.id)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

pub(crate) fn shared_text<S: Serializer>(
    text: &Arc<str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// A date, or a date and a time of day, on the upload's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(
    /// The seconds since 1970 with the sign turned over, which makes none of them a zero: an
    /// optional moment is as small as a moment.
    NonZeroI64,
);

impl Moment {
    pub(crate) fn new(at: Seconds) -> Option<Self> {
        NonZeroI64::new(at ^ Seconds::MIN).map(Self)
    }

    /// The date and the time of day, midnight when there is none.
    pub fn civil(self) -> Option<DateTime> {
        crate::values::date::civil(self.0.get() ^ Seconds::MIN)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.civil().map(shown).serialize(serializer)
    }
}

/// `2026-11-21`, or with a time of day `2026-11-21T10:15:00`.
pub(crate) fn show_date(at: Seconds) -> Option<String> {
    crate::values::date::civil(at).map(shown)
}

fn shown(at: DateTime) -> String {
    if at.time() == Time::midnight() {
        at.date().to_string()
    } else {
        at.to_string()
    }
}
