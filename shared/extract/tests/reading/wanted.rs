//! What an owner says of a page that shows more than one plain price.

use extract::{Hints, from_html, inspect_html};
use model::{FailureReason, PriceKind, RangePrice};

/// One shirt in three sizes.
const SIZES: &str = r#"<title>Shirt</title><script type="application/ld+json">
    {"@type": "ProductGroup", "name": "Shirt", "hasVariant": [
      {"@type": "Product", "name": "Shirt S", "sku": "S", "offers": {"@type": "Offer", "price": "12.90", "priceCurrency": "EUR"}},
      {"@type": "Product", "name": "Shirt M", "sku": "M", "offers": {"@type": "Offer", "price": "10.00", "priceCurrency": "EUR"}},
      {"@type": "Product", "name": "Shirt L", "sku": "L", "offers": {"@type": "Offer", "price": "14.90", "priceCurrency": "EUR"}}]}
    </script>"#;
/// The same as a range, and the first size in meta tags.
const RANGE: &str = r#"<title>Shirt</title><script type="application/ld+json">
    {"@type": "Product", "name": "Shirt", "offers": {"@type": "AggregateOffer", "lowPrice": 10, "highPrice": 14.9, "priceCurrency": "EUR"}}
    </script>"#;

#[test]
fn the_lowest_of_the_variants_is_taken_only_when_it_is_asked_for() {
    for page in [SIZES, RANGE] {
        let refused = from_html(page.as_bytes(), None, &Hints::default());
        assert_eq!(refused.unwrap_err().reason, FailureReason::Ambiguous);
        let hints = Hints {
            range: Some(RangePrice::Lowest),
            ..Hints::default()
        };
        let offer = from_html(page.as_bytes(), None, &hints).unwrap();
        assert_eq!(offer.price.amount, "10".parse().unwrap());
        let remark = offer.remark.unwrap();
        assert!(
            remark.contains("lowest") && remark.contains("14.9"),
            "{remark}"
        );
    }
}

#[test]
fn two_prices_of_one_thing_are_no_range() {
    let page = r#"<title>Shirt</title><script type="application/ld+json">
        {"@type": "Product", "name": "Shirt", "offers": [
          {"@type": "Offer", "price": "12.90", "priceCurrency": "EUR"},
          {"@type": "Offer", "price": "10.00", "priceCurrency": "EUR"}]}</script>"#;
    let hints = Hints {
        range: Some(RangePrice::Lowest),
        ..Hints::default()
    };
    let refused = from_html(page.as_bytes(), None, &hints);
    assert_eq!(refused.unwrap_err().reason, FailureReason::Ambiguous);
}

#[test]
fn a_kind_of_price_counts_at_a_selector_only_when_the_product_names_it() {
    for (text, kind) in [
        ("와우회원가 12,900원", PriceKind::Member),
        ("Mitgliederpreis 12,90 €", PriceKind::Member),
        ("Gutscheinpreis: 12,90 €", PriceKind::Coupon),
        ("Prezzo consigliato 12,90 €", PriceKind::List),
    ] {
        let page = format!("<html><head></head><body><p id=p>{text}</p></body></html>");
        let read = |price_kind| {
            let hints = Hints {
                selector: Some("#p"),
                price_kind,
                ..Hints::default()
            };
            from_html(page.as_bytes(), None, &hints)
        };
        assert!(read(None).is_err(), "{text}");
        assert!(read(Some(PriceKind::Rent)).is_err(), "{text}");
        assert!(read(Some(kind)).is_ok(), "{text}: {:?}", read(Some(kind)));
    }
}

#[test]
fn an_inspection_says_which_product_is_the_pages_own_and_why() {
    let page = r#"<title>Kettle | Shop</title><script type="application/ld+json">
        [{"@type": "Product", "name": "Kettle", "offers": {"@type": "Offer", "price": "49", "priceCurrency": "EUR"}},
         {"@type": "Product", "name": "Cable", "offers": {"@type": "Offer", "price": "9", "priceCurrency": "EUR"}}]</script>"#;
    let inspection = inspect_html(page.as_bytes(), None, &Hints::default());
    let own = inspection.product.unwrap();
    assert_eq!(own.name.as_deref(), Some("Kettle"));
    assert_eq!(own.because, "the page is named after it");
}
