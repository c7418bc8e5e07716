//! From a product's source to its offer: a page, a JSON endpoint, or a list of Coupang.

mod coupang;
mod json;
mod page;
mod request;

use fetch::Fetcher;
use model::{Product, Source};

use crate::batch::Task;
use crate::verdict::{NoOffer, Reading};

pub(crate) use coupang::Coupang;
pub(crate) use request::HeaderSecrets;

/// Where offers are read.
#[derive(Debug)]
pub(crate) struct Offers {
    pub(crate) fetcher: Fetcher,
    pub(crate) secrets: HeaderSecrets,
    pub(crate) coupang: Coupang,
}

impl Offers {
    /// Asks the source of a task's product for its offer.
    pub(crate) async fn ask(&self, task: &Task, product: &Product) -> Result<Reading, NoOffer> {
        match &product.source {
            Source::Html {
                url,
                selector,
                variant,
                range,
                price_kind,
                secret_headers,
            } => {
                let wanted = page::Wanted {
                    selector: selector.as_deref(),
                    variant: variant.as_ref(),
                    range: *range,
                    price_kind: *price_kind,
                };
                let read = page::reader(product, wanted);
                let headers = self.secrets.headers(secret_headers).await?;
                request::read(&self.fetcher, task, product, url, headers, read).await
            }
            Source::Json {
                url,
                paths,
                secret_headers,
            } => {
                let read = json::reader(product, paths)?;
                let headers = self.secrets.headers(secret_headers).await?;
                request::read(&self.fetcher, task, product, url, headers, read).await
            }
            Source::Coupang { product_id, list } => {
                self.coupang.offer(task, *product_id, list).await
            }
        }
    }
}
