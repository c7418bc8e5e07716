//! Words around a price that decide whether it is one.

use crate::kinds;

/// What a word beside the number means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// It may stand beside a price that names no currency.
    Harmless,
    /// It takes the sting out of the word beside it: `free`, `plus`, `incl.`.
    Excuse,
    /// The number is not the selling price; why.
    Spoils(&'static str),
    /// The number is one end of a range.
    Range,
    /// Nothing is known about it.
    Unknown,
}

const HARMLESS: &[&str] = &[
    "price",
    "our",
    "now",
    "only",
    "just",
    "today",
    "sale",
    "special",
    "offer",
    "deal",
    "each",
    "ea",
    "pc",
    "pcs",
    "piece",
    "item",
    "unit",
    "vat",
    "tax",
    "gst",
    "net",
    "total",
    "buy",
    "for",
    "preis",
    "nur",
    "jetzt",
    "angebot",
    "stk",
    "st",
    "stück",
    "mwst",
    "ust",
    "endpreis",
    "prix",
    "ttc",
    "tva",
    "seulement",
    "precio",
    "iva",
    "ahora",
    "prezzo",
    "ora",
    "solo",
    "prijs",
    "nu",
    "btw",
    "voor",
    "pris",
    "moms",
    "cena",
    "dph",
    "hinta",
    "preço",
    "preco",
    "por",
    "à",
    "vista",
    "cena:",
    "цена",
    "ціна",
    "fiyat",
    "fiyatı",
    "kdv",
    "giá",
    "harga",
    "ราคา",
    "السعر",
    "سعر",
    "가격",
    "판매가",
    "판매가격",
    "할인가",
    "특가",
    "최종가",
    "즉시구매가",
    "현재가",
    "부가세",
    "개",
    "価格",
    "税込",
    "販売価格",
    "特価",
    "セール",
    "价格",
    "售价",
    "價格",
    "售價",
    "含税",
    "现价",
    "現價",
    "the",
    "is",
    "cash",
    "with",
];

const EXCUSES: &[&str] = &[
    "free",
    "plus",
    "incl",
    "including",
    "included",
    "inclusive",
    "excl",
    "excluding",
    "inkl",
    "exkl",
    "zzgl",
    "zuzüglich",
    "kostenlos",
    "kostenloser",
    "kostenlose",
    "gratis",
    "gratuite",
    "gratuit",
    "hors",
    "inclus",
    "incluido",
    "incluso",
    "no",
    "without",
    "ohne",
    "무료",
    "포함",
    "별도",
    "送料無料",
    "免费",
];

const RANGE: &[&str] = &[
    "from",
    "starting",
    "starts",
    "upto",
    "to",
    "between",
    "ab",
    "bis",
    "zwischen",
    "partir",
    "dès",
    "desde",
    "hasta",
    "da",
    "vanaf",
    "tot",
    "fra",
    "från",
    "til",
    "od",
    "do",
    "от",
    "до",
    "від",
    "alkaen",
    "부터",
    "까지",
    "최저",
    "최저가",
    "최대",
    "から",
    "まで",
    "起",
    "至",
    "más",
    "min",
    "max",
    "minimum",
    "maximum",
    "less",
    "more",
    "under",
    "over",
    "below",
    "above",
    "대",
    "이상",
    "이하",
    "미만",
    "내외",
    "以上",
    "以下",
    "から～",
    "mulai",
    "từ",
    "başlayan",
];

const INSTALMENT: &[&str] = &[
    "mo",
    "mos",
    "mth",
    "month",
    "months",
    "monthly",
    "week",
    "weekly",
    "year",
    "yearly",
    "annum",
    "yr",
    "day",
    "daily",
    "hour",
    "hr",
    "per",
    "monat",
    "monate",
    "monatlich",
    "mtl",
    "rate",
    "raten",
    "jahr",
    "mois",
    "mensuel",
    "mensualités",
    "mes",
    "meses",
    "cuotas",
    "mese",
    "mesi",
    "maand",
    "mnd",
    "mån",
    "miesięcznie",
    "mies",
    "мес",
    "월",
    "개월",
    "매월",
    "월납",
    "할부",
    "분할",
    "연",
    "주",
    "日",
    "月",
    "月々",
    "毎月",
    "分割",
    "期",
    "instalment",
    "instalments",
    "installment",
    "installments",
    "payment",
    "payments",
    "klarna",
    "affirm",
    "finance",
    "ay",
    "taksit",
    "parcelas",
    "parcela",
    "x",
    "pro",
    "je",
    "deposit",
];

const NOT_SELLING: &[&str] = &[
    "was",
    "were",
    "rrp",
    "msrp",
    "srp",
    "list",
    "listprice",
    "orig",
    "original",
    "originally",
    "regular",
    "regularly",
    "reg",
    "retail",
    "old",
    "before",
    "previous",
    "previously",
    "uvp",
    "statt",
    "vorher",
    "früher",
    "bisher",
    "ehemals",
    "avant",
    "barré",
    "conseillé",
    "antes",
    "prima",
    "anziché",
    "invece",
    "adviesprijs",
    "tidigare",
    "ord",
    "ordinarie",
    "førpris",
    "před",
    "dawniej",
    "zamiast",
    "старая",
    "eski",
    "ovh",
    "было",
    "정가",
    "원가",
    "소비자가",
    "시중가",
    "기존가",
    "정상가",
    "출시가",
    "定価",
    "通常価格",
    "原价",
    "原價",
    "市场价",
    "参考価格",
    "harga_normal",
    "eskiden",
];

