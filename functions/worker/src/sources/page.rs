//! A product page for people.

use extract::Hints;
use fetch::Page;
use jiff::Timestamp;
use model::{Failure, Offer, Product, Variant};

/// Reads the offer that a page shows.
pub(super) fn reader<'a>(
    product: &'a Product,
    selector: Option<&'a str>,
    variant: Option<&'a Variant>,
) -> impl FnOnce(&Page) -> Result<Offer, Failure> + 'a {
    move |page| {
        let hints = Hints {
            currency: product.currency,
            locale: product.locale.as_deref(),
            selector,
            variant,
            base_url: Some(&page.url),
            at: Some(Timestamp::now()),
        };
        extract::from_html(&page.body, page.content_type.as_deref(), &hints)
    }
}
