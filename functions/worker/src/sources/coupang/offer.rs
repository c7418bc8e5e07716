//! One product's offer in a list.

use model::{CoupangList, Currency, Decimal, Failure, FailureReason, Money, Offer};

use super::answer::{Item, List};

/// What is offered for a product in the answer to the request for a list. The API's prices are
/// in won; availability it does not tell.
pub(crate) fn offer(answer: &List, list: &CoupangList, product_id: u64) -> Result<Offer, Failure> {
    let found: Vec<&Item> = answer
        .0
        .iter()
        .filter(|item| item.id == product_id)
        .collect();
    let Some(first) = found.first() else {
        let detail = format!(
            "product {product_id} is not among the {} products of {}",
            answer.0.len(),
            of(list)
        );
        return Err(Failure::new(FailureReason::NotListed, detail));
    };
    // Options of a product have its number too.
    let readable: Vec<(&Item, Decimal)> = found
        .iter()
        .filter_map(|item| Some((*item, price(item).ok()?)))
        .collect();
    let Some(&(item, amount)) = readable.first() else {
        return Err(price(first).expect_err("no price of this product is readable"));
    };
    if readable.iter().any(|(_, other)| *other != amount) {
        let mut prices: Vec<Decimal> = readable.iter().map(|(_, price)| *price).collect();
        prices.sort_unstable();
        prices.dedup();
        let prices: Vec<String> = prices.iter().map(Decimal::to_string).collect();
        let detail = format!(
            "product {product_id} is listed at {} KRW",
            prices.join(", ")
        );
        return Err(Failure::new(FailureReason::Ambiguous, detail));
    }
    Ok(Offer {
        price: Money::new(amount, Currency::KRW),
        availability: None,
        name: item.name.clone(),
        found_in: format!("coupang {} rank {}", kind(list), item.rank),
        list_price: None,
        remark: None,
    })
}

/// A listed product's price: above zero, and exact.
fn price(item: &Item) -> Result<Decimal, Failure> {
    let Some(digits) = &item.price else {
        let detail = format!("product {} is listed without a price", item.id);
        return Err(Failure::new(FailureReason::NoPrice, detail));
    };
    let amount = extract::decimal(digits).filter(|amount| *amount > Decimal::ZERO);
    amount.map(|amount| amount.normalize()).ok_or_else(|| {
        let detail = format!(
            "product {} is listed at {digits}, which is no price",
            item.id
        );
        Failure::new(FailureReason::UnreadablePrice, detail)
    })
}

fn kind(list: &CoupangList) -> &'static str {
    match list {
        CoupangList::Search(_) => "search",
        CoupangList::BestCategory(_) => "best category",
        CoupangList::GoldBox => "gold box",
    }
}

/// A list in a sentence.
fn of(list: &CoupangList) -> String {
    match list {
        CoupangList::Search(keyword) => format!("the search for {keyword:?}"),
        CoupangList::BestCategory(id) => format!("the best of category {id}"),
        CoupangList::GoldBox => "the gold box".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sources::coupang::answer::read;

    fn listed(products: &str) -> List {
        let body = format!(r#"{{"rCode":"0","data":[{products}]}}"#);
        read(body.as_bytes(), Timestamp::UNIX_EPOCH).unwrap()
    }

    fn one(price: &str) -> Result<Offer, Failure> {
        let item = format!(r#"{{"productId":7,"productPrice":{price},"productName":"이어폰"}}"#);
        offer(&listed(&item), &CoupangList::GoldBox, 7)
    }

    #[test]
    fn an_offer_is_in_won_and_says_where_it_stood() {
        let list = listed(
            r#"{"productId":1,"productPrice":5,"rank":1},
               {"productId":7,"productPrice":12900,"productName":"이어폰","rank":3}"#,
        );
        for (of, found_in) in [
            (CoupangList::Search("x".to_owned()), "coupang search rank 3"),
            (
                CoupangList::BestCategory(1016),
                "coupang best category rank 3",
            ),
            (CoupangList::GoldBox, "coupang gold box rank 3"),
        ] {
            let offer = offer(&list, &of, 7).unwrap();
            assert_eq!(offer.price.to_string(), "12900 KRW");
            assert_eq!(offer.name.as_deref(), Some("이어폰"));
            assert_eq!(
                (offer.availability, offer.found_in.as_str()),
                (None, found_in)
            );
        }
    }

    #[test]
    fn a_price_is_exact_in_every_spelling_of_a_number() {
        for (token, amount) in [
            ("12900", "12900"),
            ("12900.0", "12900"),
            ("1.29e4", "12900"),
            ("1.29E+4", "12900"),
            ("129000e-1", "12900"),
            ("9007199254740993", "9007199254740993"),
            ("12345678901234567890.12", "12345678901234567890.12"),
        ] {
            assert_eq!(
                one(token).unwrap().price.amount.to_string(),
                amount,
                "{token}"
            );
        }
    }

    #[test]
    fn what_is_no_price_is_no_offer() {
        let zeros = format!("1{}", "0".repeat(200));
        let small = format!("1.{}1e5", "0".repeat(200));
        for (token, reason) in [
            ("null", FailureReason::NoPrice),
            ("0", FailureReason::UnreadablePrice),
            ("0.00", FailureReason::UnreadablePrice),
            ("-12900", FailureReason::UnreadablePrice),
            ("1e400", FailureReason::UnreadablePrice),
            (&zeros, FailureReason::UnreadablePrice),
            (&small, FailureReason::UnreadablePrice),
            ("\"12,900원\"", FailureReason::UnreadablePrice),
            ("true", FailureReason::UnreadablePrice),
            ("[12900]", FailureReason::UnreadablePrice),
        ] {
            assert_eq!(one(token).unwrap_err().reason, reason, "{token}");
        }
    }

    #[test]
    fn a_product_that_is_not_in_the_list_is_not_listed() {
        let list = CoupangList::Search("무선 이어폰".to_owned());
        let failure = offer(&listed(r#"{"productId":1,"productPrice":5}"#), &list, 7).unwrap_err();
        assert_eq!(failure.reason, FailureReason::NotListed);
        assert_eq!(
            failure.detail,
            "product 7 is not among the 1 products of the search for \"무선 이어폰\""
        );
    }

    #[test]
    fn options_of_a_product_count_together() {
        let two = |first: &str, second: &str| {
            let list = listed(&format!(
                r#"{{"productId":7,"productPrice":{first}}},{{"productId":7,"productPrice":{second}}}"#
            ));
            offer(&list, &CoupangList::GoldBox, 7)
        };
        let offer = two("null", "5").unwrap();
        assert_eq!(
            (offer.price.amount, offer.found_in.as_str()),
            (5.into(), "coupang gold box rank 2")
        );
        assert_eq!(two("5", "5.0").unwrap().price.amount, 5.into());
        let failure = two("9", "5").unwrap_err();
        assert_eq!(failure.reason, FailureReason::Ambiguous);
        assert_eq!(failure.detail, "product 7 is listed at 5, 9 KRW");
        assert_eq!(two("null", "0").unwrap_err().reason, FailureReason::NoPrice);
    }
}
