//! What shops write for availability besides schema.org's own terms.

use model::Availability;

/// What shops write, in lower case.
const WORDS: &[(&[&str], Availability)] = &[
    (
        &[
            "available",
            "true",
            "1",
            "in stock",
            "in stock online",
            "instock",
            "available now",
            "ready to ship",
            "ships today",
            "판매중",
            "재고있음",
            "재고 있음",
            "구매가능",
            "구매 가능",
            "auf lager",
            "sofort lieferbar",
            "lieferbar",
            "verfügbar",
            "vorrätig",
            "en stock",
            "disponible",
            "en existencia",
            "hay existencias",
            "disponibile",
            "disponibilità immediata",
            "op voorraad",
            "på lager",
            "i lager",
            "finns i lager",
            "varastossa",
            "skladem",
            "na skladě",
            "na sklade",
            "dostępny",
            "na stanie",
            "raktáron",
            "în stoc",
            "в наличии",
            "є в наявності",
            "stokta",
            "stokta var",
            "em stock",
            "em estoque",
            "disponível",
            "còn hàng",
            "tersedia",
            "在庫あり",
            "有货",
            "有貨",
            "现货",
        ],
        Availability::InStock,
    ),
    (
        &[
            "oos",
            "unavailable",
            "not available",
            "false",
            "0",
            "out of stock",
            "currently unavailable",
            "품절",
            "일시품절",
            "일시 품절",
            "품절되었습니다",
            "매진",
            "재고없음",
            "재고 없음",
            "구매불가",
            "nicht auf lager",
            "ausverkauft",
            "nicht verfügbar",
            "nicht lieferbar",
            "vergriffen",
            "rupture de stock",
            "en rupture de stock",
            "épuisé",
            "indisponible",
            "agotado",
            "sin existencias",
            "sin stock",
            "no disponible",
            "esaurito",
            "non disponibile",
            "niet op voorraad",
            "uitverkocht",
            "udsolgt",
            "utsolgt",
            "slutsåld",
            "slut i lager",
            "ei varastossa",
            "loppuunmyyty",
            "vyprodáno",
            "není skladem",
            "vypredané",
            "niedostępny",
            "brak w magazynie",
            "wyprzedane",
            "nincs raktáron",
            "elfogyott",
            "stoc epuizat",
            "нет в наличии",
            "распродано",
            "немає в наявності",
            "stokta yok",
            "tükendi",
            "esgotado",
            "sem estoque",
            "hết hàng",
            "habis",
            "在庫なし",
            "在庫切れ",
            "売り切れ",
            "品切れ",
            "缺货",
            "缺貨",
            "售罄",
            "已售完",
        ],
        Availability::OutOfStock,
    ),
    (
        &[
            "available for order",
            "backordered",
            "on backorder",
            "nachbestellt",
            "sur commande",
            "bajo pedido",
            "입고예정",
            "재입고 예정",
            "入荷待ち",
        ],
        Availability::BackOrder,
    ),
    (
        &[
            "pending",
            "pre order",
            "vorbestellbar",
            "vorbestellung",
            "précommande",
            "preventa",
            "preordine",
            "předobjednávka",
            "예약판매",
            "예약 판매",
            "予約受付中",
            "预售",
        ],
        Availability::PreOrder,
    ),
    (
        &[
            "판매종료",
            "판매 종료",
            "단종",
            "nicht mehr lieferbar",
            "販売終了",
            "停产",
        ],
        Availability::Discontinued,
    ),
    (
        &[
            "limited",
            "low stock",
            "nur noch wenige",
            "wenige verfügbar",
            "stock limité",
            "últimas unidades",
            "품절임박",
            "残りわずか",
        ],
        Availability::LimitedAvailability,
    ),
];

/// Reads a schema.org value in any spelling, or one of the words that product feeds and shops
/// use, in the languages whose price words are known.
pub(crate) fn read(text: &str) -> Option<Availability> {
    Availability::from_schema_org(text).or_else(|| {
        let text = text
            .trim()
            .trim_end_matches(['.', '!', '。'])
            .to_lowercase();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        WORDS
            .iter()
            .find(|(words, _)| words.contains(&text.as_str()))
            .map(|(_, value)| *value)
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