const REDUCTION: &[&str] = &[
    "save",
    "saves",
    "saving",
    "savings",
    "saved",
    "off",
    "discount",
    "rabatt",
    "sparen",
    "spare",
    "ersparnis",
    "gespart",
    "économisez",
    "économie",
    "remise",
    "ahorra",
    "ahorras",
    "ahorro",
    "descuento",
    "sconto",
    "risparmi",
    "korting",
    "bespaar",
    "rabat",
    "sleva",
    "скидка",
    "экономия",
    "indirim",
    "할인",
    "쿠폰",
    "쿠폰가",
    "적립",
    "캐시백",
    "割引",
    "クーポン",
    "优惠",
    "优惠券",
    "折",
    "立减",
    "coupon",
    "voucher",
    "code",
    "cashback",
    "rebate",
    "gutschein",
    "points",
    "pts",
    "point",
    "포인트",
    "ポイント",
    "积分",
];

const DELIVERY: &[&str] = &[
    "shipping",
    "delivery",
    "postage",
    "handling",
    "versand",
    "versandkosten",
    "lieferung",
    "livraison",
    "envío",
    "envio",
    "spedizione",
    "consegna",
    "verzending",
    "verzendkosten",
    "frakt",
    "fragt",
    "levering",
    "toimitus",
    "doprava",
    "dostawa",
    "доставка",
    "kargo",
    "frete",
    "ongkir",
    "배송비",
    "배송",
    "택배비",
    "배송료",
    "送料",
    "运费",
    "運費",
    "fee",
    "fees",
    "gebühr",
];

const VAGUE: &[&str] = &[
    "about",
    "approx",
    "approximately",
    "circa",
    "ca",
    "around",
    "roughly",
    "etwa",
    "ungefähr",
    "environ",
    "약",
    "約",
    "约",
    "estimated",
];

/// Why a former or recommended price is no selling price.
pub(crate) const FORMER_PRICE: &str = "it is a former or recommended price";
/// Why a reduction is no price.
const A_REDUCTION: &str = "it is a reduction, a coupon or points";
/// Why a delivery charge is no price.
const A_DELIVERY: &str = "it is what delivery costs";

/// Whether what spoils a text stands beside the selling price on ordinary pages.
pub(crate) fn is_beside(why: &str) -> bool {
    [FORMER_PRICE, A_REDUCTION, A_DELIVERY].contains(&why)
}

/// Whether a word says that the price after it is the former one.
pub(crate) fn is_former(word: &str) -> bool {
    matches!(
        word,
        "was" | "before" | "statt" | "vorher" | "bisher" | "avant" | "antes" | "före" | "før"
    )
}

/// Whether a word says that the price after it is the present one.
pub(crate) fn is_now(word: &str) -> bool {
    matches!(
        word,
        "now" | "jetzt" | "nur" | "maintenant" | "ahora" | "agora" | "adesso" | "nu" | "nyt"
    )
}

/// Whether a word counts pieces that are sold together.
pub(crate) fn is_pack(word: &str) -> bool {
    matches!(
        word,
        "pack"
            | "packs"
            | "set"
            | "sets"
            | "box"
            | "bundle"
            | "lot"
            | "pair"
            | "pairs"
            | "issues"
            | "packung"
            | "paquete"
            | "confezione"
            | "zestaw"
            | "balení"
    )
}

/// What `word` (in lower case) means beside a number.
pub(crate) fn sense(word: &str) -> Sense {
    let is = |list: &[&str]| list.contains(&word);
    if let Some(kind) = kinds::of(word) {
        Sense::Spoils(kind)
    } else if is(HARMLESS) {
        Sense::Harmless
    } else if is(EXCUSES) {
        Sense::Excuse
    } else if is(RANGE) {
        Sense::Range
    } else if is(INSTALMENT) {
        Sense::Spoils("it is an instalment or a price for a time")
    } else if is(NOT_SELLING) {
        Sense::Spoils(FORMER_PRICE)
    } else if is(REDUCTION) {
        Sense::Spoils(A_REDUCTION)
    } else if is(DELIVERY) {
        Sense::Spoils(A_DELIVERY)
    } else if is(VAGUE) {
        Sense::Spoils("it is only about so much")
    } else {
        Sense::Unknown
    }
}

/// Words after a `/` that count pieces, so that the price is still that of one product.
pub(crate) fn is_piece(word: &str) -> bool {
    matches!(
        word,
        "st" | "stk"
            | "stück"
            | "ea"
            | "each"
            | "pc"
            | "pcs"
            | "piece"
            | "item"
            | "unit"
            | "개"
            | "szt"
            | "ks"
            | "шт"
            | "db"
            | "kpl"
            | "個"
            | "件"
    )
}

/// The factor of a counting word right after a number, longest first.
pub(crate) fn factor_at(rest: &str) -> Option<(u64, usize)> {
    const FACTORS: &[(&str, u64)] = &[
        ("조", 1_000_000_000_000),
        ("억", 100_000_000),
        ("億", 100_000_000),
        ("亿", 100_000_000),
        ("만", 10_000),
        ("万", 10_000),
        ("萬", 10_000),
        ("천", 1_000),
        ("千", 1_000),
        ("백", 100),
        ("百", 100),
    ];
    FACTORS
        .iter()
        .find(|(word, _)| rest.starts_with(word))
        .map(|(word, factor)| (*factor, word.len()))
}

/// The factor of a Latin counting word (in lower case) after a number: Indonesian and Indian.
pub(crate) fn latin_factor(word: &str) -> Option<u64> {
    Some(match word {
        "rb" | "ribu" => 1_000,
        "jt" | "juta" => 1_000_000,
        "lakh" | "lakhs" | "lac" => 100_000,
        "crore" | "crores" | "cr" => 10_000_000,
        _ => return None,
    })
}
