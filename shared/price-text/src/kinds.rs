//! Kinds of prices that are not the selling price, by language.
//!
//! Shops make compounds of words that are known alone (`와우회원가`, `Mitgliederpreis`,
//! `Klubová cena`): a kind is known by its morphemes, not by a list of compounds.

use model::PriceKind;

/// A kind: why it is not the selling price, the words that name it, and the morphemes of which one
/// is enough inside a longer word.
struct Kind {
    /// How a product names it that follows it all the same.
    name: Option<PriceKind>,
    why: &'static str,
    words: &'static [&'static str],
    morphemes: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: Some(PriceKind::Member),
        why: "it is a price for members",
        words: &[
            "club",
            "loyalty",
            "member",
            "members",
            "membership",
            "prime",
            "membre",
            "membres",
            "membro",
            "membros",
            "adhérent",
            "adhérents",
            "fidélité",
            "socio",
            "socios",
            "soci",
            "tessera",
            "leden",
            "lid",
            "medlem",
            "medlemmar",
            "klub",
            "klubová",
            "klubowa",
            "člen",
            "членам",
            "клубная",
            "üye",
            "üyelere",
            "anggota",
        ],
        morphemes: &[
            "와우",
            "회원",
            "멤버",
            "조합원",
            "会員",
            "會員",
            "会员",
            "clubpreis",
            "clubprijs",
            "mitglied",
            "ledenprijs",
            "medlemspris",
            "jäsenhinta",
            "klubpreis",
        ],
    },
    Kind {
        name: Some(PriceKind::Coupon),
        why: "it is a price with a coupon or a code",
        words: &[
            "kód",
            "kódem",
            "kodem",
            "kuponem",
            "cupón",
            "cupom",
            "kupon",
            "promokod",
            "промокодом",
        ],
        morphemes: &[
            "쿠폰",
            "최대혜택",
            "혜택가",
            "クーポン",
            "优惠券",
            "券后",
            "gutschein",
        ],
    },
    Kind {
        name: Some(PriceKind::Card),
        why: "it is a price for a way of paying",
        words: &["kartou", "tarjeta", "cartão"],
        morphemes: &["카드", "현금", "페이할인", "페이가", "계좌이체", "カード"],
    },
    Kind {
        name: Some(PriceKind::FirstPurchase),
        why: "it is a price for a first purchase or an app",
        words: &[],
        morphemes: &[
            "첫구매",
            "신규",
            "앱전용",
            "앱할인",
            "앱가",
            "초회",
            "初回",
            "新客",
            "neukunden",
        ],
    },
    Kind {
        name: Some(PriceKind::Subscription),
        why: "it is a price of a subscription",
        words: &[
            "subscribe",
            "subscription",
            "subscriber",
            "autoship",
            "abonnement",
            "abo",
            "suscripción",
            "abbonamento",
            "předplatné",
            "prenumeration",
            "подписка",
        ],
        morphemes: &[
            "정기배송",
            "정기구독",
            "구독",
            "定期",
            "月額",
            "abopreis",
            "abonnements",
        ],
    },
    Kind {
        name: Some(PriceKind::Instalment),
        why: "it is an instalment or a price for a time",
        words: &[
            "splátka",
            "rata",
            "raty",
            "mês",
            "splátky",
            "měsíčně",
            "mesačne",
            "mensile",
            "mensuales",
            "mensualité",
            "miesięczna",
            "havi",
            "månad",
            "måned",
            "kuukausi",
            "рассрочка",
            "taksitle",
            "/mo",
        ],
        morphemes: &[
            "每月",
            "月供",
            "ratenzahlung",
            "monatsrate",
            "할부금",
            "월납입",
            "월렌탈",
        ],
    },
    Kind {
        name: Some(PriceKind::Deposit),
        why: "it is a deposit",
        words: &[
            "pfand",
            "kaution",
            "anzahlung",
            "acompte",
            "consigne",
            "fianza",
            "señal",
            "acconto",
            "cauzione",
            "borg",
            "aanbetaling",
            "statiegeld",
            "depositum",
            "handpenning",
            "pant",
            "záloha",
            "kaucja",
            "zaliczka",
            "залог",
            "depozito",
            "downpayment",
        ],
        morphemes: &[
            "보증금",
            "예약금",
            "계약금",
            "선수금",
            "手付金",
            "敷金",
            "押金",
            "定金",
            "anzahlung",
        ],
    },
    Kind {
        name: Some(PriceKind::Rent),
        why: "it is a rent",
        words: &[
            "rent",
            "rental",
            "hire",
            "lease",
            "leasing",
            "miete",
            "leihgebühr",
            "location",
            "alquiler",
            "noleggio",
            "huur",
            "leje",
            "hyra",
            "vuokra",
            "pronájem",
            "wynajem",
            "аренда",
            "kira",
        ],
        morphemes: &[
            "대여",
            "렌탈",
            "임대",
            "리스료",
            "レンタル",
            "租金",
            "mietpreis",
        ],
    },
    Kind {
        name: Some(PriceKind::Unit),
        why: "it is a price for a unit",
        words: &[
            "m²",
            "m2",
            "m³",
            "kg",
            "100g",
            "100ml",
            "liter",
            "litre",
            "litro",
            "grundpreis",
            "einzelpreis",
            "unitario",
            "za",
        ],
        morphemes: &[
            "개당",
            "단위가격",
            "단위당",
            "100g당",
            "100ml당",
            "単価",
            "单价",
        ],
    },
    Kind {
        name: Some(PriceKind::List),
        why: "it is a former or recommended price",
        words: &[
            "běžná",
            "původní",
            "doporučená",
            "bežná",
            "zwykła",
            "katalogowa",
            "sugerowana",
            "conseillé",
            "consigliato",
            "listino",
            "recomendado",
            "habitual",
            "adviesprijs",
            "veiledende",
            "vejledende",
            "rekommenderat",
            "ohjehinta",
            "ordinær",
            "рекомендованная",
            "обычная",
            "listenpreis",
            "streichpreis",
            "normalpreis",
        ],
        morphemes: &[
            "소비자가",
            "희망소매가",
            "希望小売",
            "メーカー希望",
            "参考価格",
            "建议零售",
            "listenpreis",
            "streichpreis",
            "권장가",
            "권장소비자",
        ],
    },
    Kind {
        name: None,
        why: "it is a reduction, a coupon or points",
        words: &[
            "ušetříte",
            "ušetrite",
            "oszczędzasz",
            "bespaart",
            "risparmia",
            "sparar",
            "säästät",
        ],
        morphemes: &["적립금", "적립예정", "포인트적립", "積立", "返现"],
    },
    Kind {
        name: Some(PriceKind::Used),
        why: "it is the price of a used one",
        words: &[
            "used",
            "refurbished",
            "preowned",
            "gebraucht",
            "occasion",
            "reconditionné",
            "usado",
            "usato",
            "ricondizionato",
            "tweedehands",
            "begagnad",
            "brugt",
            "käytetty",
            "použité",
            "używane",
            "бу",
        ],
        morphemes: &["중고", "리퍼", "반품", "中古", "二手"],
    },
    Kind {
        name: Some(PriceKind::Bid),
        why: "it is a bid, or what is paid for an old one",
        words: &[
            "bid",
            "bids",
            "trade",
            "tradein",
            "trade-in",
            "gebot",
            "enchère",
            "puja",
            "offerta_attuale",
        ],
        morphemes: &[
            "입찰",
            "경매",
            "보상판매",
            "매입가",
            "入札",
            "下取",
            "买取",
            "買取",
        ],
    },
    Kind {
        name: None,
        why: "it is what an order has to cost at least",
        words: &["mindestbestellwert", "mindestbestellung", "mindestumsatz"],
        morphemes: &["최소주문", "최소구매", "mindestbestell"],
    },
];

