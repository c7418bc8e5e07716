//! What shops write for availability besides schema.org's own terms.

use model::Availability;

/// Reads a schema.org value in any spelling, or one of the words that product feeds and Korean
/// shops use.
pub(crate) fn read(text: &str) -> Option<Availability> {
    Availability::from_schema_org(text).or_else(|| {
        Some(match text.trim().to_lowercase().as_str() {
            "available" | "true" | "1" | "판매중" | "재고있음" | "재고 있음" | "구매가능"
            | "auf lager" | "en stock" | "在庫あり" => Availability::InStock,
            "oos" | "unavailable" | "not available" | "false" | "0" | "품절" | "일시품절"
            | "재고없음" | "재고 없음" | "在庫なし" => Availability::OutOfStock,
            "available for order" | "backordered" | "on backorder" => Availability::BackOrder,
            "pending" | "pre order" | "예약판매" => Availability::PreOrder,
            "판매종료" | "단종" => Availability::Discontinued,
            "limited" | "low stock" => Availability::LimitedAvailability,
            _ => return None,
        })
    })
}

/// How good an availability is for a buyer: the least is best. Among offers at one price the
/// best stands for all of them.
pub(crate) fn rank(availability: Option<Availability>) -> u8 {
    match availability {
        Some(Availability::InStock) => 0,
        Some(Availability::OnlineOnly | Availability::LimitedAvailability) => 1,
        Some(Availability::InStoreOnly | Availability::MadeToOrder) => 2,
        Some(Availability::PreOrder | Availability::PreSale | Availability::BackOrder) => 3,
        None => 4,
        Some(Availability::Reserved) => 5,
        Some(Availability::OutOfStock | Availability::SoldOut) => 6,
        Some(Availability::Discontinued) => 7,
    }
}

/// Whether an offer with this availability can be bought.
pub(crate) fn can_be_had(availability: Option<Availability>) -> bool {
    rank(availability) < 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_feeds_and_shops_are_read() {
        for (text, value) in [
            ("in stock", Availability::InStock),
            ("oos", Availability::OutOfStock),
            ("품절", Availability::OutOfStock),
            ("available for order", Availability::BackOrder),
            ("https://schema.org/SoldOut", Availability::SoldOut),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        assert_eq!(read("maybe"), None);
    }
}
