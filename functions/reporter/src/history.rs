//! The stored prices of an upload's products.

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use lambda::config;
use model::ProductId;
use store::{LastPrice, Products};
use tracing::info;
use workbook::{History, StoredPrice, Summary};

/// How many products of an upload are looked up.
const MOST: usize = 10_000;

/// Looks stored prices up.
#[derive(Debug, Clone)]
pub(crate) struct StoredPrices {
    products: Products,
    timezone: TimeZone,
}

impl StoredPrices {
    /// Reads the environment.
    pub(crate) fn from_env(products: Products) -> Result<Self> {
        let timezone = schedule::time_zone(&config::required("TIMEZONE")?)
            .context("the environment variable TIMEZONE")?;
        Ok(Self { products, timezone })
    }

    /// Compares an upload with what is stored of its products. Texts that are no product's id
    /// are passed over.
    pub(crate) async fn compare(&self, summary: &mut Summary) -> Result<()> {
        let ids = summary.product_ids().into_iter();
        let mut ids: Vec<ProductId> = ids.filter_map(|id| ProductId::new(id).ok()).collect();
        let left_out = ids.len().saturating_sub(MOST);
        ids.truncate(MOST);
        let stored = self.products.several(&ids).await?;
        info!(looked_up = ids.len(), followed = stored.len(), "compared");
        let followed = stored.into_iter().map(|(id, product)| {
            let price = product.last.map(|last| self.price(&last));
            (id.to_string(), price)
        });
        summary.compare(&History {
            followed: followed.collect(),
            looked_up: ids.len() as u64,
            left_out: left_out as u64,
        });
        Ok(())
    }

    fn price(&self, last: &LastPrice) -> StoredPrice {
        let at = last.slot.instant().to_zoned(self.timezone.clone());
        StoredPrice {
            amount: last.price.amount,
            currency: last.price.currency,
            at: at.datetime(),
        }
    }
}
