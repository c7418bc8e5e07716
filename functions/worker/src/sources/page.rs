//! A product page for people.

use extract::Hints;
use fetch::Page;
use jiff::Timestamp;
use model::{Failure, Offer, PriceKind, Product, RangePrice, Variant};

/// Which of a page's prices an owner wants.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) selector: Option<&'a str>,
    pub(super) variant: Option<&'a Variant>,
    pub(super) range: Option<RangePrice>,
    pub(super) price_kind: Option<PriceKind>,
}

/// Reads the offer that a page shows.
pub(super) fn reader<'a>(
    product: &'a Product,
    wanted: Wanted<'a>,
) -> impl FnOnce(&Page) -> Result<Offer, Failure> + 'a {
    move |page| {
        let hints = Hints {
            currency: product.currency,
            locale: product.locale.as_deref(),
            selector: wanted.selector,
            variant: wanted.variant,
            range: wanted.range,
            price_kind: wanted.price_kind,
            base_url: Some(&page.url),
            at: Some(Timestamp::now()),
        };
        extract::from_html(&page.body, page.content_type.as_deref(), &hints)
    }
}
