//! An upload beside the prices that are stored of its products.
//!
//! Where the stored prices come from is the caller's business: [`Summary::product_ids`] says what
//! to look up, and [`Summary::compare`] takes what was found.

use hashbrown::{HashMap, HashSet};
use iso_currency::Currency;
use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::Summary;
use crate::figures::finish::percent;
use crate::figures::summary::{Moment, ProductSummary, Text};
use crate::figures::warnings;

/// The newest stored price of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPrice {
    /// The price.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// When it was fetched, on the clock of the report's readers.
    pub at: DateTime,
}

/// What is stored of an upload's products.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The followed products by their id, each with its newest price, if it has one.
    pub followed: HashMap<String, Option<StoredPrice>>,
    /// How many ids were looked up.
    pub looked_up: u64,
    /// How many ids were not looked up because there were too many.
    pub left_out: u64,
}

/// An upload compared with what is stored of its products.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistorySummary {
    /// How many product ids were looked up.
    pub looked_up: u64,
    /// How many were not, because there were too many.
    pub left_out: u64,
    /// How many of those looked up are followed.
    pub followed: u64,
    /// Every followed product of the upload, in the order of [`Summary::products`].
    pub products: Vec<Comparison>,
}

/// A product's last price in the upload beside its last stored price.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The id under which it is followed.
    pub id: Text,
    /// Its name in the upload.
    pub product: Text,
    /// The currency in the upload; none when the upload names none.
    pub currency: Option<Currency>,
    /// The last price in the upload.
    pub last: Decimal,
    /// Its date.
    pub last_date: Option<Moment>,
    /// The last stored price.
    pub stored: Option<Decimal>,
    /// Its currency.
    pub stored_currency: Option<Currency>,
    /// When it was fetched: `2026-11-21T10:15:00`.
    pub stored_at: Option<DateTime>,
    /// The upload's price minus the stored one, in one currency.
    pub difference: Option<Decimal>,
    /// The difference in percent of the stored price, to four places; none from zero.
    pub difference_percent: Option<Decimal>,
}

impl ProductSummary {
    /// The id under which the product may be followed: its code, or without one its name.
    fn id(&self) -> &Text {
        if self.sku.is_empty() {
            &self.product
        } else {
            &self.sku
        }
    }
}

impl Summary {
    /// The ids under which the upload's products may be followed, each once, in the order of
    /// [`Summary::products`].
    pub fn product_ids(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        self.products.ids().filter(|id| seen.insert(*id)).collect()
    }

    /// Compares the upload with what is stored of its products. Prices in different currencies
    /// are shown side by side and not compared.
    pub fn compare(&mut self, history: &History) {
        let products = self.products.iter();
        let products = products.filter_map(|product| {
            let stored = history.followed.get(&**product.id())?;
            Some(compared(&product, *stored))
        });
        self.history = Some(HistorySummary {
            looked_up: history.looked_up,
            left_out: history.left_out,
            followed: history.followed.len() as u64,
            products: products.collect(),
        });
        self.warnings.extend(warnings::of_history(
            self.language,
            history.looked_up,
            history.left_out,
        ));
    }
}

fn compared(product: &ProductSummary, stored: Option<StoredPrice>) -> Comparison {
    let same_currency = stored.filter(|stored| Some(stored.currency) == product.currency);
    let difference = same_currency.and_then(|stored| product.last.checked_sub(stored.amount));
    Comparison {
        id: product.id().clone(),
        product: product.product.clone(),
        currency: product.currency,
        last: product.last,
        last_date: product.last_date,
        stored: stored.map(|stored| stored.amount),
        stored_currency: stored.map(|stored| stored.currency),
        stored_at: stored.map(|stored| stored.at),
        difference,
        difference_percent: difference
            .zip(same_currency)
            .and_then(|(difference, stored)| percent(difference, stored.amount)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{ReportOptions, summarize};

    const CSV: &str = "date,sku,product,price,currency\n\
        2026-11-01,a-1,One,1000,KRW\n\
        2026-11-20,a-1,One,1100,KRW\n\
        2026-11-20,a-2,Two,20.00,USD\n\
        2026-11-20,a-3,Three,5,\n\
        2026-11-20,,Four,7,KRW\n\
        2026-11-20,a-1,One,9.99,USD\n";

    fn summary() -> Summary {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(CSV.as_bytes()).unwrap();
        summarize(file.path(), &ReportOptions::default(), &mut |_| {}).unwrap()
    }

    fn stored(amount: Decimal, currency: Currency) -> StoredPrice {
        StoredPrice {
            amount,
            currency,
            at: jiff::civil::datetime(2026, 11, 21, 10, 15, 0, 0),
        }
    }

    #[test]
    fn a_product_is_looked_up_by_its_code_or_else_its_name() {
        let mut ids = summary()
            .product_ids()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        ids.sort();
        assert_eq!(ids, ["Four", "a-1", "a-2", "a-3"]);
    }

    #[test]
    fn prices_are_compared_in_one_currency_only() {
        let mut summary = summary();
        let followed = [
            ("a-1", Some(stored(Decimal::from(1_000), Currency::KRW))),
            ("a-2", Some(stored(Decimal::from(25), Currency::USD))),
            ("a-3", Some(stored(Decimal::from(5), Currency::KRW))),
            ("Four", None),
        ];
        summary.compare(&History {
            followed: followed.map(|(id, price)| (id.to_owned(), price)).into(),
            looked_up: 4,
            left_out: 0,
        });
        assert!(summary.warnings.iter().all(|one| one.code != "history_cut"));
        let history = summary.history.unwrap();
        assert_eq!((history.followed, history.looked_up), (4, 4));
        let mut seen: Vec<_> = history
            .products
            .iter()
            .map(|one| {
                let figure = |figure: Option<Decimal>| figure.map(|figure| figure.to_string());
                (
                    &*one.id,
                    one.currency.map(|currency| currency.code()),
                    figure(one.difference),
                    figure(one.difference_percent),
                )
            })
            .collect();
        seen.sort();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            seen,
            [
                ("Four", Some("KRW"), None, None),
                ("a-1", Some("KRW"), some("100"), some("10")),
                ("a-1", Some("USD"), None, None),
                ("a-2", Some("USD"), some("-5"), some("-20")),
                ("a-3", None, None, None),
            ]
        );
    }

    #[test]
    fn a_history_that_was_cut_is_said() {
        let mut summary = summary();
        summary.compare(&History {
            looked_up: 2,
            left_out: 2,
            ..History::default()
        });
        let warning = summary
            .warnings
            .iter()
            .find(|one| one.code == "history_cut");
        assert_eq!(
            warning.unwrap().text,
            "Only 2 of 4 products were compared with the stored prices."
        );
    }

    #[test]
    fn prices_too_large_to_compare_are_not_compared() {
        let mut summary = summary();
        let huge = stored(Decimal::MIN, Currency::KRW);
        summary.compare(&History {
            followed: [("a-1".to_owned(), Some(huge))].into(),
            looked_up: 1,
            left_out: 0,
        });
        let history = summary.history.unwrap();
        assert!(history.products.iter().all(|one| one.difference.is_none()));
    }
}
