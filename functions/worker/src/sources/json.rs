//! A JSON endpoint.

use extract::{CompiledPaths, Hints};
use fetch::Page;
use model::{Failure, JsonPaths, Offer, Product};

/// Reads the offer that an endpoint tells.
pub(super) fn reader<'a>(
    product: &'a Product,
    paths: &JsonPaths,
) -> Result<impl FnOnce(&Page) -> Result<Offer, Failure> + 'a, Failure> {
    let paths = CompiledPaths::compile(paths)?;
    Ok(move |page: &Page| {
        let hints = Hints {
            currency: product.currency,
            locale: product.locale.as_deref(),
            base_url: Some(&page.url),
            at: None,
            ..Hints::default()
        };
        extract::from_json(&page.body, &paths, &hints)
    })
}