/// Why the word (in lower case) names another kind of price; `None` if it does not.
/// Why a price of a kind that a product may name is not the selling price.
pub(crate) fn why(name: PriceKind) -> Option<&'static str> {
    let kind = KINDS.iter().find(|kind| kind.name == Some(name));
    kind.map(|kind| kind.why)
}

/// Why a price with this word is not the selling price, if the word names a kind.
pub(crate) fn of(word: &str) -> Option<&'static str> {
    // `100g` alone is looked for as it is; a morpheme of one letter would be found everywhere.
    KINDS
        .iter()
        .find(|kind| {
            kind.words.contains(&word)
                || kind
                    .morphemes
                    .iter()
                    .any(|morpheme| word.contains(morpheme))
        })
        .map(|kind| kind.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounds_are_known_by_their_parts() {
        for word in [
            "와우회원가",
            "쿠폰적용가",
            "카드할인가",
            "첫구매가",
            "앱전용가",
            "대여료",
            "적립금",
            "보증금",
            "개당",
            "会員価格",
            "月額",
            "mitgliederpreis",
            "streichpreis",
            "abopreis",
            "neukundenpreis",
            "중고가",
            "최대혜택가",
            "현금가",
        ] {
            assert!(of(word).is_some(), "{word}");
        }
    }

    #[test]
    fn words_of_the_selling_price_are_no_other_kind() {
        for word in [
            "판매가",
            "할인가",
            "특가",
            "price",
            "preis",
            "prix",
            "cena",
            "価格",
            "now",
            "원",
        ] {
            assert_eq!(of(word), None, "{word}");
        }
    }
}
